//! The news feed, at [`NEWS_PATH`](super::NEWS_PATH): numbered items, the same by four ways.

use serde::{Deserialize, Serialize};

use super::RunId;

/// An item of a feed: an answer's element when polled, an event's data, or a WebSocket's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsItem {
    /// From 1, without gaps.
    pub number: u32,
    /// When the server published it, in µs of its clock.
    pub published: u64,
    /// What it says, or padding of the size that was asked for.
    pub text: String,
}

/// The answer to a poll, short or long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsAnswer {
    /// The feed.
    pub feed: RunId,
    /// The server's clock as it answered, in µs.
    pub now: u64,
    /// The items after the one that was named, as many as an answer holds; maybe none.
    pub items: Vec<NewsItem>,
    /// What to ask `after` next: the last item's number, or the one that was named when there are none.
    pub last: u32,
    /// No item follows after `last`, now or later.
    pub ended: bool,
}

/// What a client may say on the feed's WebSocket: go on after this number, forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewsResume {
    /// The number of the last item that is not wanted.
    pub after: u32,
}

/// The data of the server-sent event `end`, after the last item of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsEnd {
    /// The last item's number.
    pub last: u32,
}

/// What a feed takes.
pub mod limits {
    /// The shortest interval between items, in ms; 0 is for items on demand.
    pub const MIN_INTERVAL: u64 = 10;
    /// The longest interval between items, in ms.
    pub const MAX_INTERVAL: u64 = 60_000;
    /// The most items of a feed.
    pub const MAX_ITEMS: u32 = 10_000;
    /// The longest text of an item, in bytes.
    pub const MAX_TEXT: usize = 64 << 10;
    /// The longest wait of a poll, in ms.
    pub const MAX_WAIT: u64 = 60_000;
}
