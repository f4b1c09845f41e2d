//! Where more messages are in view than can be told apart: how many there are in each row of pixels, and those that
//! must not be lost among them.

use super::Layout;
use super::legend::is_notable;
use crate::drawing::scene::{Item, Point, Role, Shape};
use crate::trace::{Message, MessageId, Time};

/// The height of a row, in pixels.
const ROW: f64 = 3.0;
/// The least numbers of messages in a row for each level of density.
const LEVELS: [usize; 4] = [1, 4, 16, 64];

impl Layout<'_> {
    /// Rows of like density are one shape. Costs as much as there are rows, whatever there is in them.
    pub(super) fn density(&mut self, from: Time, until: Time) {
        let within = self.plan.within(self.trace, from, until);
        let rows = (self.view.visible.1.min(self.view.height) - self.view.visible.0.max(0.0)) / ROW;
        let top = self.view.visible.0.max(0.0);
        let mut begun: Option<(usize, f64, usize)> = None;
        let mut place = within.start;
        for row in 0..rows.ceil() as usize {
            let y = top + row as f64 * ROW;
            let next = self.first_below(place, within.end, y + ROW);
            let count = next - place;
            let level = LEVELS.iter().filter(|least| count >= **least).count();
            match begun {
                Some((same, _, ref mut all)) if same == level => *all += count,
                _ => {
                    self.band(begun, y);
                    begun = Some((level, y, count));
                }
            }
            place = next;
        }
        self.band(begun, top + rows.ceil() * ROW);
        self.notable(from, until);
    }

    /// The place of the first message among those shown that the page sent or received below a pixel.
    fn first_below(&self, from: usize, end: usize, y: f64) -> usize {
        let below = |id: &MessageId| self.page_y(*id) < y;
        from + self.plan.shown()[from..end].partition_point(below)
    }

    fn page_y(&self, id: MessageId) -> f64 {
        self.plan.place(self.trace, self.timeline, id, self.view.scale).unwrap_or(0.0)
    }

    fn band(&mut self, begun: Option<(usize, f64, usize)>, bottom: f64) {
        let Some((level, top, count)) = begun.filter(|(level, ..)| *level > 0) else { return };
        let bottom = bottom.min(self.view.height);
        if bottom <= top {
            return;
        }
        let protocols = self.plan.manner().subject.protocols();
        let protocol = protocols.first().copied().filter(|_| protocols.len() == 1);
        let (left, right) = (self.columns.client_x(0), self.columns.server_x);
        self.scene.items.push(Item {
            shape: Shape::Rect { at: Point { x: left, y: top }, width: right - left, height: bottom - top },
            role: Role::Density { protocol, level: level as u8 },
            message: None,
            title: format!("{count} messages; zoom in to see each"),
        });
    }

    /// Of those that are close together, one.
    fn notable(&mut self, from: Time, until: Time) {
        let (plan, trace) = (self.plan, self.trace);
        let at = |id: &MessageId| trace.message(*id).and_then(Message::page_time);
        let first = plan.notable().partition_point(|id| at(id) < Some(from));
        let mut last = f64::NEG_INFINITY;
        for &id in plan.notable()[first..].iter().take_while(|id| at(id) <= Some(until)) {
            let y = self.page_y(id);
            let is_selected = self.view.selected == Some(id);
            if y - last < ROW && !is_selected {
                continue;
            }
            last = y;
            if let Some(message) = trace.message(id) {
                self.message(message);
            }
        }
        let selected = self.view.selected.and_then(|id| trace.message(id));
        let is_shown = |one: &&Message| plan.manner().subject.shows(one.protocol) && !plan.is_hidden(one.id);
        if let Some(message) = selected.filter(is_shown).filter(|message| !is_notable(message)) {
            self.message(message);
        }
    }
}
