//! The server's end of a WebSocket (RFC 6455), and the echo on it.
//!
//! [`handshake`] and [`extension`] open it; then a [`Socket`] reads bytes by its [`input`], has the
//! [`assembler`] make messages of them, and writes by its [`output`]; in between [`deflate`] compresses,
//! if that was agreed on, and a [`watch`] sees whether the client is still there. Applications are loops
//! over a [`Socket`]; the [`echo`] is one, with [`fault`]s where they are asked for.
//!
//! It is our own and not a library's, because of what is asked of it at once: text is refused at its
//! first wrong byte, also within a frame that is not complete, and inflated or not; nothing is set aside
//! for a length that is merely announced; an idle connection keeps a few KiB; each message knows when the
//! read that completed it took place; several frames can leave with one write; and rules can be broken on
//! purpose.

mod assembler;
mod deflate;
mod echo;
mod extension;
mod fault;
mod frame;
pub(crate) mod handshake;
mod input;
mod output;
mod socket;
mod watch;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use assembler::Kind;
pub(crate) use echo::{Mode, echo};
pub(crate) use extension::Deflate;
pub(crate) use fault::FaultPlan;
pub(crate) use socket::{Message, Socket};

use super::stream::MeteredStream;

/// What a WebSocket may do.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The largest message that is taken, in bytes; a larger one is closed with 1009.
    pub(crate) max_message: u64,
    /// How long a client may be silent before it is sent a ping.
    pub(crate) idle: Duration,
    /// How long a sign of life is waited for after a ping. A client that reads nothing is let go after
    /// both times together.
    pub(crate) pong: Duration,
    /// What was agreed on permessage-deflate, if it was.
    pub(crate) deflate: Option<Deflate>,
}

/// What a WebSocket runs on.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sync {
    /// Has the connection end with a reset (RST) instead of an end of stream once this is dropped.
    fn reset(&mut self);

    /// Resolves once the client sent its end of stream or the connection broke. What it sends meanwhile is
    /// discarded.
    fn client_ended(&mut self) -> impl Future<Output = ()> + Send;
}

impl Transport for MeteredStream {
    fn reset(&mut self) {
        Self::reset(self);
    }

    async fn client_ended(&mut self) {
        Self::client_ended(self).await;
    }
}

/// A rule that a client broke: the close code and the reason it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    code: u16,
    reason: String,
}

impl Violation {
    /// The protocol was broken (RFC 6455 §7.4.1, 1002).
    fn protocol(reason: &str) -> Self {
        Self { code: 1002, reason: reason.to_owned() }
    }

    /// Text was not UTF-8 (1007).
    fn not_utf8() -> Self {
        Self { code: 1007, reason: "a text is not UTF-8".to_owned() }
    }

    /// Compressed data cannot be inflated. The frames around them are right, so that it is not the
    /// protocol that was broken (1002): the data are not of the kind that they are said to be (RFC 6455
    /// §7.4.1, 1007), as with a text that is not UTF-8.
    fn corrupt() -> Self {
        Self { code: 1007, reason: "a compressed message cannot be inflated".to_owned() }
    }

    /// The server's own rule was broken (1008).
    fn policy(reason: String) -> Self {
        Self { code: 1008, reason }
    }

    /// A message is larger than the server takes (1009).
    fn too_big(limit: u64) -> Self {
        Self { code: 1009, reason: format!("a message has more than {limit} bytes") }
    }
}
