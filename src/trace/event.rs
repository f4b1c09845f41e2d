//! What a network tells, one event at a time, and the [`Trace`] that the events add up to.

use serde::{Deserialize, Serialize};

use super::{
    Circumstances, ClockFit, Closed, Connection, ConnectionId, Failing, Fate, Mark, Message, MessageId, Moment,
    Outcome, Part, PartId, Phases, Protocol, Time,
};
use crate::wire::Transcript;

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
    /// Nothing will be known of a message's arrival any more.
    Unanswered(MessageId),
    /// An exchange, or the opening of a WebSocket, failed.
    Failed {
        /// The request.
        message: MessageId,
        /// How.
        failing: Box<Failing>,
    },
    /// A part of the script begins.
    Part(Part),
    /// Resource Timing told an exchange's phases.
    Phases {
        /// The request.
        message: MessageId,
        /// Its phases.
        phases: Box<Phases>,
    },
    /// A server told what it saw of the run.
    Ledger {
        /// When its account came.
        at: Time,
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
    /// The parts of the script that began, in order; none where it has only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The connections, in the order in which they became known.
    pub connections: Vec<Connection>,
    /// The messages, in the order in which the page sent them, or its script took them.
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
            parts: Vec::new(),
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

    /// The part of this name; of several, the first.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<PartId> {
        let place = self.parts.iter().position(|part| &*part.name == name)?;
        Some(PartId(u16::try_from(place).ok()?))
    }

    /// The messages of a part of the script.
    pub fn in_part(&self, part: PartId) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.part == Some(part))
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
            Event::Failed { message, failing } => {
                if let Some(entry) = self.message_mut(message) {
                    entry.failing = Some(failing);
                    if entry.fate == Fate::InFlight {
                        entry.fate = Fate::Unanswered;
                    }
                }
            }
            Event::Part(part) => self.parts.push(part),
            Event::Phases { message, phases } => self.apply_phases(message, phases),
            Event::Ledger { at, of, transcript } => self.apply_ledger(at, &of, *transcript),
            Event::Mark(mark) => self.marks.push(mark),
            Event::Clock(protocol, fit) => self.clocks.push((protocol, fit)),
            Event::Ended(outcome) => {
                // What nobody answers, as what is said in a room, was given up by nobody until now.
                let in_flight = self.messages.iter_mut().filter(|message| message.fate == Fate::InFlight);
                in_flight.for_each(|message| message.fate = Fate::Unanswered);
                self.outcome = Some(outcome);
            }
        }
    }

    pub(super) fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(id.0 as usize)
    }

    pub(super) fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
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
}
