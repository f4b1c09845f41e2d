//! Each outcome of C15, and what is said of the crowd, on records made by hand.

use super::super::hand_built::{
    account, at_server, connection_entry, evidence, exchange_entry, phases, request, response, trace,
};
use super::*;
use crate::trace::{
    Closing, ConnectionId, Failure, Inference, Kind, Moment, Outcome as Ended, Recorder, Reply, ServerTime, Speaks,
    Time, Turn,
};
use crate::wire::{RoomMessage, RoomNotice};

const HOLD: i64 = 100_000;

/// How a crowd fares.
#[derive(Clone, Copy)]
struct Fares {
    clients: u32,
    /// Connections that the requests share.
    connections: u32,
    version: &'static str,
    /// The server holds the requests, and so is asked by `GET`.
    held: bool,
    /// The browser tells phases, and the server what it saw.
    told: bool,
    /// From this client on the server answers requests with 503, and refuses handshakes.
    http_full_at: u32,
    sockets_full_at: u32,
    /// From one handshake to the next; each takes 8 ms at the server.
    apart: i64,
    /// There is a room, and so many of its members hear.
    room: Option<u32>,
    ended: fn() -> Ended,
}

const ALL_WELL: Fares = Fares {
    clients: 12,
    connections: 6,
    version: "http/1.1",
    held: true,
    told: true,
    http_full_at: 100,
    sockets_full_at: 100,
    apart: 10_000,
    room: Some(12),
    ended: || Ended::Finished,
};

/// All are asked for at 0; those on one connection follow one another if it is HTTP/1.1.
fn all_ask(recorder: &mut Recorder, fares: Fares) {
    let Fares { clients, connections, version, .. } = fares;
    let method = if fares.held { "GET" } else { "POST" };
    let asked: Vec<MessageId> =
        (0..clients).map(|client| request(recorder, Turn::of(1).by(client), 0, method)).collect();
    for (client, id) in (0u32..).zip(asked) {
        let wave = if version == "h2" { 0 } else { client / connections };
        let began = 1_000 + i64::from(wave) * HOLD;
        // Free connections are used a moment before the end of what they carried is stamped.
        let end = began + HOLD + 3;
        let status = if client >= fares.http_full_at { 503 } else { 200 };
        let connection = u64::from(client % connections) + 1;
        let told = fares.told.then(|| evidence(connection, u64::from(wave) + 1, began + 100, end - 100));
        response(recorder, id, Turn::of(1).by(client), status, end, told);
        if fares.told {
            recorder.phases(id, phases(0, began, end, version));
        }
    }
}

/// Opens a WebSocket for each client, in order; gives the connections that opened.
fn all_open(recorder: &mut Recorder, fares: Fares, turn: Turn, from: i64) -> Vec<(u32, ConnectionId)> {
    let asked: Vec<_> = (0..fares.clients)
        .map(|client| {
            let number = recorder.next_number();
            (client, number, recorder.opening(turn.by(client), Time(from), number, "ws://127.0.0.1:9000/ws", 0))
        })
        .collect();
    let (mut open, mut entries) = (Vec::new(), Vec::new());
    for (client, number, (connection, handshake)) in asked {
        let accepted = from + i64::from(client) * fares.apart;
        let at = accepted + 9_000;
        if client >= fares.sockets_full_at {
            let failing =
                Failing { at: Time(at), cause: Cause::HandshakeRefused, inferred_from: Inference::ProbeAnswered };
            recorder.failed(handshake, failing);
            continue;
        }
        recorder.opened(connection, handshake, turn.by(client), Time(at), String::new(), String::new());
        let id = 1_000 + u64::from(number);
        if fares.told {
            recorder.identified(connection, id, Moment::Server(ServerTime(at_server(accepted).cast_signed())));
            entries.push(connection_entry(
                id,
                accepted,
                vec![exchange_entry(number, accepted + 1_000, accepted + 8_000)],
            ));
        }
        open.push((client, connection));
    }
    account(recorder, entries);
    open
}

fn all_exchange(recorder: &mut Recorder, open: &[(u32, ConnectionId)], from: i64) {
    for &(client, connection) in open {
        let turn = Turn::of(1).by(client);
        let said = recorder.sent(connection, turn, Kind::Binary, Time(from), b"hello", 0);
        let reply = Reply { at: Time(from + 2_000), payload: b"hello", ..Reply::default() };
        recorder.answered(connection, turn, Kind::Binary, said, &reply, 0);
    }
}

