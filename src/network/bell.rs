//! What tasks wait for: something that is true now, a thing in an inbox, a turn at a narrow place. Any number of
//! tasks may wait for the same.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Poll, Waker};

/// Rung when something changed that others may wait for.
#[derive(Default)]
pub(crate) struct Bell(RefCell<Vec<Waker>>);

impl Bell {
    pub(crate) fn ring(&self) {
        for waker in self.0.take() {
            waker.wake();
        }
    }

    /// Waits until there is something; looked for now and each time that the bell rings.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
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
pub(crate) struct Inbox<T> {
    things: RefCell<VecDeque<T>>,
    bell: Bell,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { things: RefCell::default(), bell: Bell::default() }
    }
}

impl<T> Inbox<T> {
    pub(crate) fn push(&self, thing: T) {
        self.things.borrow_mut().push_back(thing);
        self.bell.ring();
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.things.borrow_mut().pop_front()
    }

    /// Waits for the next one.
    pub(crate) async fn next(&self) -> T {
        self.bell.until(|| self.take()).await
    }
}

/// Something that is so from some time on.
#[derive(Default)]
pub(crate) struct Flag {
    is_up: Cell<bool>,
    bell: Bell,
}

impl Flag {
    pub(crate) fn raise(&self) {
        self.is_up.set(true);
        self.bell.ring();
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up.get()
    }

    pub(crate) async fn raised(&self) {
        self.bell.until(|| self.is_up().then_some(())).await;
    }
}

/// Lets one after another through, in the order in which they came.
#[derive(Default)]
pub(crate) struct Turnstile {
    queue: RefCell<VecDeque<u64>>,
    came: Cell<u64>,
    bell: Bell,
}

/// A place in the queue; whoever is first has the turn until it is dropped.
pub(crate) struct Place<'a> {
    turnstile: &'a Turnstile,
    number: u64,
}

impl Turnstile {
    pub(crate) async fn pass(&self) -> Place<'_> {
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

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use futures_util::StreamExt as _;
    use futures_util::stream::FuturesUnordered;

    use super::*;

    #[test]
    fn all_who_wait_for_the_same_are_woken() {
        let flag = Rc::new(Flag::default());
        // Each is polled again only when its own waker was called.
        let mut waiting: FuturesUnordered<_> = (0..3)
            .map(|number| {
                let flag = Rc::clone(&flag);
                async move {
                    flag.raised().await;
                    number
                }
            })
            .collect();
        let mut context = std::task::Context::from_waker(Waker::noop());
        assert!(waiting.poll_next_unpin(&mut context).is_pending());
        flag.raise();
        let mut woken: Vec<_> = std::iter::from_fn(|| match waiting.poll_next_unpin(&mut context) {
            Poll::Ready(number) => number,
            Poll::Pending => None,
        })
        .collect();
        woken.sort_unstable();
        assert_eq!(woken, [0, 1, 2]);
    }
}
