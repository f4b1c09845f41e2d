//! What is taken away of a run: tables, Mermaid text, and pictures that stand alone, over runs of many shapes.
//!
//! `DUPLEX_EXPORTS=<folder> cargo test --test exports written` writes some of each there, to be looked at.
#![cfg(not(target_arch = "wasm32"))]

mod css;
mod mermaid;
#[path = "../simulated/mod.rs"]
mod simulated;
mod standalone;
mod tables;
mod xml;

use duplex::drawing::Pace;
use duplex::drawing::sequence::{Manner, Subject};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Protocol, Span, Time, Trace};
use proptest::prelude::*;

/// Runs of every lab, to their end or stopped, against servers that tell more and less.
fn runs() -> impl Strategy<Value = Trace> {
    let stopped = prop::option::of(1i64..20_000_000);
    (prop::sample::select(Lab::ALL.to_vec()), 1i64..80_000, any::<bool>(), stopped, 1u32..60).prop_map(
        |(lab, one_way, plain, stopped, messages)| {
            let mut settings = Settings::of(lab);
            if lab == Lab::Exchange {
                settings.set("messages", &messages.to_string()).expect("so many may be");
            }
            let conditions = Conditions { one_way: Span(one_way), plain, ..Conditions::default() };
            match stopped {
                Some(at) => simulated::stop_lab(settings, conditions, Time(at)),
                None => simulated::run_lab(settings, conditions),
            }
        },
    )
}

/// Any way to make a diagram.
fn manners() -> impl Strategy<Value = Manner> {
    let subjects = vec![Subject::One(Protocol::Http), Subject::One(Protocol::WebSocket), Subject::Both];
    let (subject, pace) = (prop::sample::select(subjects), prop::sample::select(Pace::ALL.to_vec()));
    (subject, pace, any::<bool>()).prop_map(|(subject, pace, folding)| Manner {
        pace,
        folding,
        ..Manner::plain(subject)
    })
}

/// A lab on a network with 20 ms each way, with some settings.
fn run(lab: Lab, settings: &[(&str, &str)]) -> Trace {
    let mut chosen = Settings::of(lab);
    for (name, value) in settings {
        chosen.set(name, value).expect("a setting of that lab");
    }
    simulated::run_lab(chosen, Conditions { one_way: Span(20_000), ..Conditions::default() })
}

/// The runs that somebody looks at, with a name and a manner for each.
fn named_runs() -> Vec<(&'static str, Trace, Manner)> {
    let (http, ws) = (Subject::One(Protocol::Http), Subject::One(Protocol::WebSocket));
    let compressed = |subject| Manner { pace: Pace::Compressed, ..Manner::plain(subject) };
    let exchange = run(Lab::Exchange, &[("messages", "4")]);
    let folding = |subject| Manner { folding: true, ..Manner::plain(subject) };
    let long = run(Lab::Exchange, &[("messages", "100")]);
    vec![
        ("exchange-http", exchange.clone(), Manner::plain(http)),
        ("exchange-websocket", exchange.clone(), Manner::plain(ws)),
        ("exchange-one-diagram", exchange.clone(), Manner::plain(Subject::Both)),
        ("exchange-ordinal", exchange, Manner { pace: Pace::Ordinal, ..Manner::plain(ws) }),
        ("folded", long.clone(), folding(http)),
        ("folded-one-diagram", long, folding(Subject::Both)),
        ("crossing", run(Lab::Duplex, &[]), compressed(ws)),
        ("broken", run(Lab::Interruption, &[]), compressed(ws)),
        ("crowd-http", run(Lab::Crowd, &[("clients", "8")]), compressed(http)),
        ("closing", run(Lab::Closing, &[]), compressed(Subject::Both)),
    ]
}

/// Writes what somebody wants to look at, if somebody does.
fn written(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("DUPLEX_EXPORTS") {
        std::fs::write(std::path::Path::new(&folder).join(name), text).expect("it is written");
    }
}
