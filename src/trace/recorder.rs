//! Writes events down as a network lives through them, in the words of the record.
//!
//! Every network, real or simulated, tells what happens through these methods, so that both make
//! the same record. The recorder takes times; it never reads a clock.

use std::collections::HashMap;

use super::entry::{accepted, frame_bytes, reply_to_page, sent_by_page, unknown_connection};
use super::{
    Asked, ClockFit, Closed, Closing, Connection, ConnectionId, Event, Failing, Fate, Happening, Kind, Mark, Message,
    MessageId, Moment, Outcome, Part, PartId, PayloadCopy, Phases, Protocol, Reply, ServerTime, Target, Time, Turn,
};
use crate::wire::{Evidence, Transcript};

/// Writes the events of a run down.
#[derive(Debug)]
pub struct Recorder {
    events: Vec<Event>,
    messages: u32,
    connections: u32,
    numbers: u32,
    parts: u16,
    /// HTTP connections by the server's id; a WebSocket is known from its opening.
    by_server_id: HashMap<u64, ConnectionId>,
    /// WebSockets whose server id is known.
    identified: Vec<ConnectionId>,
    /// WebSocket messages under way, each with the length of its frame head if it goes in one frame.
    single_heads: HashMap<MessageId, u64>,
    /// Close frames that the page asked for, of WebSockets that have not ended.
    closing: HashMap<ConnectionId, MessageId>,
    /// How many bytes of payload copies may still be kept; `None` once one could not be.
    room_for_copies: Option<usize>,
    hidden_since: Option<Time>,
    /// When the first request was sent, or the first WebSocket asked for.
    began: Option<Time>,
    /// The run began no earlier than this on the server's clock.
    began_at_server: Option<ServerTime>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            messages: 0,
            connections: 0,
            numbers: 0,
            parts: 0,
            by_server_id: HashMap::new(),
            identified: Vec::new(),
            single_heads: HashMap::new(),
            closing: HashMap::new(),
            room_for_copies: Some(Self::MAX_COPIES),
            hidden_since: None,
            began: None,
            began_at_server: None,
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

    /// A number for an exchange, unique in the run.
    pub fn next_number(&mut self) -> u32 {
        let number = self.numbers;
        self.numbers += 1;
        number
    }

    /// A part of the script begins.
    pub fn part(&mut self, name: &str, protocol: Option<Protocol>, from: Time) {
        self.parts += 1;
        self.events.push(Event::Part(Part { name: name.into(), protocol, from }));
    }

    /// An HTTP request is sent.
    pub fn request(&mut self, asked: &Asked<'_>) -> MessageId {
        let Asked { turn, at, payload, instrument, .. } = *asked;
        self.began.get_or_insert(at);
        let copy = self.copy(at, payload);
        self.message(|id| Message {
            number: Some(asked.number),
            target: Some(Box::new(Target { method: asked.method.into(), path: asked.path.into() })),
            retries: asked.retries,
            copy,
            ..sent_by_page(id, Protocol::Http, turn, Kind::Request, at, payload.len(), instrument)
        })
    }

    /// An HTTP response was read to its end.
    pub fn response(&mut self, request: MessageId, turn: Turn, status: u16, reply: &Reply<'_>) -> MessageId {
        self.response_of(request, turn, status, reply, Fate::Delivered)
    }

    /// An HTTP response began, and broke off: what came of its body is the reply's payload.
    pub fn broken_response(&mut self, request: MessageId, turn: Turn, status: u16, reply: &Reply<'_>) -> MessageId {
        self.response_of(request, turn, status, reply, Fate::Broken)
    }

    fn response_of(&mut self, request: MessageId, turn: Turn, status: u16, reply: &Reply<'_>, fate: Fate) -> MessageId {
        if let Some((evidence, began)) = reply.evidence.zip(self.began) {
            // What the server had received by then was sent after the beginning.
            let bound = ServerTime(evidence.received.cast_signed() - (reply.head.unwrap_or(reply.at) - began).0);
            self.began_at_server = self.began_at_server.max(Some(bound));
        }
        let connection = reply.evidence.and_then(|evidence| self.http_connection(&evidence, turn.client));
        self.received_by_server(request, connection, reply.evidence, 0);
        let copy = self.copy(reply.at, reply.payload);
        self.message(|id| Message {
            connection,
            head: reply.head,
            media_type: reply.media_type.map(Into::into),
            pieces: reply.pieces.to_vec(),
            fate,
            copy,
            ..reply_to_page(id, Protocol::Http, turn, Kind::Response { status }, request, reply)
        })
    }

    /// The head of a response that goes on is there, with what the server said of it: the request has
    /// arrived.
    pub fn streaming(&mut self, request: MessageId, turn: Turn, evidence: Option<Evidence>) {
        let connection = evidence.and_then(|evidence| self.http_connection(&evidence, turn.client));
        self.received_by_server(request, connection, evidence, 0);
    }

    /// A server-sent event reached the page, within the response to that request. `sent` is when the server
    /// says that it published it.
    pub fn event(&mut self, request: MessageId, turn: Turn, at: Time, sent: Moment, payload: &[u8]) -> MessageId {
        let copy = self.copy(at, payload);
        let reply = Reply { at, payload, ..Reply::default() };
        self.message(|id| Message {
            sent,
            copy,
            ..reply_to_page(id, Protocol::Http, turn, Kind::Event, request, &reply)
        })
    }

    /// An exchange, or the opening of a WebSocket, failed.
    pub fn failed(&mut self, message: MessageId, failing: Failing) {
        self.events.push(Event::Failed { message, failing: Box::new(failing) });
    }

