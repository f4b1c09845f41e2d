//! Things that clients name by a [`RunId`] and that are made when they are first named: news feeds
//! and rooms.
//!
//! There are so many at most. A thing is in use while somebody holds a [`Lease`] of it, and is then
//! never forgotten. One that nobody used for [`EXPIRY`] is, and when there are too many, the one that
//! was unused for longest goes first.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use crate::wire::RunId;

/// How long an unused thing is kept, in µs.
const EXPIRY: u64 = 15 * 60 * 1_000_000;

/// The things of one kind.
#[derive(Debug)]
pub(crate) struct Registry<T> {
    clock: Clock,
    capacity: usize,
    slots: Mutex<HashMap<RunId, Arc<Slot<T>>>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// µs of the server's clock.
    last_used: AtomicU64,
    thing: T,
}

/// There are as many things as there may be, and all of them are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A thing that is in use as long as this lives.
#[derive(Debug)]
pub(crate) struct Lease<T> {
    slot: Arc<Slot<T>>,
    clock: Clock,
}

impl<T> Registry<T> {
    /// An empty one for `capacity` things.
    pub(crate) fn new(clock: Clock, capacity: usize) -> Self {
        Self { clock, capacity, slots: Mutex::default() }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Slot<T>>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self, slot: &Arc<Slot<T>>) -> Lease<T> {
        Lease { slot: Arc::clone(slot), clock: self.clock }
    }

    /// The thing of that name, if it is known.
    pub(crate) fn get(&self, id: RunId) -> Option<Lease<T>> {
        let mut slots = self.slots();
        self.forget_expired(&mut slots);
        slots.get(&id).map(|slot| self.lease(slot))
    }

    /// The thing of that name, made now unless it is known.
    ///
    /// # Errors
    /// When there is no room for one more.
    pub(crate) fn get_or_make(&self, id: RunId, make: impl FnOnce() -> T) -> Result<Lease<T>, Full> {
        let mut slots = self.slots();
        self.forget_expired(&mut slots);
        if let Some(slot) = slots.get(&id) {
            return Ok(self.lease(slot));
        }
        if slots.len() >= self.capacity && !forget_longest_unused(&mut slots) {
            return Err(Full);
        }
        let slot = Arc::new(Slot { last_used: AtomicU64::new(self.clock.now()), thing: make() });
        let lease = self.lease(&slot);
        slots.insert(id, slot);
        Ok(lease)
    }

    /// Forgets the thing that was unused for longest; returns whether there was one.
    pub(crate) fn forget_longest_unused(&self) -> bool {
        forget_longest_unused(&mut self.slots())
    }

    fn forget_expired(&self, slots: &mut HashMap<RunId, Arc<Slot<T>>>) {
        let now = self.clock.now();
        slots.retain(|_, slot| is_used(slot) || now.saturating_sub(slot.last_used.load(Relaxed)) <= EXPIRY);
    }
}

fn is_used<T>(slot: &Arc<Slot<T>>) -> bool {
    // Leases are made under the registry's lock, which who asks holds.
    Arc::strong_count(slot) > 1
}

fn forget_longest_unused<T>(slots: &mut HashMap<RunId, Arc<Slot<T>>>) -> bool {
    let unused = slots.iter().filter(|(_, slot)| !is_used(slot));
    let longest = unused.min_by_key(|(_, slot)| slot.last_used.load(Relaxed)).map(|(id, _)| *id);
    longest.is_some_and(|id| slots.remove(&id).is_some())
}

impl<T> Deref for Lease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.slot.thing
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        self.slot.last_used.fetch_max(self.clock.now(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn registry() -> Registry<u32> {
        Registry::new(Clock::start(), 2)
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_uses_is_forgotten_after_a_quarter_of_an_hour() {
        let registry = registry();
        drop(registry.get_or_make(RunId(1), || 1));
        advance(Duration::from_micros(EXPIRY)).await;
        assert_eq!(registry.get(RunId(1)).as_deref(), Some(&1), "asking is using");
        advance(Duration::from_micros(EXPIRY + 1)).await;
        assert!(registry.get(RunId(1)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_use_is_kept_and_its_time_begins_when_it_no_longer_is() {
        let registry = registry();
        let lease = registry.get_or_make(RunId(1), || 1).expect("there is room");
        advance(Duration::from_micros(10 * EXPIRY)).await;
        assert!(registry.get(RunId(1)).is_some());
        drop(lease);
        advance(Duration::from_micros(EXPIRY)).await;
        assert!(registry.get(RunId(1)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_the_longest_unused_goes() {
        let registry = registry();
        for id in 1..=2 {
            drop(registry.get_or_make(RunId(id), || 0));
            advance(Duration::from_secs(1)).await;
        }
        drop(registry.get(RunId(1)));
        drop(registry.get_or_make(RunId(3), || 0));
        assert!(registry.get(RunId(1)).is_some() && registry.get(RunId(3)).is_some());
        assert!(registry.get(RunId(2)).is_none());
    }

    #[test]
    fn nothing_that_is_in_use_goes_for_something_new() {
        let registry = registry();
        let _held = [1, 2].map(|id| registry.get_or_make(RunId(id), || 0).expect("there is room"));
        assert_eq!(registry.get_or_make(RunId(3), || 0).err(), Some(Full));
        assert!(!registry.forget_longest_unused());
        assert!(registry.get_or_make(RunId(2), || 0).is_ok(), "one that is known needs no room");
    }

    #[test]
    fn a_thing_is_made_once() {
        let registry = registry();
        drop(registry.get_or_make(RunId(1), || 1));
        assert_eq!(registry.get_or_make(RunId(1), || 2).as_deref(), Ok(&1));
    }
}
