//! A network in memory, with a clock of its own that jumps from one event to the next: labs run on
//! it in no time, and the same run comes out each time.
//!
//! It keeps one HTTP connection alive unless asked to close it, like a browser that sends one request
//! after another, and carries delays and faults as [`Conditions`] ask.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::{
    Events, Failed, Incoming, Network, Opening, Patience, Payload, Place, Request, Response, ServerEvent, Service,
    Socket,
};
use crate::trace::{
    Asked, Cause, Closing, ConnectionId, Failing, Failure, Inference, Kind, MessageId, Protocol, Recorder, Reply, Span,
    Time, Turn,
};
use crate::wire::{Envelope, Evidence, RunId, query};

/// How the simulated network behaves.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// How long a message travels, each way.
    pub one_way: Span,
    /// How long the server thinks about a message.
    pub thinking: Span,
    /// What the server's clock shows more than the page's.
    pub server_clock_ahead: Span,
    /// From this turn on the server is gone.
    pub server_dies_at: Option<u32>,
    /// From this turn on the server stays silent.
    pub server_stalls_at: Option<u32>,
    /// The server is no Duplex server: no evidence.
    pub plain: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            one_way: Span(1_000),
            thinking: Span(50),
            server_clock_ahead: Span(7_000_000),
            server_dies_at: None,
            server_stalls_at: None,
            plain: false,
        }
    }
}

/// The simulated network.
#[derive(Debug)]
pub struct Sim {
    conditions: Conditions,
    patience: Patience,
    now: Cell<Time>,
    timers: RefCell<BinaryHeap<Reverse<Time>>>,
    recorder: RefCell<Recorder>,
    server: RefCell<Server>,
}

/// What the simulated server remembers.
#[derive(Debug, Default)]
struct Server {
    connections: u64,
    /// The HTTP connection that is kept alive: its id, requests on it, and when it was opened.
    alive: Option<(u64, u64, u64)>,
}

/// A WebSocket of the simulated network.
#[derive(Debug)]
pub struct SimSocket<'a> {
    sim: &'a Sim,
    id: ConnectionId,
    server_id: u64,
    opened: u64,
    messages: Cell<u64>,
    under_way: RefCell<VecDeque<(MessageId, Turn, Kind, Vec<u8>)>>,
}

impl Sim {
    /// A network that begins at time 0.
    #[must_use]
    pub fn new(conditions: Conditions, patience: Patience) -> Self {
        Self {
            conditions,
            patience,
            now: Cell::new(Time(0)),
            timers: RefCell::default(),
            recorder: RefCell::default(),
            server: RefCell::default(),
        }
    }

    /// What was recorded.
    pub fn recorder(&self) -> std::cell::RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    /// Runs a script to its end; the clock jumps whenever everything waits. `None` when the script
    /// waits for something that will never come, or when `until` is reached first.
    pub fn run<T>(&self, script: impl Future<Output = T>, until: Option<Time>) -> Option<T> {
        let mut script = pin!(script);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = script.as_mut().poll(&mut context) {
                return Some(result);
            }
            let Reverse(next) = self.timers.borrow_mut().pop()?;
            if until.is_some_and(|until| next > until) {
                return None;
            }
            self.now.set(self.now.get().max(next));
        }
    }

    fn sleep_until(&self, at: Time) -> Sleep<'_> {
        self.timers.borrow_mut().push(Reverse(at));
        Sleep { sim: self, at }
    }

    fn server_clock(&self, at: Time) -> u64 {
        (at + self.conditions.server_clock_ahead).0.cast_unsigned()
    }

    /// The message travels, the server thinks, the reply travels back. Gives when the server
    /// received and sent, on its clock.
    async fn travel(&self, protocol: Protocol, turn: Turn) -> Result<(u64, u64), Failure> {
        let began = self.now();
        let Conditions { one_way, thinking, .. } = self.conditions;
        let from = |at: Option<u32>| at.is_some_and(|at| turn.number >= at);
        if from(self.conditions.server_dies_at) {
            self.sleep_until(began + one_way + one_way).await;
            let (cause, inferred_from) = match protocol {
                Protocol::Http => (Cause::Vanished, Inference::ProbeFailed),
                Protocol::WebSocket => {
                    (Cause::ClosedMidway { code: Some(1006), reason: String::new() }, Inference::CloseEvent)
                }
            };
            return Err(Failure { protocol, turn: Some(turn.number), cause, inferred_from });
        }
        if from(self.conditions.server_stalls_at) {
            self.sleep_until(began + self.patience.reply).await;
            let cause = Cause::ReplyTimeout { after: self.patience.reply };
            return Err(Failure { protocol, turn: Some(turn.number), cause, inferred_from: Inference::Timer });
        }
        let received = began + one_way;
        let sent = received + thinking;
        self.sleep_until(sent + one_way).await;
        Ok((self.server_clock(received), self.server_clock(sent)))
    }

    fn fail(&self, message: MessageId, failure: &Failure) {
        let Failure { cause, inferred_from, .. } = failure.clone();
        self.recorder().failed(message, Failing { at: self.now.get(), cause, inferred_from });
    }
}

