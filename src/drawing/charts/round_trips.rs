//! The chart of each exchange's time: turns (or time) to the right, round trip upward, both protocols in one picture,
//! with what happened meanwhile in a lane above the plot. Where there are more exchanges than columns of pixels, each
//! column shows the least, the greatest and the median of its exchanges.

use std::sync::OnceLock;

use super::event::{Event, Happened, events};
use super::frame::{self, BOTTOM, LEFT, Labels, NARROWEST, RIGHT};
use super::scale::{Quantity, Scale};
use super::{Chart, Datum, Recorded, name, sign};
use crate::analysis::{Sample, percentile_of};
use crate::drawing::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::trace::{MessageId, Protocol, Span, Time};

/// Above the plot, for two lanes of events, in pixels.
const TOP: f64 = 42.0;
/// A lane of events, in pixels.
const LANE: f64 = 14.0;
/// A sample has its own sign while there is this much room for it, in pixels.
const LEAST_PITCH: f64 = 2.5;
/// A column of many samples, in pixels.
const COLUMN: f64 = 2.0;
/// How far beside the pointer is looked for what is nearest, in pixels.
const REACH: f64 = 24.0;

/// What the axis to the right counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Turns: so many were asked for. The axis reaches so far from the start, so that nothing moves while a run goes on.
    Turns(u32),
    /// When the exchange began: by the wall clock, or in each protocol's own time.
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
    /// Equal ratios of time take equal room.
    pub logarithmic: bool,
}

/// The chart, laid out.
pub struct RoundTrips {
    scene: Scene,
    view: View,
    x: Scale,
    y: Scale,
    /// All samples from left to right, by protocol and place, once somebody reads them out.
    order: OnceLock<Vec<(Protocol, u32)>>,
    /// How many samples each protocol had.
    counts: [usize; 2],
}

impl RoundTrips {
    /// Lays the chart out.
    #[must_use]
    pub fn of(of: Recorded<'_>, view: View) -> Self {
        let view = View { width: view.width.max(NARROWEST), ..view };
        let samples = Protocol::BOTH.map(|protocol| of.timeline.samples(protocol));
        let pixels = (view.height - BOTTOM, TOP);
        let x = Scale::linear(reach(of, view.along), (LEFT, view.width - RIGHT));
        let y = scale_of_times(of, view.logarithmic, pixels);
        let mut chart = Self {
            scene: Scene { width: view.width, height: view.height, items: Vec::new() },
            view,
            x,
            y: y.unwrap_or_else(|| Scale::linear((0.0, 1.0), pixels)),
            order: OnceLock::new(),
            counts: samples.map(<[Sample]>::len),
        };
        if y.is_none() {
            chart.scene = frame::empty(view.width, view.height, "Each exchange’s time will stand here.");
            return chart;
        }
        chart.axes();
        chart.events(of);
        for protocol in Protocol::BOTH {
            if chart.pitch() >= LEAST_PITCH {
                chart.dots(of, protocol);
            } else {
                chart.columns_of(of, protocol);
            }
        }
        chart
    }

    /// Both protocols' samples by where they lie. Each protocol's are in order nearly always, which a stable sort makes
    /// use of.
    fn order(&self, of: Recorded<'_>) -> &[(Protocol, u32)] {
        self.order.get_or_init(|| {
            let mut order = Vec::with_capacity(self.count());
            for (protocol, count) in Protocol::BOTH.into_iter().zip(self.counts) {
                let samples = (0u32..).zip(of.timeline.samples(protocol)).take(count);
                order.extend(samples.map(|(place, sample)| (self.value(of, protocol, sample) as i64, protocol, place)));
            }
            order.sort_by_key(|(value, protocol, _)| (*value, *protocol));
            order.into_iter().map(|(_, protocol, place)| (protocol, place)).collect()
        })
    }

    /// Pixels from sample to sample.
    fn pitch(&self) -> f64 {
        let room = self.view.width - LEFT - RIGHT;
        match self.view.along {
            Along::Turns(turns) => room / (f64::from(turns) + 1.0),
            // Some are close to one another, others are not.
            Along::Time { .. } => room / (self.counts[0].max(self.counts[1]).max(1) as f64),
        }
    }

    /// Where a sample lies on the axis to the right: its turn, or when it began.
    fn value(&self, of: Recorded<'_>, protocol: Protocol, sample: &Sample) -> f64 {
        match self.view.along {
            Along::Turns(_) => f64::from(sample.turn),
            Along::Time { wall } => of.since_start(protocol, sample.began, wall).0 as f64,
        }
    }

    fn point(&self, of: Recorded<'_>, protocol: Protocol, sample: &Sample) -> Point {
        Point { x: self.x.px(self.value(of, protocol, sample)), y: self.y.px(sample.took.0 as f64) }
    }

