//! The chart of bytes so far: payload, what the protocol added, and what our instrument added, as layers on one another
//! against messages or time, each protocol in a panel of its own on the same scales. What is not known is not taken for
//! nothing: it is said, and from there on the upper edge is dashed.

use super::frame::{self, BOTTOM, LEFT, Labels, NARROWEST, RIGHT};
use super::scale::{Quantity, Scale};
use super::{Chart, Datum, Recorded, index, name, sign};
use crate::analysis::{Entry, Overheads, bytes_in_words};
use crate::drawing::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::trace::{Direction, Message, MessageId, Protocol, Span};

/// Above a panel, for its name and its note, in pixels.
const TOP: f64 = 40.0;
/// From this width on both panels are side by side, in pixels.
const WIDE: f64 = 520.0;
/// Between two panels, in pixels.
const GAP: f64 = 22.0;
/// Several messages within this many pixels are drawn as one step.
const COLUMN: f64 = 1.5;
/// A layer says its name itself where it is so high, in pixels.
const NAMED: f64 = 15.0;

/// What bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// What the application sent.
    Payload,
    /// What the protocol added: heads, frame headers.
    Overhead,
    /// What our instrument added.
    Instrument,
}

impl Layer {
    /// From the lowest to the highest.
    pub const ALL: [Self; 3] = [Self::Payload, Self::Overhead, Self::Instrument];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Overhead => "overhead",
            Self::Instrument => "instrument",
        }
    }
}

/// What the axis to the right counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Messages.
    Messages,
    /// Time: by the wall clock, or in each protocol's own time.
    Time {
        /// By the wall clock.
        wall: bool,
    },
}

/// How the chart is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// What the axis to the right counts.
    pub along: Along,
    /// What goes to the server above the line, what comes to the page below it; else both added up.
    pub split: bool,
}

/// What has been carried so far, one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// By [`Layer`].
    pub layers: [u64; 3],
    /// Messages whose overhead is not known.
    pub unknown: u64,
}

impl SoFar {
    fn add(&mut self, message: &Message, overhead: Option<u64>) {
        let added = [message.payload, overhead.unwrap_or(0), message.instrument.unwrap_or(0)];
        for (layer, added) in self.layers.iter_mut().zip(added) {
            *layer += added;
        }
        self.unknown += u64::from(overhead.is_none());
    }

    fn plus(self, other: Self) -> Self {
        let layers = [0, 1, 2].map(|layer| self.layers[layer] + other.layers[layer]);
        Self { layers, unknown: self.unknown + other.unknown }
    }

    fn total(&self) -> u64 {
        self.layers.iter().sum()
    }
}

/// What has been carried after a message.
#[derive(Clone, Copy, Debug)]
struct Step {
    message: MessageId,
    /// In µs since the run began, in the time that is shown.
    at: i64,
    /// To the server, and to the page.
    ways: [SoFar; 2],
}

impl Step {
    fn both(&self) -> SoFar {
        self.ways[0].plus(self.ways[1])
    }
}

/// Where a protocol's part of the chart is.
#[derive(Clone, Copy)]
struct Panel {
    x: Scale,
    y: Scale,
}

/// The chart, laid out.
pub struct CumulativeBytes {
    scene: Scene,
    view: View,
    panels: [Panel; 2],
    steps: [Vec<Step>; 2],
}

impl CumulativeBytes {
    /// Lays the chart out.
    #[must_use]
    pub fn of(of: Recorded<'_>, view: View) -> Self {
        let view = View { width: view.width.max(NARROWEST), ..view };
        let overheads = Overheads::of(of.trace);
        let steps = Protocol::BOTH.map(|protocol| steps(of, protocol, view.along, &overheads));
        let panels = panels(&steps, view);
        let scene = Scene { width: view.width, height: view.height, items: Vec::new() };
        let mut chart = Self { scene, view, panels, steps };
        if chart.steps.iter().all(Vec::is_empty) {
            chart.scene = frame::empty(view.width, view.height, "What has been carried so far will stand here.");
            return chart;
        }
        let mut labels = Labels::default();
        for protocol in Protocol::BOTH {
            chart.panel(protocol, &mut labels);
        }
        chart
    }

    /// What a protocol has carried in all, to the server and to the page.
    #[must_use]
    pub fn totals(&self, protocol: Protocol) -> [SoFar; 2] {
        self.steps[index(protocol)].last().map_or_else(Default::default, |step| step.ways)
    }