/// Ready once the clock has reached a time.
struct Sleep<'a> {
    sim: &'a Sim,
    at: Time,
}

impl Future for Sleep<'_> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.sim.now.get() >= self.at { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<'a> Network for &'a Sim {
    type Socket = SimSocket<'a>;
    type Events = SimEvents;

    fn now(&self) -> Time {
        self.now.get()
    }

    fn place(&self) -> Place {
        let (http, ws) = ("http://127.0.0.1:9000/echo".to_owned(), "ws://127.0.0.1:9000/ws".to_owned());
        Place { secure_page: false, http, ws, run: RunId(1) }
    }

    fn offers(&self, service: Service, _: Protocol) -> bool {
        service == Service::Echo
    }

    fn part(&self, name: &str, protocol: Option<Protocol>) {
        self.recorder().part(name, protocol, self.now());
    }

    async fn fetch(&self, request: Request<'_>) -> Result<Response, Failed> {
        let turn = request.turn;
        let payload = request.body.unwrap_or_default();
        let number = self.recorder().next_number();
        let asked = Asked {
            turn,
            at: self.now(),
            number,
            method: request.method.name(),
            path: "/echo",
            payload,
            instrument: 0,
            retries: request.retries,
        };
        let id = self.recorder().request(&asked);
        let fresh = self.server.borrow().alive.is_none();
        if fresh {
            // The TCP handshake: one round trip before the request can go.
            self.sleep_until(self.now() + self.conditions.one_way + self.conditions.one_way).await;
            let mut server = self.server.borrow_mut();
            server.connections += 1;
            server.alive = Some((server.connections, 0, self.server_clock(self.now() - self.conditions.one_way)));
        }
        let (received, sent) = match self.travel(Protocol::Http, turn).await {
            Ok(times) => times,
            Err(failure) => {
                self.fail(id, &failure);
                return Err(Failed { request: Some(id), failure });
            }
        };
        let evidence = {
            let mut server = self.server.borrow_mut();
            let (connection, ordinal, opened) = server.alive.unwrap_or_default();
            let close = request.query.contains(&(query::CONNECTION, query::CLOSE));
            server.alive = (!close).then_some((connection, ordinal + 1, opened));
            Evidence { connection: Some(connection), ordinal: ordinal + 1, opened, received, sent, framing: None }
        };
        let reply = Reply {
            at: self.now(),
            head: Some(self.now()),
            payload,
            evidence: (!self.conditions.plain).then_some(evidence),
            ..Reply::default()
        };
        let message = self.recorder().response(id, turn, 200, &reply);
        Ok(Response { request: id, message, status: 200, media_type: String::new(), body: payload.to_vec() })
    }

    async fn listen(&self, request: Request<'_>) -> Result<SimEvents, Failed> {
        let turn = Some(request.turn.number);
        let failure =
            Failure { protocol: Protocol::Http, turn, cause: Cause::NotOffered, inferred_from: Inference::Schemes };
        Err(Failed { request: None, failure })
    }

    async fn open(&self, opening: Opening<'_>) -> Result<SimSocket<'a>, Failure> {
        let number = self.recorder().next_number();
        let (id, handshake) = self.recorder().opening(opening.turn, self.now(), number, &self.place().ws, 0);
        let round_trip = self.conditions.one_way + self.conditions.one_way;
        // One round trip for TCP, one for the handshake.
        self.sleep_until(self.now() + round_trip).await;
        let opened = self.server_clock(self.now() - self.conditions.one_way);
        if let Err(failure) = self.travel(Protocol::WebSocket, Turn::WARM_UP).await {
            let failure = Failure { turn: None, ..failure };
            self.fail(handshake, &failure);
            return Err(failure);
        }
        let server_id = {
            let mut server = self.server.borrow_mut();
            server.connections += 1;
            server.connections
        };
        self.recorder().opened(id, handshake, opening.turn, self.now(), String::new(), String::new());
        Ok(SimSocket { sim: self, id, server_id, opened, messages: Cell::new(0), under_way: RefCell::default() })
    }

    async fn wait_until(&self, at: Time) {
        let from = self.now();
        if at > from {
            self.sleep_until(at).await;
            self.recorder().mark(from, at, crate::trace::Happening::Waiting);
        }
    }

    async fn back_off(&self, span: Span) {
        let from = self.now();
        self.sleep_until(from + span).await;
        self.recorder().mark(from, from + span, crate::trace::Happening::BackOff);
    }

    async fn between_turns(&self) {}
}

