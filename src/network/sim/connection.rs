//! TCP connections between the page's browser and the server: opening them, what travels on them, and how
//! they end. What is sent arrives one way later, in order.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::World;
use super::bytes;
use super::ledger::{ExchangeId, Part};
use super::server;
use crate::network::Service;
use crate::network::bell::{Flag, Inbox};
use crate::trace::Time;
use crate::wire::{Ending, Evidence, Fault};

/// A request as it goes to the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    /// What is asked, if it is something that this server has.
    pub(super) service: Option<Service>,
    /// Path and query as in the request's line.
    pub(super) target: String,
    pub(super) host: String,
    /// The query's parameters.
    pub(super) query: Vec<(String, String)>,
    pub(super) media_type: Option<String>,
    pub(super) body: Vec<u8>,
    /// Its number in the run; without one it belongs to no run.
    pub(super) number: Option<u32>,
    /// It asks for a WebSocket, with the key of this number.
    pub(super) upgrade: Option<u32>,
    /// It offers our subprotocol.
    pub(super) enveloped: bool,
    /// It asks for server-sent events.
    pub(super) events: bool,
    /// The number of the last event, from an `EventSource` that comes back.
    pub(super) last_event_id: Option<u32>,
}

impl Asked {
    /// The value of a parameter; of several, the last.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.value(crate::wire::query::FAULT)?.parse().ok()
    }
}

/// What comes to the page.
#[derive(Clone, Debug)]
pub(super) enum Down {
    /// The head of a response.
    Head(Head),
    /// A part of its body.
    Body(Vec<u8>),
    /// Its end.
    Done,
    /// The body's framing is broken here.
    Malformed,
    /// A WebSocket frame: a whole message, or a control frame.
    Frame { opcode: u8, payload: Vec<u8> },
    /// The connection has ended, in order or broken.
    Ended,
}

/// The head of a response.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) evidence: Option<Evidence>,
    /// The connection ends after this response.
    pub(super) close: bool,
}

/// A frame that came to the server.
#[derive(Clone, Debug)]
pub(super) struct Up {
    pub(super) opcode: u8,
    pub(super) payload: Vec<u8>,
    /// Bytes of its head.
    pub(super) head: u64,
    /// When it was read, on the server's clock.
    pub(super) received: u64,
}

/// One exchange on a connection, and the WebSocket that may become of it.
#[derive(Default)]
pub(super) struct Stream {
    /// What came to the page.
    pub(super) down: Inbox<Down>,
    /// What came to the server.
    pub(super) up: Inbox<Up>,
    /// The server knows that the page's side has ended.
    pub(super) gone: Flag,
    /// Where it stands in the server's books.
    pub(super) booked: Cell<Option<ExchangeId>>,
}

/// When a connection was made, on the page's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connecting {
    pub(super) from: Time,
    /// When TLS began.
    pub(super) secure: Option<Time>,
    pub(super) until: Time,
}

/// A TCP connection.
pub(super) struct Connection {
    world: Weak<World>,
    pub(super) id: u64,
    /// When the server accepted it, on its clock.
    pub(super) opened: u64,
    pub(super) alpn: &'static str,
    pub(super) connecting: Connecting,
    /// Requests that were sent on it.
    pub(super) requests: Cell<u64>,
    /// It is over as the page sees it.
    pub(super) over: Cell<bool>,
    /// The server neither reads nor writes any more.
    pub(super) vanished: Cell<bool>,
    /// The server has sent its end: nothing follows.
    ended: Cell<bool>,
    streams: RefCell<Vec<Weak<Stream>>>,
}

impl Connection {
    /// Opens one: a round trip for TCP, and one more for TLS 1.3.
    ///
    /// # Errors
    /// When nobody is there.
    pub(super) async fn open(world: &Rc<World>, secure: bool, alpn: &'static str) -> Result<Rc<Self>, Refused> {
        let (from, one_way) = (world.clock.now(), world.conditions.one_way);
        world.clock.sleep(one_way + one_way).await;
        if world.is_dead() {
            return Err(Refused);
        }
        // What ends the handshake of TCP is one way further.
        let accepted = world.server_clock(world.clock.now() + one_way);
        let secured = secure.then(|| world.clock.now());
        let mut established = None;
        if secure {
            world.clock.sleep(one_way + one_way).await;
            if world.is_dead() {
                return Err(Refused);
            }
            established = Some(world.server_clock(world.clock.now() + one_way));
        }
        let connecting = Connecting { from, secure: secured, until: world.clock.now() };
        Ok(Self::accepted(world, connecting, accepted, established, alpn))
    }

