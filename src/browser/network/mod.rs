//! The browser as a [`Network`]: real fetches, real WebSockets, recorded as they happen.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_net::http::Method;
use wasm_bindgen::JsValue;
use web_sys::RequestMode;

use super::fetch::{Fetch, FetchError, Read};
use super::resource_timing::Entries;
use super::socket::{CloseSeen, Data, Socket};
use super::{clock, discovery, probe, surroundings, timer};
use crate::network::{Network, Patience, Request};
use crate::trace::{
    Cause, Closing, ConnectionId, Endpoint, Failure, Happening, Inference, Kind, MessageId, Protocol, Recorder, Reply,
    Span, Speaks, Time, Turn,
};
use crate::wire::{Envelope, RunId, SUBPROTOCOL, TRANSCRIPT_PATH, query};

/// How long a frame's drawing may be put off while turns follow one another.
const DRAW_EVERY: Span = Span::from_millis(150);
/// A wait that is at least this long has room for drawing.
const ROOM_TO_DRAW: Span = Span::from_millis(40);
/// How long the end of a run waits for the timing entries of its exchanges.
const SETTLE: Span = Span::from_millis(1_000);

/// What a run is made with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run's id.
    pub run: RunId,
    /// Where requests go.
    pub http: Endpoint,
    /// Where the WebSocket goes.
    pub ws: Endpoint,
    /// How long to wait.
    pub patience: Patience,
}

/// The browser, for one run.
#[derive(Clone)]
pub struct BrowserNetwork {
    shared: Rc<Shared>,
}

struct Shared {
    plan: Plan,
    recorder: Rc<RefCell<Recorder>>,
    draw: Box<dyn Fn()>,
    last_drawn: Cell<Time>,
    /// A request was answered before: what fails later was there once.
    answered: Cell<bool>,
    /// Requests whose timing entries are to come, by their number in the URL.
    untimed: RefCell<HashMap<u32, MessageId>>,
    entries: RefCell<Option<Entries>>,
}

impl BrowserNetwork {
    /// Gets ready for a run. What happens is told to the recorder; `draw` is called in frames between
    /// turns, and must draw what the recorder has.
    #[must_use]
    pub fn new(plan: Plan, recorder: Rc<RefCell<Recorder>>, draw: impl Fn() + 'static) -> Self {
        let shared = Rc::new(Shared {
            plan,
            recorder,
            draw: Box::new(draw),
            last_drawn: Cell::new(clock::now()),
            answered: Cell::new(false),
            untimed: RefCell::default(),
            entries: RefCell::default(),
        });
        let run = format!("{}={}", query::RUN, shared.plan.run);
        let weak = Rc::downgrade(&shared);
        *shared.entries.borrow_mut() = Entries::observe(move |url, phases| {
            let Some(shared) = weak.upgrade().filter(|_| url.contains(&run)) else {
                return;
            };
            let request = number_in(url).and_then(|number| shared.untimed.borrow_mut().remove(&number));
            if let Some(request) = request {
                shared.recorder.borrow_mut().phases(request, phases);
            }
        });
        Self { shared }
    }

    /// To be called once when the script is over: waits, bounded, for timing entries that are still
    /// to come, and asks the server for its ledger.
    pub async fn settle(&self) {
        let shared = &self.shared;
        let until = clock::now() + SETTLE;
        loop {
            if let Some(entries) = shared.entries.borrow().as_ref() {
                entries.flush();
            }
            let waiting = shared.entries.borrow().is_some() && !shared.untimed.borrow().is_empty();
            if !waiting || clock::now() >= until {
                break;
            }
            timer::sleep(Span::from_millis(10)).await;
        }
        let Plan { run, http, ws, .. } = &shared.plan;
        let one_server = http.instance.is_some() && http.instance == ws.instance;
        let asked = match one_server {
            true => vec![(http, vec![Protocol::Http, Protocol::WebSocket])],
            false => vec![(http, vec![Protocol::Http]), (ws, vec![Protocol::WebSocket])],
        };
        for (endpoint, of) in asked.into_iter().filter(|(endpoint, _)| endpoint.speaks == Speaks::Duplex) {
            let Some(origin) = surroundings::http_origin(&endpoint.url) else { continue };
            if let Some(transcript) = discovery::transcript(&format!("{origin}{TRANSCRIPT_PATH}/{run}")).await {
                shared.recorder.borrow_mut().ledger(clock::now(), of, transcript);
                // Reading a long account takes about a frame; what is made of it waits for the next.
                timer::frame(|| {}).await;
            }
        }
    }
}

