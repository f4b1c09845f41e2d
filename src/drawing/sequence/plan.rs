//! What of a sequence diagram does not depend on how near one looks: the axis, the lanes, what is folded, what is
//! where. Made once for a run and used for every picture of it; while a run goes on, it follows.

use std::collections::BTreeSet;

use super::control::ControlFrame;
use super::fold::{Fold, folds};
use super::lanes::Lanes;
use super::lifetimes::Stretch;
use super::silence::silences;
use super::{BOTTOM, TOP, control, legend};
use crate::analysis::Timeline;
use crate::drawing::axis::{Axis, Fixed, FixedStretch, Pace};
use crate::trace::{ConnectionId, Message, MessageId, Protocol, Time, Trace};

/// The height of what is folded, in pixels.
const FOLD: f64 = 40.0;
/// A message gets at least this much room by itself, in pixels.
const EACH: f64 = 18.0;
/// So many messages share a note of when they were under way.
const BLOCK: usize = 64;

/// What a sequence diagram shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One protocol.
    One(Protocol),
    /// Both, on the wall clock.
    Both,
}

impl Subject {
    /// The protocols that are shown.
    #[must_use]
    pub const fn protocols(self) -> &'static [Protocol] {
        match self {
            Self::One(Protocol::Http) => &[Protocol::Http],
            Self::One(Protocol::WebSocket) => &[Protocol::WebSocket],
            Self::Both => &Protocol::BOTH,
        }
    }

    /// It shows that protocol.
    #[must_use]
    pub fn shows(self, protocol: Protocol) -> bool {
        self.protocols().contains(&protocol)
    }
}

/// How a sequence diagram is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What it shows.
    pub subject: Subject,
    /// How time runs.
    pub pace: Pace,
    /// On the wall clock, instead of each protocol in its own time. Both protocols together always are.
    pub wall_time: bool,
    /// What repeats is folded.
    pub folding: bool,
    /// The folds that somebody opened, by their first message.
    pub open: BTreeSet<MessageId>,
}

impl Manner {
    /// True proportion, own time, nothing folded.
    #[must_use]
    pub const fn plain(subject: Subject) -> Self {
        Self { subject, pace: Pace::Linear, wall_time: false, folding: false, open: BTreeSet::new() }
    }
}

/// The plan of a sequence diagram.
#[derive(Clone, Debug)]
pub struct Plan {
    manner: Manner,
    pub(super) axis: Axis,
    /// On an ordinal axis, where each message's step lies: flow and fixed pixels before it, by its id.
    steps: Vec<Option<(f64, f64)>>,
    pub(super) lanes: Lanes,
    folds: Vec<Fold>,
    /// What is not folded away, in the order in which the page sent or received it.
    shown: Vec<MessageId>,
    /// When it did, for each of those: side by side, for they are searched for every row of a picture.
    shown_at: Vec<Option<Time>>,
    /// What is folded away, by a message's id.
    hidden: Vec<bool>,
    /// From when to when some message of each block of ids was under way.
    blocks: Vec<(Time, Time)>,
    /// What must not be lost in a crowd of messages, in order.
    notable: Vec<MessageId>,
    control: Vec<ControlFrame>,
    marks: BTreeSet<legend::Mark>,
    /// So many messages were there when the plan was made.
    built: usize,
    /// So many are taken in.
    seen: usize,
    connections: usize,
}

