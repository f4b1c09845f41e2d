//! The chart of each exchange's time: turns to the right, round trip upward, both protocols in one
//! picture. Where there are more turns than columns of pixels, each column shows the least, the
//! greatest and the median of its turns.

use super::axis::round_up;
use super::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::analysis::{Sample, Statistics};
use crate::trace::{MessageId, Protocol, Span};

/// Left of the plot, for the ticks' words, in pixels.
const LEFT: f64 = 64.0;
/// Right of the plot, in pixels.
const RIGHT: f64 = 14.0;
/// Above the plot, in pixels.
const TOP: f64 = 14.0;
/// Below the plot, for the ticks' words, in pixels.
const BOTTOM: f64 = 34.0;
/// A sample has its own sign while there is this much room for it, in pixels.
const LEAST_PITCH: f64 = 2.5;

/// How the chart is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// The turns asked for; the axis reaches so far from the start, so that nothing moves while a run
    /// goes on.
    pub turns: u32,
    /// The resolution of the clock: nothing shorter can be told apart.
    pub resolution: Span,
    /// What is asked to be marked.
    pub selected: Option<MessageId>,
}

/// Lays the chart out from both protocols' samples.
#[must_use]
pub fn round_trips(samples: [&[Sample]; 2], view: View) -> Scene {
    let mut scene = Scene { width: view.width, height: view.height, items: Vec::new() };
    let Some(most) = top_of_scale(samples) else {
        let middle = Point { x: view.width / 2.0, y: view.height / 2.0 };
        scene.text(Role::Note, middle, Anchor::Middle, "Each exchange’s time will stand here.");
        return scene;
    };
    let plot = Plot { view, most };
    plot.axes(&mut scene);
    for (protocol, samples) in Protocol::BOTH.into_iter().zip(samples) {
        if plot.pitch() >= LEAST_PITCH {
            plot.dots(&mut scene, protocol, samples);
        } else {
            plot.columns(&mut scene, protocol, samples);
        }
    }
    scene
}

/// The axis reaches a little beyond the p95 of the slower protocol, so that a single slow exchange
/// does not press all others flat; what lies above is drawn at the upper edge and says its value.
fn top_of_scale(samples: [&[Sample]; 2]) -> Option<Span> {
    let figures = samples.map(|samples| {
        let counted: Vec<Span> = samples.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
        let all = || samples.iter().map(|sample| sample.took).collect::<Vec<_>>();
        Statistics::of(&counted).or_else(|| Statistics::of(&all()))
    });
    let p95 = figures.into_iter().flatten().map(|figures| figures.p95).max()?;
    Some(Span((p95.0 as f64 * 1.25).max(10.0) as i64))
}

struct Plot {
    view: View,
    most: Span,
}

impl Plot {
    /// Pixels from turn to turn.
    fn pitch(&self) -> f64 {
        (self.view.width - LEFT - RIGHT) / (f64::from(self.view.turns) + 1.0)
    }

    fn x(&self, turn: u32) -> f64 {
        LEFT + (f64::from(turn) + 0.5) * self.pitch()
    }

    fn bottom(&self) -> f64 {
        self.view.height - BOTTOM
    }

    /// The pixel of a round trip, at most the upper edge.
    fn y(&self, took: Span) -> f64 {
        let share = (took.0 as f64 / self.most.0 as f64).clamp(0.0, 1.0);
        self.bottom() - share * (self.bottom() - TOP)
    }

    fn axes(&self, scene: &mut Scene) {
        let step = round_up(self.most.as_millis() / 5.0);
        let mut tick = 0.0;
        while tick <= self.most.as_millis() {
            let y = self.y(Span((tick * 1000.0) as i64));
            scene.line(Role::Grid, Point { x: LEFT, y }, Point { x: self.view.width - RIGHT, y });
            let label = format!("{} ms", (tick * 1000.0).round() / 1000.0);
            scene.text(Role::Tick, Point { x: LEFT - 8.0, y: y + 4.0 }, Anchor::End, label);
            tick += step;
        }
        let turns = f64::from(self.view.turns);
        let columns = ((self.view.width - LEFT - RIGHT) / 60.0).max(2.0);
        let step = round_up((turns / columns).max(1.0)).max(1.0) as u32;
        let y = self.bottom() + 16.0;
        for turn in (step..=self.view.turns).step_by(step as usize) {
            scene.text(Role::Tick, Point { x: self.x(turn), y }, Anchor::Middle, turn.to_string());
        }
        if self.pitch() >= 24.0 {
            scene.text(Role::Tick, Point { x: self.x(0), y }, Anchor::Middle, "w");
        }
        let at = Point { x: self.view.width - RIGHT, y: self.view.height - 4.0 };
        let name = if self.pitch() >= 24.0 { "turn (w: warm-up)" } else { "turn" };
        scene.text(Role::Tick, at, Anchor::End, name);
    }

