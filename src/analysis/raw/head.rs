//! The head of a frame, bit by bit: which bits are which field, and what they say (RFC 6455 §5.2).

use crate::decode::websocket::{Frame, LengthForm};

/// What some bits of a frame's head are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// FIN: whether it is the last frame of its message.
    Fin,
    /// RSV1, RSV2 or RSV3, by its number.
    Reserved(u8),
    /// The opcode.
    Opcode,
    /// MASK: whether the payload is masked.
    Mask,
    /// The length, or 126 or 127, which say that it follows.
    Length,
    /// The length in 16 or 64 bits.
    ExtendedLength,
    /// The masking key.
    MaskingKey,
}

/// A field of a frame's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which.
    pub name: FieldName,
    /// Its first bit, counted from the frame's first one.
    pub from: u32,
    /// How many bits it has.
    pub width: u32,
    /// What they say, as a number; the first bit is the highest.
    pub value: u64,
}

impl Field {
    /// Its bits, the first one first.
    pub fn bits(&self) -> impl DoubleEndedIterator<Item = bool> + use<> {
        let (value, width) = (self.value, self.width);
        (0..width).rev().map(move |place| value >> place & 1 == 1)
    }
}

/// The fields of a frame's head, in order, without gap or overlap.
#[must_use]
pub fn head(frame: &Frame) -> Vec<Field> {
    let [rsv1, rsv2, rsv3] = frame.reserved.map(u64::from);
    let form = frame.length_form;
    let length = match form {
        LengthForm::Bits7 => frame.length,
        LengthForm::Bits16 => 126,
        LengthForm::Bits64 => 127,
    };
    let extended = form.extended_bytes() as u32 * 8;
    let key = frame.masking_key.map(|key| (FieldName::MaskingKey, 32, u64::from(u32::from_be_bytes(key))));
    let fields = [
        (FieldName::Fin, 1, u64::from(frame.is_final)),
        (FieldName::Reserved(1), 1, rsv1),
        (FieldName::Reserved(2), 1, rsv2),
        (FieldName::Reserved(3), 1, rsv3),
        (FieldName::Opcode, 4, u64::from(frame.opcode.number())),
        (FieldName::Mask, 1, u64::from(frame.masking_key.is_some())),
        (FieldName::Length, 7, length),
        (FieldName::ExtendedLength, extended, frame.length),
    ];
    let mut from = 0;
    let fields = fields.into_iter().chain(key).filter(|(_, width, _)| *width > 0);
    let fields = fields.map(|(name, width, value)| {
        let field = Field { name, from, width, value };
        from += width;
        field
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::websocket::{Decoder, Sender};

    proptest! {
        #[test]
        fn the_fields_bits_are_the_heads_bytes(
            mut bytes in proptest::collection::vec(any::<u8>(), 14..40),
            // The forms of the length, which chance alone would rarely have.
            form in proptest::option::of(126u8..=127),
        ) {
            if let Some(form) = form {
                bytes[1] = bytes[1] & 0x80 | form;
            }
            let mut decoder = Decoder::new(Sender::Client, false);
            decoder.feed(&bytes);
            let reading = decoder.end();
            let frame = &reading.frames[0];
            let fields = head(frame);
            let mut next = 0;
            for field in &fields {
                prop_assert_eq!(field.from, next);
                next += field.width;
            }
            prop_assert_eq!(u64::from(next), frame.head_bytes() * 8);
            let bits: Vec<bool> = fields.iter().flat_map(Field::bits).collect();
            let again: Vec<u8> =
                bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
        }
    }
}
