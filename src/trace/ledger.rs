//! Takes a server's account of a run into the record: bytes, times, raw bytes, and how connections ended.

use std::collections::{HashMap, HashSet};

use super::entry::unknown_connection;
use super::unheard::unheard;
use super::{
    Closed, Closing, Connection, ConnectionBytes, ConnectionId, Fate, Happening, Kind, Mark, Message, MessageId,
    Moment, Protocol, Raw, RawFrames, ServerTime, Time, Trace,
};
use crate::wire::{Capture, ConnectionEntry, Ending, ExchangeEntry, Transcript};

/// The type of a response that brings events (HTML standard, §9.2).
const EVENT_STREAM: &str = "text/event-stream";

/// How a request arrived.
#[derive(Clone, Copy)]
struct Arrivals {
    /// How often.
    count: u32,
    /// When its first bytes were first read, in µs of the server's clock, and which request it was then on its
    /// connection.
    first: (u64, u64),
    /// The arrival that is told of where nothing says which one was answered.
    told: Arrival,
}

/// One arrival of a request. Their order is the order in which they are chosen from: what made a WebSocket, then what
/// came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    not_upgraded: bool,
    began: u64,
    ordinal: u64,
    /// The server's id of the connection.
    connection: u64,
}

impl Arrival {
    fn of(entry: &ConnectionEntry, exchange: &ExchangeEntry) -> Self {
        let ExchangeEntry { began, ordinal, .. } = *exchange;
        Self { not_upgraded: !exchange.upgraded, began, ordinal, connection: entry.id }
    }
}

/// Which messages an account may speak of.
#[derive(Default)]
struct Known {
    connections: HashMap<u64, ConnectionId>,
    /// Requests and handshakes, by the number in their URL.
    requests: HashMap<u32, MessageId>,
    answers: HashMap<MessageId, MessageId>,
    /// Bytes of what server-sent events carried, by the request whose response they are parts of.
    events: HashMap<MessageId, u64>,
}

impl Trace {
    /// Writes down what a server's meter counted and its tap kept. The account came `at` this time.
    pub(super) fn apply_ledger(&mut self, at: Time, of: &[Protocol], transcript: Transcript) {
        self.forgotten += transcript.dropped;
        let mut known = self.known(of);
        let arrivals = self.arrivals(&known, &transcript);
        let mut told = HashSet::new();
        let mut room = Raw::MAX.saturating_sub(self.raw_bytes());
        let mut left_out = 0;
        for mut entry in transcript.connections {
            let exchanges = std::mem::take(&mut entry.exchanges);
            let chosen = |request: &MessageId, exchange: &ExchangeEntry| {
                arrivals.get(request).is_some_and(|arrivals| arrivals.told == Arrival::of(&entry, exchange))
            };
            let chosen: Vec<bool> = exchanges
                .iter()
                .map(|exchange| {
                    let request = exchange.n.and_then(|number| known.requests.get(&number));
                    request.is_some_and(|request| chosen(request, exchange))
                })
                .collect();
            let Some(connection) = self.connection_told(&mut known, of, &entry, &exchanges, &chosen) else { continue };
            self.apply_connection_entry(connection, entry);
            for (mut exchange, is_chosen) in exchanges.into_iter().zip(chosen) {
                let Some(&request) = exchange.n.and_then(|number| known.requests.get(&number)) else { continue };
                if self.is_preflight(request, &exchange) {
                    if let Some(message) = self.message_mut(request) {
                        message.preflight = true;
                    }
                    continue;
                }
                // A request that arrived several times is told as the one that was answered, else as the first.
                let carried_by = self.message(request).and_then(|message| message.connection);
                if !carried_by.map_or(is_chosen, |id| id == connection) || !told.insert(request) {
                    continue;
                }
                let mut take = |capture: Option<Capture>| {
                    let raw = Raw::of(capture?, &mut room);
                    left_out += raw.left_out;
                    Some(raw)
                };
                let raw = [take(exchange.request.take()), take(exchange.response.take())];
                let frames =
                    RawFrames { to_server: take(exchange.frames_in.take()), to_page: take(exchange.frames_out.take()) };
                if let Some(entry) = self.connection_mut(connection).filter(|_| frames != RawFrames::default()) {
                    entry.frames = Some(Box::new(frames));
                }
                let several = arrivals.get(&request).is_some_and(|arrivals| arrivals.count > 1);
                let carried_by_events = match known.events.get(&request).copied() {
                    // An event source that asked again: which response carried which event nobody tells.
                    Some(_) if several => None,
                    events => Some(events.unwrap_or(0)),
                };
                let response = known.answers.get(&request).map(|&response| (response, carried_by_events));
                self.apply_exchange_entry(connection, request, response, &exchange, raw);
            }
        }
        if transcript.dropped == 0 {
            self.note_arrivals(&known, &arrivals);
        }
        if left_out > 0 {
            self.marks.push(Mark { from: at, until: at, what: Happening::RawFull });
        }
    }

