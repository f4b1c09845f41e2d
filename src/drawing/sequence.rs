//! The sequence diagram of one protocol: two lifelines, its connections as channels between them,
//! its messages as arrows that slant with their true times. Time runs downward.
//!
//! Only what lies in the visible stretch is laid out, unless the run is small enough to be there as
//! a whole.

use super::axis::Axis;
use super::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::analysis::{Placed, Provenance, Timeline, bytes_in_words};
use crate::trace::{
    Closing, Connection, ConnectionId, Direction, Fate, Kind, Message, MessageId, Moment, Outcome, Protocol, Span,
    Time, Trace,
};

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
    scene: Scene,
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
            scene: Scene { width: view.width, height, items: Vec::new() },
        }
    }

    fn scene(mut self) -> Scene {
        self.ticks();
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

    fn connections(&mut self) {
        let (trace, timeline, visible) = (self.trace, self.timeline, self.view.visible);
        // They became known in the order of their first messages, so those that were last used before
        // the visible stretch come first.
        let ids = timeline.connections(self.protocol);
        let over = |id: &ConnectionId| timeline.last_on(*id).is_some_and(|at| self.y(at) < visible.0);
        let first = ids.partition_point(over).saturating_sub(1);
        let in_view = ids[first..].iter().take_while(|id| {
            let used = timeline.last_on(**id).is_none_or(|at| self.y(at) <= visible.1);
            used || trace.connection(**id).is_some_and(|connection| self.begins_before(connection, visible.1))
        });
        let in_view: Vec<&Connection> = in_view.filter_map(|id| trace.connection(*id)).collect();
        for connection in in_view {
            let Some(lifetime) = Lifetime::of(self, connection) else { continue };
            if lifetime.bottom() >= visible.0 && lifetime.top() <= visible.1 {
                self.connection(connection, &lifetime);
            }
        }
    }

    fn begins_before(&self, connection: &Connection, bottom: f64) -> bool {
        Lifetime::of(self, connection).is_none_or(|lifetime| lifetime.top() <= bottom)
    }

    /// A channel between the lifelines, with a bar at each end. The ends differ: what the server closes
    /// may still be under way to the page.
    fn connection(&mut self, connection: &Connection, lifetime: &Lifetime) {
        let protocol = self.protocol;
        let title = lifetime_title(connection);
        let Lifetime { page, server, open_before, open_after } = *lifetime;
        let corner = |x: f64, y: f64| Point { x, y };
        let (page_x, server_x) = (self.page_x, self.server_x);
        let tops = [corner(page_x, page.0), corner(server_x, server.0)];
        let bottoms = [corner(page_x, page.1), corner(server_x, server.1)];
        let points = vec![tops[0], tops[1], bottoms[1], bottoms[0]];
        let mut add = |shape: Shape, role: Role| {
            self.scene.items.push(Item { shape, role, message: None, title: title.clone() });
        };
        add(Shape::Path { points, closed: true }, Role::Connection(protocol));
        for (x, (top, bottom)) in [(page_x, page), (server_x, server)] {
            let bar = Shape::Rect { at: corner(x - BAR / 2.0, top), width: BAR, height: (bottom - top).max(2.0) };
            add(bar, Role::ConnectionEnd(protocol));
        }
        for ([from, to], ended) in [(tops, !open_before), (bottoms, !open_after)] {
            if ended {
                add(Shape::Line { from, to }, Role::ConnectionEnd(protocol));
            }
        }
        self.emulated_handshake(connection);
    }

    /// Over an emulated link, the stretch at a connection's start for which the server held it back: beside
    /// the server's lifeline, since no message crosses.
    fn emulated_handshake(&mut self, connection: &Connection) {
        let Some((from, until)) = connection.emulated_handshake else { return };
        let place = |at| self.timeline.place(self.trace, self.protocol, Moment::Server(at));
        let (Some(from), Some(until)) = (place(from), place(until)) else { return };
        let took = until.at - from.at;
        let (top, bottom) = (self.y(from.at).max(0.0), self.y(until.at).clamp(0.0, self.scene.height));
        let height = bottom - top;
        // In own time it may lie within the other protocol's turn; then nothing is left of it.
        if height < 2.0 {
            return;
        }
        let x = self.server_x + BAR / 2.0;
        self.scene.items.push(Item {
            shape: Shape::Rect { at: Point { x: x + 2.0, y: top }, width: BAR, height },
            role: Role::EmulatedHandshake(self.protocol),
            message: None,
            title: format!("emulated handshake, {took}: the server held the connection back, as the link asks; the true handshake of TCP was over before"),
        });
        // In the middle the label of the handshake's request has its place; where there is no room beside it, the
        // legend and the title have to do.
        if height >= 3.0 * TEXT_HEIGHT && (self.server_x - self.page_x) / 2.0 >= LABEL {
            for (line, word) in ["emulated", "handshake"].into_iter().enumerate() {
                let at = Point { x: x - BAR - 4.0, y: top + TEXT_HEIGHT * (line as f64 + 1.0) + 2.0 };
                self.scene.text(Role::Note, at, Anchor::End, word);
            }
        }
    }

    fn messages(&mut self) {
        let timeline = self.timeline;
        let ids = timeline.messages(self.protocol);
        let shown = if ids.len() <= SMALL { ids } else { self.in_view(ids) };
        let mut taken = f64::NEG_INFINITY;
        for &id in shown {
            if let Some(message) = self.trace.message(id) {
                self.message(message, &mut taken);
            }
        }
    }

    /// Where a finished conversation ends, how long it took.
    fn done(&mut self) {
        let (trace, origin) = (self.trace, self.trace.circumstances.origin);
        let Some(last) = self.timeline.last(trace, self.protocol) else { return };
        if trace.outcome != Some(Outcome::Finished) {
            return;
        }
        let own = if self.view.wall_time { last } else { self.timeline.cuts(self.protocol).own(last) };
        let at = Point { x: f64::midpoint(self.page_x, self.server_x), y: self.own_y(own) + 18.0 };
        self.scene.text(Role::Note, at, Anchor::Middle, format!("done at {}", own - origin));
    }

    /// The messages in the visible stretch, and a few around it for arrows that reach into it.
    fn in_view<'b>(&self, ids: &'b [MessageId]) -> &'b [MessageId] {
        let (top, bottom) = self.view.visible;
        let page_y = |id: &MessageId| {
            let message = self.trace.message(*id);
            message.and_then(Message::page_time).map_or(0.0, |at| self.y(at))
        };
        let first = ids.partition_point(|id| page_y(id) < top).saturating_sub(2);
        let last = (ids.partition_point(|id| page_y(id) <= bottom) + 2).min(ids.len());
        &ids[first..last]
    }

    /// `taken` is how far down earlier arrows reach where labels stand; a label without room above its
    /// arrow is left out, and shown when its message is picked, and in the table.
    fn message(&mut self, message: &Message, taken: &mut f64) {
        let (sent, received) = self.timeline.ends(self.trace, message);
        let (sender, receiver) = match message.direction {
            Direction::ToServer => (self.page_x, self.server_x),
            Direction::ToPage => (self.server_x, self.page_x),
        };
        let Some(sent) = sent else { return };
        let from = Point { x: sender, y: self.y(sent.at) };
        let provenance = least_certain(sent, received);
        let role = Role::Message { protocol: self.protocol, provenance, warm_up: message.warm_up };
        let (shape, to) = match received {
            Some(received) => {
                let to = Point { x: receiver, y: self.y(received.at) };
                (Shape::Arrow { from, to }, to)
            }
            None => {
                let to = Point { x: f64::midpoint(sender, receiver), y: from.y + 8.0 };
                let shape =
                    if message.fate == Fate::Unanswered { Shape::Lost { from, to } } else { Shape::Line { from, to } };
                (shape, to)
            }
        };
        self.uncertainty(message.direction, sent, received);
        let title = title(message, sent, received);
        self.scene.items.push(Item { shape, role, message: Some(message.id), title });
        let middle = f64::midpoint(from.y, to.y);
        // Below its arrow for the 101, which often has no room above; it is the one to be seen.
        let (y, reach) = match message.kind {
            Kind::SwitchingProtocols => (middle + TEXT_HEIGHT + 1.0, middle + TEXT_HEIGHT + 4.0),
            _ => (middle - 3.0, middle),
        };
        let wanted = message.kind.is_opening() || self.view.selected == Some(message.id);
        let has_room = y - TEXT_HEIGHT >= *taken;
        let slant = (to.y - from.y).abs() / (to.x - from.x).abs();
        *taken = taken.max(reach + slant * LABEL / 2.0);
        if wanted || has_room {
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

    /// A whisker at a server end that is known only within bounds.
    fn uncertainty(&mut self, direction: Direction, sent: Placed, received: Option<Placed>) {
        let at_server = match direction {
            Direction::ToServer => received,
            Direction::ToPage => Some(sent),
        };
        let Some(end) = at_server.filter(|end| end.provenance != Provenance::Page) else { return };
        let (top, bottom) = (self.y(end.at - end.uncertainty), self.y(end.at + end.uncertainty));
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

/// Where a connection begins and ends in the picture, on either side, in pixels from the top.
struct Lifetime {
    page: (f64, f64),
    server: (f64, f64),
    open_before: bool,
    open_after: bool,
}

impl Lifetime {
    fn of(layout: &Layout<'_>, connection: &Connection) -> Option<Self> {
        let trace = layout.trace;
        if !connection.came_to_be() {
            return None;
        }
        let place = |moment: Moment| layout.timeline.place(trace, connection.protocol, moment).map(|placed| placed.at);
        let top = layout.y(trace.circumstances.origin);
        let asked = place(connection.asked).or_else(|| place(connection.opened));
        let accepted = place(connection.accepted);
        let began = |side: Option<Time>, other: Option<Time>| side.or(other).map_or(top, |at| layout.y(at).max(0.0));
        let last = layout.timeline.last(trace, connection.protocol)?;
        let closed = connection.closed.as_ref().and_then(|closed| place(closed.at));
        // On the page's side it was there for as long as something came on it.
        let used = layout.timeline.last_on(connection.id);
        let page_end = closed.map_or(last, |closed| used.map_or(closed, |used| used.max(closed)));
        let bottom = |at: Time| layout.y(at).clamp(0.0, layout.scene.height);
        let (page, server) = (began(asked, accepted), began(accepted, asked));
        Some(Self {
            page: (page, bottom(page_end).max(page)),
            server: (server, bottom(closed.unwrap_or(last)).max(server)),
            open_before: connection.already_open,
            open_after: closed.is_none_or(|closed| closed > last && trace.outcome != Some(Outcome::Finished)),
        })
    }

    fn top(&self) -> f64 {
        self.page.0.min(self.server.0)
    }

    fn bottom(&self) -> f64 {
        self.page.1.max(self.server.1)
    }
}

fn least_certain(sent: Placed, received: Option<Placed>) -> Provenance {
    let rank = |provenance: Provenance| match provenance {
        Provenance::Page => 0,
        Provenance::Server => 1,
        Provenance::Unknown => 2,
    };
    let received = received.map_or(Provenance::Unknown, |received| received.provenance);
    if rank(received) > rank(sent.provenance) { received } else { sent.provenance }
}

/// The short words at a message.
fn label(message: &Message) -> String {
    let number = if message.warm_up { "warm-up".to_owned() } else { message.turn.to_string() };
    let size = bytes_in_words(message.payload);
    match message.kind {
        Kind::Request => format!("{number} · request · {size}"),
        Kind::Response { status } => format!("{number} · response {status} · {size}"),
        Kind::Handshake => "GET · Upgrade: websocket".to_owned(),
        Kind::SwitchingProtocols => "101 Switching Protocols".to_owned(),
        Kind::Binary | Kind::Text => format!("{number} · message · {size}"),
        Kind::Event => format!("event · {size}"),
        Kind::Close { code: Some(code) } => format!("close {code}"),
        Kind::Close { code: None } => "close".to_owned(),
    }
}

/// What a message says when it is pointed at.
fn title(message: &Message, sent: Placed, received: Option<Placed>) -> String {
    let flight = match received {
        None if message.fate == Fate::Unanswered => "no answer".to_owned(),
        None => "under way".to_owned(),
        Some(received) => match (sent.provenance, received.provenance) {
            (Provenance::Unknown, _) | (_, Provenance::Unknown) => "time at the server unknown".to_owned(),
            _ => {
                let uncertainty = sent.uncertainty.max(received.uncertainty);
                let flight = received.at - sent.at;
                if flight < uncertainty {
                    format!("in flight at most {}", (flight + uncertainty).max(Span(1)))
                } else {
                    format!("in flight {flight} ± {uncertainty}")
                }
            }
        },
    };
    format!("{}, {flight}", label(message))
}

fn lifetime_title(connection: &Connection) -> String {
    let mut words = match connection.server_id {
        Some(id) => format!("TCP connection {id} (the server's number)"),
        None => "TCP connection".to_owned(),
    };
    if connection.already_open {
        words += ", open since before the run";
    }
    match connection.closed.as_ref().map(|closed| &closed.how) {
        None => {}
        Some(Closing::CloseEvent { code, clean, .. }) => {
            words += &format!(", closed with code {code}, {}", if *clean { "cleanly" } else { "not cleanly" });
        }
        Some(Closing::GivenUp) => words += ", given up by the page",
        Some(Closing::ByClient) => words += ", closed by the client",
        Some(Closing::ByServer) => words += ", closed by the server",
        Some(Closing::Broken) => words += ", broken",
    }
    words
}

/// A tick's words: the unit follows the step, so that all ticks of an axis read alike.
fn tick_label(at: Span, step: Span) -> String {
    match step.0 {
        0..=999 => format!("{} ms", at.as_millis()),
        1_000..=999_999 => format!("{} ms", at.0 / 1000),
        _ => format!("{} s", at.0 / 1_000_000),
    }
}
