//! The waterfall of exchanges: a window over its rows, of which only those in view are laid out.

use std::sync::Arc;

use leptos::prelude::*;

use super::figure::{Around, Figure, Frame, Shown, laid_out, place_of};
use super::recorded;
use crate::browser::surroundings;
use crate::drawing::charts::waterfall::{ROW, Rows, TOP, View, Waterfall};
use crate::drawing::charts::{Chart, Piece, sample};
use crate::format::svg;
use crate::page::state::LabState;

/// Rows in view.
const ROWS: usize = 18;

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
    let height = Signal::derive(move || TOP + count.get().clamp(4, ROWS) as f64 * ROW);
    let whole = Signal::derive(move || TOP + count.get().max(4) as f64 * ROW);
    let first = RwSignal::new(0usize);
    let frame = Frame { whole: Some(whole), ..Frame::new(height) };
    let pieces = RwSignal::new(Vec::<Piece>::new());
    let chart = laid_out(move || {
        let rows = rows.get();
        let record = state.record.read_untracked();
        let view = View { width: frame.width.get(), height: height.get(), first: first.get() };
        let chart = Waterfall::of(recorded(&record)?, &rows, view);
        if *pieces.read_untracked() != chart.occurring() {
            pieces.set(chart.occurring().to_vec());
        }
        Some(Arc::new(chart) as Arc<dyn Chart>)
    });
    follow_the_window(frame, first);
    keep_in_view(state, chart, frame, first);
    let around = Around {
        id: "chart-waterfall",
        heading: "What each exchange’s time went by with",
        how: "A row for each exchange, in the order in which they began; the axis spans the rows in view. The phases of a request are \
              those that the browser tells (Resource Timing); of a WebSocket no phases are told, so its bars are measured by the page.",
        tools: ().into_any(),
        legend: legend(pieces).into_any(),
    };
    view! { <Figure state around frame chart/> }
}

/// The first row in view is the one to which the window is scrolled.
fn follow_the_window(frame: Frame, first: RwSignal<usize>) {
    Effect::new(move |_| {
        let holder = frame.holder.get()?;
        let window = holder.clone();
        let follow = move || {
            let row = (f64::from(window.scroll_top()) / ROW).round() as usize;
            if first.try_get_untracked().is_some_and(|known| known != row) {
                first.set(row);
            }
        };
        Some(surroundings::on_scroll(&holder, follow))
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

/// What is in view.
fn legend(occurring: RwSignal<Vec<Piece>>) -> impl IntoView {
    let item = |piece: Piece| {
        let markup = svg::markup(&sample::piece(piece), None);
        view! { <li><svg width="30" height="14" aria-hidden="true" inner_html=markup></svg>{piece.name()}</li> }
    };
    let items = move || occurring.get().into_iter().map(item).collect_view();
    view! { <ul class="legend">{items}</ul> }
}
