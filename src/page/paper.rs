//! The page on paper. When it is printed the pictures are laid out anew, as wide as a sheet and as high as it carries;
//! what stands on paper alone is where the page is found again and how the run was recorded. The rest is the style
//! sheet's (`style/print.css`).

use leptos::prelude::*;

use super::state::LabState;
use crate::browser::page_address;
use crate::browser::print::{Unfolded, on_print};
use crate::format::standalone::provenance;

/// What is left of a sheet between its margins, A4 or Letter, whichever is narrower, in pixels.
pub(super) const WIDTH: f64 = 672.0;
/// Between two pictures side by side, in pixels.
pub(super) const GAP: f64 = 16.0;
/// The height that a diagram is fitted to, in pixels: below the question it then has room on the first sheet, with its legend.
pub(super) const FITTED: f64 = 430.0;
/// A picture is not higher than this on paper, so that a sheet carries it with its heading, in pixels.
pub(super) const HIGHEST: f64 = 760.0;

/// Reasons that are folded on a screen.
const FOLDED: &str = ".claim-card details, table.claims details";

/// Has the page laid out for paper whenever it is printed.
pub(super) fn follow(state: LabState) {
    let unfolded = Unfolded::default();
    let listeners = on_print(move |on_paper| {
        if on_paper {
            unfolded.unfold(FOLDED);
        } else {
            unfolded.fold();
        }
        let known = state.look.on_paper;
        if known.get_untracked() != on_paper {
            known.set(on_paper);
        }
    });
    // For as long as the page is there.
    std::mem::forget(listeners);
}

/// Where the page is found again, and how the run that it shows was recorded.
#[component]
pub(super) fn Colophon(state: LabState) -> impl IntoView {
    let on_paper = state.look.on_paper;
    let address = move || on_paper.get().then(|| page_address::own_address(&state.link.read().write()));
    let recorded = move || {
        let record = state.record.read();
        on_paper.get().then(|| record.trace.as_ref().map(|trace| provenance(trace, &record.timeline)))
    };
    view! {
        <div class="on-paper colophon">
            <p class="address">{address}</p>
            <p>{recorded}</p>
        </div>
    }
}
