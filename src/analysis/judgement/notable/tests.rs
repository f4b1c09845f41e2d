//! Each unusual thing on a record made by hand, and beside it what looks alike and is none.

use super::super::hand_built::{
    AHEAD, account, at_server, connection_entry, evidence, exchange_entry, phases, request, response, trace,
};
use super::*;
use crate::trace::Time;
use crate::trace::{
    Asked, Cause, Failing, Failure, Happening, Inference, Kind, Moment, Outcome, Recorder, Reply, ServerTime, Speaks,
    TlsEntry, Trace, Turn,
};
use crate::wire::{Capture, ConnectionEntry, Ending, Evidence, ExchangeEntry, Piece};

fn record(recorder: Recorder) -> Trace {
    trace("exchange", Speaks::Duplex, recorder, Outcome::Finished)
}

fn found(trace: &Trace) -> Vec<(Fact, Vec<MessageId>)> {
    let own = |finding: Finding| match finding.fact {
        crate::analysis::Fact::Notable(fact) => (fact, finding.messages),
        other => panic!("{other:?} is a lab's"),
    };
    notable(trace, &Timeline::of(trace)).into_iter().map(own).collect()
}

/// An exchange on a connection, at the page from `sent` to `received`.
fn exchange(recorder: &mut Recorder, connection: u64, ordinal: u64, sent: i64, received: i64) -> MessageId {
    let id = request(recorder, Turn::of(1), sent, "POST");
    let seen = evidence(connection, ordinal, sent + 100, received - 100);
    response(recorder, id, Turn::of(1), 200, received, Some(seen));
    id
}

fn captured(head: &str) -> Option<Capture> {
    let pieces = vec![Piece { at: 0, bytes: head.as_bytes().to_vec() }];
    Some(Capture { pieces, dropped: 0 })
}

/// What the server saw of exchange `n` of connection `n + 1`.
fn entry(n: u32, closed: Option<(i64, Ending)>, head: &str) -> ConnectionEntry {
    let exchange = ExchangeEntry { response: captured(head), ..exchange_entry(n, 0, 0) };
    let closed = closed.map(|(at, ending)| (at_server(at), ending));
    ConnectionEntry { closed, ..connection_entry(u64::from(n) + 1, 0, vec![exchange]) }
}

const KEPT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const CLOSING: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

/// Two exchanges one after another, each on a connection of its own, of which the first one ended like this.
fn two_connections(closed: Option<(i64, Ending)>, head: &str) -> (Trace, MessageId) {
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    let second = exchange(&mut recorder, 2, 1, 10_000, 12_000);
    account(&mut recorder, vec![entry(0, closed, head), entry(1, None, KEPT)]);
    (record(recorder), second)
}

#[test]
fn a_connection_that_was_open_and_idle_and_not_used_is_noticed() {
    let expected = |second| vec![(Fact::NotReused { requests: 1 }, vec![second])];
    let (trace, second) = two_connections(None, KEPT);
    assert_eq!(found(&trace), expected(second));
    // It ended a good while later.
    let (trace, second) = two_connections(Some((60_000, Ending::Client)), KEPT);
    assert_eq!(found(&trace), expected(second));
}

#[test]
fn one_that_could_not_be_used_again_is_not() {
    for (closed, head) in [
        // It ended before, or that it would was agreed on; or nobody knows whether it was.
        (Some((3_000, Ending::Server)), KEPT),
        (Some((60_000, Ending::Client)), CLOSING),
        (Some((60_000, Ending::Client)), ""),
    ] {
        let (trace, _) = two_connections(closed, head);
        assert_eq!(found(&trace), [], "{closed:?}");
    }
    // Without the server's account nobody knows.
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    exchange(&mut recorder, 2, 1, 10_000, 12_000);
    assert_eq!(found(&record(recorder)), []);
    // It was busy.
    let mut recorder = Recorder::default();
    let ids = [0, 500].map(|sent| request(&mut recorder, Turn::of(1), sent, "POST"));
    for (connection, id) in (1..).zip(ids) {
        response(&mut recorder, id, Turn::of(1), 200, 3_000, Some(evidence(connection, 1, 600, 2_900)));
    }
    account(&mut recorder, vec![entry(0, None, KEPT), entry(1, None, KEPT)]);
    assert_eq!(found(&record(recorder)), []);
}

#[test]
fn a_request_that_was_sent_again_on_a_new_connection_is_told_as_that() {
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    let second = exchange(&mut recorder, 2, 1, 10_000, 12_000);
    let mut first = entry(0, Some((60_000, Ending::Broken)), KEPT);
    first.exchanges.push(ExchangeEntry { sent: None, ordinal: 2, ..exchange_entry(1, 10_100, 0) });
    account(&mut recorder, vec![first, entry(1, None, KEPT)]);
    assert_eq!(found(&record(recorder)), [(Fact::SentAgain { requests: 1, most: 2 }, vec![second])]);
}

