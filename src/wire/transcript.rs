//! What the server saw of a run: the ledger of the connections that carried its exchanges.
//!
//! A page sees neither the headers that its browser adds nor the bytes on its connections, so it
//! asks afterwards, at [`TRANSCRIPT_PATH`](super::TRANSCRIPT_PATH)`/<run>`.

use serde::{Deserialize, Serialize};

use super::RunId;

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
    /// HTTP requests on it until now, those of other runs included.
    pub requests: u64,
    /// This run's exchanges on it, in order. A WebSocket's handshake is one; its messages are not
    /// listed.
    pub exchanges: Vec<ExchangeEntry>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Bytes of the whole request: request line, headers and body as framed.
    pub request_bytes: u64,
    /// Bytes of the whole response: status line, headers and body as framed, and those of an interim
    /// response (`100 Continue`).
    pub response_bytes: u64,
    /// Of the request's bytes, those of header lines that only the way of measuring adds: `Pragma` and
    /// `Cache-Control`, which a browser sends because the page asks that no cache be used.
    #[serde(default)]
    pub request_instrument_bytes: u64,
    /// Of the response's bytes, those of header lines that only our instrument adds: what a bare
    /// echo would not send. In a handshake, the line that names the subprotocol.
    pub response_instrument_bytes: u64,
    /// It became a WebSocket (status 101).
    pub upgraded: bool,
}
