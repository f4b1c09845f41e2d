//! A frame and the fields of its head (RFC 6455 §5.2).

use std::fmt;

use super::{Close, Violation};

/// A frame, as far as it was read; its head is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The offset of its first byte in the stream.
    pub start: u64,
    /// FIN: it is the last of its message.
    pub is_final: bool,
    /// RSV1, RSV2, RSV3: for extensions.
    pub reserved: [bool; 3],
    /// What it is.
    pub opcode: Opcode,
    /// How its length is written.
    pub length_form: LengthForm,
    /// The length of its payload that the head announces, in bytes.
    pub length: u64,
    /// Its masking key, if MASK is set.
    pub masking_key: Option<[u8; 4]>,
    /// Its payload until now, unmasked.
    pub payload: Vec<u8>,
    /// For a close frame: what it says, once it is complete, or the stream ended.
    pub close: Option<Close>,
    /// What the standard forbids, in the order in which it showed.
    pub violations: Vec<Violation>,
}

impl Frame {
    /// Bytes of its head: 2 to 14.
    #[must_use]
    pub const fn head_bytes(&self) -> u64 {
        2 + self.length_form.extended_bytes() as u64 + if self.masking_key.is_some() { 4 } else { 0 }
    }

    /// The offset behind the last byte of it that was read.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.head_bytes() + self.payload.len() as u64
    }

    /// Whether its payload is whole.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.payload.len() as u64 == self.length
    }
}

/// How a payload's length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// In the 7 bits beside MASK: up to 125.
    Bits7,
    /// These are 126, and 16 bits follow: up to 65,535.
    Bits16,
    /// These are 127, and 64 bits follow, of which the highest is 0.
    Bits64,
}

impl LengthForm {
    /// The form that the second byte of a head names.
    pub(super) const fn of(second: u8) -> Self {
        match second & 0x7F {
            126 => Self::Bits16,
            127 => Self::Bits64,
            _ => Self::Bits7,
        }
    }

    /// How many bytes follow the second one for it.
    #[must_use]
    pub const fn extended_bytes(self) -> usize {
        match self {
            Self::Bits7 => 0,
            Self::Bits16 => 2,
            Self::Bits64 => 8,
        }
    }

    /// The smallest length that needs this form.
    pub(super) const fn smallest(self) -> u64 {
        match self {
            Self::Bits7 => 0,
            Self::Bits16 => 126,
            Self::Bits64 => 0x1_0000,
        }
    }
}

/// What a frame is (RFC 6455 §5.2, §11.8). The numbers are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// 0: the next part of a message.
    Continuation,
    /// 1: text, or its first part.
    Text,
    /// 2: binary data, or their first part.
    Binary,
    /// 3 to 7: reserved for further kinds of data.
    ReservedData(u8),
    /// 8: the end of what its sender will send.
    Close,
    /// 9: to be answered with a pong.
    Ping,
    /// 10: the answer to a ping, or a sign of life.
    Pong,
    /// 11 to 15: reserved for further kinds of control frames.
    ReservedControl(u8),
}

impl Opcode {
    /// The opcode in the low 4 bits of a frame's first byte.
    #[must_use]
    pub const fn of(first: u8) -> Self {
        match first & 0x0F {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            data @ 3..=7 => Self::ReservedData(data),
            control => Self::ReservedControl(control),
        }
    }

    /// Its number, 0 to 15.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
            Self::ReservedData(number) | Self::ReservedControl(number) => number,
        }
    }

    /// Whether frames of this kind may come between the parts of a message (RFC 6455 §5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.number() >= 8
    }

    /// Whether the standard gives it no meaning.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self, Self::ReservedData(_) | Self::ReservedControl(_))
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Continuation => out.write_str("continuation"),
            Self::Text => out.write_str("text"),
            Self::Binary => out.write_str("binary"),
            Self::Close => out.write_str("close"),
            Self::Ping => out.write_str("ping"),
            Self::Pong => out.write_str("pong"),
            Self::ReservedData(number) => write!(out, "reserved data opcode {number}"),
            Self::ReservedControl(number) => write!(out, "reserved control opcode {number}"),
        }
    }
}
