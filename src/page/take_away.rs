//! Taking a run away as a file, and bringing one back.

use leptos::prelude::*;

use super::state::{LabState, Record};
use crate::browser::{surroundings, timer};
use crate::format;
use crate::lab::Lab;
use crate::lab::link::Page;

#[component]
pub(super) fn TakeAway(state: LabState) -> impl IntoView {
    let nothing = move || state.running.get() || state.record.read().trace.is_none();
    view! {
        <section class="take-away">
            <h3>"Take it with you"</h3>
            <button type="button" class="export" disabled=nothing on:click=move |_| save(state)>"Save as JSON"</button>
            <label class="button" class:disabled=move || state.running.get()>
                "Open a saved run"
                <input
                    type="file"
                    accept=".json,application/json"
                    class="unseen"
                    disabled=move || state.running.get()
                    on:change=move |event| open(state, &event)
                />
            </label>
        </section>
    }
}

fn save(state: LabState) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let name = format!("duplex-{}-{}.json", trace.circumstances.lab, &trace.circumstances.run.to_string()[..8]);
    let saved = format::write(trace)
        .map_err(|error| error.to_string())
        .and_then(|text| surroundings::download(&name, "application/json", &text));
    if let Err(why) = saved {
        state.notice(format!("The run could not be saved: {why}."));
    }
}

fn open(state: LabState, event: &leptos::ev::Event) {
    let Some(text) = surroundings::chosen_file(event) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let read = match text.await {
            Ok(text) => format::read(&text).map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        match read {
            Ok(_) if state.running.get_untracked() => state.notice("The file was not opened: a run goes on."),
            Ok(trace) => {
                state.notices.set(Vec::new());
                // Each lab shows its own runs.
                if let Some(lab) = Lab::named(&trace.circumstances.lab) {
                    let link = state.link.get_untracked();
                    if link.page != Page::Lab(lab) {
                        state.turn_to(link.turned_to(Page::Lab(lab)));
                    }
                }
                state.put_away();
                // Of a long run the pictures are there before all of it has been gone through.
                state.draw(Record::opened(trace));
                timer::frame(|| {}).await;
                state.sum_up(true);
            }
            Err(why) => state.notice(format!("The file could not be opened: {why}.")),
        }
    });
}
