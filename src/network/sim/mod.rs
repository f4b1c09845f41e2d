//! A network in memory, with a clock of its own that jumps from one event to the next: labs run on it in no
//! time, and the same run comes out each time.
//!
//! It stands for a browser, a network and a server: the browser keeps a pool of connections, sends requests again
//! by itself, and opens WebSockets one after another, as Chromium does; the network takes its time each way; the
//! server is our echo server with its faults, its news, its memory and its rooms, and keeps the same books. How it
//! behaves is asked for by [`Conditions`]. Only labs see it: no figure of it is ever shown as measured.

mod address;
mod bytes;
mod clock;
mod connection;
mod events;
mod http;
mod ledger;
mod opening;
mod pool;
mod server;
mod socket;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::rc::{Rc, Weak};

use self::clock::Clock;
use self::connection::{Asked, Connecting, Connection};
use self::ledger::{Ledger, Part};
use self::pool::Pool;
use self::server::news::Feed;
use self::server::room::Room;
use super::{Failed, Network, Opening, Patience, Place, Request, Response, Service};
use crate::network::bell::Turnstile;
use crate::trace::{Failure, Happening, Protocol, Recorder, Span, Time, Turn};
use crate::wire::{RunId, Transcript};

pub use bytes::{MASKING_KEY, frame};
pub use events::SimEvents;
pub use socket::SimSocket;

/// The run's id.
const RUN: RunId = RunId(1);
/// Where the server speaks without TLS.
const PORT: u16 = 9000;
/// Where it speaks with TLS.
const TLS_PORT: u16 = 9443;

/// How the simulated network behaves.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// How long a message travels, each way.
    pub one_way: Span,
    /// How long the server thinks about a request or an echo.
    pub thinking: Span,
    /// What the server's clock shows more than the page's.
    pub server_clock_ahead: Span,
    /// From this turn on the server is gone.
    pub server_dies_at: Option<u32>,
    /// From this turn on the server stays silent.
    pub server_stalls_at: Option<u32>,
    /// The server is no Duplex server: an echo alone, without evidence, envelopes and account.
    pub plain: bool,
    /// The page and the server speak HTTP/2 (over TLS): one connection for all requests.
    pub h2: bool,
    /// The browser has an HTTP connection when the run begins.
    pub preconnected: bool,
    /// The page came by `https`, and the endpoints have TLS.
    pub secure_page: bool,
    /// The page is of another origin than the server: some requests need a preflight.
    pub cross_origin: bool,
    /// The server tells nothing of connections.
    pub behind_proxy: bool,
    /// Somebody on the way, or the server, does not speak WebSocket.
    pub refuses_upgrade: bool,
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
            h2: false,
            preconnected: false,
            secure_page: false,
            cross_origin: false,
            behind_proxy: false,
            refuses_upgrade: false,
        }
    }
}

/// The simulated network.
pub struct Sim {
    world: Rc<World>,
}

/// All that there is: the browser, the network, the server.
struct World {
    clock: Rc<Clock>,
    conditions: Conditions,
    patience: Patience,
    recorder: RefCell<Recorder>,
    // The browser.
    pool: Pool,
    /// To the port without TLS, and to the one with it.
    handshakes: [Turnstile; 2],
    /// A request was answered: what fails later was there once.
    answered: Cell<bool>,
    // The server.
    connections: RefCell<Vec<Weak<Connection>>>,
    ledger: RefCell<Ledger>,
    feeds: RefCell<HashMap<RunId, Rc<Feed>>>,
    rooms: RefCell<HashMap<String, Rc<Room>>>,
    dead: Cell<bool>,
    stalled: Cell<bool>,
}

impl World {
    fn recorder(&self) -> RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    fn is_secure(&self) -> bool {
        self.conditions.secure_page || self.conditions.h2
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", if self.is_secure() { TLS_PORT } else { PORT })
    }

    fn place(&self) -> Place {
        let (host, s) = (self.host(), if self.is_secure() { "s" } else { "" });
        let (http, ws) = (format!("http{s}://{host}/echo"), format!("ws{s}://{host}/ws"));
        Place { secure_page: self.is_secure(), http, ws, run: RUN }
    }

    fn offers(&self, service: Service, over: Protocol) -> bool {
        let has_path = address::path(service, over, RUN).is_some();
        has_path && (service == Service::Echo || !self.conditions.plain)
    }

    /// The server keeps books of the run.
    const fn keeps_books(&self) -> bool {
        !self.conditions.plain && !self.conditions.behind_proxy
    }

    fn server_clock(&self, at: Time) -> u64 {
        (at + self.conditions.server_clock_ahead).0.max(0).cast_unsigned()
    }

    fn server_now(&self) -> u64 {
        self.server_clock(self.clock.now())
    }

    fn is_dead(&self) -> bool {
        self.dead.get()
    }

    fn is_stalled(&self) -> bool {
        self.stalled.get()
    }