impl Shared {
    /// The request of an exchange, ready to go, and how many bytes of its URL are the instrument's.
    fn fetch(&self, request: &Request<'_>) -> Result<(Fetch, u64), FetchError> {
        let (run, number) = (self.plan.run.to_string(), request.turn.number.to_string());
        let mut query = vec![(query::RUN, run.as_str())];
        if request.close {
            query.push((query::CONNECTION, query::CLOSE));
        }
        // Last, so that it is easily found in a timing entry's name.
        query.push((query::NUMBER, number.as_str()));
        let url = without_fragment(&self.plan.http.url);
        let fetch = Fetch::new(url, &query, Method::POST, RequestMode::Cors, Some(request.body))?;
        let added = fetch.url().len().saturating_sub(surroundings::as_written(url).len());
        Ok((fetch, added as u64))
    }

    async fn draw_in_a_frame(&self) {
        timer::frame(|| (self.draw)()).await;
        self.last_drawn.set(clock::now());
    }

    async fn why_no_reply(&self, error: FetchError, url: &str) -> (Cause, Inference) {
        match error {
            FetchError::Unusable(why) => (Cause::BadUrl { why }, Inference::Thrown),
            FetchError::NoBody => (Cause::ClosedMidway { code: None, reason: String::new() }, Inference::BodyRejected),
            FetchError::NoHead => probe::why_no_head(url, self.answered.get()).await,
        }
    }
}

/// A message that is under way. When it is given up, that is written down.
struct UnderWay<'a> {
    recorder: &'a RefCell<Recorder>,
    message: Option<MessageId>,
}

impl UnderWay<'_> {
    fn arrived(mut self) {
        self.message = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(message) = self.message {
            self.recorder.borrow_mut().unanswered(message);
        }
    }
}

impl Network for BrowserNetwork {
    type Socket = BrowserSocket;

    fn now(&self) -> Time {
        clock::now()
    }

    async fn exchange(&self, request: Request<'_>) -> Result<(), Failure> {
        let shared = &self.shared;
        let turn = request.turn;
        let failure = |(cause, inferred_from)| Failure {
            protocol: Protocol::Http,
            turn: Some(turn.number),
            cause,
            inferred_from,
        };
        let url = &shared.plan.http.url;
        let (fetch, instrument) = match shared.fetch(&request) {
            Ok(ready) => ready,
            Err(error) => return Err(failure(shared.why_no_reply(error, url).await)),
        };
        let (called, response) = fetch.call();
        let id = shared.recorder.borrow_mut().request(turn, called, request.body, instrument);
        shared.untimed.borrow_mut().insert(turn.number, id);
        let under_way = UnderWay { recorder: &shared.recorder, message: Some(id) };
        let patience = shared.plan.patience.reply;
        let read = match timer::within(patience, response).await {
            None => {
                shared.untimed.borrow_mut().remove(&turn.number);
                return Err(failure((Cause::ReplyTimeout { after: patience }, Inference::Timer)));
            }
            Some(Err(error)) => {
                shared.untimed.borrow_mut().remove(&turn.number);
                return Err(failure(shared.why_no_reply(error, url).await));
            }
            Some(Ok(read)) => read,
        };
        under_way.arrived();
        shared.answered.set(true);
        let Read { head, at, status, body, evidence } = read;
        let reply = Reply { at, head: Some(head), payload: &body, instrument: None, evidence };
        shared.recorder.borrow_mut().response(id, turn, status, &reply);
        if !(200..300).contains(&status) {
            return Err(failure((Cause::Status { status }, Inference::Reply)));
        }
        if body != request.body {
            return Err(failure((Cause::DifferentEcho, Inference::Reply)));
        }
        Ok(())
    }

