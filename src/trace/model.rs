//! The record's parts, but for messages: connections, parts of a run, marks, and what was known about each.

use serde::{Deserialize, Serialize};

use super::message::{is_false, is_zero};
use super::{Failure, RawFrames, ServerTime, Time};
use crate::wire::{Link, SUBPROTOCOL, TlsEntry};

/// Which of the two protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP, by `fetch` (RFC 9110).
    Http,
    /// WebSocket (RFC 6455).
    WebSocket,
}

impl Protocol {
    /// Both, in the order in which they are shown.
    pub const BOTH: [Self; 2] = [Self::Http, Self::WebSocket];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Http => Self::WebSocket,
            Self::WebSocket => Self::Http,
        }
    }
}

/// A time with its provenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Measured in this page.
    Page(Time),
    /// Reported by the server, on its own clock.
    Server(ServerTime),
    /// Could not be had.
    Unknown,
}

impl Moment {
    /// The time, if it was measured in this page.
    #[must_use]
    pub const fn page(self) -> Option<Time> {
        match self {
            Self::Page(time) => Some(time),
            _ => None,
        }
    }

    /// The time, if the server reported it.
    #[must_use]
    pub const fn server(self) -> Option<ServerTime> {
        match self {
            Self::Server(time) => Some(time),
            _ => None,
        }
    }
}

/// A connection's place in [`Trace::connections`](super::Trace::connections).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u32);

/// A message's place in [`Trace::messages`](super::Trace::messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u32);

impl MessageId {
    /// The number that people read: the first message has 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 as u64 + 1
    }

    /// The message of that number.
    #[must_use]
    pub fn numbered(number: u64) -> Option<Self> {
        Some(Self(u32::try_from(number.checked_sub(1)?).ok()?))
    }
}

/// A part's place in [`Trace::parts`](super::Trace::parts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartId(pub u16);

/// A part of a lab's script, such as the requests with `Connection: close` before those without. Parts
/// follow one another; each ends where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, which the lab gives it.
    pub name: Box<str>,
    /// The one protocol that is spoken in it; `None` where both are.
    pub protocol: Option<Protocol>,
    /// When it began.
    pub from: Time,
}

/// One TCP connection that carried messages of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its place in the record.
    pub id: ConnectionId,
    /// What was spoken on it.
    pub protocol: Protocol,
    /// The URL that a WebSocket was opened with, without what the instrument adds; empty for HTTP.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub url: Box<str>,
    /// Which of the run's clients it belongs to, from 0; of an HTTP connection, the first that used it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub client: u32,
    /// The id that the server gave it; `None` where the server tells none.
    pub server_id: Option<u64>,
    /// When the page asked for it: the constructor's call for a WebSocket. A page does not open
    /// HTTP connections itself, so there it is unknown until Resource Timing tells `connectStart`.
    pub asked: Moment,
    /// When the server accepted it.
    pub accepted: Moment,
    /// When it was open for the page: the `open` event of a WebSocket; `connectEnd` of the HTTP exchange
    /// that made it.
    pub opened: Moment,
    /// It was open before the run began (the browser keeps a pool, and connects ahead).
    pub already_open: bool,
    /// It was open, as what it carried shows, and nobody tells since when.
    #[serde(default, skip_serializing_if = "is_false")]
    pub undated: bool,
    /// How it ended; `None` while open, or when nobody tells.
    pub closed: Option<Closed>,
    /// The WebSocket subprotocol that was agreed; empty for none.
    pub subprotocol: String,
    /// The WebSocket extensions that were agreed; empty for none.
    pub extensions: String,
    /// Bytes that the server's meter counted on it, below HTTP and WebSocket.
    pub bytes: Option<ConnectionBytes>,
    /// For a WebSocket: the raw bytes of its frames, as the server's tap told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<Box<RawFrames>>,
    /// The emulated link that it came over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Box<Link>>,
    /// Over an emulated link: from when to when the handshake of TCP was emulated. The true one was over
    /// before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulated_handshake: Option<(ServerTime, ServerTime)>,
    /// What the server knows of its TLS; `None` where it has none, or nobody tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Box<TlsEntry>>,
}

impl Connection {
    /// It was open at some time; one that was refused or given up never was.
    #[must_use]
    pub fn came_to_be(&self) -> bool {
        self.opened != Moment::Unknown || self.accepted != Moment::Unknown || self.undated
    }

    /// Its messages travel in envelopes of ours.
    #[must_use]
    pub fn is_enveloped(&self) -> bool {
        self.subprotocol == SUBPROTOCOL
    }
}

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Moment,
    /// How.
    pub how: Closing,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// A WebSocket's `close` event (RFC 6455 §7.1.5–7.1.6; 1006 is never on the wire).
    CloseEvent {
        /// The close code.
        code: u16,
        /// The close reason; often empty.
        reason: String,
        /// Both sides had sent a close frame.
        clean: bool,
    },
    /// The page gave it up and closed it, without waiting for the other side.
    GivenUp,
    /// The client ended the TCP connection, as the server saw it.
    ByClient,
    /// The server ended the TCP connection.
    ByServer,
    /// The TCP connection broke, as the server saw it.
    Broken,
}

/// Bytes on a connection, as the server's meter counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionBytes {
    /// From the page to the server.
    pub to_server: u64,
    /// From the server to the page.
    pub to_page: u64,
}

/// The phases of an HTTP exchange from its Resource Timing entry, on the page's clock.
/// Fields are named as in Resource Timing §4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// `startTime`: the fetch began.
    pub start: Time,
    /// `domainLookupStart`.
    pub domain_lookup_start: Time,
    /// `domainLookupEnd`.
    pub domain_lookup_end: Time,
    /// `connectStart`; equal to `connect_end` when a connection was reused.
    pub connect_start: Time,
    /// `secureConnectionStart`; `None` without TLS.
    pub secure_connection_start: Option<Time>,
    /// `connectEnd`.
    pub connect_end: Time,
    /// `requestStart`: the browser began to send the request.
    pub request_start: Time,
    /// `responseStart`: the first byte of the response was there.
    pub response_start: Time,
    /// `responseEnd`: the last byte of the response was there.
    pub response_end: Time,
    /// `nextHopProtocol`: the ALPN id, such as `http/1.1` or `h2`.
    pub protocol: String,
}

impl Phases {
    /// A new connection was made for this exchange.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connect_end > self.connect_start
    }
}

/// Something that happened beside the messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it began.
    pub from: Time,
    /// When it was over; equal to `from` for a point in time.
    pub until: Time,
    /// What it was.
    pub what: Happening,
}

/// What a [`Mark`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// The run stood still between two turns so that the page could draw; belongs to neither
    /// protocol.
    Drawing,
    /// The script waited for the next turn's time, as the interval asks; belongs to both.
    Waiting,
    /// The script waited before it tried again.
    BackOff,
    /// The tab was hidden: browsers slow a hidden page's timers and callbacks down, so what was
    /// under way meanwhile is no valid sample.
    Hidden,
    /// From here on no payload copies are kept: the room for them was used up.
    CopiesFull,
    /// The server told more raw bytes than the record has room for; the rest is counted, not kept.
    RawFull,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All turns were taken.
    Finished,
    /// Somebody pressed Stop.
    Stopped,
    /// It could not go on.
    Failed(Failure),
}
