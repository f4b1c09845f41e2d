//! Each outcome of C16, and what is said of the conversation, on records made by hand.

use super::super::hand_built::{evidence, request, response, trace};
use super::*;
use crate::trace::{Asked, Closing, Kind, Moment, Outcome as Ended, Recorder, Reply, Speaks, Time, Turn};

/// How the conversation goes: times in µs, bytes of heads both ways.
#[derive(Clone, Copy)]
struct Talk {
    turns: u32,
    http: i64,
    web_socket: i64,
    connecting: i64,
    opening: i64,
    /// Of an exchange over HTTP, and of the handshake; `None` where nobody counted.
    exchange_bytes: Option<u64>,
    handshake_bytes: u64,
    close: bool,
    already_open: bool,
    resolution: i64,
}

const USUAL: Talk = Talk {
    turns: 10,
    http: 2_050,
    web_socket: 1_500,
    connecting: 2_000,
    opening: 4_000,
    exchange_bytes: Some(430),
    handshake_bytes: 600,
    close: false,
    already_open: false,
    resolution: 5,
};
/// A WebSocket that costs next to nothing, beside HTTP that costs much in time.
const SLOW_HTTP: Talk = Talk { http: 50_000, web_socket: 1_000, opening: 3_000, ..USUAL };
/// The same in bytes.
const FAT_HTTP: Talk = Talk { exchange_bytes: Some(2_000), handshake_bytes: 100, ..USUAL };

fn record(talk: Talk) -> Trace {
    let told = talk.exchange_bytes.is_some();
    let mut recorder = Recorder::default();
    let mut now = 0;
    let (socket, handshake) = recorder.opening(Turn::WARM_UP, Time(now), 1_000, "ws://127.0.0.1:9000/ws", 90);
    now += talk.opening;
    recorder.opened(socket, handshake, Turn::WARM_UP, Time(now), String::new(), String::new());
    for number in 0..=talk.turns {
        let turn = Turn::of(number);
        // Warming up takes longer.
        let slow = if number == 0 { 700 } else { 0 };
        let id = request(&mut recorder, turn, now, "POST");
        now += talk.http + slow;
        let (connection, ordinal) = if talk.close {
            (u64::from(number) + 1, 1)
        } else {
            (1, u64::from(number + u32::from(talk.already_open)) + 1)
        };
        let seen = told.then(|| evidence(connection, ordinal, now - 800, now - 700));
        response(&mut recorder, id, turn, 200, now, seen);
        let id = recorder.sent(socket, turn, Kind::Binary, Time(now), &[7; 32], 8);
        now += talk.web_socket + slow;
        let reply = Reply { at: Time(now), payload: &[7; 32], ..Reply::default() };
        recorder.answered(socket, turn, Kind::Binary, id, &reply, 90);
    }
    let how = Closing::CloseEvent { code: 1000, reason: String::new(), clean: true };
    recorder.closed(socket, Time(now), how);
    let speaks = if told { Speaks::Duplex } else { Speaks::Plain };
    let mut trace = trace("exchange", speaks, recorder, Ended::Finished);
    trace.circumstances.resolution = Span(talk.resolution);
    let connection = if talk.close { "close" } else { "keep-alive" };
    trace.circumstances.parameters = vec![("connection".into(), connection.into())];
    with_bytes(&mut trace, talk);
    trace
}

/// As a server's account and Resource Timing would have it.
fn with_bytes(trace: &mut Trace, talk: Talk) {
    for message in &mut trace.messages {
        let all = if message.kind.is_opening() { Some(talk.handshake_bytes) } else { talk.exchange_bytes };
        if message.protocol == Protocol::Http || message.kind.is_opening() {
            message.overhead = talk.exchange_bytes.and(all).map(|all| all / 2);
            message.instrument = Some(1_000);
        }
    }
    let connections = trace.connections.iter_mut().filter(|connection| connection.protocol == Protocol::Http);
    for connection in connections.filter(|_| !talk.already_open) {
        (connection.asked, connection.opened) = (Moment::Page(Time(0)), Moment::Page(Time(talk.connecting)));
    }
}

fn verdict(trace: &Trace) -> Verdict {
    judge(Claim::C16, trace, &Timeline::of(trace))
}

fn facts(findings: &[Finding]) -> Vec<Fact> {
    let own = |finding: &Finding| match &finding.fact {
        crate::analysis::Fact::Exchange(fact) => fact.clone(),
        other => panic!("{other:?} is of another lab"),
    };
    findings.iter().map(own).collect()
}

fn told(trace: &Trace) -> Vec<Fact> {
    facts(&what_happened(trace, &Timeline::of(trace)))
}

