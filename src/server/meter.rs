//! The meter: what one TCP connection carried, counted below HTTP.
//!
//! A [`MeteredStream`](super::stream::MeteredStream) tells its [`Meter`] each read and write; the
//! service around the routes tells it where requests and responses are; out come [`Record`]s with
//! the bytes that really crossed, framing and all, and, where there is a [`Tape`], these bytes.
//! Over TLS the meter stands within it, and the bytes of the records outside it are counted apart.
//!
//! Where one exchange ends and the next begins is not visible in the bytes, so this rule is used:
//! the first bytes read after the previous response's body was handed over begin a new exchange.
//! It is exact for every client that waits for a response before it sends the next request on the
//! same connection, as all browsers do. A client that pipelines (RFC 9112 §9.3.2) has the bytes of
//! the requests that were read together counted to the first of them, and none of them are told. Interim responses (`100
//! Continue`) and the rest of a body that was refused count to their exchange: after a response
//! that closes the connection no new one begins.
//!
//! Over HTTP/2 several exchanges share the connection frame by frame; their bytes are not told
//! apart, and each is settled as its response ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use hyper::{Method, Version};

use super::clock::Clock;
use super::head::{Oddities, Scan};
use super::layers::{OverLink, Tls};
use super::ledger::{RunLedger, Settled};
use super::plan::Plan;
use super::record::{Answer, Record};
use super::tap::{Part, Reel, Tap, Tape};
use crate::wire::{ConnectionEntry, Ending, Evidence, Fault, Link};

/// The counters of one connection, shared by its stream, its requests and the ledger.
#[derive(Debug)]
pub(crate) struct Meter {
    id: u64,
    opened: u64,
    clock: Clock,
    link: Option<OverLink>,
    reel: Option<Arc<Reel>>,
    tls: OnceLock<Tls>,
    // Written by the connection's own task alone; atomic so that a transcript may look.
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// When the connection was accepted, until something is read.
    last_read: AtomicU64,
    // These three in µs of the server's clock and 1 more; 0 until there is such a moment.
    first_read: AtomicU64,
    first_written: AtomicU64,
    last_written: AtomicU64,
    /// Since when the socket takes no more bytes, in µs of the server's clock and 1 more; 0 while it
    /// does.
    blocked: AtomicU64,
    /// What flows are WebSocket frames, in which no exchange begins.
    websocket: AtomicBool,
    /// Where these are recorded.
    frames: OnceLock<Weak<Tape>>,
    gone: AtomicBool,
    is_planned: AtomicBool,
    /// A fault has the connection neither answer nor end, for as long as the fault says.
    is_silent: AtomicBool,
    /// How many exchanges have begun, those included whose head is not complete.
    begun: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: u64,
    /// Over HTTP/1 at most one.
    open: Vec<Exchange>,
    closed: Option<(u64, Ending)>,
    /// The exchanges share the connection (HTTP/2).
    multiplexed: bool,
    /// When the latest exchange was settled, in µs of the server's clock.
    idle_since: u64,
    /// The number of the exchange that the plan is for goes with it.
    plan: Option<(Plan, u64)>,
    scan: Scan,
}

/// An exchange whose bytes may still come.
#[derive(Debug)]
struct Exchange {
    record: Record,
    /// The connection's counters as it began.
    start_in: u64,
    start_out: u64,
    /// The connection ends with this response: whatever is still read belongs to it.
    last: bool,
    response_ended: bool,
    /// Over HTTP/2: since when no more of the response's body was asked for, because the client takes
    /// nothing, in µs of the server's clock.
    untaken: Option<u64>,
    run: Option<Arc<RunLedger>>,
    tape: Option<Arc<Tape>>,
}

/// What a connection is waiting for; times in µs of the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// For a request to begin, since then.
    Idle(u64),
    /// For the head of a request that began then to be complete.
    Head(u64),
    /// For the client to take what was written, since then.
    Blocked(u64),
    /// For the server.
    Busy,
}

impl Exchange {
    /// Its record when the connection has carried so many bytes.
    fn record(&self, bytes_in: u64, bytes_out: u64) -> Record {
        let is_told_apart = self.record.version != Version::HTTP_2;
        Record {
            request_bytes: is_told_apart.then(|| bytes_in.saturating_sub(self.start_in)),
            response_bytes: is_told_apart.then(|| bytes_out.saturating_sub(self.start_out)),
            ..self.record.clone()
        }
    }
}

