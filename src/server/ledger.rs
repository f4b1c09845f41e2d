//! The ledger: which exchanges carried which run's id, kept for a while in bounded memory.
//!
//! A run is known by its 128-bit id alone, which its page made up; who knows it may read its
//! [`Transcript`]. Runs that nobody used for [`EXPIRY`] are forgotten, and when there are too many
//! the one that was unused for longest goes first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::meter::Meter;
use super::record::Record;
use super::tap::Tape;
use crate::wire::{RunId, Transcript};

/// How many runs are kept.
const MAX_RUNS: usize = 1_024;
/// How many exchanges of one run are kept; more are counted as dropped.
const MAX_EXCHANGES: u64 = 200_000;
/// How many exchanges are kept in all.
const MAX_EXCHANGES_IN_ALL: u64 = 500_000;
/// How long an unused run is kept, in µs.
const EXPIRY: u64 = 15 * 60 * 1_000_000;

/// All runs. Locks are taken in this order: a connection's state, the runs, a run's pages; none is
/// waited for while a later one is held.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    runs: Mutex<Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    by_id: HashMap<RunId, Arc<RunLedger>>,
    /// The exchanges of all runs in `by_id`.
    exchanges: u64,
}

/// The exchanges of one run.
#[derive(Debug)]
pub(crate) struct RunLedger {
    last_used: AtomicU64,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    connections: Vec<Carrier>,
    /// Connection id → index in `connections`.
    index: HashMap<u64, usize>,
    /// Exchanges that were taken in, those still open included.
    count: u64,
    dropped: u64,
}

/// A connection and what of the run it carried.
#[derive(Debug)]
struct Carrier {
    meter: Arc<Meter>,
    exchanges: Vec<Settled>,
}

/// An exchange that has all its bytes, and these bytes.
pub(crate) type Settled = (Record, Option<Arc<Tape>>);

impl Ledger {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in an exchange of `run` that `meter`'s connection carries. Returns where to settle it,
    /// or `None` when there is no room, which is counted. `now` is in µs of the server's clock.
    pub(crate) fn take_in(&self, run: RunId, meter: &Arc<Meter>, now: u64) -> Option<Arc<RunLedger>> {
        let mut runs = self.runs();
        let ledger = runs.get_or_begin(run, now);
        ledger.last_used.store(now, Relaxed);
        if runs.exchanges >= MAX_EXCHANGES_IN_ALL {
            runs.forget_longest_unused(run);
        }
        let is_room = runs.exchanges < MAX_EXCHANGES_IN_ALL && ledger.take_in(meter);
        if is_room {
            runs.exchanges += 1;
            return Some(ledger);
        }
        ledger.pages().dropped += 1;
        None
    }

    /// What is known of a run, or `None` if nothing is; the raw bytes only if they are wanted. `now` is in
    /// µs of the server's clock.
    pub(crate) fn transcript(&self, run: RunId, now: u64, with_bytes: bool) -> Option<Transcript> {
        let ledger = {
            let mut runs = self.runs();
            runs.forget_expired(now);
            Arc::clone(runs.by_id.get(&run)?)
        };
        ledger.last_used.store(now, Relaxed);
        Some(ledger.transcript(run, now, with_bytes))
    }
}

impl Runs {
    fn get_or_begin(&mut self, run: RunId, now: u64) -> Arc<RunLedger> {
        if let Some(ledger) = self.by_id.get(&run) {
            return Arc::clone(ledger);
        }
        self.forget_expired(now);
        if self.by_id.len() >= MAX_RUNS {
            self.forget_longest_unused(run);
        }
        let ledger = Arc::new(RunLedger::new(now));
        self.by_id.insert(run, Arc::clone(&ledger));
        ledger
    }

    fn forget_expired(&mut self, now: u64) {
        self.by_id.retain(|_, ledger| !ledger.is_expired(now));
        self.count();
    }

    fn forget_longest_unused(&mut self, but: RunId) {
        let others = self.by_id.iter().filter(|(run, _)| **run != but);
        if let Some(run) = others.min_by_key(|(_, ledger)| ledger.last_used.load(Relaxed)).map(|(run, _)| *run) {
            self.by_id.remove(&run);
            self.count();
        }
    }

    fn count(&mut self) {
        self.exchanges = self.by_id.values().map(|ledger| ledger.pages().count).sum();
    }
}

