//! What may be wrong with the bytes of an HTTP/1.x connection, in sentences.

use thiserror::Error;

use super::LONGEST_LINE;

/// A departure from RFC 9112. Some are harmless and some end all understanding; a reading tells both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The stream does not begin a message with a character that a first line may begin with.
    #[error("no HTTP/1.x message begins with this byte: a method or “HTTP/” would be right (RFC 9112 §2.1)")]
    NotHttp,
    /// The first line is neither a request line nor a status line.
    #[error("a request begins with “method target HTTP/1.1”, a response with “HTTP/1.1 200 reason” (RFC 9112 §2.1)")]
    StartLine,
    /// The first line names another version than 1.x.
    #[error("the version is not one of HTTP/1.x, whose messages alone look like this (RFC 9112 §2.3)")]
    OtherVersion,
    /// There is more, or other, white space in the first line than single spaces between its parts.
    #[error("the parts of a first line are separated by single spaces (RFC 9112 §3, §4)")]
    StartLineSpace,
    /// A request's target contains white space.
    #[error("a request target contains no white space; it would be written %20 (RFC 9112 §3.2)")]
    SpaceInTarget,
    /// A request's target contains a byte that is not a visible ASCII character.
    #[error("a request target consists of visible ASCII characters; others are percent-encoded (RFC 9112 §3.2)")]
    TargetByte,
    /// A status code is not between 100 and 599.
    #[error("a status code lies between 100 and 599; this one counts as a server error (RFC 9110 §15)")]
    StatusOutOfRange,
    /// There is no space behind the status code.
    #[error("a space follows the status code, also where there is no reason phrase (RFC 9112 §4)")]
    NoSpaceBehindStatus,
    /// An empty line comes before a message.
    #[error("an empty line comes before the message; servers pass over it, clients need not (RFC 9112 §2.2)")]
    EmptyLine,
    /// A line ends with LF alone.
    #[error("a line ends with LF alone; CR LF would be right (RFC 9112 §2.2)")]
    BareLf,
    /// A CR is not followed by LF.
    #[error("a CR stands alone; it belongs before an LF only (RFC 9112 §2.2)")]
    BareCr,
    /// A control character where text is expected.
    #[error("a control character stands in a text; NUL, CR and LF there are dangerous (RFC 9110 §5.5)")]
    ControlByte,
    /// A line continues the field above it.
    #[error("a field's value goes on in the next line (obs-fold), which is obsolete (RFC 9112 §5.2)")]
    ObsFold,
    /// A line begins with white space, but there is no field above that it could continue.
    #[error("a line begins with white space and continues no field (RFC 9112 §2.2, §5.2)")]
    FoldOfNothing,
    /// There is white space between a field's name and its colon.
    #[error("white space stands between a field's name and its colon; a server refuses that (RFC 9112 §5.1)")]
    SpaceBeforeColon,
    /// A field line has no colon.
    #[error("a field line is “name: value”; this one has no colon (RFC 9112 §5)")]
    NoColon,
    /// A field's name is empty or has characters that a name may not have.
    #[error("a field's name consists of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.1)")]
    FieldName,
    /// A `Content-Length` is not a number, or one that no computer counts to.
    #[error("a Content-Length is a decimal number of at most 64 bits (RFC 9110 §8.6)")]
    ContentLength,
    /// A `Content-Length` is given several times, with the same value.
    #[error("the same Content-Length is given more than once (RFC 9110 §8.6)")]
    ContentLengthRepeated,
    /// `Content-Length` is given with different values.
    #[error("there are different Content-Lengths: where the message ends cannot be known (RFC 9112 §6.3)")]
    ContentLengthsDiffer,
    /// There is a `Transfer-Encoding` and a `Content-Length`.
    #[error(
        "Transfer-Encoding and Content-Length are both there, as in request smuggling; the former counts (RFC 9112 §6.3)"
    )]
    BothLengths,
    /// A request's `Transfer-Encoding` does not end with `chunked`, or names it twice.
    #[error(
        "chunked is to be the last transfer coding, and once: where the message ends cannot be known (RFC 9112 §6.1)"
    )]
    TransferEncoding,
    /// An HTTP/1.0 message has a `Transfer-Encoding`.
    #[error("HTTP/1.0 has no Transfer-Encoding; the framing is doubtful (RFC 9112 §6.1)")]
    TransferEncodingIn10,
    /// A chunk's size is not a hexadecimal number.
    #[error("a chunk begins with its size as a hexadecimal number of at most 64 bits (RFC 9112 §7.1)")]
    ChunkSize,
    /// There is white space around a chunk's size.
    #[error("no white space belongs around a chunk's size (RFC 9112 §7.1)")]
    ChunkSizeSpace,
    /// A chunk's data are not followed by the end of a line.
    #[error("CR LF follows the data of a chunk; the data are longer or shorter than announced (RFC 9112 §7.1)")]
    ChunkEnd,
    /// A line does not end within [`LONGEST_LINE`] bytes.
    #[error("a line has more than {} bytes; nothing behind it is read", LONGEST_LINE)]
    LineTooLong,
    /// The stream ended within a message.
    #[error("the stream ended before the message was complete (RFC 9112 §8)")]
    CutShort,
}
