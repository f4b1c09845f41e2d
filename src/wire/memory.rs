//! A counter and a small cart, at [`MEMORY_PATH`](super::MEMORY_PATH): who remembers them?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is to be done with the counter and the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum MemoryCommand {
    /// Counts one up.
    Count,
    /// Puts one thing into the cart.
    Put {
        /// Its name: 1 to 64 bytes, no control characters.
        what: String,
    },
    /// Takes one thing out of the cart.
    Take {
        /// Its name.
        what: String,
    },
    /// Changes nothing.
    Show,
}

/// A command over HTTP, with the state that the client carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryRequest {
    /// The command.
    #[serde(flatten)]
    pub command: MemoryCommand,
    /// The token of an earlier answer; without one the state begins empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The counter and the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryState {
    /// How often it was counted.
    pub counter: u64,
    /// Each thing by name, and how many there are of it.
    pub cart: BTreeMap<String, u32>,
}

/// What the server answers, over HTTP and over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryAnswer {
    /// What there is now.
    #[serde(flatten)]
    pub state: MemoryState,
    /// The connection's id. Over a WebSocket the state is this connection's. `None` where the server is behind a
    /// proxy, whose connections say nothing about the page's.
    pub connection: Option<u64>,
    /// Over a WebSocket: why the command changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Over HTTP: the state, signed, for the client to carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Over HTTP: bytes of the token that the request carried, 0 without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_bytes: Option<u64>,
}
