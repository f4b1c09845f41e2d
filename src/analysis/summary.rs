//! What a run comes to for one protocol: its samples, their statistics, its total, its connections
//! and its bytes.

use super::{Bytes, Statistics, Timeline};
use crate::trace::{Happening, Message, MessageId, Protocol, Span, Time, Trace};

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
    /// It enters the statistics.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !self.warm_up && !self.hidden
    }
}

/// What it took to open the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// This long: constructor to `open` event for a WebSocket, `connectStart` to `connectEnd` of the
    /// first exchange for HTTP.
    Took(Span),
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
    /// From the first measured turn's beginning to the last one's end, in own time.
    pub total: Option<Span>,
    /// Connections that carried the run's messages; `None` when the server tells none.
    pub connections: Option<usize>,
    /// Of these, connections that were open before the run.
    pub already_open: usize,
    /// What it took to open the first of them.
    pub opening: Opening,
    /// The bytes.
    pub bytes: Bytes,
    /// Samples left out because the tab was hidden.
    pub hidden: usize,
    /// Messages to which there was no answer when the run ended.
    pub unanswered: usize,
}

impl Summary {
    /// Sums a protocol's part of the trace up.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline, protocol: Protocol) -> Self {
        let samples = samples(trace, protocol);
        let counted: Vec<Span> = samples.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
        let mut measured = samples.iter().filter(|sample| !sample.warm_up);
        let first = measured.next();
        let last = measured.next_back().or(first);
        let own = |wall| timeline.cuts(protocol).own(wall);
        Self {
            round_trips: Statistics::of(&counted),
            total: first.zip(last).map(|(first, last)| own(last.began + last.took) - own(first.began)),
            connections: connections(trace, protocol),
            already_open: of_protocol(trace, protocol).filter(|connection| connection.already_open).count(),
            opening: opening(trace, protocol),
            bytes: Bytes::of(trace, protocol),
            hidden: samples.iter().filter(|sample| sample.hidden).count(),
            unanswered: trace.of(protocol).filter(|message| message.fate == crate::trace::Fate::Unanswered).count(),
        }
    }
}

/// A protocol's round trips, in order, handshakes left out.
#[must_use]
pub fn samples(trace: &Trace, protocol: Protocol) -> Vec<Sample> {
    let hidden: Vec<(Time, Time)> =
        trace.marks.iter().filter(|mark| mark.what == Happening::Hidden).map(|mark| (mark.from, mark.until)).collect();
    trace
        .of(protocol)
        .filter(|message| !message.kind.is_opening())
        .filter_map(|message| sample(trace, message, &hidden))
        .collect()
}

fn sample(trace: &Trace, reply: &Message, hidden: &[(Time, Time)]) -> Option<Sample> {
    let request = trace.message(reply.answers?)?;
    let (began, ended) = (request.sent.page()?, reply.received.page()?);
    Some(Sample {
        turn: reply.turn,
        request: request.id,
        reply: reply.id,
        began,
        took: ended - began,
        warm_up: reply.warm_up,
        hidden: hidden.iter().any(|&(from, until)| from < ended && began < until),
    })
}

fn of_protocol(trace: &Trace, protocol: Protocol) -> impl Iterator<Item = &crate::trace::Connection> {
    trace.connections.iter().filter(move |connection| connection.protocol == protocol)
}

/// How many connections carried the run. A plain HTTP endpoint does not tell them apart.
fn connections(trace: &Trace, protocol: Protocol) -> Option<usize> {
    let count = of_protocol(trace, protocol).count();
    let carried_something = trace.of(protocol).any(|message| message.answers.is_some());
    (count > 0 || !carried_something).then_some(count)
}

fn opening(trace: &Trace, protocol: Protocol) -> Opening {
    match protocol {
        Protocol::WebSocket => of_protocol(trace, protocol)
            .next()
            .and_then(|connection| Some(connection.opened.page()? - connection.asked.page()?))
            .map_or(Opening::Unknown, Opening::Took),
        Protocol::Http => {
            let first = trace.of(protocol).next().and_then(|message| message.phases.as_ref());
            match first {
                Some(phases) if phases.connected() => Opening::Took(phases.connect_end - phases.connect_start),
                Some(_) => Opening::AlreadyOpen,
                None if of_protocol(trace, protocol).next().is_some_and(|connection| connection.already_open) => {
                    Opening::AlreadyOpen
                }
                None => Opening::Unknown,
            }
        }
    }
}
