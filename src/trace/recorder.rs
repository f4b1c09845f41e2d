//! Writes events down as a network lives through them, in the words of the record.
//!
//! Every network, real or simulated, tells what happens through these methods, so that both make
//! the same record. The recorder takes times; it never reads a clock.

use std::collections::HashMap;

use super::{
    ClockFit, Closed, Closing, Connection, ConnectionId, Direction, Event, Fate, Happening, Kind, Mark, Message,
    MessageId, Moment, Outcome, PayloadCopy, Phases, Protocol, ServerTime, Time,
};
use crate::wire::{Evidence, Transcript};

/// Which turn of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number; 0 is the warm-up.
    pub number: u32,
}

impl Turn {
    /// The turn that is shown but kept out of the statistics.
    pub const WARM_UP: Self = Self { number: 0 };

    /// This is the warm-up.
    #[must_use]
    pub const fn is_warm_up(self) -> bool {
        self.number == 0
    }
}

/// What the page saw of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// When its last byte was there for the page.
    pub at: Time,
    /// For HTTP: when its head was.
    pub head: Option<Time>,
    /// Its payload.
    pub payload: &'a [u8],
    /// Bytes that our instrument added, as far as the page knows them.
    pub instrument: Option<u64>,
    /// What the server said of the exchange.
    pub evidence: Option<Evidence>,
}

/// Writes the events of a run down.
#[derive(Debug)]
pub struct Recorder {
    events: Vec<Event>,
    messages: u32,
    connections: u32,
    /// HTTP connections by the server's id; a WebSocket is known from its opening.
    by_server_id: HashMap<u64, ConnectionId>,
    /// WebSockets whose server id is known.
    identified: Vec<ConnectionId>,
    /// WebSocket messages under way, each with the length of its frame head if it goes in one frame.
    single_heads: HashMap<MessageId, u64>,
    /// How many bytes of payload copies may still be kept.
    room_for_copies: usize,
    hidden_since: Option<Time>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            messages: 0,
            connections: 0,
            by_server_id: HashMap::new(),
            identified: Vec::new(),
            single_heads: HashMap::new(),
            room_for_copies: Self::MAX_COPIES,
            hidden_since: None,
        }
    }
}

impl Recorder {
    /// How many bytes of payload copies a record keeps.
    pub const MAX_COPIES: usize = 32 * 1024 * 1024;

    /// Takes what happened since the last call.
    pub fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// An HTTP request is sent. `instrument` counts the bytes that run id and number add.
    pub fn request(&mut self, turn: Turn, at: Time, payload: &[u8], instrument: u64) -> MessageId {
        let copy = self.copy(at, payload);
        self.message(|id| Message {
            overhead: None,
            copy,
            ..sent_by_page(id, Protocol::Http, turn, Kind::Request, at, payload.len(), instrument)
        })
    }

    /// An HTTP response was read to its end.
    pub fn response(&mut self, request: MessageId, turn: Turn, status: u16, reply: &Reply<'_>) -> MessageId {
        let connection = reply.evidence.and_then(|evidence| self.http_connection(&evidence));
        self.received_by_server(request, connection, reply.evidence, 0);
        let copy = self.copy(reply.at, reply.payload);
        self.message(|id| Message {
            connection,
            head: reply.head,
            copy,
            ..reply_to_page(id, Protocol::Http, turn, Kind::Response { status }, request, reply)
        })
    }

    /// A WebSocket is being opened. `instrument` counts the bytes that run id and subprotocol add
    /// to the request.
    pub fn opening(&mut self, at: Time, instrument: u64) -> (ConnectionId, MessageId) {
        let id = self.next_connection();
        self.events.push(Event::Connection(Connection {
            id,
            protocol: Protocol::WebSocket,
            server_id: None,
            asked: Moment::Page(at),
            accepted: Moment::Unknown,
            opened: Moment::Unknown,
            already_open: false,
            closed: None,
            subprotocol: String::new(),
            extensions: String::new(),
            bytes: None,
            frames: None,
            link: None,
            emulated_handshake: None,
            tls: None,
        }));
        let message = self.message(|message| Message {
            connection: Some(id),
            ..sent_by_page(message, Protocol::WebSocket, Turn::WARM_UP, Kind::Handshake, at, 0, instrument)
        });
        (id, message)
    }

    /// The WebSocket's `open` event came: the 101 is here.
    pub fn opened(
        &mut self,
        connection: ConnectionId,
        handshake: MessageId,
        at: Time,
        subprotocol: String,
        extensions: String,
    ) {
        // `Sec-WebSocket-Protocol: <name>` CRLF in the response is there for our evidence only.
        let instrument =
            if subprotocol.is_empty() { 0 } else { "Sec-WebSocket-Protocol: \r\n".len() + subprotocol.len() };
        self.events.push(Event::Opened { connection, at: Moment::Page(at), subprotocol, extensions });
        self.events.push(Event::Received {
            message: handshake,
            at: Moment::Unknown,
            connection: None,
            further_heads: 0,
        });
        let reply = Reply { at, head: None, payload: &[], instrument: Some(instrument as u64), evidence: None };
        self.message(|id| Message {
            connection: Some(connection),
            ..reply_to_page(id, Protocol::WebSocket, Turn::WARM_UP, Kind::SwitchingProtocols, handshake, &reply)
        });
    }