    fn dots(&self, scene: &mut Scene, protocol: Protocol, samples: &[Sample]) {
        let radius = (self.pitch() / 3.0).clamp(1.5, 4.5);
        for sample in samples {
            let role = Role::Sample { protocol, left_out: !sample.counts() };
            let at = Point { x: self.x(sample.turn), y: self.y(sample.took) };
            let beyond = sample.took > self.most;
            let selected = self.view.selected.is_some_and(|id| id == sample.request || id == sample.reply);
            let radius = if selected { radius * 1.6 } else { radius };
            let shape = if beyond { upward(at, radius) } else { Shape::Dot { at, radius } };
            let title = self.title(protocol, sample);
            if beyond && self.pitch() >= 40.0 {
                let at = Point { x: at.x, y: at.y + 18.0 };
                scene.text(Role::Note, at, Anchor::Middle, sample.took.to_string());
            }
            scene.items.push(Item { shape, role, message: Some(sample.request), title });
        }
    }

    fn title(&self, protocol: Protocol, sample: &Sample) -> String {
        let name = match protocol {
            Protocol::Http => "HTTP",
            Protocol::WebSocket => "WebSocket",
        };
        let number = if sample.warm_up { "warm-up".to_owned() } else { format!("turn {}", sample.turn) };
        let left_out = if sample.hidden { ", not counted: the tab was hidden" } else { "" };
        format!("{name}, {number}: {}{left_out}", sample.took.known_to(self.view.resolution))
    }

    /// One stroke for each column of pixels from the least to the greatest, and the medians as a line.
    fn columns(&self, scene: &mut Scene, protocol: Protocol, samples: &[Sample]) {
        let mut medians = Vec::new();
        let column = |sample: &Sample| (self.x(sample.turn) / 2.0) as u32;
        for group in samples.chunk_by(|one, next| column(one) == column(next)) {
            let counted: Vec<Span> = group.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
            let Some(figures) = Statistics::of(&counted) else { continue };
            let x = self.x(group[group.len() / 2].turn);
            let stroke =
                Shape::Line { from: Point { x, y: self.y(figures.most) }, to: Point { x, y: self.y(figures.least) } };
            scene.add(Role::Spread(protocol), stroke);
            medians.push(Point { x, y: self.y(figures.median) });
        }
        scene.add(Role::Median(protocol), Shape::Path { points: medians, closed: false });
    }
}

/// A triangle that points to where the value lies.
fn upward(at: Point, radius: f64) -> Shape {
    let y = at.y + radius;
    let points =
        vec![Point { x: at.x, y: at.y - radius }, Point { x: at.x + radius, y }, Point { x: at.x - radius, y }];
    Shape::Path { points, closed: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(turn: u32, micros: i64) -> Sample {
        Sample {
            turn,
            request: MessageId(2 * turn),
            reply: MessageId(2 * turn + 1),
            began: crate::trace::Time(0),
            took: Span(micros),
            warm_up: turn == 0,
            hidden: false,
        }
    }

    fn view(turns: u32) -> View {
        View { width: 600.0, height: 240.0, turns, resolution: Span(5), selected: None }
    }

    #[test]
    fn every_sample_of_a_small_run_has_its_sign_and_can_be_picked() {
        let samples: Vec<Sample> = (0..=10).map(|turn| sample(turn, 500)).collect();
        let scene = round_trips([&samples, &samples], view(10));
        assert_eq!(scene.items.iter().filter(|item| item.message.is_some()).count(), 22);
    }

    #[test]
    fn a_large_run_costs_columns_not_samples() {
        let samples: Vec<Sample> = (0..=50_000).map(|turn| sample(turn, 500 + i64::from(turn % 7))).collect();
        let scene = round_trips([&samples, &samples], view(50_000));
        assert!(scene.items.len() < 1_000, "{} items", scene.items.len());
    }

    #[test]
    fn nothing_lies_outside_the_frame() {
        let samples: Vec<Sample> = (0..=40).map(|turn| sample(turn, i64::from(turn).pow(4))).collect();
        let scene = round_trips([&samples, &[]], view(40));
        for item in &scene.items {
            if let Shape::Dot { at, .. } = item.shape {
                assert!((0.0..=600.0).contains(&at.x) && (0.0..=240.0).contains(&at.y), "{at:?}");
            }
        }
    }
}