fn all_close(recorder: &mut Recorder, open: &[(u32, ConnectionId)], at: i64) {
    for &(client, connection) in open {
        recorder.close_sent(connection, Turn::of(1).by(client), Time(at), 1000, "");
        let how = Closing::CloseEvent { code: 1000, reason: String::new(), clean: true };
        recorder.closed(connection, Time(at + 1_000), how);
    }
}

fn one_speaks(recorder: &mut Recorder, open: &[(u32, ConnectionId)], hear: u32, from: i64) {
    let Some((speaker, connection)) = open.first() else { return };
    for (members, &(client, connection)) in (1..).zip(open) {
        let told = serde_json::to_vec(&RoomNotice::Members { members }).expect("it is plain");
        recorder.pushed(connection, Turn::of(2).by(client), Kind::Text, Time(from), Moment::Unknown, &told);
    }
    recorder.sent(*connection, Turn::of(2).by(*speaker), Kind::Text, Time(from), b"hear", 0);
    let said = RoomNotice::Message(RoomMessage { number: 1, from: None, sent: 0, text: "hear".into() });
    let told = serde_json::to_vec(&said).expect("it is plain");
    for &(client, connection) in open.iter().take(hear as usize) {
        let at = Time(from + 3_000 + i64::from(client) * 100);
        recorder.pushed(connection, Turn::of(2).by(client), Kind::Text, at, Moment::Unknown, &told);
    }
}

fn record(fares: Fares) -> Trace {
    let mut recorder = Recorder::default();
    recorder.part("http", Some(Protocol::Http), Time(0));
    all_ask(&mut recorder, fares);
    recorder.part("websocket", Some(Protocol::WebSocket), Time(1_000_000));
    let open = all_open(&mut recorder, fares, Turn::of(1), 1_000_000);
    all_exchange(&mut recorder, &open, 4_000_000);
    all_close(&mut recorder, &open, 5_000_000);
    if let Some(hear) = fares.room {
        recorder.part("broadcast", Some(Protocol::WebSocket), Time(6_000_000));
        let open = all_open(&mut recorder, fares, Turn::of(2), 6_000_000);
        one_speaks(&mut recorder, &open, hear, 9_000_000);
        all_close(&mut recorder, &open, 9_900_000);
    }
    let speaks = if fares.told { Speaks::Duplex } else { Speaks::Plain };
    trace("crowd", speaks, recorder, (fares.ended)())
}

fn verdict(trace: &Trace) -> Verdict {
    judge(Claim::C15, trace, &Timeline::of(trace))
}

fn facts(findings: &[Finding]) -> Vec<Fact> {
    let own = |finding: &Finding| match &finding.fact {
        crate::analysis::Fact::Crowd(fact) => fact.clone(),
        other => panic!("{other:?} is of another lab"),
    };
    findings.iter().map(own).collect()
}

fn told(fares: Fares) -> Vec<Fact> {
    let trace = record(fares);
    facts(&what_happened(&trace, &Timeline::of(&trace)))
}

fn has(facts: &[Fact], fact: &Fact) -> bool {
    facts.contains(fact)
}

fn choice(fares: Fares) -> Option<usize> {
    let trace = record(fares);
    answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice)
}

#[test]
fn that_all_were_served_and_all_heard_supports_it() {
    let verdict = verdict(&record(ALL_WELL));
    assert_eq!(verdict.outcome, Outcome::Supported);
    let facts = facts(&verdict.reasons);
    let heard = Fact::Heard {
        clients: 12,
        members: 12,
        heard: 12,
        said: true,
        first: Some(Span(3_000)),
        spread: Some(Span(1_100)),
        resolution: Span(5),
    };
    assert!(has(&facts, &heard), "{facts:#?}");
    // The one who spoke, and each that heard.
    let finding = verdict.reasons.iter().find(|finding| finding.fact == super::super::Fact::Crowd(heard.clone()));
    assert_eq!(finding.map(|finding| finding.messages.len()), Some(13));
}

#[test]
fn that_some_were_refused_makes_it_depend() {
    let verdict_of = |fares| verdict(&record(fares));
    let http = verdict_of(Fares { http_full_at: 8, ..ALL_WELL });
    assert_eq!(http.outcome, Outcome::Depends);
    let refused = Fact::NotServed { protocol: Protocol::Http, clients: 12, count: 4, trouble: Trouble::Status(503) };
    assert!(has(&facts(&http.reasons), &refused));
    let sockets = verdict_of(Fares { sockets_full_at: 5, room: Some(5), ..ALL_WELL });
    assert_eq!(sockets.outcome, Outcome::Depends);
    let refused =
        Fact::NotServed { protocol: Protocol::WebSocket, clients: 12, count: 7, trouble: Trouble::HandshakeRefused };
    assert!(has(&facts(&sockets.reasons), &refused));
    assert_eq!(verdict_of(Fares { room: Some(11), ..ALL_WELL }).outcome, Outcome::Depends);
    // One protocol alone serves many.
    let one_way = Fares { sockets_full_at: 0, room: Some(0), ..ALL_WELL };
    assert_eq!(verdict_of(one_way).outcome, Outcome::Depends);
}

