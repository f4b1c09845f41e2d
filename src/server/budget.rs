//! A number of bytes that many things share: each takes its [`Share`], and gives it back when it is
//! dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that may be in use at once.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    taken: AtomicUsize,
}

/// Bytes that are in use as long as this lives.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// One of `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner { limit, taken: AtomicUsize::new(0) }))
    }

    /// Takes `bytes`, or nothing if there are not so many left.
    pub(crate) fn take(&self, bytes: usize) -> Option<Share> {
        let add = |taken: usize| taken.checked_add(bytes).filter(|&sum| sum <= self.0.limit);
        self.0.taken.fetch_update(Relaxed, Relaxed, add).ok()?;
        Some(Share { budget: self.clone(), bytes })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.taken.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_there_again_when_a_share_is_dropped() {
        let budget = Budget::new(10);
        let first = budget.take(6).expect("there are ten");
        assert!(budget.take(5).is_none());
        let _second = budget.take(4).expect("there are four");
        assert!(budget.take(1).is_none());
        drop(first);
        assert!(budget.take(6).is_some());
        assert!(budget.take(usize::MAX).is_none());
    }
}
