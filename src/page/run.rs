//! Runs: beginning, stopping, and taking in what happens.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::abortable;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::controls::{RUN, STOP};
use super::endpoints::{self, Endpoints, Found, Over};
use super::run_link;
use super::state::{LabState, Record, Stage};
use crate::analysis::judgement;
use crate::browser::{BrowserNetwork, Plan, clock, element, surroundings, timer, turns};
use crate::lab::link::{Link, Page};
use crate::lab::{self, Lab, Settings};
use crate::trace::{Circumstances, Endpoint, Outcome, Protocol, Recorder, Span, Trace};
use crate::words;

/// While nothing is drawn for this long, the clock on the page goes on all the same, in ms.
const TICK: u32 = 500;
/// What is said where Stop was pressed while the run was only prepared, or waited for.
const NOT_BEGUN: &str = "Stopped before the run began.";
/// How long the server's account of a run is waited for.
const SETTLE: Span = Span::from_millis(12_000);
/// The same, when the run was stopped.
const STOPPED_SETTLE: Span = Span::from_millis(2_500);

/// Looks for an echo server as the page opens, and starts the run that the link asks for.
pub(super) fn begin(state: LabState) {
    spawn_local(async move {
        run_link::open(state).await;
        state.found.set(endpoints::look(false).await);
        // The page is painted first: its own work would fall into the first turns.
        timer::frame(|| {}).await;
        go_if_asked(state);
        state.settled_in.set(true);
    });
}

/// Starts the run that the link asks for.
fn go_if_asked(state: LabState) {
    let link = state.link.get_untracked();
    // The file that a link names is shown rather than a new run.
    let is_shown = link.trace.is_some() || state.record.read_untracked().trace.is_some();
    if !link.run || is_shown || state.running.get_untracked() {
        return;
    }
    let found = state.found.get_untracked();
    if !endpoints::may_start_unasked(&link, &found) {
        state.notice("The link asks to run against other addresses than this page’s own: press Run to do so.");
    } else if matches!(found, Found::Server(_)) {
        if link.page == Page::Verdict { start_all(state) } else { go(state) }
    } else {
        state.notice(
            "The link asks to run, but no echo server was found. Start one with “cargo xtask serve”, then press Run.",
        );
    }
}

/// Starts a run with the settings as they are, as somebody asks for it.
pub(super) fn start(state: LabState) {
    if !state.running.get_untracked() {
        state.notices.set(Vec::new());
        go(state);
    }
}

/// Starts a run; what was said of the link stays.
fn go(state: LabState) {
    let settings = state.link.read_untracked().settings.clone();
    if let Err(error) = settings.check() {
        state.notice(words::sentence(&error));
        return;
    }
    begin_running(state);
    spawn_local(async move {
        let over = over(state, &settings);
        one(state, &settings, over).await;
        end_running(state);
    });
}

/// Moves the focus to what starts a run.
pub(super) fn focus_run() {
    element::focus(RUN);
}

fn begin_running(state: LabState) {
    state.stopping.set_value(false);
    state.stage.set(Stage::Asking);
    state.running.set(true);
    // What is shown from now on is no file's.
    if state.link.read_untracked().trace.is_some() {
        state.link.write().trace = None;
    }
}

fn end_running(state: LabState) {
    // Stop goes out of use, and would take the focus with it.
    if element::has_focus(STOP) {
        element::focus(RUN);
    }
    state.running.set(false);
    if let Some(link) = state.turn_next.try_update_value(Option::take).flatten() {
        state.turn_to(link);
    }
}

/// Goes where Back or Forward has led. A run is stopped first, and shown until it has ended: what it still records
/// belongs to no other.
pub(super) fn turn(state: LabState, (link, notices): (Link, Vec<String>)) {
    if state.running.get_untracked() {
        state.turn_next.set_value(Some(link));
        stop(state);
    } else {
        state.turn_to(link);
        notices.into_iter().for_each(|notice| state.notice(notice));
    }
}

/// Runs all labs, one after another, each with its defaults.
pub(super) fn start_all(state: LabState) {
    if state.running.get_untracked() {
        return;
    }
    state.notices.set(Vec::new());
    begin_running(state);
    spawn_local(async move {
        for (place, lab) in Lab::ALL.into_iter().enumerate() {
            state.sequence.set(Some(place));
            let settings = Settings::of(lab);
            let over = over(state, &settings);
            let began = one(state, &settings, over).await.is_some();
            // Whoever stops one stops all, be it while its account is waited for; and where one cannot begin, none can.
            if !began || state.stopping.get_value() {
                break;
            }
        }
        state.sequence.set(None);
        end_running(state);
    });
}

/// The emulated link that a run is to go over.
fn over(state: LabState, settings: &Settings) -> Option<Over> {
    let lab = settings.lab();
    let link = state.link.read_untracked();
    let name = if link.page == Page::Lab(lab) { link.link.clone() } else { lab.default_link().map(str::to_owned) }?;
    let by_default = Some(name.as_str()) == lab.default_link();
    Some(Over { name, by_default })
}

/// One run from beginning to end; `None` where it could not begin.
async fn one(state: LabState, settings: &Settings, over: Option<Over>) -> Option<Outcome> {
    state.stage.set(Stage::Asking);
    // Two at once would measure each other. The turn is over when this returns, however it does.
    let Some(_turn) = until_stopped(state, turns::take(move || state.stage.set(Stage::Waiting))).await else {
        state.notice(NOT_BEGUN);
        return None;
    };
    state.stage.set(Stage::Preparing);
    state.put_away();
    state.show(Record::default());
    match until_stopped(state, endpoints::resolve(state, over)).await {
        Some(Ok(endpoints)) => return Some(run(state, settings, endpoints).await),
        Some(Err(sentence)) => state.trouble.set(Some(sentence)),
        None => state.notice(NOT_BEGUN),
    }
    None
}

