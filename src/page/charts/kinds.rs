//! The charts of each exchange's time, of how these are distributed, and of the bytes so far.

use std::sync::Arc;

use leptos::prelude::*;

use super::figure::{Around, Figure, Frame, laid_out};
use super::recorded;
use crate::drawing::charts::Chart;
use crate::drawing::charts::bytes::{self, CumulativeBytes};
use crate::drawing::charts::distribution::{self, Distribution};
use crate::drawing::charts::round_trips::{self, RoundTrips};
use crate::page::state::LabState;

/// In pixels.
const TIMES: f64 = 300.0;
/// In pixels.
const DISTRIBUTED: f64 = 400.0;
/// Panels of bytes are below one another where a chart is narrower than this, in pixels.
const NARROW: f64 = 520.0;

/// The time of each exchange: turn by turn or, where turns do not follow one another, as it went by.
#[component]
pub(super) fn Times(state: LabState, in_turns: bool) -> impl IntoView {
    let logarithmic = RwSignal::new(false);
    let frame = Frame::new(state, Signal::stored(TIMES));
    let chart = laid_out(move || {
        state.summed_up.track();
        let record = state.record.read_untracked();
        let along = match in_turns {
            true => round_trips::Along::Turns(record.asked_for().unwrap_or(1)),
            false => round_trips::Along::Time { wall: state.look.wall_time.get() },
        };
        let view = round_trips::View { width: frame.width.get(), height: TIMES, along, logarithmic: logarithmic.get() };
        Some(Arc::new(RoundTrips::of(recorded(&record)?, view)) as Arc<dyn Chart>)
    });
    let around = Around {
        id: "chart-times",
        heading: "How long each exchange took",
        how: "Each sign is a round trip: over HTTP from the call to the whole response, over the WebSocket from send to the \
              message event.",
        tools: logarithmic_switch(logarithmic, Signal::stored(true)),
        file: "times",
        taken_away: None,
        on_paper: ().into_any(),
    };
    view! { <Figure state around frame chart/> }
}

fn logarithmic_switch(logarithmic: RwSignal<bool>, offered: Signal<bool>) -> AnyView {
    view! {
        <p class="tools" hidden=move || !offered.get()>
            <label>
                <input type="checkbox" prop:checked=move || logarithmic.get()
                    on:change:target=move |event| logarithmic.set(event.target().checked())/>
                " logarithmic axis"
            </label>
        </p>
    }
    .into_any()
}

/// How the times are distributed.
#[component]
pub(super) fn Distributed(state: LabState) -> impl IntoView {
    // Until somebody says otherwise, the axis is logarithmic where the range is wide.
    let asked = RwSignal::new(None::<bool>);
    let wide = Memo::new(move |_| {
        state.summed_up.track();
        recorded(&state.record.read_untracked()).is_some_and(distribution::is_wide)
    });
    let logarithmic = RwSignal::new(false);
    Effect::new(move |_| {
        let wanted = asked.get().unwrap_or(wide.get()) && wide.get();
        if logarithmic.get_untracked() != wanted {
            logarithmic.set(wanted);
        }
    });
    let frame = Frame::new(state, Signal::stored(DISTRIBUTED));
    let chart = laid_out(move || {
        state.summed_up.track();
        let record = state.record.read_untracked();
        let view = distribution::View { width: frame.width.get(), height: DISTRIBUTED, logarithmic: logarithmic.get() };
        Some(Arc::new(Distribution::of(recorded(&record)?, view)) as Arc<dyn Chart>)
    });
    let tools = view! {
        <p class="tools" hidden=move || !wide.get()>
            <label>
                <input type="checkbox" prop:checked=move || logarithmic.get()
                    on:change:target=move |event| asked.set(Some(event.target().checked()))/>
                " logarithmic axis"
            </label>
        </p>
    };
    let around = Around {
        id: "chart-distribution",
        heading: "How these times are distributed",
        how: "Above, how many exchanges took so long: HTTP’s go up, the WebSocket’s down. Below, which part took at most so \
              long. p50, p95 and p99: so many percent took no longer. The warm-up and what was taken while the tab was hidden \
              are left out.",
        tools: tools.into_any(),
        file: "distribution",
        taken_away: None,
        on_paper: ().into_any(),
    };
    view! { <Figure state around frame chart/> }
}

/// The bytes so far.
#[component]
pub(super) fn Carried(state: LabState) -> impl IntoView {
    let (in_time, split) = (RwSignal::new(false), RwSignal::new(false));
    let frame = Frame::new(state, Signal::stored(0.0));
    let height = Signal::derive(move || if frame.width.get() < NARROW { 460.0 } else { 300.0 });
    let frame = Frame { height, ..frame };
    let chart = laid_out(move || {
        state.summed_up.track();
        let record = state.record.read_untracked();
        let wall = state.look.wall_time.get();
        let along = if in_time.get() { bytes::Along::Time { wall } } else { bytes::Along::Messages };
        let view = bytes::View { width: frame.width.get(), height: height.get(), along, split: split.get() };
        Some(Arc::new(CumulativeBytes::of(recorded(&record)?, view)) as Arc<dyn Chart>)
    });
    let switch = |words: &'static str, on: RwSignal<bool>| {
        view! {
            <label>
                <input type="checkbox" prop:checked=move || on.get()
                    on:change:target=move |event| on.set(event.target().checked())/>
                {words}
            </label>
        }
    };
    let tools =
        view! { <p class="tools">{switch(" against time", in_time)} {switch(" each way by itself", split)}</p> };
    let around = Around {
        id: "chart-bytes",
        heading: "What has been carried so far",
        how: "Layers on one another, after each message: what the application sent, what the protocol added to it, and what \
              this page adds in order to measure. Both panels have the same scale. The warm-up and the closing are left out; \
              the WebSocket’s handshake is in. Unknown overhead is not drawn, and said.",
        tools: tools.into_any(),
        file: "bytes",
        taken_away: None,
        on_paper: ().into_any(),
    };
    view! { <Figure state around frame chart/> }
}
