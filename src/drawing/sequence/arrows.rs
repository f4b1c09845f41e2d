//! Messages as arrows: from sender to receiver, as far as is known.

use super::label::Label;
use super::legend::is_lost;
use super::queue::queued;
use super::words::is_unasked;
use super::{BAR, Layout};
use crate::analysis::{Placed, Provenance};
use crate::drawing::scene::{Badge, Item, Point, Role, Shape};
use crate::trace::{Direction, Fate, Kind, Message, Time};

/// How far what never left the page is drawn from it, in pixels.
const STUB: f64 = 18.0;
/// How far down a message goes of which only one end is known, in pixels.
const DROOP: f64 = 8.0;

/// An arrow as it is drawn.
struct Arrow {
    shape: Shape,
    from: Point,
    to: Point,
}

impl<'a> Layout<'a> {
    /// A message with its marks, if it is in view.
    pub(super) fn message(&mut self, message: &'a Message) {
        let (sent, received) = self.timeline.ends(self.trace, message);
        let Some(mut arrow) = self.arrow(message, sent, received) else { return };
        let is_in_view = self.is_in_view(arrow.from.y.min(arrow.to.y), arrow.from.y.max(arrow.to.y));
        // What waits in the browser may be in view before the arrow is.
        self.queue(message);
        if !is_in_view || !self.play(message, &mut arrow, sent, received) {
            return;
        }
        let role = Role::Message {
            protocol: message.protocol,
            provenance: least_certain(sent, received),
            warm_up: message.warm_up,
            unasked: is_unasked(self.trace, message),
        };
        self.uncertainty(message, sent, received);
        self.scene.items.push(Item { shape: arrow.shape, role, message: Some(message.id), title: String::new() });
        self.badges(message, arrow.from, arrow.to);
        let (page_x, server_x) = (self.columns.client_x(message.client), self.columns.server_x);
        let middle = f64::midpoint(page_x, server_x);
        let share = (middle - arrow.from.x) / (arrow.to.x - arrow.from.x);
        let reaches = (0.0..=1.0).contains(&share);
        let at = if reaches {
            arrow.from.y + share * (arrow.to.y - arrow.from.y)
        } else {
            f64::midpoint(arrow.from.y, arrow.to.y)
        };
        self.crossings.push(at);
        let is_selected = self.view.selected == Some(message.id);
        let is_special = message.kind.is_opening() || matches!(message.kind, Kind::Close { .. });
        self.labels.push(Label {
            message,
            at: Point { x: middle, y: at - 3.0 },
            room: server_x - page_x - 2.0 * BAR,
            rank: if is_selected {
                0
            } else if is_special {
                1
            } else {
                2
            },
        });
    }

    /// The shape of a message from its sender to its receiver, and its two ends. What did not arrive whole ends
    /// half-way, and so begins what nobody knows the sending of. What the browser refused never left the page.
    fn arrow(&self, message: &Message, sent: Option<Placed>, received: Option<Placed>) -> Option<Arrow> {
        let (page_x, server_x) = self.ends_x(message);
        let (sender, receiver) = match message.direction {
            Direction::ToServer => (page_x, server_x),
            Direction::ToPage => (server_x, page_x),
        };
        let half_way = f64::midpoint(sender, receiver);
        let [sent_y, received_y] = self.ends_y(message, sent, received);
        let point = |x: f64, y: f64| Point { x, y };
        let (from, to) = match (sent_y, received_y) {
            (Some(sent), _) if message.was_refused() => {
                (point(sender, sent), point(sender + STUB.copysign(receiver - sender), sent))
            }
            (Some(sent), Some(received)) if message.fate == Fate::Broken => {
                (point(sender, sent), point(half_way, received))
            }
            (Some(sent), Some(received)) => (point(sender, sent), point(receiver, received)),
            (Some(sent), None) => (point(sender, sent), point(half_way, sent + DROOP)),
            (None, Some(received)) => (point(half_way, received - DROOP), point(receiver, received)),
            (None, None) => return None,
        };
        let shape = match received {
            _ if is_lost(self.trace, self.timeline, message) => Shape::Lost { from, to },
            None => Shape::Line { from, to },
            Some(_) => Shape::Arrow { from, to },
        };
        Some(Arrow { shape, from, to })
    }

    /// The pixels of a message's two ends. A request leaves the page when the browser begins to send it, where that is
    /// known.
    fn ends_y(&self, message: &Message, sent: Option<Placed>, received: Option<Placed>) -> [Option<f64>; 2] {
        let y = |end: Option<Placed>| end.map(|end| self.y(message.protocol, end.at));
        let (mut sent, mut received) = (y(sent), y(received));
        if let Some((_, left)) = queued(self.trace, self.timeline, message) {
            let left = self.y(message.protocol, left);
            sent = Some(received.map_or(left, |received| left.min(received)).max(sent.unwrap_or(left)));
        }
        // On an ordinal axis a message has a step of its own.
        if let Some(step) = self.plan.step(message.id, self.view.scale) {
            match message.direction {
                Direction::ToServer => (sent, received) = (Some(step), received.map(|y| y.max(step))),
                Direction::ToPage => (sent, received) = (sent.map(|y| y.min(step)), Some(step)),
            }
        }
        [sent, received]
    }

