//! A run within a link: the compressed bytes of its trace file as characters that a fragment may have (RFC 3986 §3.5),
//! with the version of this form before them. A fragment is never sent to a server (RFC 9110 §7.1): whoever has the
//! link has the run, and the host of the page has not.
//!
//! `#run=1.….z`: version 1 is the trace file, compressed with DEFLATE (RFC 1951), in base64url without padding
//! (RFC 4648 §5). The letter at the end is there since base64url may end in `_`, which programs that find links in a text leave
//! outside the link (GitHub Flavored Markdown §6.9); where it is missing, the link was cut.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

/// What the fragment begins with.
pub const KEY: &str = "run=";

/// The version that is written and read.
const VERSION: &str = "1";

/// What the fragment ends with.
const END: &str = ".z";

/// The longest that a run may be in a link, in characters. Chromium shows no longer addresses.
pub const LONGEST: usize = 32 * 1024;

/// The largest trace file that is unpacked from a link, in bytes: what is compressed well may be vast.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Why a fragment holds no run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InLinkError {
    /// It was written by a newer version.
    #[error("the link holds a run in a form that this page does not know: open it with a newer Duplex")]
    Version,
    /// It was cut, or changed.
    #[error("the run in the link is damaged; perhaps a program cut the link, of which {0} characters are left")]
    Damaged(usize),
}

/// A fragment, without its `#`, for the compressed bytes of a trace file; `None` when it would be longer than
/// [`LONGEST`].
#[must_use]
pub fn write(compressed: &[u8]) -> Option<String> {
    (length(compressed) <= LONGEST).then(|| format!("{KEY}{VERSION}.{}{END}", URL_SAFE_NO_PAD.encode(compressed)))
}

/// How long the fragment for these bytes would be, in characters.
#[must_use]
pub const fn length(compressed: &[u8]) -> usize {
    KEY.len() + VERSION.len() + 1 + (compressed.len() * 4).div_ceil(3) + END.len()
}

/// The compressed bytes that a fragment, without its `#`, holds; `None` when it holds no run.
///
/// # Errors
/// When it holds one that cannot be had.
pub fn read(fragment: &str) -> Option<Result<Vec<u8>, InLinkError>> {
    let told = fragment.strip_prefix(KEY)?;
    let damaged = InLinkError::Damaged(fragment.len());
    let Some((version, text)) = told.split_once('.') else { return Some(Err(damaged)) };
    if version != VERSION {
        return Some(Err(InLinkError::Version));
    }
    let bytes = text.strip_suffix(END).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    Some(bytes.ok_or(damaged))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_come_back_as_they_were(bytes: Vec<u8>) {
            let fragment = write(&bytes).expect("a short run");
            prop_assert!(fragment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte)));
            prop_assert!(fragment.ends_with(|last: char| last.is_ascii_alphabetic()));
            prop_assert_eq!(fragment.len(), length(&bytes));
            for left in KEY.len() + VERSION.len() + 1..fragment.len() {
                prop_assert_eq!(read(&fragment[..left]), Some(Err(InLinkError::Damaged(left))));
            }
            prop_assert_eq!(read(&fragment), Some(Ok(bytes)));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            prop_assert!(read(&text).is_none_or(|_| text.starts_with(KEY)));
            if let Some(Ok(bytes)) = read(&format!("{KEY}{VERSION}.{text}{END}")) {
                prop_assert!(bytes.len() <= text.len());
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        let most = (LONGEST - KEY.len() - VERSION.len() - 1 - END.len()) / 4 * 3;
        assert!(write(&vec![0; most]).is_some());
        assert_eq!(write(&vec![0; most + 3]), None);
    }

    #[test]
    fn other_fragments_are_left_alone_and_other_versions_refused() {
        assert_eq!(read("main"), None);
        assert_eq!(read("run=2.AAAA.z"), Some(Err(InLinkError::Version)));
        assert_eq!(read("run=1"), Some(Err(InLinkError::Damaged(5))));
        assert_eq!(read("run=1.A A.z"), Some(Err(InLinkError::Damaged(11))));
    }
}
