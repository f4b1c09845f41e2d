//! The byte ledger: what the application sent, what the protocol added, and what our instrument
//! added, each way. The instrument's bytes are a row of their own and never charged to a protocol.

use std::collections::HashMap;

use crate::trace::{Direction, Kind, Message, MessageId, Protocol, Trace};

/// Bytes one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneWay {
    /// How many messages.
    pub messages: u64,
    /// Bytes that the application sent.
    pub payload: u64,
    /// Bytes that the protocol added, of those messages of which it is known.
    pub overhead: u64,
    /// Messages whose overhead is not known.
    pub unknown: u64,
    /// Bytes that our instrument added, as far as they are known.
    pub instrument: u64,
}

/// A protocol's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Of the measured messages, to the server.
    pub to_server: OneWay,
    /// Of the measured messages, to the page.
    pub to_page: OneWay,
    /// Of opening a WebSocket, both ways: paid once, whatever follows.
    pub opening: OneWay,
}

impl OneWay {
    fn add(&mut self, message: &Message, overhead: Option<u64>) {
        self.messages += 1;
        self.payload += message.payload;
        self.instrument += message.instrument.unwrap_or(0);
        match overhead {
            Some(overhead) => self.overhead += overhead,
            None => self.unknown += 1,
        }
    }

    /// The overhead of the messages of which it is known, and how many these are; `None` if it is known of
    /// none.
    #[must_use]
    pub const fn known_overhead(&self) -> Option<(u64, u64)> {
        let known = self.messages - self.unknown;
        if known > 0 || self.messages == 0 { Some((self.overhead, known)) } else { None }
    }
}

/// Where a message stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It belongs to the opening of a WebSocket.
    Opening,
    /// It is measured, and went this way.
    Measured(Direction),
}

impl Entry {
    /// Where a message stands; `None` for the warm-up and for the closing of a WebSocket, which are left out.
    #[must_use]
    pub const fn of(message: &Message) -> Option<Self> {
        match message.kind {
            Kind::Handshake | Kind::SwitchingProtocols => Some(Self::Opening),
            Kind::Close { .. } => None,
            _ if message.warm_up => None,
            _ => Some(Self::Measured(message.direction)),
        }
    }
}

impl Bytes {
    /// Adds a protocol's messages up. The warm-up is left out, but for the opening of a WebSocket, and so is its
    /// closing.
    #[must_use]
    pub fn of(trace: &Trace, protocol: Protocol) -> Self {
        let (mut bytes, overheads) = (Self::default(), Overheads::of(trace));
        for message in trace.of(protocol) {
            let way = match Entry::of(message) {
                Some(Entry::Opening) => &mut bytes.opening,
                Some(Entry::Measured(Direction::ToServer)) => &mut bytes.to_server,
                Some(Entry::Measured(Direction::ToPage)) => &mut bytes.to_page,
                None => continue,
            };
            way.add(message, overheads.get(trace, message));
        }
        bytes
    }
}

/// What is known of the overhead of a record's messages, to be asked for many of them.
#[derive(Clone, Debug, Default)]
pub struct Overheads {
    /// That of responses with server-sent events, by what they answer; the response is written down when it is over.
    streams: HashMap<MessageId, Option<u64>>,
}

impl Overheads {
    /// Looks through a record.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let events = trace.messages.iter().filter(|message| message.kind == Kind::Event);
        let mut streams: HashMap<MessageId, Option<u64>> =
            events.filter_map(|event| Some((event.answers?, None))).collect();
        if !streams.is_empty() {
            let responses = trace.messages.iter().filter(|message| matches!(message.kind, Kind::Response { .. }));
            for (response, request) in responses.filter_map(|response| Some((response, response.answers?))) {
                streams.entry(request).and_modify(|known| *known = known.or(response.overhead));
            }
        }
        Self { streams }
    }

    /// A message's overhead, if it is known: what [`known_overhead`] says of it.
    #[must_use]
    pub fn get(&self, trace: &Trace, message: &Message) -> Option<u64> {
        match message.kind {
            Kind::Event => self.streams.get(&message.answers?).copied().flatten().map(|_| 0),
            _ => known_overhead(trace, message),
        }
    }
}

