//! What a frame may do that RFC 6455 forbids, in sentences.

use thiserror::Error;

use super::CloseCode;

/// A rule that a frame breaks. Its recipient has to fail the connection (RFC 6455 §7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// The opcode has no meaning.
    #[error("the opcode is reserved (RFC 6455 §5.2)")]
    ReservedOpcode,
    /// This reserved bit is set, 1 to 3, and no extension that was agreed on uses it.
    #[error("RSV{0} is set, and no extension that was agreed on uses it (RFC 6455 §5.2)")]
    ReservedBit(u8),
    /// RSV1 is set elsewhere than at the start of a message.
    #[error("RSV1 says “compressed”, which only the first frame of a message may (RFC 7692 §6.1)")]
    MisplacedCompression,
    /// A control frame is not final.
    #[error("a control frame is fragmented (RFC 6455 §5.5)")]
    FragmentedControl,
    /// A control frame has more than 125 bytes.
    #[error("a control frame has more than 125 bytes of payload (RFC 6455 §5.5)")]
    LongControl,
    /// A shorter form would hold the length.
    #[error("the length is not written in its shortest form (RFC 6455 §5.2)")]
    LengthNotMinimal,
    /// The length has its highest bit set.
    #[error("the highest bit of the 64-bit length is set; it has to be 0 (RFC 6455 §5.2)")]
    LengthHighestBit,
    /// A client's frame is not masked.
    #[error("a frame from a client is not masked (RFC 6455 §5.1)")]
    NotMasked,
    /// A server's frame is masked.
    #[error("a frame from a server is masked (RFC 6455 §5.1)")]
    Masked,
    /// There is no message that a continuation could continue.
    #[error("a continuation continues no message (RFC 6455 §5.4)")]
    ContinuationOfNothing,
    /// A message begins before the one before it has ended.
    #[error("a message begins within another that is not complete (RFC 6455 §5.4)")]
    MessageWithinMessage,
    /// A text message is not UTF-8; noted at the frame where it shows.
    #[error("the text is not UTF-8 (RFC 6455 §8.1)")]
    NotUtf8,
    /// A frame follows a close frame.
    #[error("a frame follows the close frame, which was to be the last (RFC 6455 §5.5.1)")]
    AfterClose,
    /// A close frame's payload has one byte.
    #[error("a close frame's payload is empty or begins with a code of two bytes; this one has one (RFC 6455 §5.5.1)")]
    CloseOfOneByte,
    /// A close frame has a code that may not be sent.
    #[error("the close code {0} may not be sent (RFC 6455 §7.4)")]
    CloseCode(CloseCode),
    /// A close frame's reason is not UTF-8.
    #[error("the close reason is not UTF-8 (RFC 6455 §5.5.1)")]
    ReasonNotUtf8,
}
