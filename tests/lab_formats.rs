//! The lab `formats` on the simulated network: each way that its claims can come out there.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::judgement::formats::{Fact, Format, Missing, Over};
use duplex::analysis::judgement::{self, Claim};
use duplex::analysis::{Fact as AnyFact, Finding, Timeline, VerdictOutcome};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Outcome, Trace};

mod simulated;

use simulated::run_lab;

fn run(conditions: Conditions) -> Trace {
    let trace = run_lab(Settings::of(Lab::Formats), conditions);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    trace
}

fn facts(findings: Vec<Finding>) -> Vec<Fact> {
    let fact = |finding: Finding| match finding.fact {
        AnyFact::Formats(fact) => Some(fact),
        _ => None,
    };
    findings.into_iter().filter_map(fact).collect()
}

fn happened(trace: &Trace) -> Vec<Fact> {
    facts(judgement::what_happened(trace, &Timeline::of(trace)))
}

fn judged(trace: &Trace, claim: Claim) -> VerdictOutcome {
    judgement::judge(claim, trace, &Timeline::of(trace)).outcome
}

#[test]
fn at_a_duplex_server_both_claims_depend_and_each_step_is_told() {
    let trace = run(Conditions::default());
    assert_eq!([Claim::C6, Claim::C7].map(|claim| judged(&trace, claim)), [VerdictOutcome::Depends; 2]);
    let facts = happened(&trace);
    for (over, count) in [(Over::Http, 6), (Over::Text, 4), (Over::Binary, 6)] {
        let formats = Format::ALL[..count].to_vec();
        let is_told = |fact: &Fact| matches!(fact, Fact::Intact { over: it, formats: told, .. } if *it == over && *told == formats);
        assert!(facts.iter().any(is_told), "{over:?}: {facts:?}");
    }
    assert!(facts.contains(&Fact::MediaTypes { kept: 6, of: 6, asked: true }));
    assert!(facts.contains(&Fact::NoMediaType { messages: 10 }));
    assert!(facts.contains(&Fact::OnlyBinary { formats: vec![Format::Image, Format::Bytes] }));
    assert!(
        facts.contains(&Fact::BadTextEnded { code: 1006, clean: false, browser_sent: Some(1002), tapped: true }),
        "{facts:?}"
    );
    assert!(facts.iter().any(|fact| matches!(fact, Fact::BadTextOverHttp { .. })));
    let answer = judgement::answer(&trace, &Timeline::of(&trace)).expect("it was measured");
    assert_eq!(answer.choice, 3);
}

#[test]
fn only_a_page_of_another_origin_asks_before_it_sends_json() {
    let told = |cross_origin| happened(&run(Conditions { cross_origin, ..Conditions::default() }));
    let same = told(false);
    let Some(Fact::NoPreflight { took, without }) = same.iter().find(|fact| matches!(fact, Fact::NoPreflight { .. }))
    else {
        panic!("{same:?}")
    };
    assert_eq!(Some(*took), *without);
    let other = told(true);
    let Some(Fact::Preflight { took, without: Some(without) }) =
        other.iter().find(|fact| matches!(fact, Fact::Preflight { .. }))
    else {
        panic!("{other:?}")
    };
    assert!(took > without, "{took} with a preflight, {without} without");
}

#[test]
fn over_http2_and_tls_it_comes_out_the_same() {
    let trace = run(Conditions { h2: true, secure_page: true, ..Conditions::default() });
    assert_eq!([Claim::C6, Claim::C7].map(|claim| judged(&trace, claim)), [VerdictOutcome::Depends; 2]);
}

#[test]
fn behind_a_proxy_only_the_pages_view_of_bad_text_is_told() {
    let facts = happened(&run(Conditions { behind_proxy: true, ..Conditions::default() }));
    assert!(
        facts.contains(&Fact::BadTextEnded { code: 1006, clean: false, browser_sent: None, tapped: false }),
        "{facts:?}"
    );
}

#[test]
fn at_a_plain_echo_http_is_judged_and_what_is_missing_for_websocket_is_said() {
    let trace = run(Conditions { plain: true, ..Conditions::default() });
    assert_eq!(judged(&trace, Claim::C6), VerdictOutcome::Depends);
    assert_eq!(judged(&trace, Claim::C7), VerdictOutcome::NotMeasured);
    let facts = happened(&trace);
    assert!(facts.contains(&Fact::Missing(Missing::BadText)));
    let untold = |fact: &Fact| matches!(fact, Fact::MediaTypes { asked: false, of: 6, .. });
    assert!(facts.iter().any(untold), "it does not know the query in which it is asked: {facts:?}");
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::BadTextOverHttp { .. } | Fact::BadTextEnded { .. })));
}

#[test]
fn without_websocket_http_is_judged_alone() {
    let trace = run(Conditions { refuses_upgrade: true, ..Conditions::default() });
    assert_eq!(judged(&trace, Claim::C6), VerdictOutcome::Depends);
    assert_eq!(judged(&trace, Claim::C7), VerdictOutcome::NotMeasured);
    assert!(happened(&trace).contains(&Fact::Missing(Missing::WebSocket)));
}

#[test]
fn with_nobody_there_the_lab_cannot_go_on() {
    let trace = run_lab(Settings::of(Lab::Formats), Conditions { server_dies_at: Some(0), ..Conditions::default() });
    assert!(matches!(trace.outcome, Some(Outcome::Failed(_))), "{:?}", trace.outcome);
    assert_eq!(judged(&trace, Claim::C6), VerdictOutcome::NotMeasured);
}
