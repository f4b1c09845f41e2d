//! The sixteen claims that people are taught, by number.

use serde::{Deserialize, Serialize};

/// A claim of the teaching texts. Their wording, sources and standards are the page's; what they come to is
/// computed from runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Claim {
    /// HTTP is request–response: the server never speaks first.
    C1,
    /// WebSocket is full-duplex: both sides send at the same time, unasked.
    C2,
    /// After the response the HTTP connection is closed.
    C3,
    /// A WebSocket is opened by its own handshake, then stays open.
    C4,
    /// Status 101 marks the change of protocol.
    C5,
    /// HTTP carries HTML, JSON or XML.
    C6,
    /// WebSocket has no limit on the data format.
    C7,
    /// HTTP's reliability is that of the transport below; an interrupted exchange is lost.
    C8,
    /// WebSocket is designed to minimise loss and interruption.
    C9,
    /// HTTP is stateless.
    C10,
    /// WebSocket is stateful.
    C11,
    /// HTTP goes in one direction, WebSocket in both.
    C12,
    /// The URL scheme is `ws` or `wss`.
    C13,
    /// The connection lives until either party ends it, and then it is over for both.
    C14,
    /// Many clients talk with one server.
    C15,
    /// One should know when to use which.
    C16,
}

impl Claim {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C8,
        Self::C9,
        Self::C10,
        Self::C11,
        Self::C12,
        Self::C13,
        Self::C14,
        Self::C15,
        Self::C16,
    ];

    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}
