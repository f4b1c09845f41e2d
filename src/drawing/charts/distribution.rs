//! The chart of how round trips are distributed. Above, a histogram back to back: HTTP's bars go up from the line,
//! the WebSocket's down. Below, which part of all took at most so long (the empirical distribution function). Both share
//! the axis of time, and percentiles are marked in both. The warm-up and what was taken while the tab was hidden are left
//! out, as they are from the statistics.

use super::frame::{self, BOTTOM, LEFT, Labels, NARROWEST, RIGHT};
use super::scale::{Quantity, Scale};
use super::{Chart, Datum, Recorded, index, name, sign};
use crate::analysis::{Sample, Statistics};
use crate::drawing::round_up;
use crate::drawing::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::trace::{MessageId, Protocol, Span};

/// Above the histogram, for a name and percentiles, in pixels.
const TOP: f64 = 34.0;
/// Between the histogram and what is below, in pixels.
const BETWEEN: f64 = 62.0;
/// A bar, at least, in pixels.
const BAR: f64 = 7.0;
/// For what is beyond the scale, in pixels.
const BEYOND: f64 = 12.0;
/// The range is wide where the longest takes so many times as long as the shortest.
const WIDE_RANGE: f64 = 20.0;

/// How the chart is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// Equal ratios of time take equal room.
    pub logarithmic: bool,
}

/// Samples of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bin {
    /// In µs.
    from: f64,
    /// In µs; infinite for what is beyond the scale.
    until: f64,
    /// Of each protocol.
    counts: [usize; 2],
    /// Of each protocol, how many are in this bin or before it.
    so_far: [usize; 2],
}

/// The chart, laid out.
pub struct Distribution {
    scene: Scene,
    view: View,
    x: Scale,
    /// Upward from the line, and downward.
    bars: [Scale; 2],
    parts: Scale,
    /// The samples that count, from the shortest to the longest: length, request.
    sorted: [Vec<(i64, MessageId)>; 2],
    figures: [Option<Statistics>; 2],
    /// Those in which there is something.
    bins: Vec<Bin>,
}

/// The samples are so far apart that a logarithmic axis shows more of them.
#[must_use]
pub fn is_wide(of: Recorded<'_>) -> bool {
    let all = || Protocol::BOTH.into_iter().flat_map(|protocol| of.timeline.samples(protocol));
    let took = || all().filter(|sample| sample.counts()).map(|sample| sample.took.0.max(1) as f64);
    took().fold(0.0, f64::max) >= WIDE_RANGE * took().fold(f64::INFINITY, f64::min)
}

impl Distribution {
    /// Lays the chart out.
    #[must_use]
    pub fn of(of: Recorded<'_>, view: View) -> Self {
        let view = View { width: view.width.max(NARROWEST), ..view };
        let sorted = Protocol::BOTH.map(|protocol| sorted(of.timeline.samples(protocol)));
        let figures = Protocol::BOTH.map(|protocol| {
            let counted = of.timeline.samples(protocol).iter().filter(|sample| sample.counts());
            Statistics::of(&counted.map(|sample| sample.took).collect::<Vec<_>>())
        });
        let scene = Scene { width: view.width, height: view.height, items: Vec::new() };
        let resolution = (of.trace.circumstances.resolution.0.max(1)) as f64;
        let most_samples = sorted.iter().map(Vec::len).max().unwrap_or(0);
        let count = bars_across(view.width - LEFT - RIGHT - BEYOND, most_samples);
        let x = scale_of_times(&figures, view, resolution, count);
        let bins = x.map_or_else(Vec::new, |(x, step)| bins(&sorted, x, view.logarithmic, step, count));
        let most = bins.iter().flat_map(|bin| bin.counts).max().unwrap_or(1) as f64 * 1.05;
        let (middle, reach) = middle(view.height);
        let upward = |to: f64| Scale::linear((0.0, most), (middle, to));
        let parts = Scale::linear((0.0, 1.0), (view.height - BOTTOM, middle + reach + BETWEEN));
        let known = x.is_some();
        let x = x.map(|(x, _)| x).unwrap_or_else(|| Scale::linear((0.0, 1.0), (LEFT, view.width - RIGHT)));
        let bars = [upward(middle - reach), upward(middle + reach)];
        let bins = bins.into_iter().filter(|bin| bin.counts != [0, 0]).collect();
        let mut chart = Self { scene, view, x, bars, parts, sorted, figures, bins };
        if !known {
            chart.scene = frame::empty(view.width, view.height, "How the times are distributed will stand here.");
            return chart;
        }
        chart.draw();
        chart
    }

    /// The figures that are marked.
    #[must_use]
    pub const fn figures(&self) -> &[Option<Statistics>; 2] {
        &self.figures
    }

