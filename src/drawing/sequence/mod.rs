//! The sequence diagram of one protocol: two lifelines, its connections as channels between them,
//! its messages as arrows that slant with their true times. Time runs downward.
//!
//! Only what lies in the visible stretch is laid out, unless the run is small enough to be there as
//! a whole.

mod lifetimes;
mod words;

use words::{is_unasked, label, tick_label, title};

use super::axis::Axis;
use super::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::analysis::{Placed, Provenance, Timeline};
use crate::trace::{Direction, Fate, Kind, Message, MessageId, Outcome, Protocol, Span, Time, Trace};

/// Below the participants' names and above the first time, in pixels.
const TOP: f64 = 14.0;
/// Below the last time, in pixels.
const BOTTOM: f64 = 40.0;
/// Room for the ticks' words, in pixels.
const GUTTER: f64 = 58.0;
/// From the server's lifeline to the right edge, in pixels.
const RIGHT: f64 = 34.0;
/// Width of a connection's bar on a lifeline, in pixels.
const BAR: f64 = 8.0;
/// A label's height above its baseline, and a little air, in pixels.
const TEXT_HEIGHT: f64 = 10.0;
/// How wide labels are taken to be, in pixels.
const LABEL: f64 = 120.0;
/// More ticks than any window has room for.
const MOST_TICKS: i64 = 400;
/// Runs of up to this many messages of a protocol are laid out as a whole.
const SMALL: usize = 300;
/// How many messages before and after the visible stretch are looked at for arrows that reach into it.
const AROUND: usize = 200;
/// How far what never left the page is drawn from it, in pixels.
const STUB: f64 = 18.0;

/// How a sequence diagram is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Pixels to a millisecond.
    pub scale: f64,
    /// In pixels.
    pub width: f64,
    /// The visible stretch, in pixels from the top.
    pub visible: (f64, f64),
    /// Each protocol in its own time, or both on the wall clock.
    pub wall_time: bool,
    /// What is asked to be marked.
    pub selected: Option<MessageId>,
}

/// Lays a protocol's sequence diagram out.
#[must_use]
pub fn sequence(trace: &Trace, timeline: &Timeline, protocol: Protocol, view: View) -> Scene {
    Layout::new(trace, timeline, protocol, view).scene()
}

/// How high the diagrams of a trace are, in pixels: that of the longer one, so that both share an
/// axis.
#[must_use]
pub fn height(trace: &Trace, timeline: &Timeline, scale: f64, wall_time: bool) -> f64 {
    let length = length(trace, timeline, wall_time);
    TOP + length.as_millis() * scale + BOTTOM
}

/// The place of a time in a protocol's diagram, in pixels from the top.
#[must_use]
pub fn place(trace: &Trace, timeline: &Timeline, protocol: Protocol, scale: f64, wall_time: bool, at: Time) -> f64 {
    let axis = Axis { origin: trace.circumstances.origin, scale };
    TOP + axis.px(if wall_time { at } else { timeline.cuts(protocol).own(at) })
}

/// How far down a protocol's own diagram reaches, in pixels from the top.
#[must_use]
pub fn end(trace: &Trace, timeline: &Timeline, protocol: Protocol, scale: f64, wall_time: bool) -> f64 {
    let last = timeline.last(trace, protocol).unwrap_or(trace.circumstances.origin);
    place(trace, timeline, protocol, scale, wall_time, last) + BOTTOM
}

/// How long the longer of the two diagrams is.
#[must_use]
pub fn length(trace: &Trace, timeline: &Timeline, wall_time: bool) -> Span {
    Protocol::BOTH
        .map(|protocol| {
            let last = timeline.last(trace, protocol).unwrap_or(trace.circumstances.origin);
            let last = if wall_time { last } else { timeline.cuts(protocol).own(last) };
            last - trace.circumstances.origin
        })
        .into_iter()
        .max()
        .unwrap_or_default()
}

struct Layout<'a> {
    trace: &'a Trace,
    timeline: &'a Timeline,
    protocol: Protocol,
    view: View,
    axis: Axis,
    page_x: f64,
    server_x: f64,
    /// When the last thing happened that is known of the protocol.
    last: Option<Time>,
    scene: Scene,
}

