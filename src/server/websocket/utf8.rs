//! UTF-8 checked as it arrives, so that a text message is refused at the first byte that makes it
//! invalid, however it is cut into frames and reads (RFC 6455 §8.1).

/// Says that bytes are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

/// A checker of one text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checker {
    /// The bytes of a character that is not complete, and how many they are.
    begun: [u8; 4],
    count: usize,
}

impl Checker {
    /// Checks the next bytes of the text.
    ///
    /// # Errors
    /// When no text begins like this.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), NotUtf8> {
        while self.count > 0 {
            let Some((&next, rest)) = bytes.split_first() else {
                return Ok(());
            };
            self.begun[self.count] = next;
            self.count += 1;
            bytes = rest;
            match std::str::from_utf8(&self.begun[..self.count]) {
                Ok(_) => self.count = 0,
                // Without a length the error is that more bytes are needed.
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(NotUtf8),
            }
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                let begun = &bytes[error.valid_up_to()..];
                self.begun[..begun.len()].copy_from_slice(begun);
                self.count = begun.len();
                Ok(())
            }
            Err(_) => Err(NotUtf8),
        }
    }

    /// Checks that the text may end here.
    ///
    /// # Errors
    /// When it would end within a character.
    pub(crate) fn end(self) -> Result<(), NotUtf8> {
        if self.count == 0 { Ok(()) } else { Err(NotUtf8) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_refused_at_the_first_byte_that_cannot_be_right() {
        // A surrogate, beyond U+10FFFF, an overlong form, a lone continuation, a byte that never is.
        for (wrong, at) in
            [(&b"a\xed\xa0\x80"[..], 2), (b"\xf4\x90\x80\x80", 1), (b"\xc0\xaf", 0), (b"\x80", 0), (b"ab\xff", 2)]
        {
            let mut checker = Checker::default();
            let refused_at = wrong.iter().position(|&byte| checker.feed(&[byte]).is_err());
            assert_eq!(refused_at, Some(at), "{wrong:x?}");
        }
    }

    #[test]
    fn a_text_does_not_end_within_a_character() {
        let mut checker = Checker::default();
        assert_eq!(checker.feed("κ".as_bytes().split_at(1).0), Ok(()));
        assert_eq!(checker.end(), Err(NotUtf8));
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library_however_the_bytes_are_cut(
            bytes in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)],
            size in 1_usize..6,
        ) {
            let mut checker = Checker::default();
            let checked = bytes.chunks(size).try_for_each(|part| checker.feed(part)).and_then(|()| checker.end());
            prop_assert_eq!(checked.is_ok(), std::str::from_utf8(&bytes).is_ok());
        }
    }
}
