//! What a network tells, one event at a time, and the [`Trace`] that the events add up to.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Circumstances, ClockFit, Closed, Closing, Connection, ConnectionBytes, ConnectionId, Fate, Mark, Message,
    MessageId, Moment, Outcome, Phases, Protocol, ServerTime,
};
use crate::wire::{ConnectionEntry, Ending, ExchangeEntry, Transcript};

/// One thing that happened. Plain data, so that a run can be told across a worker's boundary.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A connection is being opened, or carried its first message.
    Connection(Connection),
    /// A WebSocket is open.
    Opened {
        /// Which.
        connection: ConnectionId,
        /// When its `open` event came.
        at: Moment,
        /// The subprotocol agreed upon.
        subprotocol: String,
        /// The extensions agreed upon.
        extensions: String,
    },
    /// The server's id of a connection became known.
    Identified {
        /// Which.
        connection: ConnectionId,
        /// The server's id.
        server_id: u64,
        /// When the server accepted it.
        accepted: Moment,
    },
    /// A connection ended.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// When and how.
        closed: Closed,
    },
    /// A message was sent by the page, or reached it.
    Message(Message),
    /// A message was received by the server.
    Received {
        /// Which.
        message: MessageId,
        /// When.
        at: Moment,
        /// What carried it, if that is known.
        connection: Option<ConnectionId>,
        /// Bytes of the heads of further frames than one, as the server counted them.
        further_heads: u64,
    },
    /// The run ended before anything was known of a message's arrival.
    Unanswered(MessageId),
    /// Resource Timing told an exchange's phases.
    Phases {
        /// The request.
        message: MessageId,
        /// Its phases.
        phases: Box<Phases>,
    },
    /// A server told what it saw of the run.
    Ledger {
        /// What it was asked about: its ids are unique for itself alone.
        of: Vec<Protocol>,
        /// What it saw.
        transcript: Box<Transcript>,
    },
    /// Something happened beside the messages.
    Mark(Mark),
    /// The clock of a protocol's server was fitted to the page's.
    Clock(Protocol, ClockFit),
    /// The run ended.
    Ended(Outcome),
}

/// The record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Under which circumstances it was made.
    pub circumstances: Circumstances,
    /// How the clock of each protocol's server lies to the page's, as far as it is known.
    pub clocks: Vec<(Protocol, ClockFit)>,
    /// Exchanges that a server no longer knew when it was asked for its account.
    pub forgotten: u64,
    /// The connections, in the order in which they became known.
    pub connections: Vec<Connection>,
    /// The messages, in the order in which the page sent or received them.
    pub messages: Vec<Message>,
    /// What happened beside them.
    pub marks: Vec<Mark>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
}

impl Trace {
    /// An empty record.
    #[must_use]
    pub fn new(circumstances: Circumstances) -> Self {
        Self {
            circumstances,
            clocks: Vec::new(),
            forgotten: 0,
            connections: Vec::new(),
            messages: Vec::new(),
            marks: Vec::new(),
            outcome: None,
        }
    }

