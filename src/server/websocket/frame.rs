//! Frames as a server sees them (RFC 6455 §5): the head of a client's frame, masking, and the head
//! of a frame that is sent.

use super::Violation;

/// What a frame is (RFC 6455 §5.2). The numbers are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    /// The next part of a message.
    Continuation = 0x0,
    /// Text, or its first part.
    Text = 0x1,
    /// Binary data, or their first part.
    Binary = 0x2,
    /// The end of what its sender will send.
    Close = 0x8,
    /// To be answered with a pong.
    Ping = 0x9,
    /// The answer to a ping, or a sign of life.
    Pong = 0xA,
}

impl Opcode {
    fn read(nibble: u8) -> Result<Self, Violation> {
        Ok(match nibble {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return Err(Violation::protocol("a frame has an opcode that is reserved")),
        })
    }

    /// Whether frames of this kind may come between the parts of a message (RFC 6455 §5.5).
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The head of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// It is the last of its message.
    pub(crate) is_final: bool,
    /// It begins a compressed message (RFC 7692 §6: RSV1).
    pub(crate) is_compressed: bool,
    /// What it is.
    pub(crate) opcode: Opcode,
    /// Its masking key.
    pub(crate) key: [u8; 4],
    /// Bytes of its payload.
    pub(crate) length: u64,
}

/// The first reserved bit of a head's first byte.
pub(crate) const RSV1: u8 = 0x40;

/// The longest payload of a control frame (RFC 6455 §5.5).
const LONGEST_CONTROL: u64 = 125;

impl Head {
    /// Reads a head from the front of `bytes`. Returns it with its own length, or `None` if it is
    /// not complete. `deflates` says that permessage-deflate was agreed on.
    ///
    /// # Errors
    /// As soon as the bytes cannot be the beginning of a frame that a client may send.
    pub(crate) fn read(bytes: &[u8], deflates: bool) -> Result<Option<(Self, usize)>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let is_compressed = first & RSV1 != 0;
        if first & 0x30 != 0 || is_compressed && !deflates {
            return Err(Violation::protocol("a frame has a reserved bit set that no extension was agreed on for"));
        }
        let is_final = first & 0x80 != 0;
        let opcode = Opcode::read(first & 0x0F)?;
        if opcode.is_control() && !is_final {
            return Err(Violation::protocol("a control frame is fragmented"));
        }
        if is_compressed && !matches!(opcode, Opcode::Text | Opcode::Binary) {
            return Err(Violation::protocol("a frame that begins no message is marked as compressed"));
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(Violation::protocol("a frame from a client is not masked"));
        }
        let (length, at) = match second & 0x7F {
            126 => match bytes.get(2..4).and_then(|field| field.try_into().ok()) {
                Some(field) => (u64::from(u16::from_be_bytes(field)), 4),
                None if opcode.is_control() => return Err(Violation::protocol(CONTROL_TOO_LONG)),
                None => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|field| field.try_into().ok()) {
                Some(field) => (u64::from_be_bytes(field), 10),
                None if opcode.is_control() => return Err(Violation::protocol(CONTROL_TOO_LONG)),
                None => return Ok(None),
            },
            short => (u64::from(short), 2),
        };
        if opcode.is_control() && length > LONGEST_CONTROL {
            return Err(Violation::protocol(CONTROL_TOO_LONG));
        }
        let is_minimal = match at {
            4 => length > 125,
            10 => length > 0xFFFF && length >> 63 == 0,
            _ => true,
        };
        if !is_minimal {
            return Err(Violation::protocol("a frame's length is not written in its shortest form"));
        }
        let Some(key) = bytes.get(at..at + 4).and_then(|field| field.try_into().ok()) else {
            return Ok(None);
        };
        Ok(Some((Self { is_final, is_compressed, opcode, key, length }, at + 4)))
    }
}

const CONTROL_TOO_LONG: &str = "a control frame has more than 125 bytes";

