//! What a server is told before it starts, and the checks that need nothing but the file system.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::ServerError;

/// How a [`Server`](super::Server) shall run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The folder of the built page (with an `index.html`), or `None` for the endpoints alone.
    pub page: Option<PathBuf>,
    /// The largest request body, in bytes.
    pub max_body: u64,
    /// The largest WebSocket message, in bytes, envelope included.
    pub max_message: u64,
    /// How long a connection may take to send a complete request head, the wait between two
    /// requests included; afterwards it is closed.
    pub head_time: Duration,
    /// How long a WebSocket's client may be silent before it is sent a ping, unless its URL says
    /// otherwise.
    pub idle: Duration,
    /// How long a sign of life is waited for after a ping; then the WebSocket is closed with 1011.
    pub pong: Duration,
    /// Agree to permessage-deflate (RFC 7692) with every client that offers it, unless its URL says
    /// otherwise; else only with those whose URL asks for it.
    pub deflate: bool,
    /// How long running exchanges may go on, and WebSockets may take to close, once the server
    /// was told to end.
    pub closing_time: Duration,
}

impl Config {
    /// The limit of bodies and messages unless told otherwise: 16 MiB.
    pub const MAX_PAYLOAD: u64 = 16 << 20;

    /// The endpoints alone, at `listen`, with the default limits.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            page: None,
            max_body: Self::MAX_PAYLOAD,
            max_message: Self::MAX_PAYLOAD,
            head_time: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            pong: Duration::from_secs(30),
            deflate: false,
            closing_time: Duration::from_secs(3),
        }
    }

    /// Checks what can be checked before listening.
    ///
    /// # Errors
    /// When the page's folder holds no `index.html`.
    pub(crate) fn check(&self) -> Result<(), ServerError> {
        match &self.page {
            Some(folder) if !folder.join("index.html").is_file() => Err(ServerError::NoPage { folder: folder.clone() }),
            _ => Ok(()),
        }
    }
}
