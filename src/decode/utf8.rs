//! UTF-8 as it arrives, however it is cut: which byte is the first that no UTF-8 text can have there
//! (RFC 3629 §4). The decoder of frames tells that byte; the server refuses a text at it (RFC 6455 §8.1).

/// Where a text stands: how many bytes its last character lacks, and which the next may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checker {
    lacking: u8,
    lowest: u8,
    highest: u8,
}

impl Checker {
    /// At the start of a text.
    pub(crate) const fn new() -> Self {
        Self { lacking: 0, lowest: 0x80, highest: 0xBF }
    }

    /// Reads on. Returns the index of the first byte that makes the text wrong; nothing is to be read
    /// after that.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let (begun, rest) = bytes.split_at(bytes.len().min(self.lacking.into()));
        if let Some(wrong) = begun.iter().position(|&byte| !self.takes(byte)) {
            return Some(wrong);
        }
        // The standard library is much quicker with whole characters, and leaves at most the last one.
        let whole = match std::str::from_utf8(rest) {
            Ok(_) => return None,
            Err(error) => error.valid_up_to(),
        };
        let wrong = rest.iter().skip(whole).position(|&byte| !self.takes(byte));
        wrong.map(|at| begun.len() + whole + at)
    }

    /// Whether the text may end here: not within a character.
    pub(crate) const fn is_whole(self) -> bool {
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

    #[test]
    fn a_text_does_not_end_within_a_character() {
        let mut checker = Checker::new();
        assert_eq!(checker.feed("κ".as_bytes().split_at(1).0), None);
        assert!(!checker.is_whole());
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library_however_the_bytes_are_cut(
            bytes in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)],
            size in 1_usize..6,
        ) {
            let mut checker = Checker::new();
            let right = bytes.chunks(size).all(|part| checker.feed(part).is_none()) && checker.is_whole();
            prop_assert_eq!(right, std::str::from_utf8(&bytes).is_ok());
        }

        #[test]
        fn the_wrong_byte_is_the_same_at_once_and_one_by_one(bytes: Vec<u8>) {
            let mut checker = Checker::new();
            let one_by_one = bytes.iter().position(|&byte| checker.feed(&[byte]).is_some());
            prop_assert_eq!(Checker::new().feed(&bytes), one_by_one);
        }
    }
}
