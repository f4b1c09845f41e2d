//! The meter: what one TCP connection carried, counted below HTTP.
//!
//! A [`MeteredStream`](super::stream::MeteredStream) tells its [`Meter`] each read and write; the
//! service around the routes tells it where requests and responses are; out come
//! [`ExchangeEntry`]s with the bytes that really crossed the socket, framing and all.
//!
//! Where one exchange ends and the next begins is not visible in the bytes, so this rule is used:
//! the first bytes read after the previous response's body was handed over begin a new exchange.
//! It is exact for every client that waits for a response before it sends the next request on the
//! same connection, as all browsers do. A client that pipelines (RFC 9112 §9.3.2) has the bytes of
//! the requests that were read together counted to the first of them. Interim responses (`100
//! Continue`) and the rest of a body that was refused count to their exchange: after a response
//! that closes the connection no new one begins.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::ledger::RunLedger;
use crate::wire::{ConnectionEntry, Ending, Evidence, ExchangeEntry};

/// The counters of one connection, shared by its stream, its requests and the ledger.
#[derive(Debug)]
pub(crate) struct Meter {
    id: u64,
    opened: u64,
    clock: Clock,
    // Written by the connection's own task alone; atomic so that a transcript may look.
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    last_read: AtomicU64,
    /// What flows are WebSocket frames, in which no exchange begins.
    websocket: AtomicBool,
    gone: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: u64,
    open: Option<Exchange>,
    closed: Option<(u64, Ending)>,
}

/// An exchange whose bytes may still come.
#[derive(Debug)]
struct Exchange {
    /// From 1; 0 until the request's head is complete.
    ordinal: u64,
    began: u64,
    received: Option<u64>,
    sent: Option<u64>,
    /// The connection's counters as it began.
    start_in: u64,
    start_out: u64,
    request_instrument: u64,
    instrument: u64,
    upgraded: bool,
    /// The connection ends with this response: whatever is still read belongs to it.
    last: bool,
    response_ended: bool,
    run: Option<(Arc<RunLedger>, Option<u32>)>,
}

/// What is known of a response as it is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// When, in µs of the server's clock.
    pub(crate) sent: u64,
    /// Bytes of the request's header lines that are there because of the instrument alone.
    pub(crate) request_instrument: u64,
    /// Bytes of the header lines that only the instrument adds.
    pub(crate) instrument: u64,
    /// It is a 101.
    pub(crate) upgraded: bool,
    /// It closes the connection.
    pub(crate) last: bool,
}

impl Exchange {
    fn entry(&self, bytes_in: u64, bytes_out: u64) -> ExchangeEntry {
        ExchangeEntry {
            n: self.run.as_ref().and_then(|(_, n)| *n),
            ordinal: self.ordinal,
            began: self.began,
            received: self.received,
            sent: self.sent,
            request_bytes: Some(bytes_in - self.start_in),
            response_bytes: Some(bytes_out - self.start_out),
            request_instrument_bytes: self.request_instrument,
            response_instrument_bytes: self.instrument,
            upgraded: self.upgraded,
            method: String::new(),
            status: None,
            protocol: String::new(),
            fault: None,
            request: None,
            response: None,
            frames_in: None,
            frames_out: None,
        }
    }
}