    fn sample<'a>(&self, of: Recorded<'a>, place: usize) -> Option<(Protocol, &'a Sample)> {
        let &(protocol, place) = self.order(of).get(place)?;
        Some((protocol, of.timeline.samples(protocol).get(place as usize)?))
    }

    fn axes(&mut self) {
        let mut labels = Labels::default();
        let (scene, right) = (&mut self.scene, self.view.width - RIGHT);
        frame::upward(scene, &mut labels, self.y, Quantity::Time, (LEFT, right));
        let bottom = self.view.height - BOTTOM;
        match self.view.along {
            Along::Time { wall } => {
                let axis = if wall { "began, by the wall clock" } else { "began, in each protocol’s own time" };
                frame::along(scene, &mut labels, self.x, Quantity::Time, bottom, axis);
            }
            Along::Turns(turns) => {
                scene.line(Role::Axis, Point { x: LEFT, y: bottom }, Point { x: right, y: bottom });
                let warm_up = (right - LEFT) / (f64::from(turns) + 1.0) >= 24.0;
                let y = bottom + 16.0;
                if warm_up {
                    labels.put(scene, Role::Tick, Point { x: self.x.px(0.0), y }, Anchor::Middle, "w");
                }
                for tick in self.x.ticks(Quantity::Count, 48.0).into_iter().filter(|tick| tick.value >= 1.0) {
                    labels.put_within(scene, Role::Tick, Point { x: self.x.px(tick.value), y }, &tick.label);
                }
                let axis = if warm_up { "turn (w: warm-up)" } else { "turn" };
                labels.put(scene, Role::Tick, Point { x: right, y: bottom + 31.0 }, Anchor::End, axis);
            }
        }
        labels.put(scene, Role::Tick, Point { x: 4.0, y: bottom + 31.0 }, Anchor::Start, "↑ round trip");
        for protocol in Protocol::BOTH {
            let at = Point { x: LEFT - 7.0, y: lane(protocol) + 4.0 };
            let short = match protocol {
                Protocol::Http => "HTTP",
                Protocol::WebSocket => "WS",
            };
            self.scene.text(Role::Named(protocol), at, Anchor::End, format!("{} {short}", sign(protocol)));
        }
    }

    /// What happened meanwhile, each protocol's events in its lane; several in one column are one mark.
    fn events(&mut self, of: Recorded<'_>) {
        for protocol in Protocol::BOTH {
            let mut last: Option<(Event, f64)> = None;
            let all: Vec<(Happened, f64, f64)> = events(of, protocol)
                .into_iter()
                .map(|event| {
                    let at = |time: Time| self.x.px(self.value_at(of, protocol, time));
                    let (from, until) = (at(event.from), at(event.until));
                    (event, from, until)
                })
                .collect();
            let column = |one: &(Happened, f64, f64), next: &(Happened, f64, f64)| {
                one.0.what == next.0.what && (next.1 / COLUMN) as i64 == (one.1 / COLUMN) as i64
            };
            for group in all.chunk_by(column) {
                let (event, from, _) = &group[0];
                let until = group.iter().map(|(.., until)| *until).fold(*from, f64::max);
                let more = if event.more.is_empty() { String::new() } else { format!(": {}", event.more) };
                let title = format!("{}, {}{more}", name(protocol), event.what.told(group.len()));
                // A mark does not grow into the one before.
                let near = last.is_some_and(|(what, x)| what == event.what && from - x < COLUMN);
                last = Some((event.what, *from));
                if !near {
                    self.mark_event(protocol, event.what, (*from, until), title);
                }
            }
        }
    }

    fn mark_event(&mut self, protocol: Protocol, what: Event, (from, until): (f64, f64), title: String) {
        let y = lane(protocol);
        let shape = match what {
            Event::Opened => Shape::Line { from: Point { x: from, y: y - 4.0 }, to: Point { x: from, y: y + 4.0 } },
            Event::Retried => upward_triangle(Point { x: from, y }, 3.5),
            Event::Hidden => {
                let width = (until - from).max(3.0).min(self.view.width - from);
                Shape::Rect { at: Point { x: from, y: y - 5.0 }, width, height: 10.0 }
            }
            Event::Part => {
                Shape::Line { from: Point { x: from, y: y - 6.0 }, to: Point { x: from, y: self.y.px(0.0) } }
            }
        };
        self.scene.items.push(Item { shape, role: Role::Event { protocol, what }, message: None, title });
    }

    /// Where a point of time lies on the axis to the right: at the turn that was under way then, or the next one.
    fn value_at(&self, of: Recorded<'_>, protocol: Protocol, at: Time) -> f64 {
        match self.view.along {
            Along::Time { wall } => of.since_start(protocol, at, wall).0 as f64,
            Along::Turns(_) => {
                let samples = of.timeline.samples(protocol);
                let place = samples.partition_point(|sample| sample.began + sample.took < at);
                samples.get(place).or(samples.last()).map_or(0.0, |sample| f64::from(sample.turn))
            }
        }
    }

    fn dots(&mut self, of: Recorded<'_>, protocol: Protocol) {
        let radius = (self.pitch() / 3.0).clamp(1.5, 4.5);
        for sample in of.timeline.samples(protocol) {
            let role = Role::Sample { protocol, left_out: !sample.counts() };
            let at = self.point(of, protocol, sample);
            let beyond = !self.y.holds(sample.took.0 as f64) && sample.took.0 as f64 > self.y.values().1;
            let shape = if beyond { upward_triangle(at, radius) } else { Shape::Dot { at, radius } };
            let title = title(of, protocol, sample);
            self.scene.items.push(Item { shape, role, message: Some(sample.request), title });
        }
    }

    /// One stroke for each column of pixels from the least to the greatest, and the medians as a line. What lies beyond
    /// the scale is marked at the upper edge.
    fn columns_of(&mut self, of: Recorded<'_>, protocol: Protocol) {
        let samples = of.timeline.samples(protocol);
        let column = |sample: &Sample| (self.x.px(self.value(of, protocol, sample)) / COLUMN) as u32;
        let mut all: Vec<(u32, &Sample)> = samples.iter().map(|sample| (column(sample), sample)).collect();
        // In order nearly always, which a stable sort makes use of.
        all.sort_by_key(|(column, _)| *column);
        let (mut medians, mut items, mut beyond, mut counted) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::<Span>::new());
        for group in all.chunk_by(|one, next| one.0 == next.0) {
            counted.clear();
            counted.extend(group.iter().map(|(_, sample)| sample).filter(|sample| sample.counts()).map(|it| it.took));
            let least_and_most = counted.iter().copied().min().zip(counted.iter().copied().max());
            let Some(((least, most), median)) = least_and_most.zip(percentile_of(&mut counted, 50)) else { continue };
            let x = f64::from(group[0].0) * COLUMN + COLUMN / 2.0;
            let x = x.clamp(LEFT, self.view.width - RIGHT);
            let y = |took: Span| self.y.px(took.0 as f64);
            let (from, to) = (Point { x, y: y(most) }, Point { x, y: y(least) });
            let item = |shape, role| Item { shape, role, message: None, title: String::new() };
            items.push(item(Shape::Line { from, to }, Role::Spread(protocol)));
            if most.0 as f64 > self.y.values().1 {
                beyond.push(item(upward_triangle(from, 2.5), Role::Beyond(protocol)));
            }
            medians.push(Point { x, y: y(median) });
        }
        self.scene.items.extend(items);
        self.scene.items.extend(beyond);
        self.scene.add(Role::Median(protocol), Shape::Path { points: medians, closed: false });
    }
}