impl Meter {
    /// The meter of a connection that is accepted now, perhaps over an emulated link.
    pub(crate) fn new(id: u64, clock: Clock, link: Option<OverLink>, tap: Option<&Arc<Tap>>) -> Self {
        let opened = clock.now();
        Self {
            id,
            opened,
            clock,
            link,
            reel: tap.map(Tap::reel),
            tls: OnceLock::new(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            last_read: AtomicU64::new(opened),
            first_read: AtomicU64::new(0),
            first_written: AtomicU64::new(0),
            last_written: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            websocket: AtomicBool::new(false),
            frames: OnceLock::new(),
            gone: AtomicBool::new(false),
            is_planned: AtomicBool::new(false),
            is_silent: AtomicBool::new(false),
            begun: AtomicU64::new(0),
            state: Mutex::new(State { idle_since: opened, ..State::default() }),
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
        Evidence { connection: Some(self.id), ordinal, opened: self.opened, received, sent, framing: None }
    }

    /// What the connection is waiting for, while it speaks HTTP.
    pub(crate) fn phase(&self) -> Phase {
        if let Some(since) = self.blocked.load(Relaxed).checked_sub(1) {
            return Phase::Blocked(since);
        }
        if self.is_silent.load(Relaxed) {
            return Phase::Busy;
        }
        let state = self.state();
        if let Some(since) = state.open.iter().filter_map(|open| open.untaken).min() {
            return Phase::Blocked(since);
        }
        match state.open.last() {
            None => Phase::Idle(state.idle_since.max(if state.multiplexed { self.last_read() } else { 0 })),
            Some(open) if open.record.ordinal == 0 => Phase::Head(open.record.began),
            Some(open) if open.response_ended && !open.last => Phase::Idle(state.idle_since),
            Some(_) => Phase::Busy,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// TLS was agreed on.
    pub(crate) fn secured(&self, tls: Tls) {
        drop(self.tls.set(tls));
    }

    /// Whether TLS was agreed on.
    pub(crate) fn is_secured(&self) -> bool {
        self.tls.get().is_some()
    }

    /// What follows is HTTP/2.
    pub(crate) fn multiplexed(&self) {
        self.state().multiplexed = true;
    }

    /// `bytes` were read from the socket.
    pub(crate) fn read(&self, bytes: &[u8]) {
        let now = self.clock.now();
        let before = self.bytes_in.load(Relaxed);
        if self.websocket.load(Relaxed) {
            self.record_frames(Part::FramesIn, now, bytes);
        } else {
            let mut state = self.state();
            if !state.multiplexed {
                if state.open.first().is_none_or(|open| open.response_ended && !open.last) {
                    self.settle_all(&mut state, before);
                    state.open.push(self.begin(now, before, true));
                    state.scan.begin();
                }
                state.scan.read(bytes);
                if let Some(tape) = state.open.first().and_then(|open| open.tape.as_ref()) {
                    tape.record(Part::Request, now, bytes);
                }
            }
        }
        self.bytes_in.store(before + bytes.len() as u64, Relaxed);
        self.last_read.store(now, Relaxed);
        if before == 0 {
            self.first_read.store(now + 1, Relaxed);
        }
    }

    /// `bytes` were taken by the socket.
    pub(crate) fn wrote(&self, bytes: &[u8]) {
        let now = self.clock.now();
        let before = self.bytes_out.load(Relaxed);
        self.bytes_out.store(before + bytes.len() as u64, Relaxed);
        self.last_written.store(now + 1, Relaxed);
        if before == 0 {
            self.first_written.store(now + 1, Relaxed);
        }
        if self.websocket.load(Relaxed) {
            self.record_frames(Part::FramesOut, now, bytes);
        } else if self.reel.is_some()
            && let Some(tape) = self.state().open.first().and_then(|open| open.tape.as_ref())
        {
            tape.record(Part::Response, now, bytes);
        }
    }

    fn record_frames(&self, part: Part, at: u64, bytes: &[u8]) {
        if let Some(tape) = self.frames.get().and_then(Weak::upgrade) {
            tape.record(part, at, bytes);
        }
    }

    /// The socket took nothing, and the client is waited for.
    pub(crate) fn write_blocked(&self) {
        if self.blocked.load(Relaxed) == 0 {
            self.blocked.store(self.clock.now() + 1, Relaxed);
        }
    }

    /// The socket took something.
    pub(crate) fn write_unblocked(&self) {
        if self.blocked.load(Relaxed) != 0 {
            self.blocked.store(0, Relaxed);
        }
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
        self.settle_all(&mut self.state(), self.bytes_in.load(Relaxed));
        if let Some(reel) = &self.reel {
            reel.ended();
        }
    }

    /// A request's head is complete; returns the request's ordinal on this connection, from 1.
    pub(crate) fn request(&self, method: &Method, version: Version) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        let ordinal = state.requests;
        // Over HTTP/1 only where the client pipelines is there no exchange that waits for its head.
        if state.multiplexed || state.open.last().is_none_or(|open| open.record.ordinal != 0) {
            let bytes_in = self.bytes_in.load(Relaxed);
            if !state.multiplexed {
                // The first one's tape has bytes of this request, too, and its run may be another's.
                if let Some(tape) = state.open.first().and_then(|open| open.tape.as_ref()) {
                    tape.withhold(Part::Request);
                }
                self.settle_all(&mut state, bytes_in);
            }
            let exchange = self.begin(self.last_read(), bytes_in, false);
            state.open.push(exchange);
            state.scan.skip();
        }
        if let Some(open) = state.open.last_mut() {
            open.record.ordinal = ordinal;
            open.record.method = Some(method.clone());
            open.record.version = version;
        }
        ordinal
    }

    /// What the head of the newest request has beside what hyper tells of it.
    pub(crate) fn oddities(&self) -> Oddities {
        self.state().scan.oddities()
    }

    fn with_exchange<T>(&self, ordinal: u64, act: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
        self.state().open.iter_mut().find(|open| open.record.ordinal == ordinal).map(act)
    }

    /// The request was read to its end.
    pub(crate) fn request_read(&self, ordinal: u64) {
        let last_read = self.last_read();
        self.with_exchange(ordinal, |open| {
            open.record.received.get_or_insert(last_read);
        });
    }

    /// When the request's last bytes were read, or `None` while more may come.
    pub(crate) fn received(&self, ordinal: u64) -> Option<u64> {
        self.with_exchange(ordinal, |open| open.record.received).flatten()
    }

    /// The exchange belongs to a run.
    pub(crate) fn belongs_to(&self, ordinal: u64, run: Arc<RunLedger>, n: Option<u32>) {
        self.with_exchange(ordinal, |open| {
            open.run = Some(run);
            open.record.n = n;
            if let (Some(reel), Some(tape)) = (&self.reel, &open.tape) {
                reel.keep(tape);
            }
        });
    }

    /// The exchange's URL asks for a fault.
    pub(crate) fn asks_for(&self, ordinal: u64, fault: Fault) {
        self.with_exchange(ordinal, |open| open.record.fault = Some(fault));
    }

    /// What the stream shall do to the response that is written next.
    pub(crate) fn plan(&self, plan: Plan) {
        self.state().plan = Some((plan, self.begun()));
        self.is_planned.store(true, Relaxed);
    }

    /// Whether there is a plan that nobody has taken yet.
    pub(crate) fn is_planned(&self) -> bool {
        self.is_planned.load(Relaxed)
    }

    /// The plan and the number of its exchange, as [`Meter::begun`] gave it, for the first time it is asked for.
    pub(crate) fn take_plan(&self) -> Option<(Plan, u64)> {
        if !self.is_planned() {
            return None;
        }
        self.is_planned.store(false, Relaxed);
        self.state().plan.take()
    }

    /// How many exchanges have begun on the connection: the number of the one that goes on, over HTTP/1.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    /// A fault has the connection neither answer nor end from now on. Who planned it sees to its end.
    pub(crate) fn falls_silent(&self) {
        self.is_silent.store(true, Relaxed);
    }

    /// Over HTTP/2: whether a piece of the response's body waits for the client, or was taken, and more is asked for.
    pub(crate) fn piece_waits(&self, ordinal: u64, does: bool) {
        let since = does.then(|| self.clock.now());
        self.with_exchange(ordinal, |open| open.untaken = since);
    }

    /// The response is handed over.
    pub(crate) fn answered(&self, ordinal: u64, answer: Answer) {
        self.with_exchange(ordinal, |open| {
            open.record.answered(answer);
            // What follows a 101 are frames.
            open.last = answer.last || answer.upgraded;
            if open.run.is_none() {
                // Nobody may ask for its bytes.
                open.tape = None;
            }
        });
    }

    /// The response's body was handed over to its end, or the exchange was given up before; bytes of it
    /// may still be on their way out.
    pub(crate) fn response_ended(&self, ordinal: u64) {
        let now = self.clock.now();
        let mut state = self.state();
        state.idle_since = now;
        if state.multiplexed {
            if let Some(at) = state.open.iter().position(|open| open.record.ordinal == ordinal) {
                let exchange = state.open.swap_remove(at);
                self.settle(exchange, 0);
            }
        } else if let Some(open) = state.open.first_mut() {
            open.response_ended = true;
        }
    }

    /// The 101 was written and the connection is a WebSocket. `excess` bytes of what was read are
    /// frames that the client sent without waiting for the 101.
    pub(crate) fn upgraded(&self, excess: u64) {
        let mut state = self.state();
        if let Some(tape) = state.open.first().and_then(|open| open.tape.as_ref()) {
            tape.reassign(excess, Part::Request, Part::FramesIn);
            // The ledger keeps the tape for as long as it keeps the run.
            drop(self.frames.set(Arc::downgrade(tape)));
        }
        self.websocket.store(true, Relaxed);
        let bytes_in = self.bytes_in.load(Relaxed).saturating_sub(excess);
        self.settle_all(&mut state, bytes_in);
    }

    /// Whether this is a WebSocket that is still open. Takes no lock, so that the ledger may ask.
    pub(crate) fn is_open_websocket(&self) -> bool {
        self.websocket.load(Relaxed) && !self.gone.load(Relaxed)
    }

    /// The connection's line in a transcript, without exchanges, and the exchanges that are not yet
    /// settled and belong to `run`, with their tapes.
    pub(crate) fn entry(&self, run: &Arc<RunLedger>) -> (ConnectionEntry, Vec<Settled>) {
        let (bytes_in, bytes_out) = (self.bytes_in.load(Relaxed), self.bytes_out.load(Relaxed));
        let state = self.state();
        let its = state.open.iter().filter(|open| open.run.as_ref().is_some_and(|its| Arc::ptr_eq(its, run)));
        let open = its.map(|open| (open.record(bytes_in, bytes_out), open.tape.clone())).collect();
        let connection = ConnectionEntry {
            id: self.id,
            opened: self.opened,
            closed: state.closed,
            bytes_in,
            bytes_out,
            read: self.first_read.load(Relaxed).checked_sub(1).map(|first| (first, self.last_read())),
            written: self
                .first_written
                .load(Relaxed)
                .checked_sub(1)
                .zip(self.last_written.load(Relaxed).checked_sub(1)),
            requests: state.requests,
            link: self.link.as_ref().map(|over| Link::clone(&over.link)),
            emulated_handshake: self.link.as_ref().and_then(|over| over.handshake),
            tls: self.tls.get().map(Tls::entry),
            exchanges: Vec::new(),
        };
        (connection, open)
    }

    fn begin(&self, now: u64, bytes_in: u64, is_taped: bool) -> Exchange {
        self.begun.fetch_add(1, Relaxed);
        Exchange {
            record: Record::new(now),
            start_in: bytes_in,
            start_out: self.bytes_out.load(Relaxed),
            last: false,
            response_ended: false,
            untaken: None,
            run: None,
            tape: self.reel.as_ref().filter(|_| is_taped).map(Reel::tape),
        }
    }

    /// Closes the books on the open exchanges, to which the bytes before `bytes_in` belong.
    fn settle_all(&self, state: &mut State, bytes_in: u64) {
        for exchange in state.open.drain(..) {
            self.settle(exchange, bytes_in);
        }
    }

    fn settle(&self, exchange: Exchange, bytes_in: u64) {
        let mut record = exchange.record(bytes_in, self.bytes_out.load(Relaxed));
        if let Some(run) = exchange.run {
            // That of a handshake may get frames.
            let nothing_kept = exchange.tape.as_ref().filter(|_| !record.upgraded).and_then(|tape| tape.nothing_kept());
            record.dropped = nothing_kept.unwrap_or_default();
            let tape = exchange.tape.filter(|_| nothing_kept.is_none());
            run.settle(self.id, record, tape, self.clock.now());
        }
    }
}