    async fn open(&self) -> Result<BrowserSocket, Failure> {
        let shared = &self.shared;
        let failure =
            |(cause, inferred_from)| Failure { protocol: Protocol::WebSocket, turn: None, cause, inferred_from };
        let (url, added) = with_query(&shared.plan.ws.url, &format!("{}={}", query::RUN, shared.plan.run));
        let enveloped = shared.plan.ws.speaks == Speaks::Duplex;
        let subprotocol = enveloped.then_some(SUBPROTOCOL);
        let (called, socket) = Socket::connect(&url, subprotocol).map_err(|error| failure(why_thrown(&error, &url)))?;
        let header = subprotocol.map_or(0, |name| "Sec-WebSocket-Protocol: \r\n".len() + name.len());
        let (id, handshake) = shared.recorder.borrow_mut().opening(called, added + header as u64);
        let under_way = UnderWay { recorder: &shared.recorder, message: Some(handshake) };
        let patience = shared.plan.patience.connect;
        match timer::within(patience, socket.opened()).await {
            None => Err(failure((Cause::ConnectTimeout { after: patience }, Inference::Timer))),
            Some(Err(closed)) => {
                shared.recorder.borrow_mut().closed(id, closed.at, closing(&closed));
                Err(failure(probe::why_not_open(&url).await))
            }
            Some(Ok(at)) => {
                under_way.arrived();
                let (subprotocol, extensions) = socket.agreed();
                shared.recorder.borrow_mut().opened(id, handshake, at, subprotocol, extensions);
                Ok(BrowserSocket {
                    shared: shared.clone(),
                    socket,
                    id,
                    enveloped,
                    buffer: RefCell::default(),
                    end_recorded: Cell::new(false),
                })
            }
        }
    }

    async fn wait_until(&self, at: Time) {
        let from = clock::now();
        if at <= from {
            return;
        }
        if at - from >= ROOM_TO_DRAW {
            self.shared.draw_in_a_frame().await;
        }
        timer::sleep_until(at).await;
        self.shared.recorder.borrow_mut().mark(from, clock::now(), Happening::Waiting);
    }

    async fn between_turns(&self) {
        let from = clock::now();
        if from - self.shared.last_drawn.get() < DRAW_EVERY {
            return;
        }
        self.shared.draw_in_a_frame().await;
        self.shared.recorder.borrow_mut().mark(from, clock::now(), Happening::Drawing);
    }
}

/// A WebSocket of a run. Dropping it closes it, and writes down how it ended as far as that was seen.
pub struct BrowserSocket {
    shared: Rc<Shared>,
    socket: Socket,
    id: ConnectionId,
    /// Each message travels in an envelope (`duplex.v1`).
    enveloped: bool,
    /// Envelope and payload of the message being sent.
    buffer: RefCell<Vec<u8>>,
    /// How it ended is written down.
    end_recorded: Cell<bool>,
}

/// A reply, taken apart.
struct Echo {
    at: Time,
    kind: Kind,
    envelope: Option<Envelope>,
    message: Vec<u8>,
    payload_from: usize,
}

impl BrowserSocket {
    fn record_end(&self, closed: &CloseSeen) {
        self.shared.recorder.borrow_mut().closed(self.id, closed.at, closing(closed));
        self.end_recorded.set(true);
    }

    /// Waits for the next message and takes it apart.
    async fn next_echo(&self, turn: Turn) -> Result<Echo, (Cause, Inference)> {
        let incoming = self.socket.next().await.map_err(|closed| {
            self.record_end(&closed);
            (Cause::ClosedMidway { code: Some(closed.code), reason: closed.reason }, Inference::CloseEvent)
        })?;
        let (kind, message) = match incoming.data {
            Data::Binary(bytes) => (Kind::Binary, bytes),
            Data::Text(text) => (Kind::Text, text.into_bytes()),
        };
        let unreadable = |why: String| (Cause::Unreadable { why }, Inference::Reply);
        let (envelope, payload_from) = if self.enveloped {
            let (envelope, payload) = Envelope::split(&message).map_err(|error| unreadable(error.to_string()))?;
            if envelope.n != turn.number {
                return Err(unreadable(format!("it answers message {}, not {}", envelope.n, turn.number)));
            }
            (Some(envelope), message.len() - payload.len())
        } else {
            (None, 0)
        };
        Ok(Echo { at: incoming.at, kind, envelope, message, payload_from })
    }