    fn draw(&mut self) {
        let mut labels = Labels::default();
        let (left, right) = (LEFT, self.view.width - RIGHT);
        for (place, scale) in self.bars.into_iter().enumerate() {
            for tick in scale.ticks(Quantity::Count, 24.0) {
                let y = scale.px(tick.value);
                self.scene.line(Role::Grid, Point { x: left, y }, Point { x: right, y });
                // The line in the middle has one 0.
                if place == 0 || tick.value > 0.0 {
                    let at = Point { x: left - 7.0, y: y + 4.0 };
                    labels.put(&mut self.scene, Role::Tick, at, Anchor::End, &tick.label);
                }
            }
        }
        let (middle, _) = middle(self.view.height);
        self.scene.line(Role::Axis, Point { x: left, y: middle }, Point { x: right, y: middle });
        frame::upward(&mut self.scene, &mut labels, self.parts, Quantity::Share, (left, right));
        let bottom = self.view.height - BOTTOM;
        frame::along(&mut self.scene, &mut labels, self.x, Quantity::Time, bottom, "round trip");
        let top = self.parts.pixels().1 - 8.0;
        let words = "took at most so long";
        labels.put(&mut self.scene, Role::Note, Point { x: left, y: top }, Anchor::Start, words);
        for protocol in Protocol::BOTH {
            let n = self.sorted[index(protocol)].len();
            let named = format!("{} {}, n = {n}", sign(protocol), name(protocol));
            let at = Point { x: left, y: self.caption(protocol) };
            labels.put(&mut self.scene, Role::Named(protocol), at, Anchor::Start, &named);
        }
        for protocol in Protocol::BOTH {
            self.histogram(protocol, &mut labels);
            self.at_most(protocol);
        }
        for protocol in Protocol::BOTH {
            self.percentiles(protocol, &mut labels);
        }
    }

    /// The baseline of a protocol's words at its part of the histogram.
    fn caption(&self, protocol: Protocol) -> f64 {
        match protocol {
            Protocol::Http => 13.0,
            Protocol::WebSocket => self.bars[1].pixels().1 + 30.0,
        }
    }

    /// From where to where a bin goes.
    fn stretch(&self, bin: &Bin) -> (f64, f64) {
        if bin.until.is_finite() {
            return (self.x.px(bin.from), self.x.px(bin.until));
        }
        let right = self.view.width - RIGHT;
        (right - BEYOND + 3.0, right)
    }

    fn histogram(&mut self, protocol: Protocol, labels: &mut Labels) {
        let (scale, n) = (self.bars[index(protocol)], self.sorted[index(protocol)].len());
        for bin in self.bins.clone() {
            let count = bin.counts[index(protocol)];
            if count == 0 {
                continue;
            }
            let (from, until) = self.stretch(&bin);
            let (zero, tip) = (scale.px(0.0), scale.px(count as f64));
            let at = Point { x: from + 0.5, y: zero.min(tip) };
            let shape = Shape::Rect { at, width: (until - from - 1.0).max(0.8), height: (tip - zero).abs() };
            let title = format!("{}, {}: {count} of {n}", name(protocol), in_words(&bin));
            self.scene.items.push(Item { shape, role: Role::Bar(protocol), message: None, title });
            if bin.until.is_infinite() {
                let side = if protocol == Protocol::Http { -5.0 } else { 13.0 };
                let at = Point { x: until, y: tip + side };
                labels.put(&mut self.scene, Role::Tick, at, Anchor::End, &format!("{count} beyond"));
            }
        }
    }

    /// The line of which part took at most so long: it rises at each sample; samples within a pixel rise at once.
    fn at_most(&mut self, protocol: Protocol) {
        let sorted = &self.sorted[index(protocol)];
        let n = sorted.len() as f64;
        let mut points = vec![Point { x: self.x.pixels().0, y: self.parts.px(0.0) }];
        let mut before = self.parts.px(0.0);
        let mut place = 0;
        while place < sorted.len() {
            let (took, _) = sorted[place];
            if took as f64 > self.x.values().1 {
                break;
            }
            let x = self.x.px(took as f64);
            let until = self.x.value(x + 1.0).max(took as f64);
            place += sorted[place..].partition_point(|(next, _)| *next as f64 <= until.min(self.x.values().1)).max(1);
            let y = self.parts.px(place as f64 / n);
            points.extend([Point { x, y: before }, Point { x, y }]);
            before = y;
        }
        if n > 0.0 {
            points.push(Point { x: self.x.pixels().1, y: before });
            self.scene.add(Role::Cumulative(protocol), Shape::Path { points, closed: false });
        }
    }