impl Plan {
    /// The plan of a trace.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline, manner: Manner) -> Self {
        let mut plan = Self {
            manner,
            axis: Axis::linear(trace.circumstances.origin),
            steps: Vec::new(),
            lanes: Lanes::default(),
            folds: Vec::new(),
            shown: Vec::new(),
            shown_at: Vec::new(),
            hidden: Vec::new(),
            blocks: Vec::new(),
            notable: Vec::new(),
            control: Vec::new(),
            marks: BTreeSet::new(),
            built: 0,
            seen: 0,
            connections: 0,
        };
        plan.build(trace, timeline);
        plan
    }

    /// Takes in what is new. Made anew when the run has ended, and, while it goes on, whenever it has grown by a part
    /// of its length, so that each message costs the same however long the run is.
    pub fn follow(&mut self, trace: &Trace, timeline: &Timeline) {
        let grown = trace.messages.len().saturating_sub(self.built);
        let is_other = trace.messages.len() < self.seen || trace.connections.len() < self.connections;
        if is_other || trace.outcome.is_some() || grown > 32.max(self.built / 16) {
            self.build(trace, timeline);
            return;
        }
        for message in &trace.messages[self.seen..] {
            self.take(trace, timeline, message);
        }
        self.seen = trace.messages.len();
        for connection in &trace.connections[self.connections..] {
            self.open_lane(trace, timeline, connection.id);
        }
        self.connections = trace.connections.len();
    }

    /// A message that came since the plan was made.
    fn take(&mut self, trace: &Trace, timeline: &Timeline, message: &Message) {
        if !self.manner.subject.shows(message.protocol) {
            return;
        }
        let at = message.page_time();
        let place = self.shown_at.partition_point(|other| *other <= at);
        self.shown.insert(place, message.id);
        self.shown_at.insert(place, at);
        self.lanes.client(message.client);
        if legend::is_notable(trace, timeline, message) {
            self.notable.push(message.id);
        }
        legend::note(&mut self.marks, trace, timeline, message);
    }

    fn open_lane(&mut self, trace: &Trace, timeline: &Timeline, id: ConnectionId) {
        let Some(connection) = trace.connection(id).filter(|one| self.manner.subject.shows(one.protocol)) else {
            return;
        };
        let last = timeline.last(trace, connection.protocol);
        let Some(stretch) = Stretch::of(trace, timeline, connection, last) else { return };
        self.lanes.add(connection, &stretch);
        legend::note_connection(&mut self.marks, connection);
    }

    fn build(&mut self, trace: &Trace, timeline: &Timeline) {
        let order = order(trace, timeline, self.manner.subject);
        let has_ended = trace.outcome.is_some();
        self.folds = match self.manner.folding && has_ended {
            true => folds(trace, &order, &self.manner.open),
            false => Vec::new(),
        };
        self.hide(trace, &order);
        self.control = match has_ended {
            true => control::frames(trace, timeline, self.manner.subject),
            false => Vec::new(),
        };
        self.axis(trace, timeline);
        self.all_lanes(trace, timeline);
        self.blocks = trace.messages.chunks(BLOCK).map(|block| under_way(trace, timeline, block)).collect();
        self.marks = BTreeSet::new();
        for message in self.shown.iter().filter_map(|id| trace.message(*id)) {
            legend::note(&mut self.marks, trace, timeline, message);
        }
        for connection in &trace.connections {
            if self.manner.subject.shows(connection.protocol) {
                legend::note_connection(&mut self.marks, connection);
            }
        }
        let is_notable =
            |id: &&MessageId| trace.message(**id).is_some_and(|message| legend::is_notable(trace, timeline, message));
        self.notable = self.shown.iter().filter(is_notable).copied().collect();
        (self.built, self.seen, self.connections) =
            (trace.messages.len(), trace.messages.len(), trace.connections.len());
    }

    fn hide(&mut self, trace: &Trace, order: &[MessageId]) {
        let closed = |fold: &&Fold| !fold.open;
        self.hidden = if self.folds.is_empty() { Vec::new() } else { vec![false; trace.messages.len()] };
        let mut folds = self.folds.iter().filter(closed).peekable();
        let mut within = false;
        self.shown = Vec::with_capacity(order.len());
        for &id in order {
            within = within || folds.peek().is_some_and(|fold| fold.first == id);
            match within {
                true => self.hidden[id.0 as usize] = true,
                false => self.shown.push(id),
            }
            if within && folds.next_if(|fold| fold.last == id).is_some() {
                within = false;
            }
        }
        let at = |id: &MessageId| trace.message(*id).and_then(Message::page_time);
        self.shown_at = self.shown.iter().map(at).collect();
    }

    fn axis(&mut self, trace: &Trace, timeline: &Timeline) {
        let origin = trace.circumstances.origin;
        let mut stretches: Vec<FixedStretch> = Vec::new();
        for (place, fold) in self.folds.iter().enumerate().filter(|(_, fold)| !fold.open) {
            let at =
                |id: MessageId, at| trace.message(id).map_or(at, |message| self.time(timeline, message.protocol, at));
            let (from, until) = (at(fold.first, fold.from), at(fold.last, fold.until));
            if until > from {
                stretches.push(FixedStretch { from, until, px: FOLD, why: Fixed::Fold(place) });
            }
        }
        self.steps = Vec::new();
        match self.manner.pace {
            Pace::Linear => self.axis = Axis::broken(origin, &stretches),
            Pace::Compressed => {
                let under_way = |message: &Message| {
                    let (sent, received) = timeline.ends(trace, message);
                    let at = |at: Time| self.time(timeline, message.protocol, at);
                    let ends = [sent, received].map(|end| end.map(|end| at(end.at)));
                    let page = message.page_time().map(at);
                    let all = || ends.into_iter().flatten().chain(page);
                    all().min().zip(all().max())
                };
                // The axis is the same for all diagrams, so that what happened in any of them ends a silence.
                let ends = trace.connections.iter().filter_map(|connection| {
                    let ended = timeline.place(trace, connection.protocol, connection.closed.as_ref()?.at)?;
                    Some(self.time(timeline, connection.protocol, ended.at))
                });
                let last = Protocol::BOTH
                    .into_iter()
                    .filter_map(|protocol| Some(self.time(timeline, protocol, timeline.last(trace, protocol)?)));
                let silences = silences(trace, under_way, ends.chain(last));
                self.axis = Axis::broken(origin, &without(silences, &stretches));
            }
            Pace::Ordinal => {
                let at = |id: &MessageId| {
                    let message = trace.message(*id)?;
                    Some(self.time(timeline, message.protocol, message.page_time()?))
                };
                let times = self.shown.iter().map(|id| at(id).unwrap_or(origin));
                let (axis, steps) = Axis::ordinal(origin, times, &stretches);
                let mut by_id = vec![None; trace.messages.len()];
                for (id, step) in self.shown.iter().zip(steps) {
                    by_id[id.0 as usize] = Some(step);
                }
                (self.axis, self.steps) = (axis, by_id);
            }
        }
    }

    fn all_lanes(&mut self, trace: &Trace, timeline: &Timeline) {
        self.lanes = Lanes::default();
        for message in self.shown.iter().filter_map(|id| trace.message(*id)) {
            self.lanes.client(message.client);
        }
        let mut stretches = Vec::new();
        for &protocol in self.manner.subject.protocols() {
            let last = timeline.last(trace, protocol);
            let its = timeline.connections(protocol).iter().filter_map(|id| trace.connection(*id));
            stretches.extend(its.filter_map(|one| Some((one, Stretch::of(trace, timeline, one, last)?))));
        }
        stretches.sort_by_key(|(_, stretch)| stretch.begins());
        for (connection, stretch) in stretches {
            self.lanes.add(connection, &stretch);
        }
    }

    /// How it is made.
    #[must_use]
    pub const fn manner(&self) -> &Manner {
        &self.manner
    }

    /// What repeats.
    #[must_use]
    pub fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// What is not folded away, in the order in which the page sent or received it.
    #[must_use]
    pub fn shown(&self) -> &[MessageId] {
        &self.shown
    }

    /// What must not be lost in a crowd of messages, in order.
    pub(super) fn notable(&self) -> &[MessageId] {
        &self.notable
    }

    /// Which marks occur, for the legend.
    #[must_use]
    pub const fn marks(&self) -> &BTreeSet<legend::Mark> {
        &self.marks
    }

    /// Control frames that the server's tap saw.
    pub(super) fn control(&self) -> &[ControlFrame] {
        &self.control
    }

    /// A message is folded away.
    #[must_use]
    pub fn is_hidden(&self, id: MessageId) -> bool {
        self.hidden.get(id.0 as usize).copied().unwrap_or(false)
    }

    /// The fold, by its first message, that a message is folded away in.
    #[must_use]
    pub fn fold_of(&self, id: MessageId) -> Option<MessageId> {
        let within = |fold: &&Fold| !fold.open && self.is_hidden(id) && (fold.first..=fold.last).contains(&id);
        self.folds.iter().find(within).map(|fold| fold.first)
    }

    /// The clock is the wall's, not each protocol's own.
    #[must_use]
    pub fn is_wall_time(&self) -> bool {
        self.manner.wall_time || self.manner.subject == Subject::Both
    }

    /// A wall time on the clock of the axis.
    #[must_use]
    pub fn time(&self, timeline: &Timeline, protocol: Protocol, at: Time) -> Time {
        if self.is_wall_time() { at } else { timeline.cuts(protocol).own(at) }
    }

    /// The place of a time of the axis, in pixels from the top of the diagram.
    #[must_use]
    pub fn px(&self, at: Time, scale: f64) -> f64 {
        TOP + self.axis.px(at, scale)
    }

    /// Which time of the axis lies there.
    #[must_use]
    pub fn at(&self, px: f64, scale: f64) -> Time {
        self.axis.time(px - TOP, scale)
    }

    /// The place of the page's end of a message, in pixels from the top; `None` for one that has none.
    #[must_use]
    pub fn place(&self, trace: &Trace, timeline: &Timeline, id: MessageId, scale: f64) -> Option<f64> {
        if let Some(step) = self.step(id, scale) {
            return Some(step);
        }
        let message = trace.message(id)?;
        Some(self.px(self.time(timeline, message.protocol, message.page_time()?), scale))
    }

    /// The place of a message's step on an ordinal axis, in pixels from the top; `None` for one that has none.
    pub(super) fn step(&self, id: MessageId, scale: f64) -> Option<f64> {
        let (flow, fixed) = self.steps.get(id.0 as usize).copied().flatten()?;
        Some(TOP + flow * scale + fixed)
    }

    /// When the last thing happened in this diagram, on the clock of its axis.
    #[must_use]
    pub fn last(&self, trace: &Trace, timeline: &Timeline) -> Time {
        let last = |&protocol: &Protocol| Some(self.time(timeline, protocol, timeline.last(trace, protocol)?));
        let last = self.manner.subject.protocols().iter().filter_map(last).max();
        last.unwrap_or(trace.circumstances.origin).max(trace.circumstances.origin)
    }

    /// How long the diagram is: what flows, in milliseconds or steps, and what has a fixed length, in pixels.
    #[must_use]
    pub fn reach(&self, trace: &Trace, timeline: &Timeline) -> (f64, f64) {
        self.axis.reach(self.last(trace, timeline))
    }

    /// The scale at which a diagram that is so long ([`Plan::reach`]) and has so many messages fills a window that is so
    /// high in pixels, or, where that would be too little for them, each message has some room.
    #[must_use]
    pub fn fitting((flow, fixed): (f64, f64), messages: usize, window: f64) -> f64 {
        (window - fixed).max(window / 2.0).max(EACH * messages as f64) / flow.max(0.01)
    }

    /// How high the diagram is, in pixels.
    #[must_use]
    pub fn height(&self, trace: &Trace, timeline: &Timeline, scale: f64) -> f64 {
        let (flow, fixed) = self.reach(trace, timeline);
        TOP + flow * scale + fixed + BOTTOM
    }

    /// The messages that may be under way in a stretch of wall time.
    pub(super) fn under_way<'a>(
        &'a self,
        trace: &'a Trace,
        from: Time,
        until: Time,
    ) -> impl Iterator<Item = &'a Message> {
        let blocks = self.blocks.iter().enumerate().filter(move |(_, block)| block.0 <= until && block.1 >= from);
        let noted = blocks.flat_map(|(place, _)| {
            let first = place * BLOCK;
            &trace.messages[first..(first + BLOCK).min(self.built)]
        });
        let since = &trace.messages[self.built.min(trace.messages.len())..];
        let is_shown = |message: &&Message| self.manner.subject.shows(message.protocol) && !self.is_hidden(message.id);
        noted.chain(since).filter(is_shown)
    }

    /// The place among those shown, `from` or behind it, of the first message whose page's end lies at a pixel or below
    /// it. The pixel is turned into a time once, which is cheaper than to ask where each message lies.
    pub(super) fn first_below(&self, timeline: &Timeline, scale: f64, y: f64, from: usize) -> usize {
        if !self.steps.is_empty() {
            return from + self.shown[from..].partition_point(|id| self.step(*id, scale).is_some_and(|step| step < y));
        }
        let at = self.at(y, scale);
        let wall = match self.manner.subject {
            Subject::One(protocol) if !self.is_wall_time() => timeline.cuts(protocol).wall(at).0,
            _ => at,
        };
        from + self.shown_at[from..].partition_point(|at| *at < Some(wall))
    }

    /// The messages that the page sent or received in a stretch of wall time, as a stretch of [`Plan::shown`].
    pub(super) fn within(&self, from: Time, until: Time) -> std::ops::Range<usize> {
        let first = self.shown_at.partition_point(|at| *at < Some(from));
        let end = self.shown_at.partition_point(|at| *at <= Some(until));
        first..end.max(first)
    }
}

