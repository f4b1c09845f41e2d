//! How a server describes itself, at [`DISCOVERY_PATH`](super::DISCOVERY_PATH).

use serde::{Deserialize, Serialize};

/// What a Duplex server is and offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// Always `duplex`: tells the document from whatever else a host may answer.
    pub software: String,
    /// The server's version.
    pub version: String,
    /// The server's random id, another at each start: tells whose clock a time is of.
    pub instance: String,
    /// Where to speak to it, as paths on its own origin.
    pub endpoints: Endpoints,
    /// What it takes.
    pub limits: Limits,
}

/// Paths on the server's origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The HTTP echo.
    pub echo: String,
    /// The WebSocket echo.
    pub ws: String,
    /// The transcripts; a run id follows after a `/`.
    pub transcript: String,
}

/// What a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The largest request body, in bytes; more gets a `413`.
    pub max_body: u64,
    /// The largest WebSocket message, in bytes, envelope included; more gets a close `1009`.
    pub max_message: u64,
}

impl Discovery {
    /// What [`Discovery::software`] says.
    pub const SOFTWARE: &'static str = "duplex";
}
