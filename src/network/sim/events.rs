//! An `EventSource` (HTML standard, §9.2): it reads events from a response that goes on, and asks again, with the
//! id of the last one, when that breaks off or ends.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::select;

use super::World;
use super::connection::{Asked, Down};
use super::http::{UnderWay, failure};
use super::socket::told;
use crate::network::bell::{Bell, Flag};
use crate::network::{Events, Failed, Request, ServerEvent, Service};
use crate::trace::{Cause, Failing, Inference, MessageId, Protocol, Reply, Span, Time, Turn};

/// What a response of events is.
const EVENT_STREAM: &str = "text/event-stream";

/// A stream of server-sent events of the simulated network.
pub struct SimEvents {
    shared: Rc<Shared>,
}

struct Shared {
    world: Rc<World>,
    request: MessageId,
    turn: Turn,
    service: Service,
    asked: Asked,
    arrived: RefCell<VecDeque<Arrived>>,
    /// When its first response began.
    begun: Cell<Option<Time>>,
    /// When it gave up: it will not ask again.
    gave_up: Cell<Option<Time>>,
    bell: Bell,
    /// The page closed it.
    stop: Flag,
    last_id: Cell<Option<u32>>,
    /// How long it waits before it asks again; the server says.
    retry: Cell<Span>,
    response_recorded: Cell<bool>,
}

#[derive(Clone, Debug, Default)]
struct Arrived {
    at: Time,
    name: String,
    data: String,
}

/// How one response ended.
enum Ending {
    /// In order, or the connection with it: an `EventSource` makes no difference.
    Ended,
    /// It is no stream of events: the source gives up.
    NoStream,
}

impl World {
    /// Asks for events, and waits until the response has begun.
    pub(super) async fn listen(self: &Rc<Self>, request: Request<'_>) -> Result<SimEvents, Failed> {
        let turn = request.turn;
        if !self.offers(request.service, Protocol::Http) {
            let failure = failure(turn, Cause::NotOffered, Inference::Schemes);
            return Err(Failed { request: None, failure });
        }
        self.begin(turn);
        let (id, asked) = self.ask(&request, true);
        let path = asked.target.split('?').next().unwrap_or_default().to_owned();
        let shared = Rc::new(Shared {
            world: Rc::clone(self),
            request: id,
            turn,
            service: request.service,
            asked,
            arrived: RefCell::default(),
            begun: Cell::new(None),
            gave_up: Cell::new(None),
            bell: Bell::default(),
            stop: Flag::default(),
            last_id: Cell::new(None),
            retry: Cell::new(Span::from_millis(3_000)),
            response_recorded: Cell::new(false),
        });
        self.clock.spawn(Rc::clone(&shared).live());
        let mut under_way = UnderWay { world: self, message: Some(id) };
        // Stops the source unless it is handed on.
        let events = SimEvents { shared: Rc::clone(&shared) };
        let patience = request.within.unwrap_or(self.patience.reply);
        let begun = shared.bell.until(|| match shared.begun.get() {
            Some(_) => Some(Ok(())),
            None => shared.gave_up.get().map(Err),
        });
        let (at, (cause, inferred_from)) = match self.clock.within(patience, begun).await {
            Some(Ok(())) => {
                under_way.message = None;
                return Ok(events);
            }
            Some(Err(at)) => (at, self.why_no_head(&path).await),
            None => (self.clock.now(), (Cause::ReplyTimeout { after: patience }, Inference::Timer)),
        };
        under_way.message = None;
        self.recorder().failed(id, Failing { at, cause: cause.clone(), inferred_from });
        Err(Failed { request: Some(id), failure: failure(turn, cause, inferred_from) })
    }
}

impl Shared {
    async fn live(self: Rc<Self>) {
        let stopped = Rc::clone(&self);
        select(pin!(self.ask_again_and_again()), pin!(stopped.stop.raised())).await;
    }

    async fn ask_again_and_again(&self) {
        loop {
            if let Ending::NoStream = self.ask().await {
                self.gave_up.set(Some(self.world.clock.now()));
                self.bell.ring();
                return;
            }
            self.world.clock.sleep(self.retry.get()).await;
        }
    }

