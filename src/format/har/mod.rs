//! HAR 1.2, there and back: a run for other tools' viewers, and other tools' captures as records to draw.
//!
//! The format is Jan Odvarko's (<http://www.softwareishard.com/blog/har-12-spec/>); WebSocket messages stand where
//! Chromium's developer tools put them, in `_webSocketMessages`. `docs/har.md` says what becomes of each part of a
//! record, either way, and what does not travel.
//!
//! Whatever is not known is left out, or is what the format has for it: -1, or an empty text.

mod form;
mod head;
mod http;
mod model;
mod node;
mod read;
mod timings;
mod websocket;
mod write;

pub use node::HarError;
pub use read::{MOST_MESSAGES, MOST_SOCKETS, read};
pub use write::write;

/// What `log.creator.name` says in files that Duplex writes.
pub const CREATOR: &str = "Duplex";
