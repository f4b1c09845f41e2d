//! An open WebSocket as a page has it: messages go and come independently of one another, and a close event ends
//! it. What the browser does by itself is done here: it answers a close and a ping, fails what breaks the protocol
//! (with 1002, as Chromium does), and waits for the closing handshake for two seconds.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::World;
use super::bytes::{close_payload, close_said};
use super::connection::{Connection, Down, Stream};
use super::server::websocket::{BINARY, CLOSE, PING, PONG, TEXT};
use crate::network::bell::Bell;
use crate::network::{Incoming, Opening, Payload, Service, Socket};
use crate::trace::{
    Cause, Closing, ConnectionId, Failure, Inference, Kind, MessageId, Moment, Protocol, Reply, ServerTime, Span, Time,
    Turn,
};
use crate::wire::{Envelope, MemoryAnswer, NewsItem, RoomMessage};

/// How long Chromium waits for the closing handshake, and then for the end of the connection.
const CLOSE_TIME: Span = Span::from_millis(2_000);
/// RFC 6455 §7.4.1: Chromium gives this code to whatever breaks the protocol.
const PROTOCOL_ERROR: u16 = 1002;
/// Bytes of the longest reason (RFC 6455 §5.5: 125 less the code).
const LONGEST_REASON: usize = 123;

/// A WebSocket of the simulated network.
pub struct SimSocket {
    shared: Rc<Shared>,
    service: Service,
    /// Messages travel in envelopes.
    enveloped: bool,
    /// Messages that were sent and not answered, in order.
    unanswered: RefCell<VecDeque<Unanswered>>,
    end_recorded: Cell<bool>,
}

/// A message that was sent and not answered.
struct Unanswered {
    message: MessageId,
    turn: Turn,
    payload: Vec<u8>,
}

/// What the page's browser has of a WebSocket.
struct Shared {
    world: Rc<World>,
    id: ConnectionId,
    /// Whose it is: the turn of both handshakes, the opening and the closing one.
    turn: Turn,
    connection: Rc<Connection>,
    stream: Rc<Stream>,
    arrived: RefCell<VecDeque<Arrived>>,
    closed: RefCell<Option<CloseSeen>>,
    bell: Bell,
    /// The page's close in the record, once it asked for one.
    asked: Cell<Option<MessageId>>,
    /// A close frame went out.
    close_sent: Cell<bool>,
    /// What the server's close frame said.
    said: RefCell<Option<(Option<u16>, String)>>,
}

#[derive(Clone, Debug)]
struct Arrived {
    at: Time,
    kind: Kind,
    payload: Vec<u8>,
}

/// The `close` event.
#[derive(Clone, Debug)]
struct CloseSeen {
    at: Time,
    code: u16,
    reason: String,
    clean: bool,
}

impl Shared {
    /// Lives through what comes, until the `close` event.
    async fn live(self: Rc<Self>) {
        loop {
            match self.stream.down.next().await {
                Down::Frame { opcode, payload } => self.take_in(opcode, payload),
                Down::Ended => {
                    let said = self.said.borrow().clone();
                    self.close_event(said);
                }
                _ => {}
            }
            if self.closed.borrow().is_some() {
                return;
            }
        }
    }

    fn take_in(self: &Rc<Self>, opcode: u8, payload: Vec<u8>) {
        match opcode {
            TEXT if std::str::from_utf8(&payload).is_err() => self.fail("Invalid UTF-8 in text frame"),
            // What comes after the page asked for the end is not handed on.
            TEXT | BINARY if self.asked.get().is_some() => {}
            TEXT | BINARY => {
                let kind = if opcode == TEXT { Kind::Text } else { Kind::Binary };
                let at = self.world.clock.now();
                self.arrived.borrow_mut().push_back(Arrived { at, kind, payload });
                self.bell.ring();
            }
            CLOSE => {
                let (code, reason) = close_said(&payload);
                // Codes that are never on the wire (RFC 6455 §7.4.1).
                if matches!(code, Some(0..=999 | 1005 | 1006 | 1015)) {
                    return self.fail("Invalid close code");
                }
                let answer = code.map(|code| close_payload(code, "")).unwrap_or_default();
                *self.said.borrow_mut() = Some((code, reason));
                self.send_close(answer);
            }
            PING => self.connection.send_frame(&self.stream, PONG, payload),
            PONG => {}
            _ => self.fail("Unknown opcode"),
        }
    }

    /// The protocol was broken: the browser says so, and ends the connection at once. The page learns only that.
    fn fail(self: &Rc<Self>, reason: &str) {
        self.send_close(close_payload(PROTOCOL_ERROR, reason));
        self.connection.leave();
        self.close_event(None);
    }

    /// Sends a close frame, unless one went out, and bounds the time until all is over.
    fn send_close(self: &Rc<Self>, payload: Vec<u8>) {
        if self.close_sent.replace(true) {
            return;
        }
        self.connection.send_frame(&self.stream, CLOSE, payload);
        let shared = Rc::clone(self);
        self.world.clock.at(self.world.clock.now() + CLOSE_TIME, move || {
            if shared.closed.borrow().is_none() {
                shared.connection.leave();
                let said = shared.said.borrow().clone();
                shared.close_event(said);
            }
        });
    }

