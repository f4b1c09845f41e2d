//! From bytes on the wire to what they mean: HTTP/1.x messages, WebSocket frames, the opening
//! handshake that leads from one to the other.
//!
//! In come the bytes of one direction of a connection, as a transcript holds them and cut however they
//! were read; out comes a reading: messages or frames, what is wrong with them, and *spans* that say of
//! every byte what it is. A decoder is fed bit by bit and its reading grows; how the bytes were cut never
//! changes it. Bytes that nobody sane would send are told as what they are, so that a page can show them:
//! nothing here does I/O, panics, or sets room aside for a length that is merely announced.
//!
//! Offsets count bytes from the start of the stream that was fed, from 0.

// What comes in here is whatever somebody put on a wire.
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]

pub mod handshake;
pub mod http1;
pub(crate) mod utf8;
pub mod websocket;

/// A range of a stream's bytes, and what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<P> {
    /// The offset of its first byte.
    pub start: u64,
    /// The offset behind its last byte.
    pub end: u64,
    /// What the bytes are.
    pub part: P,
}

impl<P> Span<P> {
    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it has none; only a span that says what is wrong may be empty: something is missing there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes, if `stream` is the stream from its start and holds them.
    #[must_use]
    pub fn bytes<'a>(&self, stream: &'a [u8]) -> Option<&'a [u8]> {
        stream.get(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }
}

/// Why there are no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The sender ended its side of the connection, or the connection broke: what is incomplete stays so,
    /// and that is an error of the stream.
    Closed,
    /// No more is known: the connection is still open, or the rest was not kept. What is incomplete is
    /// told as incomplete, and nobody is blamed.
    Unknown,
}

/// Appends the span of `count` bytes from `start`, if there are any.
fn push<P>(spans: &mut Vec<Span<P>>, start: u64, count: usize, part: P) {
    if count > 0 {
        spans.push(Span { start, end: start.saturating_add(count as u64), part });
    }
}

/// Like [`push`], for bytes that arrive in parts: lengthens the last span if it is of the same part, so
/// that the spans do not tell how the stream was cut.
fn extend<P: PartialEq>(spans: &mut Vec<Span<P>>, start: u64, count: usize, part: P) {
    match spans.last_mut() {
        Some(last) if last.end == start && last.part == part => last.end = start.saturating_add(count as u64),
        _ => push(spans, start, count, part),
    }
}
