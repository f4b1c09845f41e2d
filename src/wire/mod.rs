//! What page and server say to each other: paths, query parameters, header names, envelopes and
//! limits. Types only, no I/O, so that both sides are compiled from the same words.
//!
//! All server times are microseconds since the server's start, on its monotonic clock.

mod discovery;
mod envelope;
mod run_id;
mod transcript;

pub use discovery::{Discovery, Endpoints, Limits};
pub use envelope::{Envelope, EnvelopeError, Evidence};
pub use run_id::{RunId, RunIdError};
pub use transcript::{ConnectionEntry, Ending, ExchangeEntry, Transcript};

/// Where a server describes itself (a well-known URI, RFC 8615).
pub const DISCOVERY_PATH: &str = "/.well-known/duplex";

/// Returns the body of a request byte for byte.
pub const ECHO_PATH: &str = "/echo";

/// Echoes WebSocket messages (RFC 6455).
pub const WS_PATH: &str = "/ws";

/// The ledger of a run: [`TRANSCRIPT_PATH`]`/<run>` answers with a [`Transcript`].
pub const TRANSCRIPT_PATH: &str = "/transcript";

/// The WebSocket subprotocol in which each message travels in an [`Envelope`].
pub const SUBPROTOCOL: &str = "duplex.v1";

/// The response header that carries [`Evidence`] as JSON.
pub const EVIDENCE_HEADER: &str = "duplex-evidence";

/// Where the echo server listens unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:9000";

/// Query parameters that the echo endpoints understand.
pub mod query {
    /// The [`RunId`](super::RunId) that an exchange or a connection belongs to.
    pub const RUN: &str = "run";
    /// The exchange's number in its run; makes the URL unique.
    pub const NUMBER: &str = "n";
    /// What becomes of the connection after the response: [`CLOSE`] or [`KEEP_ALIVE`].
    pub const CONNECTION: &str = "connection";
    /// Value of [`CONNECTION`]: answer with `Connection: close` (RFC 9112 §9.6).
    pub const CLOSE: &str = "close";
    /// Value of [`CONNECTION`]: leave the connection open (the default, RFC 9112 §9.3).
    pub const KEEP_ALIVE: &str = "keep-alive";
    /// The media type that the response shall have.
    pub const TYPE: &str = "type";
}
