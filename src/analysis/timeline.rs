//! Brings a trace's times onto one clock, the page's, and into each protocol's own time.
//!
//! A [`Timeline`] follows a trace as it grows: each call of [`Timeline::follow`] looks only at what
//! is new.

use std::collections::HashMap;

use super::clock::{Bounds, Observation, on_page};
use super::own_time::Cuts;
use super::raw::server_times;
use super::summary::Sample;
use crate::trace::{
    Circumstances, ClockFit, ConnectionId, Direction, Happening, Kind, Message, MessageId, Moment, Protocol,
    ServerTime, Span, Time, Trace,
};

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Measured in this page.
    Page,
    /// Reported by the server and placed on the page's clock.
    Server,
    /// Not known: drawn half-way between what is known.
    Unknown,
}

/// A time on the page's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// When.
    pub at: Time,
    /// The true time lies within this much, either way.
    pub uncertainty: Span,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// The times of a trace, brought together.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    seen_messages: usize,
    seen_connections: usize,
    seen_marks: usize,
    /// Both endpoints are the same start of the same server, so one clock.
    one_clock: bool,
    bounds: [Bounds; 2],
    fits: [Option<ClockFit>; 2],
    cuts: [Cuts; 2],
    messages: [Vec<MessageId>; 2],
    connections: [Vec<ConnectionId>; 2],
    samples: [Vec<Sample>; 2],
    /// When the page last sent or received something on a connection, by its id.
    last_on: Vec<Option<Time>>,
    /// WebSockets whose frames were looked at.
    tapped: Vec<ConnectionId>,
    /// When the server's tap saw the messages of WebSockets whose messages tell no times themselves.
    seen_by_tap: HashMap<MessageId, ServerTime>,
}

