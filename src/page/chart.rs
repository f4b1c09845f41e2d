//! The chart of each exchange's time, with its table.

use leptos::html::Div;
use leptos::prelude::*;

use super::state::LabState;
use crate::analysis::Sample;
use crate::browser::surroundings;
use crate::drawing::chart;
use crate::format::svg;
use crate::lab::exchange::MESSAGES;
use crate::trace::{MessageId, Span};

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
    let samples = Memo::new(move |_| state.record.read().samples());
    let scene = move || {
        let record = state.record.read();
        let circumstances = record.trace.as_ref().map(|trace| &trace.circumstances);
        let asked = circumstances.and_then(|known| {
            known.parameters.iter().find(|(name, _)| name == MESSAGES.name).and_then(|(_, value)| value.parse().ok())
        });
        let view = chart::View {
            width: width.get(),
            height: HEIGHT,
            turns: asked.unwrap_or(1),
            resolution: circumstances.map_or(Span(5), |known| known.resolution),
            selected: state.selected.get(),
        };
        let samples = samples.read();
        chart::round_trips([&samples[0], &samples[1]], view)
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
            <SampleTable samples/>
        </section>
    }
}

#[component]
fn SampleTable(samples: Memo<[Vec<Sample>; 2]>) -> impl IntoView {
    let open = RwSignal::new(false);
    let first = RwSignal::new(0usize);
    let count = Memo::new(move |_| samples.read().iter().map(Vec::len).max().unwrap_or(0));
    let rows = move || {
        if !open.get() {
            return Vec::new();
        }
        let samples = samples.read();
        let until = (first.get() + ROWS).min(count.get());
        let took = |place: usize, of: usize| {
            samples[of].get(place).map_or_else(|| "—".to_owned(), |sample| format!("{:.3}", sample.took.as_millis()))
        };
        let name = |place: usize| match samples.iter().find_map(|of| of.get(place)) {
            Some(sample) if sample.warm_up => "warm-up".to_owned(),
            Some(sample) => sample.turn.to_string(),
            None => String::new(),
        };
        (first.get()..until)
            .map(|place| view! { <tr><th scope="row">{name(place)}</th><td>{took(place, 0)}</td><td>{took(place, 1)}</td></tr> })
            .collect()
    };
    view! {
        <details class="as-table" on:toggle:target=move |event| open.set(event.target().open())>
            <summary>{move || format!("As a table: {} turns", count.get())}</summary>
            <table>
                <thead>
                    <tr><th scope="col">"Turn"</th><th scope="col">"HTTP (ms)"</th><th scope="col">"WebSocket (ms)"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="pager">
                <button type="button" disabled=move || first.get() == 0
                    on:click=move |_| first.update(|first| *first = first.saturating_sub(ROWS))>"Earlier"</button>
                <button type="button" disabled=move || { first.get() + ROWS >= count.get() }
                    on:click=move |_| first.update(|first| *first += ROWS)>"Later"</button>
            </p>
        </details>
    }
}
