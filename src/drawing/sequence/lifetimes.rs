//! Connections in a sequence diagram: a bar along each lifeline, from its beginning to its end on that side, with a mark
//! of how it ended.

use super::legend::is_broken;
use super::words::lifetime_title;
use super::{BAR, Layout};
use crate::analysis::Timeline;
use crate::drawing::scene::{Badge, Item, Point, Role, Shape};
use crate::trace::{Connection, ConnectionId, Moment, Outcome, Time, Trace};

impl Layout<'_> {
    /// Several may be open at the same time, and one that was last used long ago be open still, so each is looked at.
    pub(super) fn connections(&mut self) {
        let (trace, timeline) = (self.trace, self.timeline);
        let (from, until) = self.visible_wall();
        for &protocol in self.plan.manner().subject.protocols() {
            let last = timeline.last(trace, protocol);
            let ids: &[ConnectionId] = timeline.connections(protocol);
            for connection in ids.iter().filter_map(|id| trace.connection(*id)) {
                let Some(stretch) = Stretch::of(trace, timeline, connection, last) else { continue };
                // What lies beyond the paper is drawn at its edge.
                let is_below = stretch.begins() > until && self.view.visible.1 < self.view.height;
                if stretch.ends() >= from && !is_below {
                    self.connection(connection, &stretch);
                }
            }
        }
    }

    /// A bar at each end. The ends differ: what the server closes may still be under way to the page.
    fn connection(&mut self, connection: &Connection, stretch: &Stretch) {
        let protocol = connection.protocol;
        let place = self.plan.lanes.of(Some(connection.id));
        let page_x = self.columns.page_lane_x(connection.client, place);
        let server_x = self.columns.server_lane_x(place);
        let Some((page, server)) = self.sides(connection, stretch) else { return };
        if !self.is_in_view(page.0.min(server.0), page.1.max(server.1)) {
            return;
        }
        let title = lifetime_title(connection);
        if self.plan.lanes.is_single() {
            let corner = |x: f64, y: f64| Point { x, y };
            let points = vec![
                corner(page_x, page.0),
                corner(server_x, server.0),
                corner(server_x, server.1),
                corner(page_x, page.1),
            ];
            self.add(Role::Connection(protocol), Shape::Path { points, closed: true }, title.clone());
        }
        let (page_wide, server_wide) = self.columns.bars();
        for (x, (top, bottom), wide) in [(page_x, page, page_wide), (server_x, server, server_wide)] {
            let height = (bottom - top).max(2.0);
            let top = top.min(self.view.height - height);
            let bar = match wide < 2.0 {
                // Two edges and nothing between them.
                true => Shape::Line { from: Point { x, y: top }, to: Point { x, y: top + height } },
                false => Shape::Rect { at: Point { x: x - wide / 2.0, y: top }, width: wide, height },
            };
            self.add(Role::ConnectionEnd(protocol), bar, title.clone());
            let cap = |y: f64| [Point { x: x - wide / 2.0 - 2.0, y }, Point { x: x + wide / 2.0 + 2.0, y }];
            let ended =
                !stretch.open_after && self.view.until.is_none_or(|until| self.end(connection, stretch) <= until);
            for ([from, to], there) in
                [(cap(top), !stretch.open_before), (cap(bottom), ended && !is_broken(connection))]
            {
                if there && wide >= 3.0 {
                    self.add(Role::ConnectionEnd(protocol), Shape::Line { from, to }, title.clone());
                }
            }
            if ended && is_broken(connection) {
                let shape = Shape::Dot {
                    at: Point { x, y: bottom.min(self.view.height) },
                    radius: (wide / 2.0).clamp(2.0, 4.0),
                };
                let role = Role::Badge(Badge::Broken, protocol);
                self.scene.items.push(Item { shape, role, message: None, title: title.clone() });
            }
        }
        self.emulated_handshake(connection, server_x);
    }

    /// When a connection was over, on the clock of the axis.
    fn end(&self, connection: &Connection, stretch: &Stretch) -> Time {
        self.plan.time(self.timeline, connection.protocol, stretch.ends())
    }

    /// From where to where a connection's bars reach on either side; `None` before it began in a run that is played.
    fn sides(&self, connection: &Connection, stretch: &Stretch) -> Option<((f64, f64), (f64, f64))> {
        let time = |at: Time| self.plan.time(self.timeline, connection.protocol, at);
        let until = self.view.until.unwrap_or(Time(i64::MAX));
        if time(stretch.begins()) > until {
            return None;
        }
        let px = |at: Time| self.plan.px(time(at).min(until), self.view.scale).clamp(0.0, self.view.height);
        let side = |(from, until): (Time, Time)| (px(from), px(until).max(px(from)));
        Some((side(stretch.page), side(stretch.server)))
    }

    /// Over an emulated link, the stretch at a connection's start for which the server held it back: beside
    /// the server's lifeline, since no message crosses.
    fn emulated_handshake(&mut self, connection: &Connection, server_x: f64) {
        let Some((from, until)) = connection.emulated_handshake else { return };
        let protocol = connection.protocol;
        let place = |at| self.timeline.place(self.trace, protocol, Moment::Server(at));
        let (Some(from), Some(until)) = (place(from), place(until)) else { return };
        let took = until.at - from.at;
        let (top, bottom) =
            (self.y(protocol, from.at).max(0.0), self.y(protocol, until.at).clamp(0.0, self.view.height));
        let height = bottom - top;
        // In own time it may lie within the other protocol's turn; then nothing is left of it.
        if height < 2.0 || self.is_beyond(self.plan.time(self.timeline, protocol, until.at)) {
            return;
        }
        let shape = Shape::Rect { at: Point { x: server_x - BAR / 2.0, y: top }, width: BAR, height };
        let title = format!(
            "emulated handshake, {took}: the server held the connection back, as the link asks; the true handshake of TCP was over before"
        );
        self.add(Role::EmulatedHandshake(protocol), shape, title);
    }
}