impl Timeline {
    /// The timeline of a whole trace.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let mut timeline = Self::default();
        timeline.follow(trace);
        timeline.settle();
        timeline
    }

    /// Takes in what is new in the trace since the last call. The trace must be the same one, grown.
    /// Clocks are taken not to drift until [`Timeline::settle`].
    pub fn follow(&mut self, trace: &Trace) {
        let Circumstances { http, ws, resolution, .. } = &trace.circumstances;
        self.one_clock = http.instance.is_some() && http.instance == ws.instance;
        let drawings = trace.marks[self.seen_marks..].iter().filter(|mark| mark.what == Happening::Drawing);
        let mut drawings = drawings.map(|mark| (mark.from, mark.until)).peekable();
        for message in &trace.messages[self.seen_messages..] {
            self.messages[index(message.protocol)].push(message.id);
            self.note_last(message);
            let alone = self.cut_part(trace, message);
            // A server-sent event is no round trip: its request was answered when the response began.
            if message.kind == Kind::Event {
                continue;
            }
            let Some((request, received)) = answered(trace, message) else { continue };
            let Some(sent) = request.sent.page() else { continue };
            while let Some((from, until)) = drawings.next_if(|(from, _)| *from <= sent) {
                self.cuts.iter_mut().for_each(|cuts| cuts.push(from, until));
            }
            if !alone {
                self.cuts[index(message.protocol.other())].push(sent, received);
            }
            if message.kind.is_exchanged() {
                self.samples[index(message.protocol)].push(Sample::new(request, message, sent, received));
            }
            if let (Some(server_received), Some(server_sent)) = (request.received.server(), message.sent.server()) {
                let seen = Observation { page_sent: sent, server_received, server_sent, page_received: received };
                self.bounds[self.clock_of(message.protocol)].observe(seen, *resolution);
            }
        }
        for (from, until) in drawings {
            self.cuts.iter_mut().for_each(|cuts| cuts.push(from, until));
        }
        for mark in trace.marks[self.seen_marks..].iter().filter(|mark| mark.what == Happening::Hidden) {
            self.samples.iter_mut().for_each(|samples| mark_hidden(samples, mark.from, mark.until));
        }
        for connection in &trace.connections[self.seen_connections..] {
            self.connections[index(connection.protocol)].push(connection.id);
        }
        self.look_at_frames(trace);
        self.seen_messages = trace.messages.len();
        self.seen_connections = trace.connections.len();
        self.seen_marks = trace.marks.len();
        for (fit, bounds) in self.fits.iter_mut().zip(&self.bounds) {
            *fit = bounds.quick_fit().or(*fit);
        }
    }

    /// To be called once all is there: fits the clocks with all that was observed.
    pub fn settle(&mut self) {
        self.fits = [self.bounds[0].fit(), self.bounds[1].fit()];
    }

    /// A server's account, with the frames in it, comes when all messages are there.
    fn look_at_frames(&mut self, trace: &Trace) {
        for id in &self.connections[index(Protocol::WebSocket)] {
            let Some(connection) = trace.connection(*id).filter(|connection| connection.frames.is_some()) else {
                continue;
            };
            if !connection.is_enveloped() && !self.tapped.contains(id) {
                self.tapped.push(*id);
                self.seen_by_tap.extend(server_times(trace, connection));
            }
        }
    }

    /// A part of the script in which one protocol alone is spoken is cut out of the other's time as a whole.
    /// Gives whether the message belongs to such a part.
    fn cut_part(&mut self, trace: &Trace, message: &Message) -> bool {
        let Some(id) = message.part else { return false };
        let Some(part) = trace.parts.get(usize::from(id.0)) else { return false };
        let Some(protocol) = part.protocol else { return false };
        let next = trace.parts.get(usize::from(id.0) + 1).map(|next| next.from);
        let until = next.or_else(|| message.page_time()).unwrap_or(part.from);
        self.cuts[index(protocol.other())].push(part.from, until.max(part.from));
        true
    }

    fn note_last(&mut self, message: &Message) {
        let (Some(id), Some(at)) = (message.connection, message.page_time()) else { return };
        let place = id.0 as usize;
        if self.last_on.len() <= place {
            self.last_on.resize(place + 1, None);
        }
        self.last_on[place] = Some(at);
    }

    /// A protocol's round trips, in order; handshakes are none.
    #[must_use]
    pub fn samples(&self, protocol: Protocol) -> &[Sample] {
        &self.samples[index(protocol)]
    }

    /// A protocol's connections, in the order in which they became known.
    #[must_use]
    pub fn connections(&self, protocol: Protocol) -> &[ConnectionId] {
        &self.connections[index(protocol)]
    }

    /// When the page last sent or received something on a connection.
    #[must_use]
    pub fn last_on(&self, connection: ConnectionId) -> Option<Time> {
        self.last_on.get(connection.0 as usize).copied().flatten()
    }

    /// How the clock of a protocol's server lies to the page's.
    #[must_use]
    pub fn clock(&self, protocol: Protocol) -> Option<ClockFit> {
        self.fits[self.clock_of(protocol)]
    }

    /// What is cut out of a protocol's own time.
    #[must_use]
    pub fn cuts(&self, protocol: Protocol) -> &Cuts {
        &self.cuts[index(protocol)]
    }

    /// A protocol's messages, in the order in which the page sent or received them.
    #[must_use]
    pub fn messages(&self, protocol: Protocol) -> &[MessageId] {
        &self.messages[index(protocol)]
    }

    /// When the page last sent or received something of a protocol.
    #[must_use]
    pub fn last(&self, trace: &Trace, protocol: Protocol) -> Option<Time> {
        let last = self.messages(protocol).last()?;
        let message = trace.message(*last)?.page_time()?;
        let closed = trace.connections.iter().rev().take(8).filter(|connection| connection.protocol == protocol);
        let closed = closed.filter_map(|connection| connection.closed.as_ref()?.at.page()).max();
        Some(closed.map_or(message, |closed| message.max(closed)))
    }

    /// A moment on the page's clock; `None` when it is unknown, or the clocks could not be brought
    /// together.
    #[must_use]
    pub fn place(&self, trace: &Trace, protocol: Protocol, moment: Moment) -> Option<Placed> {
        match moment {
            Moment::Page(at) => {
                Some(Placed { at, uncertainty: trace.circumstances.resolution, provenance: Provenance::Page })
            }
            Moment::Server(at) => self.clock(protocol).map(|fit| Placed {
                at: on_page(&fit, at),
                uncertainty: fit.uncertainty,
                provenance: Provenance::Server,
            }),
            Moment::Unknown => None,
        }
    }

    /// When a message was sent and received. The server's end of a WebSocket message is when its tap saw the
    /// frames, where no envelope tells it. An end that is not known lies half-way between request and reply,
    /// or is `None` while there is no reply.
    #[must_use]
    pub fn ends(&self, trace: &Trace, message: &Message) -> (Option<Placed>, Option<Placed>) {
        let tapped = self.seen_by_tap.get(&message.id).map(|&at| Moment::Server(at));
        let at_server = |told: Moment| self.place(trace, message.protocol, tapped.unwrap_or(told));
        let at_page = |told: Moment| self.place(trace, message.protocol, told);
        let (sent, received) = match message.direction {
            Direction::ToServer => (at_page(message.sent), at_server(message.received)),
            Direction::ToPage => (at_server(message.sent), at_page(message.received)),
        };
        match message.direction {
            Direction::ToServer => {
                let half_way = || half_way(message, self.reply_to(trace, message)?);
                (sent, received.or_else(half_way))
            }
            Direction::ToPage => {
                let half_way = || half_way(trace.message(message.answers?)?, message);
                (sent.or_else(half_way), received)
            }
        }
    }

    /// The reply to a message. Replies follow soon after what they answer.
    fn reply_to<'a>(&self, trace: &'a Trace, message: &Message) -> Option<&'a Message> {
        trace.messages[message.id.0 as usize..].iter().find(|reply| reply.answers == Some(message.id))
    }

    fn clock_of(&self, protocol: Protocol) -> usize {
        if self.one_clock { 0 } else { index(protocol) }
    }
}

const fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Http => 0,
        Protocol::WebSocket => 1,
    }
}

/// The request that a message answers, and when the page had received that answer.
fn answered<'a>(trace: &'a Trace, message: &Message) -> Option<(&'a Message, Time)> {
    Some((trace.message(message.answers?)?, message.received.page()?))
}

fn half_way(request: &Message, reply: &Message) -> Option<Placed> {
    let (sent, received) = (request.sent.page()?, reply.received.page()?);
    let half = Span((received - sent).0 / 2);
    Some(Placed { at: sent + half, uncertainty: half, provenance: Provenance::Unknown })
}

/// Marks the samples that the tab was hidden during. A hidden stretch is told when it is over, so these
/// are among the last.
fn mark_hidden(samples: &mut [Sample], from: Time, until: Time) {
    for sample in samples.iter_mut().rev().take_while(|sample| sample.began + sample.took > from) {
        sample.hidden |= sample.began < until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Asked, Recorder, Reply, Speaks, Turn, testing};

    #[test]
    fn a_part_of_one_protocol_is_cut_out_of_the_others_time_as_a_whole() {
        let mut recorder = Recorder::default();
        recorder.part("requests", Some(Protocol::Http), Time(100));
        let asked = Asked { turn: Turn::of(1), at: Time(150), ..Asked::default() };
        let request = recorder.request(&asked);
        recorder.response(request, Turn::of(1), 200, &Reply { at: Time(180), ..Reply::default() });
        recorder.part("messages", Some(Protocol::WebSocket), Time(300));
        recorder.opening(Turn::of(1), Time(320), 1, "ws://h/ws", 0);
        let trace = testing::told(testing::circumstances("opening", Speaks::Plain), &mut recorder);
        let timeline = Timeline::of(&trace);
        let own = |protocol, at| timeline.cuts(protocol).own(Time(at)).0;
        assert_eq!((own(Protocol::WebSocket, 320), own(Protocol::Http, 180)), (120, 180));
        assert_eq!(own(Protocol::Http, 310), 300, "from where the other part began");
    }
}
