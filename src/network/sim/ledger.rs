//! What the server would tell of the run afterwards: connections, exchanges, bytes, raw bytes.

use crate::wire::{Capture, ConnectionEntry, Ending, ExchangeEntry, Fault, Piece, RunId, TlsEntry, Transcript};

/// Of a request or a response so many raw bytes are kept.
const MOST_OF_MESSAGE: usize = 64 << 10;
/// Of the frames of a connection so many are kept, each way.
const MOST_OF_FRAMES: usize = 96 << 10;
/// What a record of TLS 1.3 adds to what it carries: head, type and tag (RFC 8446 §5.2).
const TLS_RECORD: u64 = 22;
/// A handshake's bytes of about a usual size, read and written.
const TLS_HANDSHAKE: (u64, u64) = (1_800, 1_500);

/// The books of a server.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Those of connection `id` are at `id - 1`.
    books: Vec<ConnectionEntry>,
}

/// Where an exchange stands in the books; `None` for one that belongs to no run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExchangeId {
    pub(super) connection: u64,
    index: Option<usize>,
}

/// What a read or a write belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A request or a response of HTTP/1.1.
    Http,
    /// WebSocket frames.
    Frames,
    /// HTTP/2, where nobody tells the exchanges' bytes apart.
    Shared,
}

impl Ledger {
    /// A connection was accepted. Gives its id.
    pub(super) fn accept(&mut self, at: u64, tls: Option<u64>) -> u64 {
        let id = self.books.len() as u64 + 1;
        let resumed = self.books.iter().any(|known| known.tls.is_some());
        let tls = tls.map(|established| TlsEntry {
            version: "TLS 1.3".into(),
            resumed,
            established,
            handshake_bytes: TLS_HANDSHAKE,
            wire_bytes: TLS_HANDSHAKE,
        });
        self.books.push(ConnectionEntry { tls, ..ConnectionEntry::accepted(id, at) });
        id
    }

    /// A request's head was read. Gives which request it is on its connection, from 1.
    pub(super) fn begin(&mut self, connection: u64, at: u64, of_run: Option<Begun>) -> (ExchangeId, u64) {
        let Some(entry) = self.connection(connection) else {
            return (ExchangeId { connection, index: None }, 1);
        };
        entry.requests += 1;
        let ordinal = entry.requests;
        let index = of_run.map(|begun| {
            entry.exchanges.push(ExchangeEntry {
                n: begun.number,
                ordinal,
                began: at,
                received: None,
                sent: None,
                request_bytes: None,
                response_bytes: None,
                request_instrument_bytes: 0,
                response_instrument_bytes: 0,
                upgraded: false,
                method: begun.method,
                status: None,
                protocol: begun.alpn.into(),
                fault: begun.fault,
                request: None,
                response: None,
                frames_in: None,
                frames_out: None,
            });
            entry.exchanges.len() - 1
        });
        (ExchangeId { connection, index }, ordinal)
    }

    /// Bytes were read from the connection.
    pub(super) fn read(&mut self, id: ExchangeId, at: u64, part: Part, bytes: &[u8]) {
        let Some(entry) = self.connection(id.connection) else { return };
        let count = bytes.len() as u64;
        entry.bytes_in += count;
        entry.read = Some((entry.read.map_or(at, |(first, _)| first), at));
        if let Some(tls) = &mut entry.tls {
            tls.wire_bytes.0 += count + TLS_RECORD;
        }
        match (self.exchange(id), part) {
            (Some(exchange), Part::Http) => {
                *exchange.request_bytes.get_or_insert(0) += count;
                keep(&mut exchange.request, at, bytes, MOST_OF_MESSAGE);
            }
            (Some(exchange), Part::Frames) => keep(&mut exchange.frames_in, at, bytes, MOST_OF_FRAMES),
            _ => {}
        }
    }

    /// Bytes were written to the connection.
    pub(super) fn wrote(&mut self, id: ExchangeId, at: u64, part: Part, bytes: &[u8]) {
        let Some(entry) = self.connection(id.connection) else { return };
        let count = bytes.len() as u64;
        entry.bytes_out += count;
        entry.written = Some((entry.written.map_or(at, |(first, _)| first), at));
        if let Some(tls) = &mut entry.tls {
            tls.wire_bytes.1 += count + TLS_RECORD;
        }
        match (self.exchange(id), part) {
            (Some(exchange), Part::Http) => {
                *exchange.response_bytes.get_or_insert(0) += count;
                keep(&mut exchange.response, at, bytes, MOST_OF_MESSAGE);
            }
            (Some(exchange), Part::Frames) => keep(&mut exchange.frames_out, at, bytes, MOST_OF_FRAMES),
            _ => {}
        }
    }

    /// The exchange, if it belongs to the run.
    pub(super) fn exchange(&mut self, id: ExchangeId) -> Option<&mut ExchangeEntry> {
        let index = id.index?;
        self.connection(id.connection)?.exchanges.get_mut(index)
    }

    /// A connection began to end; who begins counts.
    pub(super) fn ended(&mut self, connection: u64, at: u64, by: Ending) {
        if let Some(entry) = self.connection(connection) {
            entry.closed.get_or_insert((at, by));
        }
    }

    /// As it is told.
    pub(super) fn transcript(&self, run: RunId, now: u64) -> Transcript {
        let connections = self.books.iter().filter(|entry| !entry.exchanges.is_empty()).cloned().collect();
        Transcript { run, now, connections, dropped: 0 }
    }

    fn connection(&mut self, id: u64) -> Option<&mut ConnectionEntry> {
        self.books.get_mut(usize::try_from(id.checked_sub(1)?).ok()?)
    }
}

/// What is known of an exchange once its head was read.
pub(super) struct Begun {
    pub(super) number: Option<u32>,
    pub(super) method: String,
    pub(super) alpn: &'static str,
    pub(super) fault: Option<Fault>,
}

fn keep(capture: &mut Option<Capture>, at: u64, bytes: &[u8], most: usize) {
    if bytes.is_empty() {
        return;
    }
    let capture = capture.get_or_insert_default();
    // Nothing is kept behind a gap.
    let room = match capture.dropped {
        0 => most - capture.pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>(),
        _ => 0,
    };
    let room = room.min(bytes.len());
    if room > 0 {
        capture.pieces.push(Piece { at, bytes: bytes[..room].to_vec() });
    }
    capture.dropped += (bytes.len() - room) as u64;
}
