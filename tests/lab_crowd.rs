//! The lab `crowd` on the simulated network: the same script as in the browser, and what is judged from its record.

use std::collections::BTreeSet;

use duplex::analysis::judgement::crowd::{Missing, SeenBy, Trouble};
use duplex::analysis::judgement::{self, Outcome, crowd};
use duplex::analysis::{Claim, Fact, Finding, Timeline, Verdict};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{self, Direction, Kind, Message, Protocol, Span, Trace};

mod simulated;

use simulated::{record, run_lab, stop_lab};

fn settings(clients: u32) -> Settings {
    let mut settings = Settings::of(Lab::Crowd);
    settings.set("clients", &clients.to_string()).expect("it is in the range");
    settings
}

fn verdict(trace: &Trace) -> Verdict {
    judgement::judge(Claim::C15, trace, &Timeline::of(trace))
}

fn facts(findings: &[Finding]) -> Vec<crowd::Fact> {
    let own = |finding: &Finding| match &finding.fact {
        Fact::Crowd(fact) => Some(fact.clone()),
        _ => None,
    };
    findings.iter().filter_map(own).collect()
}

fn told(trace: &Trace) -> Vec<crowd::Fact> {
    facts(&judgement::what_happened(trace, &Timeline::of(trace)))
}

fn choice(trace: &Trace) -> Option<usize> {
    judgement::answer(trace, &Timeline::of(trace)).map(|answer| answer.choice)
}

fn in_part<'a>(trace: &'a Trace, name: &str) -> Vec<&'a Message> {
    let part = trace.part(name).expect("it began");
    trace.in_part(part).collect()
}

#[test]
fn twelve_clients_are_served_and_all_hear_the_broadcast() {
    let trace = run_lab(settings(12), Conditions::default());
    assert_eq!(trace.outcome, Some(trace::Outcome::Finished));
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported, "{:#?}", verdict.reasons);
    let facts = facts(&verdict.reasons);
    let heard = |fact: &crowd::Fact| matches!(fact, crowd::Fact::Heard { clients: 12, members: 12, heard: 12, .. });
    assert!(facts.iter().any(heard), "{facts:#?}");
}

#[test]
fn over_http_1_1_six_connections_carry_them_and_the_others_wait() {
    let trace = run_lab(settings(12), Conditions::default());
    let told = told(&trace);
    let connections = crowd::Fact::HttpConnections { requests: 12, connections: 6, already_open: 0 };
    assert!(told.contains(&connections), "{told:#?}");
    let under_way =
        crowd::Fact::UnderWay { requests: 12, most: 6, seen_by: SeenBy::Browser, version: Some("http/1.1".into()) };
    assert!(told.contains(&under_way), "{told:#?}");
    // The second six wait until the first are answered: TCP's handshake, there, the hold, and back.
    let waited = told.iter().find_map(|fact| match fact {
        crowd::Fact::Queued { waited: 6, longest, .. } => Some(*longest),
        _ => None,
    });
    assert!(waited.is_some_and(|longest| longest >= Span::from_millis(100)), "{told:#?}");
    assert_eq!(choice(&trace), Some(2));
}

#[test]
fn over_http_2_one_connection_carries_them_and_none_waits() {
    let trace = run_lab(settings(12), Conditions { h2: true, ..Conditions::default() });
    let told = told(&trace);
    let connections = crowd::Fact::HttpConnections { requests: 12, connections: 1, already_open: 0 };
    assert!(told.contains(&connections), "{told:#?}");
    assert!(told.contains(&crowd::Fact::NotQueued { requests: 12, version: Some("h2".into()) }), "{told:#?}");
    assert_eq!(choice(&trace), Some(3));
    assert_eq!(verdict(&trace).outcome, Outcome::Supported);
}

#[test]
fn websockets_open_one_by_one_and_are_all_open_together() {
    let trace = run_lab(settings(12), Conditions::default());
    let told = told(&trace);
    assert!(told.contains(&crowd::Fact::OpenAtOnce { sockets: 12, most: 12 }), "{told:#?}");
    let in_turn = |fact: &crowd::Fact| match fact {
        // Two round trips each, of 2 ms.
        crowd::Fact::HandshakesInTurn { sockets: 12, first, last, step, .. } => {
            step.0 >= 4_000 && last.0 >= first.0 + 11 * step.0
        }
        _ => false,
    };
    assert!(told.iter().any(in_turn), "{told:#?}");
}