    /// The connection that an entry tells of. One that carried only exchanges that never got an answer is
    /// known from this account alone.
    fn connection_told(
        &mut self,
        known: &mut Known,
        of: &[Protocol],
        entry: &ConnectionEntry,
        exchanges: &[ExchangeEntry],
        chosen: &[bool],
    ) -> Option<ConnectionId> {
        if let Some(&connection) = known.connections.get(&entry.id) {
            return Some(connection);
        }
        let mut requests = exchanges.iter().zip(chosen).filter_map(|(exchange, is_chosen)| {
            let request = self.message(*known.requests.get(&exchange.n?)?)?;
            // A handshake that its browser tried again came on a further connection.
            (*is_chosen || request.kind != Kind::Handshake).then_some(request)
        });
        let request = requests.next()?;
        let accepted = Moment::Server(ServerTime(entry.opened.cast_signed()));
        let connection = match (request.kind, request.connection) {
            (Kind::Handshake, Some(opening)) => {
                let connection = self.connection_mut(opening)?;
                if connection.server_id.is_some() {
                    return None;
                }
                (connection.server_id, connection.accepted) = (Some(entry.id), accepted);
                opening
            }
            _ if of.contains(&Protocol::Http) => {
                let id = ConnectionId(u32::try_from(self.connections.len()).ok()?);
                let client = request.client;
                let opened = ServerTime(entry.opened.cast_signed());
                let already_open = self.began_at_server().is_some_and(|began| opened < began);
                self.connections.push(Connection {
                    server_id: Some(entry.id),
                    client,
                    accepted,
                    already_open,
                    ..unknown_connection(id, Protocol::Http)
                });
                id
            }
            _ => return None,
        };
        known.connections.insert(entry.id, connection);
        Some(connection)
    }

    /// The run began no earlier than this on the server's clock: what the server had received before an answer was
    /// there was sent after the beginning.
    fn began_at_server(&self) -> Option<ServerTime> {
        let began = self.messages.iter().find_map(|message| message.sent.page())?;
        let bound = |answer: &Message| {
            let received = self.message(answer.answers?)?.received.server()?;
            let here = answer.head.or(answer.received.page())?;
            Some(ServerTime(received.0 - (here - began).0))
        };
        self.messages.iter().filter(|message| message.protocol == Protocol::Http).filter_map(bound).max()
    }

    /// Browsers ask for permission under the same URL (Fetch §4.8).
    fn is_preflight(&self, request: MessageId, exchange: &ExchangeEntry) -> bool {
        let method = self.message(request).and_then(|message| message.target.as_deref()).map(|target| &*target.method);
        exchange.method == "OPTIONS" && method.is_some_and(|method| method != "OPTIONS")
    }

    /// How each request arrived, whichever connections carried it.
    fn arrivals(&self, known: &Known, transcript: &Transcript) -> HashMap<MessageId, Arrivals> {
        let mut arrivals: HashMap<MessageId, Arrivals> = HashMap::new();
        let entries = transcript.connections.iter();
        for (connection, exchange) in entries.flat_map(|entry| entry.exchanges.iter().map(move |it| (entry, it))) {
            let Some(&request) = exchange.n.and_then(|number| known.requests.get(&number)) else { continue };
            if self.is_preflight(request, exchange) {
                continue;
            }
            let (first, this) = ((exchange.began, exchange.ordinal), Arrival::of(connection, exchange));
            let told = arrivals.entry(request).or_insert(Arrivals { count: 0, first, told: this });
            *told = Arrivals { count: told.count + 1, first: told.first.min(first), told: told.told.min(this) };
        }
        arrivals
    }

