//! A browser's pool of HTTP connections to one host, as Chromium keeps it: up to six over HTTP/1.1, of which
//! a request takes the one that was used last, or waits for whichever is free first, be it a new one or one
//! that another request has done with; a single one over HTTP/2.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::World;
use super::connection::{Connection, Refused, Stream};
use crate::network::bell::Bell;

/// Chromium's limit of connections to one host over HTTP/1.1.
const MOST: usize = 6;

/// The connections, and who waits for one.
#[derive(Default)]
pub(super) struct Pool(RefCell<State>);

#[derive(Default)]
struct State {
    /// The one that was used last is at the end.
    idle: Vec<Rc<Connection>>,
    /// How many there are, those that are being opened included.
    open: usize,
    connecting: usize,
    waiting: VecDeque<Rc<Waiter>>,
    /// Over HTTP/2: the one.
    shared: Option<Rc<Connection>>,
}

/// A connection, and whether it is new.
type Given = Result<(Rc<Connection>, bool), Refused>;

#[derive(Default)]
struct Waiter {
    /// Only a new connection will do.
    fresh: bool,
    given: Cell<Option<Given>>,
    bell: Bell,
}

/// A connection that an exchange has for itself, or shares over HTTP/2. Dropping it gives the exchange up.
pub(super) struct Lease {
    world: Rc<World>,
    pub(super) connection: Rc<Connection>,
    /// It was just made.
    pub(super) is_new: bool,
    pub(super) stream: Option<Rc<Stream>>,
    is_done: bool,
}

impl Pool {
    /// Waits for a connection; `fresh` wants a new one.
    ///
    /// # Errors
    /// When none could be opened.
    pub(super) async fn take(&self, world: &Rc<World>, fresh: bool) -> Result<Lease, Refused> {
        let lease =
            |connection, is_new| Lease { world: Rc::clone(world), connection, is_new, stream: None, is_done: false };
        let found = {
            let mut state = self.0.borrow_mut();
            let shared = state.shared.clone();
            shared.or_else(|| if fresh { None } else { state.idle.pop() })
        };
        if let Some(connection) = found {
            return Ok(lease(connection, false));
        }
        let waiter = Rc::new(Waiter { fresh, ..Waiter::default() });
        self.0.borrow_mut().waiting.push_back(Rc::clone(&waiter));
        let waits = Waits { world, waiter };
        self.connect(world);
        let given = waits.waiter.bell.until(|| waits.waiter.given.take()).await;
        given.map(|(connection, is_new)| lease(connection, is_new))
    }

    /// Opens as many connections as are waited for and may be.
    fn connect(&self, world: &Rc<World>) {
        let most = if world.conditions.h2 { 1 } else { MOST };
        loop {
            let leaving = {
                let mut state = self.0.borrow_mut();
                if state.connecting >= state.waiting.len() {
                    return;
                }
                // One that nobody uses makes room.
                let leaving = (state.open >= most && !state.idle.is_empty()).then(|| state.idle.remove(0));
                state.open -= usize::from(leaving.is_some());
                if state.open >= most {
                    return;
                }
                state.open += 1;
                state.connecting += 1;
                leaving
            };
            if let Some(connection) = leaving {
                connection.leave();
            }
            let there = Rc::clone(world);
            world.clock.spawn(async move {
                let alpn = if there.conditions.h2 { "h2" } else { "http/1.1" };
                let opened = Connection::open(&there, there.is_secure(), alpn).await;
                there.pool.0.borrow_mut().connecting -= 1;
                match opened {
                    Ok(connection) => there.pool.offer(&there, connection, true),
                    Err(refused) => there.pool.refuse(&there, refused),
                }
            });
        }
    }

    /// Gives a connection to who waits longest, else keeps it.
    fn offer(&self, world: &Rc<World>, connection: Rc<Connection>, is_new: bool) {
        let mut state = self.0.borrow_mut();
        if world.conditions.h2 {
            state.shared = Some(Rc::clone(&connection));
            for (place, waiter) in state.waiting.drain(..).enumerate() {
                waiter.give(Ok((Rc::clone(&connection), is_new && place == 0)));
            }
            return;
        }
        match state.waiting.iter().position(|waiter| is_new || !waiter.fresh) {
            Some(first) => {
                if let Some(waiter) = state.waiting.remove(first) {
                    waiter.give(Ok((connection, is_new)));
                }
            }
            None => state.idle.push(connection),
        }
    }

    fn refuse(&self, world: &Rc<World>, refused: Refused) {
        let waiter = {
            let mut state = self.0.borrow_mut();
            state.open -= 1;
            state.waiting.pop_front()
        };
        if let Some(waiter) = waiter {
            waiter.give(Err(refused));
        }
        self.connect(world);
    }

    /// A connection has ended without anybody using it, or with all that do.
    pub(super) fn lost(&self, world: &Rc<World>, connection: &Rc<Connection>) {
        let is_its = |known: &Rc<Connection>| Rc::ptr_eq(known, connection);
        {
            let mut state = self.0.borrow_mut();
            let before = state.idle.len() + usize::from(state.shared.is_some());
            state.idle.retain(|known| !is_its(known));
            state.shared.take_if(|known| is_its(known));
            state.open -= before - state.idle.len() - usize::from(state.shared.is_some());
        }
        self.connect(world);
    }

    /// A connection was open before the run began.
    pub(super) fn begin_with(&self, world: &Rc<World>, connection: Rc<Connection>) {
        self.0.borrow_mut().open += 1;
        self.offer(world, connection, false);
    }
}

impl Waiter {
    fn give(&self, what: Given) {
        self.given.set(Some(what));
        self.bell.ring();
    }
}

/// Somebody's place among those who wait.
struct Waits<'a> {
    world: &'a Rc<World>,
    waiter: Rc<Waiter>,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let pool = &self.world.pool;
        pool.0.borrow_mut().waiting.retain(|waiter| !Rc::ptr_eq(waiter, &self.waiter));
        // It was given up in the moment in which it got one.
        if let Some(Ok((connection, is_new))) = self.waiter.given.take()
            && !self.world.conditions.h2
        {
            pool.offer(self.world, connection, is_new);
        }
    }
}

impl Lease {
    /// The exchange is over; whether the connection can carry the next.
    pub(super) fn done(mut self, keep: bool) {
        self.is_done = true;
        if self.world.conditions.h2 {
            return;
        }
        if keep && !self.connection.over.get() {
            self.world.pool.offer(&self.world, Rc::clone(&self.connection), false);
        } else {
            self.let_go();
        }
    }

    fn let_go(&self) {
        self.connection.leave();
        self.world.pool.0.borrow_mut().open -= 1;
        self.world.pool.connect(&self.world);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        if !self.world.conditions.h2 {
            self.let_go();
        } else if let Some(stream) = &self.stream {
            self.connection.cancel(stream);
        }
    }
}
