//! What page and server say to each other: paths, query parameters, header names, envelopes and
//! limits. Types only, no I/O, so that both sides are compiled from the same words.
//!
//! All server times are microseconds since the server's start, on its monotonic clock.

mod discovery;
mod envelope;
mod fault;
mod hosting;
mod memory;
pub mod news;
mod room;
mod run_id;
mod transcript;

pub use discovery::{Discovery, Endpoints, Limits, LinkOffer, TlsOffer};
pub use envelope::{Envelope, EnvelopeError, Evidence};
pub use fault::{Fault, FaultError};
pub use hosting::Hosting;
pub use memory::{MemoryAnswer, MemoryCommand, MemoryRequest, MemoryState};
pub use news::{NewsAnswer, NewsEnd, NewsItem, NewsResume};
pub use room::{MAX_ROOM_TEXT, RoomMessage, RoomNotice, RoomReceipt};
pub use run_id::{RunId, RunIdError};
pub use transcript::{Capture, ConnectionEntry, Ending, ExchangeEntry, Link, Piece, TlsEntry, Transcript};

/// Where a server describes itself (a well-known URI, RFC 8615).
pub const DISCOVERY_PATH: &str = "/.well-known/duplex";

/// Where a page's host says which echo servers there are ([`Hosting`]), beside the page.
pub const HOSTING_FILE: &str = "duplex.json";

/// Returns the body of a request byte for byte.
pub const ECHO_PATH: &str = "/echo";

/// Echoes WebSocket messages (RFC 6455).
pub const WS_PATH: &str = "/ws";

/// The ledger of a run: [`TRANSCRIPT_PATH`]`/<run>` answers with a [`Transcript`].
pub const TRANSCRIPT_PATH: &str = "/transcript";

/// The news feed: short and long polling here, server-sent events and a WebSocket below it.
pub const NEWS_PATH: &str = "/news";

/// The news feed as server-sent events (HTML standard, §9.2).
pub const NEWS_EVENTS_PATH: &str = "/news/events";

/// The news feed as messages of a WebSocket.
pub const NEWS_WS_PATH: &str = "/news/ws";

/// The counter and the cart: over HTTP here, over a WebSocket below it.
pub const MEMORY_PATH: &str = "/memory";

/// The counter and the cart of a WebSocket.
pub const MEMORY_WS_PATH: &str = "/memory/ws";

/// The broadcast rooms: messages are sent to [`ROOM_PATH`]`/<name>`, and members listen at `/events`
/// or `/ws` below that.
pub const ROOM_PATH: &str = "/room";

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
    /// The [`Fault`](super::Fault) that the exchange, or the connection, shall meet.
    pub const FAULT: &str = "fault";
    /// Over WebSocket: which data message meets the fault, from 1 (the default); 0 is the handshake.
    pub const AT: &str = "at";
    /// The status of [`Fault::Status`](super::Fault::Status): 200 to 599 (503 unless told otherwise).
    pub const STATUS: &str = "status";
    /// The close code of [`Fault::Goodbye`](super::Fault::Goodbye) (1000 unless told otherwise).
    pub const CODE: &str = "code";
    /// The close reason of [`Fault::Goodbye`](super::Fault::Goodbye): up to 123 bytes.
    pub const REASON: &str = "reason";
    /// Over WebSocket: [`ON`] agrees to permessage-deflate (RFC 7692) if the client offers it.
    pub const DEFLATE: &str = "deflate";
    /// Value of a switch.
    pub const ON: &str = "1";
    /// Over WebSocket: ms of silence after which the server sends a ping.
    pub const PING: &str = "ping";
    /// In a transcript's URL: `0` leaves out the raw bytes.
    pub const BYTES: &str = "bytes";
    /// Of news: the feed, a [`RunId`](super::RunId).
    pub const FEED: &str = "feed";
    /// Of news: the number of the last item that is not wanted (0 unless told otherwise).
    pub const AFTER: &str = "after";
    /// Of news: how long a poll may wait for an item, in ms (0 unless told otherwise).
    pub const WAIT: &str = "wait";
    /// Of news: begins a feed with an item every so many ms, or, with 0, on demand.
    pub const INTERVAL: &str = "interval";
    /// Of news: how many items the feed that is begun shall have.
    pub const ITEMS: &str = "items";
    /// Of news: bytes of text in each item of the feed that is begun.
    pub const SIZE: &str = "size";
}
