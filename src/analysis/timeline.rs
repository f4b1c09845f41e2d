//! Brings a trace's times onto one clock, the page's, and into each protocol's own time.
//!
//! A [`Timeline`] follows a trace as it grows: each call of [`Timeline::follow`] looks only at what
//! is new.

use std::collections::{BTreeSet, HashMap};

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
    /// Parts of the script that are over, and so cut out of the time of the protocol that is not spoken in them.
    seen_parts: usize,
    /// Both endpoints are the same start of the same server, so one clock.
    one_clock: bool,
    bounds: [Bounds; 2],
    fits: [Option<ClockFit>; 2],
    cuts: [Cuts; 2],
    /// By the time at which the page sent or received them.
    messages: [Vec<MessageId>; 2],
    /// What came first in answer to a message, by its id.
    answers: Vec<Option<MessageId>>,
    /// Messages to the server that nothing has answered.
    unanswered: [BTreeSet<MessageId>; 2],
    connections: [Vec<ConnectionId>; 2],
    samples: [Vec<Sample>; 2],
    /// When the page last sent or received something on a connection, by its id.
    last_on: Vec<Option<Time>>,
    /// When it first did.
    first_on: Vec<Option<Time>>,
    /// WebSockets that the page has not seen the end of.
    open: Vec<ConnectionId>,
    /// When the page last saw the end of a WebSocket.
    last_closed: Option<Time>,
    /// When the tab was hidden.
    hidden: Vec<(Time, Time)>,
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
    /// Clocks are taken not to drift until [`Timeline::settle`]; what was settled stays so until a message comes.
    pub fn follow(&mut self, trace: &Trace) {
        let Circumstances { http, ws, resolution, .. } = &trace.circumstances;
        self.one_clock = http.instance.is_some() && http.instance == ws.instance;
        self.follow_marks(trace);
        self.follow_parts(trace);
        for message in &trace.messages[self.seen_messages..] {
            self.note(trace, message);
            let alone = self.cut_part(trace, message);
            // A server-sent event is no round trip: its request was answered when the response began.
            if message.kind == Kind::Event {
                continue;
            }
            let Some((request, received)) = answered(trace, message) else { continue };
            let Some(sent) = request.sent.page() else { continue };
            if !alone {
                self.cuts[index(message.protocol.other())].push(sent, received);
            }
            if message.kind.is_exchanged() {
                let sample = Sample::new(request, message, sent, received);
                let hidden = self.hidden.iter().any(|&(from, until)| overlap(&sample, from, until));
                self.samples[index(message.protocol)].push(Sample { hidden, ..sample });
            }
            if let (Some(server_received), Some(server_sent)) = (request.received.server(), message.sent.server()) {
                let seen = Observation { page_sent: sent, server_received, server_sent, page_received: received };
                self.bounds[self.clock_of(message.protocol)].observe(seen, *resolution);
            }
        }
        self.follow_connections(trace);
        self.look_at_frames(trace);
        // What brings no message is no reason to give up a fit that has been settled.
        if trace.messages.len() > self.seen_messages {
            for (fit, bounds) in self.fits.iter_mut().zip(&self.bounds) {
                *fit = bounds.quick_fit().or(*fit);
            }
        }
        self.seen_messages = trace.messages.len();
    }

    /// To be called once all is there: fits the clocks with all that was observed.
    pub fn settle(&mut self) {
        self.fits = [self.bounds[0].fit(), self.bounds[1].fit()];
    }

    /// The page's drawing belongs to neither protocol; what was under way while the tab was hidden is no valid
    /// sample.
    fn follow_marks(&mut self, trace: &Trace) {
        for mark in &trace.marks[self.seen_marks..] {
            match mark.what {
                Happening::Drawing => self.cuts.iter_mut().for_each(|cuts| cuts.push(mark.from, mark.until)),
                Happening::Hidden => {
                    // What is still under way is a sample only later.
                    self.hidden.push((mark.from, mark.until));
                    for sample in self.samples.iter_mut().flatten() {
                        sample.hidden |= overlap(sample, mark.from, mark.until);
                    }
                }
                _ => {}
            }
        }
        self.seen_marks = trace.marks.len();
    }

    /// A part in which one protocol alone is spoken ends where the next begins, whenever its last message was.
    fn follow_parts(&mut self, trace: &Trace) {
        for (part, next) in trace.parts.iter().zip(trace.parts.iter().skip(1)).skip(self.seen_parts) {
            if let Some(protocol) = part.protocol {
                self.cuts[index(protocol.other())].push(part.from, next.from);
            }
            self.seen_parts += 1;
        }
    }

    fn follow_connections(&mut self, trace: &Trace) {
        for connection in &trace.connections[self.seen_connections..] {
            self.connections[index(connection.protocol)].push(connection.id);
            if connection.protocol == Protocol::WebSocket {
                self.open.push(connection.id);
            }
        }
        self.seen_connections = trace.connections.len();
        let last_closed = &mut self.last_closed;
        self.open.retain(|id| {
            let closed = trace.connection(*id).and_then(|connection| connection.closed.as_ref()?.at.page());
            *last_closed = (*last_closed).max(closed);
            closed.is_none()
        });
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

    /// Notes where a message belongs among the others. Scripts take what came from many inboxes, so the order of the
    /// record need not be that of time.
    fn note(&mut self, trace: &Trace, message: &Message) {
        let at = |id: &MessageId| trace.message(*id).and_then(Message::page_time);
        let its = &mut self.messages[index(message.protocol)];
        let place = its.partition_point(|id| at(id) <= message.page_time());
        its.insert(place, message.id);
        self.answers.push(None);
        if message.direction == Direction::ToServer {
            self.unanswered[index(message.protocol)].insert(message.id);
        }
        if let Some(request) = message.answers {
            self.unanswered[index(message.protocol)].remove(&request);
            if let Some(answer) = self.answers.get_mut(request.0 as usize) {
                answer.get_or_insert(message.id);
            }
        }
        let (Some(id), Some(at)) = (message.connection, message.page_time()) else { return };
        let place = id.0 as usize;
        if self.last_on.len() <= place {
            self.last_on.resize(place + 1, None);
            self.first_on.resize(place + 1, None);
        }
        self.first_on[place] = Some(self.first_on[place].map_or(at, |first| first.min(at)));
        self.last_on[place] = self.last_on[place].max(Some(at));
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

    /// When the page first sent or received something on a connection.
    #[must_use]
    pub fn first_on(&self, connection: ConnectionId) -> Option<Time> {
        self.first_on.get(connection.0 as usize).copied().flatten()
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

    /// When the last thing happened that is known of a protocol: the page sent or received something, or saw a
    /// WebSocket end; or the server received what it did not answer.
    #[must_use]
    pub fn last(&self, trace: &Trace, protocol: Protocol) -> Option<Time> {
        let last = trace.message(*self.messages(protocol).last()?)?.page_time()?;
        let closed = self.last_closed.filter(|_| protocol == Protocol::WebSocket);
        let unanswered = self.unanswered[index(protocol)].iter().filter_map(|id| trace.message(*id));
        let arrived = unanswered.filter_map(|message| self.at_server(trace, message, message.received)).map(|at| at.at);
        Some(last).max(closed).max(arrived.max())
    }

    /// The server's end of a message: as it was told, unless its tap saw the frames.
    fn at_server(&self, trace: &Trace, message: &Message, told: Moment) -> Option<Placed> {
        let tapped = self.seen_by_tap.get(&message.id).map(|&at| Moment::Server(at));
        self.place(trace, message.protocol, tapped.unwrap_or(told))
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
        let at_server = |told: Moment| self.at_server(trace, message, told);
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

    /// The reply to a message; the first, if there are several.
    fn reply_to<'a>(&self, trace: &'a Trace, message: &Message) -> Option<&'a Message> {
        trace.message((*self.answers.get(message.id.0 as usize)?)?)
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

/// A sample was under way during a stretch of time.
fn overlap(sample: &Sample, from: Time, until: Time) -> bool {
    sample.began < until && sample.began + sample.took > from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Asked, Closing, Recorder, Reply, Speaks, Turn, testing};
    use crate::wire::{Evidence, ExchangeEntry, RunId, Transcript};

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

    fn exchange(recorder: &mut Recorder, turn: u32, from: i64, until: i64) {
        let turn = Turn::of(turn);
        let request = recorder.request(&Asked { turn, at: Time(from), ..Asked::default() });
        recorder.response(request, turn, 200, &Reply { at: Time(until), ..Reply::default() });
    }

    /// The timeline of a record that is followed as it grows, event by event.
    fn followed(recorder: &mut Recorder) -> (Trace, Timeline) {
        let mut trace = Trace::new(testing::circumstances("opening", Speaks::Plain));
        let mut timeline = Timeline::default();
        for event in recorder.take() {
            trace.apply(event);
            timeline.follow(&trace);
        }
        timeline.settle();
        (trace, timeline)
    }

    #[test]
    fn a_record_that_grows_comes_to_the_same_as_the_whole_one() {
        let mut recorder = Recorder::default();
        recorder.part("requests", Some(Protocol::Http), Time(100));
        exchange(&mut recorder, 1, 150, 180);
        recorder.visibility(Time(160), true);
        recorder.visibility(Time(170), false);
        recorder.mark(Time(181), Time(190), Happening::Drawing);
        // The part goes on after its last message.
        recorder.part("messages", Some(Protocol::WebSocket), Time(300));
        recorder.opening(Turn::of(1), Time(320), 1, "ws://h/ws", 0);
        let (trace, timeline) = followed(&mut recorder);
        let whole = Timeline::of(&trace);
        for protocol in Protocol::BOTH {
            assert_eq!(timeline.cuts(protocol), whole.cuts(protocol), "{protocol:?}");
            assert_eq!(timeline.samples(protocol), whole.samples(protocol));
        }
        assert_eq!(timeline.cuts(Protocol::WebSocket).own(Time(320)), Time(120));
    }

    #[test]
    fn what_was_under_way_while_the_tab_was_hidden_is_no_sample_though_it_ends_later() {
        let mut recorder = Recorder::default();
        let request = recorder.request(&Asked { turn: Turn::of(1), at: Time(10), ..Asked::default() });
        recorder.visibility(Time(20), true);
        recorder.visibility(Time(30), false);
        recorder.response(request, Turn::of(1), 200, &Reply { at: Time(40), ..Reply::default() });
        exchange(&mut recorder, 2, 50, 60);
        let (_, timeline) = followed(&mut recorder);
        let hidden: Vec<bool> = timeline.samples(Protocol::Http).iter().map(|sample| sample.hidden).collect();
        assert_eq!(hidden, [true, false]);
    }

    #[test]
    fn messages_are_in_the_order_of_time_though_they_were_read_in_another() {
        let mut recorder = Recorder::default();
        let (socket, _) = recorder.opening(Turn::of(1), Time(1), 0, "ws://h/", 0);
        for at in [50, 20, 30] {
            recorder.pushed(socket, Turn::of(1), Kind::Text, Time(at), Moment::Unknown, b"");
        }
        let (trace, timeline) = followed(&mut recorder);
        let ids: Vec<u32> = timeline.messages(Protocol::WebSocket).iter().map(|id| id.0).collect();
        assert_eq!(ids, [0, 2, 3, 1]);
        assert_eq!(timeline.last_on(socket), Some(Time(50)));
        assert_eq!(timeline.last(&trace, Protocol::WebSocket), Some(Time(50)));
    }

    #[test]
    fn the_end_of_any_websocket_is_among_what_happened_last() {
        let mut recorder = Recorder::default();
        let turn = Turn::of(1);
        let sockets: Vec<_> = (0..20).map(|number| recorder.opening(turn, Time(1), number, "ws://h/", 0).0).collect();
        recorder.closed(sockets[0], Time(99), Closing::GivenUp);
        let (trace, timeline) = followed(&mut recorder);
        assert_eq!(timeline.last(&trace, Protocol::WebSocket), Some(Time(99)));
    }

    #[test]
    fn what_the_server_received_after_the_page_had_stopped_is_among_what_happened_last() {
        let mut recorder = Recorder::default();
        let turn = Turn::of(1);
        let asked = |number, at| Asked { turn, number, at: Time(at), method: "POST", ..Asked::default() };
        let request = recorder.request(&asked(0, 100));
        let evidence =
            Evidence { connection: Some(1), ordinal: 1, opened: 0, received: 1_150, sent: 1_150, framing: None };
        recorder.response(request, turn, 200, &Reply { at: Time(200), evidence: Some(evidence), ..Reply::default() });
        let given_up = recorder.request(&asked(1, 300));
        recorder.unanswered(given_up);
        let entry = ExchangeEntry { received: Some(1_350), ordinal: 2, ..testing::exchange_entry(1) };
        let connections = vec![testing::connection_entry(1, vec![entry])];
        let account = Transcript { run: RunId(1), now: 2_000, connections, dropped: 0 };
        recorder.ledger(Time(310), vec![Protocol::Http], account);
        let trace = testing::told(testing::circumstances("exchange", Speaks::Duplex), &mut recorder);
        let last = Timeline::of(&trace).last(&trace, Protocol::Http);
        assert_eq!(last, Some(Time(350)), "50 µs after it was sent");
    }
}
