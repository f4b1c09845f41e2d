//! Sequence diagrams of a handful of named runs, as SVG, compared with those in `tests/snapshots`, which somebody has
//! looked at. They open in a browser and take their looks from the style sheet.
//!
//! After a change that is meant: `DUPLEX_SNAPSHOTS=write cargo test --test drawing snapshots`, and look at what has
//! changed before it is committed.

use std::path::Path;

use duplex::analysis::Timeline;
use duplex::drawing::Pace;
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::format::svg;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Protocol, Span, Trace};

use crate::simulated;

const HTTP: Subject = Subject::One(Protocol::Http);
const WS: Subject = Subject::One(Protocol::WebSocket);

/// A lab on a network with 20 ms each way, with some settings.
fn run(lab: Lab, settings: &[(&str, &str)]) -> Trace {
    let mut chosen = Settings::of(lab);
    for (name, value) in settings {
        chosen.set(name, value).expect("a setting of that lab");
    }
    simulated::run_lab(chosen, Conditions { one_way: Span(20_000), ..Conditions::default() })
}

/// A document of its own.
fn document(trace: &Trace, manner: Manner, height: f64) -> String {
    let timeline = Timeline::of(trace);
    let plan = Plan::of(trace, &timeline, manner);
    let (flow, fixed) = plan.reach(trace, &timeline);
    let view = View::whole(&plan, trace, &timeline, (height - fixed).max(height / 2.0) / flow.max(1.0), 480.0);
    let scene = sequence::sequence(&plan, trace, &timeline, view);
    let names = sequence::participants(&plan, 480.0);
    let (width, height) = (scene.width, scene.height.ceil());
    let one_a_line = |markup: String| {
        ["<g", "<path", "<text"]
            .iter()
            .fold(markup, |markup, begin| markup.replace(&format!(">{begin}"), &format!(">\n{begin}")))
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{}\">\n\
         <style>@import url(\"../../style/tokens.css\"); @import url(\"../../style/diagram.css\");</style>\n\
         <g>\n{}\n</g>\n<g transform=\"translate(0 {})\">\n{}\n</g>\n</svg>\n",
        height + names.height,
        one_a_line(svg::markup(&names, None)),
        names.height,
        one_a_line(svg::markup(&scene, None)),
    )
}

fn check(name: &str, trace: &Trace, manner: Manner, height: f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.svg"));
    let drawn = document(trace, manner, height);
    if std::env::var("DUPLEX_SNAPSHOTS").is_ok_and(|what| what == "write") {
        std::fs::write(&path, &drawn).expect("the snapshot is written");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = known.lines().zip(drawn.lines()).position(|(known, drawn)| known != drawn);
    if let Some(line) = differs.or((known.lines().count() != drawn.lines().count()).then_some(0)) {
        panic!(
            "{name}.svg differs from line {} on: {:?} was {:?}; if that is meant, see the top of this file",
            line + 1,
            drawn.lines().nth(line),
            known.lines().nth(line)
        );
    }
}

#[test]
fn an_exchange() {
    let trace = run(Lab::Exchange, &[("messages", "4")]);
    check("exchange-http", &trace, Manner::plain(HTTP), 500.0);
    check("exchange-websocket", &trace, Manner::plain(WS), 500.0);
    check("exchange-one-diagram", &trace, Manner::plain(Subject::Both), 700.0);
    check("exchange-ordinal", &trace, Manner { pace: Pace::Ordinal, ..Manner::plain(WS) }, 400.0);
}

#[test]
fn repeats_that_are_folded() {
    let trace = run(Lab::Exchange, &[("messages", "100")]);
    check("folded", &trace, Manner { folding: true, ..Manner::plain(HTTP) }, 400.0);
}

#[test]
fn messages_that_cross() {
    let trace = run(Lab::Duplex, &[]);
    check("crossing", &trace, Manner { pace: Pace::Compressed, ..Manner::plain(WS) }, 900.0);
}

#[test]
fn connections_that_break() {
    let trace = run(Lab::Interruption, &[]);
    check("broken", &trace, Manner { pace: Pace::Compressed, ..Manner::plain(WS) }, 900.0);
}

#[test]
fn a_crowd() {
    let trace = run(Lab::Crowd, &[("clients", "8")]);
    check("crowd-http", &trace, Manner { pace: Pace::Compressed, ..Manner::plain(HTTP) }, 500.0);
}

#[test]
fn a_long_wait_at_the_end() {
    let trace = run(Lab::Closing, &[]);
    check("closing-http", &trace, Manner { pace: Pace::Compressed, ..Manner::plain(HTTP) }, 400.0);
    check("closing-websocket", &trace, Manner { pace: Pace::Compressed, ..Manner::plain(WS) }, 700.0);
}