    fn percentiles(&mut self, protocol: Protocol, labels: &mut Labels) {
        let Some(figures) = self.figures[index(protocol)] else { return };
        let bars = self.bars[index(protocol)].pixels();
        for (called, part, value) in
            [("p50", 0.50, figures.median), ("p95", 0.95, figures.p95), ("p99", 0.99, figures.p99)]
        {
            if !self.x.holds(value.0 as f64) {
                continue;
            }
            let x = self.x.px(value.0 as f64);
            let title = format!("{}, {called}: {value}", name(protocol));
            let mut mark = |shape| {
                let role = Role::Percentile(protocol);
                self.scene.items.push(Item { shape, role, message: None, title: title.clone() });
            };
            mark(Shape::Line { from: Point { x, y: bars.0 }, to: Point { x, y: bars.1 } });
            mark(Shape::Dot { at: Point { x, y: self.parts.px(part) }, radius: 3.0 });
            let y = match protocol {
                Protocol::Http => 27.0,
                Protocol::WebSocket => bars.1 + 14.0,
            };
            let role = Role::PercentileLabel(protocol);
            let long = format!("{called} {value}");
            let room = labels.put_within(&mut self.scene, role, Point { x, y }, &long);
            if !room {
                labels.put_within(&mut self.scene, role, Point { x, y }, called);
            }
        }
    }

    /// The bin of a length of time.
    fn bin_of(&self, took: f64) -> Option<usize> {
        let place = self.bins.partition_point(|bin| bin.until <= took);
        (!self.bins.is_empty()).then(|| place.min(self.bins.len() - 1))
    }

    fn sample(&self, of: Recorded<'_>, message: MessageId) -> Option<(Protocol, i64)> {
        let wanted = of.trace.message(message)?;
        let request = wanted.answers.unwrap_or(message);
        let its = &self.sorted[index(wanted.protocol)];
        its.iter().find(|(_, id)| *id == request).map(|(took, _)| (wanted.protocol, *took))
    }
}

impl Chart for Distribution {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn plot(&self, _around: Point) -> (Point, Point) {
        let (left, right) = (LEFT, self.view.width - RIGHT);
        (Point { x: left, y: self.bars[0].pixels().1 }, Point { x: right, y: self.view.height - BOTTOM })
    }

    fn count(&self) -> usize {
        self.bins.len()
    }

    fn datum(&self, _of: Recorded<'_>, place: usize) -> Option<Datum> {
        let bin = self.bins.get(place)?;
        let (from, until) = self.stretch(bin);
        let x = f64::midpoint(from, until);
        let with = || Protocol::BOTH.into_iter().filter(|protocol| !self.sorted[index(*protocol)].is_empty());
        let at =
            with().map(|protocol| Point { x, y: self.bars[index(protocol)].px(bin.counts[index(protocol)] as f64) });
        let told = with().map(|protocol| {
            let (n, so_far) = (self.sorted[index(protocol)].len(), bin.so_far[index(protocol)]);
            let count = bin.counts[index(protocol)];
            format!("{} {} {count} of {n} ({} so far)", sign(protocol), name(protocol), percent(so_far, n))
        });
        let text = format!("{}: {}", in_words(bin), told.collect::<Vec<_>>().join("; "));
        // The longest of those that are most.
        let which = usize::from(bin.counts[1] > bin.counts[0]);
        let message = bin.so_far[which].checked_sub(1).and_then(|last| self.sorted[which].get(last));
        Some(Datum { at: at.collect(), text, message: message.map(|(_, id)| *id) })
    }

    fn nearest(&self, _of: Recorded<'_>, at: Point) -> Option<usize> {
        let distance = |place: &usize| {
            let (from, until) = self.stretch(&self.bins[*place]);
            (from - at.x).max(at.x - until).max(0.0)
        };
        (0..self.bins.len()).min_by(|one, other| distance(one).total_cmp(&distance(other)))
    }

    fn find(&self, of: Recorded<'_>, message: MessageId) -> Option<usize> {
        self.bin_of(self.sample(of, message)?.1 as f64)
    }

    fn mark(&self, of: Recorded<'_>, message: MessageId) -> Vec<Point> {
        let Some((protocol, took)) = self.sample(of, message) else { return Vec::new() };
        let its = &self.sorted[index(protocol)];
        let part = its.partition_point(|(other, _)| *other <= took) as f64 / its.len() as f64;
        let x = self.x.px(took as f64);
        vec![Point { x, y: self.bars[index(protocol)].px(0.0) }, Point { x, y: self.parts.px(part) }]
    }

    fn columns(&self) -> Vec<String> {
        let words = ["Took", "HTTP", "at most so long", "WebSocket", "at most so long"];
        words.map(str::to_owned).into()
    }