    /// One that is open.
    pub(super) fn accepted(
        world: &Rc<World>,
        connecting: Connecting,
        opened: u64,
        tls: Option<u64>,
        alpn: &'static str,
    ) -> Rc<Self> {
        let id = world.ledger.borrow_mut().accept(opened, tls);
        let connection = Rc::new(Self {
            world: Rc::downgrade(world),
            id,
            opened,
            alpn,
            connecting,
            requests: Cell::new(0),
            over: Cell::new(false),
            vanished: Cell::new(false),
            ended: Cell::new(false),
            streams: RefCell::default(),
        });
        world.connections.borrow_mut().push(Rc::downgrade(&connection));
        connection
    }

    /// Sends a request.
    pub(super) fn send(self: &Rc<Self>, asked: Rc<Asked>) -> Rc<Stream> {
        self.requests.set(self.requests.get() + 1);
        let stream = Rc::new(Stream::default());
        self.streams.borrow_mut().retain(|stream| stream.strong_count() > 0);
        self.streams.borrow_mut().push(Rc::downgrade(&stream));
        let Some(world) = self.world.upgrade() else { return stream };
        if self.over.get() {
            stream.down.push(Down::Ended);
            return stream;
        }
        let (connection, asked_of) = (Rc::clone(self), Rc::clone(&stream));
        let arrival = world.clock.now() + world.conditions.one_way;
        let there = Rc::downgrade(&world);
        world.clock.at(arrival, move || {
            let Some(world) = there.upgrade().filter(|world| !connection.ended.get() && !world.is_dead()) else {
                return;
            };
            let task = server::serve(Rc::clone(&world), connection, asked, asked_of);
            world.clock.spawn(task);
        });
        stream
    }

    /// Sends a frame.
    pub(super) fn send_frame(self: &Rc<Self>, stream: &Rc<Stream>, opcode: u8, payload: Vec<u8>) {
        let Some(world) = self.world.upgrade() else { return };
        let (connection, stream) = (Rc::clone(self), Rc::clone(stream));
        let there = Rc::downgrade(&world);
        world.clock.at(world.clock.now() + world.conditions.one_way, move || {
            let Some(world) = there.upgrade().filter(|world| !world.is_dead() && !connection.vanished.get()) else {
                return;
            };
            let written = bytes::frame(bytes::FIN | opcode, &payload, true);
            let received = world.server_now();
            if let Some(id) = stream.booked.get() {
                world.ledger.borrow_mut().read(id, received, Part::Frames, &written);
            }
            if !connection.ended.get() {
                let head = (written.len() - payload.len()) as u64;
                stream.up.push(Up { opcode, payload, head, received });
            }
        });
    }

    /// The server sends something on.
    pub(super) fn deliver(&self, stream: &Rc<Stream>, down: Down) {
        let Some(world) = self.world.upgrade() else { return };
        if self.ended.get() || world.is_dead() || world.is_stalled() {
            return;
        }
        let stream = Rc::clone(stream);
        world.clock.at(world.clock.now() + world.conditions.one_way, move || stream.down.push(down));
    }

    /// The server ends the connection, in order or with a reset: to a page both are an end.
    pub(super) fn end(self: &Rc<Self>) {
        if self.ended.replace(true) {
            return;
        }
        let Some(world) = self.world.upgrade() else { return };
        world.ledger.borrow_mut().ended(self.id, world.server_now(), Ending::Server);
        let connection = Rc::clone(self);
        let there = Rc::downgrade(&world);
        world.clock.at(world.clock.now() + world.conditions.one_way, move || {
            if connection.over.replace(true) {
                return;
            }
            let streams: Vec<_> = connection.streams.borrow().iter().filter_map(Weak::upgrade).collect();
            for stream in streams {
                stream.down.push(Down::Ended);
            }
            if let Some(world) = there.upgrade() {
                world.pool.lost(&world, &connection);
            }
        });
    }

    /// The page's browser ends the connection.
    pub(super) fn leave(self: &Rc<Self>) {
        let was_over = self.over.replace(true);
        let Some(world) = self.world.upgrade() else { return };
        let connection = Rc::clone(self);
        let there = Rc::downgrade(&world);
        world.clock.at(world.clock.now() + world.conditions.one_way, move || {
            let Some(world) = there.upgrade() else { return };
            // Who neither reads nor writes does not notice.
            if connection.vanished.get() {
                return;
            }
            if !was_over && !connection.ended.replace(true) {
                world.ledger.borrow_mut().ended(connection.id, world.server_now(), Ending::Client);
            }
            let streams: Vec<_> = connection.streams.borrow().iter().filter_map(Weak::upgrade).collect();
            streams.iter().for_each(|stream| stream.gone.raise());
        });
    }

    /// The page's browser gives up one exchange of several on the connection.
    pub(super) fn cancel(&self, stream: &Rc<Stream>) {
        let Some(world) = self.world.upgrade() else { return };
        let stream = Rc::clone(stream);
        world.clock.at(world.clock.now() + world.conditions.one_way, move || stream.gone.raise());
    }
}

/// Nobody accepts connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;
