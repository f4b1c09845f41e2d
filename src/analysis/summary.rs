//! What a run comes to for one protocol: its samples, their statistics, its total, its connections
//! and its bytes.

use super::{Bytes, Statistics, Timeline};
use crate::trace::{Connection, Fate, Message, MessageId, Protocol, Span, Time, Trace};

/// One measured round trip: from the call to the whole reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The turn.
    pub turn: u32,
    /// The message that asked.
    pub request: MessageId,
    /// The message that answered.
    pub reply: MessageId,
    /// When it began.
    pub began: Time,
    /// How long it took.
    pub took: Span,
    /// It is the warm-up: shown, not counted.
    pub warm_up: bool,
    /// The tab was hidden meanwhile: shown, not counted.
    pub hidden: bool,
}

impl Sample {
    /// The round trip of a request and its reply, sent and received at these times.
    pub(super) fn new(request: &Message, reply: &Message, sent: Time, received: Time) -> Self {
        Self {
            turn: reply.turn,
            request: request.id,
            reply: reply.id,
            began: sent,
            took: received - sent,
            warm_up: reply.warm_up,
            hidden: false,
        }
    }

    /// It enters the statistics.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !self.warm_up && !self.hidden
    }
}

/// What it took to open connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// So many were opened, and half of them took at most this long: constructor to `open` event for a
    /// WebSocket, `connectStart` to `connectEnd` for HTTP. Behind an emulated link the latter is that of the
    /// true TCP handshake, and the emulated one, as the server tells it, is added.
    Took {
        /// How many.
        count: usize,
        /// Their median.
        median: Span,
    },
    /// The browser used a connection that was already open.
    AlreadyOpen,
    /// Could not be had.
    Unknown,
}

/// What a run comes to for one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The figures of the round trips that count; `None` while there are none.
    pub round_trips: Option<Statistics>,
    /// All round trips that count, added up.
    pub total: Option<Span>,
    /// Connections that carried the run's messages; `None` when the server tells none.
    pub connections: Option<usize>,
    /// Of these, connections that were open before the run.
    pub already_open: usize,
    /// What it took to open them.
    pub opening: Opening,
    /// The bytes.
    pub bytes: Bytes,
    /// Samples left out because the tab was hidden.
    pub hidden: usize,
    /// Messages to which there was no answer when the run ended, and that nobody saw arrive.
    pub unanswered: usize,
}

impl Summary {
    /// Sums a protocol's part of the trace up.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline, protocol: Protocol) -> Self {
        let samples = timeline.samples(protocol);
        let counted: Vec<Span> = samples.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
        let mut total = Span::ZERO;
        counted.iter().for_each(|took| total += *took);
        Self {
            round_trips: Statistics::of(&counted),
            total: (!counted.is_empty()).then_some(total),
            connections: connections(trace, timeline, protocol),
            already_open: carriers(trace, timeline, protocol).filter(|connection| connection.already_open).count(),
            opening: opening(trace, timeline, protocol),
            bytes: Bytes::of(trace, protocol),
            hidden: samples.iter().filter(|sample| sample.hidden).count(),
            unanswered: trace.of(protocol).filter(|message| is_unanswered(trace, timeline, message)).count(),
        }
    }
}

/// Not every message on a WebSocket wants an answer: one that the server's tap saw arrive is not missing.
fn is_unanswered(trace: &Trace, timeline: &Timeline, message: &Message) -> bool {
    message.fate == Fate::Unanswered && timeline.ends(trace, message).1.is_none()
}

/// The connections that came to be. A WebSocket that was refused or given up is none.
fn carriers<'a>(trace: &'a Trace, timeline: &'a Timeline, protocol: Protocol) -> impl Iterator<Item = &'a Connection> {
    let known = timeline.connections(protocol).iter().filter_map(|id| trace.connection(*id));
    known.filter(|connection| connection.came_to_be())
}

/// How many connections carried the run. A plain HTTP endpoint does not tell them apart.
fn connections(trace: &Trace, timeline: &Timeline, protocol: Protocol) -> Option<usize> {
    let count = carriers(trace, timeline, protocol).count();
    (count > 0 || timeline.samples(protocol).is_empty()).then_some(count)
}

fn opening(trace: &Trace, timeline: &Timeline, protocol: Protocol) -> Opening {
    // A WebSocket opens behind the emulated handshake; HTTP's connection is open for the browser before it.
    let emulated = |connection: &Connection| match (protocol, connection.emulated_handshake) {
        (Protocol::Http, Some((from, to))) => to - from,
        _ => Span::default(),
    };
    let took =
        |connection: &Connection| Some(connection.opened.page()? - connection.asked.page()? + emulated(connection));
    let opened: Vec<Span> = carriers(trace, timeline, protocol).filter_map(took).collect();
    match Statistics::of(&opened) {
        Some(Statistics { n, median, .. }) => Opening::Took { count: n, median },
        None if carriers(trace, timeline, protocol).any(|connection| connection.already_open) => Opening::AlreadyOpen,
        None => Opening::Unknown,
    }
}