#[test]
fn a_connection_that_was_open_before_is_noticed() {
    let mut recorder = Recorder::default();
    let first = exchange(&mut recorder, 1, 3, 0, 2_000);
    exchange(&mut recorder, 1, 4, 10_000, 12_000);
    let expected = (Fact::OpenBefore { connections: 1, requests: 2 }, vec![first]);
    assert_eq!(found(&record(recorder)), [expected]);
}

#[test]
fn a_preflight_is_noticed() {
    let mut recorder = Recorder::default();
    let first = exchange(&mut recorder, 1, 2, 0, 4_000);
    let preflight = ExchangeEntry { method: "OPTIONS".into(), ..exchange_entry(0, 500, 600) };
    let itself = ExchangeEntry { method: "POST".into(), ordinal: 2, ..exchange_entry(0, 2_000, 2_100) };
    account(&mut recorder, vec![connection_entry(1, 0, vec![preflight, itself])]);
    let found = found(&record(recorder));
    assert!(found.contains(&(Fact::Preflight { requests: 1 }, vec![first])), "{found:#?}");
    assert!(!found.iter().any(|(fact, _)| matches!(fact, Fact::SentAgain { .. })), "{found:#?}");
}

/// Seven requests at once, of which the seventh goes when the first one is done; gives it as well.
fn seven(lab: &str, version: &str, last_begins: i64) -> (Trace, MessageId) {
    let mut recorder = Recorder::default();
    let ids: Vec<MessageId> = (0..7).map(|client| request(&mut recorder, Turn::of(1).by(client), 0, "GET")).collect();
    for (place, id) in (0i64..).zip(&ids) {
        let began = if place == 6 { last_begins } else { 1_000 };
        response(&mut recorder, *id, Turn::of(1), 200, began + 100_000, None);
        recorder.phases(*id, phases(0, began, began + 100_000, version));
    }
    (trace(lab, Speaks::Duplex, recorder, Outcome::Finished), ids[6])
}

#[test]
fn waiting_behind_six_others_is_noticed() {
    let (trace, seventh) = seven("formats", "http/1.1", 101_000);
    let expected = (Fact::BehindSix { requests: 1, longest: Span(100_000) }, vec![seventh]);
    assert_eq!(found(&trace), [expected]);
    // Over HTTP/2 they share a connection; in a crowd the lab says it; and who goes at once waited for nobody.
    let of_six = |found: Vec<(Fact, Vec<MessageId>)>| {
        found.into_iter().filter(|(fact, _)| matches!(fact, Fact::BehindSix { .. })).count()
    };
    assert_eq!(of_six(found(&seven("formats", "h2", 101_000).0)), 0);
    assert_eq!(of_six(found(&seven("crowd", "http/1.1", 101_000).0)), 0);
    assert_eq!(of_six(found(&seven("formats", "http/1.1", 1_000).0)), 0);
}

#[test]
fn another_version_of_http_is_named_and_so_is_a_disagreement_about_it() {
    let mut recorder = Recorder::default();
    let ids = ["h2", "h2", "http/1.1"].map(|version| {
        let id = exchange(&mut recorder, 1, 1, 0, 2_000);
        recorder.phases(id, phases(0, 100, 1_900, version));
        id
    });
    let [first, second, _] = ids;
    let expected = Fact::OtherVersion { version: "h2".into(), requests: 2, of: 3 };
    assert_eq!(found(&record(recorder)), [(expected, vec![first, second])]);

    let mut recorder = Recorder::default();
    let id = exchange(&mut recorder, 1, 1, 0, 2_000);
    recorder.phases(id, phases(0, 100, 1_900, "h3"));
    account(&mut recorder, vec![connection_entry(1, 0, vec![exchange_entry(0, 100, 1_900)])]);
    let differ = Fact::VersionsDiffer { requests: 1, browser: "h3".into(), server: "http/1.1".into() };
    let found = found(&record(recorder));
    assert!(found.contains(&(differ, vec![id])), "{found:#?}");
}

#[test]
fn a_resumed_session_is_noticed_among_those_that_are_not() {
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    let second = exchange(&mut recorder, 2, 1, 500, 2_500);
    let tls = |resumed| {
        let version = "TLS 1.3".into();
        Some(TlsEntry { version, resumed, established: 0, handshake_bytes: (1, 1), wire_bytes: (1, 1) })
    };
    let entries = [false, true].into_iter().zip(0..);
    let entries = entries.map(|(resumed, n)| ConnectionEntry { tls: tls(resumed), ..entry(n, None, KEPT) });
    account(&mut recorder, entries.collect());
    assert_eq!(found(&record(recorder)), [(Fact::TlsResumed { connections: 1, of: 2 }, vec![second])]);
}

