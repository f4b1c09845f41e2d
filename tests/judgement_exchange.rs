//! What is judged from the lab `exchange` on the simulated network: when to use which (C16), and that nothing unusual is
//! noticed where nothing is.

use duplex::analysis::break_even::{Crossing, Measure, Missing, Way};
use duplex::analysis::judgement::exchange::{Case, Fact as Own, Silence};
use duplex::analysis::judgement::notable::Fact as Notable;
use duplex::analysis::judgement::{self, Outcome};
use duplex::analysis::{Claim, Fact, Finding, Timeline, Verdict};
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Protocol, Trace};

mod simulated;

use simulated::run_lab;

fn run(conditions: Conditions) -> Trace {
    run_lab(Parameters::default(), conditions)
}

fn findings(trace: &Trace) -> Vec<Finding> {
    judgement::what_happened(trace, &Timeline::of(trace))
}

fn notable(trace: &Trace) -> Vec<Notable> {
    let found = findings(trace).into_iter().filter_map(|finding| match finding.fact {
        Fact::Notable(fact) => Some(fact),
        _ => None,
    });
    found.collect()
}

fn own(findings: &[Finding]) -> Vec<Own> {
    let found = findings.iter().filter_map(|finding| match &finding.fact {
        Fact::Exchange(fact) => Some(fact.clone()),
        _ => None,
    });
    found.collect()
}

fn verdict(trace: &Trace) -> Verdict {
    judgement::judge(Claim::C16, trace, &Timeline::of(trace))
}

#[test]
fn in_a_plain_run_nothing_unusual_is_noticed() {
    for close in [false, true] {
        let trace = run_lab(Parameters { messages: 50, close, ..Parameters::default() }, Conditions::default());
        assert_eq!(notable(&trace), [], "close: {close}");
    }
}

#[test]
fn what_is_unusual_is() {
    let before = notable(&run(Conditions { preconnected: true, ..Conditions::default() }));
    assert_eq!(before, [Notable::OpenBefore { connections: 1, requests: 11 }]);
    let h2 = notable(&run(Conditions { h2: true, ..Conditions::default() }));
    assert!(h2.contains(&Notable::OtherVersion { version: "h2".into(), requests: 11, of: 11 }), "{h2:#?}");
}

#[test]
fn different_situations_get_different_advice_from_a_runs_own_figures() {
    let trace = run(Conditions::default());
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported, "{:#?}", verdict.reasons);
    let reasons = own(&verdict.reasons);
    let paid_back = |fact: &Own| {
        matches!(
            fact,
            Own::PaidBack { measure: Measure::Bytes, than: Way::KeepAlive, since: Crossing::From(_), payload: 32 }
        )
    };
    assert!(reasons.iter().any(paid_back), "{reasons:#?}");
    let advised = |case| {
        reasons.iter().find_map(|fact| match fact {
            Own::Advice { case: of, by_bytes, .. } if *of == case => by_bytes.map(|advised| advised.way),
            _ => None,
        })
    };
    assert_eq!((advised(Case::Weather), advised(Case::Chat)), (Some(Way::KeepAlive), Some(Way::WebSocket)));
}

#[test]
fn over_http_2_bytes_are_not_told_apart_and_time_decides() {
    let trace = run(Conditions { h2: true, ..Conditions::default() });
    let verdict = verdict(&trace);
    let shared = Own::NotComparable { measure: Measure::Bytes, why: Missing::Shared, silent: Vec::new() };
    assert!(own(&verdict.reasons).contains(&shared), "{:#?}", verdict.reasons);
}

#[test]
fn a_plain_echo_leaves_it_unjudged_and_says_what_is_missing() {
    let trace = run(Conditions { plain: true, ..Conditions::default() });
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let silent = Protocol::BOTH.map(|protocol| (protocol, Silence::Plain)).to_vec();
    let plain = Own::NotComparable { measure: Measure::Bytes, why: Missing::Plain, silent };
    assert!(own(&verdict.reasons).contains(&plain), "{:#?}", verdict.reasons);
    let told = own(&findings(&trace));
    assert!(told.contains(&Own::ConnectionsNotTold { carried: 11 }), "{told:#?}");
    assert!(told.iter().any(|fact| matches!(fact, Own::RoundTrips { .. })), "{told:#?}");
}

#[test]
fn each_way_of_connecting_is_told() {
    let connections = |close| {
        let trace = run_lab(Parameters { close, ..Parameters::default() }, Conditions::default());
        own(&findings(&trace)).into_iter().find_map(|fact| match fact {
            Own::Connections { protocol: Protocol::Http, carried, connections, .. } => Some((carried, connections)),
            _ => None,
        })
    };
    assert_eq!((connections(false), connections(true)), (Some((11, 1)), Some((11, 11))));
}

#[test]
fn equal_round_trips_are_about_as_long() {
    let trace = run(Conditions::default());
    let answer = judgement::answer(&trace, &Timeline::of(&trace)).expect("there are enough");
    assert_eq!(answer.choice, 0);
}
