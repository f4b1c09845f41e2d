//! The watchdog: it ends HTTP connections whose clients keep the server waiting.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

use super::clock::Clock;
use super::meter::{Meter, Phase};
use super::shutdown::Shutdown;
use super::{Config, Shared};

/// Ends a connection whose client takes too long: to send a head, to begin the next request, or to
/// take what it asked for.
pub(crate) struct Watchdog {
    meter: Arc<Meter>,
    clock: Clock,
    head_time: u64,
    idle_time: u64,
    /// When it looks next, in µs of the server's clock.
    looks: u64,
    sleep: Pin<Box<Sleep>>,
}

impl Watchdog {
    /// The watchdog of a connection that begins.
    pub(crate) fn new(meter: Arc<Meter>, shared: &Shared) -> Self {
        let Config { head_time, idle_time, .. } = shared.config;
        let clock = shared.clock;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let looks = clock.now().saturating_add(micros(head_time));
        let sleep = Box::pin(tokio::time::sleep(head_time));
        Self { meter, clock, head_time: micros(head_time), idle_time: micros(idle_time), looks, sleep }
    }

    /// Has `http` go on until it ends, or until its client was waited for long enough. When the server is told to
    /// end, `finish` tells it to take no more requests.
    pub(crate) async fn watch_until<F: Future<Output = Result<(), E>>, E: Display>(
        mut self,
        mut http: Pin<&mut F>,
        shutdown: Shutdown,
        finish: impl FnOnce(Pin<&mut F>),
    ) {
        tokio::select! {
            biased;
            () = self.watch(http.as_mut()) => return,
            () = shutdown.begun() => {}
        }
        finish(http.as_mut());
        self.watch(http).await;
    }

    async fn watch<E: Display>(&mut self, mut http: Pin<&mut impl Future<Output = Result<(), E>>>) {
        std::future::poll_fn(|context| {
            if let Poll::Ready(result) = http.as_mut().poll(context) {
                if let Err(error) = result {
                    tracing::debug!(connection = self.meter.id(), %error, "the HTTP connection ended early");
                }
                return Poll::Ready(());
            }
            let phase = ready!(self.poll(context));
            tracing::debug!(connection = self.meter.id(), ?phase, "the client took too long");
            Poll::Ready(())
        })
        .await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Phase> {
        loop {
            let phase = self.meter.phase();
            let due = match phase {
                Phase::Head(since) => since.saturating_add(self.head_time),
                Phase::Idle(since) | Phase::Blocked(since) => since.saturating_add(self.idle_time),
                Phase::Busy => u64::MAX,
            };
            if due < self.looks {
                self.look_at(due);
            }
            ready!(self.sleep.as_mut().poll(context));
            let now = self.clock.now();
            if due <= now {
                return Poll::Ready(phase);
            }
            self.look_at(due.min(now.saturating_add(self.head_time)));
        }
    }

    fn look_at(&mut self, due: u64) {
        self.looks = due;
        // Rounded up, so that it is due when the timer says so.
        self.sleep = Box::pin(tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.clock.now()) + 1000)));
    }
}