#[test]
fn each_client_speaks_for_itself() {
    let trace = run_lab(settings(12), Conditions::default());
    for (part, kind) in [("http", Kind::Request), ("websocket", Kind::Handshake), ("websocket", Kind::Binary)] {
        let messages = in_part(&trace, part);
        let is_one = |message: &&&Message| message.kind == kind && message.direction == Direction::ToServer;
        let clients: BTreeSet<u32> = messages.iter().filter(is_one).map(|message| message.client).collect();
        assert_eq!(clients, (0..12).collect(), "{part} {kind:?}");
    }
    // All messages over the sockets are sent while all are open.
    let messages = in_part(&trace, "websocket");
    let last_open = messages.iter().filter(|message| message.kind == Kind::SwitchingProtocols);
    let last_open = last_open.filter_map(|message| message.received.page()).max();
    let first_said = messages.iter().filter(|message| message.kind == Kind::Binary);
    assert!(first_said.filter_map(|message| message.sent.page()).min() >= last_open);
}

#[test]
fn in_the_room_one_speaks_and_only_when_all_are_in() {
    let trace = run_lab(settings(12), Conditions::default());
    let messages = in_part(&trace, "broadcast");
    let said: Vec<_> = messages
        .iter()
        .filter(|message| message.kind == Kind::Text && message.direction == Direction::ToServer)
        .collect();
    assert_eq!(said.iter().map(|message| message.client).collect::<Vec<_>>(), [0]);
    let last_in = messages.iter().filter(|message| message.kind == Kind::SwitchingProtocols);
    assert!(said[0].sent.page() >= last_in.filter_map(|message| message.received.page()).max());
    assert!(
        trace.connections.iter().all(|connection| connection.protocol == Protocol::Http || connection.closed.is_some())
    );
}

#[test]
fn a_hundred_clients_are_served_too() {
    let trace = run_lab(settings(100), Conditions::default());
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported, "{:#?}", verdict.reasons);
    let told = told(&trace);
    assert!(told.contains(&crowd::Fact::OpenAtOnce { sockets: 100, most: 100 }), "{told:#?}");
    assert!(told.iter().any(|fact| matches!(fact, crowd::Fact::Queued { waited: 94, .. })), "{told:#?}");
}

#[test]
fn where_websockets_are_refused_it_depends() {
    let trace = run_lab(settings(12), Conditions { refuses_upgrade: true, ..Conditions::default() });
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Depends, "{:#?}", verdict.reasons);
    let refused = |fact: &crowd::Fact| {
        matches!(
            fact,
            crowd::Fact::NotServed {
                protocol: Protocol::WebSocket,
                clients: 12,
                count: 12,
                trouble: Trouble::HandshakeRefused
            }
        )
    };
    assert!(facts(&verdict.reasons).iter().any(refused), "{:#?}", verdict.reasons);
}

#[test]
fn a_server_that_dies_before_the_broadcast_reaches_nobody_with_it() {
    let trace = run_lab(settings(12), Conditions { server_dies_at: Some(2), ..Conditions::default() });
    assert_eq!(trace.outcome, Some(trace::Outcome::Finished));
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Depends, "{:#?}", verdict.reasons);
    let nobody = |fact: &crowd::Fact| matches!(fact, crowd::Fact::Heard { clients: 12, heard: 0, .. });
    assert!(facts(&verdict.reasons).iter().any(nobody), "{:#?}", verdict.reasons);
}

#[test]
fn where_nobody_gets_through_the_run_fails_with_a_reason() {
    let trace = run_lab(settings(3), Conditions { server_dies_at: Some(1), ..Conditions::default() });
    assert!(matches!(trace.outcome, Some(trace::Outcome::Failed(_))), "{:?}", trace.outcome);
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    assert_eq!(facts(&verdict.reasons)[0], crowd::Fact::Missing(Missing::Served));
}

