//! Pings and pongs (RFC 6455 §5.5.2, §5.5.3). A page never learns of them: its browser answers by itself. So they
//! are drawn at the server alone, as its tap saw them.

use super::Layout;
use super::plan::Subject;
use crate::analysis::{Timeline, raw};
use crate::drawing::scene::{Point, Role, Shape};
use crate::trace::{ConnectionId, Direction, Moment, Protocol, Time, Trace};

/// How long such an arrow is, in pixels.
const LENGTH: f64 = 34.0;

/// A control frame that the server's tap saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ControlFrame {
    /// On the page's clock.
    pub(super) at: Time,
    /// Which way it went.
    pub(super) direction: Direction,
    /// A ping, or else a pong.
    pub(super) is_ping: bool,
    /// What carried it.
    pub(super) connection: ConnectionId,
    /// The client that the connection belongs to.
    pub(super) client: u32,
}

/// The pings and pongs of a run, as far as the tap told them.
pub(super) fn frames(trace: &Trace, timeline: &Timeline, subject: Subject) -> Vec<ControlFrame> {
    if !subject.shows(Protocol::WebSocket) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for connection in trace.connections.iter().filter(|connection| connection.frames.is_some()) {
        for (direction, is_ping, at) in raw::pings_and_pongs(connection) {
            let Some(placed) = timeline.place(trace, Protocol::WebSocket, Moment::Server(at)) else { continue };
            all.push(ControlFrame {
                at: placed.at,
                direction,
                is_ping,
                connection: connection.id,
                client: connection.client,
            });
        }
    }
    all
}

impl Layout<'_> {
    pub(super) fn control_frames(&mut self) {
        let plan = self.plan;
        let mut last = f64::NEG_INFINITY;
        for frame in plan.control() {
            let at = plan.time(self.timeline, Protocol::WebSocket, frame.at);
            let y = plan.px(at, self.view.scale);
            if self.is_beyond(at) || !self.is_in_view(y, y) || (y - last).abs() < 2.0 {
                continue;
            }
            last = y;
            let x = self.columns.server_lane_x(plan.lanes.of(Some(frame.connection)));
            let away = Point { x: (x - LENGTH).max(self.columns.client_x(frame.client)), y };
            let (from, to) = match frame.direction {
                Direction::ToServer => (away, Point { x, y }),
                Direction::ToPage => (Point { x, y }, away),
            };
            let name = if frame.is_ping { "ping" } else { "pong" };
            let whose = if frame.direction == Direction::ToServer { "from the browser" } else { "from the server" };
            let title = format!("{name} {whose}, as the server saw it; the page learns nothing of it");
            self.add(Role::Control, Shape::Arrow { from, to }, title);
        }
    }
}