    /// Of a run that is played again only what has happened yet: what is under way ends where it is. Gives whether
    /// there is anything to be seen.
    fn play(&self, message: &Message, arrow: &mut Arrow, sent: Option<Placed>, received: Option<Placed>) -> bool {
        let Some(until) = self.view.until else { return true };
        let at = |end: Option<Placed>| end.map(|end| self.plan.time(self.timeline, message.protocol, end.at));
        let (begins, ends) = (at(sent).or(at(received)), at(received).or(at(sent)));
        let (Some(begins), Some(ends)) = (begins, ends) else { return false };
        let y = self.plan.px(until, self.view.scale);
        if begins > until || arrow.from.y > y + 1.0 {
            return false;
        }
        if ends > until {
            let share = ((y - arrow.from.y) / (arrow.to.y - arrow.from.y).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
            let along = |from: f64, to: f64| from + share * (to - from);
            let to = Point { x: along(arrow.from.x, arrow.to.x), y: along(arrow.from.y, arrow.to.y) };
            arrow.shape = Shape::Line { from: arrow.from, to };
            arrow.to = to;
        }
        true
    }

    /// A request that waited in the browser: a hollow bar at its client, from the call to when it was sent.
    fn queue(&mut self, message: &Message) {
        let Some((called, left)) = queued(self.trace, self.timeline, message) else { return };
        let until = self.view.until.unwrap_or(Time(i64::MAX));
        let (begins, ends) = (
            self.plan.time(self.timeline, message.protocol, called),
            self.plan.time(self.timeline, message.protocol, left).min(until),
        );
        let (top, bottom) = (self.plan.px(begins, self.view.scale), self.plan.px(ends, self.view.scale));
        if bottom - top < 3.0 || begins > until || !self.is_in_view(top, bottom) {
            return;
        }
        let x = self.columns.page_lane_x(message.client, self.plan.lanes.of(message.connection));
        let shape = match self.columns.crowd() {
            // There is no room for a bar between two clients.
            Some(_) => Shape::Line { from: Point { x, y: top }, to: Point { x, y: bottom } },
            None => Shape::Rect { at: Point { x: x + BAR / 2.0 + 1.0, y: top }, width: 3.0, height: bottom - top },
        };
        self.add(
            Role::Queued(message.protocol),
            shape,
            format!("waited {} in the browser before it was sent", left - called),
        );
    }

    /// A whisker at a server end that is known only within bounds.
    fn uncertainty(&mut self, message: &Message, sent: Option<Placed>, received: Option<Placed>) {
        let at_server = match message.direction {
            Direction::ToServer => received,
            Direction::ToPage => sent,
        };
        let Some(end) = at_server.filter(|end| end.provenance != Provenance::Page) else { return };
        let px = |at: Time| self.y(message.protocol, at).clamp(0.0, self.view.height);
        let (top, bottom) = (px(end.at - end.uncertainty), px(end.at + end.uncertainty));
        if bottom - top < 3.0 || self.view.until.is_some() || !self.has_room_for_small_marks() {
            return;
        }
        let x = self.columns.right(&self.plan.lanes) + if message.direction == Direction::ToServer { 4.0 } else { 8.0 };
        let shape = Shape::Line { from: Point { x, y: top }, to: Point { x, y: bottom } };
        let role = Role::Uncertainty { protocol: message.protocol, by: end.uncertainty };
        self.whiskers.push(Item { shape, role, message: None, title: String::new() });
    }

    /// What is special about a message, at the end where it happened.
    fn badges(&mut self, message: &Message, from: Point, to: Point) {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = dx.hypot(dy).max(1.0);
        let inward = dx.signum();
        // Behind the bar, on the arrow.
        let away = (BAR / 2.0 + 5.0).min(length / 2.0) / length;
        let tail = Point { x: from.x + dx * away, y: from.y + dy * away };
        let mut badge = |badge: Badge, at: Point, title: String| {
            let shape = Shape::Dot { at, radius: 3.0 };
            self.scene.items.push(Item {
                shape,
                role: Role::Badge(badge, message.protocol),
                message: Some(message.id),
                title,
            });
        };
        if message.kind.is_opening() {
            badge(Badge::Opening, tail, "part of the opening handshake".to_owned());
        }
        if matches!(message.kind, Kind::Close { .. }) {
            badge(Badge::Close, tail, "a close frame".to_owned());
        }
        if let Some(before) = message.retries {
            badge(Badge::Retried, tail, format!("asked again, as #{} had failed", before.0 + 1));
        }
        if let Some(times) = message.arrivals.filter(|times| *times > 1) {
            let at = Point { x: to.x - inward * (BAR / 2.0 + 12.0), y: to.y };
            badge(Badge::Resent, at, format!("arrived {times} times: the browser sent it again by itself"));
        }
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