#[test]
fn compression_is_noticed() {
    let compressed = |extensions: &str| {
        let mut recorder = Recorder::default();
        let (socket, handshake) = recorder.opening(Turn::WARM_UP, Time(0), 0, "ws://h/ws", 0);
        recorder.opened(socket, handshake, Turn::WARM_UP, Time(5), String::new(), extensions.into());
        recorder.sent(socket, Turn::of(1), Kind::Text, Time(6), b"hello", 0);
        (record(recorder), handshake)
    };
    let (trace, handshake) = compressed("permessage-deflate; client_max_window_bits");
    assert_eq!(found(&trace), [(Fact::Compressed { sockets: 1, messages: 1 }, vec![handshake])]);
    assert_eq!(found(&compressed("").0), []);
}

#[test]
fn samples_of_a_hidden_tab_are_counted() {
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    let second = exchange(&mut recorder, 1, 2, 10_000, 12_000);
    recorder.mark(Time(9_000), Time(11_000), Happening::Hidden);
    assert_eq!(found(&record(recorder)), [(Fact::Hidden { samples: 1 }, vec![second])]);
    let mut nothing_under_way = Recorder::default();
    exchange(&mut nothing_under_way, 1, 1, 0, 2_000);
    nothing_under_way.mark(Time(9_000), Time(11_000), Happening::Hidden);
    assert_eq!(found(&record(nothing_under_way)), []);
}

/// Thirty exchanges of 2 ms each, some of which took so many ms more, spent at the server or on the way.
fn with_delays(delays: &[i64], at_server: bool) -> Trace {
    let mut recorder = Recorder::default();
    let mut now = 0;
    for place in 0..30usize {
        let more = delays.get(place).copied().unwrap_or(0) * 1_000;
        let id = request(&mut recorder, Turn::of(1), now, "POST");
        let received = now + 2_000 + more;
        let sent = if at_server { received - 900 } else { now + 1_100 };
        response(&mut recorder, id, Turn::of(1), 200, received, Some(evidence(1, place as u64 + 1, now + 1_000, sent)));
        now = received + 1_000;
    }
    record(recorder)
}

#[test]
fn round_trips_that_cluster_at_a_delayed_acknowledgement_are_a_pattern() {
    let cluster = |delays: &[i64]| {
        let mut found = found(&with_delays(delays, false));
        let (Fact::DelayedAck { protocol, samples, of, above, .. }, messages) = found.pop()? else { return None };
        assert_eq!((protocol, of, messages.len()), (Protocol::Http, 30, samples as usize));
        Some((samples, above.0 / 1_000))
    };
    assert_eq!(cluster(&[40, 41, 39, 40]), Some((4, 40)));
    assert_eq!(cluster(&[205, 200, 198]), Some((3, 200)));
    // Too few; here and there; at another distance.
    assert_eq!(cluster(&[40, 41]), None);
    assert_eq!(cluster(&[40, 41, 39, 25, 70]), None);
    assert_eq!(cluster(&[100, 101, 99, 100]), None);
    // The server took that long itself.
    assert_eq!(found(&with_delays(&[40, 41, 39, 40], true)), []);
}

#[test]
fn clocks_that_do_not_fit_are_told() {
    let told = |jump: i64| {
        let mut recorder = Recorder::default();
        let mut ids = Vec::new();
        for place in 0..3i64 {
            let sent = place * 10_000;
            let id = request(&mut recorder, Turn::of(1), sent, "POST");
            // The server's clock is set back and forth in between.
            let off = if place == 1 { jump } else { 0 };
            let seen = Evidence {
                opened: AHEAD.cast_unsigned(),
                ..evidence(1, place as u64 + 1, sent + off + 900, sent + off + 1_000)
            };
            response(&mut recorder, id, Turn::of(1), 200, sent + 2_000, Some(seen));
            ids.push(id);
        }
        (found(&record(recorder)), ids)
    };
    let (found, ids) = told(1_000_000);
    assert_eq!(found, [(Fact::ClocksApart { protocol: Protocol::Http, samples: 3 }, ids)]);
    assert_eq!(told(0).0, []);
}

