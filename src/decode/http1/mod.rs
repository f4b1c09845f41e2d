//! One direction of an HTTP/1.x connection (RFC 9112): heads, and bodies however they are framed.
//!
//! A [`Decoder`] takes the bytes of one direction; its [`Reading`] has the messages, the spans that cover
//! every byte, and what is wrong. It reads on where a recipient could, also where the standard would have
//! a server refuse: what stands in a transcript was sent, and is to be shown. Where it is no longer known
//! where the next message begins, the rest of the stream is [`Part::Unframed`].

mod decoder;
mod framing;
mod line;
mod message;
mod problem;

pub use decoder::{Decoder, LONGEST_LINE};
pub use message::{Field, Framing, Message, StartLine};
pub use problem::Problem;

use super::Span;

/// What a range of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A request's method (RFC 9112 §3.1).
    Method,
    /// A request's target (§3.2).
    Target,
    /// The protocol's version (§2.3).
    Version,
    /// A response's status code (§4).
    StatusCode,
    /// A response's reason phrase (§4).
    ReasonPhrase,
    /// The name of a header or trailer field (§5).
    FieldName,
    /// The colon behind a field's name.
    Colon,
    /// The value of a header or trailer field, without the white space around it.
    FieldValue,
    /// White space that separates and means nothing else.
    Whitespace,
    /// The white space at the start of a line that continues the field above it (obs-fold, §5.2).
    Fold,
    /// The end of a line: CR LF, or LF alone, which is a problem.
    LineEnd,
    /// A chunk's size, in hexadecimal digits (§7.1).
    ChunkSize,
    /// A chunk's extensions, from the semicolon on (§7.1.1).
    ChunkExtension,
    /// Bytes of a message's body, as they are without their transfer coding `chunked`.
    Body,
    /// Bytes of another protocol, after a status 101 or within a tunnel (RFC 9110 §7.8, §9.3.6).
    Upgraded,
    /// A line, or the end of a chunk, of which the last bytes are missing.
    Incomplete,
    /// Bytes that cannot be interpreted, and why.
    Malformed(Problem),
    /// Bytes behind a malformed place: where messages begin and end is no longer known.
    Unframed,
}

impl Part {
    /// Whether these bytes are carried, rather than there to frame and describe what is.
    #[must_use]
    pub const fn is_payload(self) -> bool {
        matches!(self, Self::Body | Self::Upgraded)
    }
}

/// What was read of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What each byte is, in order, without gap or overlap, up to the last byte that is understood; after
    /// [`Decoder::end`] up to the last byte.
    pub spans: Vec<Span<Part>>,
    /// The messages whose first line could be read, in order.
    pub messages: Vec<Message>,
    /// What is wrong, in the order in which it showed; a span is empty where something is missing.
    pub problems: Vec<Span<Problem>>,
    /// Where another protocol begins, once it is known that one does.
    pub upgraded_at: Option<u64>,
}

impl Reading {
    /// The spans that hold the body of `message`, in order.
    pub fn body<'a>(&'a self, message: &Message) -> impl Iterator<Item = &'a Span<Part>> + use<'a> {
        let (start, end) = (message.start, message.end.unwrap_or(u64::MAX));
        self.spans.iter().filter(move |span| span.part == Part::Body && span.start >= start && span.end <= end)
    }
}
