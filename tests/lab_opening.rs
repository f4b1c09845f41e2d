//! The lab `opening` on the simulated network: the same script as in the browser, and both ways each of its claims
//! can come out.

use duplex::analysis::judgement::opening::requests::{Fact as OfRequests, Untold, Way};
use duplex::analysis::judgement::opening::schemes::Fact as OfAddress;
use duplex::analysis::judgement::opening::switching::Fact as OfSwitching;
use duplex::analysis::judgement::opening::websocket::Fact as OfWebSocket;
use duplex::analysis::judgement::opening::{self, Fact as Own};
use duplex::analysis::judgement::{Outcome, answer, judge, what_happened};
use duplex::analysis::raw::{self, Missing};
use duplex::analysis::{Claim, Fact, Timeline};
use duplex::format;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Cause, Kind, Outcome as Ended, Span, Time, Trace};

mod simulated;

use simulated::{record, run_lab};

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::of(Lab::Opening);
    for (name, value) in pairs {
        assert_eq!(settings.set(name, value), Ok(true), "{name}");
    }
    settings
}

fn verdict(claim: Claim, trace: &Trace) -> (Outcome, Vec<Own>) {
    let verdict = judge(claim, trace, &Timeline::of(trace));
    let reasons = verdict.reasons.into_iter().map(|finding| match finding.fact {
        Fact::Opening(fact) => fact,
        other => panic!("a fact of another lab: {other:?}"),
    });
    (verdict.outcome, reasons.collect())
}

fn outcomes(trace: &Trace) -> [Outcome; 4] {
    [Claim::C3, Claim::C4, Claim::C5, Claim::C13].map(|claim| verdict(claim, trace).0)
}

fn choice(trace: &Trace) -> Option<usize> {
    answer(trace, &Timeline::of(trace)).map(|answer| answer.choice)
}

fn carried(way: Way, requests: u32, connections: u32, already_open: u32, ended_by_server: u32) -> Own {
    Own::Requests(OfRequests::Carried { way, requests, connections, already_open, ended_by_server })
}

#[test]
fn a_whole_run_shows_what_depends_and_what_is_right() {
    let trace = run_lab(settings(&[]), Conditions::default());
    assert_eq!(trace.outcome, Some(Ended::Finished));
    assert_eq!(outcomes(&trace), [Outcome::Depends, Outcome::Supported, Outcome::Supported, Outcome::Supported]);
    assert_eq!(
        verdict(Claim::C3, &trace).1[1..],
        [
            carried(Way::Close, 10, 10, 0, 10),
            carried(Way::KeepAlive, 10, 1, 0, 0),
            // The one of before, and what the browser's limit of six leaves.
            carried(Way::Parallel, 6, 6, 1, 0),
        ]
    );
    assert_eq!(choice(&trace), Some(1));
    let names: Vec<&str> = trace.parts.iter().map(|part| &*part.name).collect();
    assert_eq!(names, ["close", "keep-alive", "parallel", "websocket", "schemes"]);
    let told = what_happened(&trace, &Timeline::of(&trace));
    assert!(told.iter().all(|finding| finding.messages.iter().all(|id| trace.message(*id).is_some())));
    assert_eq!(format::read(&format::write(&trace).expect("it is written")), Ok(trace));
}

#[test]
fn close_alone_supports_c3_and_keep_alive_alone_refutes_it() {
    for (way, outcome) in [("close", Outcome::Supported), ("keep-alive", Outcome::Refuted)] {
        let trace = run_lab(settings(&[("connection", way), ("parallel", "0")]), Conditions::default());
        assert_eq!(verdict(Claim::C3, &trace).0, outcome, "{way}");
        assert_eq!(choice(&trace), None);
        assert!(trace.part("parallel").is_none());
    }
}

#[test]
fn a_connection_that_the_browser_had_before_is_marked() {
    let trace = run_lab(settings(&[]), Conditions { preconnected: true, ..Conditions::default() });
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[1], carried(Way::Close, 10, 10, 1, 10));
}

