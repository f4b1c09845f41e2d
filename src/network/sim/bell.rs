//! What tasks wait for: something that is true now, a thing in an inbox, a turn at a narrow place.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Poll, Waker};

/// Rung when something changed that others may wait for.
#[derive(Default)]
pub(super) struct Bell(RefCell<Vec<Waker>>);

impl Bell {
    pub(super) fn ring(&self) {
        for waker in self.0.take() {
            waker.wake();
        }
    }

    /// Waits until there is something; looked for now and each time that the bell rings.
    pub(super) async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|context| match look() {
            Some(found) => Poll::Ready(found),
            None => {
                let mut waiting = self.0.borrow_mut();
                if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }
}

/// Things in the order in which they came.
pub(super) struct Inbox<T> {
    things: RefCell<VecDeque<T>>,
    bell: Bell,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { things: RefCell::default(), bell: Bell::default() }
    }
}

impl<T> Inbox<T> {
    pub(super) fn push(&self, thing: T) {
        self.things.borrow_mut().push_back(thing);
        self.bell.ring();
    }

    pub(super) fn take(&self) -> Option<T> {
        self.things.borrow_mut().pop_front()
    }

    /// Waits for the next one.
    pub(super) async fn next(&self) -> T {
        self.bell.until(|| self.take()).await
    }
}

/// Something that is so from some time on.
#[derive(Default)]
pub(super) struct Flag {
    is_up: Cell<bool>,
    bell: Bell,
}

impl Flag {
    pub(super) fn raise(&self) {
        self.is_up.set(true);
        self.bell.ring();
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up.get()
    }

    pub(super) async fn raised(&self) {
        self.bell.until(|| self.is_up().then_some(())).await;
    }
}

/// Lets one after another through, in the order in which they came.
#[derive(Default)]
pub(super) struct Turnstile {
    queue: RefCell<VecDeque<u64>>,
    came: Cell<u64>,
    bell: Bell,
}

/// A place in the queue; whoever is first has the turn until it is dropped.
pub(super) struct Place<'a> {
    turnstile: &'a Turnstile,
    number: u64,
}

impl Turnstile {
    pub(super) async fn pass(&self) -> Place<'_> {
        let number = self.came.get();
        self.came.set(number + 1);
        self.queue.borrow_mut().push_back(number);
        let place = Place { turnstile: self, number };
        self.bell.until(|| (self.queue.borrow().front() == Some(&number)).then_some(())).await;
        place
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.turnstile.queue.borrow_mut().retain(|&number| number != self.number);
        self.turnstile.bell.ring();
    }
}
