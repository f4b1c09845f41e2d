//! The server's clock: the one place in the server that reads the time.
//!
//! Every time that the server tells is in microseconds since this clock was started. It is
//! monotonic, so it never jumps and says nothing about the time of day.

// Tokio's, which a test can pause.
use tokio::time::Instant;

/// Microseconds since a server's start; each server has its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that reads 0 now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// µs since [`Clock::start`].
    pub(crate) fn now(self) -> u64 {
        // 2^64 µs are 584,000 years.
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Now on tokio's clock, on which timers run; tests may hold it still.
pub(crate) fn timer_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