impl RunLedger {
    fn new(now: u64) -> Self {
        Self { last_used: AtomicU64::new(now), pages: Mutex::default() }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_expired(&self, now: u64) -> bool {
        // A WebSocket may be quiet on the ledger for long and is in use all the same.
        now.saturating_sub(self.last_used.load(Relaxed)) > EXPIRY
            && !self.pages().connections.iter().any(|carrier| carrier.meter.is_open_websocket())
    }

    fn take_in(&self, meter: &Arc<Meter>) -> bool {
        let mut pages = self.pages();
        if pages.count >= MAX_EXCHANGES {
            return false;
        }
        pages.count += 1;
        let Pages { connections, index, .. } = &mut *pages;
        index.entry(meter.id()).or_insert_with(|| {
            connections.push(Carrier { meter: Arc::clone(meter), exchanges: Vec::new() });
            connections.len() - 1
        });
        true
    }

    /// Writes down an exchange that has all its bytes. `now` is in µs of the server's clock.
    pub(crate) fn settle(&self, connection: u64, exchange: Record, tape: Option<Arc<Tape>>, now: u64) {
        self.last_used.fetch_max(now, Relaxed);
        let mut pages = self.pages();
        if let Some(&at) = pages.index.get(&connection) {
            let exchanges = &mut pages.connections[at].exchanges;
            if exchanges.is_empty() {
                // Many connections carry one exchange; a vector begins with room for four.
                exchanges.reserve_exact(1);
            }
            exchanges.push((exchange, tape));
        }
    }

    fn transcript(self: &Arc<Self>, run: RunId, now: u64, with_bytes: bool) -> Transcript {
        // A meter settles while it is locked, so the meters are asked before the pages are locked.
        // What settles in between is then in both, and is told once.
        let meters: Vec<_> = self.pages().connections.iter().map(|carrier| Arc::clone(&carrier.meter)).collect();
        let mut entries: Vec<_> = meters.iter().map(|meter| meter.entry(self)).collect();
        let pages = self.pages();
        let tell = |(record, tape): &Settled| record.entry(tape.as_deref(), with_bytes);
        let mut connections: Vec<_> = entries
            .drain(..)
            .zip(&pages.connections)
            .map(|((mut connection, open), carrier)| {
                let is_settled = |record: &Record| {
                    carrier.exchanges.iter().rev().any(|(settled, _)| settled.ordinal == record.ordinal)
                };
                let open = open.iter().filter(|(record, _)| !is_settled(record));
                connection.exchanges = carrier.exchanges.iter().chain(open).map(tell).collect();
                connection.exchanges.sort_by_key(|exchange| exchange.ordinal);
                connection
            })
            .collect();
        connections.sort_by_key(|connection| connection.id);
        Transcript { run, now, connections, dropped: pages.dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::Clock;

    fn meter(id: u64) -> Arc<Meter> {
        Arc::new(Meter::new(id, Clock::start(), None, None))
    }

    #[test]
    fn an_unused_run_is_forgotten_after_a_quarter_of_an_hour() {
        let ledger = Ledger::default();
        assert!(ledger.take_in(RunId(1), &meter(1), 0).is_some());
        assert!(ledger.transcript(RunId(1), EXPIRY, true).is_some(), "asking is using");
        assert!(ledger.transcript(RunId(1), 2 * EXPIRY, true).is_some());
        assert!(ledger.transcript(RunId(1), 3 * EXPIRY + 1, true).is_none());
    }

    #[test]
    fn an_open_websocket_keeps_its_run() {
        let ledger = Ledger::default();
        let meter = meter(1);
        assert!(ledger.take_in(RunId(1), &meter, 0).is_some());
        meter.upgraded(0);
        assert!(ledger.transcript(RunId(1), 2 * EXPIRY, true).is_some());
        meter.gone();
        assert!(ledger.transcript(RunId(1), 4 * EXPIRY, true).is_none());
    }

    #[test]
    fn of_too_many_runs_the_longest_unused_goes() {
        let ledger = Ledger::default();
        for run in 0..MAX_RUNS as u64 {
            assert!(ledger.take_in(RunId(run.into()), &meter(run), run).is_some());
        }
        let later = MAX_RUNS as u64;
        assert!(ledger.transcript(RunId(0), later, true).is_some());
        assert!(ledger.take_in(RunId(later.into()), &meter(later), later + 1).is_some());
        assert!(ledger.transcript(RunId(0), later + 2, true).is_some());
        assert!(ledger.transcript(RunId(1), later + 2, true).is_none());
    }

    #[test]
    fn what_has_no_room_in_a_run_is_counted() {
        let ledger = Ledger::default();
        let meter = meter(1);
        for _ in 0..MAX_EXCHANGES {
            assert!(ledger.take_in(RunId(1), &meter, 0).is_some());
        }
        assert!(ledger.take_in(RunId(1), &meter, 0).is_none());
        assert_eq!(ledger.transcript(RunId(1), 0, true).map(|transcript| transcript.dropped), Some(1));
    }
}