#[test]
fn that_situations_get_different_advice_supports_it() {
    let verdict = verdict(&record(USUAL));
    assert_eq!(verdict.outcome, Outcome::Supported);
    let facts = facts(&verdict.reasons);
    // 600 + 8n is less than 430n from 2 on.
    let bytes = Fact::PaidBack { measure: Measure::Bytes, than: Way::KeepAlive, since: Crossing::From(2), payload: 32 };
    assert!(facts.contains(&bytes), "{facts:#?}");
    // 4000 + 1500n is less than 2000 + 2050n from 4 on.
    let time = Fact::PaidBack { measure: Measure::Time, than: Way::KeepAlive, since: Crossing::From(4), payload: 32 };
    assert!(facts.contains(&time), "{facts:#?}");
    let advised = |case: Case| {
        let is_it = |fact: &&Fact| matches!(fact, Fact::Advice { case: of, .. } if *of == case);
        let Some(Fact::Advice { by_bytes: Some(advised), .. }) = facts.iter().find(is_it) else { panic!("{case:?}") };
        advised.way
    };
    assert_eq!((advised(Case::Weather), advised(Case::Chat)), (Way::KeepAlive, Way::WebSocket));
}

#[test]
fn that_one_way_is_best_throughout_refutes_it() {
    let trace = record(Talk { exchange_bytes: FAT_HTTP.exchange_bytes, handshake_bytes: 100, ..SLOW_HTTP });
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Refuted, "{:#?}", verdict.reasons);
    let facts = facts(&verdict.reasons);
    for measure in [Measure::Bytes, Measure::Time] {
        assert!(facts.contains(&Fact::OneForAll { measure, way: Way::WebSocket }), "{facts:#?}");
    }
}

#[test]
fn that_bytes_and_time_disagree_makes_it_depend() {
    for talk in [SLOW_HTTP, FAT_HTTP] {
        let verdict = verdict(&record(talk));
        assert_eq!(verdict.outcome, Outcome::Depends, "{:#?}", verdict.reasons);
    }
}

#[test]
fn too_few_round_trips_are_no_measurement() {
    let trace = record(Talk { turns: 4, ..USUAL });
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    assert_eq!(facts(&verdict.reasons), [Fact::TooFew { http: 4, web_socket: 4, needed: 5 }]);
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None);
    assert!(!told(&trace).iter().any(|fact| matches!(fact, Fact::PaidBack { .. })));
}

#[test]
fn by_time_alone_it_can_be_supported_and_not_refuted() {
    let not_counted = |talk| {
        let mut trace = record(talk);
        trace.messages.iter_mut().filter(|message| message.protocol == Protocol::Http).for_each(|message| {
            message.overhead = None;
        });
        trace
    };
    let not_told = Fact::NotComparable { measure: Measure::Bytes, why: Missing::NotTold, silent: Vec::new() };
    for (talk, outcome) in [(USUAL, Outcome::Supported), (SLOW_HTTP, Outcome::NotMeasured)] {
        let verdict = verdict(&not_counted(talk));
        assert_eq!(verdict.outcome, outcome);
        assert!(facts(&verdict.reasons).contains(&not_told), "{:#?}", verdict.reasons);
    }
}

#[test]
fn a_plain_echo_leaves_bytes_and_connecting_unknown_and_that_is_said() {
    let verdict = verdict(&record(Talk { exchange_bytes: None, ..USUAL }));
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let missing = [Measure::Bytes, Measure::Time].map(|measure| Fact::NotComparable {
        measure,
        why: Missing::Plain,
        silent: Protocol::BOTH.map(|protocol| (protocol, Silence::Plain)).to_vec(),
    });
    assert_eq!(facts(&verdict.reasons), missing);
}

#[test]
fn the_end_that_tells_no_bytes_is_named() {
    let silent = |change: fn(&mut Trace)| {
        let mut trace = record(Talk { exchange_bytes: None, ..USUAL });
        trace.circumstances.http.speaks = Speaks::Duplex;
        trace.circumstances.ws.speaks = Speaks::Duplex;
        change(&mut trace);
        let reasons = verdict(&trace).reasons;
        let silent = facts(&reasons).into_iter().find_map(|fact| match fact {
            Fact::NotComparable { measure: Measure::Bytes, silent, .. } => Some(silent),
            _ => None,
        });
        silent.expect("bytes are not known")
    };
    assert_eq!(silent(|_| {}), []);
    assert_eq!(silent(|trace| trace.circumstances.http.speaks = Speaks::Plain), [(Protocol::Http, Silence::Plain)]);
    assert_eq!(
        silent(|trace| trace.circumstances.ws.behind_proxy = true),
        [(Protocol::WebSocket, Silence::BehindProxy)]
    );
}

