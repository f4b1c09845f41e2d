//! The waterfall of exchanges: a window over its rows, of which only those in view are laid out.

use std::sync::Arc;

use leptos::prelude::*;

use super::figure::{Around, Figure, Frame, Shown, laid_out, place_of};
use super::recorded;
use crate::browser::element;
use crate::drawing::charts::Chart;
use crate::drawing::charts::waterfall::{ROW, Rows, TOP, View, Waterfall};
use crate::page::state::LabState;

/// Rows in view.
const ROWS: usize = 18;
/// Rows of a picture that is taken away or printed.
const ON_A_SHEET: usize = 36;

#[component]
pub(super) fn Phases(state: LabState) -> impl IntoView {
    let wall = state.look.wall_time;
    let rows = Memo::new_with_compare(
        move |_| {
            state.summed_up.track();
            let record = state.record.read_untracked();
            Arc::new(recorded(&record).map_or_else(Rows::default, |of| Rows::of(of, wall.get())))
        },
        |_, _| true,
    );
    let count = Memo::new(move |_| rows.read().len());
    let on_paper = state.look.on_paper;
    let height = Signal::derive(move || {
        let most = if on_paper.get() { ON_A_SHEET } else { ROWS };
        TOP + count.get().clamp(4, most) as f64 * ROW
    });
    let whole = Signal::derive(move || TOP + count.get().max(4) as f64 * ROW);
    let first = RwSignal::new(0usize);
    let frame = Frame { whole: Some(whole), ..Frame::new(state, height) };
    let chart = laid_out(move || {
        let rows = rows.get();
        if on_paper.get() {
            return on_a_sheet(state, &rows, frame.width.get(), first.get()).0;
        }
        laid_out_from(state, &rows, frame.width.get(), height.get(), first.get())
    });
    let taken_away =
        Callback::new(move |()| untrack(|| on_a_sheet(state, &rows.get(), frame.width.get(), first.get())));
    let cut = move || on_paper.get().then(|| on_a_sheet(state, &rows.get(), frame.width.get(), first.get()).1);
    let cut = move || cut().flatten().map(|cut| format!("Drawn here{cut}: as many as a sheet carries."));
    follow_the_window(state, frame, first);
    keep_in_view(state, chart, frame, first);
    let around = Around {
        id: "chart-waterfall",
        heading: "What each exchange’s time went by with",
        how: "A row for each exchange, in the order in which they began; the axis spans the rows in view. The phases of a request are \
              those that the browser tells (Resource Timing); of a WebSocket no phases are told, so its bars are measured by the page.",
        tools: ().into_any(),
        file: "waterfall",
        taken_away: Some(taken_away),
        on_paper: view! { <p class="on-paper hint">{cut}</p> }.into_any(),
    };
    view! { <Figure state around frame chart/> }
}

fn laid_out_from(state: LabState, rows: &Arc<Rows>, width: f64, height: f64, first: usize) -> Shown {
    let record = state.record.read_untracked();
    let chart = Waterfall::of(recorded(&record)?, rows, View { width, height, first });
    Some(Arc::new(chart) as Arc<dyn Chart>)
}

/// As many rows as a sheet carries, from the first in view on, and which these are unless they are all.
fn on_a_sheet(state: LabState, rows: &Arc<Rows>, width: f64, first: usize) -> (Shown, Option<String>) {
    let (all, shown) = (rows.len(), rows.len().min(ON_A_SHEET));
    let first = first.min(all - shown);
    let chart = laid_out_from(state, rows, width, TOP + shown.max(1) as f64 * ROW, first);
    (chart, (shown < all).then(|| format!(", rows {} to {} of {all}", first + 1, first + shown)))
}

/// The first row in view is the one to which the window is scrolled.
fn follow_the_window(state: LabState, frame: Frame, first: RwSignal<usize>) {
    let on_paper = state.look.on_paper;
    // Paper has nothing to be scrolled; on the screen again the window is where it was.
    Effect::new(move |_| {
        if let Some(holder) = frame.holder.get().filter(|_| !on_paper.get()) {
            holder.set_scroll_top((first.get_untracked() as f64 * ROW) as i32);
        }
    });
    Effect::new(move |_| {
        let holder = frame.holder.get()?;
        let window = holder.clone();
        let follow = move || {
            let row = (f64::from(window.scroll_top()) / ROW).round() as usize;
            let paper = on_paper.try_get_untracked() != Some(false);
            if !paper && first.try_get_untracked().is_some_and(|known| known != row) {
                first.set(row);
            }
        };
        Some(element::on_scroll(&holder, follow))
    });
}

/// What is read out, or picked elsewhere, is scrolled to.
fn keep_in_view(state: LabState, chart: Memo<Shown>, frame: Frame, first: RwSignal<usize>) {
    let scroll_to = move |place: usize| {
        let top = first.get_untracked();
        let fitting = Waterfall::fitting(frame.height.get_untracked());
        let row = match place {
            _ if place < top => place,
            _ if place >= top + fitting => place + 1 - fitting,
            _ => return,
        };
        if let Some(holder) = frame.holder.get_untracked() {
            holder.set_scroll_top((row as f64 * ROW) as i32);
            first.set(row);
        }
    };
    Effect::new(move |_| {
        if let Some(place) = frame.read.get() {
            scroll_to(place);
        }
    });
    Effect::new(move |_| {
        let place = state.selected.get().and_then(|message| place_of(state, chart, message));
        if let Some(place) = place {
            scroll_to(place);
        }
    });
}