    /// A WebSocket message is sent by the page; `envelope` counts its bytes before the payload.
    pub fn sent(
        &mut self,
        connection: ConnectionId,
        turn: Turn,
        kind: Kind,
        at: Time,
        payload: &[u8],
        envelope: usize,
    ) -> MessageId {
        let copy = self.copy(at, payload);
        let (overhead, instrument) = frame_bytes(payload.len(), envelope, true);
        let id = self.message(|id| Message {
            connection: Some(connection),
            overhead: Some(overhead),
            copy,
            ..sent_by_page(id, Protocol::WebSocket, turn, kind, at, payload.len(), instrument)
        });
        self.single_heads.insert(id, overhead + instrument - envelope as u64);
        id
    }

    /// A WebSocket message that answers another reached the page; `envelope` counts its bytes
    /// before the payload.
    pub fn answered(
        &mut self,
        connection: ConnectionId,
        turn: Turn,
        kind: Kind,
        request: MessageId,
        reply: &Reply<'_>,
        envelope: usize,
    ) -> MessageId {
        if let Some(evidence) = reply.evidence
            && let Some(server_id) = evidence.connection
            && !self.identified.contains(&connection)
        {
            self.identified.push(connection);
            self.events.push(Event::Identified { connection, server_id, accepted: accepted(&evidence) });
        }
        let single = self.single_heads.remove(&request);
        let counted = reply.evidence.and_then(|evidence| evidence.framing);
        let further_heads = counted.zip(single).map_or(0, |(counted, single)| counted.saturating_sub(single));
        self.received_by_server(request, None, reply.evidence, further_heads);
        let copy = self.copy(reply.at, reply.payload);
        let (overhead, instrument) = frame_bytes(reply.payload.len(), envelope, false);
        let reply = Reply { instrument: Some(instrument), ..*reply };
        self.message(|id| Message {
            connection: Some(connection),
            overhead: Some(overhead),
            copy,
            ..reply_to_page(id, Protocol::WebSocket, turn, kind, request, &reply)
        })
    }

    /// A connection ended, as the page saw it.
    pub fn closed(&mut self, connection: ConnectionId, at: Time, how: Closing) {
        self.events.push(Event::Closed { connection, closed: Closed { at: Moment::Page(at), how } });
    }

    /// Nothing will be known of this message's arrival any more.
    pub fn unanswered(&mut self, message: MessageId) {
        self.events.push(Event::Unanswered(message));
    }

    /// Resource Timing told an exchange's phases.
    pub fn phases(&mut self, message: MessageId, phases: Phases) {
        self.events.push(Event::Phases { message, phases: Box::new(phases) });
    }

    /// A server told what it saw of the run; `of` is what it carried.
    pub fn ledger(&mut self, at: Time, of: Vec<Protocol>, transcript: Transcript) {
        self.events.push(Event::Ledger { at, of, transcript: Box::new(transcript) });
    }

    /// Something happened beside the messages.
    pub fn mark(&mut self, from: Time, until: Time, what: Happening) {
        self.events.push(Event::Mark(Mark { from, until, what }));
    }

    /// The tab was hidden, or is shown again.
    pub fn visibility(&mut self, at: Time, hidden: bool) {
        match (self.hidden_since, hidden) {
            (None, true) => self.hidden_since = Some(at),
            (Some(from), false) => {
                self.hidden_since = None;
                self.mark(from, at, Happening::Hidden);
            }
            _ => {}
        }
    }

    /// The clock of a protocol's server was fitted to the page's.
    pub fn clock(&mut self, protocol: Protocol, fit: ClockFit) {
        self.events.push(Event::Clock(protocol, fit));
    }

    /// The run ended.
    pub fn end(&mut self, at: Time, outcome: Outcome) {
        self.visibility(at, false);
        self.events.push(Event::Ended(outcome));
    }

    fn message(&mut self, make: impl FnOnce(MessageId) -> Message) -> MessageId {
        let id = MessageId(self.messages);
        self.messages += 1;
        self.events.push(Event::Message(make(id)));
        id
    }

    fn next_connection(&mut self) -> ConnectionId {
        let id = ConnectionId(self.connections);
        self.connections += 1;
        id
    }

    /// The connection that evidence speaks of; `None` where a proxy is between.
    fn http_connection(&mut self, evidence: &Evidence) -> Option<ConnectionId> {
        let server_id = evidence.connection?;
        if let Some(&known) = self.by_server_id.get(&server_id) {
            return Some(known);
        }
        let id = self.next_connection();
        self.by_server_id.insert(server_id, id);
        self.events.push(Event::Connection(Connection {
            id,
            protocol: Protocol::Http,
            server_id: Some(server_id),
            asked: Moment::Unknown,
            accepted: accepted(evidence),
            opened: Moment::Unknown,
            already_open: evidence.ordinal > 1,
            closed: None,
            subprotocol: String::new(),
            extensions: String::new(),
            bytes: None,
            frames: None,
            link: None,
            emulated_handshake: None,
            tls: None,
        }));
        Some(id)
    }