/// How far down labels and arrows reach where labels stand.
#[derive(Clone, Copy)]
struct Taken {
    labels: f64,
    all: f64,
}

impl<'a> Layout<'a> {
    fn new(trace: &'a Trace, timeline: &'a Timeline, protocol: Protocol, view: View) -> Self {
        let height = height(trace, timeline, view.scale, view.wall_time);
        Self {
            trace,
            timeline,
            protocol,
            view,
            axis: Axis { origin: trace.circumstances.origin, scale: view.scale },
            page_x: GUTTER + BAR,
            server_x: (view.width - RIGHT).max(GUTTER + 80.0),
            last: timeline.last(trace, protocol),
            scene: Scene { width: view.width, height, items: Vec::new() },
        }
    }

    fn scene(mut self) -> Scene {
        self.ticks();
        self.parts();
        self.connections();
        self.lifelines();
        self.cuts();
        self.messages();
        self.done();
        self.scene
    }

    /// The pixel of a wall time.
    fn y(&self, at: Time) -> f64 {
        let at = if self.view.wall_time { at } else { self.timeline.cuts(self.protocol).own(at) };
        self.own_y(at)
    }

    /// The pixel of an own time.
    fn own_y(&self, at: Time) -> f64 {
        TOP + self.axis.px(at)
    }

    /// The visible stretch in the axis' time.
    fn visible(&self) -> (Time, Time) {
        let (top, bottom) = self.view.visible;
        (self.axis.time(top - TOP), self.axis.time(bottom - TOP))
    }

    /// The visible stretch on the wall clock, with all that is cut out at its ends.
    fn visible_wall(&self) -> (Time, Time) {
        let (from, until) = self.visible();
        if self.view.wall_time {
            return (from, until);
        }
        let cuts = self.timeline.cuts(self.protocol);
        (cuts.wall(from).0, cuts.wall(until).1)
    }

    fn ticks(&mut self) {
        let step = self.axis.step(48.0);
        let (from, until) = self.visible();
        let origin = self.axis.origin;
        let first = (from - origin).0.max(0) / step.0;
        for tick in (first..first + MOST_TICKS).map(|tick| Span(tick.saturating_mul(step.0))) {
            let y = self.own_y(origin + tick);
            if origin + tick > until || y >= self.scene.height - BOTTOM / 2.0 {
                break;
            }
            let (left, right) = (Point { x: GUTTER - 6.0, y }, Point { x: self.view.width, y });
            self.scene.line(Role::Grid, left, right);
            let at = Point { x: GUTTER - 10.0, y: y + 4.0 };
            self.scene.text(Role::Tick, at, Anchor::End, tick_label(tick, step));
        }
    }

    /// Where a part of the script begins that this protocol is spoken in: a line across, with the part's name.
    fn parts(&mut self) {
        let (top, bottom) = self.view.visible;
        let mut named = f64::NEG_INFINITY;
        for part in &self.trace.parts {
            let y = self.y(part.from);
            // A part in which nothing has happened yet may lie below all that has.
            let is_in_view = (top - BOTTOM..=bottom + BOTTOM).contains(&y) && y <= self.scene.height;
            if part.protocol == Some(self.protocol.other()) || !is_in_view {
                continue;
            }
            self.scene.line(Role::Part, Point { x: 0.0, y }, Point { x: self.view.width, y });
            // Of parts that begin at the same place only the first one's name can be read.
            if y - named < TEXT_HEIGHT + 2.0 {
                continue;
            }
            named = y;
            let at = Point { x: self.view.width - 4.0, y: y - 3.0 };
            self.scene.text(Role::Part, at, Anchor::End, &*part.name);
        }
    }

    fn lifelines(&mut self) {
        for x in [self.page_x, self.server_x] {
            let (top, bottom) = (Point { x, y: 0.0 }, Point { x, y: self.scene.height });
            self.scene.line(Role::Lifeline, top, bottom);
        }
    }

