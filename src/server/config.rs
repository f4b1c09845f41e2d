//! What a server is told before it starts, and the checks that need nothing but the file system.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::ServerError;
use super::tap::TapLimits;
use crate::wire::Link;

/// How a [`Server`](super::Server) shall run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where the page comes from.
    pub page: Page,
    /// Where to speak TLS, if anywhere, and with which certificate.
    pub tls: Option<Tls>,
    /// Further ports behind emulated links, on the address of `listen`. Each link's port is any free one.
    pub links: Vec<Link>,
    /// The largest request body, in bytes.
    pub max_body: u64,
    /// The largest WebSocket message, in bytes, envelope included.
    pub max_message: u64,
    /// How long a request's head may take from its first byte to its last, and a TLS handshake;
    /// afterwards the connection is closed.
    pub head_time: Duration,
    /// How long a request's body may take, beside one second for each [`Config::BODY_RATE`] bytes of it;
    /// afterwards the request gets a `408`.
    pub body_time: Duration,
    /// How long a connection may be silent: over HTTP between two requests, or while it takes nothing of a
    /// response; afterwards it is closed. A WebSocket is sent a ping then.
    pub idle_time: Duration,
    /// How long a WebSocket may take to show a sign of life after a ping; afterwards it is closed.
    pub pong_time: Duration,
    /// How long running exchanges may go on, and WebSockets may take to close, once the server
    /// was told to end.
    pub closing_time: Duration,
    /// Open connections in all; one more gets a `503`.
    pub max_connections: usize,
    /// Open connections from one address; one more gets a `503`.
    pub max_per_address: usize,
    /// How much raw bytes are kept for the transcripts; `None` keeps none.
    pub tap: Option<TapLimits>,
    /// The server is behind a proxy: what it sees of connections is the proxy's, so it tells none of it.
    pub behind_proxy: bool,
    /// The origins (`scheme://host:port`) whose pages may use the endpoints, beside the server's own; all if
    /// empty.
    pub origins: Vec<String>,
    /// Agree to permessage-deflate on every WebSocket that offers it, not only on those whose URL asks.
    pub deflate: bool,
}

/// Where the page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// There is none: the endpoints alone.
    None,
    /// A folder with an `index.html`.
    Folder(PathBuf),
    /// It is within the program.
    #[cfg(feature = "embed-page")]
    Embedded,
}

/// How to speak TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// By which certificate.
    pub certificate: Certificate,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two files in PEM: the chain, and the private key.
    Files {
        /// The certificate and those that it was issued by.
        chain: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// One that is made at the start, for this machine's names and addresses.
    SelfSigned,
}

impl Config {
    /// The limit of bodies and messages unless told otherwise: 16 MiB.
    pub const MAX_PAYLOAD: u64 = 16 << 20;
    /// How fast a body must come in the long run, in bytes a second.
    pub const BODY_RATE: u64 = 8 << 10;

    /// The endpoints alone, at `listen`, with the default limits.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            page: Page::None,
            tls: None,
            links: Vec::new(),
            max_body: Self::MAX_PAYLOAD,
            max_message: Self::MAX_PAYLOAD,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(120),
            pong_time: Duration::from_secs(30),
            closing_time: Duration::from_secs(3),
            max_connections: 16_384,
            max_per_address: 8_192,
            tap: Some(TapLimits::default()),
            behind_proxy: false,
            origins: Vec::new(),
            deflate: false,
        }
    }

    /// Checks what can be checked before listening.
    ///
    /// # Errors
    /// When the page's folder holds no `index.html`.
    pub(crate) fn check(&self) -> Result<(), ServerError> {
        match &self.page {
            Page::Folder(folder) if !folder.join("index.html").is_file() => {
                Err(ServerError::NoPage { folder: folder.clone() })
            }
            _ => Ok(()),
        }
    }
}
