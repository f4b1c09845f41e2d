//! Recorded runs that came with the page: shown, and marked as recordings, where there is no run of one's own, be it that
//! none was made yet or that none can be made here.
//!
//! A recording shows what a run looks like: what came of it, and with it the answer to the lab's question, is held back until
//! the visitor asks for it or, where no run can be made, has said what they think.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::endpoints::{self, Found};
use super::run;
use super::state::{LabState, Record};
use crate::browser::{discovery, surroundings};
use crate::format;
use crate::lab::Lab;
use crate::lab::link::Page;
use crate::words;

/// Puts a lab's recording in the place of a run wherever there is none.
pub(super) fn follow(state: LabState) {
    let page = state.page();
    let wanted = Memo::new(move |_| {
        let Page::Lab(lab) = page.get() else { return None };
        // Nothing is fetched beside a run, nor before it is known whether one begins by itself.
        let is_free = state.settled_in.get() && !state.running.get() && state.link.read().trace.is_none();
        // Whoever can run, and had a run fail before it began, is told why: another's run would look like an outcome.
        let has_failed = state.trouble.read().is_some() && matches!(&*state.found.read(), Found::Server(_));
        (is_free && !has_failed && state.record.read().trace.is_none()).then_some(lab)
    });
    Effect::new(move |_| {
        let Some(lab) = wanted.get() else { return };
        spawn_local(async move {
            let text = discovery::beside(&file(lab)).await;
            // A host may have left the recordings out; the page is as good without.
            let Some(Ok(trace)) = text.as_deref().map(format::read) else { return };
            if wanted.get_untracked() == Some(lab) && trace.circumstances.lab == lab.slug() {
                state.show_sample(Record::sample(trace));
            }
        });
    });
}

/// Where a lab's recording is, seen from the page.
fn file(lab: Lab) -> String {
    format!("recordings/{}.json", lab.slug())
}

/// Says that what is shown is a recording, and what to do for more.
#[component]
pub(super) fn Recording(state: LabState) -> impl IntoView {
    let is_sample = Memo::new(move |_| state.record.read().sample);
    let can_run = Memo::new(move |_| matches!(&*state.found.read(), Found::Server(_)));
    let told = move || {
        let record = state.record.read();
        let trace = record.trace.as_ref().filter(|_| record.sample)?;
        Some(words::recorded(trace, &record.source, &surroundings::date(trace.circumstances.started)))
    };
    let with = Memo::new(move |_| (!state.differences().is_empty()).then_some(words::SAMPLE_SETTINGS));
    let lead = move || if can_run.get() { words::SAMPLE } else { words::SAMPLE_ONLY };
    view! {
        <Show when=move || is_sample.get()>
            <aside class="recording" aria-label="A recording">
                <p><strong>{lead}</strong>" "{with}{told}</p>
                <p class="buttons">
                    <Show when=move || state.holds_back()>
                        <button type="button" class="whole" on:click=move |_| state.sample_whole.set(true)>
                            "Show what came of it"
                        </button>
                    </Show>
                    <Show when=move || state.found.get() == Found::Nothing>
                        <button type="button" class="on-this-machine" on:click=move |_| look_on_this_machine(state)>
                            "Look for an echo server on this machine"
                        </button>
                    </Show>
                </p>
            </aside>
        </Show>
    }
}

/// Looks at the usual place on the visitor's own machine, since the visitor asks for that.
fn look_on_this_machine(state: LabState) {
    state.on_this_machine.set(true);
    state.found.set(Found::Looking);
    spawn_local(async move {
        let found = endpoints::look(true).await;
        if found == Found::Nothing {
            state.notice(words::NONE_ON_THIS_MACHINE);
        }
        state.found.set(found);
        run::focus_run();
    });
}
