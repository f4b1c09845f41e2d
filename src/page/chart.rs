//! The chart of each exchange's time, with its table.

use leptos::html::Div;
use leptos::prelude::*;

use super::state::{LabState, Record};
use crate::analysis::Sample;
use crate::browser::surroundings;
use crate::drawing::chart;
use crate::format::svg;
use crate::trace::{MessageId, Protocol, Span};

/// In pixels.
const HEIGHT: f64 = 240.0;
/// Rows on a page of the table.
const ROWS: usize = 50;

#[component]
pub(super) fn RoundTrips(state: LabState) -> impl IntoView {
    let holder = NodeRef::<Div>::new();
    let width = RwSignal::new(640.0);
    // The effect keeps what it gives, and with it the observer, as long as the component lives.
    Effect::new(move |_| {
        let element = holder.get()?;
        surroundings::observe_size(&element, move |wide, _| {
            if width.try_get_untracked().is_some_and(|known| known != wide) {
                width.set(wide);
            }
        })
    });
    let scene = move || {
        state.summed_up.track();
        let record = state.record.read_untracked();
        let view = chart::View {
            width: width.get(),
            height: HEIGHT,
            turns: record.asked_for().unwrap_or(1),
            resolution: resolution(&record),
            selected: state.selected.get(),
        };
        chart::round_trips(Protocol::BOTH.map(|protocol| record.timeline.samples(protocol)), view)
    };
    let pick = move |event: leptos::ev::MouseEvent| {
        if let Some(id) = event.target().and_then(|target| surroundings::data_of(&target, "message")) {
            state.selected.set(id.parse().ok().map(MessageId));
        }
    };
    view! {
        <section class="chart">
            <h3>"How long each exchange took"</h3>
            <p class="hint">
                <span class="http">"● HTTP"</span> ", from the call to the whole response; "
                <span class="ws">"◆ WebSocket"</span> ", from send to the message event. Hollow: not counted. Triangle: beyond the scale."
            </p>
            <div node_ref=holder class="holder" on:click=pick>
                <svg width=move || width.get() height=HEIGHT role="img" aria-label="Round trip of each turn; the table below has the same values"
                    inner_html=move || svg::markup(&scene(), None)></svg>
            </div>
            <SampleTable state/>
        </section>
    }
}

fn resolution(record: &Record) -> Span {
    record.trace.as_ref().map_or(Span(1), |trace| trace.circumstances.resolution)
}

#[component]
fn SampleTable(state: LabState) -> impl IntoView {
    let open = RwSignal::new(false);
    let first = RwSignal::new(0usize);
    let count = Memo::new(move |_| {
        let record = state.record.read();
        Protocol::BOTH.map(|protocol| record.timeline.samples(protocol).len()).into_iter().max().unwrap_or(0)
    });
    // A shorter run has fewer pages.
    let first_shown = move || first.get().min(count.get().saturating_sub(1) / ROWS * ROWS);
    let content = Memo::new(move |_| {
        let record = state.record.read();
        let shown = if open.get() { first_shown()..(first_shown() + ROWS).min(count.get()) } else { 0..0 };
        shown.map(|place| row(&record, place)).collect::<Vec<_>>()
    });
    let rows = move || {
        let row = |[turn, http, ws]: [String; 3]| {
            view! { <tr><th scope="row">{turn}</th><td>{http}</td><td>{ws}</td></tr> }
        };
        content.get().into_iter().map(row).collect_view()
    };
    view! {
        <details class="as-table" on:toggle:target=move |event| open.set(event.target().open())>
            <summary>{move || format!("As a table: {} turns", count.get())}</summary>
            <table>
                <thead>
                    <tr><th scope="col">"Turn"</th><th scope="col">"HTTP"</th><th scope="col">"WebSocket"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="pager">
                <button type="button" disabled=move || first_shown() == 0
                    on:click=move |_| first.set(first_shown().saturating_sub(ROWS))>"Earlier"</button>
                <button type="button" disabled=move || { first_shown() + ROWS >= count.get() }
                    on:click=move |_| first.set(first_shown() + ROWS)>"Later"</button>
            </p>
        </details>
    }
}

/// A turn's name and both round trips.
fn row(record: &Record, place: usize) -> [String; 3] {
    let samples = Protocol::BOTH.map(|protocol| record.timeline.samples(protocol).get(place));
    let turn = match samples.iter().flatten().next() {
        Some(sample) if sample.warm_up => "warm-up".to_owned(),
        Some(sample) => sample.turn.to_string(),
        None => String::new(),
    };
    let took = |sample: &Sample| sample.took.known_to(resolution(record));
    let [http, ws] = samples.map(|sample| sample.map_or_else(|| "—".to_owned(), took));
    [turn, http, ws]
}
