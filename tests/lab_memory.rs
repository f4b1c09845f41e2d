//! The lab `memory` on the simulated network: the same script as in the browser, and what is judged of it.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::Timeline;
use duplex::analysis::judgement::memory::{Fact, Held, Stretch, Why, part};
use duplex::analysis::judgement::{Claim, Fact as AnyFact, Outcome as Judged, Verdict, answer, judge};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Kind, Outcome, Protocol, Trace};

mod simulated;

use simulated::run_lab;

fn settings(steps: u32) -> Settings {
    let mut settings = Settings::of(Lab::Memory);
    assert_eq!(settings.set("steps", &steps.to_string()), Ok(true));
    settings
}

fn verdict(trace: &Trace, claim: Claim) -> Verdict {
    judge(claim, trace, &Timeline::of(trace))
}

fn facts(verdict: &Verdict) -> Vec<&Fact> {
    let facts = verdict.reasons.iter().filter_map(|finding| match &finding.fact {
        AnyFact::Memory(fact) => Some(fact),
        _ => None,
    });
    facts.collect()
}

fn held(counter: u64, things: u64) -> Held {
    Held { counter, things }
}

#[test]
fn both_claims_are_supported_with_evidence() {
    let trace = run_lab(settings(3), Conditions::default());
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    for claim in [Claim::C10, Claim::C11] {
        let verdict = verdict(&trace, claim);
        assert_eq!(verdict.outcome, Judged::Supported, "{verdict:#?}");
        assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()), "{verdict:#?}");
    }
}

#[test]
fn http_remembers_nothing_even_on_one_connection_unless_the_client_carries_it() {
    let trace = run_lab(settings(3), Conditions::default());
    let verdict = verdict(&trace, Claim::C10);
    let facts = facts(&verdict);
    // Three commands and a look of two clients.
    let nothing = Fact::NothingCarried { requests: 8, connections: Some(1), on_one: Some(8) };
    assert!(facts.contains(&&nothing), "{facts:#?}");
    assert!(facts.contains(&&Fact::WentOn { clients: vec![0, 1], held: held(2, 1) }), "{facts:#?}");
    assert!(facts.contains(&&Fact::OldToken { old: held(1, 0), newest: held(2, 1) }), "{facts:#?}");
    let Some(Fact::Carried { requests, least, most, all }) =
        facts.iter().find(|fact| matches!(fact, Fact::Carried { .. }))
    else {
        panic!("{facts:#?}")
    };
    // All but the two first commands, and the three looks with older and newer tokens.
    assert_eq!(*requests, 9);
    assert!(*least > 0 && least <= most && *all >= u64::from(*requests) * least, "{facts:#?}");
}

#[test]
fn a_websocket_remembers_until_it_ends() {
    let trace = run_lab(settings(3), Conditions::default());
    let verdict = verdict(&trace, Claim::C11);
    let expected = [
        Fact::Remembered { clients: vec![0, 1], answers: 3, held: held(2, 1) },
        Fact::NewConnection { before: held(2, 1), after: held(0, 0) },
    ];
    assert_eq!(facts(&verdict), expected.iter().collect::<Vec<_>>());
    let answer = answer(&trace, &Timeline::of(&trace)).expect("the run came that far");
    assert_eq!(answer.choice, 0);
}

#[test]
fn one_step_and_twenty_are_enough() {
    for steps in [1, 20] {
        let trace = run_lab(settings(steps), Conditions::default());
        assert_eq!(trace.outcome, Some(Outcome::Finished), "{steps}");
        for claim in [Claim::C10, Claim::C11] {
            let verdict = verdict(&trace, claim);
            assert_eq!(verdict.outcome, Judged::Supported, "{steps}: {verdict:#?}");
        }
    }
}

#[test]
fn what_is_asked_for_needs_no_permission_first() {
    let trace = run_lab(settings(3), Conditions { cross_origin: true, ..Conditions::default() });
    assert!(!trace.messages.iter().any(|message| message.preflight));
    assert_eq!(verdict(&trace, Claim::C10).outcome, Judged::Supported);
}

#[test]
fn each_client_has_its_own_socket_and_all_are_closed() {
    let trace = run_lab(settings(2), Conditions::default());
    let sockets = trace.connections.iter().filter(|connection| connection.protocol == Protocol::WebSocket);
    let clients: Vec<_> = sockets.map(|socket| (socket.client, socket.closed.is_some())).collect();
    assert_eq!(clients, [(0, true), (1, true), (0, true)]);
    let part = trace.part(part::CONNECTION).expect("it is a part");
    assert_eq!(trace.in_part(part).filter(|message| message.kind == Kind::Text).count(), 12);
}

#[test]
fn a_plain_echo_has_nothing_to_remember() {
    let trace = run_lab(settings(3), Conditions { plain: true, ..Conditions::default() });
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    assert!(trace.messages.is_empty(), "nothing is asked that nobody can answer");
    for claim in [Claim::C10, Claim::C11] {
        let verdict = verdict(&trace, claim);
        assert_eq!(verdict.outcome, Judged::NotMeasured);
        assert!(facts(&verdict).iter().all(|fact| matches!(fact, Fact::Missing { why: Why::NotOffered, .. })));
    }
}

#[test]
fn what_one_protocol_cannot_do_does_not_keep_the_other_from_it() {
    let trace = run_lab(settings(3), Conditions { refuses_upgrade: true, ..Conditions::default() });
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    assert_eq!(verdict(&trace, Claim::C10).outcome, Judged::Supported);
    let refused = verdict(&trace, Claim::C11);
    assert_eq!(refused.outcome, Judged::NotMeasured);
    let missing =
        [Stretch::Connection, Stretch::NewConnection].map(|what| Fact::Missing { what, why: Why::NothingCame });
    assert_eq!(facts(&refused), missing.iter().collect::<Vec<_>>());
}

#[test]
fn behind_a_proxy_nothing_is_said_of_connections() {
    let trace = run_lab(settings(3), Conditions { behind_proxy: true, ..Conditions::default() });
    let verdict = verdict(&trace, Claim::C10);
    assert_eq!(verdict.outcome, Judged::Supported, "{verdict:#?}");
    let nothing = Fact::NothingCarried { requests: 8, connections: None, on_one: None };
    assert!(facts(&verdict).contains(&&nothing), "{verdict:#?}");
}

#[test]
fn a_server_that_dies_ends_the_run_with_a_true_account() {
    let trace = run_lab(settings(3), Conditions { server_dies_at: Some(2), ..Conditions::default() });
    let Some(Outcome::Failed(_)) = &trace.outcome else { panic!("{:?}", trace.outcome) };
    for claim in [Claim::C10, Claim::C11] {
        assert_eq!(verdict(&trace, claim).outcome, Judged::NotMeasured);
    }
}
