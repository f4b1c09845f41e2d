//! Records of labs that are run on the simulated network: what several test programs begin with.
#![allow(dead_code, reason = "each test program uses some of it")]

use duplex::lab::{self, Settings};
use duplex::network::Network;
use duplex::network::sim::{Conditions, Sim};
use duplex::trace::{Circumstances, Endpoint, Outcome, Span, Speaks, Time, Trace};
use duplex::wire::RunId;

/// Runs a lab to its end, or until a time, and gives the record, without an account of the server.
pub(crate) fn record(settings: impl Into<Settings>, conditions: Conditions, until: Option<Time>) -> Trace {
    run(&settings.into(), conditions, until, false)
}

/// Runs a lab to its end, has the server give its account, and gives the record.
pub(crate) fn run_lab(settings: impl Into<Settings>, conditions: Conditions) -> Trace {
    run(&settings.into(), conditions, None, true)
}

/// Stops a lab at a time, has the server give its account, and gives the record.
pub(crate) fn stop_lab(settings: impl Into<Settings>, conditions: Conditions, at: Time) -> Trace {
    run(&settings.into(), conditions, Some(at), true)
}

fn run(settings: &Settings, conditions: Conditions, until: Option<Time>, with_account: bool) -> Trace {
    let sim = Sim::new(conditions, settings.patience());
    let outcome = match sim.run(lab::run(&&sim, settings), until) {
        Some(Ok(())) => Outcome::Finished,
        Some(Err(failure)) => Outcome::Failed(failure),
        None => Outcome::Stopped,
    };
    if with_account {
        sim.account();
    }
    let ended = (&sim).now();
    sim.recorder().end(ended, outcome);
    let mut trace = Trace::new(circumstances(settings, conditions, &sim));
    for event in sim.recorder().take() {
        trace.apply(event);
    }
    trace
}

fn circumstances(settings: &Settings, conditions: Conditions, sim: &Sim) -> Circumstances {
    let speaks = if conditions.plain { Speaks::Plain } else { Speaks::Duplex };
    let behind_proxy = conditions.behind_proxy;
    let endpoint = |url: String| Endpoint { url, speaks, instance: Some("one".into()), behind_proxy };
    let place = sim.place();
    Circumstances {
        run: RunId(1),
        lab: settings.lab().slug().into(),
        parameters: settings.pairs(),
        http: endpoint(place.http),
        ws: endpoint(place.ws),
        version: "test".into(),
        browser: "none".into(),
        started: 0.0,
        origin: Time(0),
        resolution: Span(5),
        isolated: true,
        secure: true,
    }
}
