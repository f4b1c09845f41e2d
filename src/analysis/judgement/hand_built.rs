//! Records for tests, written down by hand: what happened is told to a recorder, moment by moment.

use crate::trace::{Asked, MessageId, Outcome, Phases, Protocol, Recorder, Reply, Speaks, Time, Trace, Turn, testing};
use crate::wire::{ConnectionEntry, Evidence, ExchangeEntry, RunId, Transcript};

/// What the server's clock shows more than the page's, in µs.
pub(super) const AHEAD: i64 = 5_000_000;

/// The record of what was told, on a clock that tells 5 µs.
pub(super) fn trace(lab: &str, speaks: Speaks, mut recorder: Recorder, outcome: Outcome) -> Trace {
    recorder.end(Time(0), outcome);
    testing::told(testing::circumstances(lab, speaks), &mut recorder)
}

/// A page's time on the server's clock.
pub(super) fn at_server(at: i64) -> u64 {
    (at + AHEAD).cast_unsigned()
}

/// What the server says of an exchange on a connection, with times of the page's clock.
pub(super) fn evidence(connection: u64, ordinal: u64, received: i64, sent: i64) -> Evidence {
    // What carried something before was there before the run.
    let opened = at_server(if ordinal > 1 { -1_000_000 } else { received.min(0) });
    let (received, sent) = (at_server(received), at_server(sent));
    Evidence { connection: Some(connection), ordinal, opened, received, sent, framing: None }
}

/// The phases of an exchange that was called at `start`, went out at `request_start` on a connection that was there, and
/// had been answered at `end`.
pub(super) fn phases(start: i64, request_start: i64, end: i64, protocol: &str) -> Phases {
    Phases {
        start: Time(start),
        domain_lookup_start: Time(start),
        domain_lookup_end: Time(start),
        connect_start: Time(start),
        secure_connection_start: None,
        connect_end: Time(start),
        request_start: Time(request_start),
        response_start: Time(end),
        response_end: Time(end),
        protocol: protocol.into(),
    }
}

/// A request with 32 bytes, sent at a time.
pub(super) fn request(recorder: &mut Recorder, turn: Turn, at: i64, method: &str) -> MessageId {
    let number = recorder.next_number();
    let payload: &[u8] = if method == "POST" { &[7; 32] } else { &[] };
    let at = Time(at);
    recorder.request(&Asked { turn, at, number, method, path: "/echo", payload, ..Asked::default() })
}

/// A whole response with 32 bytes.
pub(super) fn response(
    recorder: &mut Recorder,
    request: MessageId,
    turn: Turn,
    status: u16,
    at: i64,
    evidence: Option<Evidence>,
) -> MessageId {
    let reply = Reply { at: Time(at), head: Some(Time(at)), payload: &[7; 32], evidence, ..Reply::default() };
    recorder.response(request, turn, status, &reply)
}

/// A server's account of connections.
pub(super) fn account(recorder: &mut Recorder, connections: Vec<ConnectionEntry>) {
    let transcript = Transcript { run: RunId(1), now: 0, connections, dropped: 0 };
    recorder.ledger(Time(0), Protocol::BOTH.into(), transcript);
}

/// A connection that was accepted at a time of the page's clock and is open.
pub(super) fn connection_entry(id: u64, opened: i64, exchanges: Vec<ExchangeEntry>) -> ConnectionEntry {
    ConnectionEntry { opened: at_server(opened), ..testing::connection_entry(id, exchanges) }
}

/// An exchange that was received and answered at these times of the page's clock.
pub(super) fn exchange_entry(n: u32, received: i64, sent: i64) -> ExchangeEntry {
    ExchangeEntry {
        began: at_server(received),
        received: Some(at_server(received)),
        sent: Some(at_server(sent)),
        method: "GET".into(),
        ..testing::exchange_entry(n)
    }
}