    fn cuts(&mut self) {
        if self.view.wall_time {
            return;
        }
        let (from, until) = self.visible();
        let cuts: Vec<(Time, Span)> = self.timeline.cuts(self.protocol).between(from, until).collect();
        // Two small strokes on each lifeline; closer than a few pixels they would be a smear.
        let mut last = f64::NEG_INFINITY;
        for (at, gone) in cuts {
            let y = self.own_y(at);
            if y - last < 5.0 || at <= self.axis.origin {
                continue;
            }
            last = y;
            for x in [self.page_x, self.server_x] {
                let stroke = |dy: f64| [Point { x: x - 5.0, y: y + dy + 2.0 }, Point { x: x + 5.0, y: y + dy - 2.0 }];
                let points = [stroke(-1.5), stroke(1.5)];
                for [from, to] in points {
                    self.scene.items.push(Item {
                        shape: Shape::Line { from, to },
                        role: Role::Cut,
                        message: None,
                        title: format!("{gone} cut out here: the other protocol's turn, or drawing"),
                    });
                }
            }
        }
    }

    fn messages(&mut self) {
        let timeline = self.timeline;
        let ids = timeline.messages(self.protocol);
        let (shown, window) = match ids.len() <= SMALL {
            true => (ids, (f64::NEG_INFINITY, f64::INFINITY)),
            false => (self.around(ids), self.view.visible),
        };
        let mut taken = Taken { labels: f64::NEG_INFINITY, all: f64::NEG_INFINITY };
        for &id in shown {
            if let Some(message) = self.trace.message(id) {
                self.message(message, window, &mut taken);
            }
        }
    }

    /// Where a finished conversation ends, how long it took.
    fn done(&mut self) {
        let (trace, origin) = (self.trace, self.trace.circumstances.origin);
        let Some(last) = self.last else { return };
        if trace.outcome != Some(Outcome::Finished) {
            return;
        }
        let own = if self.view.wall_time { last } else { self.timeline.cuts(self.protocol).own(last) };
        let at = Point { x: f64::midpoint(self.page_x, self.server_x), y: self.own_y(own) + 18.0 };
        self.scene.text(Role::Note, at, Anchor::Middle, format!("done at {}", own - origin));
    }