impl Chart for RoundTrips {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn plot(&self, _around: Point) -> (Point, Point) {
        (Point { x: LEFT, y: TOP }, Point { x: self.view.width - RIGHT, y: self.view.height - BOTTOM })
    }

    fn count(&self) -> usize {
        self.counts.iter().sum()
    }

    fn datum(&self, of: Recorded<'_>, place: usize) -> Option<Datum> {
        let (protocol, sample) = self.sample(of, place)?;
        let at = vec![self.point(of, protocol, sample)];
        Some(Datum { at, text: title(of, protocol, sample), message: Some(sample.request) })
    }

    fn nearest(&self, of: Recorded<'_>, at: Point) -> Option<usize> {
        let x = |place: &(Protocol, u32)| {
            let sample = of.timeline.samples(place.0).get(place.1 as usize);
            sample.map_or(0.0, |sample| self.x.px(self.value(of, place.0, sample)))
        };
        let order = self.order(of);
        let first = order.partition_point(|place| x(place) < at.x - REACH);
        let end = order.partition_point(|place| x(place) <= at.x + REACH);
        let distance = |place: &usize| {
            let (protocol, sample) = self.sample(of, *place)?;
            let there = self.point(of, protocol, sample);
            // What lies below the pointer is meant, rather than what lies beside it.
            Some((3.0 * (there.x - at.x)).hypot(there.y - at.y))
        };
        let near = (first..end).filter_map(|place| Some((place, distance(&place)?)));
        let near = near.min_by(|one, other| one.1.total_cmp(&other.1));
        let beside = || [first.checked_sub(1), Some(end)].into_iter().flatten().filter(|place| *place < order.len());
        let beside = || {
            beside().min_by(|one, other| (x(&order[*one]) - at.x).abs().total_cmp(&(x(&order[*other]) - at.x).abs()))
        };
        near.map(|(place, _)| place).or_else(beside)
    }