    /// A WebSocket is being opened. `number` is the handshake's in its URL; `url` is without what the
    /// instrument adds, and `instrument` counts the bytes that run id, number and subprotocol add to the
    /// request.
    pub fn opening(
        &mut self,
        turn: Turn,
        at: Time,
        number: u32,
        url: &str,
        instrument: u64,
    ) -> (ConnectionId, MessageId) {
        let id = self.next_connection();
        self.began.get_or_insert(at);
        self.events.push(Event::Connection(Connection {
            asked: Moment::Page(at),
            url: url.into(),
            client: turn.client,
            ..unknown_connection(id, Protocol::WebSocket)
        }));
        let message = self.message(|message| Message {
            connection: Some(id),
            number: Some(number),
            ..sent_by_page(message, Protocol::WebSocket, turn, Kind::Handshake, at, 0, instrument)
        });
        (id, message)
    }

    /// The WebSocket's `open` event came: the 101 is here.
    pub fn opened(
        &mut self,
        connection: ConnectionId,
        handshake: MessageId,
        turn: Turn,
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
        let reply = Reply { at, instrument: Some(instrument as u64), ..Reply::default() };
        self.message(|id| Message {
            connection: Some(connection),
            ..reply_to_page(id, Protocol::WebSocket, turn, Kind::SwitchingProtocols, handshake, &reply)
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
        {
            self.identified(connection, server_id, accepted(&evidence));
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

    /// A WebSocket message reached the page that answers none: the server spoke first. `sent` is when the
    /// server says that it sent it.
    pub fn pushed(
        &mut self,
        connection: ConnectionId,
        turn: Turn,
        kind: Kind,
        at: Time,
        sent: Moment,
        payload: &[u8],
    ) -> MessageId {
        let copy = self.copy(at, payload);
        let (overhead, _) = frame_bytes(payload.len(), 0, false);
        let reply = Reply { at, payload, instrument: Some(0), ..Reply::default() };
        self.message(|id| Message {
            connection: Some(connection),
            sent,
            overhead: Some(overhead),
            copy,
            answers: None,
            ..reply_to_page(id, Protocol::WebSocket, turn, kind, id, &reply)
        })
    }

    /// The server's id of a WebSocket became known; further tellings of it change nothing.
    pub fn identified(&mut self, connection: ConnectionId, server_id: u64, accepted: Moment) {
        if !self.identified.contains(&connection) {
            self.identified.push(connection);
            self.events.push(Event::Identified { connection, server_id, accepted });
        }
    }

    /// The page asked for a WebSocket to be closed: its browser sends a close frame with that code.
    pub fn close_sent(&mut self, connection: ConnectionId, turn: Turn, at: Time, code: u16, reason: &str) -> MessageId {
        let copy = self.copy(at, reason.as_bytes());
        let length = 2 + reason.len();
        let id = self.message(|id| Message {
            connection: Some(connection),
            overhead: Some(frame_bytes(length, 0, true).0 + 2),
            copy,
            ..sent_by_page(id, Protocol::WebSocket, turn, Kind::Close { code: Some(code) }, at, reason.len(), 0)
        });
        self.closing.insert(connection, id);
        id
    }

    /// A WebSocket's `close` event told of a close frame from the server; `answers` is the one that the page
    /// asked for before, if it did.
    pub fn close_received(
        &mut self,
        connection: ConnectionId,
        turn: Turn,
        at: Time,
        code: Option<u16>,
        reason: &str,
        answers: Option<MessageId>,
    ) -> MessageId {
        if let Some(asked) = answers {
            self.closing.remove(&connection);
            self.received_by_server(asked, None, None, 0);
        }
        let copy = self.copy(at, reason.as_bytes());
        let length = if code.is_some() { 2 + reason.len() } else { 0 };
        let reply = Reply { at, payload: reason.as_bytes(), instrument: Some(0), ..Reply::default() };
        self.message(|id| Message {
            connection: Some(connection),
            overhead: Some(frame_bytes(length, 0, false).0 + (length - reason.len().min(length)) as u64),
            copy,
            answers,
            ..reply_to_page(id, Protocol::WebSocket, turn, Kind::Close { code }, id, &reply)
        })
    }

    /// A connection ended, as the page saw it. A close frame of the page's that was not answered until then will not be.
    pub fn closed(&mut self, connection: ConnectionId, at: Time, how: Closing) {
        if let Some(asked) = self.closing.remove(&connection) {
            self.unanswered(asked);
        }
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
        let part = self.parts.checked_sub(1).map(PartId);
        self.events.push(Event::Message(Message { part, ..make(id) }));
        id
    }

    fn next_connection(&mut self) -> ConnectionId {
        let id = ConnectionId(self.connections);
        self.connections += 1;
        id
    }

    /// The connection that evidence speaks of; `None` where a proxy is between.
    fn http_connection(&mut self, evidence: &Evidence, client: u32) -> Option<ConnectionId> {
        let server_id = evidence.connection?;
        if let Some(&known) = self.by_server_id.get(&server_id) {
            return Some(known);
        }
        let id = self.next_connection();
        self.by_server_id.insert(server_id, id);
        self.events.push(Event::Connection(Connection {
            server_id: Some(server_id),
            client,
            accepted: accepted(evidence),
            already_open: self.began_at_server.is_some_and(|began| ServerTime(evidence.opened.cast_signed()) < began),
            ..unknown_connection(id, Protocol::Http)
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
        if payload.is_empty() {
            return Some(PayloadCopy::default());
        }
        let room = self.room_for_copies?;
        if payload.len() <= room {
            self.room_for_copies = Some(room - payload.len());
            return Some(PayloadCopy(payload.to_vec()));
        }
        self.room_for_copies = None;
        self.mark(at, at, Happening::CopiesFull);
        None
    }
}

#[cfg(test)]
mod tests;
