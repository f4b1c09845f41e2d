//! Connections in a sequence diagram: channels between the two lifelines, as long as they are open.

use super::words::lifetime_title;
use super::{BAR, LABEL, Layout, TEXT_HEIGHT};
use crate::drawing::scene::{Anchor, Item, Point, Role, Shape};
use crate::trace::{Connection, Moment, Outcome, Time};

impl Layout<'_> {
    /// Several may be open at the same time, and one that was last used long ago be open still, so each is looked at.
    pub(super) fn connections(&mut self) {
        let (trace, visible) = (self.trace, self.view.visible);
        let (from, until) = self.visible_wall();
        for id in self.timeline.connections(self.protocol) {
            let Some(connection) = trace.connection(*id) else { continue };
            let Some(stretch) = Stretch::of(self, connection) else { continue };
            // What lies beyond the paper is drawn at its edge.
            let is_below = stretch.begins() > until && visible.1 < self.scene.height;
            if stretch.ends() < from || is_below {
                continue;
            }
            let lifetime = Lifetime::of(self, &stretch);
            if lifetime.bottom() >= visible.0 && lifetime.top() <= visible.1 {
                self.connection(connection, &lifetime);
            }
        }
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
            let height = (bottom - top).max(2.0);
            let top = top.min(self.scene.height - height);
            let bar = Shape::Rect { at: corner(x - BAR / 2.0, top), width: BAR, height };
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
}

/// From when to when a connection was there, on either side.
struct Stretch {
    page: (Time, Time),
    server: (Time, Time),
    open_before: bool,
    open_after: bool,
}

impl Stretch {
    fn of(layout: &Layout<'_>, connection: &Connection) -> Option<Self> {
        let trace = layout.trace;
        if !connection.came_to_be() {
            return None;
        }
        let place = |moment: Moment| layout.timeline.place(trace, connection.protocol, moment).map(|placed| placed.at);
        let asked = place(connection.asked).or_else(|| place(connection.opened));
        let accepted = place(connection.accepted);
        let began = |side: Option<Time>, other: Option<Time>| side.or(other).unwrap_or(trace.circumstances.origin);
        let last = layout.last?;
        let closed = connection.closed.as_ref().and_then(|closed| place(closed.at));
        // On the page's side it was there for as long as something came on it.
        let used = layout.timeline.last_on(connection.id);
        let page_end = closed.map_or(last, |closed| used.map_or(closed, |used| used.max(closed)));
        Some(Self {
            page: (began(asked, accepted), page_end),
            server: (began(accepted, asked), closed.unwrap_or(last)),
            open_before: connection.already_open,
            open_after: closed.is_none_or(|closed| closed > last && trace.outcome != Some(Outcome::Finished)),
        })
    }

    fn begins(&self) -> Time {
        self.page.0.min(self.server.0)
    }

    fn ends(&self) -> Time {
        self.page.1.max(self.server.1)
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
    fn of(layout: &Layout<'_>, stretch: &Stretch) -> Self {
        let px = |at: Time| layout.y(at).clamp(0.0, layout.scene.height);
        let side = |(from, until): (Time, Time)| (px(from), px(until).max(px(from)));
        let Stretch { page, server, open_before, open_after } = *stretch;
        Self { page: side(page), server: side(server), open_before, open_after }
    }

    fn top(&self) -> f64 {
        self.page.0.min(self.server.0)
    }

    fn bottom(&self) -> f64 {
        self.page.1.max(self.server.1)
    }
}
