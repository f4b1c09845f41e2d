//! What a server sent on a stream of events that the page had closed by then: it reached nobody's ears, and is no overhead of
//! what the page heard.

use super::Raw;

/// How many bytes of a response of server-sent events (HTML standard, §9.2) came behind the last event that the page had,
/// where that is 0 if there is no further event among them: the end of the stream belongs to what it had. `heard` is how much
/// data its events carried. `None` where the raw bytes are not all here, or do not fit.
pub(super) fn unheard(raw: Option<&Raw>, heard: u64) -> Option<u64> {
    let raw = raw.filter(|raw| raw.dropped == 0 && raw.left_out == 0)?;
    let bytes: Vec<u8> = raw.pieces.iter().flat_map(|piece| piece.bytes.0.iter().copied()).collect();
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let (mut had, mut end, mut at) = (0, head, head);
    for line in bytes[head..].split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        match data(line) {
            // Another event, behind those that the page had.
            Some(length) if length > 0 && had == heard => return Some((bytes.len() - end) as u64),
            Some(length) => had += length,
            // An empty line ends an event; the end of its chunk looks the same.
            None if line.trim_ascii().is_empty() => end = at,
            None => {}
        }
    }
    (had == heard).then_some(0)
}

/// How much data a line of an event carries.
fn data(line: &[u8]) -> Option<u64> {
    let value = line.trim_ascii_end().strip_prefix(b"data:")?;
    Some(value.strip_prefix(b" ").unwrap_or(value).len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Capture, Piece};

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    const ONE: &str = "15\r\nid: 1\ndata: one too\n\n\r\n";
    const TWO: &str = "11\r\nid: 2\ndata: two\n\n\r\n";
    const END: &str = "0\r\n\r\n";

    fn told(parts: &[&str], dropped: u64) -> Raw {
        let piece = |part: &&str| Piece { at: 1, bytes: part.as_bytes().to_vec() };
        Raw::of(Capture { pieces: parts.iter().map(piece).collect(), dropped }, &mut 1_000)
    }

    #[test]
    fn events_behind_the_last_one_that_was_heard_are_counted_with_what_is_around_them() {
        let both = told(&[HEAD, ONE, TWO, END], 0);
        assert_eq!(unheard(Some(&both), 10), Some(0));
        assert_eq!(unheard(Some(&both), 7), Some((TWO.len() + END.len()) as u64));
        assert_eq!(unheard(Some(&both), 0), Some((ONE.len() + TWO.len() + END.len()) as u64));
        assert_eq!(unheard(Some(&told(&[HEAD], 0)), 0), Some(0));
    }

    #[test]
    fn nothing_is_known_where_bytes_are_missing_or_do_not_fit() {
        assert_eq!(unheard(None, 7), None);
        assert_eq!(unheard(Some(&told(&[HEAD, ONE], 5)), 7), None);
        assert_eq!(unheard(Some(&told(&[HEAD, ONE, TWO], 0)), 8), None);
        assert_eq!(unheard(Some(&told(&[HEAD], 0)), 7), None);
    }
}
