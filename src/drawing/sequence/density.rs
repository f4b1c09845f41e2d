//! Where more messages are in view than can be told apart: how many there are in each row of pixels, and those that
//! must not be lost among them. And the same of a whole run, in a narrow strip beside its diagram.

use super::legend::{is_notable, is_odd};
use super::{Layout, Plan};
use crate::analysis::Timeline;
use crate::drawing::scene::{Item, Point, Role, Scene, Shape};
use crate::trace::{Message, MessageId, Time, Trace};

/// The height of a row, in pixels.
const ROW: f64 = 3.0;
/// The least numbers of messages in a row for each level of density.
const LEVELS: [usize; 4] = [1, 4, 16, 64];

/// Rows of like density.
struct Band {
    top: f64,
    bottom: f64,
    /// From 1.
    level: u8,
    /// How many messages are in it.
    count: usize,
}

/// How densely messages lie in rows of pixels from `top` on. Costs as much as there are rows, whatever there is in
/// them.
fn bands(plan: &Plan, timeline: &Timeline, scale: f64, (top, row, rows): (f64, f64, usize)) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let mut place = plan.first_below(timeline, scale, top, 0);
    for number in 0..rows {
        let begin = top + number as f64 * row;
        let next = plan.first_below(timeline, scale, begin + row, place);
        let count = next - place;
        let level = LEVELS.iter().filter(|least| count >= **least).count() as u8;
        match bands.last_mut() {
            Some(last) if last.level == level => {
                last.bottom = begin + row;
                last.count += count;
            }
            _ => bands.push(Band { top: begin, bottom: begin + row, level, count }),
        }
        place = next;
    }
    bands.retain(|band| band.level > 0);
    bands
}

/// A whole run in a narrow strip: where its messages are, and where something is to be noticed.
#[must_use]
pub fn overview(
    plan: &Plan,
    trace: &Trace,
    timeline: &Timeline,
    scale: f64,
    paper: f64,
    (width, height): (f64, f64),
) -> Scene {
    let mut scene = Scene { width, height, items: Vec::new() };
    let factor = height / paper.max(1.0);
    let rows = (height / ROW).ceil() as usize;
    let protocols = plan.manner().subject.protocols();
    let protocol = protocols.first().copied().filter(|_| protocols.len() == 1);
    for band in bands(plan, timeline, scale, (0.0, ROW / factor, rows)) {
        let (top, bottom) = (band.top * factor, (band.bottom * factor).min(height));
        if bottom > top {
            let shape = Shape::Rect { at: Point { x: 4.0, y: top }, width: width - 8.0, height: bottom - top };
            scene.add(Role::Density { protocol, level: band.level }, shape);
        }
    }
    let mut last = f64::NEG_INFINITY;
    for &id in plan.notable() {
        let Some(message) = trace.message(id).filter(|message| is_odd(trace, timeline, message)) else { continue };
        let y = plan.place(trace, timeline, id, scale).unwrap_or(0.0) * factor;
        if y - last < ROW {
            continue;
        }
        last = y;
        let (from, to) = (Point { x: 0.0, y }, Point { x: width, y });
        scene.line(Role::Notable(message.protocol), from, to);
    }
    scene
}

impl Layout<'_> {
    pub(super) fn density(&mut self, from: Time, until: Time) {
        let protocols = self.plan.manner().subject.protocols();
        let protocol = protocols.first().copied().filter(|_| protocols.len() == 1);
        let (left, right) = (self.columns.client_x(0), self.columns.server_x);
        let top = self.view.visible.0.max(0.0);
        let playhead = self.view.until.map_or(f64::INFINITY, |until| self.plan.px(until, self.view.scale));
        let end = self.view.visible.1.min(self.view.height).min(playhead);
        let rows = ((end - top) / ROW).ceil().max(0.0) as usize;
        for band in bands(self.plan, self.timeline, self.view.scale, (top, ROW, rows)) {
            let bottom = band.bottom.min(self.view.height);
            if bottom <= band.top {
                continue;
            }
            self.scene.items.push(Item {
                shape: Shape::Rect {
                    at: Point { x: left, y: band.top },
                    width: right - left,
                    height: bottom - band.top,
                },
                role: Role::Density { protocol, level: band.level },
                message: None,
                title: format!("{} messages; zoom in to see each", band.count),
            });
        }
        self.notable(from, until);
    }

    /// Of those that are close together, one.
    fn notable(&mut self, from: Time, until: Time) {
        let (plan, trace) = (self.plan, self.trace);
        let at = |id: &MessageId| trace.message(*id).and_then(Message::page_time);
        let first = plan.notable().partition_point(|id| at(id) < Some(from));
        let mut last = f64::NEG_INFINITY;
        for &id in plan.notable()[first..].iter().take_while(|id| at(id) <= Some(until)) {
            let y = plan.place(trace, self.timeline, id, self.view.scale).unwrap_or(0.0);
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
        if let Some(message) = selected.filter(is_shown).filter(|message| !is_notable(trace, self.timeline, message)) {
            self.message(message);
        }
    }
}