    /// The messages in the visible stretch, and those around it whose arrows may reach into it.
    fn around<'b>(&self, ids: &'b [MessageId]) -> &'b [MessageId] {
        let (top, bottom) = self.view.visible;
        let page_y = |id: &MessageId| {
            let message = self.trace.message(*id);
            message.and_then(Message::page_time).map_or(0.0, |at| self.y(at))
        };
        let first = ids.partition_point(|id| page_y(id) < top).saturating_sub(AROUND);
        let last = (ids.partition_point(|id| page_y(id) <= bottom) + AROUND).min(ids.len());
        &ids[first..last]
    }

    /// `taken` is how far down earlier arrows reach where labels stand; a label without room above its
    /// arrow is left out, and shown when its message is picked, and in the table.
    fn message(&mut self, message: &Message, window: (f64, f64), taken: &mut Taken) {
        let (sent, received) = self.timeline.ends(self.trace, message);
        let (sender, receiver) = match message.direction {
            Direction::ToServer => (self.page_x, self.server_x),
            Direction::ToPage => (self.server_x, self.page_x),
        };
        let Some((shape, [from, to])) = self.arrow(message, [sender, receiver], sent, received) else { return };
        if from.y.max(to.y) < window.0 || from.y.min(to.y) > window.1 {
            return;
        }
        let provenance = least_certain(sent, received);
        let unasked = is_unasked(message);
        let role = Role::Message { protocol: self.protocol, provenance, warm_up: message.warm_up, unasked };
        self.uncertainty(message.direction, sent, received);
        let title = title(message, sent, received);
        self.scene.items.push(Item { shape, role, message: Some(message.id), title });
        let middle = f64::midpoint(from.y, to.y);
        // Below its arrow for the 101, which often has no room above; it is the one to be seen.
        let (y, reach) = match message.kind {
            Kind::SwitchingProtocols => (middle + TEXT_HEIGHT + 1.0, middle + TEXT_HEIGHT + 4.0),
            _ => (middle - 3.0, middle),
        };
        // An arrow may cross the words of an opening, but not other words.
        let free_below = if message.kind.is_opening() { taken.labels } else { taken.all };
        let slant = (to.y - from.y).abs() / (to.x - from.x).abs();
        taken.all = taken.all.max(reach + slant * LABEL / 2.0);
        if self.view.selected == Some(message.id) || y - TEXT_HEIGHT >= free_below {
            taken.labels = taken.labels.max(y + 3.0);
            taken.all = taken.all.max(taken.labels);
            let role = Role::MessageLabel { protocol: self.protocol, warm_up: message.warm_up };
            let at = Point { x: f64::midpoint(self.page_x, self.server_x), y };
            self.scene.items.push(Item {
                shape: Shape::Text { at, text: label(message), anchor: Anchor::Middle },
                role,
                message: Some(message.id),
                title: String::new(),
            });
        }
    }

    /// The shape of a message from its sender to its receiver, and its two ends. What did not arrive whole ends
    /// half-way, and so begins what nobody knows the sending of. What the browser refused never left the page.
    fn arrow(
        &self,
        message: &Message,
        [sender, receiver]: [f64; 2],
        sent: Option<Placed>,
        received: Option<Placed>,
    ) -> Option<(Shape, [Point; 2])> {
        let half_way = f64::midpoint(sender, receiver);
        let point = |x: f64, y: f64| Point { x, y };
        let (from, to) = match (sent, received) {
            (Some(sent), _) if message.was_refused() => {
                let y = self.y(sent.at);
                (point(sender, y), point(sender + STUB.copysign(receiver - sender), y))
            }
            (Some(sent), Some(received)) if message.fate == Fate::Broken => {
                (point(sender, self.y(sent.at)), point(half_way, self.y(received.at)))
            }
            (Some(sent), Some(received)) => (point(sender, self.y(sent.at)), point(receiver, self.y(received.at))),
            (Some(sent), None) => (point(sender, self.y(sent.at)), point(half_way, self.y(sent.at) + 8.0)),
            (None, Some(received)) => {
                (point(half_way, self.y(received.at) - 8.0), point(receiver, self.y(received.at)))
            }
            (None, None) => return None,
        };
        let shape = match message.fate {
            Fate::Broken | Fate::Lost => Shape::Lost { from, to },
            _ if message.was_refused() => Shape::Lost { from, to },
            Fate::Unanswered if received.is_none() => Shape::Lost { from, to },
            _ if received.is_none() => Shape::Line { from, to },
            _ => Shape::Arrow { from, to },
        };
        Some((shape, [from, to]))
    }

    /// A whisker at a server end that is known only within bounds.
    fn uncertainty(&mut self, direction: Direction, sent: Option<Placed>, received: Option<Placed>) {
        let at_server = match direction {
            Direction::ToServer => received,
            Direction::ToPage => sent,
        };
        let Some(end) = at_server.filter(|end| end.provenance != Provenance::Page) else { return };
        let px = |at: Time| self.y(at).clamp(0.0, self.scene.height);
        let (top, bottom) = (px(end.at - end.uncertainty), px(end.at + end.uncertainty));
        if bottom - top < 3.0 {
            return;
        }
        let x = self.server_x + BAR / 2.0 + if direction == Direction::ToServer { 4.0 } else { 8.0 };
        self.scene.items.push(Item {
            shape: Shape::Line { from: Point { x, y: top }, to: Point { x, y: bottom } },
            role: Role::Uncertainty(self.protocol),
            message: None,
            title: format!("the server's end of this arrow is known to ± {}", end.uncertainty),
        });
    }
}

fn least_certain(sent: Option<Placed>, received: Option<Placed>) -> Provenance {
    let rank = |provenance: Provenance| match provenance {
        Provenance::Page => 0,
        Provenance::Server => 1,
        Provenance::Unknown => 2,
    };
    let [sent, received] = [sent, received].map(|end| end.map_or(Provenance::Unknown, |end| end.provenance));
    if rank(received) > rank(sent) { received } else { sent }
}
