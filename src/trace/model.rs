//! The record's parts: connections, messages, marks, and what was known about each.

use serde::{Deserialize, Serialize};

use super::{Cause, Failure, Inference, Raw, RawFrames, ServerTime, Time};
use crate::wire::{Envelope, Link, SUBPROTOCOL, TlsEntry};

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
        self.opened != Moment::Unknown || self.accepted != Moment::Unknown
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

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the page to the server.
    ToServer,
    /// From the server to the page.
    ToPage,
}

/// What a message is, in its protocol's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An HTTP request (RFC 9110 §3.4).
    Request,
    /// An HTTP response.
    Response {
        /// Its status code.
        status: u16,
    },
    /// The request that asks for a WebSocket (RFC 6455 §4.1).
    Handshake,
    /// The response `101 Switching Protocols` (RFC 9110 §15.2.2).
    SwitchingProtocols,
    /// A binary WebSocket message (RFC 6455 §5.6).
    Binary,
    /// A text WebSocket message (RFC 6455 §5.6).
    Text,
    /// A server-sent event within a response that goes on (HTML standard, §9.2). It answers the request of
    /// that response.
    Event,
    /// A WebSocket's close frame (RFC 6455 §5.5.1), as far as the page knows of it: the one that it asked
    /// its browser to send, or the one that a `close` event tells of.
    Close {
        /// The close code; `None` where the frame carries none.
        code: Option<u16>,
    },
}

impl Kind {
    /// It belongs to the opening of a WebSocket.
    #[must_use]
    pub const fn is_opening(self) -> bool {
        matches!(self, Self::Handshake | Self::SwitchingProtocols)
    }

    /// It carries what an application has to say, and answers or is answered in a round trip.
    #[must_use]
    pub const fn is_exchanged(self) -> bool {
        matches!(self, Self::Request | Self::Response { .. } | Self::Binary | Self::Text)
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Sent; nothing is known of its arrival yet.
    InFlight,
    /// It arrived.
    Delivered,
    /// Nothing is known of its arrival, and nothing will be: the page gave it up, or the run ended.
    Unanswered,
    /// Its beginning arrived, its end did not.
    Broken,
    /// It did not arrive, as the server's account tells.
    Lost,
}

/// How an exchange or the opening of a WebSocket failed, as far as the page can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// When the page learnt of it.
    pub at: Time,
    /// What is taken to be the cause.
    pub cause: Cause,
    /// What that was inferred from.
    pub inferred_from: Inference,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The method (RFC 9110 §9).
    pub method: Box<str>,
    /// The path and the query, without what the instrument adds.
    pub path: Box<str>,
}

/// One message, whichever protocol carried it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its place in the record.
    pub id: MessageId,
    /// What carried it.
    pub protocol: Protocol,
    /// The connection that carried it, once known.
    pub connection: Option<ConnectionId>,
    /// The number of the turn it belongs to; 0 is the warm-up.
    pub turn: u32,
    /// Which of the run's clients sent or received it, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub client: u32,
    /// The part of the script that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartId>,
    /// For a request and a WebSocket's handshake: the exchange's number in its URL, unique in the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// For a request: what it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Box<Target>>,
    /// For a response: its `Content-Type` as the page read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Box<str>>,
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: Kind,
    /// When it was sent.
    pub sent: Moment,
    /// When it had been received: for a response, when its whole body had been read.
    pub received: Moment,
    /// For a response: when its head was there (the `fetch` promise was fulfilled).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Time>,
    /// What became of it.
    pub fate: Fate,
    /// Bytes that the application sent, without heads, frames and our instrument.
    pub payload: u64,
    /// Bytes that the protocol added: heads or frame headers. HTTP: counted by the server's
    /// meter. WebSocket messages: derived from the length (RFC 6455 §5.2), and, where the server tells,
    /// with the heads of further frames that the browser cut the message into.
    pub overhead: Option<u64>,
    /// Bytes that our instrument added: run ids in URLs, evidence headers, envelopes.
    pub instrument: Option<u64>,
    /// The message that this one answers. A WebSocket message from the server without it came unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// For a request that the script sent again: the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<MessageId>,
    /// For a request: how often it arrived at the server, by its account. More than once where the
    /// browser sent it again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<u32>,
    /// For a request: which one it was on its connection, from 1, where it first arrived, by the server's
    /// account. More than 1 on a connection that was used before, by whatever run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<u64>,
    /// For a request: by the server's account the browser asked for permission first (a CORS preflight, Fetch
    /// §4.8).
    #[serde(default, skip_serializing_if = "is_false")]
    pub preflight: bool,
    /// For a response that was read as it came: when how many bytes of its body were there, added up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<(Time, u64)>,
    /// For a request and a WebSocket's handshake: how it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Box<Failing>>,
    /// Discarded from the statistics as a warm-up, and shown all the same.
    #[serde(default, skip_serializing_if = "is_false")]
    pub warm_up: bool,
    /// The phases that Resource Timing tells of an HTTP exchange; stands at the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Box<Phases>>,
    /// A copy of the payload's bytes, as long as there was room for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<PayloadCopy>,
    /// For HTTP and a WebSocket's handshake: the protocol as the server saw it, by its ALPN name (RFC 7301)
    /// such as `http/1.1` or `h2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn: Option<Box<str>>,
    /// For HTTP and a WebSocket's handshake: its raw bytes, as the server's tap told them. Those of
    /// WebSocket messages are among the connection's [`frames`](Connection::frames).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<Raw>>,
}

impl Message {
    /// The browser refused it before anything left the page: it threw an error as it was asked (a scheme that it does
    /// not know, or mixed content).
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.failing.as_ref().is_some_and(|failing| failing.inferred_from == Inference::Thrown)
    }

    /// When the page sent or received it.
    #[must_use]
    pub const fn page_time(&self) -> Option<Time> {
        match self.direction {
            Direction::ToServer => self.sent.page(),
            Direction::ToPage => self.received.page(),
        }
    }

    /// Where the application's payload begins in what a WebSocket message carried, if that can be this
    /// message: behind our envelope, which names the turn, or at once where there is none. Of a message
    /// of which only the first bytes are there (`whole` is false), these alone are compared.
    #[must_use]
    pub fn payload_in(&self, carried: &[u8], enveloped: bool, whole: bool) -> Option<usize> {
        let payload = match enveloped {
            true => Envelope::split(carried).ok().filter(|(envelope, _)| envelope.n == self.turn)?.1,
            false => carried,
        };
        let copy = self.copy.as_ref().map(|copy| copy.0.as_slice());
        let fits = match whole {
            true => payload.len() as u64 == self.payload && copy.is_none_or(|copy| copy == payload),
            false => payload.len() as u64 <= self.payload && copy.is_none_or(|copy| copy.starts_with(payload)),
        };
        fits.then(|| carried.len() - payload.len())
    }
}

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Bytes of a payload, kept for the inspector. In JSON it is base64.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PayloadCopy(pub Vec<u8>);

impl Serialize for PayloadCopy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for PayloadCopy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
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
