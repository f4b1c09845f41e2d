//! UTF-8 byte by byte: which byte is the first that no UTF-8 text can have there (RFC 3629 §4).

/// Where a text stands: how many bytes its last character lacks, and which the next may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checker {
    lacking: u8,
    lowest: u8,
    highest: u8,
}

impl Checker {
    /// At the start of a text.
    pub(super) const fn new() -> Self {
        Self { lacking: 0, lowest: 0x80, highest: 0xBF }
    }

    /// Reads on. Returns the index of the first byte that makes the text wrong; nothing is to be read
    /// after that.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|&byte| !self.takes(byte))
    }

    /// Whether the text may end here: not within a character.
    pub(super) const fn is_whole(self) -> bool {
        self.lacking == 0
    }

    fn takes(&mut self, byte: u8) -> bool {
        if self.lacking > 0 {
            let fits = (self.lowest..=self.highest).contains(&byte);
            *self = Self { lacking: self.lacking - 1, ..Self::new() };
            return fits;
        }
        // The second byte's bounds shut out overlong forms, surrogates, and what lies beyond U+10FFFF.
        let (lacking, lowest, highest) = match byte {
            0x00..=0x7F => (0, 0x80, 0xBF),
            0xC2..=0xDF => (1, 0x80, 0xBF),
            0xE0 => (2, 0xA0, 0xBF),
            0xED => (2, 0x80, 0x9F),
            0xE1..=0xEF => (2, 0x80, 0xBF),
            0xF0 => (3, 0x90, 0xBF),
            0xF4 => (3, 0x80, 0x8F),
            0xF1..=0xF3 => (3, 0x80, 0xBF),
            _ => return false,
        };
        *self = Self { lacking, lowest, highest };
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wrong_byte_is_the_first_that_cannot_be_right() {
        // A surrogate, beyond U+10FFFF, an overlong form, a lone continuation, a byte that never is, a
        // character that breaks off.
        for (wrong, at) in [
            (&b"a\xed\xa0\x80"[..], 2),
            (b"\xf4\x90\x80\x80", 1),
            (b"\xc0\xaf", 0),
            (b"\x80", 0),
            (b"ab\xff", 2),
            (b"\xe2(", 1),
        ] {
            assert_eq!(Checker::new().feed(wrong), Some(at), "{wrong:x?}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(
            bytes in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)],
        ) {
            let mut checker = Checker::new();
            let right = checker.feed(&bytes).is_none() && checker.is_whole();
            prop_assert_eq!(right, std::str::from_utf8(&bytes).is_ok());
        }
    }
}
