//! The raw bytes of an HTTP message, those of a WebSocket's opening handshake among them.

use super::{Missing, Taken, taken, why_not_here, why_not_told};
use crate::decode::End;
use crate::decode::handshake::Handshake;
use crate::decode::http1::{Decoder, Message as Read, Reading, StartLine};
use crate::trace::{Direction, Kind, Message, Raw, Trace};

/// An HTTP/1.x message as it crossed the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpBytes {
    /// Its bytes, interim responses before it included.
    pub bytes: Vec<u8>,
    /// What they mean.
    pub reading: Reading,
    /// The reads or writes that took them.
    pub taken: Vec<Taken>,
    /// Bytes behind these that the server did not keep.
    pub dropped: u64,
    /// Bytes behind these that this record had no room for.
    pub left_out: u64,
}

impl HttpBytes {
    /// The message itself: the last one that is no interim response (RFC 9110 §15.2).
    #[must_use]
    pub fn message(&self) -> Option<&Read> {
        let messages = &self.reading.messages;
        messages.iter().rev().find(|message| !message.is_interim()).or(messages.last())
    }
}

/// The raw bytes of an HTTP message or of a handshake's, decoded.
///
/// # Errors
/// When they cannot be had.
pub fn http(trace: &Trace, message: &Message) -> Result<HttpBytes, Missing> {
    let raw = message.raw.as_deref().ok_or_else(|| why_not_told(trace, message))?;
    if raw.is_empty() {
        return Err(why_not_here(raw));
    }
    let mut decoder = match (message.kind, message.direction) {
        (Kind::Handshake, _) => Decoder::requests_upgraded(),
        (_, Direction::ToServer) => Decoder::requests(),
        (_, Direction::ToPage) => {
            let mut decoder = Decoder::responses();
            if let Some(method) = method_of_request(trace, message) {
                decoder.answers(&method);
            }
            decoder
        }
    };
    raw.pieces.iter().for_each(|piece| decoder.feed(&piece.bytes.0));
    // What is missing behind the bytes may be the rest of the message; else only a connection that ended
    // can have cut it short.
    let ended = message.connection.and_then(|id| trace.connection(id)).is_some_and(|known| known.closed.is_some());
    let end = if raw.missing() == 0 && ended { End::Closed } else { End::Unknown };
    let Raw { dropped, left_out, .. } = *raw;
    let taken = taken(raw, 0, raw.len());
    Ok(HttpBytes { bytes: raw.bytes(), reading: decoder.end(end), taken, dropped, left_out })
}

/// Both sides of a WebSocket's opening handshake, given its request or its response; `None` where one of
/// them is not here.
#[must_use]
pub fn handshake(trace: &Trace, message: &Message) -> Option<Handshake> {
    let (request, response) = match message.answers {
        Some(request) => (trace.message(request)?, message),
        None => (message, trace.messages.iter().find(|reply| reply.answers == Some(message.id))?),
    };
    let (request, response) = (http(trace, request).ok()?, http(trace, response).ok()?);
    Some(Handshake::check(request.message()?, response.message()?))
}

/// The method of what a response answers: it may decide whether there is a body (RFC 9112 §6.3).
fn method_of_request(trace: &Trace, response: &Message) -> Option<String> {
    let request = http(trace, trace.message(response.answers?)?).ok()?;
    match &request.message()?.start_line {
        StartLine::Request { method, .. } => Some(method.clone()),
        StartLine::Status { .. } => None,
    }
}
