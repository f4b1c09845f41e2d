//! WebSockets: opening, messages either way, closing. What an incoming message answers, and when the server
//! sent it, is read from what it carries.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::address::Query;
use super::listening::sent_by_server;
use super::{Shared, UnderWay};
use crate::browser::socket::{self, CloseSeen, Data, Socket};
use crate::browser::{clock, page_address, probe, surroundings, timer};
use crate::network::{self, Incoming, Opening, Payload, Service};
use crate::trace::{
    Cause, Closing, ConnectionId, Failing, Failure, Inference, Kind, MessageId, Moment, Protocol, Reply, Span, Speaks,
    Turn,
};
use crate::wire::{Envelope, Evidence, MemoryAnswer, SUBPROTOCOL};

/// A WebSocket of a run. Dropping it closes it, and writes down how it ended as far as that was seen.
pub struct BrowserSocket {
    shared: Rc<Shared>,
    socket: Socket,
    id: ConnectionId,
    turn: Turn,
    service: Service,
    /// Each message travels in an envelope (`duplex.v1`).
    enveloped: bool,
    /// Messages that were sent and not answered, the oldest first.
    unanswered: RefCell<VecDeque<Unanswered>>,
    /// Envelope and payload of the message being sent.
    buffer: RefCell<Vec<u8>>,
    /// The close frame that the page asked for.
    close_sent: Cell<Option<MessageId>>,
    /// How it ended is written down.
    end_recorded: Cell<bool>,
}

/// A message that was sent and not answered.
struct Unanswered {
    turn: Turn,
    id: MessageId,
    /// What it carries, where an echo is known by that alone.
    payload: Vec<u8>,
}

/// What was found in an incoming message.
struct Understood {
    /// The message that it answers, and whose turn that was.
    answers: Option<(Turn, MessageId)>,
    evidence: Option<Evidence>,
    /// When the server says that it sent it, where it answers none.
    sent: Moment,
    payload_from: usize,
}

impl Shared {
    pub(super) async fn open(self: Rc<Self>, opening: Opening<'_>) -> Result<BrowserSocket, Failure> {
        let Opening { turn, service, .. } = opening;
        let failure =
            |cause, inferred_from| Failure { protocol: Protocol::WebSocket, turn: None, cause, inferred_from };
        let address = match opening.url {
            Some(url) => Some(url.to_owned()),
            None => self.plan.address(service, Protocol::WebSocket),
        };
        let address = address.ok_or_else(|| failure(Cause::NotOffered, Inference::Schemes))?;
        let own = opening.url.is_none() && service == Service::Echo;
        let enveloped = own && self.plan.ws.speaks == Speaks::Duplex;
        let subprotocol = enveloped.then_some(SUBPROTOCOL);
        let number = self.recorder.borrow_mut().next_number();
        let (plain, url) = Query::new(service, opening.query, self.plan.run, number).urls(&address);
        let header = subprotocol.map_or(0, |name| "Sec-WebSocket-Protocol: \r\n".len() + name.len());
        let instrument = (url.len() - plain.len() + header) as u64;
        let (called, socket) = match Socket::connect(&url, subprotocol) {
            Ok(connected) => connected,
            Err(error) => {
                let at = clock::now();
                let (cause, inferred_from) = why_thrown(&error, &url);
                let mut recorder = self.recorder.borrow_mut();
                let (_, handshake) = recorder.opening(turn, at, number, &plain, instrument);
                recorder.failed(handshake, Failing { at, cause: cause.clone(), inferred_from });
                return Err(failure(cause, inferred_from));
            }
        };
        let (id, handshake) = self.recorder.borrow_mut().opening(turn, called, number, &plain, instrument);
        let under_way = UnderWay { shared: &self, message: Some(handshake), number: None };
        let patience = opening.within.unwrap_or(self.plan.patience.connect);
        let (at, cause, inferred_from) = match timer::within(patience, socket.opened()).await {
            Some(Ok(at)) => {
                under_way.arrived();
                let (subprotocol, extensions) = socket.agreed();
                self.recorder.borrow_mut().opened(id, handshake, turn, at, subprotocol, extensions);
                return Ok(BrowserSocket {
                    shared: self,
                    socket,
                    id,
                    turn,
                    service,
                    enveloped,
                    unanswered: RefCell::default(),
                    buffer: RefCell::default(),
                    close_sent: Cell::new(None),
                    end_recorded: Cell::new(false),
                });
            }
            Some(Err(closed)) => {
                self.recorder.borrow_mut().closed(id, closed.at, closing(&closed));
                let (cause, inference) = probe::why_not_open(&url).await;
                (closed.at, cause, inference)
            }
            None => (clock::now(), Cause::ConnectTimeout { after: patience }, Inference::Timer),
        };
        self.recorder.borrow_mut().failed(handshake, Failing { at, cause: cause.clone(), inferred_from });
        under_way.failed();
        Err(failure(cause, inferred_from))
    }
}