/// The messages of a diagram in the order in which the page sent or received them.
fn order(trace: &Trace, timeline: &Timeline, subject: Subject) -> Vec<MessageId> {
    match subject {
        Subject::One(protocol) => timeline.messages(protocol).to_vec(),
        Subject::Both => {
            let mut all = Protocol::BOTH.map(|protocol| timeline.messages(protocol)).concat();
            all.sort_by_key(|id| (trace.message(*id).and_then(Message::page_time), *id));
            all
        }
    }
}

/// From when to when some of these messages was under way. What has not ended may be under way for ever.
fn under_way(trace: &Trace, timeline: &Timeline, messages: &[Message]) -> (Time, Time) {
    let mut whole = (Time(i64::MAX), Time(i64::MIN));
    for message in messages {
        let (sent, received) = timeline.ends(trace, message);
        let known = [sent, received].into_iter().flatten().map(|end| end.at).chain(message.page_time());
        for at in known {
            whole = (whole.0.min(at), whole.1.max(at));
        }
        if received.is_none() && trace.outcome.is_none() {
            whole.1 = Time(i64::MAX);
        }
    }
    whole
}

/// Silences, but where there are folds.
fn without(silences: Vec<FixedStretch>, folds: &[FixedStretch]) -> Vec<FixedStretch> {
    let apart =
        |silence: &FixedStretch| folds.iter().all(|fold| silence.until <= fold.from || silence.from >= fold.until);
    let mut all: Vec<FixedStretch> = silences.into_iter().filter(apart).chain(folds.iter().copied()).collect();
    all.sort_by_key(|stretch| stretch.from);
    all
}