    /// A turn begins; maybe it is the one at which the server dies, or falls silent.
    fn begin(&self, turn: Turn) {
        let is_due = |at: Option<u32>| at.is_some_and(|at| turn.number >= at);
        if is_due(self.conditions.server_dies_at) && !self.dead.get() {
            // Whoever ends a program ends its connections.
            let connections: Vec<_> = self.connections.borrow().iter().filter_map(Weak::upgrade).collect();
            connections.iter().for_each(Connection::end);
            self.dead.set(true);
        }
        self.stalled.set(self.stalled.get() || is_due(self.conditions.server_stalls_at));
    }

    /// A connection that a browser made before the run began, for the page itself.
    fn connect_before(self: &Rc<Self>) {
        let ago = |ms: u32| self.clock.now() - Span::from_millis(ms);
        let secure = self.is_secure();
        let alpn = if self.conditions.h2 { "h2" } else { "http/1.1" };
        let connecting = Connecting { from: ago(500), secure: secure.then(|| ago(499)), until: ago(498) };
        let opened = self.server_clock(ago(497));
        let connection = Connection::accepted(self, connecting, opened, secure.then_some(opened), alpn);
        connection.requests.set(1);
        let asked = Asked { method: "GET", target: "/".into(), host: self.host(), ..Asked::default() };
        let mut ledger = self.ledger.borrow_mut();
        let (id, _) = ledger.begin(connection.id, opened, None);
        ledger.read(id, opened, Part::Http, &bytes::request(&asked).bytes);
        drop(ledger);
        self.pool.begin_with(self, connection);
    }
}

impl Sim {
    /// A network that begins at time 0.
    #[must_use]
    pub fn new(conditions: Conditions, patience: Patience) -> Self {
        let world = Rc::new(World {
            clock: Rc::default(),
            conditions,
            patience,
            recorder: RefCell::default(),
            pool: Pool::default(),
            handshakes: Default::default(),
            answered: Cell::new(false),
            connections: RefCell::default(),
            ledger: RefCell::default(),
            feeds: RefCell::default(),
            rooms: RefCell::default(),
            dead: Cell::new(false),
            stalled: Cell::new(false),
        });
        if conditions.preconnected {
            world.connect_before();
        }
        Self { world }
    }

    /// What was recorded.
    pub fn recorder(&self) -> RefMut<'_, Recorder> {
        self.world.recorder()
    }

    /// Where it runs, as a script sees it.
    #[must_use]
    pub fn place(&self) -> Place {
        self.world.place()
    }

    /// Runs a script to its end; the clock jumps whenever everything waits. `None` when the script waits for something
    /// that will never come, or when `until` is reached first.
    pub fn run<T>(&self, script: impl Future<Output = T>, until: Option<Time>) -> Option<T> {
        self.world.clock.run(script, until)
    }

    /// What the server would tell of the run now; `None` where it keeps no books, or answers nobody.
    #[must_use]
    pub fn transcript(&self) -> Option<Transcript> {
        let world = &self.world;
        let answers = world.keeps_books() && !world.is_dead() && !world.is_stalled();
        answers.then(|| world.ledger.borrow().transcript(RUN, world.server_now()))
    }

    /// Asks the server for its account, as a page does when its script is over, and records it.
    pub fn account(&self) {
        let world = &self.world;
        world.clock.pass(world.conditions.one_way);
        let transcript = self.transcript();
        world.clock.pass(world.conditions.one_way);
        if let Some(transcript) = transcript {
            self.recorder().ledger(world.clock.now(), Protocol::BOTH.to_vec(), transcript);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // They hold the world, and the world holds them.
        self.world.clock.stop();
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sim").field("conditions", &self.world.conditions).finish_non_exhaustive()
    }
}

impl Network for &Sim {
    type Socket = SimSocket;
    type Events = SimEvents;

    fn now(&self) -> Time {
        self.world.clock.now()
    }

    fn place(&self) -> Place {
        self.world.place()
    }

    fn offers(&self, service: Service, over: Protocol) -> bool {
        self.world.offers(service, over)
    }

    fn part(&self, name: &str, protocol: Option<Protocol>) {
        self.world.recorder().part(name, protocol, self.now());
    }

    async fn fetch(&self, request: Request<'_>) -> Result<Response, Failed> {
        self.world.fetch(request).await
    }

    async fn listen(&self, request: Request<'_>) -> Result<SimEvents, Failed> {
        self.world.listen(request).await
    }

    async fn open(&self, opening: Opening<'_>) -> Result<SimSocket, Failure> {
        self.world.open(opening).await
    }

    async fn wait_until(&self, at: Time) {
        let from = self.now();
        if at > from {
            self.world.clock.sleep_until(at).await;
            self.world.recorder().mark(from, at, Happening::Waiting);
        }
    }

    async fn back_off(&self, span: Span) {
        let from = self.now();
        self.world.clock.sleep(span).await;
        self.world.recorder().mark(from, self.now(), Happening::BackOff);
    }

    async fn between_turns(&self) {}
}
