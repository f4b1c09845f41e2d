//! What a stream shall do to a response instead of simply writing it: the faults that no HTTP
//! library commits of itself.
//!
//! A route plans; the connection's [`MeteredStream`](super::stream::MeteredStream) carries out.

use std::time::Duration;

use bytes::Bytes;

/// How long a connection is kept that neither answers nor ends, at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// The time between two pieces of an answer that drips.
pub(crate) const DRIP: Duration = Duration::from_millis(50);
/// Bytes of a piece, as long as these are not too many pieces.
const DROP: usize = 4;
/// The most pieces of an answer that drips, which then takes ten seconds.
const MOST_DROPS: usize = 200;

/// Bytes of a piece of an answer of `length` bytes that drips.
pub(crate) fn drop_size(length: usize) -> usize {
    length.div_ceil(MOST_DROPS).max(DROP)
}

/// What to do, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// After how many bytes behind the response's head; `None` is before its first byte.
    pub(crate) after: Option<u64>,
    /// What then.
    pub(crate) act: Act,
}

/// What is done to a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The connection is reset.
    Reset,
    /// The connection ends in order.
    End,
    /// Other bytes are written in place of the rest, then the connection ends in order.
    Instead(Bytes),
    /// Nothing more is written, and the connection stays open until the client ends it, for
    /// [`PATIENCE`] at most.
    Stall,
    /// Nothing is read or written any more, and the connection stays open for [`PATIENCE`].
    Vanish,
    /// The rest is written in pieces of so many bytes, so far apart.
    Drip(usize, Duration),
}

impl Plan {
    /// Before the response's first byte.
    pub(crate) fn at_once(act: Act) -> Self {
        Self { after: None, act }
    }

    /// Once `count` bytes behind the response's head were written.
    pub(crate) fn after(count: u64, act: Act) -> Self {
        Self { after: Some(count), act }
    }
}
