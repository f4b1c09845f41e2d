//! Records of the lab `exchange`, run on the simulated network: what several test programs begin with.

use duplex::lab::{self, Settings};
use duplex::network::sim::{Conditions, Sim};
use duplex::trace::{Circumstances, Endpoint, Outcome, Span, Speaks, Time, Trace};
use duplex::wire::RunId;

/// Runs the lab to its end, or until a time, and gives the record.
pub(crate) fn record(settings: impl Into<Settings>, conditions: Conditions, until: Option<Time>) -> Trace {
    let settings = settings.into();
    let speaks = if conditions.plain { Speaks::Plain } else { Speaks::Duplex };
    let sim = Sim::new(conditions, settings.patience());
    let outcome = match sim.run(lab::run(&&sim, &settings), until) {
        Some(Ok(())) => Outcome::Finished,
        Some(Err(failure)) => Outcome::Failed(failure),
        None => Outcome::Stopped,
    };
    sim.recorder().end(Time(0), outcome);
    let endpoint = |url: &str| Endpoint { url: url.into(), speaks, instance: Some("one".into()), behind_proxy: false };
    let mut trace = Trace::new(Circumstances {
        run: RunId(1),
        lab: settings.lab().slug().into(),
        parameters: settings.pairs(),
        http: endpoint("http://127.0.0.1:9000/echo"),
        ws: endpoint("ws://127.0.0.1:9000/ws"),
        version: "test".into(),
        browser: "none".into(),
        started: 0.0,
        origin: Time(0),
        resolution: Span(5),
        isolated: true,
        secure: true,
    });
    for event in sim.recorder().take() {
        trace.apply(event);
    }
    trace
}
