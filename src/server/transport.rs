//! What a connection's bytes travel on, below the meter: TCP, and TLS on top of it where the port
//! has it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::layers::WireCounts;
use super::link::Linked;

/// A socket, perhaps behind an emulated link.
pub(crate) type Socket = Linked<TcpStream>;

/// What a meter stands on.
#[derive(Debug)]
pub(crate) enum Transport {
    /// The bytes of the socket.
    Plain(Socket),
    /// The bytes within TLS.
    Tls(Box<TlsStream<Wire>>),
}

/// The bytes below TLS, counted.
#[derive(Debug)]
pub(crate) struct Wire {
    socket: Socket,
    counts: Arc<WireCounts>,
}

impl Wire {
    /// Counts what crosses `socket`.
    pub(crate) fn new(socket: Socket) -> (Self, Arc<WireCounts>) {
        let counts = Arc::<WireCounts>::default();
        (Self { socket, counts: Arc::clone(&counts) }, counts)
    }
}

impl Transport {
    /// How many bytes were written below TLS, where there is TLS: while it waits for room for what it was
    /// given, this shows whether there is any. Without TLS always 0.
    pub(crate) fn written_below(&self) -> u64 {
        match self {
            Self::Plain(_) => 0,
            Self::Tls(tls) => tls.get_ref().0.counts.bytes_out.load(Relaxed),
        }
    }

    /// Has the connection end with a reset (RST) instead of an end of stream once it is dropped.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.reset(),
            Self::Tls(tls) => tls.get_mut().0.socket.reset(),
        }
    }
}

/// Hands a call on to whichever stream there is.
macro_rules! whichever {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Plain($stream) => $call,
            Self::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        whichever!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        whichever!(self, stream => Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        whichever!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
        self.counts.bytes_in.fetch_add((buffer.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.socket).poll_write(context, bytes))?;
        self.counts.bytes_out.fetch_add(count as u64, Relaxed);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.socket).poll_write_vectored(context, slices))?;
        self.counts.bytes_out.fetch_add(count as u64, Relaxed);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