#[test]
fn that_only_one_gets_through_refutes_it() {
    let verdict = verdict(&record(Fares { http_full_at: 1, sockets_full_at: 1, room: Some(1), ..ALL_WELL }));
    assert_eq!(verdict.outcome, Outcome::Refuted);
    let served = |protocol| move |fact: &Fact| matches!(fact, Fact::Served { protocol: of, clients: 12, served: 1, .. } if *of == protocol);
    let facts = facts(&verdict.reasons);
    assert!(Protocol::BOTH.into_iter().all(|protocol| facts.iter().any(served(protocol))), "{facts:#?}");
}

#[test]
fn one_client_and_a_server_that_serves_nobody_show_nothing() {
    let alone = verdict(&record(Fares { clients: 1, room: Some(1), ..ALL_WELL }));
    assert_eq!((alone.outcome, facts(&alone.reasons)), (Outcome::NotMeasured, vec![Fact::OneClient]));
    let nobody = verdict(&record(Fares { http_full_at: 0, sockets_full_at: 0, room: None, ..ALL_WELL }));
    assert_eq!(nobody.outcome, Outcome::NotMeasured);
    let facts = facts(&nobody.reasons);
    assert_eq!(facts[0], Fact::Missing(Missing::Served));
    assert!(facts.iter().any(|fact| matches!(fact, Fact::NotServed { trouble: Trouble::Status(503), .. })));
}

#[test]
fn a_run_that_was_stopped_says_what_it_did_not_come_to() {
    let mut recorder = Recorder::default();
    recorder.part("http", Some(Protocol::Http), Time(0));
    all_ask(&mut recorder, ALL_WELL);
    let stopped = trace("crowd", Speaks::Duplex, recorder, Ended::Stopped);
    let verdict_then = verdict(&stopped);
    assert_eq!(verdict_then.outcome, Outcome::NotMeasured);
    assert_eq!(facts(&verdict_then.reasons), [Fact::Missing(Missing::Asking(Protocol::WebSocket))]);
    let before_the_broadcast = record(Fares { room: None, ended: || Ended::Stopped, ..ALL_WELL });
    let verdict_then = verdict(&before_the_broadcast);
    assert_eq!(facts(&verdict_then.reasons), [Fact::Missing(Missing::Broadcast)]);
    let mut unfinished = Recorder::default();
    unfinished.part("http", Some(Protocol::Http), Time(0));
    request(&mut unfinished, Turn::of(1), 0, "GET");
    let unfinished = trace("crowd", Speaks::Duplex, unfinished, Ended::Stopped);
    assert_eq!(facts(&verdict(&unfinished).reasons)[0], Fact::Missing(Missing::Asking(Protocol::Http)));
}

#[test]
fn other_claims_are_not_this_labs() {
    let trace = record(ALL_WELL);
    assert_eq!(judge(Claim::C1, &trace, &Timeline::of(&trace)).outcome, Outcome::NotMeasured);
}

#[test]
fn six_connections_make_the_other_requests_wait() {
    let facts = told(ALL_WELL);
    assert!(has(&facts, &Fact::HttpConnections { requests: 12, connections: 6, already_open: 0 }), "{facts:#?}");
    // In the second wave, from the call until the first wave is done.
    assert!(has(&facts, &Fact::Queued { requests: 12, waited: 6, longest: Span(101_000) }), "{facts:#?}");
    let under_way =
        Fact::UnderWay { requests: 12, most: 6, seen_by: SeenBy::Browser, version: Some("http/1.1".into()) };
    assert!(has(&facts, &under_way), "{facts:#?}");
    assert_eq!(choice(ALL_WELL), Some(2));
}

#[test]
fn over_one_connection_of_http_2_none_waits() {
    let h2 = Fares { connections: 1, version: "h2", ..ALL_WELL };
    let facts = told(h2);
    assert!(has(&facts, &Fact::NotQueued { requests: 12, version: Some("h2".into()) }), "{facts:#?}");
    assert!(facts.iter().any(|fact| matches!(fact, Fact::UnderWay { most: 12, .. })), "{facts:#?}");
    assert_eq!(choice(h2), Some(3));
}

