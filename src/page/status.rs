//! What goes on: progress while a run goes on, how it ended, and notices.

use leptos::prelude::*;

use super::endpoints::{Found, NOTHING_FOUND};
use super::state::{LabState, Phase, Stage};
use super::words;
use crate::analysis::Statistics;
use crate::trace::{Outcome, Protocol, Span};

#[component]
pub(super) fn Status(state: LabState) -> impl IntoView {
    let phase = Memo::new(move |_| state.phase());
    let sentence = move || match phase.get() {
        Phase::Idle => idle_words(state),
        Phase::Running => "A run goes on.".to_owned(),
        Phase::Failed | Phase::Finished | Phase::Stopped => ended_words(state),
    };
    let progress = move || if phase.get() == Phase::Running { running_words(state) } else { String::new() };
    let share = move || f64::from(done(state)) / f64::from(2 * state.record.read().asked_for());
    view! {
        <section class="status" class:failed=move || phase.get() == Phase::Failed>
            <div role="alert">
                <ul class="notices">
                    {move || state.notices.get().into_iter().map(|notice| view! { <li>{notice}</li> }).collect_view()}
                </ul>
            </div>
            // Read out when it changes, which is not often; the progress beside it is not.
            <p role="status" class:unseen=move || phase.get() == Phase::Running>{sentence}</p>
            <p hidden=move || phase.get() != Phase::Running>{progress}</p>
            <progress aria-label="Exchanges done" max="1" value=share hidden=move || phase.get() != Phase::Running></progress>
        </section>
    }
}

fn idle_words(state: LabState) -> String {
    let record = state.record.read();
    if let Some(trace) = &record.trace {
        return words::recorded(trace);
    }
    match &*state.found.read() {
        Found::Looking => "Looking for an echo server …".to_owned(),
        Found::Server(_) => "Ready. Press Run.".to_owned(),
        Found::Nothing => NOTHING_FOUND.to_owned(),
    }
}

/// Turns that are done, of both protocols; the warm-up is not counted.
fn done(state: LabState) -> u32 {
    let record = state.record.read();
    Protocol::BOTH.map(|protocol| record.timeline.samples(protocol).last().map_or(0, |sample| sample.turn)).iter().sum()
}

fn running_words(state: LabState) -> String {
    let (began, now) = state.clock.get();
    let record = state.record.read();
    let last = match (state.stage.get(), &record.trace) {
        (Stage::Preparing, _) | (_, None) => return "Finding out whom to talk to …".to_owned(),
        (Stage::Settling, _) => return "Asking the server for its account of the run …".to_owned(),
        (Stage::Script, Some(trace)) => trace.messages.last(),
    };
    let waiting = match last {
        Some(last) if last.answers.is_none() => match last.protocol {
            Protocol::Http => "waiting for a response",
            Protocol::WebSocket if last.kind.is_opening() => "waiting for the WebSocket to open",
            Protocol::WebSocket => "waiting for a message",
        },
        _ => "waiting for the next turn",
    };
    let tenths = (now - began).0 / 100_000;
    format!(
        "{} of {} exchanges done, {}.{} s, {waiting}.",
        done(state),
        2 * record.asked_for(),
        tenths / 10,
        tenths % 10
    )
}

fn ended_words(state: LabState) -> String {
    if let Some(trouble) = state.trouble.get() {
        return trouble;
    }
    let record = state.record.read();
    let Some(trace) = &record.trace else { return String::new() };
    match &trace.outcome {
        Some(Outcome::Failed(failure)) => words::failure(failure),
        Some(Outcome::Stopped) => {
            format!("Stopped after {} of {} exchanges. What was measured is kept.", done(state), 2 * record.asked_for())
        }
        Some(Outcome::Finished) | None => {
            let [http, ws] = Protocol::BOTH.map(|protocol| {
                let samples = record.timeline.samples(protocol).iter();
                let counted: Vec<Span> = samples.filter(|sample| sample.counts()).map(|sample| sample.took).collect();
                Statistics::of(&counted).map(|figures| figures.median)
            });
            let resolution = trace.circumstances.resolution;
            let comparison = http.zip(ws).map(|(http, ws)| words::faster(http, ws, resolution)).unwrap_or_default();
            format!("Finished: {} exchanges over each protocol. {comparison}", record.asked_for())
        }
    }
}