#[test]
fn a_connection_that_was_open_leaves_the_time_of_opening_to_be_derived_or_missing() {
    // The same server: what the WebSocket's opening took, less an exchange.
    assert_eq!(verdict(&record(Talk { already_open: true, ..USUAL })).outcome, Outcome::Supported);
    let mut trace = record(Talk { already_open: true, ..USUAL });
    trace.circumstances.ws.url = "ws://elsewhere/ws".into();
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported);
    let missing = Fact::NotComparable { measure: Measure::Time, why: Missing::AlreadyOpen, silent: Vec::new() };
    assert!(facts(&verdict.reasons).contains(&missing), "{:#?}", verdict.reasons);
}

#[test]
fn other_claims_are_not_this_labs() {
    let trace = record(USUAL);
    assert_eq!(judge(Claim::C12, &trace, &Timeline::of(&trace)).outcome, Outcome::NotMeasured);
}

#[test]
fn what_happened_is_told_with_the_runs_figures_and_without_the_instrument() {
    let told = told(&record(USUAL));
    let connections =
        |protocol| Fact::Connections { protocol, carried: 11, connections: 1, already_open: 0, asked_to_close: false };
    let overhead = |protocol, to_server, to_page, counted, instrument| Fact::Overhead {
        protocol,
        to_server,
        to_page,
        counted,
        instrument,
    };
    let resolution = Span(5);
    let expected = [
        connections(Protocol::Http),
        connections(Protocol::WebSocket),
        Fact::BothWays { exchanges: 10, to_server: 320, to_page: 320 },
        Fact::RoundTrips { http: Span(2_050), web_socket: Span(1_500), samples: (10, 10), resolution },
        overhead(Protocol::Http, 215, 215, true, 2_000),
        overhead(Protocol::WebSocket, 6, 2, false, 98),
        Fact::Opening {
            web_socket: Span(4_000),
            http: HttpOpening::Took(Span(2_000)),
            handshake: Some(600),
            resolution,
        },
        Fact::WarmUp { http: Span(2_750), web_socket: Span(2_200), resolution },
    ];
    for fact in expected {
        assert!(told.contains(&fact), "{fact:?} is not among {told:#?}");
    }
}

#[test]
fn a_run_that_closes_is_compared_with_what_it_did() {
    let told = told(&record(Talk { close: true, ..USUAL }));
    let connections = Fact::Connections {
        protocol: Protocol::Http,
        carried: 11,
        connections: 11,
        already_open: 0,
        asked_to_close: true,
    };
    assert!(told.contains(&connections), "{told:#?}");
    assert!(told.iter().any(|fact| matches!(fact, Fact::PaidBack { than: Way::Close, .. })), "{told:#?}");
}

#[test]
fn against_a_plain_echo_what_is_not_known_is_said() {
    let told = told(&record(Talk { exchange_bytes: None, ..USUAL }));
    assert!(told.contains(&Fact::ConnectionsNotTold { carried: 11 }), "{told:#?}");
    assert!(told.contains(&Fact::NoOverhead { protocol: Protocol::Http, why: Missing::Plain }), "{told:#?}");
    assert!(told.iter().any(|fact| matches!(fact, Fact::RoundTrips { .. })), "{told:#?}");
}

#[test]
fn what_the_clock_cannot_tell_apart_pays_nothing_back() {
    let trace = record(Talk { http: 1_510, web_socket: 1_500, ..USUAL });
    assert!(told(&trace).contains(&Fact::TooClose { resolution: Span(5) }));
}

#[test]
fn the_answer_is_the_ratio_of_the_medians_as_far_as_the_clock_tells_it() {
    let choice = |http, web_socket, resolution| {
        let trace = record(Talk { http, web_socket, resolution, ..USUAL });
        answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice)
    };
    let choices = [1_000, 1_050, 1_500, 3_000, 9_000, 500].map(|http| choice(http, 1_000, 5));
    assert_eq!(choices, [Some(0), Some(0), Some(1), Some(2), Some(3), Some(4)]);
    // 3 ms to 1 ms, each give or take 1 ms: anything from as long to five times and more.
    assert_eq!(choice(3_000, 1_000, 1_000), None);
    assert_eq!(choice(90_000, 10_000, 1_000), Some(3));
}

#[test]
fn what_is_no_echo_is_named() {
    let is_named = |answer: &[u8]| {
        let mut recorder = Recorder::default();
        let asked = Asked { turn: Turn::of(1), method: "POST", payload: b"hello", ..Asked::default() };
        let id = recorder.request(&asked);
        recorder.response(id, Turn::of(1), 200, &Reply { at: Time(1_000), payload: answer, ..Reply::default() });
        let trace = trace("exchange", Speaks::Plain, recorder, Ended::Finished);
        let found = what_happened(&trace, &Timeline::of(&trace));
        let named = super::super::Fact::Exchange(Fact::NotEchoed { exchanges: 1, of: 1 });
        found.into_iter().any(|finding| finding.fact == named)
    };
    assert!(is_named(b"{\"method\":\"POST\"}"));
    assert!(is_named(b"hellO"), "as long, and another");
    assert!(!is_named(b"hello"));
}