#[test]
fn one_and_a_few_connections_are_other_answers() {
    assert_eq!(choice(Fares { connections: 1, ..ALL_WELL }), Some(0));
    assert_eq!(choice(Fares { connections: 3, ..ALL_WELL }), Some(1));
    assert_eq!(choice(Fares { clients: 1, ..ALL_WELL }), None);
}

#[test]
fn without_resource_timing_the_servers_times_tell_how_many_were_there() {
    let mut trace = record(ALL_WELL);
    trace.messages.iter_mut().for_each(|message| message.phases = None);
    let timeline = Timeline::of(&trace);
    let facts = facts(&what_happened(&trace, &timeline));
    let under_way = Fact::UnderWay { requests: 12, most: 6, seen_by: SeenBy::Server, version: None };
    assert!(has(&facts, &under_way), "{facts:#?}");
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Queued { .. } | Fact::NotQueued { .. })), "{facts:#?}");
    assert_eq!(answer(&trace, &timeline).map(|answer| answer.choice), Some(2));
    // Fewer at the server may yet be more on the way.
    let mut few = record(Fares { connections: 3, ..ALL_WELL });
    few.messages.iter_mut().for_each(|message| message.phases = None);
    assert_eq!(answer(&few, &Timeline::of(&few)), None);
}

#[test]
fn handshakes_that_do_not_overlap_at_the_server_went_one_by_one() {
    let in_turn = Fact::HandshakesInTurn {
        sockets: 12,
        first: Span(9_000),
        last: Span(119_000),
        step: Span(10_000),
        resolution: Span(5),
    };
    let facts = told(ALL_WELL);
    assert!(has(&facts, &in_turn), "{facts:#?}");
    assert!(has(&facts, &Fact::OpenAtOnce { sockets: 12, most: 12 }), "{facts:#?}");
    // Each takes 8 ms at the server; the next comes after 3.
    let facts = told(Fares { apart: 3_000, ..ALL_WELL });
    assert!(has(&facts, &Fact::HandshakesAtOnce { sockets: 12, most: 3 }), "{facts:#?}");
}

#[test]
fn against_a_plain_echo_it_is_said_what_is_missing_and_the_rest_is_shown() {
    let plain = Fares { told: false, held: false, room: None, ..ALL_WELL };
    let trace = record(plain);
    let verdict = verdict(&trace);
    assert_eq!(verdict.outcome, Outcome::Supported);
    let facts = facts(&verdict.reasons);
    for missing in [Missing::Hold, Missing::Rooms, Missing::Connections, Missing::UnderWay, Missing::HandshakeTimes] {
        assert!(has(&facts, &Fact::Missing(missing)), "{missing:?}: {facts:#?}");
    }
    let from_here =
        Fact::HandshakesFromHere { sockets: 12, first: Span(9_000), last: Span(119_000), resolution: Span(5) };
    assert!(has(&facts, &from_here), "{facts:#?}");
    assert_eq!(choice(plain), None);
}

#[test]
fn a_socket_that_opened_and_said_nothing_is_told_by_how_that_looked() {
    let trouble = |end: fn(&mut Recorder, ConnectionId)| {
        let mut recorder = Recorder::default();
        recorder.part("websocket", Some(Protocol::WebSocket), Time(0));
        let open = all_open(&mut recorder, Fares { clients: 1, ..ALL_WELL }, Turn::of(1), 0);
        recorder.sent(open[0].1, Turn::of(1), Kind::Binary, Time(10_000), b"hello", 0);
        end(&mut recorder, open[0].1);
        let trace = trace("crowd", Speaks::Duplex, recorder, Ended::Finished);
        let crowd = Crowd::of(&trace);
        crowd.troubles(Protocol::WebSocket).into_keys().next()
    };
    assert_eq!(trouble(|_, _| {}), Some(Trouble::Unfinished));
    assert_eq!(trouble(|recorder, id| recorder.closed(id, Time(0), Closing::GivenUp)), Some(Trouble::Unfinished));
    let lost = |recorder: &mut Recorder, id| {
        recorder.closed(id, Time(0), Closing::CloseEvent { code: 1006, reason: String::new(), clean: false });
    };
    assert_eq!(trouble(lost), Some(Trouble::Closed));
    assert_eq!(trouble(|recorder, id| all_close(recorder, &[(0, id)], 20_000)), Some(Trouble::TimedOut));
}

#[test]
fn a_failed_run_is_not_measured() {
    let failed = || {
        let (cause, inferred_from) = (Cause::NoAnswer, Inference::ProbeFailed);
        Ended::Failed(Failure { protocol: Protocol::Http, turn: Some(1), cause, inferred_from })
    };
    assert_eq!(verdict(&record(Fares { ended: failed, ..ALL_WELL })).outcome, Outcome::NotMeasured);
}
