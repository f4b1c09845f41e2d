//! Control frames, as the server's tap saw them: short arrows at the server's end.

use super::Layout;
use crate::drawing::scene::{Point, Role, Shape};
use crate::trace::{Direction, Protocol};

/// How long such an arrow is, in pixels.
const LENGTH: f64 = 34.0;

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