#[test]
fn what_the_record_has_no_room_for_is_counted() {
    let mut recorder = Recorder::default();
    let payload = vec![0; Recorder::MAX_COPIES];
    let asked = Asked { turn: Turn::of(1), method: "POST", payload: &payload, ..Asked::default() };
    recorder.request(&asked);
    let without = recorder.request(&Asked { payload: &[1, 2], number: 1, ..asked });
    recorder.request(&Asked { payload: &[], number: 2, ..asked });
    assert_eq!(found(&record(recorder)), [(Fact::CopiesFull { messages: 1 }, vec![without])]);

    let mut recorder = Recorder::default();
    let first = exchange(&mut recorder, 1, 1, 0, 2_000);
    let all = crate::trace::Raw::MAX as usize + 7;
    let pieces = vec![Piece { at: 0, bytes: vec![b'x'; all] }];
    let told = ExchangeEntry { request: Some(Capture { pieces, dropped: 0 }), ..exchange_entry(0, 100, 1_900) };
    account(&mut recorder, vec![connection_entry(1, 0, vec![told])]);
    assert_eq!(found(&record(recorder)), [(Fact::RawFull { left_out: 7, of: 1 }, vec![first])]);
}

#[test]
fn what_the_server_forgot_is_counted() {
    let mut recorder = Recorder::default();
    exchange(&mut recorder, 1, 1, 0, 2_000);
    let mut trace = record(recorder);
    trace.forgotten = 12;
    assert_eq!(found(&trace), [(Fact::Forgotten { exchanges: 12 }, Vec::new())]);
}

#[test]
fn in_a_plain_conversation_nothing_is_unusual() {
    let mut recorder = Recorder::default();
    let (socket, handshake) = recorder.opening(Turn::WARM_UP, Time(0), 99, "ws://h/ws", 0);
    recorder.opened(socket, handshake, Turn::WARM_UP, Time(3_000), String::new(), String::new());
    recorder.identified(socket, 9, Moment::Server(ServerTime(at_server(1_000).cast_signed())));
    let mut now = 5_000;
    for number in 0..30u32 {
        let id = exchange(&mut recorder, 1, u64::from(number) + 1, now, now + 2_000);
        recorder.phases(id, phases(now, now + 100, now + 1_900, "http/1.1"));
        let said = recorder.sent(socket, Turn::of(number), Kind::Binary, Time(now + 3_000), b"hello", 0);
        let seen = evidence(9, u64::from(number) + 1, now + 3_500, now + 3_600);
        let reply = Reply { at: Time(now + 4_000), payload: b"hello", evidence: Some(seen), ..Reply::default() };
        recorder.answered(socket, Turn::of(number), Kind::Binary, said, &reply, 0);
        // Round trips vary.
        now += 6_000 + i64::from(number % 7) * 700;
    }
    account(
        &mut recorder,
        vec![ConnectionEntry { exchanges: vec![exchange_entry(0, 5_100, 5_900)], ..entry(0, None, KEPT) }],
    );
    assert_eq!(found(&record(recorder)), []);
}

/// A request that failed like this.
fn failed(recorder: &mut Recorder, cause: Cause, inferred_from: Inference) -> MessageId {
    let id = request(recorder, Turn::of(1), 0, "POST");
    recorder.failed(id, Failing { at: Time(1_000), cause, inferred_from });
    id
}

#[test]
fn that_nobody_may_be_heard_is_told_once_with_how_often_and_a_fault_that_was_asked_for_is_not() {
    let mut recorder = Recorder::default();
    let cors = [(); 2].map(|()| failed(&mut recorder, Cause::Cors, Inference::ProbeAnswered));
    let closed = Cause::ClosedMidway { code: None, reason: String::new() };
    failed(&mut recorder, closed, Inference::ProbeAnswered);
    let waited = Cause::ReplyTimeout { after: Span(300_000) };
    let late = failed(&mut recorder, waited.clone(), Inference::Timer);
    let told = |protocol, count, cause, inferred_from| Fact::Failed { protocol, count, cause, inferred_from };
    let of_cors = (told(Protocol::Http, 2, Cause::Cors, Inference::ProbeAnswered), cors.to_vec());
    let of_time = (told(Protocol::Http, 1, waited, Inference::Timer), vec![late]);
    let mut trace = trace("formats", Speaks::Plain, recorder, Outcome::Finished);
    assert_eq!(found(&trace), [of_cors.clone(), of_time.clone()]);
    trace.circumstances.lab = "interruption".into();
    assert_eq!(found(&trace), [of_cors], "there the page gives requests up on purpose");
    trace.circumstances.lab = "exchange".into();
    let failure = Failure {
        protocol: Protocol::Http,
        turn: Some(1),
        cause: Cause::Cors,
        inferred_from: Inference::ProbeAnswered,
    };
    trace.outcome = Some(Outcome::Failed(failure));
    assert_eq!(found(&trace), [of_time], "what ended the run is told with how it ended");
}
