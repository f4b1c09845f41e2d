//! Links that lead to one message: picking it once the run that the link asks for has it, and copying such a link.
//! Picking itself leaves the address alone, but for taking a message out of it that is no longer picked.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::state::LabState;
use crate::browser::{element, page_address, saving};
use crate::lab::link::{Link, Page};
use crate::trace::MessageId;
use crate::words::inspector as words;

/// The button that copies, which has the focus again where that was taken to do so.
const COPY: &str = "copy-link";
/// The field with the link, for browsers that do not let a page copy.
const FIELD: &str = "message-link";

/// Picks the message that the link names, once there is a run that has it.
pub(super) fn follow(state: LabState) {
    let wanted = Memo::new(move |_| {
        let link = state.link.read();
        link.message.filter(|_| link.page != Page::Verdict)
    });
    // What was asked for was picked; whatever is picked next is the visitor's own choice.
    let picked = StoredValue::new(None::<MessageId>);
    let standing = Memo::new(move |_| {
        let wanted = wanted.get()?;
        let record = state.record.read();
        // A recording is not the run that the link speaks of.
        let trace = record.trace.as_ref().filter(|_| !record.sample)?;
        let is_there = trace.message(wanted).is_some();
        Some((is_there, trace.outcome.is_some(), if is_there { 0 } else { trace.messages.len() }))
    });
    Effect::new(move |_| {
        let Some(id) = wanted.get() else {
            picked.set_value(None);
            return;
        };
        match standing.get() {
            Some((true, ..)) if picked.get_value() != Some(id) => {
                picked.set_value(Some(id));
                state.selected.set(Some(id));
            }
            Some((false, true, messages)) => state.notice(words::link_beyond(id.number(), messages)),
            None if !state.link.read_untracked().begins() && !state.running.get_untracked() => {
                state.notice(words::link_waits(id.number()));
            }
            _ => {}
        }
    });
    let selected = Memo::new(move |_| state.selected.get());
    Effect::new(move |_| {
        let selected = selected.get();
        let asked = wanted.get_untracked();
        if asked.is_some() && picked.get_value() == asked && selected != asked {
            picked.set_value(None);
            state.link.write().message = None;
        }
    });
}

/// The button that copies a link to the picked message.
#[component]
pub(super) fn CopyLink(state: LabState) -> impl IntoView {
    let is_of_file = move || state.record.read().from_file && state.link.read().trace.is_some();
    let address = Memo::new(move |_| {
        let (selected, record, link) = (state.selected.get()?, state.record.read(), state.link.read());
        let link = match () {
            () if is_of_file() => Link { message: Some(selected), ..link.clone() },
            // No link leads to a file on this machine.
            () if record.is_imported() => return None,
            () => link.to_message(&record.trace.as_ref()?.circumstances, selected),
        };
        Some(page_address::own_address(&link.write()))
    });
    // What came of it, until another message is picked.
    let copied = RwSignal::new(None::<bool>);
    Effect::new(move |_| {
        address.track();
        copied.set(None);
    });
    let copy = move || {
        let Some(address) = address.get_untracked() else { return };
        spawn_local(async move {
            let worked = saving::copy(address, FIELD).await;
            if worked {
                element::focus(COPY);
            }
            copied.try_set(Some(worked));
        });
    };
    let said = move || match copied.get() {
        None => "",
        Some(true) if is_of_file() => "The link is copied. It opens the same file, and shows this message of it.",
        Some(true) => "The link is copied. It makes a new run, in which the same number may be another message.",
        Some(false) => "The browser does not let this page copy. Here is the link, to be copied by hand:",
    };
    view! {
        <button type="button" id=COPY hidden=move || address.read().is_none() on:click=move |_| copy()>"Copy link to this message"</button>
        <p class="hint" role="status">{said}</p>
        <input
            id=FIELD
            class:unseen=move || copied.get() != Some(false)
            tabindex=move || if copied.get() == Some(false) { "0" } else { "-1" }
            readonly=true
            aria-label="Link to this message"
            prop:value=move || address.get().unwrap_or_default()
        />
    }
}