    fn panel(&mut self, protocol: Protocol, labels: &mut Labels) {
        let Panel { x, y } = self.panels[index(protocol)];
        let ((left, right), (bottom, top)) = (x.pixels(), y.pixels());
        frame::upward(&mut self.scene, labels, y, Quantity::Bytes, (left, right));
        let axis = match self.view.along {
            Along::Messages => "messages",
            Along::Time { wall: false } => "own time",
            Along::Time { wall: true } => "wall time",
        };
        let quantity = if self.view.along == Along::Messages { Quantity::Count } else { Quantity::Time };
        frame::along(&mut self.scene, labels, x, quantity, bottom, axis);
        let named = format!("{} {}", sign(protocol), name(protocol));
        labels.put(&mut self.scene, Role::Named(protocol), Point { x: left, y: top - 22.0 }, Anchor::Start, &named);
        if self.view.split {
            let line = (Point { x: left, y: y.px(0.0) }, Point { x: right, y: y.px(0.0) });
            self.scene.line(Role::Axis, line.0, line.1);
            let at = |y: f64| Point { x: left + 4.0, y };
            labels.put(&mut self.scene, Role::Note, at(top + 11.0), Anchor::Start, "to the server ↑");
            labels.put(&mut self.scene, Role::Note, at(bottom - 5.0), Anchor::Start, "to the page ↓");
        }
        self.note(protocol, labels);
        if self.view.split {
            self.layers(protocol, labels, |step| step.ways[0], 1.0);
            self.layers(protocol, labels, |step| step.ways[1], -1.0);
        } else {
            self.layers(protocol, labels, Step::both, 1.0);
        }
    }

    /// What is not known of the overhead.
    fn note(&mut self, protocol: Protocol, labels: &mut Labels) {
        let Panel { x, y } = self.panels[index(protocol)];
        let steps = &self.steps[index(protocol)];
        let Some(last) = steps.last() else {
            let at = Point { x: x.pixels().0, y: y.pixels().1 - 8.0 };
            labels.put(&mut self.scene, Role::Note, at, Anchor::Start, "nothing counted yet");
            return;
        };
        let unknown = last.both().unknown;
        if unknown > 0 {
            let all = steps.len();
            let long = format!("overhead of {unknown} of {all} messages unknown");
            let short = format!("overhead of {unknown}/{all} unknown");
            let at = Point { x: x.pixels().0, y: y.pixels().1 - 8.0 };
            let room = x.pixels().1 - x.pixels().0;
            let note = if long.chars().count() as f64 * frame::LETTER <= room { long } else { short };
            labels.put(&mut self.scene, Role::Note, at, Anchor::Start, &note);
        }
    }

    /// Each layer on the one below it, upward or downward from 0.
    fn layers(&mut self, protocol: Protocol, labels: &mut Labels, of: impl Fn(&Step) -> SoFar, sign: f64) {
        let Panel { x, y } = self.panels[index(protocol)];
        let steps = &self.steps[index(protocol)];
        let drawn = self.drawn(protocol);
        let Some(last) = steps.last().map(&of) else { return };
        let height = |so_far: &SoFar, layers: usize| so_far.layers[..layers].iter().sum::<u64>() as f64 * sign;
        let edge = |layers: usize| {
            let mut before = 0.0;
            let mut points = vec![Point { x: x.px(0.0), y: y.px(0.0) }];
            for &place in &drawn {
                let (at, now) = (x.px(self.value(place, &steps[place])), height(&of(&steps[place]), layers));
                // In time, bytes come all at once; from message to message a straight line is easier on the eye.
                if self.view.along != Along::Messages {
                    points.push(Point { x: at, y: y.px(before) });
                }
                points.push(Point { x: at, y: y.px(now) });
                before = now;
            }
            if self.view.along != Along::Messages {
                points.push(Point { x: x.pixels().1, y: y.px(before) });
            }
            points
        };
        let edges = [0, 1, 2, 3].map(edge);
        let (mut items, end) = (Vec::new(), edges[0].last().map(|last| last.x));
        for (number, layer) in Layer::ALL.into_iter().enumerate() {
            if last.layers[number] == 0 {
                continue;
            }
            let mut points = edges[number + 1].clone();
            points.extend(edges[number].iter().rev());
            let title = format!("{}, {}: {} in all", name(protocol), layer.name(), bytes_in_words(last.layers[number]));
            let role = Role::Layer { protocol, layer };
            items.push(Item { shape: Shape::Path { points, closed: true }, role, message: None, title });
        }
        if last.unknown > 0 {
            let first = drawn.iter().position(|place| of(&steps[*place]).unknown > 0).unwrap_or(0);
            let points = edges[3]
                .iter()
                .skip(if self.view.along == Along::Messages { first } else { 1 + 2 * first })
                .copied()
                .collect();
            let title = "at least so many: not all overhead is known".to_owned();
            let role = Role::AtLeast(protocol);
            items.push(Item { shape: Shape::Path { points, closed: false }, role, message: None, title });
        }
        self.scene.items.extend(items);
        for (number, layer) in Layer::ALL.into_iter().enumerate() {
            let (low, high) = (y.px(height(&last, number)), y.px(height(&last, number + 1)));
            let words = format!("{} {}", layer.name(), bytes_in_words(last.layers[number]));
            let at = Point { x: end.unwrap_or(0.0) - 6.0, y: f64::midpoint(low, high) + 4.0 };
            let room = at.x - x.pixels().0 - words.chars().count() as f64 * frame::LETTER;
            if (low - high).abs() >= NAMED && room > 0.0 {
                labels.put(&mut self.scene, Role::LayerLabel, at, Anchor::End, &words);
            }
        }
    }

