//! Runs: beginning, stopping, and taking in what happens.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::{AbortHandle, abortable};
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::endpoints::{self, Found};
use super::state::{LabState, Record};
use crate::browser::{BrowserNetwork, Plan, clock, surroundings, timer};
use crate::lab::exchange;
use crate::trace::{Circumstances, Endpoint, Outcome, Protocol, Recorder, Span, Trace};

/// While nothing is drawn for this long, the clock on the page goes on all the same, in ms.
const TICK: u32 = 500;

/// Looks for an echo server as the page opens, and starts the run that the link asks for.
pub(super) fn begin(state: LabState) {
    spawn_local(async move {
        state.found.set(endpoints::look().await);
        // The page is painted first: its own work would fall into the first turns.
        timer::frame(|| {}).await;
        let link = state.link.get_untracked();
        if !link.run {
            return;
        }
        if !endpoints::may_start_unasked(&link) {
            state.notice("The link asks to run against other addresses than this page’s own: press Run to do so.");
        } else if matches!(state.found.get_untracked(), Found::Server { .. }) {
            start(state);
        } else {
            state.notice("The link asks to run, but no echo server was found. Start one with “cargo xtask serve”, then press Run.");
        }
    });
}

/// Starts a run with the settings as they are.
pub(super) fn start(state: LabState) {
    if state.running.get_untracked() {
        return;
    }
    if let Err(error) = state.link.read_untracked().parameters.check() {
        state.notice(format!("{error}."));
        return;
    }
    state.notices.set(Vec::new());
    state.running.set(true);
    spawn_local(async move {
        match endpoints::resolve(state).await {
            Ok((http, ws)) => run(state, http, ws).await,
            Err(sentence) => state.notice(sentence),
        }
        state.running.set(false);
    });
}

/// Stops the run; what was measured is kept.
pub(super) fn stop(state: LabState) {
    state.abort.with_value(|abort| {
        if let Some(abort) = abort {
            abort.abort();
        }
    });
}

async fn run(state: LabState, http: Endpoint, ws: Endpoint) {
    let parameters = state.link.read_untracked().parameters;
    let run = surroundings::random_run_id();
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    let draw = {
        let recorder = recorder.clone();
        move || take_in(state, &recorder)
    };
    let plan = Plan { run, http: http.clone(), ws: ws.clone(), patience: parameters.patience() };
    let network = BrowserNetwork::new(plan, recorder.clone(), draw.clone());
    let circumstances = circumstances(run, http, ws, parameters.pairs());
    let origin = circumstances.origin;
    state.clock.set((origin, origin));
    state.selected.set(None);
    state.look.follow.set(true);
    state.look.scroll.set(0.0);
    state.look.zoom.set(1.0);
    state.record.set(Record::new(Trace::new(circumstances)));
    let visibility = {
        let recorder = recorder.clone();
        surroundings::on_visibility(move |hidden| recorder.borrow_mut().visibility(clock::now(), hidden))
    };
    recorder.borrow_mut().visibility(origin, surroundings::hidden());
    let ticker = Interval::new(TICK, move || tick(state, &draw));

    let outcome = script(state, &network, &parameters).await;

    let ended = clock::now();
    drop((ticker, visibility));
    network.settle().await;
    take_in(state, &recorder);
    // The fit rests on all that was seen; it is written down with the record.
    let fit = state.record.read_untracked().timeline.clock(Protocol::Http);
    if let Some(fit) = fit {
        recorder.borrow_mut().clock(fit);
    }
    recorder.borrow_mut().end(ended, outcome);
    take_in(state, &recorder);
}

/// The lab's script until its end, or until Stop is pressed. What was under way then is given up as
/// the script is dropped, at the end of this function.
async fn script(state: LabState, network: &BrowserNetwork, parameters: &exchange::Parameters) -> Outcome {
    let (script, abort): (_, AbortHandle) = abortable(exchange::run(network, parameters));
    state.abort.set_value(Some(abort));
    let outcome = match script.await {
        Ok(Ok(())) => Outcome::Finished,
        Ok(Err(failure)) => Outcome::Failed(failure),
        Err(_stopped) => Outcome::Stopped,
    };
    state.abort.set_value(None);
    outcome
}

/// Moves what was recorded into the record that is shown.
fn take_in(state: LabState, recorder: &RefCell<Recorder>) {
    let events = recorder.borrow_mut().take();
    if events.is_empty() {
        return;
    }
    state.record.try_update(|record| {
        let Record { trace: Some(trace), timeline } = record else {
            return;
        };
        for event in events {
            trace.apply(event);
        }
        timeline.follow(trace);
    });
    state.clock.try_update(|(_, now)| *now = clock::now());
}

/// Lets the page's clock go on, and draws what waits, when no turn has done so for a while.
fn tick(state: LabState, draw: &impl Fn()) {
    let now = clock::now();
    let stale = state.clock.try_get_untracked().is_some_and(|(_, last)| now - last >= Span::from_millis(TICK - 50));
    if stale {
        draw();
        state.clock.try_update(|(_, last)| *last = now);
    }
}

fn circumstances(
    run: crate::wire::RunId,
    http: Endpoint,
    ws: Endpoint,
    parameters: Vec<(String, String)>,
) -> Circumstances {
    Circumstances {
        run,
        lab: exchange::SLUG.to_owned(),
        parameters,
        http,
        ws,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        browser: surroundings::browser(),
        resolution: clock::resolution(),
        isolated: surroundings::isolated(),
        secure: surroundings::secure(),
        started: clock::wall_clock(),
        origin: clock::now(),
    }
}
