//! The broadcast rooms, at [`ROOM_PATH`](super::ROOM_PATH): what one member says, all hear.

use serde::{Deserialize, Serialize};

/// What a member is told: a WebSocket's message, or an event's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RoomNotice {
    /// Somebody said something, maybe the member itself.
    Message(RoomMessage),
    /// Members came or went.
    Members {
        /// How many there are now.
        members: u32,
    },
    /// The member was too slow, and missed messages.
    Lost {
        /// How many.
        lost: u64,
    },
}

/// A message of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMessage {
    /// From 1, without gaps.
    pub number: u64,
    /// The id of the connection that it came on; `None` where the server is behind a proxy.
    pub from: Option<u64>,
    /// When the server passed it on, in µs of its clock.
    pub sent: u64,
    /// What was said.
    pub text: String,
}

/// The answer to a message over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomReceipt {
    /// The message's number.
    pub number: u64,
    /// The id of the connection that it came on; `None` where the server is behind a proxy.
    pub from: Option<u64>,
    /// When the server passed it on, in µs of its clock.
    pub sent: u64,
    /// How many members it went to.
    pub members: u32,
}

/// The longest message of a room, in bytes.
pub const MAX_ROOM_TEXT: usize = 64 << 10;