/// Waits for something, or until Stop is pressed; it is dropped then.
async fn until_stopped<T>(state: LabState, something: impl Future<Output = T>) -> Option<T> {
    let (something, abort) = abortable(something);
    state.abort.set_value(Some(abort));
    let result = something.await.ok();
    state.abort.set_value(None);
    result
}

/// Stops the run; what was measured is kept.
pub(super) fn stop(state: LabState) {
    state.stopping.set_value(true);
    state.abort.with_value(|abort| {
        if let Some(abort) = abort {
            abort.abort();
        }
    });
}

async fn run(state: LabState, settings: &Settings, endpoints: Endpoints) -> Outcome {
    let run = surroundings::random_run_id();
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    let draw = {
        let recorder = recorder.clone();
        move || take_in(state, &recorder)
    };
    let Endpoints { http, http_services, ws, ws_services, over } = endpoints;
    let (patience, endpoints) = (settings.patience(), (http.clone(), ws.clone()));
    let plan = Plan { run, http, http_services, ws, ws_services, patience };
    let network = BrowserNetwork::new(plan, recorder.clone(), draw.clone());
    let over = over.map(|name| ("link".to_owned(), name));
    let parameters = settings.pairs().into_iter().chain(over).collect();
    let circumstances = circumstances(run, settings.lab(), endpoints, parameters);
    state.record.set(Record::begun(Trace::new(circumstances)));
    state.stage.set(Stage::Script);
    let visibility = {
        let recorder = recorder.clone();
        surroundings::on_visibility(move |hidden| recorder.borrow_mut().visibility(clock::now(), hidden))
    };
    recorder.borrow_mut().visibility(clock::now(), surroundings::hidden());
    let ticker = Interval::new(TICK, move || tick(state));

    let script = async {
        // The empty pictures are painted first: the page's own work would fall into the first turns.
        timer::frame(|| {}).await;
        let origin = clock::now();
        state.clock.set((origin, origin));
        state.record.update_untracked(|record| {
            if let Some(trace) = &mut record.trace {
                // Both are the same moment, so that files with dates can tell when each message was sent.
                trace.circumstances.started = clock::wall_clock_at(origin);
                trace.circumstances.origin = origin;
            }
        });
        lab::run(&network, settings).await
    };
    // What is under way when Stop is pressed is given up as the script is dropped.
    let outcome = match until_stopped(state, script).await {
        Some(Ok(())) => Outcome::Finished,
        Some(Err(failure)) => Outcome::Failed(failure),
        None => Outcome::Stopped,
    };
    let ended = clock::now();
    drop(visibility);
    take_in(state, &recorder);
    state.stage.set(Stage::Settling);
    // Whoever has pressed Stop, or presses it now, does not want to wait.
    let patience = if outcome == Outcome::Stopped { STOPPED_SETTLE } else { SETTLE };
    if until_stopped(state, timer::within(patience, network.settle())).await.flatten().is_none() {
        state.notice("The server’s account of this run was not waited for, so some byte counts are unknown.");
    }
    drop(ticker);
    take_in(state, &recorder);
    // The fits rest on all that was seen; they are written down with the record.
    state.record.update(|record| record.timeline.settle());
    for protocol in Protocol::BOTH {
        let fit = state.record.read_untracked().timeline.clock(protocol);
        if let Some(fit) = fit {
            recorder.borrow_mut().clock(protocol, fit);
        }
    }
    recorder.borrow_mut().end(ended, outcome.clone());
    take_in(state, &recorder);
    judge(state, settings.lab());
    state.sum_up(true);
    outcome
}

/// Keeps what the run says of the lab's claims.
fn judge(state: LabState, lab: Lab) {
    let record = state.record.read_untracked();
    if let Some(trace) = &record.trace {
        let verdicts = lab.claims().iter().map(|claim| judgement::judge(*claim, trace, &record.timeline));
        state.store.judged(trace, &record.timeline, verdicts.collect());
    }
}

/// Moves what was recorded into the record that is shown.
fn take_in(state: LabState, recorder: &RefCell<Recorder>) {
    let events = recorder.borrow_mut().take();
    if events.is_empty() {
        return;
    }
    state.record.try_update(|record| {
        let Record { trace: Some(trace), timeline, .. } = record else {
            return;
        };
        for event in events {
            trace.apply(event);
        }
        timeline.follow(trace);
    });
    state.clock.try_update(|(_, now)| *now = clock::now());
    state.sum_up(false);
}

/// Lets the page's clock go on when no turn has done so for a while. Nothing is drawn: a reply may be
/// about to come, and what there is to draw was drawn between turns.
fn tick(state: LabState) {
    let now = clock::now();
    state.clock.try_update(|(_, last)| {
        if now - *last >= Span::from_millis(TICK - 50) {
            *last = now;
        }
    });
}

fn circumstances(
    run: crate::wire::RunId,
    lab: Lab,
    (http, ws): (Endpoint, Endpoint),
    parameters: Vec<(String, String)>,
) -> Circumstances {
    Circumstances {
        run,
        lab: lab.slug().to_owned(),
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
