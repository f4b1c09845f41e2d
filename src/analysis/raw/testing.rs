//! For tests of what is read from a record: runs that are told event by event, and what a server's tap would tell of
//! them.

use crate::trace::{
    Asked, Closing, ConnectionId, Event, Failing, Happening, Kind, MessageId, Outcome, Phases, Protocol, Recorder,
    Reply, Speaks, Time, Trace, Turn, testing,
};
use crate::wire::{Capture, ConnectionEntry, Ending, Evidence, ExchangeEntry, Piece, RunId, Transcript};

const MASKING_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The request of the handshake that RFC 6455 §1.3 has as an example, on a `GET`.
pub(in crate::analysis) const UPGRADE: &[u8] = b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// The response to it.
pub(in crate::analysis) const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A frame of up to 125 bytes; `first` is its first byte.
pub(in crate::analysis) fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut bytes = vec![first, payload.len() as u8 | if masked { 0x80 } else { 0 }];
    if masked {
        bytes.extend(MASKING_KEY);
        bytes.extend(payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// A close frame.
pub(in crate::analysis) fn close_frame(code: u16, reason: &str, masked: bool) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat(), masked)
}

/// What the tap kept: each piece with its time.
pub(in crate::analysis) fn capture(pieces: &[(u64, &[u8])]) -> Option<Capture> {
    let pieces = pieces.iter().map(|&(at, bytes)| Piece { at, bytes: bytes.to_vec() });
    Some(Capture { pieces: pieces.collect(), dropped: 0 })
}

/// An exchange of that number, over HTTP/1.1 and without raw bytes.
pub(in crate::analysis) fn exchange(n: u32, ordinal: u64) -> ExchangeEntry {
    ExchangeEntry {
        ordinal,
        began: 1_000,
        received: Some(1_000),
        sent: Some(1_100),
        request_bytes: Some(100),
        response_bytes: Some(200),
        ..testing::exchange_entry(n)
    }
}

/// The exchange of a handshake, with its raw bytes, written at 1,100 µs, and those of the frames behind it.
pub(in crate::analysis) fn upgrade(n: u32, frames_in: Option<Capture>, frames_out: Option<Capture>) -> ExchangeEntry {
    ExchangeEntry {
        upgraded: true,
        method: "GET".into(),
        status: Some(101),
        request: capture(&[(1_000, UPGRADE)]),
        response: capture(&[(1_100, SWITCHING)]),
        frames_in,
        frames_out,
        ..exchange(n, 1)
    }
}

/// When the server received a request, by its own clock.
pub(in crate::analysis) const RECEIVED: u64 = 100_000_000;

/// A connection of that id.
pub(in crate::analysis) fn connection(
    id: u64,
    closed: Option<(u64, Ending)>,
    exchanges: Vec<ExchangeEntry>,
) -> ConnectionEntry {
    ConnectionEntry { opened: 900, closed, bytes_in: 100, bytes_out: 200, ..testing::connection_entry(id, exchanges) }
}

/// A run as it is told, on a clock that goes on by a millisecond with each thing that happens.
pub(in crate::analysis) struct Story {
    pub(in crate::analysis) recorder: Recorder,
    pub(in crate::analysis) trace: Trace,
    turn: u32,
}

impl Story {
    /// A run of a lab against a Duplex server that has yet to begin.
    pub(in crate::analysis) fn of(lab: &str) -> Self {
        let trace = Trace::new(testing::circumstances(lab, Speaks::Duplex));
        Self { recorder: Recorder::default(), trace, turn: 0 }
    }

    /// The same against an echo that is none of ours.
    pub(in crate::analysis) fn plain(mut self) -> Self {
        let known = &mut self.trace.circumstances;
        for endpoint in [&mut known.http, &mut known.ws] {
            (endpoint.speaks, endpoint.instance) = (Speaks::Plain, None);
        }
        self
    }

    /// The same behind a proxy.
    pub(in crate::analysis) fn proxied(mut self) -> Self {
        let known = &mut self.trace.circumstances;
        (known.http.behind_proxy, known.ws.behind_proxy) = (true, true);
        self
    }

    /// The next turn, and when it is: a millisecond after the one before.
    pub(in crate::analysis) fn next(&mut self) -> (Turn, Time) {
        self.turn += 1;
        (Turn::of(self.turn), Time(i64::from(self.turn) * 1_000))
    }

    pub(in crate::analysis) fn part(&mut self, name: &str, protocol: Option<Protocol>) {
        let (_, at) = self.next();
        self.recorder.part(name, protocol, at);
    }

    /// A request, and its number.
    pub(in crate::analysis) fn request(&mut self) -> (MessageId, u32) {
        let (turn, at) = self.next();
        let number = self.recorder.next_number();
        let asked = Asked { turn, at, number, method: "POST", path: "/echo", ..Asked::default() };
        (self.recorder.request(&asked), number)
    }