#[test]
fn over_http2_one_connection_carries_all_and_close_cannot_be_asked_for() {
    let trace = run_lab(settings(&[]), Conditions { h2: true, ..Conditions::default() });
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Refuted);
    let multiplexed = |way, requests| Own::Requests(OfRequests::Multiplexed { way, requests, connections: Some(1) });
    assert_eq!(
        reasons[1..],
        [multiplexed(Way::Close, 10), multiplexed(Way::KeepAlive, 10), multiplexed(Way::Parallel, 6)]
    );
    assert_eq!(choice(&trace), Some(2));
    // A WebSocket still has a connection of its own there, with HTTP/1.1 and its 101.
    assert_eq!(outcomes(&trace)[1..], [Outcome::Supported; 3]);
}

#[test]
fn the_handshake_is_proven_and_the_first_frame_comes_on_the_same_connection() {
    let trace = run_lab(settings(&[("idle", "2500")]), Conditions::default());
    let (outcome, reasons) = verdict(Claim::C4, &trace);
    assert_eq!(outcome, Outcome::Supported);
    let [Own::WebSocket(OfWebSocket::Proven { accept, .. }), _, one, still_open] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    let handshake = trace.messages.iter().find(|message| message.kind == Kind::Handshake).expect("a handshake");
    let raw = raw::handshake(&trace, handshake).expect("both sides of it");
    assert_eq!(Some(accept), raw.expected_accept.as_ref());
    assert!(
        matches!(one, Own::WebSocket(OfWebSocket::OneConnection { messages: 12, server_id: Some(_), found: Some(12) })),
        "{one:?}"
    );
    assert_eq!(still_open, &Own::WebSocket(OfWebSocket::StillOpen { idle: Span(2_500_000), after: 3 }));
    let (_, reasons) = verdict(Claim::C5, &trace);
    let [Own::Switching(OfSwitching::StatusLine { status: 101, .. }), Own::Switching(first)] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(matches!(first, OfSwitching::FirstFrame { from_page: true, after, .. } if after.0 > 0), "{first:?}");
}

#[test]
fn a_connection_that_ends_while_it_is_idle_makes_c4_depend() {
    // Turns: 10 and 10 and 6 requests, the handshake, and three messages before.
    let conditions = Conditions { server_dies_at: Some(31), ..Conditions::default() };
    let trace = record(settings(&[]), conditions, None);
    let (outcome, reasons) = verdict(Claim::C4, &trace);
    assert_eq!(outcome, Outcome::Depends);
    let early = reasons.last().expect("a reason");
    assert!(
        matches!(early, Own::WebSocket(OfWebSocket::ClosedEarly { code: Some(1006), idle: true, .. })),
        "{early:?}"
    );
    let conditions = Conditions { server_stalls_at: Some(31), ..Conditions::default() };
    let (outcome, reasons) = verdict(Claim::C4, &record(settings(&[]), conditions, None));
    assert_eq!(outcome, Outcome::Depends);
    let silent = Own::WebSocket(OfWebSocket::SilentAfterIdle { idle: Span(1_000_000) });
    assert_eq!(reasons.last(), Some(&silent));
}

#[test]
fn a_run_that_is_stopped_in_the_idle_time_leaves_c4_open() {
    let whole = run_lab(settings(&[("idle", "5000")]), Conditions::default());
    let part = whole.part("websocket").expect("it was run");
    let stop = whole.parts[usize::from(part.0)].from + Span(1_000_000);
    let trace = record(settings(&[("idle", "5000")]), Conditions::default(), Some(stop));
    assert_eq!(trace.outcome, Some(Ended::Stopped));
    let (outcome, reasons) = verdict(Claim::C4, &trace);
    assert_eq!(outcome, Outcome::NotMeasured);
    assert_eq!(reasons.last(), Some(&Own::WebSocket(OfWebSocket::NotIdle)));
}

#[test]
fn somebody_elses_echo_shows_that_the_websocket_stays_open_and_says_what_is_missing() {
    let trace = run_lab(settings(&[]), Conditions { plain: true, ..Conditions::default() });
    assert_eq!(trace.outcome, Some(Ended::Finished));
    let expected = [Outcome::NotMeasured, Outcome::Supported, Outcome::NotMeasured, Outcome::Supported];
    assert_eq!(outcomes(&trace), expected);
    let (_, reasons) = verdict(Claim::C3, &trace);
    let [impossible, untold, ..] = &reasons[..] else { panic!("{reasons:?}") };
    assert_eq!(impossible, &Own::Requests(OfRequests::NotTried { way: Way::Close, impossible: true }));
    let why = Untold::Plain;
    assert_eq!(untold, &Own::Requests(OfRequests::NotTold { way: Way::KeepAlive, requests: 10, why }));
    let unseen = Own::Switching(OfSwitching::StatusUnseen { why: Missing::Plain });
    assert_eq!(verdict(Claim::C5, &trace).1, [unseen]);
}

