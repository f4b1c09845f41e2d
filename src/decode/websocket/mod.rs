//! One direction of a WebSocket (RFC 6455 §5): frames, the messages they make up, and how it closes.
//!
//! A [`Decoder`] takes the bytes behind the opening handshake; its [`Reading`] has the frames with their
//! payload unmasked, the messages, and the spans that cover every byte. Whatever bytes come, they are a
//! frame: what the standard forbids is noted at the frame, and reading goes on, as a recipient, which has to
//! fail the connection there, would not. So what stands behind a violation of the framing itself may mean
//! little.

mod close;
mod decoder;
mod frame;
mod violation;

pub use close::{Close, CloseCode};
pub use decoder::Decoder;
pub use frame::{Frame, LengthForm, Opcode};
pub use violation::Violation;

use super::Span;

/// Who sends what is decoded: a client masks, a server does not (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

/// What a range of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first byte: FIN, the three reserved bits, the opcode.
    FinAndOpcode,
    /// The second byte: MASK and the length, or which form the length has.
    MaskAndLength,
    /// The length in 2 or 8 bytes, where 7 bits do not hold it.
    ExtendedLength,
    /// The masking key.
    MaskingKey,
    /// Application data, masked as they were sent.
    Payload,
    /// The code at the start of a close frame's payload.
    CloseCode,
    /// The reason behind it.
    CloseReason,
    /// The bytes of a frame's head that is not complete.
    Incomplete,
}

impl Part {
    /// Whether these bytes are carried, rather than there to frame what is.
    #[must_use]
    pub const fn is_payload(self) -> bool {
        matches!(self, Self::Payload | Self::CloseCode | Self::CloseReason)
    }
}

/// What was read of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What each byte is, in order, without gap or overlap, up to the last frame's payload; after
    /// [`Decoder::end`] up to the last byte.
    pub spans: Vec<Span<Part>>,
    /// The frames whose head is complete, in order.
    pub frames: Vec<Frame>,
    /// The data messages that these make up, in order of their first frame.
    pub messages: Vec<Message>,
    /// After [`Decoder::end`]: how many bytes there are of a head that is not complete.
    pub incomplete_head: u64,
}

/// A text or binary message (RFC 6455 §5.4, §5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// [`Opcode::Text`] or [`Opcode::Binary`].
    pub opcode: Opcode,
    /// Its frames, as indices into [`Reading::frames`]; control frames between them are not its.
    pub frames: Vec<usize>,
    /// It is compressed (RFC 7692 §6); its text is then not judged, as it is not inflated.
    pub compressed: bool,
    /// Its last frame was there, and was whole.
    pub complete: bool,
    /// For text that is not UTF-8: the offset in the stream of the first byte that no UTF-8 text can have
    /// there, or behind the message if that ends within a character.
    pub not_utf8_at: Option<u64>,
}

impl Reading {
    /// The payload of a message, its frames' put together; compressed if the message is.
    #[must_use]
    pub fn payload(&self, message: &Message) -> Vec<u8> {
        let frames = message.frames.iter().filter_map(|&index| self.frames.get(index));
        frames.flat_map(|frame| frame.payload.iter().copied()).collect()
    }
}
