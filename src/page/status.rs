//! What goes on: progress while a run goes on, how it ended, and notices.

use leptos::prelude::*;

use super::state::{LabState, Phase};
use super::words;
use crate::analysis::Statistics;
use crate::trace::{Outcome, Protocol, Span, Trace};

#[component]
pub(super) fn Status(state: LabState) -> impl IntoView {
    let sentence = move || match state.phase() {
        Phase::Idle => idle_words(state),
        Phase::Running => running_words(state),
        _ => ended_words(state),
    };
    let share = move || {
        let wanted = state.record.read().trace.as_ref().map_or(1, asked_for);
        f64::from(done(state)) / f64::from(2 * wanted)
    };
    view! {
        <section class="status" class:failed=move || state.phase() == Phase::Failed>
            <ul class="notices" role="alert">
                {move || state.notices.get().into_iter().map(|notice| view! { <li>{notice}</li> }).collect_view()}
            </ul>
            <p role="status">{sentence}</p>
            <progress max="1" value=share class:unseen=move || !state.running.get()></progress>
        </section>
    }
}

fn idle_words(state: LabState) -> String {
    match &*state.found.read() {
        super::endpoints::Found::Looking => "Looking for an echo server …".to_owned(),
        super::endpoints::Found::Server { .. } => "Ready. Press Run.".to_owned(),
        super::endpoints::Found::Nothing => {
            "No echo server was found. Start one with “cargo xtask serve”, or type the addresses of two echoes."
                .to_owned()
        }
    }
}

/// How many messages each protocol was asked to carry.
fn asked_for(trace: &Trace) -> u32 {
    let messages = trace.circumstances.parameters.iter().find(|(name, _)| name == crate::lab::exchange::MESSAGES.name);
    messages.and_then(|(_, value)| value.parse().ok()).unwrap_or(1)
}

/// Turns that are done, of both protocols; the warm-up is not counted.
fn done(state: LabState) -> u32 {
    let record = state.record.read();
    let Some(trace) = &record.trace else { return 0 };
    let last = |protocol| {
        let ids = record.timeline.messages(protocol);
        let replies = ids.iter().rev().filter_map(|id| trace.message(*id)).find(|message| message.answers.is_some());
        replies.map_or(0, |message| message.turn)
    };
    Protocol::BOTH.map(last).iter().sum()
}

fn running_words(state: LabState) -> String {
    let (began, now) = state.clock.get();
    let record = state.record.read();
    let Some(trace) = record.trace.as_ref().filter(|trace| trace.outcome.is_none()) else {
        return "Getting ready …".to_owned();
    };
    let wanted = 2 * asked_for(trace);
    let waiting = match trace.messages.last() {
        Some(last) if last.answers.is_none() => match last.protocol {
            Protocol::Http => "waiting for a response",
            Protocol::WebSocket if last.kind.is_opening() => "waiting for the WebSocket to open",
            Protocol::WebSocket => "waiting for a message",
        },
        _ => "waiting for the next turn",
    };
    let elapsed = Span(((now - began).0 / 100_000) * 100_000);
    let seconds = elapsed.as_millis() / 1000.0;
    format!("{} of {wanted} exchanges done, {seconds:.1} s, {waiting}.", done(state))
}

fn ended_words(state: LabState) -> String {
    let record = state.record.read();
    let Some(trace) = &record.trace else {
        return String::new();
    };
    match &trace.outcome {
        Some(Outcome::Failed(failure)) => words::failure(failure),
        Some(Outcome::Stopped) => {
            format!("Stopped after {} of {} exchanges. What was measured is kept.", done(state), 2 * asked_for(trace))
        }
        _ => {
            let medians = record.samples().map(|samples| {
                let counted: Vec<Span> =
                    samples.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
                Statistics::of(&counted).map(|figures| figures.median)
            });
            let [http, ws] = medians;
            let comparison = http.zip(ws).map(|(http, ws)| format!(" {}", words::faster(http, ws))).unwrap_or_default();
            format!("Finished: {} exchanges over each protocol.{comparison}", asked_for(trace))
        }
    }
}