    /// The message of this id.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(id.0 as usize)
    }

    /// The connection of this id.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id.0 as usize)
    }

    /// The messages that a protocol carried.
    pub fn of(&self, protocol: Protocol) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.protocol == protocol)
    }

    /// Takes in what happened. An event that speaks of something unknown changes nothing.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Connection(connection) => self.connections.push(connection),
            Event::Opened { connection, at, subprotocol, extensions } => {
                if let Some(entry) = self.connection_mut(connection) {
                    entry.opened = at;
                    entry.subprotocol = subprotocol;
                    entry.extensions = extensions;
                }
            }
            Event::Identified { connection, server_id, accepted } => {
                if let Some(entry) = self.connection_mut(connection) {
                    entry.server_id = Some(server_id);
                    entry.accepted = accepted;
                }
            }
            Event::Closed { connection, closed } => {
                if let Some(entry) = self.connection_mut(connection) {
                    entry.closed = Some(closed);
                }
            }
            Event::Message(message) => self.messages.push(message),
            Event::Received { message, at, connection, further_heads } => {
                if let Some(entry) = self.message_mut(message) {
                    entry.received = at;
                    entry.fate = Fate::Delivered;
                    entry.overhead = entry.overhead.map(|overhead| overhead + further_heads);
                    entry.connection = entry.connection.or(connection);
                    // Its timing entry may have come before.
                    if let Some(phases) = entry.phases.take() {
                        self.apply_phases(message, phases);
                    }
                }
            }
            Event::Unanswered(message) => {
                if let Some(entry) = self.message_mut(message) {
                    entry.fate = Fate::Unanswered;
                }
            }
            Event::Phases { message, phases } => self.apply_phases(message, phases),
            Event::Ledger { of, transcript } => self.apply_ledger(&of, &transcript),
            Event::Mark(mark) => self.marks.push(mark),
            Event::Clock(protocol, fit) => self.clocks.push((protocol, fit)),
            Event::Ended(outcome) => self.outcome = Some(outcome),
        }
    }

    fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(id.0 as usize)
    }

    fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.messages.get_mut(id.0 as usize)
    }

    /// Keeps an exchange's phases. The exchange that made its connection tells when that was asked for.
    fn apply_phases(&mut self, message: MessageId, phases: Box<Phases>) {
        let Some(entry) = self.message_mut(message) else { return };
        let made = entry.connection.filter(|_| phases.connected());
        let (asked, opened) = (Moment::Page(phases.connect_start), Moment::Page(phases.connect_end));
        entry.phases = Some(phases);
        if let Some(connection) = made.and_then(|id| self.connection_mut(id)) {
            connection.asked = asked;
            connection.opened = opened;
        }
    }

    /// Writes down what a server's meter counted: bytes, and how connections ended.
    fn apply_ledger(&mut self, of: &[Protocol], transcript: &Transcript) {
        self.forgotten += transcript.dropped;
        let told = self.connections.iter().filter(|connection| of.contains(&connection.protocol));
        let by_server_id: HashMap<u64, ConnectionId> =
            told.filter_map(|entry| Some((entry.server_id?, entry.id))).collect();
        let mut openings: HashMap<(ConnectionId, u32, bool), MessageId> = HashMap::new();
        let mut answers: HashMap<MessageId, MessageId> = HashMap::new();
        for message in &self.messages {
            match (message.answers, message.connection) {
                (Some(request), _) => {
                    answers.insert(request, message.id);
                }
                (None, Some(connection)) if !matches!(message.kind, super::Kind::Binary | super::Kind::Text) => {
                    openings.insert((connection, message.turn, message.kind.is_opening()), message.id);
                }
                _ => {}
            }
        }
        for entry in &transcript.connections {
            let Some(&connection) = by_server_id.get(&entry.id) else { continue };
            self.apply_connection_entry(connection, entry);
            for exchange in &entry.exchanges {
                // A handshake has no number; an exchange without one is none of the lab's.
                let turn = if exchange.upgraded { Some(0) } else { exchange.n };
                let request = turn.and_then(|turn| openings.get(&(connection, turn, exchange.upgraded)));
                if let Some(&request) = request {
                    self.apply_exchange_entry(request, answers.get(&request).copied(), exchange);
                }
            }
        }
    }

    fn apply_connection_entry(&mut self, connection: ConnectionId, entry: &ConnectionEntry) {
        let Some(known) = self.connection_mut(connection) else {
            return;
        };
        known.bytes = Some(ConnectionBytes { to_server: entry.bytes_in, to_page: entry.bytes_out });
        // How a WebSocket was closed the page saw itself.
        if known.closed.is_none() {
            known.closed = entry.closed.map(|(at, ending)| Closed {
                at: Moment::Server(ServerTime(at.cast_signed())),
                how: match ending {
                    Ending::Client => Closing::ByClient,
                    Ending::Server => Closing::ByServer,
                    Ending::Broken => Closing::Broken,
                },
            });
        }
    }

    fn apply_exchange_entry(&mut self, request: MessageId, response: Option<MessageId>, entry: &ExchangeEntry) {
        if let Some(message) = self.message_mut(request) {
            message.fate = Fate::Delivered;
            if message.received == Moment::Unknown {
                message.received = server_moment(entry.received);
            }
            let instrument = message.instrument.unwrap_or(0) + entry.request_instrument_bytes;
            message.instrument = Some(instrument);
            message.overhead = entry.request_bytes.and_then(|bytes| bytes.checked_sub(message.payload + instrument));
        }
        if let Some(message) = response.and_then(|id| self.message_mut(id)) {
            if message.sent == Moment::Unknown {
                message.sent = server_moment(entry.sent);
            }
            // A 101's agreed subprotocol is ours and was written down when it arrived.
            let instrument = message.instrument.unwrap_or(0) + entry.response_instrument_bytes;
            message.instrument = Some(instrument);
            message.overhead = entry.response_bytes.and_then(|bytes| bytes.checked_sub(message.payload + instrument));
        }
    }
}

fn server_moment(at: Option<u64>) -> Moment {
    at.map_or(Moment::Unknown, |at| Moment::Server(ServerTime(at.cast_signed())))
}