impl BrowserSocket {
    fn failure(&self, turn: Turn, cause: Cause, inferred_from: Inference) -> Failure {
        Failure { protocol: Protocol::WebSocket, turn: Some(turn.number), cause, inferred_from }
    }

    fn closed_midway(&self, turn: Turn, closed: CloseSeen) -> Failure {
        self.record_end(&closed);
        let cause = Cause::ClosedMidway { code: Some(closed.code), reason: closed.reason };
        self.failure(turn, cause, Inference::CloseEvent)
    }

    fn record_end(&self, closed: &CloseSeen) {
        if self.end_recorded.replace(true) {
            return;
        }
        let mut recorder = self.shared.recorder.borrow_mut();
        if closed.clean {
            // 1005 stands for a frame without a code (RFC 6455 §7.1.5).
            let code = Some(closed.code).filter(|code| *code != 1005);
            let answers = self.close_sent.get();
            recorder.close_received(self.id, self.turn, closed.at, code, &closed.reason, answers);
        }
        recorder.closed(self.id, closed.at, closing(closed));
    }

    /// Writes a message down that came; `turn` is that of one that answers none.
    fn record(&self, turn: Turn, came: socket::Incoming) -> Result<Incoming, Failure> {
        let at = came.at;
        let (kind, mut message) = match came.data {
            Data::Binary(bytes) => (Kind::Binary, bytes),
            Data::Text(text) => (Kind::Text, text.into_bytes()),
        };
        let understood = self.understand(kind, &message);
        let mut recorder = self.shared.recorder.borrow_mut();
        let Understood { answers, evidence, sent, payload_from } = match understood {
            Ok(understood) => understood,
            Err(why) => {
                // It came all the same.
                recorder.pushed(self.id, turn, kind, at, Moment::Unknown, &message);
                return Err(self.failure(turn, Cause::Unreadable { why }, Inference::Reply));
            }
        };
        let payload = &message[payload_from..];
        let id = match answers {
            Some((turn, request)) => {
                let reply = Reply { at, payload, evidence, ..Reply::default() };
                recorder.answered(self.id, turn, kind, request, &reply, payload_from)
            }
            None => recorder.pushed(self.id, turn, kind, at, sent, payload),
        };
        message.drain(..payload_from);
        Ok(Incoming { message: id, at, kind, payload: message, answers: answers.map(|(_, id)| id) })
    }

    /// What an incoming message answers, and what else it tells.
    fn understand(&self, kind: Kind, message: &[u8]) -> Result<Understood, String> {
        let unasked = |sent| Understood { answers: None, evidence: None, sent, payload_from: 0 };
        let oldest = || self.unanswered.borrow_mut().pop_front().map(|sent| (sent.turn, sent.id));
        match self.service {
            Service::Echo if self.enveloped => {
                let (envelope, payload) = Envelope::split(message).map_err(|error| error.to_string())?;
                let payload_from = message.len() - payload.len();
                let mut unanswered = self.unanswered.borrow_mut();
                let place = unanswered.iter().position(|sent| sent.turn.number == envelope.n);
                let answers = place.and_then(|place| unanswered.remove(place)).map(|sent| (sent.turn, sent.id));
                if answers.is_none() {
                    return Err(format!("it answers message {}, which was not sent or was answered", envelope.n));
                }
                Ok(Understood { answers, payload_from, evidence: envelope.evidence, sent: Moment::Unknown })
            }
            // Some echoes greet whoever comes.
            Service::Echo => {
                let is_echo = self.unanswered.borrow().front().is_some_and(|sent| sent.payload == message);
                let answers = if is_echo { oldest() } else { None };
                Ok(Understood { answers, ..unasked(Moment::Unknown) })
            }
            Service::Memory => {
                let answer: Option<MemoryAnswer> = serde_json::from_slice(message).ok();
                if let Some(connection) = answer.and_then(|answer| answer.connection) {
                    self.shared.recorder.borrow_mut().identified(self.id, connection, Moment::Unknown);
                }
                Ok(Understood { answers: oldest(), ..unasked(Moment::Unknown) })
            }
            _ if kind == Kind::Text => Ok(unasked(sent_by_server(message))),
            _ => Ok(unasked(Moment::Unknown)),
        }
    }
}