    /// Its response; the server says that it came on the connection of this id, if it tells ids.
    pub(in crate::analysis) fn response(&mut self, request: MessageId, on: Option<(Option<u64>, u64)>) -> MessageId {
        let (turn, at) = self.next();
        let evidence = on.map(|(connection, ordinal)| {
            let received = RECEIVED;
            // What carried something before was there long before the run.
            let opened = if ordinal > 1 { 900 } else { received - 100 };
            Evidence { connection, ordinal, opened, received, sent: received + 100, framing: None }
        });
        self.recorder.response(request, turn, 200, &Reply { at, evidence, ..Reply::default() })
    }

    /// A request that is answered on the connection of this id, as its request of that ordinal.
    pub(in crate::analysis) fn exchange(&mut self, connection: u64, ordinal: u64) -> MessageId {
        let (request, _) = self.request();
        self.response(request, Some((Some(connection), ordinal)));
        request
    }

    /// A request that is answered without evidence; Resource Timing says whether a new connection was made.
    pub(in crate::analysis) fn timed_exchange(&mut self, connected: bool) -> MessageId {
        let (request, _) = self.request();
        self.response(request, None);
        self.recorder.phases(request, phases(connected, "http/1.1"));
        request
    }

    /// A WebSocket is asked for; gives its connection, the handshake and its number.
    pub(in crate::analysis) fn opening(&mut self, url: &str) -> (ConnectionId, MessageId, u32) {
        let (turn, at) = self.next();
        let number = self.recorder.next_number();
        let (connection, handshake) = self.recorder.opening(turn, at, number, url, 0);
        (connection, handshake, number)
    }

    /// A WebSocket that is open; gives its connection and the handshake's number.
    pub(in crate::analysis) fn open(&mut self, url: &str) -> (ConnectionId, u32) {
        let (connection, handshake, number) = self.opening(url);
        let (turn, at) = self.next();
        self.recorder.opened(connection, handshake, turn, at, String::new(), String::new());
        (connection, number)
    }

    /// The opening of a WebSocket, or an exchange, fails.
    pub(in crate::analysis) fn fail(&mut self, message: MessageId, failing: Failing) {
        self.recorder.failed(message, failing);
    }

    /// A message of the page's.
    pub(in crate::analysis) fn send(&mut self, connection: ConnectionId, payload: &[u8]) -> MessageId {
        let (turn, at) = self.next();
        self.recorder.sent(connection, turn, Kind::Binary, at, payload, 0)
    }

    /// A message that comes back.
    pub(in crate::analysis) fn echo(&mut self, connection: ConnectionId, payload: &[u8]) -> MessageId {
        let sent = self.send(connection, payload);
        let (turn, at) = self.next();
        self.recorder.answered(connection, turn, Kind::Binary, sent, &Reply { at, payload, ..Reply::default() }, 0)
    }

    /// The script waits.
    pub(in crate::analysis) fn wait(&mut self) {
        let ((_, from), (_, until)) = (self.next(), self.next());
        self.recorder.mark(from, until, Happening::Waiting);
    }

    /// The page asks for a WebSocket to be closed.
    pub(in crate::analysis) fn ask_close(&mut self, connection: ConnectionId, code: u16, reason: &str) -> MessageId {
        let (turn, at) = self.next();
        self.recorder.close_sent(connection, turn, at, code, reason)
    }

    /// The `close` event; a clean one tells of a close frame from the server, which may answer the page's.
    pub(in crate::analysis) fn close_event(
        &mut self,
        connection: ConnectionId,
        code: u16,
        reason: &str,
        clean: bool,
        answers: Option<MessageId>,
    ) {
        let (turn, at) = self.next();
        if clean {
            self.recorder.close_received(connection, turn, at, Some(code), reason, answers);
        }
        self.recorder.closed(connection, at, Closing::CloseEvent { code, reason: reason.into(), clean });
    }

    /// What the server tells of the run when it is over.
    pub(in crate::analysis) fn account(&mut self, connections: Vec<ConnectionEntry>) {
        let (_, at) = self.next();
        let transcript = Transcript { run: RunId(1), now: 9_000, connections, dropped: 0 };
        self.recorder.ledger(at, Protocol::BOTH.to_vec(), transcript);
    }

    /// The record of the whole run.
    pub(in crate::analysis) fn finished(self) -> Trace {
        self.ended(Outcome::Finished)
    }

    /// The record of a run that ended like that.
    pub(in crate::analysis) fn ended(mut self, outcome: Outcome) -> Trace {
        let (_, at) = self.next();
        self.recorder.end(at, outcome);
        self.recorder.take().into_iter().for_each(|event: Event| self.trace.apply(event));
        self.trace
    }
}

/// What Resource Timing tells of an exchange.
pub(in crate::analysis) fn phases(connected: bool, protocol: &str) -> Phases {
    let at = Time(1_000);
    Phases {
        start: at,
        domain_lookup_start: at,
        domain_lookup_end: at,
        connect_start: at,
        secure_connection_start: None,
        connect_end: Time(if connected { 1_200 } else { 1_000 }),
        request_start: Time(1_200),
        response_start: Time(1_300),
        response_end: Time(1_400),
        protocol: protocol.into(),
    }
}
