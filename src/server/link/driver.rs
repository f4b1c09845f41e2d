//! Moves bytes between a stream and the two delay lines of its link: one task a connection.
//!
//! The task goes on, whatever the application polls, until both ways have ended, or until the
//! application is gone and all that was under way to the client has been delivered.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::line::{DelayLine, End, Failure};
use super::stream::Transport;
use crate::server::clock::timer_now;

/// What one read from the stream takes at most, in bytes.
const READ: usize = 32 << 10;
/// How long a client that does not read may hold up what is under way once the application is gone.
pub(super) const DELIVERY: Duration = Duration::from_secs(5);

/// What application and driver share.
#[derive(Debug)]
pub(super) struct Shared {
    /// From the client to the application.
    pub(super) inbound: Mutex<Way>,
    /// From the application to the client.
    pub(super) outbound: Mutex<Way>,
}

/// One way of the link.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) line: DelayLine,
    /// The application waits for bytes, for room, or for the end.
    pub(super) application: Option<Waker>,
    /// The driver waits for room, for bytes, or for a time.
    driver: Option<Waker>,
    /// The application is gone.
    pub(super) is_abandoned: bool,
    /// The stream is done with: what came of it.
    pub(super) outcome: Option<Result<(), Failure>>,
}

impl Way {
    fn new(line: DelayLine) -> Self {
        Self { line, application: None, driver: None, is_abandoned: false, outcome: None }
    }

    /// Has the application polled again.
    pub(super) fn wake_application(&mut self) {
        if let Some(waker) = self.application.take() {
            waker.wake();
        }
    }

    /// Has the driver polled again.
    pub(super) fn wake_driver(&mut self) {
        if let Some(waker) = self.driver.take() {
            waker.wake();
        }
    }

    /// Has the driver woken by [`Way::wake_driver`].
    fn watch(&mut self, context: &Context<'_>) {
        match &mut self.driver {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }

    fn settle(&mut self, outcome: Result<(), Failure>) {
        self.outcome.get_or_insert(outcome);
        self.wake_application();
    }
}

/// Locks one way. What it holds is whole after every step, so a panic elsewhere does no harm.
pub(super) fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task.
pub(super) struct Driver<S> {
    /// `None` once it was reset or has failed.
    stream: Option<S>,
    shared: Arc<Shared>,
    alarm: Alarm,
    /// The stream failed: the application hears of it together with the inbound end, or, where that
    /// has already arrived, at this time.
    failed: Option<(Failure, Instant)>,
    /// The application is gone: until when what is under way may take.
    deadline: Option<Instant>,
}

impl<S: Transport> Driver<S> {
    pub(super) fn new(stream: S, inbound: DelayLine, outbound: DelayLine, alarm: Alarm) -> (Self, Arc<Shared>) {
        let shared =
            Arc::new(Shared { inbound: Mutex::new(Way::new(inbound)), outbound: Mutex::new(Way::new(outbound)) });
        let driver = Self { stream: Some(stream), shared: Arc::clone(&shared), alarm, failed: None, deadline: None };
        (driver, shared)
    }

    /// Takes what the client sent, has arrive what is due, and gives the time at which more is.
    fn move_inbound(&mut self, context: &mut Context<'_>) -> Option<Instant> {
        let shared = Arc::clone(&self.shared);
        let mut way = lock(&shared.inbound);
        way.watch(context);
        let mut scratch = [const { MaybeUninit::uninit() }; READ];
        while let Some(stream) = &mut self.stream
            && !way.line.is_finished()
        {
            // Where nobody takes them the bytes are read all the same: closing a socket with unread bytes would
            // reset the connection, and take away what is under way to the client.
            let room = if way.is_abandoned { READ } else { way.line.room().min(READ) };
            if room == 0 {
                break;
            }
            let mut buffer = ReadBuf::uninit(&mut scratch[..room]);
            // Not locked while the system copies.
            drop(way);
            let read = Pin::new(stream).poll_read(context, &mut buffer);
            way = lock(&shared.inbound);
            match read {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => {
                    way.line.finish(timer_now(), End::Failed(Failure::from(&error)));
                    self.failed = Some((Failure::from(&error), way.line.last_due()));
                    self.stream = None;
                }
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => way.line.finish(timer_now(), End::InOrder),
                Poll::Ready(Ok(())) if way.is_abandoned => {}
                Poll::Ready(Ok(())) => {
                    way.line.send(timer_now(), buffer.filled());
                }
            }
        }
        if way.line.arrive(timer_now()) {
            way.wake_application();
        }
        way.line.next_due()
    }

