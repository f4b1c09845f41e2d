//! Writing: short frames are collected and leave with one write, long payloads are not copied. The room
//! for them is lent by the thread while there is something to write, so that an idle connection keeps none.
//! A client that does not read is waited for, but not for ever: what it is sent is held in memory.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::sleep;

use super::assembler::Kind;
use super::deflate::Deflater;
use super::extension::Deflate;
use super::frame::{self, Opcode};

/// A payload up to this size is copied behind its head, to leave with other frames in one write.
const COPIED: usize = 16 << 10;
/// Frames are collected up to this size before they are written.
const COLLECTED: usize = 64 << 10;
/// The most room that is lent again. A short frame behind frames that are almost enough fits into it.
const LENT: usize = COLLECTED + 2 * COPIED;
/// How many rooms a thread keeps to lend.
const ROOMS: usize = 4;
/// Bytes of the longest head of a frame from the server.
const LONGEST_HEAD: usize = 10;
/// Bytes of the longest reason in a close frame (RFC 6455 §5.5: 125 less the code).
const LONGEST_REASON: usize = 123;
/// How slowly a client may read, in bytes a second, when much is to be written.
const SLOWEST: usize = 4 << 10;

thread_local! {
    static ROOM: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// What is to be written to a client.
#[derive(Debug)]
pub(super) struct Output {
    frames: Vec<u8>,
    /// Bytes of the frames that were written.
    written: usize,
    /// How long nothing at all may be taken by the connection.
    patience: Duration,
    /// For messages, if it was agreed that they are compressed.
    deflater: Option<Box<Deflater>>,
}

impl Output {
    /// An output that waits `patience` for a connection that takes nothing, and compresses messages if that
    /// was agreed on.
    pub(super) fn new(patience: Duration, agreed: Option<Deflate>) -> Self {
        Self { frames: Vec::new(), written: 0, patience, deflater: agreed.map(Deflater::new).map(Box::new) }
    }

    /// Collects a control frame, which the next [`Output::flush`] writes.
    pub(super) fn collect(&mut self, opcode: Opcode, payload: &[u8]) {
        let frames = self.room();
        frame::write_head(frames, opcode, payload.len());
        frames.extend_from_slice(payload);
    }

    /// Collects a close frame with a code and as much of a reason as fits.
    pub(super) fn collect_close(&mut self, code: Option<u16>, reason: &str) {
        let mut payload = code.map(u16::to_be_bytes).map_or_else(Vec::new, |code| code.to_vec());
        let end = (0..=reason.len().min(LONGEST_REASON)).rev().find(|&end| reason.is_char_boundary(end));
        payload.extend_from_slice(&reason.as_bytes()[..end.unwrap_or(0)]);
        self.collect(Opcode::Close, &payload);
    }

    /// Sends a message of two parts in one frame: collects it if it is short, writes it if it is long.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn send(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        kind: Kind,
        front: &[u8],
        payload: &[u8],
    ) -> io::Result<()> {
        let compressed = match &mut self.deflater {
            Some(deflater) => Some(Box::pin(deflater.deflate([front, payload])).await?),
            None => None,
        };
        let [front, payload] = compressed.as_ref().map_or([front, payload], |compressed| [&[], compressed]);
        self.send_frame(stream, kind, compressed.is_some(), front, payload).await
    }

    async fn send_frame(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        kind: Kind,
        is_compressed: bool,
        front: &[u8],
        payload: &[u8],
    ) -> io::Result<()> {
        let is_short = payload.len() <= COPIED;
        let frames = self.room();
        frames.reserve(LONGEST_HEAD + front.len() + if is_short { payload.len() } else { 0 });
        write_head(frames, kind, is_compressed, front.len() + payload.len());
        frames.extend_from_slice(front);
        if !is_short {
            return self.write(stream, payload).await;
        }
        frames.extend_from_slice(payload);
        if self.frames.len() >= COLLECTED { self.flush(stream).await } else { Ok(()) }
    }

    /// The whole frame of a message of two parts, and the length of its head.
    ///
    /// # Errors
    /// When it cannot be compressed.
    pub(super) async fn frame(&mut self, kind: Kind, front: &[u8], payload: &[u8]) -> io::Result<(Vec<u8>, usize)> {
        let compressed = match &mut self.deflater {
            Some(deflater) => Some(deflater.deflate([front, payload]).await?),
            None => None,
        };
        let parts = compressed.as_ref().map_or([front, payload], |compressed| [&[], compressed]);
        let mut frame = Vec::new();
        write_head(&mut frame, kind, compressed.is_some(), parts[0].len() + parts[1].len());
        let head = frame.len();
        parts.iter().for_each(|part| frame.extend_from_slice(part));
        Ok((frame, head))
    }

    /// Writes what was collected, then any bytes.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn write_raw(&mut self, stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
        self.write(stream, bytes).await
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
            // On the heap, so that those that need it not keep no room for it.
            None => Box::pin(self.write_patiently(stream, payload)).await,
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

    /// Where frames are collected.
    fn room(&mut self) -> &mut Vec<u8> {
        if self.frames.capacity() == 0
            && let Some(room) = ROOM.with_borrow_mut(Vec::pop)
        {
            self.frames = room;
        }
        &mut self.frames
    }

    fn clear(&mut self) {
        self.written = 0;
        self.frames.clear();
        let room = std::mem::take(&mut self.frames);
        if room.capacity() <= LENT {
            ROOM.with_borrow_mut(|rooms| {
                if rooms.len() < ROOMS {
                    rooms.push(room);
                }
            });
        }
    }
}

fn write_head(frames: &mut Vec<u8>, kind: Kind, is_compressed: bool, length: usize) {
    let first = frames.len();
    frame::write_head(frames, kind.opcode(), length);
    if is_compressed {
        frames[first] |= frame::RSV1;
    }
}

fn stalled() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client does not read what it is sent, or too slowly")
}