#[test]
fn behind_a_proxy_connections_are_not_counted() {
    let trace = run_lab(settings(&[]), Conditions { behind_proxy: true, ..Conditions::default() });
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::NotMeasured);
    let why = Untold::BehindProxy;
    let untold = Own::Requests(OfRequests::NotTold { way: Way::Close, requests: 10, why });
    assert_eq!(reasons[0], untold);
    assert_eq!(choice(&trace), None);
    let unseen = Own::Switching(OfSwitching::StatusUnseen { why: Missing::BehindProxy });
    assert_eq!(verdict(Claim::C5, &trace), (Outcome::NotMeasured, vec![unseen]));
}

#[test]
fn a_page_that_came_by_https_opens_wss_and_is_refused_ws_elsewhere() {
    let trace = run_lab(settings(&[]), Conditions { secure_page: true, ..Conditions::default() });
    let (outcome, reasons) = verdict(Claim::C13, &trace);
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(
        reasons,
        [
            Own::Address(OfAddress::Opened { scheme: "wss".into() }),
            Own::Address(OfAddress::MixedContentRefused { url: "ws://duplex.invalid/".into(), at_once: true }),
            Own::Address(OfAddress::Refused { scheme: "ftp".into(), at_once: true }),
        ]
    );
    let refused = trace.messages.iter().filter(|message| message.was_refused());
    assert!(refused.clone().all(|message| message.arrivals.is_none()), "they are in nobody's account");
    assert_eq!(refused.count(), 2);
}

#[test]
fn a_page_that_came_by_http_says_that_wss_was_not_measured() {
    let trace = run_lab(settings(&[]), Conditions::default());
    let (_, reasons) = verdict(Claim::C13, &trace);
    let missing = [OfAddress::SecureNotMeasured, OfAddress::MixedContentNotMeasured].map(Own::Address);
    assert_eq!(reasons[2..], missing);
}

#[test]
fn where_the_upgrade_is_refused_the_requests_are_counted_all_the_same() {
    let trace = run_lab(settings(&[]), Conditions { refuses_upgrade: true, ..Conditions::default() });
    assert_eq!(trace.outcome, Some(Ended::Finished));
    let expected = [Outcome::Depends, Outcome::NotMeasured, Outcome::NotMeasured, Outcome::NotMeasured];
    assert_eq!(outcomes(&trace), expected);
    let refused = Own::WebSocket(OfWebSocket::NotOpened { cause: Cause::HandshakeRefused });
    assert_eq!(verdict(Claim::C4, &trace).1, [refused]);
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_what_was_measured() {
    // In the second part: the first was whole, and of the second three requests were answered.
    let conditions = Conditions { server_dies_at: Some(14), ..Conditions::default() };
    let trace = record(settings(&[]), conditions, None);
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Depends);
    let broke_off = OfRequests::BrokeOff { way: Way::KeepAlive, answered: 3, cause: Cause::Vanished };
    assert_eq!(
        reasons[1..4],
        [carried(Way::Close, 10, 10, 0, 0), Own::Requests(broke_off), carried(Way::KeepAlive, 3, 1, 0, 0),]
    );
}

#[test]
fn where_nobody_answers_the_run_fails() {
    let conditions = Conditions { server_dies_at: Some(1), ..Conditions::default() };
    let trace = record(settings(&[]), conditions, None);
    let Some(Ended::Failed(failure)) = &trace.outcome else { panic!("{:?}", trace.outcome) };
    assert_eq!(failure.cause, Cause::NoAnswer);
    assert_eq!(outcomes(&trace), [Outcome::NotMeasured; 4]);
    let _: &opening::Fact = &verdict(Claim::C3, &trace).1[0];
    assert!(trace.messages.iter().all(|message| message.sent.page().is_some_and(|at| at >= Time(0))));
}