    fn find(&self, of: Recorded<'_>, message: MessageId) -> Option<usize> {
        let wanted = of.trace.message(message)?;
        let request = wanted.answers.unwrap_or(message);
        let protocol = wanted.protocol;
        let is_it = |sample: &Sample| sample.reply == message || sample.request == request;
        self.order(of).iter().position(|(of_it, place)| {
            *of_it == protocol && of.timeline.samples(protocol).get(*place as usize).is_some_and(is_it)
        })
    }

    fn columns(&self) -> Vec<String> {
        let first = if matches!(self.view.along, Along::Turns(_)) { "Turn" } else { "Exchange" };
        [first, "HTTP", "WebSocket"].map(str::to_owned).into()
    }

    fn rows(&self) -> usize {
        self.counts[0].max(self.counts[1])
    }

    fn row(&self, of: Recorded<'_>, place: usize) -> Vec<String> {
        let samples = Protocol::BOTH.map(|protocol| of.timeline.samples(protocol).get(place));
        let first = match samples.iter().flatten().next() {
            _ if !matches!(self.view.along, Along::Turns(_)) => (place + 1).to_string(),
            Some(sample) if sample.warm_up => "warm-up".to_owned(),
            Some(sample) => sample.turn.to_string(),
            None => String::new(),
        };
        let [http, ws] = samples.map(|sample| sample.map_or_else(|| "—".to_owned(), |sample| of.told(sample.took)));
        vec![first, http, ws]
    }
}

/// The middle of a protocol's lane of events.
const fn lane(protocol: Protocol) -> f64 {
    match protocol {
        Protocol::Http => 4.0 + LANE / 2.0,
        Protocol::WebSocket => 4.0 + LANE * 1.5,
    }
}

/// From where to where the axis to the right goes.
fn reach(of: Recorded<'_>, along: Along) -> (f64, f64) {
    match along {
        Along::Turns(turns) => (-0.5, f64::from(turns) + 0.5),
        Along::Time { wall } => {
            let ends = Protocol::BOTH.into_iter().flat_map(|protocol| {
                let samples = of.timeline.samples(protocol);
                samples.iter().map(move |sample| of.since_start(protocol, sample.began, wall).0)
            });
            (0.0, ends.max().unwrap_or(1).max(1) as f64 * 1.02)
        }
    }
}

/// A linear axis reaches a little beyond the p95 of the slower protocol, so that a single slow exchange does not press
/// all others flat; what lies above is drawn at the upper edge and says its value. On a logarithmic one there is room for
/// all.
fn scale_of_times(of: Recorded<'_>, logarithmic: bool, pixels: (f64, f64)) -> Option<Scale> {
    let p95s = Protocol::BOTH.map(|protocol| {
        let samples = of.timeline.samples(protocol);
        let mut counted: Vec<Span> =
            samples.iter().filter(|sample| sample.counts()).map(|sample| sample.took).collect();
        let all = || samples.iter().map(|sample| sample.took).collect::<Vec<_>>();
        percentile_of(&mut counted, 95).or_else(|| percentile_of(&mut all(), 95))
    });
    let p95 = p95s.into_iter().flatten().max()?;
    if !logarithmic {
        return Some(Scale::linear((0.0, (p95.0 as f64 * 1.25).max(10.0)), pixels));
    }
    let all =
        || Protocol::BOTH.into_iter().flat_map(|protocol| of.timeline.samples(protocol)).map(|sample| sample.took.0);
    let (least, most) = (all().min()?.max(1) as f64, all().max()?.max(1) as f64);
    Some(Scale::logarithmic((least * 0.8, (most * 1.25).max(least * 2.0)), pixels))
}

fn title(of: Recorded<'_>, protocol: Protocol, sample: &Sample) -> String {
    let number = if sample.warm_up { "warm-up".to_owned() } else { format!("turn {}", sample.turn) };
    let client = of.trace.message(sample.request).map_or(0, |message| message.client);
    let number = if client == 0 { number } else { format!("client {}, {number}", client + 1) };
    let left_out = if sample.hidden { ", not counted: the tab was hidden" } else { "" };
    format!("{} {}, {number}: {}{left_out}", sign(protocol), name(protocol), of.told(sample.took))
}

/// A triangle that points to where the value lies.
fn upward_triangle(at: Point, radius: f64) -> Shape {
    let y = at.y + radius;
    let points =
        vec![Point { x: at.x, y: at.y - radius }, Point { x: at.x + radius, y }, Point { x: at.x - radius, y }];
    Shape::Path { points, closed: true }
}
