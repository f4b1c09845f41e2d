//! Which marks occur in a sequence diagram, so that its legend explains these and no others.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::queue::queued;
use super::words::is_unasked;
use crate::analysis::Timeline;
use crate::drawing::axis::Fixed;
use crate::trace::{Closing, Connection, Direction, Fate, Kind, Message, Moment, Protocol, Time, Trace};

/// A kind of mark, in the order of a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// A message of a protocol.
    Message(Protocol),
    /// The server spoke first.
    Unasked,
    /// The request that asks for a WebSocket and the response that grants it.
    Opening,
    /// A WebSocket's close frame.
    Close,
    /// A ping or a pong that the server's tap saw.
    Control,
    /// A warm-up.
    WarmUp,
    /// A server's end that nobody knows.
    UnknownTime,
    /// How far off a server's end may be.
    Uncertainty,
    /// Lost, broken off, refused or never answered.
    Lost,
    /// A request that had to wait in the browser before it was sent.
    Queued,
    /// A request that the script sent again.
    Retried,
    /// A request that arrived more than once, since the browser sent it again by itself.
    Resent,
    /// A connection, as long as it is open.
    Connection,
    /// A connection that ended without a goodbye.
    BrokenConnection,
    /// The handshake of TCP that an emulated link holds a connection back for.
    EmulatedHandshake,
    /// Time that is cut out.
    Cut,
    /// A silence that is shrunk.
    Silence,
    /// Repetitions that are folded.
    Fold,
}

/// A message that must not be lost in a crowd of others.
pub(super) fn is_notable(trace: &Trace, timeline: &Timeline, message: &Message) -> bool {
    is_odd(trace, timeline, message) || message.kind.is_opening() || matches!(message.kind, Kind::Close { .. })
}

/// Something went wrong with a message, or it was sent again.
pub(super) fn is_odd(trace: &Trace, timeline: &Timeline, message: &Message) -> bool {
    is_lost(trace, timeline, message)
        || message.failing.is_some()
        || message.retries.is_some()
        || message.arrivals.unwrap_or(1) > 1
}

/// A message that is drawn with a cross: lost, broken off, refused, or not known to have arrived and never answered.
#[must_use]
pub fn is_lost(trace: &Trace, timeline: &Timeline, message: &Message) -> bool {
    let is_unknown = || timeline.ends(trace, message).1.is_none();
    match message.fate {
        Fate::Broken | Fate::Lost => true,
        Fate::Unanswered => is_unknown(),
        Fate::Delivered | Fate::InFlight => message.was_refused(),
    }
}

/// Notes the marks of a message.
pub(super) fn note(marks: &mut BTreeSet<Mark>, trace: &Trace, timeline: &Timeline, message: &Message) {
    let server_end = match message.direction {
        Direction::ToServer => message.received,
        Direction::ToPage => message.sent,
    };
    let is_lost = is_lost(trace, timeline, message);
    let is_message = !message.kind.is_opening() && !matches!(message.kind, Kind::Close { .. });
    let occurs = [
        (Mark::Message(message.protocol), is_message && !is_unasked(trace, message)),
        (Mark::Unasked, is_unasked(trace, message)),
        (Mark::Opening, message.kind.is_opening()),
        (Mark::Close, matches!(message.kind, Kind::Close { .. })),
        (Mark::WarmUp, message.warm_up),
        (Mark::UnknownTime, server_end == Moment::Unknown && !is_lost),
        (Mark::Lost, is_lost),
        (Mark::Queued, queued(trace, timeline, message).is_some()),
        (Mark::Retried, message.retries.is_some()),
        (Mark::Resent, message.arrivals.unwrap_or(1) > 1),
    ];
    marks.extend(occurs.into_iter().filter(|(_, occurs)| *occurs).map(|(mark, _)| mark));
}

/// Notes the marks of a connection.
pub(super) fn note_connection(marks: &mut BTreeSet<Mark>, connection: &Connection) {
    if !connection.came_to_be() {
        return;
    }
    marks.insert(Mark::Connection);
    if is_broken(connection) {
        marks.insert(Mark::BrokenConnection);
    }
    if connection.emulated_handshake.is_some() {
        marks.insert(Mark::EmulatedHandshake);
    }
}

/// A connection ended without a goodbye.
pub(super) fn is_broken(connection: &Connection) -> bool {
    match connection.closed.as_ref().map(|closed| &closed.how) {
        Some(Closing::Broken) => true,
        Some(Closing::CloseEvent { clean, .. }) => !clean,
        _ => false,
    }
}

impl Plan {
    /// The marks that occur until the diagram's end, in the order of a legend.
    #[must_use]
    pub fn legend(&self, trace: &Trace, timeline: &Timeline) -> Vec<Mark> {
        let mut marks = self.marks().clone();
        if !self.control().is_empty() {
            marks.insert(Mark::Control);
        }
        let protocols = self.manner().subject.protocols();
        if protocols.iter().any(|&protocol| timeline.clock(protocol).is_some()) {
            marks.insert(Mark::Uncertainty);
        }
        let is_cut =
            |&protocol: &Protocol| timeline.cuts(protocol).between(self.axis.origin(), Time(i64::MAX)).next().is_some();
        if !self.is_wall_time() && protocols.iter().any(is_cut) {
            marks.insert(Mark::Cut);
        }
        // Behind its end the axis goes on while the other protocol speaks.
        let last = self.last(trace, timeline);
        for stretch in self.axis.fixed_between(self.axis.origin(), last).filter(|stretch| stretch.until <= last) {
            marks.insert(match stretch.why {
                Fixed::Silence => Mark::Silence,
                Fixed::Fold(_) => Mark::Fold,
            });
        }
        marks.into_iter().collect()
    }
}
