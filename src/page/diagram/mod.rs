//! The sequence diagrams: side by side on one axis, or both protocols in one. One scale, one scroll position, one
//! selection.

mod legend;
mod look;
mod paint;
mod pane;
mod replay;
mod sheets;
mod slice;
mod strip;
mod tools;

pub(super) use look::Look;
#[cfg(feature = "bench")]
pub use paint::{Inks, paint};
pub(super) use pane::window_id;

use leptos::prelude::*;

use super::state::LabState;
use crate::drawing::sequence::Subject;
use crate::trace::{MessageId, Protocol, Time, Trace};
use crate::words;

#[component]
pub(super) fn Diagrams(state: LabState) -> impl IntoView {
    let sheets = sheets::Sheets::new(state);
    let look = state.look;
    let picked = move || {
        let record = state.record.read();
        let message = record.trace.as_ref().zip(state.selected.get()).and_then(|(trace, id)| trace.message(id));
        message.map(words::short)
    };
    let panes = move || {
        if look.together.get() {
            view! { <pane::Pane state sheets subject=Subject::Both/> }.into_any()
        } else {
            Protocol::BOTH
                .map(|protocol| view! { <pane::Pane state sheets subject=Subject::One(protocol)/> })
                .into_any()
        }
    };
    pane::keep_selection_in_view(state, sheets);
    view! {
        <section class="diagrams">
            <tools::Tools state sheets/>
            <div class="panes" class:together=move || look.together.get()>{panes}</div>
            <replay::Replay state sheets/>
            <p class="unseen" aria-live="polite">{picked}</p>
            <legend::Legend sheets/>
        </section>
    }
}

/// Picks the next or the previous message of a protocol; from none, or from one of the other
/// protocol, the one nearest in time.
pub(super) fn step(state: LabState, protocol: Protocol, by: isize) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let ids = record.timeline.messages(protocol);
    let at = |id: &MessageId| page_time(trace, *id);
    let next = match state.selected.get_untracked() {
        None => ids.first(),
        Some(id) => {
            let place = ids.partition_point(|other| at(other) < at(&id));
            match ids[place..].iter().take_while(|other| at(other) == at(&id)).position(|other| *other == id) {
                Some(among) => (place + among).checked_add_signed(by).and_then(|place| ids.get(place)),
                None => ids.get(place.min(ids.len().saturating_sub(1))),
            }
        }
    };
    if let Some(&id) = next.filter(|id| at(id).is_some()) {
        state.selected.set(Some(id));
    }
}

fn page_time(trace: &Trace, id: MessageId) -> Option<Time> {
    trace.message(id)?.page_time()
}