/// From when to when a connection was there, on either side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) page: (Time, Time),
    pub(super) server: (Time, Time),
    pub(super) open_before: bool,
    pub(super) open_after: bool,
}

impl Stretch {
    /// `last` is when the last thing happened that is known of the connection's protocol.
    pub(super) fn of(trace: &Trace, timeline: &Timeline, connection: &Connection, last: Option<Time>) -> Option<Self> {
        if !connection.came_to_be() {
            return None;
        }
        let place = |moment: Moment| timeline.place(trace, connection.protocol, moment).map(|placed| placed.at);
        let asked = place(connection.asked).or_else(|| place(connection.opened));
        // Of one that nobody tells the beginning of, no more is known than what came on it.
        let first = || timeline.first_on(connection.id).filter(|_| connection.undated);
        let asked = asked.or_else(first);
        let accepted = place(connection.accepted);
        let began = |side: Option<Time>, other: Option<Time>| side.or(other).unwrap_or(trace.circumstances.origin);
        let last = last?;
        let closed = connection.closed.as_ref().and_then(|closed| place(closed.at));
        // On the page's side it was there for as long as something came on it.
        let used = timeline.last_on(connection.id);
        let page_end = closed.map_or(last, |closed| used.map_or(closed, |used| used.max(closed)));
        Some(Self {
            page: (began(asked, accepted), page_end),
            server: (began(accepted, asked), closed.unwrap_or(last)),
            open_before: connection.already_open || (connection.undated && connection.asked == Moment::Unknown),
            open_after: closed.is_none_or(|closed| closed > last && trace.outcome != Some(Outcome::Finished)),
        })
    }

    pub(super) fn begins(&self) -> Time {
        self.page.0.min(self.server.0)
    }

    pub(super) fn ends(&self) -> Time {
        self.page.1.max(self.server.1)
    }
}
