//! What a message is: its kind and direction, what carried it, when it was sent and received, and what became of it.

use serde::{Deserialize, Serialize};

use super::{Cause, ConnectionId, Inference, MessageId, Moment, PartId, Phases, Protocol, Raw, Time};
use crate::wire::Envelope;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// WebSocket messages are among the connection's [`frames`](super::Connection::frames).
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

pub(super) const fn is_zero(value: &u32) -> bool {
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
