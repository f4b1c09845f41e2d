//! Takes a server's account of a run into the record: bytes, times, raw bytes, and how connections ended.

use std::collections::HashMap;

use super::{
    Closed, Closing, ConnectionBytes, ConnectionId, Fate, Happening, Kind, Mark, MessageId, Moment, Protocol, Raw,
    RawFrames, ServerTime, Time, Trace,
};
use crate::wire::{Capture, ConnectionEntry, Ending, ExchangeEntry, Transcript};

/// Which messages an account may speak of.
#[derive(Default)]
struct Known {
    connections: HashMap<u64, ConnectionId>,
    /// By connection, turn, and whether it is the opening of a WebSocket.
    requests: HashMap<(ConnectionId, u32, bool), MessageId>,
    answers: HashMap<MessageId, MessageId>,
}

impl Trace {
    /// Writes down what a server's meter counted and its tap kept. The account came `at` this time.
    pub(super) fn apply_ledger(&mut self, at: Time, of: &[Protocol], transcript: Transcript) {
        self.forgotten += transcript.dropped;
        let known = self.known(of);
        let before = self.raw_bytes();
        let mut room = Raw::MAX.saturating_sub(before);
        let mut left_out = 0;
        for mut entry in transcript.connections {
            let Some(&connection) = known.connections.get(&entry.id) else { continue };
            let exchanges = std::mem::take(&mut entry.exchanges);
            self.apply_connection_entry(connection, entry);
            for mut exchange in exchanges {
                // A handshake has no number; an exchange without one is none of the lab's.
                let turn = if exchange.upgraded { Some(0) } else { exchange.n };
                let request = turn.and_then(|turn| known.requests.get(&(connection, turn, exchange.upgraded)));
                let Some(&request) = request else { continue };
                let mut take = |capture: Option<Capture>| {
                    let raw = Raw::of(capture?, &mut room);
                    left_out += raw.left_out;
                    Some(raw)
                };
                let raw = [take(exchange.request.take()), take(exchange.response.take())];
                let frames =
                    RawFrames { to_server: take(exchange.frames_in.take()), to_page: take(exchange.frames_out.take()) };
                if frames != RawFrames::default()
                    && let Some(entry) = self.connection_mut(connection)
                {
                    entry.frames = Some(Box::new(frames));
                }
                self.apply_exchange_entry(request, known.answers.get(&request).copied(), &exchange, raw);
            }
        }
        if left_out > 0 {
            self.marks.push(Mark { from: at, until: at, what: Happening::RawFull });
        }
    }

    /// How many raw bytes the record holds.
    #[must_use]
    pub fn raw_bytes(&self) -> u64 {
        let messages = self.messages.iter().filter_map(|message| message.raw.as_deref()).map(Raw::len);
        let frames = self.connections.iter().filter_map(|connection| connection.frames.as_deref()).map(RawFrames::len);
        messages.chain(frames).sum()
    }

    fn known(&self, of: &[Protocol]) -> Known {
        let told = self.connections.iter().filter(|connection| of.contains(&connection.protocol));
        let connections = told.filter_map(|entry| Some((entry.server_id?, entry.id))).collect();
        let mut known = Known { connections, ..Known::default() };
        for message in &self.messages {
            match (message.answers, message.connection) {
                (Some(request), _) => {
                    known.answers.insert(request, message.id);
                }
                (None, Some(connection)) if !matches!(message.kind, Kind::Binary | Kind::Text) => {
                    known.requests.insert((connection, message.turn, message.kind.is_opening()), message.id);
                }
                _ => {}
            }
        }
        known
    }

    fn apply_connection_entry(&mut self, connection: ConnectionId, entry: ConnectionEntry) {
        let Some(known) = self.connection_mut(connection) else {
            return;
        };
        known.bytes = Some(ConnectionBytes { to_server: entry.bytes_in, to_page: entry.bytes_out });
        known.link = entry.link.map(Box::new);
        let at = |at: u64| ServerTime(at.cast_signed());
        known.emulated_handshake = entry.emulated_handshake.map(|(from, until)| (at(from), at(until)));
        known.tls = entry.tls.map(Box::new);
        // How a WebSocket was closed the page saw itself.
        if known.closed.is_none() {
            known.closed = entry.closed.map(|(when, ending)| Closed {
                at: Moment::Server(at(when)),
                how: match ending {
                    Ending::Client => Closing::ByClient,
                    Ending::Server => Closing::ByServer,
                    Ending::Broken => Closing::Broken,
                },
            });
        }
    }

    fn apply_exchange_entry(
        &mut self,
        request: MessageId,
        response: Option<MessageId>,
        entry: &ExchangeEntry,
        raw: [Option<Raw>; 2],
    ) {
        let [request_raw, response_raw] = raw.map(|raw| raw.map(Box::new));
        let alpn = || (!entry.protocol.is_empty()).then(|| entry.protocol.as_str().into());
        if let Some(message) = self.message_mut(request) {
            message.fate = Fate::Delivered;
            if message.received == Moment::Unknown {
                message.received = server_moment(entry.received);
            }
            let instrument = message.instrument.unwrap_or(0) + entry.request_instrument_bytes;
            message.instrument = Some(instrument);
            message.overhead = entry.request_bytes.and_then(|bytes| bytes.checked_sub(message.payload + instrument));
            (message.alpn, message.raw) = (alpn(), request_raw);
        }
        if let Some(message) = response.and_then(|id| self.message_mut(id)) {
            if message.sent == Moment::Unknown {
                message.sent = server_moment(entry.sent);
            }
            // A 101's agreed subprotocol is ours and was written down when it arrived.
            let instrument = message.instrument.unwrap_or(0) + entry.response_instrument_bytes;
            message.instrument = Some(instrument);
            message.overhead = entry.response_bytes.and_then(|bytes| bytes.checked_sub(message.payload + instrument));
            (message.alpn, message.raw) = (alpn(), response_raw);
        }
    }
}

fn server_moment(at: Option<u64>) -> Moment {
    at.map_or(Moment::Unknown, |at| Moment::Server(ServerTime(at.cast_signed())))
}