impl network::Socket for BrowserSocket {
    fn connection(&self) -> ConnectionId {
        self.id
    }

    fn send(&self, turn: Turn, payload: Payload<'_>) -> Result<MessageId, Failure> {
        if let Some(closed) = self.socket.close_seen() {
            return Err(self.closed_midway(turn, closed));
        }
        if !self.socket.is_open() {
            let cause = Cause::ClosedMidway { code: None, reason: String::new() };
            return Err(self.failure(turn, cause, Inference::ReadyState));
        }
        let envelope = if self.enveloped { Envelope { n: turn.number, evidence: None }.line() } else { String::new() };
        let sent = match payload {
            Payload::Binary(bytes) => {
                let mut buffer = self.buffer.borrow_mut();
                buffer.clear();
                buffer.extend_from_slice(envelope.as_bytes());
                buffer.extend_from_slice(bytes);
                self.socket.send(&buffer)
            }
            Payload::Text(text) => self.socket.send_text(&format!("{envelope}{text}")),
        };
        let at = sent.map_err(|error| {
            let cause = Cause::ClosedMidway { code: None, reason: surroundings::error_text(&error) };
            self.failure(turn, cause, Inference::Thrown)
        })?;
        let mut recorder = self.shared.recorder.borrow_mut();
        let id = recorder.sent(self.id, turn, payload.kind(), at, payload.bytes(), envelope.len());
        // To a feed or a room a page may speak, and nobody answers.
        if !matches!(self.service, Service::Echo | Service::Memory) {
            return Ok(id);
        }
        let by_payload = self.service == Service::Echo && !self.enveloped;
        let payload = if by_payload { payload.bytes().to_vec() } else { Vec::new() };
        self.unanswered.borrow_mut().push_back(Unanswered { turn, id, payload });
        Ok(id)
    }

    async fn next(&self, turn: Turn, within: Option<Span>) -> Result<Incoming, Failure> {
        let patience = within.unwrap_or(self.shared.plan.patience.reply);
        let came = match timer::within(patience, self.socket.next()).await {
            None => return Err(self.failure(turn, Cause::ReplyTimeout { after: patience }, Inference::Timer)),
            Some(Err(closed)) => return Err(self.closed_midway(turn, closed)),
            Some(Ok(came)) => came,
        };
        self.record(turn, came)
    }

    fn unsent(&self) -> u64 {
        self.socket.buffered()
    }

    fn give_up_unanswered(&self) {
        let mut recorder = self.shared.recorder.borrow_mut();
        for sent in self.unanswered.borrow_mut().drain(..) {
            recorder.unanswered(sent.id);
        }
    }

    async fn close(&self, code: u16, reason: &str) -> Option<Closing> {
        if self.socket.close_seen().is_none()
            && let Ok(at) = self.socket.close(code, reason)
        {
            let id = self.shared.recorder.borrow_mut().close_sent(self.id, self.turn, at, code, reason);
            self.close_sent.set(Some(id));
        }
        network::Socket::closed(self, self.shared.plan.patience.reply).await
    }

    async fn closed(&self, within: Span) -> Option<Closing> {
        let closed = timer::within(within, self.socket.closed()).await?;
        self.record_end(&closed);
        Some(closing(&closed))
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        // What came and was not asked for any more has arrived all the same.
        while let Some(came) = self.socket.take() {
            self.record(self.turn, came).ok();
        }
        network::Socket::give_up_unanswered(self);
        match self.socket.close_seen() {
            Some(closed) => self.record_end(&closed),
            // The script gave it up; the socket closes as it is dropped, and nobody waits for that.
            None if !self.end_recorded.replace(true) => {
                self.shared.recorder.borrow_mut().closed(self.id, clock::now(), Closing::GivenUp);
            }
            None => {}
        }
    }
}

fn closing(closed: &CloseSeen) -> Closing {
    Closing::CloseEvent { code: closed.code, reason: closed.reason.clone(), clean: closed.clean }
}

/// Why the constructor of a WebSocket threw.
fn why_thrown(error: &JsValue, url: &str) -> (Cause, Inference) {
    let why = surroundings::error_text(error);
    let cause = if page_address::mixed_content(url) { Cause::MixedContent } else { Cause::BadUrl { why } };
    (cause, Inference::Thrown)
}