    /// Asks once, and reads to the end.
    async fn ask(&self) -> Ending {
        let asked = Rc::new(Asked { last_event_id: self.last_id.get(), ..self.asked.clone() });
        let mut is_second = false;
        'again: loop {
            let Ok(mut lease) = self.world.pool.take(&self.world, is_second).await else {
                return Ending::Ended;
            };
            let is_reused = lease.connection.requests.get() > 0;
            let stream = lease.connection.send(Rc::clone(&asked));
            lease.stream = Some(Rc::clone(&stream));
            let mut unread = String::new();
            let mut has_begun = false;
            loop {
                match stream.down.next().await {
                    Down::Head(head) if head.status == 200 && head.media_type == EVENT_STREAM => {
                        has_begun = true;
                        self.begin();
                    }
                    Down::Head(_) => return Ending::NoStream,
                    Down::Body(piece) => self.read(&mut unread, &piece),
                    Down::Done => {
                        lease.done(true);
                        return Ending::Ended;
                    }
                    // As with any request: see `http`.
                    Down::Ended if !has_begun && is_reused && !is_second => {
                        is_second = true;
                        continue 'again;
                    }
                    Down::Ended | Down::Malformed => return Ending::Ended,
                    Down::Frame { .. } => {}
                }
            }
        }
    }

    /// The response has begun: the `open` event. Its headers are not told to a page.
    fn begin(&self) {
        if self.begun.get().is_none() {
            self.begun.set(Some(self.world.clock.now()));
            self.world.answered.set(true);
            self.world.recorder().streaming(self.request, self.turn, None);
        }
        self.bell.ring();
    }

    /// Reads lines; an empty one ends an event (§9.2.6).
    fn read(&self, unread: &mut String, piece: &[u8]) {
        unread.push_str(&String::from_utf8_lossy(piece));
        while let Some(end) = unread.find("\n\n") {
            let block: String = unread.drain(..end + 2).collect();
            let mut event = Arrived { at: self.world.clock.now(), name: "message".into(), data: String::new() };
            for line in block.lines() {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                match field {
                    "event" => event.name = value.to_owned(),
                    "data" => event.data = value.to_owned(),
                    "id" => self.last_id.set(value.parse().ok()),
                    "retry" => self.retry.set(value.parse().map_or(self.retry.get(), Span::from_millis)),
                    _ => {}
                }
            }
            if !event.data.is_empty() {
                self.arrived.borrow_mut().push_back(event);
                self.bell.ring();
            }
        }
    }

    fn record(&self, Arrived { at, name, data }: Arrived) -> ServerEvent {
        let sent = told(self.service, data.as_bytes());
        let message = self.world.recorder().event(self.request, self.turn, at, sent, data.as_bytes());
        ServerEvent { message, at, name, data }
    }

    /// Writes the response down as it was, once: its events are written down by themselves.
    fn record_response(&self, at: Time) {
        let Some(head) = self.begun.get().filter(|_| !self.response_recorded.replace(true)) else { return };
        let reply = Reply { at, head: Some(head), media_type: Some(EVENT_STREAM), ..Reply::default() };
        self.world.recorder().response(self.request, self.turn, 200, &reply);
    }
}

impl Events for SimEvents {
    fn request(&self) -> MessageId {
        self.shared.request
    }

    async fn next(&self, within: Option<Span>) -> Result<ServerEvent, Failed> {
        let Shared { world, request, turn, arrived, bell, .. } = &*self.shared;
        let within = within.unwrap_or(world.patience.reply);
        let look = || match arrived.borrow_mut().pop_front() {
            Some(event) => Some(Ok(event)),
            None => self.shared.gave_up.get().map(Err),
        };
        let (cause, inferred_from) = match world.clock.within(within, bell.until(look)).await {
            Some(Ok(event)) => return Ok(self.shared.record(event)),
            Some(Err(at)) => {
                self.shared.record_response(at);
                (Cause::ClosedMidway { code: None, reason: String::new() }, Inference::BodyRejected)
            }
            None => (Cause::ReplyTimeout { after: within }, Inference::Timer),
        };
        Err(Failed { request: Some(*request), failure: failure(*turn, cause, inferred_from) })
    }

    fn close(self) {}
}

impl Drop for SimEvents {
    fn drop(&mut self) {
        self.shared.stop.raise();
        // What came and was not asked for any more has arrived all the same.
        for event in self.shared.arrived.take() {
            self.shared.record(event);
        }
        self.shared.record_response(self.shared.world.clock.now());
    }
}

impl fmt::Debug for SimEvents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SimEvents").field("request", &self.shared.request).finish_non_exhaustive()
    }
}