/// A message's overhead, if it is known. Where an extension was negotiated, frames are not what the arithmetic says
/// (RFC 7692), so nothing is known. What surrounds a server-sent event's data is part of its response's overhead, so the
/// event itself adds nothing to that, if that is known.
#[must_use]
pub fn known_overhead(trace: &Trace, message: &Message) -> Option<u64> {
    if message.kind == Kind::Event {
        // The response is written down when it is over.
        let later = trace.messages.get(message.id.0 as usize..).unwrap_or_default().iter();
        let is_its_response =
            |other: &&Message| matches!(other.kind, Kind::Response { .. }) && other.answers == message.answers;
        return later.filter(|_| message.answers.is_some()).find(is_its_response)?.overhead.map(|_| 0);
    }
    let extended = message
        .connection
        .and_then(|id| trace.connection(id))
        .is_some_and(|connection| !connection.extensions.is_empty() && !message.kind.is_opening());
    if extended { None } else { message.overhead }
}

/// A number of bytes in words.
#[must_use]
pub fn bytes_in_words(count: u64) -> String {
    const KIB: f64 = 1024.0;
    let size = count as f64;
    match count {
        0..=9_999 => format!("{count} B"),
        10_000..=1_048_575 => format!("{:.1} KiB", size / KIB),
        _ => format!("{:.1} MiB", size / KIB / KIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Asked, Moment, Recorder, Reply, Speaks, Time, Turn, testing};
    use crate::wire::{ExchangeEntry, RunId, Transcript};

    /// A stream of two events, and what the server counted of its response.
    fn streamed(response_bytes: Option<u64>, told: bool) -> Bytes {
        let mut recorder = Recorder::default();
        let turn = Turn::of(1);
        let request = recorder.request(&Asked { turn, number: 1, method: "GET", ..Asked::default() });
        recorder.streaming(request, turn, None);
        for data in ["twelve bytes", "eight b."] {
            recorder.event(request, turn, Time(5), Moment::Unknown, data.as_bytes());
        }
        let media_type = Some("text/event-stream");
        recorder.response(request, turn, 200, &Reply { at: Time(9), media_type, ..Reply::default() });
        let exchange = ExchangeEntry {
            received: Some(1),
            sent: Some(2),
            request_bytes: Some(70),
            response_bytes,
            response_instrument_bytes: 30,
            response: Some(testing::stream(&["twelve bytes", "eight b."])),
            method: "GET".into(),
            ..testing::exchange_entry(1)
        };
        let connection = testing::connection_entry(4, vec![exchange]);
        let transcript = Transcript { run: RunId(1), now: 0, connections: vec![connection], dropped: 0 };
        if told {
            recorder.ledger(Time(10), vec![Protocol::Http], transcript);
        }
        let trace = testing::told(testing::circumstances("duplex", Speaks::Duplex), &mut recorder);
        Bytes::of(&trace, Protocol::Http)
    }

    #[test]
    fn what_events_carry_is_payload_and_what_surrounds_it_is_their_responses_overhead() {
        let to_page = streamed(Some(200), true).to_page;
        let expected = OneWay { messages: 3, payload: 20, overhead: 150, unknown: 0, instrument: 30 };
        assert_eq!(to_page, expected);
        assert_eq!(to_page.payload + to_page.overhead + to_page.instrument, 200, "each byte once");
    }

    #[test]
    fn where_a_responses_bytes_are_unknown_so_is_what_surrounds_its_events() {
        for to_page in [streamed(None, true).to_page, streamed(Some(200), false).to_page] {
            assert_eq!((to_page.payload, to_page.unknown, to_page.known_overhead()), (20, 3, None));
        }
    }
}