    /// The steps that are drawn: of those within a column, the last.
    fn drawn(&self, protocol: Protocol) -> Vec<usize> {
        let (x, steps) = (self.panels[index(protocol)].x, &self.steps[index(protocol)]);
        let column = |place: usize| (x.px(self.value(place, &steps[place])) / COLUMN) as i64;
        let is_last = |place: &usize| place + 1 == steps.len() || column(*place) != column(place + 1);
        (0..steps.len()).filter(is_last).collect()
    }

    /// Where a step lies on the axis to the right.
    fn value(&self, place: usize, step: &Step) -> f64 {
        match self.view.along {
            Along::Messages => (place + 1) as f64,
            Along::Time { .. } => step.at as f64,
        }
    }

    /// The protocol and the place among its messages. Those of HTTP come first.
    fn split(&self, place: usize) -> (Protocol, usize) {
        let over_http = self.steps[0].len();
        if place < over_http { (Protocol::Http, place) } else { (Protocol::WebSocket, place - over_http) }
    }
}

impl Chart for CumulativeBytes {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn plot(&self, around: Point) -> (Point, Point) {
        let corners = |panel: &Panel| {
            let (x, y) = (panel.x.pixels(), panel.y.pixels());
            (Point { x: x.0, y: y.1 }, Point { x: x.1, y: y.0 })
        };
        let inside = |(from, to): &(Point, Point)| {
            (from.x - 0.5..=to.x + 0.5).contains(&around.x) && (from.y - 0.5..=to.y + 0.5).contains(&around.y)
        };
        let panels = self.panels.each_ref().map(corners);
        panels.into_iter().find(inside).unwrap_or(panels[0])
    }

    fn count(&self) -> usize {
        self.steps[0].len() + self.steps[1].len()
    }

    fn datum(&self, of: Recorded<'_>, place: usize) -> Option<Datum> {
        let (protocol, place) = self.split(place);
        let step = self.steps[index(protocol)].get(place)?;
        let Panel { x, y } = self.panels[index(protocol)];
        let at = |bytes: f64| Point { x: x.px(self.value(place, step)), y: y.px(bytes) };
        let [up, down] = step.ways;
        let points = match self.view.split {
            true => vec![at(up.total() as f64), at(-(down.total() as f64))],
            false => vec![at(step.both().total() as f64)],
        };
        let when = match self.view.along {
            Along::Messages => String::new(),
            Along::Time { .. } => format!(" (at {})", of.told(Span(step.at))),
        };
        let number = place + 1;
        let messages = if number == 1 { "message" } else { "messages" };
        let told = match self.view.split {
            true => format!("to the server {}; to the page {}", in_words(up), in_words(down)),
            false => in_words(step.both()),
        };
        let text = format!("{} {}, after {number} {messages}{when}: {told}", sign(protocol), name(protocol));
        Some(Datum { at: points, text, message: Some(step.message) })
    }

    fn nearest(&self, _of: Recorded<'_>, at: Point) -> Option<usize> {
        let (x, y) = (self.panels[1].x.pixels(), self.panels[1].y.pixels());
        let beside = self.view.width >= WIDE;
        let in_second = if beside { at.x >= x.0 - LEFT / 2.0 } else { at.y >= y.1 - TOP };
        let wanted = usize::from(in_second);
        // An empty panel has nothing to tell.
        let which = if self.steps[wanted].is_empty() { 1 - wanted } else { wanted };
        let (x, steps) = (self.panels[which].x, &self.steps[which]);
        let value = x.value(at.x);
        let after = match self.view.along {
            Along::Messages => (value.round() as usize).saturating_sub(1),
            Along::Time { .. } => steps.partition_point(|step| (step.at as f64) <= value).saturating_sub(1),
        };
        let place = after.min(steps.len().checked_sub(1)?);
        Some(if which == 0 { place } else { self.steps[0].len() + place })
    }