    /// Writes down how often each request arrived; those that are not in a complete account never did.
    fn note_arrivals(&mut self, known: &Known, arrivals: &HashMap<MessageId, Arrivals>) {
        for &request in known.requests.values() {
            let told = arrivals.get(&request);
            let count = told.map_or(0, |told| told.count);
            let Some(message) = self.message_mut(request) else { continue };
            message.arrivals = Some(count);
            message.ordinal = told.map(|told| told.first.1);
            if count == 0 && message.fate != Fate::Delivered {
                message.fate = Fate::Lost;
            }
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
        for message in self.messages.iter().filter(|message| of.contains(&message.protocol)) {
            // What never left the page is in nobody's account.
            if let Some(number) = message.number.filter(|_| !message.was_refused()) {
                known.requests.insert(number, message.id);
            }
            match message.answers {
                Some(request) if message.kind == Kind::Event => {
                    *known.events.entry(request).or_default() += message.payload;
                }
                Some(request) => {
                    known.answers.insert(request, message.id);
                }
                None => {}
            }
        }
        known
    }

    fn apply_connection_entry(&mut self, connection: ConnectionId, entry: ConnectionEntry) {
        let Some(known) = self.connection_mut(connection) else {
            return;
        };
        // The services that tell their connection's id within messages do not say when it was accepted.
        if known.accepted == Moment::Unknown {
            known.accepted = Moment::Server(ServerTime(entry.opened.cast_signed()));
        }
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

    /// `response` comes with the bytes that the events within it carried, if they are known: they are the
    /// application's, as a body's are. What came behind the last event that the page had, because it had closed the stream by
    /// then, is left out.
    fn apply_exchange_entry(
        &mut self,
        connection: ConnectionId,
        request: MessageId,
        response: Option<(MessageId, Option<u64>)>,
        entry: &ExchangeEntry,
        raw: [Option<Raw>; 2],
    ) {
        let [request_raw, response_raw] = raw.map(|raw| raw.map(Box::new));
        let alpn = || (!entry.protocol.is_empty()).then(|| entry.protocol.as_str().into());
        if let Some(message) = self.message_mut(request) {
            let arrived = entry.received.is_some() || response.is_some();
            message.fate = if arrived { Fate::Delivered } else { Fate::Broken };
            message.connection = message.connection.or(Some(connection));
            if message.received == Moment::Unknown {
                message.received = server_moment(entry.received);
            }
            let instrument = message.instrument.unwrap_or(0) + entry.request_instrument_bytes;
            message.instrument = Some(instrument);
            message.overhead = entry.request_bytes.and_then(|bytes| bytes.checked_sub(message.payload + instrument));
            (message.alpn, message.raw) = (alpn(), request_raw);
        }
        let Some((response, events)) = response else { return };
        if let Some(message) = self.message_mut(response) {
            if message.sent == Moment::Unknown {
                message.sent = server_moment(entry.sent);
            }
            // A 101's agreed subprotocol is ours and was written down when it arrived.
            let instrument = message.instrument.unwrap_or(0) + entry.response_instrument_bytes;
            message.instrument = Some(instrument);
            // Of a response that broke off the page has not all that the server wrote: what is left is no overhead.
            let is_stream = message.media_type.as_deref() == Some(EVENT_STREAM);
            let apart = events.filter(|_| message.fate != Fate::Broken).and_then(|events| {
                let unheard = if is_stream { unheard(response_raw.as_deref(), events)? } else { 0 };
                Some(message.payload + events + unheard + instrument)
            });
            message.overhead = entry.response_bytes.zip(apart).and_then(|(bytes, apart)| bytes.checked_sub(apart));
            (message.alpn, message.raw) = (alpn(), response_raw);
        }
    }
}

fn server_moment(at: Option<u64>) -> Moment {
    at.map_or(Moment::Unknown, |at| Moment::Server(ServerTime(at.cast_signed())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Asked, Recorder, Reply, Speaks, Turn, testing};
    use crate::wire::RunId;

    fn trace(recorder: &mut Recorder) -> Trace {
        testing::told(testing::circumstances("", Speaks::Duplex), recorder)
    }

    fn told(id: u64, exchanges: &[(u32, u64, u64)]) -> ConnectionEntry {
        let exchange = |&(n, ordinal, began): &(u32, u64, u64)| {
            let request_bytes = Some(100);
            ExchangeEntry { ordinal, began, request_bytes, ..testing::exchange_entry(n) }
        };
        testing::connection_entry(id, exchanges.iter().map(exchange).collect())
    }

    fn account(dropped: u64, connections: Vec<ConnectionEntry>) -> Transcript {
        Transcript { run: RunId(1), now: 900, connections, dropped }
    }

    #[test]
    fn a_request_that_arrives_twice_says_which_one_it_was_where_it_came_first() {
        let mut recorder = Recorder::default();
        let asked = |number| Asked { turn: Turn::of(1), number, method: "POST", ..Asked::default() };
        for number in 0..3 {
            recorder.request(&asked(number));
        }
        // The older connection is told first, and carried the second attempt.
        let connections = vec![told(4, &[(0, 2, 500)]), told(5, &[(0, 7, 400), (1, 8, 600)])];
        recorder.ledger(Time(1), vec![Protocol::Http], account(0, connections));
        let trace = trace(&mut recorder);
        let seen: Vec<_> = trace.messages.iter().map(|message| (message.arrivals, message.ordinal)).collect();
        assert_eq!(seen, [(Some(2), Some(7)), (Some(1), Some(8)), (Some(0), None)]);
        assert_eq!(trace.messages[2].fate, Fate::Lost);
    }

    #[test]
    fn a_handshake_that_arrives_again_is_counted_though_its_socket_has_one_connection() {
        let mut recorder = Recorder::default();
        recorder.opening(Turn::of(1), Time(0), 0, "ws://here/ws", 0);
        let connections = vec![told(4, &[(0, 1, 400)]), told(5, &[(0, 1, 500)])];
        recorder.ledger(Time(1), vec![Protocol::WebSocket], account(0, connections));
        let trace = trace(&mut recorder);
        assert_eq!((trace.messages[0].arrivals, trace.connections.len()), (Some(2), 1));
        assert_eq!(trace.connections[0].server_id, Some(4));
    }

    #[test]
    fn a_request_that_comes_again_on_the_same_connection_is_told_once() {
        let mut recorder = Recorder::default();
        recorder.request(&Asked { turn: Turn::of(1), method: "POST", ..Asked::default() });
        recorder.ledger(Time(1), vec![Protocol::Http], account(0, vec![told(4, &[(0, 1, 400), (0, 2, 500)])]));
        let trace = trace(&mut recorder);
        let message = &trace.messages[0];
        assert_eq!((message.arrivals, message.ordinal, message.overhead), (Some(2), Some(1), Some(100)));
    }

    #[test]
    fn a_websocket_is_on_the_connection_that_was_upgraded_whichever_attempt_that_was() {
        let mut recorder = Recorder::default();
        recorder.opening(Turn::of(1), Time(0), 0, "ws://here/ws", 0);
        let mut connections = vec![told(4, &[(0, 1, 400)]), told(5, &[(0, 1, 500)])];
        connections[1].exchanges[0].upgraded = true;
        connections[1].bytes_in = 777;
        recorder.ledger(Time(1), vec![Protocol::WebSocket], account(0, connections));
        let socket = &trace(&mut recorder).connections[0];
        assert_eq!((socket.server_id, socket.bytes.map(|bytes| bytes.to_server)), (Some(5), Some(777)));
    }

    #[test]
    fn a_request_without_an_answer_is_told_as_it_came_first_whichever_connection_is_told_first() {
        let mut recorder = Recorder::default();
        recorder.request(&Asked { turn: Turn::of(1), method: "POST", ..Asked::default() });
        let mut connections = vec![told(4, &[(0, 2, 500)]), told(5, &[(0, 7, 400)])];
        connections[1].exchanges[0].request_bytes = Some(90);
        recorder.ledger(Time(1), vec![Protocol::Http], account(0, connections));
        let trace = trace(&mut recorder);
        let carried = trace.messages[0].connection.and_then(|id| trace.connection(id)).and_then(|on| on.server_id);
        assert_eq!((trace.messages[0].overhead, carried), (Some(90), Some(5)));
    }

    #[test]
    fn when_a_websocket_was_accepted_that_named_itself_is_in_the_account() {
        let mut recorder = Recorder::default();
        let (socket, _) = recorder.opening(Turn::of(1), Time(0), 0, "ws://here/memory/ws", 0);
        recorder.identified(socket, 4, Moment::Unknown);
        let entry = ConnectionEntry { opened: 350, ..told(4, &[(0, 1, 400)]) };
        recorder.ledger(Time(1), vec![Protocol::WebSocket], account(0, vec![entry]));
        assert_eq!(trace(&mut recorder).connections[0].accepted, Moment::Server(ServerTime(350)));
    }

    /// The overhead of a response of which 10 bytes were read, and of which the server wrote 300.
    fn overhead(asked_again: bool, broken: bool, with_event: bool) -> Option<u64> {
        overhead_of(asked_again, broken, with_event, &["0123456789"])
    }

    /// The same where the server sent these events.
    fn overhead_of(asked_again: bool, broken: bool, with_event: bool, events: &[&str]) -> Option<u64> {
        let mut recorder = Recorder::default();
        let turn = Turn::of(1);
        let request = recorder.request(&Asked { turn, method: "GET", ..Asked::default() });
        if with_event {
            recorder.event(request, turn, Time(5), Moment::Unknown, b"0123456789");
        }
        let payload: &[u8] = if with_event { b"" } else { b"0123456789" };
        let media_type = with_event.then_some(EVENT_STREAM);
        let reply = Reply { at: Time(9), head: Some(Time(4)), payload, media_type, ..Reply::default() };
        match broken {
            true => recorder.broken_response(request, turn, 200, &reply),
            false => recorder.response(request, turn, 200, &reply),
        };
        let mut entry = told(4, &[(0, 1, 400)]);
        entry.exchanges[0].response_bytes = Some(300);
        entry.exchanges[0].response = with_event.then(|| testing::stream(events));
        let mut connections = vec![entry];
        if asked_again {
            connections.push(told(5, &[(0, 1, 600)]));
        }
        recorder.ledger(Time(10), vec![Protocol::Http], account(0, connections));
        trace(&mut recorder).messages.last().expect("the response").overhead
    }

    #[test]
    fn what_a_broken_response_left_unread_is_no_overhead() {
        assert_eq!(overhead(false, false, false), Some(290));
        assert_eq!(overhead(false, true, false), None);
    }

    #[test]
    fn where_an_event_source_asked_again_its_events_are_not_charged_to_one_of_the_responses() {
        assert_eq!(overhead(false, false, true), Some(290));
        assert_eq!(overhead(true, false, true), None);
    }

    #[test]
    fn events_that_came_when_the_page_had_closed_the_stream_are_no_overhead_of_what_it_heard() {
        // “data: 01234\n\n” behind the one that it had.
        assert_eq!(overhead_of(false, false, true, &["0123456789", "01234"]), Some(290 - 13));
        // Which of them it had is not known.
        assert_eq!(overhead_of(false, false, true, &["01234"]), None);
    }

    #[test]
    fn an_account_that_leaves_exchanges_out_counts_none() {
        let mut recorder = Recorder::default();
        recorder.request(&Asked { turn: Turn::of(1), method: "POST", ..Asked::default() });
        recorder.ledger(Time(1), vec![Protocol::Http], account(3, vec![told(4, &[(0, 1, 400)])]));
        let trace = trace(&mut recorder);
        assert_eq!((trace.messages[0].arrivals, trace.messages[0].ordinal), (None, None));
    }
}
