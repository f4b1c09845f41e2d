//! How a server describes itself, at [`DISCOVERY_PATH`](super::DISCOVERY_PATH).

use serde::{Deserialize, Serialize};

use super::Link;

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
    /// Further ports behind emulated links.
    #[serde(default)]
    pub links: Vec<LinkOffer>,
    /// Where it speaks TLS, if it does.
    #[serde(default)]
    pub tls: Option<TlsOffer>,
    /// It runs behind a proxy: connections and bytes are those of the proxy, so it tells none.
    #[serde(default)]
    pub behind_proxy: bool,
}

/// A port behind an emulated link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkOffer {
    /// The link.
    #[serde(flatten)]
    pub link: Link,
    /// Its port for `http` and `ws`, on the host of this document.
    pub port: u16,
    /// Its port for `https` and `wss`, if the server speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_port: Option<u16>,
}

/// A port with TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsOffer {
    /// The port for `https` and `wss`, on the host of this document.
    pub port: u16,
    /// The certificate is self-signed: a browser asks before it trusts it.
    pub self_signed: bool,
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
    /// The news feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<String>,
    /// The counter and the cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The rooms; a room's name follows after a `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
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
