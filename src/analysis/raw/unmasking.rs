//! The masking of a client's payload, undone byte by byte (RFC 6455 §5.3): byte `i` of what was sent is XORed
//! with byte `i mod 4` of the key. The same again masks it anew.

use super::CarriedFrame;
use crate::decode::websocket::{Close, Opcode};

/// A masked payload, as far as it is here, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmasking {
    key: [u8; 4],
    masked: Vec<u8>,
    /// What stands at the beginning of the payload and is no character: the code of a close frame.
    code: usize,
}

/// One byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place in the payload, from 0.
    pub index: usize,
    /// As it was sent.
    pub masked: u8,
    /// Which byte of the key it is XORed with, from 0.
    pub key_place: usize,
    /// That byte.
    pub key: u8,
    /// What comes out.
    pub plain: u8,
}

/// What a byte is as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// This character.
    Character(char),
    /// A character of ASCII that is not printed.
    Control(u8),
    /// One byte of a character that has several in UTF-8.
    PartOf {
        /// The character.
        character: char,
        /// Which of its bytes, from 1.
        place: usize,
        /// How many it has.
        of: usize,
    },
    /// One of the two bytes of a close code, from 1.
    CloseCode(u8),
    /// No text: no character of UTF-8 has it here.
    NoText,
}

impl Unmasking {
    /// Of a frame; `None` where it is not masked, or nothing of its payload is here.
    #[must_use]
    pub fn of(carried: &CarriedFrame) -> Option<Self> {
        let frame = &carried.frame;
        let masked = carried.bytes.get(frame.head_bytes() as usize..).filter(|masked| !masked.is_empty())?;
        let has_code = matches!(&frame.close, Some(Close { code: Some(_), .. })) && frame.opcode == Opcode::Close;
        Some(Self { key: frame.masking_key?, masked: masked.to_vec(), code: if has_code { 2 } else { 0 } })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> [u8; 4] {
        self.key
    }

    /// The payload as it was sent.
    #[must_use]
    pub fn masked(&self) -> &[u8] {
        &self.masked
    }

    /// The byte at a place of the payload.
    #[must_use]
    pub fn step(&self, index: usize) -> Option<Step> {
        let (masked, key_place) = (*self.masked.get(index)?, index % 4);
        let key = self.key[key_place];
        Some(Step { index, masked, key_place, key, plain: masked ^ key })
    }

    /// What each byte is as text, once it is unmasked.
    #[must_use]
    pub fn glyphs(&self) -> Vec<Glyph> {
        let plain = masked_with(self.key, &self.masked);
        let (code, text) = plain.split_at(self.code.min(plain.len()));
        let mut glyphs: Vec<_> = (1..).take(code.len()).map(Glyph::CloseCode).collect();
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                let of = character.len_utf8();
                let one = |place| match character {
                    _ if of > 1 => Glyph::PartOf { character, place, of },
                    _ if character.is_ascii_control() => Glyph::Control(character as u8),
                    _ => Glyph::Character(character),
                };
                glyphs.extend((1..=of).map(one));
            }
            glyphs.extend(chunk.invalid().iter().map(|_| Glyph::NoText));
        }
        glyphs
    }
}

/// A payload masked, or, if it is masked, unmasked.
#[must_use]
pub fn masked_with(key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::websocket::{Decoder, Sender};

    /// A frame of a client's with that payload, at the beginning of a connection.
    fn sent(first: u8, key: [u8; 4], payload: &[u8]) -> CarriedFrame {
        let mut bytes = vec![first, 0x80 | payload.len() as u8];
        bytes.extend(key);
        bytes.extend(masked_with(key, payload));
        let mut decoder = Decoder::new(Sender::Client, false);
        decoder.feed(&bytes);
        let reading = decoder.end();
        CarriedFrame { frame: reading.frames[0].clone(), bytes, spans: Vec::new(), taken: Vec::new(), missing: 0 }
    }

    proptest! {
        #[test]
        fn step_by_step_is_what_the_decoder_unmasked_and_twice_is_not_at_all(
            key: [u8; 4], payload in proptest::collection::vec(any::<u8>(), 1..125),
        ) {
            let carried = sent(0x82, key, &payload);
            let unmasking = Unmasking::of(&carried).expect("it is masked");
            let plain: Vec<u8> = (0..).map_while(|index| Some(unmasking.step(index)?.plain)).collect();
            prop_assert_eq!(&plain, &carried.frame.payload);
            prop_assert_eq!(&plain, &payload);
            prop_assert_eq!(masked_with(key, &masked_with(key, &payload)), payload);
            prop_assert_eq!(unmasking.glyphs().len(), plain.len());
        }
    }

    #[test]
    fn bytes_are_told_as_characters_where_they_are_any() {
        let unmasking = Unmasking::of(&sent(0x81, [1, 2, 3, 4], "a\né".as_bytes())).expect("it is masked");
        let part = |place| Glyph::PartOf { character: 'é', place, of: 2 };
        assert_eq!(unmasking.glyphs(), [Glyph::Character('a'), Glyph::Control(b'\n'), part(1), part(2)]);
        let close = Unmasking::of(&sent(0x88, [9; 4], &[0x03, 0xe8, b'x'])).expect("it is masked");
        assert_eq!(close.glyphs(), [Glyph::CloseCode(1), Glyph::CloseCode(2), Glyph::Character('x')]);
        let binary = Unmasking::of(&sent(0x82, [7; 4], &[0xff])).expect("it is masked");
        assert_eq!(binary.glyphs(), [Glyph::NoText]);
    }

    #[test]
    fn what_is_not_masked_or_empty_has_nothing_to_undo() {
        assert_eq!(Unmasking::of(&sent(0x82, [1; 4], &[])), None);
        let mut open = sent(0x82, [0; 4], b"x");
        open.frame.masking_key = None;
        assert_eq!(Unmasking::of(&open), None);
    }
}
