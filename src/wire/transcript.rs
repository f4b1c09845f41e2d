//! What the server saw of a run: the ledger of the connections that carried its exchanges.
//!
//! A page sees neither the headers that its browser adds nor the bytes on its connections, so it
//! asks afterwards, at [`TRANSCRIPT_PATH`](super::TRANSCRIPT_PATH)`/<run>`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fault, RunId};

/// The connections and exchanges that carried a run's id in their URL, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The run.
    pub run: RunId,
    /// The server's clock as this was written, in µs.
    pub now: u64,
    /// In the order in which they were accepted.
    pub connections: Vec<ConnectionEntry>,
    /// Exchanges of this run that are not told, because the server keeps only so many.
    pub dropped: u64,
}

/// One TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionEntry {
    /// Its id, unique in the server's life.
    pub id: u64,
    /// When it was accepted, in µs of the server's clock.
    pub opened: u64,
    /// When it began to end, in µs of the server's clock, and who began: the first end of stream or
    /// error counts. `None` while it is open.
    pub closed: Option<(u64, Ending)>,
    /// Bytes read from the socket until now, those of other runs' exchanges included.
    pub bytes_in: u64,
    /// Bytes written to the socket until now, those of other runs' exchanges included.
    pub bytes_out: u64,
    /// When its first and its latest bytes were read, in µs of the server's clock; `None` while there are none.
    #[serde(default)]
    pub read: Option<(u64, u64)>,
    /// When its first and its latest bytes were written, in µs of the server's clock; `None` while there are
    /// none.
    #[serde(default)]
    pub written: Option<(u64, u64)>,
    /// HTTP requests on it until now, those of other runs included.
    pub requests: u64,
    /// The emulated link that it came over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Over an emulated link: from when to when the handshake of TCP was emulated, in µs of the server's
    /// clock. The true one was over before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulated_handshake: Option<(u64, u64)>,
    /// What is known of its TLS, if it has any. `bytes_in` and `bytes_out` are then those within TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsEntry>,
    /// This run's exchanges on it, in order. A WebSocket's handshake is one; its messages are not
    /// listed.
    pub exchanges: Vec<ExchangeEntry>,
}

impl ConnectionEntry {
    /// Of a connection that was accepted just then, on which nothing has happened.
    #[must_use]
    pub const fn accepted(id: u64, opened: u64) -> Self {
        Self {
            id,
            opened,
            closed: None,
            bytes_in: 0,
            bytes_out: 0,
            read: None,
            written: None,
            requests: 0,
            link: None,
            emulated_handshake: None,
            tls: None,
            exchanges: Vec::new(),
        }
    }
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The client sent its end of stream first.
    Client,
    /// The server did.
    Server,
    /// It broke: a reset, or an error of the transport.
    Broken,
}

/// One HTTP exchange, in bytes on the connection (below HTTP).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeEntry {
    /// The exchange's number from its URL.
    pub n: Option<u32>,
    /// Which request this was on its connection, from 1.
    pub ordinal: u64,
    /// When the request's first bytes were read, in µs of the server's clock.
    pub began: u64,
    /// When the request's last bytes were read, in µs of the server's clock; `None` if they were
    /// not: it was refused or broken off before.
    pub received: Option<u64>,
    /// When the response was handed to the connection, in µs of the server's clock; `None` if there
    /// was none.
    pub sent: Option<u64>,
    /// Bytes of the whole request: request line, headers and body as framed; `None` over `h2`, where
    /// exchanges share the connection frame by frame.
    pub request_bytes: Option<u64>,
    /// Bytes of the whole response: status line, headers and body as framed, and those of an interim
    /// response (`100 Continue`); `None` over `h2`.
    pub response_bytes: Option<u64>,
    /// Of the request's bytes, those of header lines that only the way of measuring adds: `Pragma` and
    /// `Cache-Control`, which a browser sends because the page asks that no cache be used.
    #[serde(default)]
    pub request_instrument_bytes: u64,
    /// Of the response's bytes, those of header lines that only our instrument adds: what a bare
    /// echo would not send. In a handshake, the line that names the subprotocol.
    pub response_instrument_bytes: u64,
    /// It became a WebSocket (status 101).
    pub upgraded: bool,
    /// The request's method.
    #[serde(default)]
    pub method: String,
    /// The response's status, or `None` if there was no response.
    #[serde(default)]
    pub status: Option<u16>,
    /// The protocol, by its ALPN name (RFC 7301): `http/1.1`, `http/1.0` or `h2`.
    #[serde(default)]
    pub protocol: String,
    /// The fault that its URL asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The request's raw bytes, of which this server keeps only so many; `None` if it kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Capture>,
    /// The response's raw bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Capture>,
    /// After a handshake: the raw bytes of the frames from the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_in: Option<Capture>,
    /// After a handshake: the raw bytes of the frames from the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_out: Option<Capture>,
}

/// Raw bytes of one direction, as they crossed the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// What one read or one write took, in order.
    pub pieces: Vec<Piece>,
    /// Bytes that came after the pieces and were not kept.
    pub dropped: u64,
}

/// What one read or one write took.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// When, in µs of the server's clock.
    pub at: u64,
    /// The bytes; in JSON as base64.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

/// A piece may be long, and may hold what nobody wants in a log.
impl fmt::Debug for Piece {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Piece {{ at: {}, {} bytes }}", self.at, self.bytes.len())
    }
}

/// An emulated link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Its round-trip time, in µs; half of it each way.
    pub rtt: u64,
    /// How far one way's delay may differ from half the round-trip time, in µs.
    pub jitter: u64,
    /// How much it carries each way, in bytes a second; `None` is without limit.
    pub rate: Option<u64>,
}

/// What is known of a connection's TLS (RFC 8446).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsEntry {
    /// The version, such as `TLS 1.3`.
    pub version: String,
    /// It resumed an earlier session, which spares part of the handshake.
    pub resumed: bool,
    /// When the handshake was complete, in µs of the server's clock.
    pub established: u64,
    /// Bytes of the handshake, read and written.
    pub handshake_bytes: (u64, u64),
    /// Bytes read from and written to the socket until now, TLS records and the handshake included.
    pub wire_bytes: (u64, u64),
}

/// Bytes as base64 with padding (RFC 4648 §4).
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
