//! The browser as a [`Network`]: real fetches, real event sources, real WebSockets, recorded as they happen.

mod address;
mod exchange;
mod listening;
mod websocket;

pub use listening::BrowserEvents;
pub use websocket::BrowserSocket;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::resource_timing::Entries;
use super::{clock, discovery, page_address, timer, url};
use crate::network::{Failed, Network, Opening, Patience, Place, Request, Response, Service};
use crate::trace::{Endpoint, Failure, Happening, MessageId, Protocol, Recorder, Span, Speaks, Time};
use crate::wire::{Endpoints, RunId, TRANSCRIPT_PATH, query};

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
    /// What else the server of the HTTP endpoint has, if it is a Duplex server.
    pub http_services: Option<Endpoints>,
    /// Where the WebSocket goes.
    pub ws: Endpoint,
    /// What else the server of the WebSocket endpoint has, if it is a Duplex server.
    pub ws_services: Option<Endpoints>,
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
        let tells = |endpoint: &Endpoint| endpoint.speaks == Speaks::Duplex && !endpoint.behind_proxy;
        for (endpoint, of) in asked.into_iter().filter(|(endpoint, _)| tells(endpoint)) {
            let Some(origin) = url::http_origin(&endpoint.url) else { continue };
            if let Some(transcript) = discovery::transcript(&format!("{origin}{TRANSCRIPT_PATH}/{run}")).await {
                shared.recorder.borrow_mut().ledger(clock::now(), of, transcript);
                // Reading a long account takes about a frame; what is made of it waits for the next.
                timer::frame(|| {}).await;
            }
        }
    }
}

impl Shared {
    async fn draw_in_a_frame(&self) {
        timer::frame(|| (self.draw)()).await;
        self.last_drawn.set(clock::now());
    }

    /// Waits, and draws first if there is room for it.
    async fn wait(&self, until: Time, what: Happening) {
        let from = clock::now();
        if until <= from {
            return;
        }
        if until - from >= ROOM_TO_DRAW {
            self.draw_in_a_frame().await;
        }
        timer::sleep_until(until).await;
        self.recorder.borrow_mut().mark(from, clock::now(), what);
    }
}

/// A message that is under way. When it is given up, that is written down.
struct UnderWay<'a> {
    shared: &'a Shared,
    message: Option<MessageId>,
    /// The number by which its timing entry would be known.
    number: Option<u32>,
}

impl UnderWay<'_> {
    /// It arrived; a timing entry may still come.
    fn arrived(mut self) {
        (self.message, self.number) = (None, None);
    }

    /// It failed, and that is written down already. No timing entry is waited for.
    fn failed(mut self) {
        self.message = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.shared.untimed.borrow_mut().remove(&number);
        }
        if let Some(message) = self.message {
            self.shared.recorder.borrow_mut().unanswered(message);
        }
    }
}

impl Network for BrowserNetwork {
    type Socket = BrowserSocket;
    type Events = BrowserEvents;

    fn now(&self) -> Time {
        clock::now()
    }

    fn place(&self) -> Place {
        let Plan { run, http, ws, .. } = &self.shared.plan;
        Place { secure_page: page_address::https_page(), http: http.url.clone(), ws: ws.url.clone(), run: *run }
    }

    fn offers(&self, service: Service, over: Protocol) -> bool {
        self.shared.plan.address(service, over).is_some()
    }

    fn part(&self, name: &str, protocol: Option<Protocol>) {
        self.shared.recorder.borrow_mut().part(name, protocol, clock::now());
    }

    async fn fetch(&self, request: Request<'_>) -> Result<Response, Failed> {
        self.shared.fetch(request).await
    }

    async fn listen(&self, request: Request<'_>) -> Result<BrowserEvents, Failed> {
        self.shared.clone().listen(request).await
    }

    async fn open(&self, opening: Opening<'_>) -> Result<BrowserSocket, Failure> {
        self.shared.clone().open(opening).await
    }

    async fn wait_until(&self, at: Time) {
        self.shared.wait(at, Happening::Waiting).await;
    }

    async fn back_off(&self, span: Span) {
        self.shared.wait(clock::now() + span, Happening::BackOff).await;
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

/// The exchange's number in the URL of one of our requests, where it comes last.
fn number_in(url: &str) -> Option<u32> {
    url.rsplit_once(&format!("&{}=", query::NUMBER))?.1.parse().ok()
}
