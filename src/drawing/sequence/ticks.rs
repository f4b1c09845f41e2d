//! What stands across a sequence diagram: the axis' lines and words, the parts of the script, silences and folds.

use super::words::{fold_words, tick_label};
use super::{BOTTOM, GUTTER, Layout, Subject};
use crate::drawing::axis::{Fixed, round_step};
use crate::drawing::scene::{Anchor, Point, Role, Shape};
use crate::trace::{Protocol, Span, Time};

/// From tick to tick at least, in pixels.
const ROOM: f64 = 48.0;
/// The least room for a tick's words, in pixels.
const NEAR: f64 = 15.0;
/// More ticks than any window has room for.
const MOST_TICKS: i64 = 400;
/// The height of a part's name, in pixels.
const NAME: f64 = 13.0;

/// Where a stretch of a fixed length stands in the picture, and why.
struct Standing {
    top: f64,
    bottom: f64,
    why: Fixed,
    took: Span,
}

impl Layout<'_> {
    pub(super) fn ticks(&mut self) {
        let ticks = if self.plan.axis.is_true() { self.true_ticks() } else { self.step_ticks() };
        for (y, _) in &ticks {
            let (left, right) = (Point { x: GUTTER - 6.0, y: *y }, Point { x: self.view.width, y: *y });
            self.scene.line(Role::Grid, left, right);
        }
        for (y, words) in ticks {
            self.scene.text(Role::Tick, Point { x: GUTTER - 10.0, y: y + 4.0 }, Anchor::End, words);
        }
    }

    /// At round times, where time flows: where each stands, and its words.
    fn true_ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        let step = round_step(ROOM, self.view.scale);
        let (from, until) = self.visible();
        let origin = self.plan.axis.origin();
        let first = (from - origin).0.max(0) / step.0;
        let mut last = f64::NEG_INFINITY;
        let mut tick = first;
        for _ in 0..MOST_TICKS {
            let at = origin + Span(tick.saturating_mul(step.0));
            let y = self.plan.px(at, self.view.scale);
            if at > until || y >= self.view.height - BOTTOM / 2.0 {
                break;
            }
            // A time that is shrunk or folded has no line; the next one is behind it.
            if let Some(stretch) =
                self.plan.axis.fixed_between(at, at).find(|stretch| stretch.from < at && at < stretch.until)
            {
                tick = (stretch.until - origin).0 / step.0 + 1;
                continue;
            }
            if y - last >= NEAR {
                ticks.push((y, tick_label(at - origin, step)));
                last = y;
            }
            tick += 1;
        }
        ticks
    }

    /// At messages, with the time of each.
    fn step_ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        let (from, until) = self.visible_wall();
        let (plan, trace) = (self.plan, self.trace);
        let origin = plan.axis.origin();
        let within = plan.within(from, until);
        let every = (ROOM / self.view.scale).ceil().max(1.0) as usize;
        let first = within.start.next_multiple_of(every);
        for place in (first..within.end).step_by(every) {
            let Some(message) = plan.shown().get(place).and_then(|id| trace.message(*id)) else { continue };
            let (Some(y), Some(at)) = (plan.step(message.id, self.view.scale), message.page_time()) else { continue };
            let at = plan.time(self.timeline, message.protocol, at);
            ticks.push((y, (at - origin).to_string()));
        }
        ticks
    }

    /// Where a part of the script begins that is spoken in this diagram: a line across, with the part's name.
    pub(super) fn parts(&mut self) {
        let (subject, trace) = (self.plan.manner().subject, self.trace);
        let mut named = f64::NEG_INFINITY;
        for part in &trace.parts {
            let protocol = match (subject, part.protocol) {
                (Subject::One(protocol), _) => protocol,
                (Subject::Both, protocol) => protocol.unwrap_or(Protocol::Http),
            };
            let is_of_other = matches!(subject, Subject::One(_)) && part.protocol == Some(protocol.other());
            let at = self.plan.time(self.timeline, protocol, part.from);
            let y = self.plan.px(at, self.view.scale);
            // A part in which nothing has happened yet may lie below all that has.
            let on_paper = y <= self.view.height - NAME;
            if is_of_other || !on_paper || self.is_beyond(at) || !self.is_in_view(y - BOTTOM, y + BOTTOM) {
                continue;
            }
            self.scene.line(Role::Part, Point { x: 0.0, y }, Point { x: self.view.width, y });
            // Of parts that begin at the same place only the first one's name can be read.
            if y - named < NAME + 1.0 {
                continue;
            }
            named = y;
            self.reserved.push((y, y + NAME));
            self.part_names.push((y, part.name.to_string()));
        }
    }

    /// In front of what crosses them.
    pub(super) fn part_names(&mut self) {
        let middle = f64::midpoint(self.columns.client_x(0), self.columns.server_x);
        for (y, name) in std::mem::take(&mut self.part_names) {
            self.scene.text(Role::Part, Point { x: middle, y: y + NAME - 2.0 }, Anchor::Middle, name);
        }
    }

    fn standing(&self) -> Vec<Standing> {
        let (from, until) = self.visible();
        let stretches = self.plan.axis.fixed_between(from, until);
        let placed = stretches.filter(|stretch| !self.is_beyond(stretch.until)).map(|stretch| {
            let bottom = self.plan.px(stretch.until, self.view.scale);
            Standing { top: bottom - stretch.px, bottom, why: stretch.why, took: stretch.until - stretch.from }
        });
        // A silence behind the end, while the other protocol still speaks, may lie beyond the paper.
        let is_on_paper = |standing: &Standing| standing.why != Fixed::Silence || standing.bottom < self.view.height;
        placed.filter(|standing| self.is_in_view(standing.top, standing.bottom) && is_on_paper(standing)).collect()
    }

    /// A long silence: a band with torn edges.
    pub(super) fn silences(&mut self) {
        const TOOTH: f64 = 7.0;
        const DEEP: f64 = 2.5;
        for Standing { top, bottom, why, took } in self.standing() {
            self.reserved.push((top, bottom));
            if why != Fixed::Silence {
                continue;
            }
            let (left, right) = (GUTTER - 6.0, self.view.width);
            let teeth = ((right - left) / TOOTH).ceil() as usize;
            let edge = |y: f64| {
                let point = move |tooth: usize| Point {
                    x: (left + tooth as f64 * TOOTH).min(right),
                    y: y + if tooth.is_multiple_of(2) { -DEEP } else { DEEP },
                };
                (0..=teeth).map(point).collect::<Vec<_>>()
            };
            let (upper, lower) = (edge(top + DEEP), edge(bottom - DEEP));
            let band = upper.iter().copied().chain(lower.iter().rev().copied()).collect();
            let title = format!("{took} in which nothing was under way, shrunk");
            self.add(Role::Silence, Shape::Path { points: band, closed: true }, title);
            let middle = f64::midpoint(self.columns.client_x(0), self.columns.server_x);
            let at = Point { x: middle, y: f64::midpoint(top, bottom) + 4.0 };
            self.scene.text(Role::SilenceLabel, at, Anchor::Middle, format!("{took} of silence"));
        }
    }

    /// What repeats: a box in its place, or, where it was opened, a bracket beside it.
    pub(super) fn folds(&mut self) {
        let plan = self.plan;
        let (left, right) = (self.columns.client_x(0) + 10.0, self.columns.server_x - 10.0);
        for Standing { top, bottom, why, .. } in self.standing() {
            let Fixed::Fold(place) = why else { continue };
            let Some(fold) = plan.folds().get(place) else { continue };
            let words = fold_words(fold);
            let at = Point { x: left, y: top + 5.0 };
            let shape = Shape::Rect { at, width: right - left, height: bottom - top - 10.0 };
            self.add(Role::Fold(fold.first), shape, format!("{words}; click to unfold"));
            let at = Point { x: f64::midpoint(left, right), y: f64::midpoint(top, bottom) + 4.0 };
            self.scene.text(Role::FoldLabel(fold.first), at, Anchor::Middle, words);
        }
        for fold in plan.folds().iter().filter(|fold| fold.open) {
            let Some(protocol) = self.trace.message(fold.first).map(|message| message.protocol) else { continue };
            let px = |id, at: Time| plan.step(id, self.view.scale).unwrap_or_else(|| self.y(protocol, at));
            let (top, bottom) = (px(fold.first, fold.from), px(fold.last, fold.until));
            if self.is_in_view(top, bottom) {
                let (x, tip) = (GUTTER - 3.0, GUTTER + 1.0);
                let points = [(tip, top), (x, top), (x, bottom), (tip, bottom)].map(|(x, y)| Point { x, y });
                let title = format!("{}; click to fold", fold_words(fold));
                self.add(Role::Unfolded(fold.first), Shape::Path { points: points.into(), closed: false }, title);
            }
        }
    }

    pub(super) fn cuts(&mut self) {
        let Subject::One(protocol) = self.plan.manner().subject else { return };
        if self.plan.is_wall_time() {
            return;
        }
        let (from, until) = self.visible();
        let (lifelines, origin) = (self.lifelines_x(), self.plan.axis.origin());
        let fixed: Vec<Standing> = self.standing();
        let cuts: Vec<(Time, Span)> = self.timeline.cuts(protocol).between(from, until).collect();
        // Two small strokes on each lifeline; closer than a few pixels they would be a smear.
        let mut last = f64::NEG_INFINITY;
        for (at, gone) in cuts {
            let y = self.plan.px(at, self.view.scale);
            let is_folded = fixed.iter().any(|fixed| fixed.top < y && y < fixed.bottom);
            if y - last < 5.0 || at <= origin || is_folded || self.is_beyond(at) {
                continue;
            }
            last = y;
            for &x in &lifelines {
                for dy in [-1.5, 1.5] {
                    let (from, to) = (Point { x: x - 5.0, y: y + dy + 2.0 }, Point { x: x + 5.0, y: y + dy - 2.0 });
                    self.scene.line(Role::Cut(gone), from, to);
                }
            }
        }
    }
}
