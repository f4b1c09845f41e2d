//! What goes on: progress while a run goes on, how it ended, and notices.

use leptos::prelude::*;

use super::endpoints::{Found, NOTHING_FOUND};
use super::state::{LabState, Phase, Stage};
use crate::analysis::{Claim, Statistics, VerdictOutcome};
use crate::browser::surroundings;
use crate::lab::Lab;
use crate::lab::link::Page;
use crate::trace::{Outcome, Protocol, Span, Trace};
use crate::words::{self, labs};

#[component]
pub(super) fn Status(state: LabState) -> impl IntoView {
    let phase = Memo::new(move |_| state.phase());
    // Before that is known there is nothing to say of it: mostly nobody has to wait.
    let waits = Memo::new(move |_| phase.get() == Phase::Waiting && state.stage.get() == Stage::Waiting);
    let runs = Memo::new(move |_| phase.get().goes_on() && !waits.get());
    let sentence = move || match phase.get() {
        Phase::Idle => idle_words(state),
        Phase::Waiting if waits.get() => WAITS.to_owned(),
        Phase::Waiting | Phase::Running => "A run goes on.".to_owned(),
        Phase::Failed | Phase::Finished | Phase::Stopped => ended_words(state),
    };
    let progress = move || if runs.get() { running_words(state) } else { String::new() };
    let share = move || share(state);
    view! {
        <section class="status" class:failed=move || phase.get() == Phase::Failed>
            <div role="alert">
                <ul class="notices">
                    {move || state.notices.get().into_iter().map(|notice| view! { <li>{notice}</li> }).collect_view()}
                </ul>
            </div>
            // Read out when it changes, which is not often; the progress beside it is not.
            <p role="status" class:unseen=move || runs.get()>{sentence}</p>
            <p hidden=move || !runs.get()>{progress}</p>
            <progress aria-label="Exchanges done" max="1" value=share hidden=move || !runs.get()></progress>
        </section>
    }
}

/// What is said while another lab has its turn.
const WAITS: &str =
    "Another lab runs in this browser, and two at once would disturb each other. This one waits for it to end …";

/// How much of the run is done, from 0 to 1; `None` where the lab does not ask for a number of messages.
fn share(state: LabState) -> Option<f64> {
    let asked = state.record.read().asked_for()?;
    Some(f64::from(done(state)) / f64::from(2 * asked))
}

fn idle_words(state: LabState) -> String {
    let record = state.record.read();
    // A recording that came with the page says so itself.
    if let Some(trace) = record.trace.as_ref().filter(|_| !record.sample) {
        return words::recorded(trace, &record.source, &surroundings::date(trace.circumstances.started));
    }
    if state.link.read().page == Page::Capture {
        return "No file is open.".to_owned();
    }
    match &*state.found.read() {
        Found::Looking => "Looking for an echo server …".to_owned(),
        Found::Server(_) if state.link.read().page == Page::Verdict => "Ready. Press Run all labs.".to_owned(),
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
        (Stage::Asking | Stage::Waiting | Stage::Preparing, _) | (_, None) => {
            return "Finding out whom to talk to …".to_owned();
        }
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
    let time = format!("{}.{} s, {waiting}.", tenths / 10, tenths % 10);
    let lab = match state.sequence.get().zip(record.lab()) {
        Some((place, lab)) => format!("Lab {} of {}, {}: ", place + 1, Lab::ALL.len(), labs::of(lab).title),
        None => String::new(),
    };
    let trace = record.trace.as_ref();
    let part = trace.and_then(|trace| trace.parts.last()).map_or_else(String::new, |part| format!("{}, ", part.name));
    match record.asked_for() {
        Some(asked) => format!("{lab}{} of {} exchanges done, {time}", done(state), 2 * asked),
        None => {
            let messages = trace.map_or(0, |trace| trace.messages.len());
            format!("{lab}{part}{messages} messages so far, {time}")
        }
    }
}

fn ended_words(state: LabState) -> String {
    if let Some(trouble) = state.trouble.get() {
        return trouble;
    }
    let record = state.record.read();
    let Some(trace) = &record.trace else { return String::new() };
    if state.link.read().page == Page::Verdict {
        return judged_words(state, trace);
    }
    match &trace.outcome {
        Some(Outcome::Failed(failure)) => words::failure(failure),
        Some(Outcome::Stopped) => match record.asked_for() {
            Some(asked) => {
                format!("Stopped after {} of {} exchanges. What was measured is kept.", done(state), 2 * asked)
            }
            None => format!("Stopped after {}. What was measured is kept.", counts(trace)),
        },
        Some(Outcome::Finished) | None => {
            let [http, ws] = Protocol::BOTH.map(|protocol| {
                let samples = record.timeline.samples(protocol).iter();
                let counted: Vec<Span> = samples.filter(|sample| sample.counts()).map(|sample| sample.took).collect();
                Statistics::of(&counted).map(|figures| figures.median)
            });
            let resolution = trace.circumstances.resolution;
            let comparison = http.zip(ws).map(|(http, ws)| words::faster(http, ws, resolution)).unwrap_or_default();
            match record.asked_for() {
                Some(asked) => format!("Finished: {asked} exchanges over each protocol. {comparison}"),
                None => format!("Finished: {}.", counts(trace)),
            }
        }
    }
}

/// What the labs have come to, where all were asked for.
fn judged_words(state: LabState, trace: &Trace) -> String {
    let kept = state.store.kept.read();
    let judged = Claim::ALL.into_iter().filter(|claim| kept.outcome(*claim) != VerdictOutcome::NotMeasured).count();
    let ended = match &trace.outcome {
        Some(Outcome::Stopped) => "Stopped. What was measured is kept.",
        _ => "Done.",
    };
    format!("{ended} {judged} of {} claims have a verdict from this browser.", Claim::ALL.len())
}

/// How many messages went over each protocol.
fn counts(trace: &Trace) -> String {
    let [http, ws] = Protocol::BOTH.map(|protocol| trace.of(protocol).count());
    format!("{http} {} over HTTP, {ws} over WebSocket", if http == 1 { "message" } else { "messages" })
}