    /// Writes what is due, and gives the time at which more is.
    fn move_outbound(&mut self, context: &mut Context<'_>) -> Option<Instant> {
        let shared = Arc::clone(&self.shared);
        let mut way = lock(&shared.outbound);
        way.watch(context);
        let now = timer_now();
        way.line.arrive(now);
        let mut has_room = false;
        while way.line.arrived_count() > 0 {
            let count = match &mut self.stream {
                // Into nowhere, until the application hears of it.
                None => way.line.arrived_count(),
                Some(stream) => match Pin::new(stream).poll_write_vectored(context, &way.line.arrived()) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(0)) => {
                        self.fail(now, &io::ErrorKind::WriteZero.into());
                        continue;
                    }
                    Poll::Ready(Ok(count)) => count,
                    Poll::Ready(Err(error)) => {
                        self.fail(now, &error);
                        continue;
                    }
                },
            };
            way.line.take(count);
            has_room = true;
        }
        if has_room && way.line.room() > 0 {
            way.wake_application();
        }
        if way.outcome.is_none() {
            self.end_outbound(&mut way, now, context);
        }
        way.line.next_due()
    }

    /// Ends the stream if that is due.
    fn end_outbound(&mut self, way: &mut Way, now: Instant, context: &mut Context<'_>) {
        if let Some((failure, _)) = self.failed.filter(|(_, due)| *due <= now) {
            return way.settle(Err(failure));
        }
        if way.is_abandoned && self.deadline.is_none() {
            self.deadline = Some(way.line.last_due().max(now) + DELIVERY);
        }
        // What the client did not take by then would be taken for all there was if it ended in order.
        let is_too_late = self.deadline.is_some_and(|deadline| deadline <= now);
        let is_reset = way.line.is_reset_due() || is_too_late;
        let Some(stream) = &mut self.stream else {
            if is_reset {
                way.settle(Ok(()));
            }
            return;
        };
        if is_reset {
            let outcome = stream.reset_when_dropped();
            self.stream = None;
            way.settle(outcome.map_err(|error| Failure::from(&error)));
        } else if way.line.ended() == Some(End::InOrder)
            && let Poll::Ready(result) = Pin::new(stream).poll_shutdown(context)
        {
            way.settle(result.map_err(|error| Failure::from(&error)));
        }
    }

    /// Notes that the stream failed as it was written to. The application hears of it as it would
    /// of a reset that comes back from the client.
    fn fail(&mut self, now: Instant, error: &io::Error) {
        self.stream = None;
        let failure = Failure::from(error);
        let mut way = lock(&self.shared.inbound);
        let had_ended = way.line.is_finished();
        way.line.finish(now, End::Failed(failure));
        let due = if had_ended { way.line.due_if_sent(now) } else { way.line.last_due() };
        self.failed = Some((failure, due));
    }

    /// Whether there is nothing left to do.
    fn is_done(&self) -> bool {
        let outbound = lock(&self.shared.outbound);
        let is_told = outbound.outcome.is_some();
        // The end of what a client that was reset had sent is of no interest.
        let is_reset = outbound.line.is_reset();
        drop(outbound);
        let inbound = lock(&self.shared.inbound);
        is_told && (is_reset || inbound.is_abandoned || inbound.line.end_arrived())
    }
}

impl<S: Transport> Future for Driver<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        loop {
            // Outbound first: a write that fails ends the other way too.
            let outbound = driver.move_outbound(context);
            let inbound = driver.move_inbound(context);
            if driver.is_done() {
                return Poll::Ready(());
            }
            let failure = driver.failed.map(|(_, due)| due).filter(|_| lock(&driver.shared.outbound).outcome.is_none());
            let next = [outbound, inbound, failure, driver.deadline].into_iter().flatten().min();
            std::task::ready!(driver.alarm.poll(next, context));
        }
    }
}

/// However the task ends, the application does not wait for it any more.
impl<S> Drop for Driver<S> {
    fn drop(&mut self) {
        let gone = Err(Failure::from(io::ErrorKind::ConnectionAborted));
        for way in [&self.shared.inbound, &self.shared.outbound] {
            let mut way = lock(way);
            way.outcome.get_or_insert(gone);
            way.wake_application();
        }
    }
}