    fn rows(&self) -> usize {
        self.bins.len()
    }

    fn row(&self, _of: Recorded<'_>, place: usize) -> Vec<String> {
        let Some(bin) = self.bins.get(place) else { return Vec::new() };
        let cells = Protocol::BOTH.into_iter().flat_map(|protocol| {
            let n = self.sorted[index(protocol)].len();
            [bin.counts[index(protocol)].to_string(), percent(bin.so_far[index(protocol)], n)]
        });
        [in_words(bin)].into_iter().chain(cells).collect()
    }
}

fn percent(count: usize, n: usize) -> String {
    if n == 0 { "—".to_owned() } else { format!("{} %", (count as f64 / n as f64 * 1000.0).floor() / 10.0) }
}

/// From where to where a bin goes, in words.
fn in_words(bin: &Bin) -> String {
    let span = |micros: f64| Span(micros.round() as i64);
    if bin.until.is_infinite() {
        return format!("more than {}", span(bin.from));
    }
    format!("{} to {}", span(bin.from), span(bin.until))
}

/// Where the line between the protocols' bars is, and how far bars go from it.
fn middle(height: f64) -> (f64, f64) {
    let room = height - TOP - BETWEEN - BOTTOM;
    let reach = room * 0.32;
    (TOP + reach, reach)
}

fn sorted(samples: &[Sample]) -> Vec<(i64, MessageId)> {
    let counted = samples.iter().filter(|sample| sample.counts());
    let mut sorted: Vec<(i64, MessageId)> = counted.map(|sample| (sample.took.0, sample.request)).collect();
    sorted.sort_unstable();
    sorted
}

/// A linear axis reaches a little beyond the p99 of the slower protocol, and begins at 0 unless all are far from it; a
/// logarithmic one reaches from the shortest to the longest. With it comes the width of a bar, in µs; of a logarithmic
/// one, the least.
fn scale_of_times(figures: &[Option<Statistics>; 2], view: View, resolution: f64, count: f64) -> Option<(Scale, f64)> {
    let known = || figures.iter().flatten();
    let least = known().map(|figures| figures.least.0).min()? as f64;
    let most = known().map(|figures| figures.most.0).max()? as f64;
    let pixels = (LEFT, view.width - RIGHT - BEYOND);
    if view.logarithmic {
        let from = least.max(resolution).max(1.0);
        return Some((Scale::logarithmic((from * 0.9, (most * 1.1).max(from * 2.0)), pixels), resolution));
    }
    let p99 = known().map(|figures| figures.p99.0).max()? as f64;
    let to = (p99 + (p99 - least) * 0.1).max(least + 4.0 * resolution);
    let from = if least > (to - least) * 2.0 { (least - (to - least) * 0.1).max(0.0) } else { 0.0 };
    let step = round_up(((to - from) / count).max(resolution));
    let to = ((to / step).ceil() * step).max(step);
    Some((Scale::linear(((from / step).floor() * step, to), pixels), step))
}

/// About how many bars show so many samples: fewer for few, so that a bar stands for several.
fn bars_across(room: f64, samples: usize) -> f64 {
    (2.0 * (samples as f64).sqrt()).min(room / BAR).max(4.0)
}

/// Bins of about as many pixels each, none narrower than the clock's resolution: there it would be empty by itself.
fn bins(sorted: &[Vec<(i64, MessageId)>; 2], x: Scale, logarithmic: bool, step: f64, count: f64) -> Vec<Bin> {
    let (from, to) = x.values();
    let mut edges = Vec::new();
    if logarithmic {
        let ratio = (to / from).powf(1.0 / count);
        let mut edge = from;
        while edge < to {
            edges.push(edge);
            edge = (edge * ratio).max(edge + step);
        }
        edges.push(to);
    } else {
        let whole = ((to - from) / step).round() as u32;
        edges.extend((0..=whole).map(|number| from + f64::from(number) * step));
    }
    let (mut bins, mut so_far) = (Vec::new(), [0, 0]);
    let ends = edges.iter().skip(1).copied().chain([f64::INFINITY]);
    let last = edges.len() - 1;
    for (place, (from, until)) in edges.iter().copied().zip(ends).enumerate() {
        // What took no time that the clock can tell is in the first bin, whatever that begins with.
        let below = |protocol: usize| sorted[protocol].partition_point(|(took, _)| (*took as f64) < until);
        let now = [below(0), below(1)];
        let counts = [now[0] - so_far[0], now[1] - so_far[1]];
        so_far = now;
        if place < last || counts != [0, 0] {
            bins.push(Bin { from, until, counts, so_far });
        }
    }
    bins
}