    fn close_event(&self, said: Option<(Option<u16>, String)>) {
        let clean = said.is_some();
        let (code, reason) = said.map_or((1006, String::new()), |(code, reason)| (code.unwrap_or(1005), reason));
        let at = self.world.clock.now();
        self.closed.borrow_mut().get_or_insert(CloseSeen { at, code, reason, clean });
        self.connection.leave();
        self.bell.ring();
    }

    fn close_seen(&self) -> Option<CloseSeen> {
        self.closed.borrow().clone()
    }
}

impl SimSocket {
    pub(super) fn open(
        world: &Rc<World>,
        id: ConnectionId,
        opening: &Opening<'_>,
        enveloped: bool,
        connection: Rc<Connection>,
        stream: Rc<Stream>,
    ) -> Self {
        let shared = Rc::new(Shared {
            world: Rc::clone(world),
            id,
            turn: opening.turn,
            connection,
            stream,
            arrived: RefCell::default(),
            closed: RefCell::default(),
            bell: Bell::default(),
            asked: Cell::new(None),
            close_sent: Cell::new(false),
            said: RefCell::default(),
        });
        world.clock.spawn(Rc::clone(&shared).live());
        let service = opening.service;
        let end_recorded = Cell::new(false);
        Self { shared, service, enveloped, unanswered: RefCell::default(), end_recorded }
    }

    /// Writes down how it ended, once.
    fn record_end(&self, seen: &CloseSeen) -> Closing {
        let how = Closing::CloseEvent { code: seen.code, reason: seen.reason.clone(), clean: seen.clean };
        if !self.end_recorded.replace(true) {
            let Shared { world, id, turn, asked, .. } = &*self.shared;
            if seen.clean {
                let code = (seen.code != 1005).then_some(seen.code);
                world.recorder().close_received(*id, *turn, seen.at, code, &seen.reason, asked.get());
            }
            world.recorder().closed(*id, seen.at, how.clone());
        }
        how
    }

    fn ended(&self, turn: Turn, seen: &CloseSeen) -> Failure {
        self.record_end(seen);
        let cause = Cause::ClosedMidway { code: Some(seen.code), reason: seen.reason.clone() };
        failure(turn, cause, Inference::CloseEvent)
    }

    /// Takes the message that this one answers: by the number in its envelope, by what an echo carries, or the oldest
    /// of the memory, which answers each in order.
    fn answered(&self, n: Option<u32>, payload: &[u8]) -> Option<Unanswered> {
        let mut unanswered = self.unanswered.borrow_mut();
        let place = match (n, self.service) {
            (Some(n), _) => unanswered.iter().position(|sent| sent.turn.number == n)?,
            (None, Service::Echo) => unanswered.front().is_some_and(|sent| sent.payload == payload).then_some(0)?,
            (None, Service::Memory) => 0,
            (None, _) => return None,
        };
        unanswered.remove(place)
    }

    /// Takes a message apart, and writes it down.
    fn record(&self, turn: Turn, arrived: Arrived) -> Result<Incoming, Failure> {
        let Arrived { at, kind, payload: carried } = arrived;
        let (envelope, payload) = match self.enveloped.then(|| Envelope::split(&carried)) {
            None => (None, &carried[..]),
            Some(Ok((envelope, payload))) => (Some(envelope), payload),
            Some(Err(error)) => return Err(self.unreadable(turn, at, kind, &carried, error.to_string())),
        };
        let Shared { world, id, .. } = &*self.shared;
        let evidence = envelope.and_then(|envelope| envelope.evidence);
        let request = self.answered(envelope.map(|envelope| envelope.n), payload);
        if let (Some(envelope), None) = (envelope, &request) {
            let why = format!("it answers message {}, which was not sent or was answered", envelope.n);
            return Err(self.unreadable(turn, at, kind, &carried, why));
        }
        let answer: Option<MemoryAnswer> =
            if self.service == Service::Memory { serde_json::from_slice(payload).ok() } else { None };
        if let Some(connection) = answer.and_then(|answer| answer.connection) {
            world.recorder().identified(*id, connection, Moment::Unknown);
        }
        let message = match &request {
            Some(sent) => {
                let reply = Reply { at, payload, evidence, ..Reply::default() };
                let envelope = carried.len() - payload.len();
                world.recorder().answered(*id, sent.turn, kind, sent.message, &reply, envelope)
            }
            None => world.recorder().pushed(*id, turn, kind, at, told(self.service, payload), payload),
        };
        let answers = request.map(|sent| sent.message);
        Ok(Incoming { message, at, kind, payload: payload.to_vec(), answers })
    }

