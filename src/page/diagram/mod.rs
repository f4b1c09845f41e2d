//! The sequence diagrams: side by side on one axis, or both protocols in one. One scale, one scroll position, one
//! selection.

mod legend;
mod look;
mod overview;
mod pane;
mod picture;
mod replay;
mod sheets;
mod slice;
mod tools;

pub(super) use look::Look;
pub(super) use pane::window_id;

use leptos::prelude::*;

use super::state::LabState;
use crate::drawing::sequence::Subject;
use crate::trace::{Message, MessageId, Protocol};
use crate::words;

#[component]
pub(super) fn Diagrams(
    state: LabState,
    /// The means to look at them are folded away, after the diagrams.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
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
    let tools = view! { <tools::Tools state sheets/> };
    let replay = view! { <replay::Replay state sheets/> };
    let legend = view! { <legend::Legend sheets/> };
    let (before, after) = if compact {
        let folded = view! { <details class="fold"><summary>"Zoom, play again, legend"</summary>{tools}{replay}{legend}</details> };
        (().into_any(), folded.into_any())
    } else {
        (tools.into_any(), view! { {replay}{legend} }.into_any())
    };
    view! {
        <section class="diagrams">
            {before}
            <div class="panes" class:together=move || look.together.get()>{panes}</div>
            <p class="unseen" aria-live="polite">{picked}</p>
            {after}
        </section>
    }
}

/// Picks the next or the previous message of some protocols, seen from the one that is picked, whichever that is; from
/// none the first.
pub(super) fn step(state: LabState, protocols: &[Protocol], by: isize) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let key = |id: &MessageId| (trace.message(*id).and_then(Message::page_time), *id);
    let here = state.selected.get_untracked().map(|id| key(&id));
    let beside = protocols.iter().filter_map(|&protocol| {
        let ids = record.timeline.messages(protocol);
        let Some(here) = here else { return ids.first() };
        let place = ids.partition_point(|id| key(id) < here);
        if by > 0 { ids[place..].iter().find(|id| key(id) > here) } else { ids[..place].last() }
    });
    let forward = by > 0 || here.is_none();
    let next = if forward { beside.min_by_key(|id| key(id)) } else { beside.max_by_key(|id| key(id)) };
    if let Some(&id) = next.filter(|id| key(id).0.is_some()) {
        state.selected.set(Some(id));
    }
}