    fn received_by_server(
        &mut self,
        message: MessageId,
        connection: Option<ConnectionId>,
        evidence: Option<Evidence>,
        further_heads: u64,
    ) {
        let at =
            evidence.map_or(Moment::Unknown, |evidence| Moment::Server(ServerTime(evidence.received.cast_signed())));
        self.events.push(Event::Received { message, at, connection, further_heads });
    }

    fn copy(&mut self, at: Time, payload: &[u8]) -> Option<PayloadCopy> {
        if payload.len() <= self.room_for_copies {
            self.room_for_copies -= payload.len();
            return Some(PayloadCopy(payload.to_vec()));
        }
        if self.room_for_copies > 0 {
            self.room_for_copies = 0;
            self.mark(at, at, Happening::CopiesFull);
        }
        None
    }
}

fn accepted(evidence: &Evidence) -> Moment {
    Moment::Server(ServerTime(evidence.opened.cast_signed()))
}

/// Bytes of a message in one frame beyond its payload (RFC 6455 §5.2), split into what the
/// protocol adds to the payload alone, and what our envelope adds.
fn frame_bytes(payload: usize, envelope: usize, masked: bool) -> (u64, u64) {
    let header = |length: usize| {
        let extended = match length {
            0..=125 => 0,
            126..=0xffff => 2,
            _ => 8,
        };
        2 + extended + if masked { 4 } else { 0 }
    };
    let overhead = header(payload);
    (overhead, envelope as u64 + header(payload + envelope) - overhead)
}

fn sent_by_page(
    id: MessageId,
    protocol: Protocol,
    turn: Turn,
    kind: Kind,
    at: Time,
    payload: usize,
    instrument: u64,
) -> Message {
    Message {
        id,
        protocol,
        connection: None,
        turn: turn.number,
        direction: Direction::ToServer,
        kind,
        sent: Moment::Page(at),
        received: Moment::Unknown,
        head: None,
        fate: Fate::InFlight,
        payload: payload as u64,
        overhead: None,
        instrument: Some(instrument),
        answers: None,
        warm_up: turn.is_warm_up(),
        phases: None,
        copy: None,
        alpn: None,
        raw: None,
    }
}

fn reply_to_page(
    id: MessageId,
    protocol: Protocol,
    turn: Turn,
    kind: Kind,
    request: MessageId,
    reply: &Reply<'_>,
) -> Message {
    let sent =
        reply.evidence.map_or(Moment::Unknown, |evidence| Moment::Server(ServerTime(evidence.sent.cast_signed())));
    Message {
        id,
        protocol,
        connection: None,
        turn: turn.number,
        direction: Direction::ToPage,
        kind,
        sent,
        received: Moment::Page(reply.at),
        head: None,
        fate: Fate::Delivered,
        payload: reply.payload.len() as u64,
        overhead: None,
        instrument: reply.instrument,
        answers: Some(request),
        warm_up: turn.is_warm_up(),
        phases: None,
        copy: None,
        alpn: None,
        raw: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_header_follows_the_three_length_forms() {
        assert_eq!(frame_bytes(125, 0, true), (6, 0));
        assert_eq!(frame_bytes(126, 0, false), (4, 0));
        assert_eq!(frame_bytes(65_536, 0, true), (14, 0));
    }

    #[test]
    fn what_the_envelope_adds_to_the_header_is_the_instruments() {
        assert_eq!(frame_bytes(120, 10, true), (6, 12));
    }

    #[test]
    fn copies_stop_when_the_room_is_used_up_and_that_is_told_once() {
        let mut recorder = Recorder { room_for_copies: 5, ..Recorder::default() };
        for payload in [b"1234".as_slice(), b"567", b"8"] {
            recorder.request(Turn { number: 1 }, Time(7), payload, 0);
        }
        let events = recorder.take();
        let copies =
            events.iter().filter(|event| matches!(event, Event::Message(Message { copy: Some(_), .. }))).count();
        let told = events
            .iter()
            .filter(|event| matches!(event, Event::Mark(Mark { what: Happening::CopiesFull, .. })))
            .count();
        assert_eq!((copies, told), (1, 1));
    }

    #[test]
    fn a_hidden_tab_is_marked_until_it_is_shown_or_the_run_ends() {
        let mut recorder = Recorder::default();
        recorder.visibility(Time(1), true);
        recorder.visibility(Time(2), true);
        recorder.end(Time(9), Outcome::Stopped);
        let expected = Mark { from: Time(1), until: Time(9), what: Happening::Hidden };
        assert_eq!(recorder.take().first(), Some(&Event::Mark(expected)));
    }
}
