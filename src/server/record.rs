//! What is known of one HTTP exchange on a connection.

use hyper::{Method, Version};

use super::tap::{Captures, Tape};
use crate::wire::{Capture, ExchangeEntry, Fault};

/// What is known of one exchange: an [`ExchangeEntry`] in less memory.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) n: Option<u32>,
    /// From 1; 0 until the request's head is complete.
    pub(crate) ordinal: u64,
    pub(crate) began: u64,
    pub(crate) received: Option<u64>,
    pub(crate) sent: Option<u64>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
    pub(crate) request_instrument: u64,
    pub(crate) response_instrument: u64,
    pub(crate) upgraded: bool,
    pub(crate) method: Option<Method>,
    pub(crate) status: Option<u16>,
    pub(crate) version: Version,
    pub(crate) fault: Option<Fault>,
    /// Of a request and a response of which nothing was kept: how many raw bytes were dropped.
    pub(crate) dropped: [u64; 2],
}

/// What is known of a response as it is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// When, in µs of the server's clock.
    pub(crate) sent: u64,
    /// Its status code.
    pub(crate) status: u16,
    /// Bytes of the request's header lines that are there because of the instrument alone.
    pub(crate) request_instrument: u64,
    /// Bytes of the header lines that only the instrument adds.
    pub(crate) instrument: u64,
    /// It is a 101.
    pub(crate) upgraded: bool,
    /// It closes the connection.
    pub(crate) last: bool,
}

impl Record {
    /// That of an exchange that begins at `began`, in µs of the server's clock.
    pub(crate) fn new(began: u64) -> Self {
        Self {
            n: None,
            ordinal: 0,
            began,
            received: None,
            sent: None,
            request_bytes: None,
            response_bytes: None,
            request_instrument: 0,
            response_instrument: 0,
            upgraded: false,
            method: None,
            status: None,
            version: Version::HTTP_11,
            fault: None,
            dropped: [0; 2],
        }
    }

    /// Takes in the response as it is handed over.
    pub(crate) fn answered(&mut self, answer: Answer) {
        self.sent = Some(answer.sent);
        self.status = Some(answer.status);
        self.request_instrument = answer.request_instrument;
        self.response_instrument = answer.instrument;
        self.upgraded = answer.upgraded;
    }

    /// The record as it is told, with what its tape holds if that is wanted.
    pub(crate) fn entry(&self, tape: Option<&Tape>, with_bytes: bool) -> ExchangeEntry {
        let [request, response] = self.dropped.map(|dropped| {
            let nothing_kept = Capture { pieces: Vec::new(), dropped };
            (dropped > 0).then_some(nothing_kept)
        });
        let without_tape = || Captures { request, response, ..Captures::default() };
        let captures = if with_bytes { tape.map_or_else(without_tape, Tape::captures) } else { Captures::default() };
        ExchangeEntry {
            n: self.n,
            ordinal: self.ordinal,
            began: self.began,
            received: self.received,
            sent: self.sent,
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
            request_instrument_bytes: self.request_instrument,
            response_instrument_bytes: self.response_instrument,
            upgraded: self.upgraded,
            method: self.method.as_ref().map_or_else(String::new, Method::to_string),
            status: self.status,
            protocol: alpn(self.version).to_owned(),
            fault: self.fault,
            request: captures.request,
            response: captures.response,
            frames_in: captures.frames_in,
            frames_out: captures.frames_out,
        }
    }
}

/// A version by its ALPN name (RFC 7301 §6).
fn alpn(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "h2",
        Version::HTTP_10 => "http/1.0",
        _ => "http/1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_their_alpn_names() {
        assert_eq!([Version::HTTP_10, Version::HTTP_11, Version::HTTP_2].map(alpn), ["http/1.0", "http/1.1", "h2"]);
    }
}
