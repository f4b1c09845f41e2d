//! Writing: short frames are collected and leave with one write, long payloads are not copied. A client
//! that does not read is waited for, but not for ever: what it is sent is held in memory.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::sleep;

use super::frame::{self, Opcode};

/// A payload up to this size is copied behind its head, to leave with other frames in one write.
const COPIED: usize = 16 << 10;
/// Frames are collected up to this size before they are written.
const COLLECTED: usize = 64 << 10;
/// Room that a connection keeps while it has nothing to say.
const KEPT: usize = 4 << 10;
/// Bytes of the longest head of a frame from the server.
const LONGEST_HEAD: usize = 10;
/// Bytes of the longest reason in a close frame (RFC 6455 §5.5: 125 less the code).
const LONGEST_REASON: usize = 123;
/// How slowly a client may read, in bytes a second, when much is to be written.
const SLOWEST: usize = 4 << 10;

/// What is to be written to a client.
#[derive(Debug)]
pub(super) struct Output {
    frames: Vec<u8>,
    /// Bytes of the frames that were written.
    written: usize,
    /// How long nothing at all may be taken by the connection.
    patience: Duration,
}

impl Output {
    /// An output that waits `patience` for a connection that takes nothing.
    pub(super) fn new(patience: Duration) -> Self {
        Self { frames: Vec::new(), written: 0, patience }
    }

    /// Collects a frame, which the next [`Output::flush`] writes.
    pub(super) fn collect(&mut self, opcode: Opcode, front: &[u8], payload: &[u8]) {
        let length = front.len() + payload.len();
        self.frames.reserve(LONGEST_HEAD + length);
        frame::write_head(&mut self.frames, opcode, length);
        self.frames.extend_from_slice(front);
        self.frames.extend_from_slice(payload);
    }

    /// Collects a close frame with a code and as much of a reason as fits.
    pub(super) fn collect_close(&mut self, code: Option<u16>, reason: &str) {
        let code = code.map(u16::to_be_bytes);
        let end = (0..=reason.len().min(LONGEST_REASON)).rev().find(|&end| reason.is_char_boundary(end));
        let reason = &reason[..end.unwrap_or(0)];
        self.collect(Opcode::Close, code.as_ref().map_or(&[], <[u8; 2]>::as_slice), reason.as_bytes());
    }

    /// Sends a frame whose payload has two parts: collects it if it is short, writes it if it is long.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn send(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        opcode: Opcode,
        front: &[u8],
        payload: &[u8],
    ) -> io::Result<()> {
        if payload.len() <= COPIED {
            self.collect(opcode, front, payload);
            return if self.frames.len() >= COLLECTED { self.flush(stream).await } else { Ok(()) };
        }
        frame::write_head(&mut self.frames, opcode, front.len() + payload.len());
        self.frames.extend_from_slice(front);
        self.write(stream, payload).await
    }

    /// Writes what was collected. What was not written yet is kept when this is dropped.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn flush(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.frames.is_empty() { Ok(()) } else { self.write(stream, &[]).await }
    }

    /// Writes what was collected, then a payload.
    async fn write(&mut self, stream: &mut (impl AsyncWrite + Unpin), mut payload: &[u8]) -> io::Result<()> {
        // Mostly the connection takes all of it at once, and no timer is needed.
        let at_once = poll_fn(|context| {
            while !self.is_empty() || !payload.is_empty() {
                match self.write_some(Pin::new(&mut *stream), context, &mut payload) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Poll::Pending => return Poll::Ready(None),
                }
            }
            Poll::Ready(Some(Ok(())))
        });
        match at_once.await {
            Some(written) => written,
            None => self.write_patiently(stream, payload).await,
        }
    }

    async fn write_patiently(&mut self, stream: &mut (impl AsyncWrite + Unpin), mut payload: &[u8]) -> io::Result<()> {
        let patience = self.patience;
        let length = self.frames.len() - self.written + payload.len();
        let seconds = u32::try_from(length / SLOWEST).unwrap_or(u32::MAX);
        let mut too_long = pin!(sleep(patience.saturating_add(Duration::from_secs(1).saturating_mul(seconds))));
        while !self.is_empty() || !payload.is_empty() {
            tokio::select! {
                biased;
                written = poll_fn(|context| self.write_some(Pin::new(&mut *stream), context, &mut payload)) => written?,
                () = sleep(patience) => return Err(stalled()),
                () = &mut too_long => return Err(stalled()),
            }
        }
        Ok(())
    }

    /// Writes as much as the connection takes at once.
    fn write_some(
        &mut self,
        stream: Pin<&mut impl AsyncWrite>,
        context: &mut Context<'_>,
        payload: &mut &[u8],
    ) -> Poll<io::Result<()>> {
        let frames = &self.frames[self.written..];
        let count = if payload.is_empty() {
            ready!(stream.poll_write(context, frames))?
        } else {
            ready!(stream.poll_write_vectored(context, &[IoSlice::new(frames), IoSlice::new(payload)]))?
        };
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        let of_frames = count.min(frames.len());
        *payload = &payload[count - of_frames..];
        self.written += of_frames;
        if self.written == self.frames.len() {
            self.clear();
        }
        Poll::Ready(Ok(()))
    }

    fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    fn clear(&mut self) {
        self.written = 0;
        if self.frames.capacity() > KEPT {
            self.frames = Vec::new();
        } else {
            self.frames.clear();
        }
    }
}

fn stalled() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client does not read what it is sent, or too slowly")
}