impl Meter {
    /// The meter of a connection that is accepted now.
    pub(crate) fn new(id: u64, clock: Clock) -> Self {
        let opened = clock.now();
        Self {
            id,
            opened,
            clock,
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            last_read: AtomicU64::new(opened),
            websocket: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// The connection's id.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// When bytes were last read from the socket, in µs of the server's clock.
    pub(crate) fn last_read(&self) -> u64 {
        self.last_read.load(Relaxed)
    }

    /// Says what was seen of a message on this connection.
    pub(crate) fn evidence(&self, ordinal: u64, received: u64, sent: u64) -> Evidence {
        Evidence { connection: self.id, ordinal, opened: self.opened, received, sent, framing: None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `count` bytes were read from the socket.
    pub(crate) fn read(&self, count: u64) {
        let now = self.clock.now();
        let before = self.bytes_in.load(Relaxed);
        if !self.websocket.load(Relaxed) {
            let mut state = self.state();
            if state.open.as_ref().is_none_or(|open| open.response_ended && !open.last) {
                self.settle(&mut state, before);
                state.open = Some(self.begin(now, before));
            }
        }
        self.bytes_in.store(before + count, Relaxed);
        self.last_read.store(now, Relaxed);
    }

    /// `count` bytes were taken by the socket.
    pub(crate) fn wrote(&self, count: u64) {
        self.bytes_out.store(self.bytes_out.load(Relaxed) + count, Relaxed);
    }

    /// The connection came to an end, for the first time it is told.
    pub(crate) fn ended(&self, by: Ending) {
        let now = self.clock.now();
        self.state().closed.get_or_insert((now, by));
    }

    /// The stream is gone: the last exchange has all its bytes.
    pub(crate) fn gone(&self) {
        self.ended(Ending::Server);
        self.gone.store(true, Relaxed);
        self.settle(&mut self.state(), self.bytes_in.load(Relaxed));
    }

    /// A request's head is complete; returns the request's ordinal on this connection, from 1.
    pub(crate) fn request(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        let ordinal = state.requests;
        // Only where the client pipelines is there no exchange that waits for its head.
        if state.open.as_ref().is_none_or(|open| open.ordinal != 0) {
            let bytes_in = self.bytes_in.load(Relaxed);
            self.settle(&mut state, bytes_in);
            state.open = Some(self.begin(self.last_read(), bytes_in));
        }
        if let Some(open) = &mut state.open {
            open.ordinal = ordinal;
        }
        ordinal
    }

    /// The request was read to its end.
    pub(crate) fn request_read(&self) {
        let last_read = self.last_read();
        if let Some(open) = &mut self.state().open {
            open.received.get_or_insert(last_read);
        }
    }

    /// When the request's last bytes were read, or `None` while more may come.
    pub(crate) fn received(&self) -> Option<u64> {
        self.state().open.as_ref().and_then(|open| open.received)
    }

    /// The exchange belongs to a run.
    pub(crate) fn belongs_to(&self, run: Arc<RunLedger>, n: Option<u32>) {
        if let Some(open) = &mut self.state().open {
            open.run = Some((run, n));
        }
    }

    /// The response is handed over.
    pub(crate) fn answered(&self, answer: Answer) {
        if let Some(open) = &mut self.state().open {
            open.sent = Some(answer.sent);
            open.request_instrument = answer.request_instrument;
            open.instrument = answer.instrument;
            open.upgraded = answer.upgraded;
            open.last = answer.last;
        }
    }

    /// The response's body was handed over to its end; bytes of it may still be on their way out.
    pub(crate) fn response_ended(&self) {
        if let Some(open) = &mut self.state().open {
            open.response_ended = true;
        }
    }

    /// The 101 was written and the connection is a WebSocket. `excess` bytes of what was read are
    /// frames that the client sent without waiting for the 101.
    pub(crate) fn upgraded(&self, excess: u64) {
        self.websocket.store(true, Relaxed);
        let bytes_in = self.bytes_in.load(Relaxed).saturating_sub(excess);
        self.settle(&mut self.state(), bytes_in);
    }

    /// Whether this is a WebSocket that is still open. Takes no lock, so that the ledger may ask.
    pub(crate) fn is_open_websocket(&self) -> bool {
        self.websocket.load(Relaxed) && !self.gone.load(Relaxed)
    }

    /// The connection's line in a transcript, without exchanges, and the exchange that is not yet
    /// settled if it belongs to `run`.
    pub(crate) fn entry(&self, run: &Arc<RunLedger>) -> (ConnectionEntry, Option<ExchangeEntry>) {
        let (bytes_in, bytes_out) = (self.bytes_in.load(Relaxed), self.bytes_out.load(Relaxed));
        let state = self.state();
        let open = state.open.as_ref().filter(|open| open.run.as_ref().is_some_and(|(its, _)| Arc::ptr_eq(its, run)));
        let connection = ConnectionEntry {
            id: self.id,
            opened: self.opened,
            closed: state.closed,
            bytes_in,
            bytes_out,
            requests: state.requests,
            link: None,
            tls: None,
            exchanges: Vec::new(),
        };
        (connection, open.map(|open| open.entry(bytes_in.max(open.start_in), bytes_out.max(open.start_out))))
    }

    fn begin(&self, now: u64, bytes_in: u64) -> Exchange {
        Exchange {
            ordinal: 0,
            began: now,
            received: None,
            sent: None,
            start_in: bytes_in,
            start_out: self.bytes_out.load(Relaxed),
            request_instrument: 0,
            instrument: 0,
            upgraded: false,
            last: false,
            response_ended: false,
            run: None,
        }
    }

    /// Closes the books on the open exchange, to which the bytes before `bytes_in` belong.
    fn settle(&self, state: &mut State, bytes_in: u64) {
        if let Some(exchange) = state.open.take() {
            let entry = exchange.entry(bytes_in, self.bytes_out.load(Relaxed));
            if let Some((run, _)) = exchange.run {
                run.settle(self.id, entry, self.clock.now());
            }
        }
    }
}
