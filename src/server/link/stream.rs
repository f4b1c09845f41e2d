//! The application's end of an emulated link.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::alarm::Alarm;
use super::driver::{Driver, Shared, lock};
use super::line::{DelayLine, End, Route};
use crate::server::clock::{Clock, timer_now};
use crate::wire::Link;

/// A stream that a link can be emulated on.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Has the stream end with a reset (RST) instead of an end of stream when it is dropped.
    ///
    /// # Errors
    /// When the system does not let it.
    fn reset_when_dropped(&mut self) -> io::Result<()>;
}

impl Transport for TcpStream {
    fn reset_when_dropped(&mut self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

/// A stream as if it came over a link, or as it is. The module's text says what is emulated.
///
/// - Reads and writes behave as those of a TCP socket do. What was written is under way at once;
///   [`AsyncWrite::poll_flush`] does not wait for it to arrive.
/// - [`AsyncWrite::poll_shutdown`] is done when all that was written has arrived, and the end of stream too.
/// - When it is dropped, what is under way still travels, and then the end of stream if none was
///   sent. A client that does not read can hold that up for 5 s; then the stream is reset.
/// - Once the stream below has failed, reads and writes fail, half a round-trip time later.
#[derive(Debug)]
pub(crate) struct Linked<S>(Way<S>);

#[derive(Debug)]
enum Way<S> {
    /// Nothing is emulated.
    Direct(S),
    /// A [`Driver`] has the stream.
    Emulated { shared: Arc<Shared>, handshake: (u64, u64) },
}

impl<S: Transport> Linked<S> {
    /// `stream` as it is, with next to no cost.
    pub(crate) fn direct(stream: S) -> Self {
        Self(Way::Direct(stream))
    }

    /// `stream`, which was accepted now, as if it came over `link`. Equal seeds give equal jitter. A link without
    /// delay, jitter and rate leaves the stream as it is.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn new(stream: S, link: &Link, seed: u64, clock: Clock) -> Self {
        Self::with_alarm(stream, link, seed, clock, Alarm::precise)
    }

    /// The same, woken by a certain alarm.
    pub(super) fn with_alarm(stream: S, link: &Link, seed: u64, clock: Clock, alarm: fn() -> Alarm) -> Self {
        let route = Route::of(link);
        if route.is_direct() {
            return Self::direct(stream);
        }
        let (accepted, now) = (clock.now(), timer_now());
        let open = now + Duration::from_micros(link.rtt);
        // The application has the client's last word of the handshake as soon as it has the connection: what
        // it writes sets out at once. (In practice it waits for a request.)
        let inbound = DelayLine::new(route, open, seed);
        let outbound = DelayLine::new(route, now, !seed);
        let (driver, shared) = Driver::new(stream, inbound, outbound, alarm());
        tokio::spawn(driver);
        Self(Way::Emulated { shared, handshake: (accepted, accepted.saturating_add(link.rtt)) })
    }

    /// From when to when the handshake of TCP is emulated, in µs of the server's clock; `None` where
    /// nothing is emulated.
    pub(crate) fn handshake(&self) -> Option<(u64, u64)> {
        match &self.0 {
            Way::Direct(_) => None,
            Way::Emulated { handshake, .. } => Some(*handshake),
        }
    }

    /// Ends the connection with a reset (RST). What is under way still travels, and then the reset, also if this
    /// is dropped meanwhile; but a client that does not read does not hold it up. From now on reads and
    /// writes fail. Without an emulated link the reset takes place when this is dropped.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        let shared = match &mut self.0 {
            Way::Direct(stream) => return stream.reset_when_dropped(),
            Way::Emulated { shared, .. } => shared,
        };
        lock(&shared.outbound).send_end(End::Reset);
        // Who waits for bytes hears of it.
        lock(&shared.inbound).wake_application();
        Ok(())
    }
}

impl super::driver::Way {
    /// Sends the end.
    fn send_end(&mut self, end: End) {
        self.line.finish(timer_now(), end);
        self.wake_driver();
    }
}

impl<S> Drop for Way<S> {
    fn drop(&mut self) {
        if let Self::Emulated { shared, .. } = self {
            lock(&shared.inbound).is_abandoned = true;
            let mut outbound = lock(&shared.outbound);
            outbound.is_abandoned = true;
            outbound.send_end(End::InOrder);
        }
    }
}

impl Shared {
    fn poll_read(&self, context: &Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if lock(&self.outbound).line.is_reset() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let mut way = lock(&self.inbound);
        if way.line.arrived_count() > 0 {
            let was_full = way.line.room() == 0;
            let mut count = 0;
            for slice in way.line.arrived() {
                let part = &slice[..slice.len().min(buffer.remaining())];
                buffer.put_slice(part);
                count += part.len();
            }
            way.line.take(count);
            if was_full && way.line.room() > 0 {
                way.wake_driver();
            }
            return Poll::Ready(Ok(()));
        }
        match (way.line.ended(), way.outcome) {
            (Some(End::InOrder), _) => Poll::Ready(Ok(())),
            (Some(End::Failed(failure)), _) => Poll::Ready(Err(failure.into())),
            (Some(End::Reset), _) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            (None, Some(Err(failure))) => Poll::Ready(Err(failure.into())),
            (None, _) => {
                way.application = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_write(&self, context: &Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut way = lock(&self.outbound);
        if let Some(Err(failure)) = way.outcome {
            return Poll::Ready(Err(failure.into()));
        }
        if way.line.is_finished() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        if way.line.room() == 0 {
            way.application = Some(context.waker().clone());
            return Poll::Pending;
        }
        let driver_knows = way.line.next_due().is_some();
        let now = timer_now();
        let mut count = 0;
        for slice in slices {
            let sent = way.line.send(now, slice);
            count += sent;
            if sent < slice.len() {
                break;
            }
        }
        // If something was under way before, the driver looks again when that arrives.
        if !driver_knows {
            way.wake_driver();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_shutdown(&self, context: &Context<'_>) -> Poll<io::Result<()>> {
        let mut way = lock(&self.outbound);
        match way.outcome {
            Some(outcome) => Poll::Ready(outcome.map_err(io::Error::from)),
            None => {
                if !way.line.is_finished() {
                    way.send_end(End::InOrder);
                }
                way.application = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<S: Transport> AsyncRead for Linked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::Direct(stream) => Pin::new(stream).poll_read(context, buffer),
            Way::Emulated { shared, .. } => shared.poll_read(context, buffer),
        }
    }
}

impl<S: Transport> AsyncWrite for Linked<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Way::Direct(stream) => Pin::new(stream).poll_write(context, bytes),
            Way::Emulated { shared, .. } => shared.poll_write(context, &[IoSlice::new(bytes)]),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Way::Direct(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Way::Emulated { shared, .. } => shared.poll_write(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Way::Direct(stream) => stream.is_write_vectored(),
            Way::Emulated { .. } => true,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::Direct(stream) => Pin::new(stream).poll_flush(context),
            // As with a socket: what was written is on its way.
            Way::Emulated { shared, .. } => match lock(&shared.outbound).outcome {
                Some(Err(failure)) => Poll::Ready(Err(failure.into())),
                _ => Poll::Ready(Ok(())),
            },
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::Direct(stream) => Pin::new(stream).poll_shutdown(context),
            Way::Emulated { shared, .. } => shared.poll_shutdown(context),
        }
    }
}
