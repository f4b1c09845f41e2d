//! Finds the raw bytes of a message and reads them: the head and body of an HTTP message, the frames that
//! carried a WebSocket message, the two sides of its opening handshake, the close frames at its end.
//!
//! In comes what the server's tap told of a run; out comes what is there, byte for byte, or why it cannot
//! be had. Nothing is guessed: where a frame is not what the page recorded, that is said instead.

mod frames;
mod head;
mod http;
#[cfg(test)]
pub(super) mod testing;
mod unmasking;

pub(super) use frames::server_times;
pub use frames::{Carried, CarriedFrame, Grounds, carried, closing, first, payloads, pings_and_pongs};
pub use head::{Field, FieldName, head};
pub use http::{HttpBytes, handshake, http};
pub use unmasking::{Glyph, Step, Unmasking, masked_with};

use serde::{Deserialize, Serialize};

use crate::trace::{Connection, Fate, Kind, Message, Protocol, Raw, ServerTime, Speaks, Trace};

/// Why raw bytes cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The endpoint is no Duplex server: nobody but a Duplex server tells raw bytes.
    Plain,
    /// The server is behind a proxy: what crosses its connections is the proxy's.
    BehindProxy,
    /// There was no answer, so it is not known which connection carried it.
    Unanswered,
    /// Over HTTP/2 several exchanges share a connection frame by frame, and the tap does not tell them apart.
    Shared,
    /// There is no account of the server in this record.
    NotTold,
    /// The server counted so many bytes and kept none of them.
    Dropped(u64),
    /// The server told so many bytes, and this record had no room for them.
    LeftOut(u64),
    /// Of the frames that are there, none is in this message's place, and nothing is missing.
    NeverSeen,
    /// The frames in this message's place carry something else.
    Differs,
    /// The record was made from another tool's file, which has no raw bytes.
    Imported,
    /// It is a server-sent event: its bytes are among those of the response that it is part of.
    WithinResponse,
}

/// A part of some bytes that one read or one write of the server took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When, on the server's clock.
    pub at: ServerTime,
    /// How many of these bytes it took.
    pub bytes: u64,
}

/// The reads or writes that took the bytes from `start` to `end` of what was told.
fn taken(raw: &Raw, start: u64, end: u64) -> Vec<Taken> {
    let mut offset = 0;
    let mut all = Vec::new();
    for piece in &raw.pieces {
        let (from, until) = (offset, offset + piece.bytes.0.len() as u64);
        offset = until;
        let bytes = until.min(end).saturating_sub(from.max(start));
        if bytes > 0 {
            all.push(Taken { at: piece.at, bytes });
        }
    }
    all
}

/// Why there is nothing, where nothing was told.
fn why_not_told(trace: &Trace, message: &Message) -> Missing {
    if trace.circumstances.is_imported() {
        return Missing::Imported;
    }
    let endpoint = match message.protocol {
        Protocol::Http => &trace.circumstances.http,
        Protocol::WebSocket => &trace.circumstances.ws,
    };
    if endpoint.speaks == Speaks::Plain {
        return Missing::Plain;
    }
    if endpoint.behind_proxy {
        return Missing::BehindProxy;
    }
    if message.kind == Kind::Event {
        return Missing::WithinResponse;
    }
    if message.alpn.as_deref() == Some("h2") {
        return Missing::Shared;
    }
    let connection = message.connection.and_then(|id| trace.connection(id));
    if connection.and_then(|connection| connection.server_id).is_some() {
        return Missing::NotTold;
    }
    if message.fate == Fate::Delivered { Missing::NotTold } else { Missing::Unanswered }
}

/// Why there is nothing, where something was told and none of it is here.
const fn why_not_here(raw: &Raw) -> Missing {
    if raw.left_out > 0 { Missing::LeftOut(raw.left_out) } else { Missing::Dropped(raw.dropped) }
}

/// Whether permessage-deflate was agreed on (RFC 7692).
fn compresses(connection: &Connection) -> bool {
    let mut names = connection.extensions.split(',').map(|extension| extension.split(';').next().unwrap_or_default());
    names.any(|name| name.trim().eq_ignore_ascii_case("permessage-deflate"))
}