/// How long the run took, on the page's clock, until the last thing that it wrote down.
fn lasted(trace: &Trace) -> Span {
    let failed = trace.messages.iter().filter_map(|message| Some(message.failing.as_ref()?.at));
    failed.max().expect("some failed") - trace.circumstances.origin
}

#[test]
fn where_the_server_takes_all_and_answers_none_the_rest_is_given_up_soon() {
    let trace = run_lab(settings(100), Conditions { server_stalls_at: Some(1), ..Conditions::default() });
    assert!(matches!(trace.outcome, Some(trace::Outcome::Failed(_))), "{:?}", trace.outcome);
    // Two replies and two connections are waited for, and not a hundred.
    assert!(lasted(&trace) < Span::from_millis(35_000), "{}", lasted(&trace));
    let told = told(&trace);
    for protocol in Protocol::BOTH {
        let not_served = |count, trouble| crowd::Fact::NotServed { protocol, clients: 100, count, trouble };
        assert!(told.contains(&not_served(2, Trouble::TimedOut)), "{told:#?}");
        assert!(told.contains(&not_served(98, Trouble::GivenUp)), "{told:#?}");
    }
    assert_eq!(facts(&verdict(&trace).reasons)[0], crowd::Fact::Missing(Missing::Served));
}

#[test]
fn what_stop_cuts_short_was_not_given_up() {
    // One has waited in vain by then, and the others still wait.
    let conditions = Conditions { server_stalls_at: Some(1), ..Conditions::default() };
    let trace = stop_lab(settings(12), conditions, trace::Time(10_150_000));
    let of = |trouble| crowd::Fact::NotServed { protocol: Protocol::Http, clients: 12, count: 11, trouble };
    let told = told(&trace);
    assert!(told.contains(&of(Trouble::Unfinished)) && !told.contains(&of(Trouble::GivenUp)), "{told:#?}");
}

#[test]
fn a_room_that_lets_nobody_in_is_not_waited_for_by_each() {
    let trace = run_lab(settings(100), Conditions { server_stalls_at: Some(2), ..Conditions::default() });
    assert_eq!(trace.outcome, Some(trace::Outcome::Finished));
    assert!(lasted(&trace) < Span::from_millis(40_000), "{}", lasted(&trace));
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Depends, "{:#?}", verdict.reasons);
    let nobody = |fact: &crowd::Fact| matches!(fact, crowd::Fact::Heard { clients: 100, members: 0, heard: 0, .. });
    assert!(facts(&verdict.reasons).iter().any(nobody), "{:#?}", verdict.reasons);
}

#[test]
fn one_client_is_no_crowd() {
    let verdict = verdict(&run_lab(settings(1), Conditions::default()));
    assert_eq!((verdict.outcome, facts(&verdict.reasons)), (Outcome::NotMeasured, vec![crowd::Fact::OneClient]));
}

#[test]
fn a_plain_echo_serves_them_and_what_it_does_not_tell_is_said() {
    let trace = record(settings(12), Conditions { plain: true, ..Conditions::default() }, None);
    assert_eq!(trace.outcome, Some(trace::Outcome::Finished));
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported, "{:#?}", verdict.reasons);
    let facts = facts(&verdict.reasons);
    for missing in [Missing::Hold, Missing::Rooms, Missing::Connections, Missing::HandshakeTimes] {
        assert!(facts.contains(&crowd::Fact::Missing(missing)), "{missing:?}: {facts:#?}");
    }
    let requests = in_part(&trace, "http");
    assert!(requests.iter().all(|message| message.payload == 32), "the echo is asked");
}

#[test]
fn stopping_keeps_what_there_is_and_judges_nothing() {
    let trace = record(settings(12), Conditions::default(), Some(trace::Time(120_000)));
    assert_eq!(trace.outcome, Some(trace::Outcome::Stopped));
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let asking = crowd::Fact::Missing(Missing::Asking(Protocol::Http));
    assert!(facts(&verdict.reasons).contains(&asking), "{:#?}", verdict.reasons);
    assert!(
        told(&trace).iter().any(|fact| matches!(fact, crowd::Fact::Served { served: 6, .. })),
        "{:#?}",
        told(&trace)
    );
}
