//! Reading: as much with one read as there is, without an idle connection keeping room for it.
//!
//! A read goes into a buffer that all connections of a thread share, and what came is copied behind
//! what is still to be taken. Only a long frame that is on its way is read to its place at once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// Bytes of the buffer that a thread's connections share.
const SHARED: usize = 64 << 10;
/// Room that is made at once for a long frame. Its announced length is no reason to set aside more.
const LONG: usize = 256 << 10;
/// Room that a connection keeps while nothing is on its way.
const KEPT: usize = 4 << 10;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SHARED].into_boxed_slice());
}

/// What was read from a client.
#[derive(Debug)]
pub(super) struct Input {
    /// Bytes that were read and not yet taken.
    pub(super) bytes: BytesMut,
    /// The room behind them has grown beyond what may be kept.
    is_large: bool,
}

impl Input {
    /// An input that begins with some bytes.
    pub(super) fn new(read: &[u8]) -> Self {
        Self { bytes: BytesMut::from(read), is_large: read.len() > KEPT }
    }

    /// Reads what there is, up to some size; `missing` is how many bytes a frame that has begun still
    /// lacks. Returns how many bytes were read, 0 at the end of the stream. Nothing is lost when this is
    /// dropped while it waits.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin), missing: usize) -> io::Result<usize> {
        if self.is_large && self.bytes.is_empty() {
            self.bytes = BytesMut::new();
            self.is_large = false;
        }
        let count = if missing > SHARED {
            self.bytes.reserve(missing.min(LONG));
            stream.read_buf(&mut self.bytes).await?
        } else {
            poll_fn(|context| read_shared(Pin::new(&mut *stream), context, &mut self.bytes)).await?
        };
        self.is_large |= self.bytes.len() > KEPT;
        Ok(count)
    }
}

fn read_shared(
    stream: Pin<&mut impl AsyncRead>,
    context: &mut Context<'_>,
    bytes: &mut BytesMut,
) -> Poll<io::Result<usize>> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut buffer = ReadBuf::new(buffer);
        ready!(stream.poll_read(context, &mut buffer))?;
        bytes.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
}
