//! Raw bytes, as a server's tap told them: what crossed a connection, piece by piece, and how much of
//! it is not here. What they mean is the analysis' work.

use serde::{Deserialize, Serialize};

use super::{PayloadCopy, ServerTime};
use crate::wire::Capture;

/// Raw bytes of one direction: the beginning of what crossed, and how much came behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// What one read or one write of the server took, in order.
    pub pieces: Vec<RawPiece>,
    /// Bytes behind the pieces that the server did not keep.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
    /// Bytes behind the pieces that the server told, and this record has no room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// What one read or one write took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawPiece {
    /// When, on the server's clock.
    pub at: ServerTime,
    /// The bytes; in JSON as base64.
    pub bytes: PayloadCopy,
}

/// The raw bytes of a WebSocket's frames, behind its handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFrames {
    /// From the page; `None` where none crossed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_server: Option<Raw>,
    /// From the server; `None` where none crossed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_page: Option<Raw>,
}

impl Raw {
    /// How many raw bytes a record keeps.
    pub const MAX: u64 = 4 * 1024 * 1024;

    /// Takes a capture over as far as there is room for it.
    pub(super) fn of(capture: Capture, room: &mut u64) -> Self {
        let mut raw = Self { dropped: capture.dropped, ..Self::default() };
        for piece in capture.pieces {
            let mut bytes = piece.bytes;
            let kept = if raw.left_out > 0 { 0 } else { (bytes.len() as u64).min(*room) };
            raw.left_out += bytes.len() as u64 - kept;
            *room -= kept;
            bytes.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
            if !bytes.is_empty() {
                raw.pieces.push(RawPiece { at: ServerTime(piece.at.cast_signed()), bytes: PayloadCopy(bytes) });
            }
        }
        raw
    }

    /// How many bytes are here.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.bytes.0.len() as u64).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| piece.bytes.0.is_empty())
    }

    /// Bytes behind the pieces that are not here, for whatever reason.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.dropped.saturating_add(self.left_out)
    }

    /// The bytes in one row.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| piece.bytes.0.iter().copied()).collect()
    }
}

impl RawFrames {
    /// How many bytes are here, both ways.
    #[must_use]
    pub fn len(&self) -> u64 {
        [&self.to_server, &self.to_page].into_iter().flatten().map(Raw::len).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Piece;

    #[test]
    fn what_there_is_no_room_for_is_counted_apart_from_what_the_server_dropped() {
        let piece = |at, bytes: &[u8]| Piece { at, bytes: bytes.to_vec() };
        let capture =
            |dropped| Capture { pieces: vec![piece(5, b"GET / "), piece(6, b"HTTP/1.1"), piece(7, b"x")], dropped };
        let mut room = 25;
        let first = Raw::of(capture(0), &mut room);
        assert_eq!((first.bytes(), first.missing()), (b"GET / HTTP/1.1x".to_vec(), 0));
        let second = Raw::of(capture(9), &mut room);
        assert_eq!((second.bytes(), second.left_out, second.dropped), (b"GET / HTTP".to_vec(), 5, 9));
        assert_eq!(second.pieces.iter().map(|piece| piece.at.0).collect::<Vec<_>>(), [5, 6]);
        let third = Raw::of(capture(0), &mut room);
        assert_eq!((room, third.len(), third.left_out), (0, 0, 15));
    }
}