    /// Sends a message in its envelope; gives the time of the call and the envelope's length.
    fn send(&self, turn: Turn, payload: &[u8]) -> Result<(Time, usize), (Cause, Inference)> {
        let envelope = if self.enveloped { Envelope { n: turn.number, evidence: None }.line() } else { String::new() };
        let mut buffer = self.buffer.borrow_mut();
        buffer.clear();
        buffer.extend_from_slice(envelope.as_bytes());
        buffer.extend_from_slice(payload);
        let seen = self.socket.close_seen();
        if let Some(closed) = seen {
            self.shared.recorder.borrow_mut().closed(self.id, closed.at, closing(&closed));
            return Err((
                Cause::ClosedMidway { code: Some(closed.code), reason: closed.reason },
                Inference::CloseEvent,
            ));
        }
        let at = self.socket.send(&buffer).map_err(|error| {
            (Cause::ClosedMidway { code: None, reason: surroundings::error_text(&error) }, Inference::Thrown)
        })?;
        Ok((at, envelope.len()))
    }
}

impl crate::network::Socket for BrowserSocket {
    async fn echo(&self, turn: Turn, payload: &[u8]) -> Result<(), Failure> {
        let failure = |(cause, inferred_from)| Failure {
            protocol: Protocol::WebSocket,
            turn: Some(turn.number),
            cause,
            inferred_from,
        };
        let recorder = &self.shared.recorder;
        let (at, envelope) = self.send(turn, payload).map_err(failure)?;
        let id = recorder.borrow_mut().sent(self.id, turn, Kind::Binary, at, payload, envelope);
        let under_way = UnderWay { recorder, message: Some(id) };
        let patience = self.shared.plan.patience.reply;
        let echo = match timer::within(patience, self.next_echo(turn)).await {
            None => return Err(failure((Cause::ReplyTimeout { after: patience }, Inference::Timer))),
            Some(Err(why)) => return Err(failure(why)),
            Some(Ok(echo)) => echo,
        };
        under_way.arrived();
        let body = &echo.message[echo.payload_from..];
        let evidence = echo.envelope.and_then(|envelope| envelope.evidence);
        let reply = Reply { at: echo.at, head: None, payload: body, instrument: None, evidence };
        recorder.borrow_mut().answered(self.id, turn, echo.kind, id, &reply, echo.payload_from);
        if body != payload {
            return Err(failure((Cause::DifferentEcho, Inference::Reply)));
        }
        Ok(())
    }

    async fn close(self) {
        self.socket.close();
        if let Some(closed) = timer::within(self.shared.plan.patience.reply, self.socket.closed()).await {
            self.record_end(&closed);
        }
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        if self.end_recorded.get() {
            return;
        }
        match self.socket.close_seen() {
            Some(closed) => self.record_end(&closed),
            // The script gave it up; the socket closes as it is dropped, and nobody waits for that.
            None => self.shared.recorder.borrow_mut().closed(self.id, clock::now(), Closing::GivenUp),
        }
    }
}

fn closing(closed: &CloseSeen) -> Closing {
    Closing::CloseEvent { code: closed.code, reason: closed.reason.clone(), clean: closed.clean }
}

/// Why the constructor of a WebSocket threw.
fn why_thrown(error: &JsValue, url: &str) -> (Cause, Inference) {
    let why = surroundings::error_text(error);
    let cause = if surroundings::mixed_content(url) { Cause::MixedContent } else { Cause::BadUrl { why } };
    (cause, Inference::Thrown)
}

/// A URL with parameters added to its query, and how many bytes they add.
fn with_query(url: &str, parameters: &str) -> (String, u64) {
    let url = without_fragment(url);
    let separator = if url.contains('?') { '&' } else { '?' };
    (format!("{url}{separator}{parameters}"), 1 + parameters.len() as u64)
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

/// The exchange's number in the URL of one of our requests, where it comes last.
fn number_in(url: &str) -> Option<u32> {
    url.rsplit_once(&format!("&{}=", query::NUMBER))?.1.parse().ok()
}