/// Masks or unmasks a part of a payload that begins `offset` bytes into it (RFC 6455 §5.3).
pub(crate) fn mask(part: &mut [u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let twice = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
    let mut words = part.chunks_exact_mut(8);
    for word in &mut words {
        let masked: [u8; 8] = std::array::from_fn(|at| word[at]);
        word.copy_from_slice(&(u64::from_ne_bytes(masked) ^ twice).to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends the head of an unfragmented frame from the server, which is not masked.
pub(crate) fn write_head(out: &mut impl Extend<u8>, opcode: Opcode, length: usize) {
    let first = 0x80 | opcode as u8;
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => out.extend([first, short]),
        (_, Ok(medium)) => out.extend([first, 126].into_iter().chain(medium.to_be_bytes())),
        _ => out.extend([first, 127].into_iter().chain((length as u64).to_be_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_standards_masked_hello_is_read() {
        // RFC 6455 §5.7.
        let mut frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let (head, at) = Head::read(&frame, false).expect("right").expect("complete");
        assert_eq!((head.is_final, head.opcode, head.length, at), (true, Opcode::Text, 5, 6));
        mask(&mut frame[at..], head.key, 0);
        assert_eq!(&frame[at..], b"Hello");
    }

    #[test]
    fn heads_are_written_in_the_three_forms_of_the_standard() {
        let written = |length| {
            let mut head = Vec::new();
            write_head(&mut head, Opcode::Binary, length);
            head
        };
        assert_eq!(written(0), [0x82, 0]);
        assert_eq!(written(125), [0x82, 125]);
        assert_eq!(written(126), [0x82, 126, 0, 126]);
        assert_eq!(written(256), [0x82, 126, 1, 0]);
        assert_eq!(written(65535), [0x82, 126, 255, 255]);
        assert_eq!(written(65536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn what_a_client_may_not_send_is_refused_at_the_first_byte_that_shows_it() {
        let refused: [(&str, &[u8]); 10] = [
            ("RSV1", &[0xC1]),
            ("RSV2", &[0xA1]),
            ("RSV3", &[0x91]),
            ("opcode 3", &[0x83]),
            ("opcode 11", &[0x8B]),
            ("fragmented ping", &[0x09]),
            ("no mask", &[0x81, 0x05]),
            ("long ping", &[0x89, 0xFE]),
            ("16-bit length of 125", &[0x82, 0xFE, 0, 125]),
            ("64-bit length with its highest bit", &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ];
        for (what, bytes) in refused {
            assert!(Head::read(bytes, false).is_err(), "{what}");
            assert_eq!(Head::read(&bytes[..bytes.len() - 1], false), Ok(None), "{what}");
        }
    }

    #[test]
    fn compression_is_marked_where_a_message_begins_and_nowhere_else() {
        for first in [0xC1, 0x41, 0xC2, 0x42] {
            let (head, _) = Head::read(&[first, 0x80, 0, 0, 0, 0], true).expect("right").expect("complete");
            assert!(head.is_compressed);
        }
        for first in [0xC0, 0x40, 0xC8, 0xC9, 0xCA, 0xA1, 0x91, 0xE1] {
            assert!(Head::read(&[first], true).is_err(), "{first:x}");
        }
    }

    proptest! {
        #[test]
        fn masking_in_parts_is_masking_at_once(payload: Vec<u8>, key: [u8; 4], cut: proptest::sample::Index) {
            let expected: Vec<u8> = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            let cut = cut.index(payload.len() + 1);
            let mut masked = payload;
            let (front, back) = masked.split_at_mut(cut);
            mask(front, key, 0);
            mask(back, key, cut);
            prop_assert_eq!(masked, expected);
        }

        #[test]
        fn any_bytes_are_a_head_or_refused(bytes: Vec<u8>, deflates: bool) {
            if let Ok(Some((_, length))) = Head::read(&bytes, deflates) {
                prop_assert!(length <= bytes.len());
            }
        }
    }
}