impl Socket for SimSocket<'_> {
    fn connection(&self) -> ConnectionId {
        self.id
    }

    fn send(&self, turn: Turn, payload: Payload<'_>) -> Result<MessageId, Failure> {
        let sim = self.sim;
        let envelope = if sim.conditions.plain { 0 } else { Envelope { n: turn.number, evidence: None }.line().len() };
        let id = sim.recorder().sent(self.id, turn, payload.kind(), (&sim).now(), payload.bytes(), envelope);
        self.under_way.borrow_mut().push_back((id, turn, payload.kind(), payload.bytes().to_vec()));
        Ok(id)
    }

    async fn next(&self, turn: Turn, _within: Option<Span>) -> Result<Incoming, Failure> {
        let sim = self.sim;
        let Some((id, turn, kind, payload)) = self.under_way.borrow_mut().pop_front() else {
            return Err(Failure {
                protocol: Protocol::WebSocket,
                turn: Some(turn.number),
                cause: Cause::ReplyTimeout { after: sim.patience.reply },
                inferred_from: Inference::Timer,
            });
        };
        let (received, sent) = match sim.travel(Protocol::WebSocket, turn).await {
            Ok(times) => times,
            Err(failure) => {
                let code = if matches!(failure.cause, Cause::ReplyTimeout { .. }) { 1000 } else { 1006 };
                let how = Closing::CloseEvent { code, reason: String::new(), clean: false };
                sim.recorder().closed(self.id, (&sim).now(), how);
                sim.recorder().unanswered(id);
                return Err(failure);
            }
        };
        self.messages.set(self.messages.get() + 1);
        let evidence = (!sim.conditions.plain).then_some(Evidence {
            connection: Some(self.server_id),
            ordinal: self.messages.get(),
            opened: self.opened,
            received,
            sent,
            framing: None,
        });
        let envelope = if sim.conditions.plain { 0 } else { Envelope { n: turn.number, evidence }.line().len() };
        let at = (&sim).now();
        let reply = Reply { at, payload: &payload, evidence, ..Reply::default() };
        let message = sim.recorder().answered(self.id, turn, kind, id, &reply, envelope);
        Ok(Incoming { message, at, kind, payload, answers: Some(id) })
    }

    fn unsent(&self) -> u64 {
        0
    }

    fn give_up_unanswered(&self) {
        for (id, ..) in self.under_way.borrow_mut().drain(..) {
            self.sim.recorder().unanswered(id);
        }
    }

    async fn close(&self, code: u16, reason: &str) -> Option<Closing> {
        let sim = self.sim;
        sim.sleep_until((&sim).now() + sim.conditions.one_way + sim.conditions.one_way).await;
        let how = Closing::CloseEvent { code, reason: reason.to_owned(), clean: true };
        sim.recorder().closed(self.id, (&sim).now(), how.clone());
        Some(how)
    }

    async fn closed(&self, within: Span) -> Option<Closing> {
        self.sim.sleep_until((&self.sim).now() + within).await;
        None
    }
}

/// A stream of server-sent events of the simulated network.
#[derive(Debug)]
pub enum SimEvents {}

impl Events for SimEvents {
    fn request(&self) -> MessageId {
        match *self {}
    }

    async fn next(&self, _: Option<Span>) -> Result<ServerEvent, Failed> {
        match *self {}
    }

    fn close(self) {
        match self {}
    }
}