    fn find(&self, of: Recorded<'_>, message: MessageId) -> Option<usize> {
        let protocol = of.trace.message(message)?.protocol;
        let place = self.steps[index(protocol)].iter().position(|step| step.message == message)?;
        Some(if protocol == Protocol::Http { place } else { self.steps[0].len() + place })
    }

    fn columns(&self) -> Vec<String> {
        let of = |protocol: Protocol| Layer::ALL.map(|layer| format!("{}: {}", name(protocol), layer.name()));
        let [http, ws] = Protocol::BOTH.map(of);
        ["Messages".to_owned()].into_iter().chain(http).chain(ws).collect()
    }

    fn rows(&self) -> usize {
        self.steps[0].len().max(self.steps[1].len())
    }

    fn row(&self, _of: Recorded<'_>, place: usize) -> Vec<String> {
        let cells = Protocol::BOTH.into_iter().flat_map(|protocol| {
            let step = self.steps[index(protocol)].get(place);
            step.map_or_else(|| [const { String::new() }; 3], |step| cells(step.both()))
        });
        [(place + 1).to_string()].into_iter().chain(cells).collect()
    }
}

/// The three layers in words. Overhead of which something is unknown is at least so much.
fn cells(so_far: SoFar) -> [String; 3] {
    let [payload, overhead, instrument] = so_far.layers.map(bytes_in_words);
    let overhead = match (so_far.unknown, so_far.layers[1]) {
        (0, _) => overhead,
        (_, 0) => "unknown".to_owned(),
        (unknown, _) => format!("≥ {overhead} ({unknown} unknown)"),
    };
    [payload, overhead, instrument]
}

fn in_words(so_far: SoFar) -> String {
    let cells = cells(so_far);
    let named = Layer::ALL.iter().zip(cells).map(|(layer, cell)| format!("{} {cell}", layer.name()));
    named.collect::<Vec<_>>().join(", ")
}

/// A protocol's messages that count, in the order in which the page sent or received them, and what they add up to.
fn steps(of: Recorded<'_>, protocol: Protocol, along: Along, overheads: &Overheads) -> Vec<Step> {
    let wall = along == Along::Time { wall: true };
    let (mut ways, mut at) = ([SoFar::default(); 2], 0);
    let ids = of.timeline.messages(protocol).iter();
    let messages = ids.filter_map(|id| of.trace.message(*id)).filter(|message| Entry::of(message).is_some());
    let steps = messages.map(|message| {
        let way = usize::from(message.direction == Direction::ToPage);
        ways[way].add(message, overheads.get(of.trace, message));
        // What the page has no time of lies where the one before does.
        if let (Some(time), true) = (message.page_time(), along != Along::Messages) {
            at = of.since_start(protocol, time, wall).0.max(at);
        }
        Step { message: message.id, at, ways }
    });
    steps.collect()
}

/// Both panels on the same scales: side by side, or one below the other.
fn panels(steps: &[Vec<Step>; 2], view: View) -> [Panel; 2] {
    let most = |height: fn(&Step) -> u64| steps.iter().filter_map(|steps| steps.last().map(height)).max().unwrap_or(0);
    let room = |bytes: u64| (bytes as f64 * 1.06).max(1.0);
    let values = match view.split {
        true => (-room(most(|step| step.ways[1].total())), room(most(|step| step.ways[0].total()))),
        false => (0.0, room(most(|step| step.both().total()))),
    };
    let reach = match view.along {
        Along::Messages => steps.iter().map(Vec::len).max().unwrap_or(1).max(1) as f64,
        Along::Time { .. } => most(|step| step.at.max(0).unsigned_abs()).max(1) as f64,
    };
    let place = |number: f64| {
        let (x, y) = if view.width >= WIDE {
            let wide = (view.width - 2.0 * LEFT - RIGHT - GAP) / 2.0;
            let left = LEFT + number * (wide + GAP + LEFT);
            ((left, left + wide), (view.height - BOTTOM, TOP))
        } else {
            let high = view.height / 2.0;
            ((LEFT, view.width - RIGHT), (high * (number + 1.0) - BOTTOM, high * number + TOP))
        };
        Panel { x: Scale::linear((0.0, reach), x), y: Scale::linear(values, y) }
    };
    [place(0.0), place(1.0)]
}
