//! A TCP stream that tells a [`Meter`] what crosses it, and that closes in an orderly way.
//!
//! This is the layer right above the socket: HTTP and WebSocket are spoken on top of it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::meter::Meter;
use crate::wire::Ending;

/// How long the client's end of stream is waited for after the server's own.
const LINGER: Duration = Duration::from_secs(2);

/// A metered TCP stream.
#[derive(Debug)]
pub(crate) struct MeteredStream {
    tcp: TcpStream,
    meter: Arc<Meter>,
    /// The client sent its end of stream, or the connection broke.
    read_ended: bool,
    /// Set once the server's end of stream was sent: until when the client's is waited for.
    lingers: Option<Pin<Box<Sleep>>>,
}

impl MeteredStream {
    /// Counts what crosses `tcp` on `meter`.
    pub(crate) fn new(tcp: TcpStream, meter: Arc<Meter>) -> Self {
        Self { tcp, meter, read_ended: false, lingers: None }
    }

    /// Has the connection end with a reset (RST) instead of an end of stream once the stream is dropped,
    /// without waiting for what was written to arrive.
    pub(crate) fn reset(&mut self) {
        if let Err(error) = self.tcp.set_zero_linger() {
            tracing::debug!(connection = self.meter.id(), %error, "the connection cannot be reset");
        }
        self.meter.ended(Ending::Server);
    }

    /// Resolves once the client sent its end of stream or the connection broke. Nothing is read, and what
    /// the client sends meanwhile stays where it is.
    pub(crate) async fn client_ended(&self) {
        while let Ok(ready) = self.tcp.ready(Interest::READABLE).await {
            if ready.is_read_closed() {
                break;
            }
            // There are bytes, which are left alone: forgetting that they are there waits for the next event.
            let left = self.tcp.try_io(Interest::READABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
            drop(left);
        }
        self.meter.ended(Ending::Client);
    }

    /// Tells the meter of an error of the transport.
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.read_ended = true;
            self.meter.ended(Ending::Broken);
        }
        result
    }
}

impl AsyncRead for MeteredStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.tcp).poll_read(context, buffer));
        self.note(result)?;
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.meter.read(count as u64);
        } else if buffer.remaining() > 0 {
            self.read_ended = true;
            self.meter.ended(Ending::Client);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.tcp).poll_write(context, bytes));
        let count = self.note(result)?;
        self.meter.wrote(count as u64);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.tcp).poll_write_vectored(context, slices));
        let count = self.note(result)?;
        self.meter.wrote(count as u64);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    /// Sends the end of stream, then reads and discards until the client's arrives, for [`LINGER`]
    /// at most. Closing a socket with unread bytes would reset the connection, and a reset may
    /// take away what the client has not read yet (RFC 9112 §9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers.is_none() {
            ready!(Pin::new(&mut self.tcp).poll_shutdown(context))?;
            self.meter.ended(Ending::Server);
            self.lingers = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        while !self.read_ended {
            // The time first: a client that never pauses would not let it have its turn.
            if self.lingers.as_mut().is_none_or(|sleep| sleep.as_mut().poll(context).is_ready()) {
                break;
            }
            let mut discarded = [0; 8192];
            if ready!(self.as_mut().poll_read(context, &mut ReadBuf::new(&mut discarded))).is_err() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for MeteredStream {
    fn drop(&mut self) {
        self.meter.gone();
    }
}