    /// Writes a message down that cannot be taken apart: it came all the same.
    fn unreadable(&self, turn: Turn, at: Time, kind: Kind, carried: &[u8], why: String) -> Failure {
        let Shared { world, id, .. } = &*self.shared;
        world.recorder().pushed(*id, turn, kind, at, Moment::Unknown, carried);
        failure(turn, Cause::Unreadable { why }, Inference::Reply)
    }
}

/// When the server says that it said something.
pub(super) fn told(service: Service, payload: &[u8]) -> Moment {
    let at = match service {
        Service::News | Service::NewsEvents => {
            serde_json::from_slice::<NewsItem>(payload).ok().map(|item| item.published)
        }
        Service::Room | Service::RoomEvents => {
            serde_json::from_slice::<RoomMessage>(payload).ok().map(|message| message.sent)
        }
        Service::Echo | Service::Memory => None,
    };
    at.map_or(Moment::Unknown, |at| Moment::Server(ServerTime(at.cast_signed())))
}

fn failure(turn: Turn, cause: Cause, inferred_from: Inference) -> Failure {
    Failure { protocol: Protocol::WebSocket, turn: Some(turn.number), cause, inferred_from }
}

impl Socket for SimSocket {
    fn connection(&self) -> ConnectionId {
        self.shared.id
    }

    fn send(&self, turn: Turn, payload: Payload<'_>) -> Result<MessageId, Failure> {
        let Shared { world, id, connection, stream, .. } = &*self.shared;
        if let Some(seen) = self.shared.close_seen() {
            return Err(self.ended(turn, &seen));
        }
        if self.shared.close_sent.get() {
            // The socket is closing: a browser throws away what is sent then (WebSockets standard, `send()`), so nothing is
            // sent, and nothing written down.
            let cause = Cause::ClosedMidway { code: None, reason: String::new() };
            return Err(failure(turn, cause, Inference::ReadyState));
        }
        world.begin(turn);
        let front = if self.enveloped { Envelope { n: turn.number, evidence: None }.line() } else { String::new() };
        let message = world.recorder().sent(*id, turn, payload.kind(), world.clock.now(), payload.bytes(), front.len());
        let sent = Unanswered { message, turn, payload: payload.bytes().to_vec() };
        self.unanswered.borrow_mut().push_back(sent);
        let carried = [front.as_bytes(), payload.bytes()].concat();
        let opcode = if payload.kind() == Kind::Text { TEXT } else { BINARY };
        connection.send_frame(stream, opcode, carried);
        Ok(message)
    }

    async fn next(&self, turn: Turn, within: Option<Span>) -> Result<Incoming, Failure> {
        let Shared { world, bell, arrived, .. } = &*self.shared;
        let within = within.unwrap_or(world.patience.reply);
        let look = || match arrived.borrow_mut().pop_front() {
            Some(arrived) => Some(Ok(arrived)),
            None => self.shared.close_seen().map(Err),
        };
        match world.clock.within(within, bell.until(look)).await {
            None => Err(failure(turn, Cause::ReplyTimeout { after: within }, Inference::Timer)),
            Some(Err(seen)) => Err(self.ended(turn, &seen)),
            Some(Ok(arrived)) => self.record(turn, arrived),
        }
    }

    fn unsent(&self) -> u64 {
        // Nothing is held back here: what is sent is on its way at once.
        0
    }

    fn give_up_unanswered(&self) {
        for sent in self.unanswered.take() {
            self.shared.world.recorder().unanswered(sent.message);
        }
    }

    async fn close(&self, code: u16, reason: &str) -> Option<Closing> {
        let Shared { world, id, turn, asked, .. } = &*self.shared;
        if let Some(seen) = self.shared.close_seen() {
            return Some(self.record_end(&seen));
        }
        // With what a page may not use the call throws, and nothing is sent.
        let is_allowed = matches!(code, 1000 | 3000..=4999) && reason.len() <= LONGEST_REASON;
        if is_allowed && !self.shared.close_sent.get() {
            let message = world.recorder().close_sent(*id, *turn, world.clock.now(), code, reason);
            asked.set(Some(message));
            self.shared.send_close(close_payload(code, reason));
        }
        self.closed(world.patience.reply).await
    }

    async fn closed(&self, within: Span) -> Option<Closing> {
        let Shared { world, bell, .. } = &*self.shared;
        let seen = world.clock.within(within, bell.until(|| self.shared.close_seen())).await?;
        Some(self.record_end(&seen))
    }
}

impl Drop for SimSocket {
    fn drop(&mut self) {
        let Shared { world, id, turn, .. } = &*self.shared;
        // What came and was not asked for any more has arrived all the same.
        for arrived in self.shared.arrived.take() {
            self.record(*turn, arrived).ok();
        }
        match self.shared.close_seen() {
            Some(seen) => drop(self.record_end(&seen)),
            None => {
                if !self.end_recorded.get() {
                    world.recorder().closed(*id, world.clock.now(), Closing::GivenUp);
                }
                self.shared.send_close(close_payload(1000, ""));
            }
        }
        self.give_up_unanswered();
    }
}

impl fmt::Debug for SimSocket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SimSocket").field("connection", &self.shared.id).finish_non_exhaustive()
    }
}
