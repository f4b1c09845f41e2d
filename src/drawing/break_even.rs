//! The chart of claim C16: what a session has cost, in bytes or in waiting, against its messages or minutes, one line
//! for each way to talk, and a dot where one line falls below another.
//!
//! Lines are told apart by colour (HTTP's or WebSocket's), by dash, and by a label at their end; labels are pushed
//! apart. A line that would press all others flat leaves at the upper edge.

use super::axis::round_up;
use super::charts::scale::{Quantity, Scale, short};
use super::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::analysis::break_even::{BreakEven, Crossing, Line, Measure, Way};
use crate::analysis::bytes_in_words;
use crate::trace::Span;

/// Left of the plot, for the ticks' words, in pixels.
const LEFT: f64 = 66.0;
/// Above the plot, for the name of what is added up, in pixels.
const TOP: f64 = 26.0;
/// Below the plot, for the ticks' words and the name of the axis, in pixels.
const BOTTOM: f64 = 38.0;
/// From the plot to the labels of lines, for what leads there, in pixels.
const LEADER: f64 = 16.0;
/// From this width on labels are written out, with totals, in pixels.
const WIDE: f64 = 560.0;
/// The width of a letter, at most in the mean and with what is set bold, in pixels: no font is measured.
const LETTER: f64 = 7.2;
/// From one line of text to the next, in pixels.
const LEADING: f64 = 14.0;
/// A line that comes to more than so many times the next dearest leaves at the upper edge.
const PRESSED: f64 = 5.0;
const GIB: f64 = 1_073_741_824.0;

/// What the axis to the right counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Messages.
    Messages,
    /// Time of the session.
    Minutes,
}

/// How the chart is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In pixels; 280 or more.
    pub width: f64,
    /// In pixels; 180 or more.
    pub height: f64,
    /// What is added up.
    pub measure: Measure,
    /// What the axis to the right counts.
    pub along: Along,
    /// How many messages the axis reaches to; at least 1.
    pub until: f64,
    /// The way to be drawn stronger.
    pub advised: Option<Way>,
}

/// Lays the chart out. A way without a line is not drawn; why it has none is to be said beside the chart.
#[must_use]
pub fn lines(even: &BreakEven, view: View) -> Scene {
    let mut scene = Scene { width: view.width, height: view.height, items: Vec::new() };
    let known = known_lines(even, view);
    if known.is_empty() {
        let middle = Point { x: view.width / 2.0, y: view.height / 2.0 };
        scene.text(Role::Note, middle, Anchor::Middle, "No way has known costs here.");
        return scene;
    }
    let plot = Plot::of(&known, view);
    plot.axes(&mut scene, even.situation.per_hour);
    let ends: Vec<Point> = known.iter().map(|(way, line)| plot.line(&mut scene, *way, line)).collect();
    plot.crossings(&mut scene, even, &known);
    plot.labels(&mut scene, &known, &ends);
    scene
}

/// The ways whose costs are known, with their lines.
fn known_lines(even: &BreakEven, view: View) -> Vec<(Way, Line)> {
    even.outlooks.iter().filter_map(|outlook| Some((outlook.way, outlook.line(view.measure).ok()?))).collect()
}

/// After how many messages a place of the chart lies, in pixels from the left: a whole number, from 1 to the last.
#[must_use]
pub fn messages_at(even: &BreakEven, view: View, x: f64) -> f64 {
    let plot = Plot::of(&known_lines(even, view), view);
    let share = ((x - LEFT) / (plot.right - LEFT)).clamp(0.0, 1.0);
    (share * plot.view.until).round().clamp(1.0, plot.view.until)
}

/// What lies over the chart where it is read out after so many messages, and what it says there; `None` where no way has
/// known costs.
#[must_use]
pub fn read_out(even: &BreakEven, view: View, messages: f64) -> Option<(Scene, String)> {
    let known = known_lines(even, view);
    if known.is_empty() {
        return None;
    }
    let plot = Plot::of(&known, view);
    let messages = messages.clamp(1.0, plot.view.until);
    let mut scene = Scene { width: view.width, height: view.height, items: Vec::new() };
    let x = plot.x(messages);
    scene.line(Role::Crosshair, Point { x, y: TOP }, Point { x, y: plot.bottom() });
    let mut told = Vec::new();
    for (way, line) in &known {
        let value = after(line, messages);
        // What has left at the upper edge is said, and has no place.
        if value <= plot.most {
            scene.add(Role::Reading, Shape::Dot { at: Point { x, y: plot.y(value) }, radius: 3.5 });
        }
        told.push(format!("{} {}", name(*way, true), amount(view.measure, value)));
    }
    let count = if messages == 1.0 {
        "1 message".to_owned()
    } else {
        format!("{} messages", (messages * 100.0).round() / 100.0)
    };
    Some((scene, format!("After {count}: {}", told.join(", "))))
}

/// How many messages to show so that the crossings of the session's lines are well in view: twice as many as the last
/// of them takes, and ten at least. `None` where they are in view with the whole session, or there are none.
#[must_use]
pub fn near_crossings(even: &BreakEven, measure: Measure) -> Option<f64> {
    let session = even.situation.messages().as_f64();
    let pairs = Way::ALL.into_iter().flat_map(|way| Way::ALL.map(|than| (way, than)));
    let last = pairs
        .filter_map(|(way, than)| match even.crossing(measure, way, than) {
            Ok(Crossing::From(message)) if f64::from(message) <= session => Some(message),
            _ => None,
        })
        .max()?;
    let until = (2.0 * f64::from(last)).max(10.0);
    (until < session / 2.0).then_some(until)
}

/// What a way is called at the end of its line.
const fn name(way: Way, wide: bool) -> &'static str {
    match (way, wide) {
        (Way::KeepAlive, _) => "keep-alive",
        (Way::Close, _) => "close",
        (Way::ShortPolling, true) => "short polling",
        (Way::ShortPolling, false) => "short poll",
        (Way::ServerSentEvents, true) => "server-sent events",
        (Way::ServerSentEvents, false) => "SSE",
        (Way::LongPolling, true) => "long polling",
        (Way::LongPolling, false) => "long poll",
        (Way::WebSocket, _) => "WebSocket",
    }
}

struct Plot {
    view: View,
    /// The value at the upper edge; more than 0.
    most: f64,
    /// The right edge, in pixels.
    right: f64,
}

/// What a line has come to after so many messages: nothing after none, and straight from the first on.
fn after(line: &Line, messages: f64) -> f64 {
    let (opening, each) = (line.opening.as_f64(), line.per_message.as_f64());
    if messages < 1.0 { (opening + each) * messages } else { opening + each * messages }
}

impl Plot {
    fn of(known: &[(Way, Line)], view: View) -> Self {
        let view = View { until: view.until.max(1.0), ..view };
        let mut totals: Vec<f64> = known.iter().map(|(_, line)| after(line, view.until)).collect();
        totals.sort_by(|a, b| b.total_cmp(a));
        // Two lines are always seen whole: how far they are apart is what they tell.
        while let [most, next, _, ..] = totals[..] {
            if next <= 0.0 || most <= PRESSED * next {
                break;
            }
            totals.remove(0);
        }
        let most = totals.first().copied().filter(|most| *most > 0.0).unwrap_or(1.0);
        let mut plot = Self { view, most: most * 1.04, right: 0.0 };
        let letters = known.iter().map(|(way, line)| plot.label(*way, line).chars().count()).max().unwrap_or(0);
        plot.right = view.width - LEADER - letters as f64 * LETTER - 2.0;
        plot
    }

    fn bottom(&self) -> f64 {
        self.view.height - BOTTOM
    }

    fn x(&self, messages: f64) -> f64 {
        LEFT + (messages / self.view.until).clamp(0.0, 1.0) * (self.right - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom() - (value / self.most).clamp(0.0, 1.0) * (self.bottom() - TOP)
    }

    fn axes(&self, scene: &mut Scene, per_hour: u32) {
        let quantity = match self.view.measure {
            Measure::Bytes => Quantity::Bytes,
            Measure::Time => Quantity::Time,
        };
        for tick in Scale::linear((0.0, self.most), (self.bottom(), TOP)).ticks(quantity, 44.0) {
            let y = self.y(tick.value);
            scene.line(Role::Grid, Point { x: LEFT, y }, Point { x: self.right, y });
            scene.text(Role::Tick, Point { x: LEFT - 6.0, y: y + 4.0 }, Anchor::End, tick.label);
        }
        let added_up = match self.view.measure {
            Measure::Bytes => "bytes, both ways",
            Measure::Time => "time spent waiting",
        };
        scene.text(Role::Tick, Point { x: 4.0, y: 13.0 }, Anchor::Start, added_up);
        self.ticks_along(scene, per_hour);
    }

    fn ticks_along(&self, scene: &mut Scene, per_hour: u32) {
        // One message in this many of the axis' units.
        let (each, name) = match self.view.along {
            Along::Messages => (1.0, "messages"),
            Along::Minutes => {
                let minutes = 60.0 / f64::from(per_hour.max(1));
                match self.view.until * minutes {
                    ..2.0 => (minutes * 60.0, "seconds"),
                    2.0..300.0 => (minutes, "minutes"),
                    _ => (minutes / 60.0, "hours"),
                }
            }
        };
        let reach = self.view.until * each;
        let columns = ((self.right - LEFT) / 56.0).max(2.0);
        let step = round_up(reach / columns);
        let step = if self.view.along == Along::Messages { step.max(1.0) } else { step };
        let y = self.bottom() + 15.0;
        for value in ticks(step, reach) {
            let x = self.x(value / each);
            let foot = Point { x, y: self.bottom() };
            scene.line(Role::Grid, foot, Point { x, y: foot.y + 4.0 });
            scene.text(Role::Tick, Point { x, y }, Anchor::Middle, short(value));
        }
        let at = Point { x: self.right, y: self.view.height - 6.0 };
        scene.text(Role::Tick, at, Anchor::End, name);
    }

    /// Draws a line and gives its end, which is at the upper edge for one that leaves there.
    fn line(&self, scene: &mut Scene, way: Way, line: &Line) -> Point {
        let first = after(line, 1.0);
        let last = self.leaves(line).unwrap_or(self.view.until);
        let mut points = vec![(0.0, 0.0)];
        if last > 1.0 {
            points.push((1.0, first));
        }
        points.push((last, after(line, last)));
        let points: Vec<Point> =
            points.into_iter().map(|(messages, value)| Point { x: self.x(messages), y: self.y(value) }).collect();
        let end = points[points.len() - 1];
        let role = Role::Way { way, advised: self.view.advised == Some(way) };
        let title = format!("{}: {}", name(way, true), self.total(line));
        scene.items.push(Item { shape: Shape::Path { points, closed: false }, role, message: None, title });
        scene.add(role, Shape::Dot { at: end, radius: 3.0 });
        end
    }

    /// After how many messages a line leaves at the upper edge, if it does.
    fn leaves(&self, line: &Line) -> Option<f64> {
        if after(line, self.view.until) <= self.most {
            return None;
        }
        let first = after(line, 1.0);
        if first >= self.most {
            return Some(self.most / first);
        }
        Some((self.most - line.opening.as_f64()) / line.per_message.as_f64())
    }

    /// What a line comes to at the right edge, in words.
    fn total(&self, line: &Line) -> String {
        amount(self.view.measure, after(line, self.view.until))
    }

    fn label(&self, way: Way, line: &Line) -> String {
        let wide = self.view.width >= WIDE;
        if wide { format!("{} {}", name(way, true), self.total(line)) } else { name(way, false).to_owned() }
    }

    /// Each line's label, beside its end as far as there is room.
    fn labels(&self, scene: &mut Scene, known: &[(Way, Line)], ends: &[Point]) {
        let mut order: Vec<usize> = (0..known.len()).collect();
        order.sort_by(|a, b| ends[*a].y.total_cmp(&ends[*b].y));
        let wanted: Vec<f64> = order.iter().map(|place| ends[*place].y).collect();
        for (place, y) in order.into_iter().zip(pushed_apart(&wanted, TOP, self.bottom())) {
            let ((way, line), end) = (&known[place], ends[place]);
            let at = self.right + LEADER;
            let (from, edge) = (end.x.min(self.right) + 4.0, self.right + 4.0);
            let points = [Point { x: from, y: end.y }, Point { x: edge, y: end.y }, Point { x: at - 3.0, y }];
            scene.add(Role::Leader(*way), Shape::Path { points: points.into(), closed: false });
            let role = Role::WayLabel { way: *way, advised: self.view.advised == Some(*way) };
            scene.text(role, Point { x: at, y: y + 4.0 }, Anchor::Start, self.label(*way, line));
        }
    }

    /// A dot and the number where a line falls below another for good. A number for which there is no room is left to
    /// the dot's title and to the table.
    fn crossings(&self, scene: &mut Scene, even: &BreakEven, known: &[(Way, Line)]) {
        let mut taken: Vec<(Point, Point)> = Vec::new();
        let mut told: Vec<(String, Point)> = Vec::new();
        for (way, line) in known {
            for (than, other) in known {
                let Ok(Crossing::From(message)) = even.crossing(self.view.measure, *way, *than) else { continue };
                let slopes = other.per_message.as_f64() - line.per_message.as_f64();
                let messages = (line.opening.as_f64() - other.opening.as_f64()) / slopes;
                let value = after(line, messages);
                // Equal lines but for their openings have no such point.
                if !messages.is_finite() || messages > self.view.until || value > self.most {
                    continue;
                }
                let at = Point { x: self.x(messages), y: self.y(value) };
                let (cheap, dear) = (name(*way, true), name(*than, true));
                let title = format!("From message {message} on, {cheap} has cost less than {dear}.");
                let shape = Shape::Dot { at, radius: 3.5 };
                scene.items.push(Item { shape, role: Role::Crossing, message: None, title });
                let text = short(f64::from(message));
                // Where several cross at one place, one number stands for all.
                let near =
                    |(said, there): &(String, Point)| *said == text && (there.x - at.x).hypot(there.y - at.y) < 16.0;
                if told.iter().any(near) {
                    continue;
                }
                told.push((text.clone(), at));
                if let Some(place) = self.room(&text, at, &taken) {
                    taken.push(extent(&text, place));
                    scene.text(Role::CrossingLabel, place, Anchor::Start, text);
                }
            }
        }
    }

    /// Where a word beside a point overlaps no other, within the plot.
    fn room(&self, text: &str, at: Point, taken: &[(Point, Point)]) -> Option<Point> {
        let width = text.chars().count() as f64 * LETTER;
        let beside = [(6.0, -6.0), (-width - 6.0, -6.0), (6.0, 14.0), (-width - 6.0, 14.0), (6.0, -20.0), (6.0, 28.0)];
        let places = beside.map(|(dx, dy)| Point { x: at.x + dx, y: at.y + dy });
        places.into_iter().find(|place| {
            let (from, to) = extent(text, *place);
            let inside = from.x >= LEFT && to.x <= self.right && from.y >= TOP - 10.0 && to.y <= self.bottom();
            inside && taken.iter().all(|other| apart((from, to), *other))
        })
    }
}

/// The upper left and the lower right corner of a word that begins at a place.
fn extent(text: &str, at: Point) -> (Point, Point) {
    let width = text.chars().count() as f64 * LETTER;
    (Point { x: at.x, y: at.y - 10.0 }, Point { x: at.x + width, y: at.y + 3.0 })
}

fn apart(one: (Point, Point), other: (Point, Point)) -> bool {
    one.1.x <= other.0.x || other.1.x <= one.0.x || one.1.y <= other.0.y || other.1.y <= one.0.y
}

/// Places as near to the wanted ones, which rise, as lines of text go between two edges.
fn pushed_apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut least = top;
    for place in wanted {
        let place = place.max(least);
        places.push(place);
        least = place + LEADING;
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - LEADING;
    }
    places
}

/// 0, and each step up to a value.
fn ticks(step: f64, until: f64) -> impl Iterator<Item = f64> {
    let count = (until / step + 1e-9).floor().max(0.0) as u32;
    (0..=count).map(move |number| f64::from(number) * step)
}

/// Bytes or µs in words.
#[must_use]
pub fn amount(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Bytes if value >= 1024.0 * GIB => format!("{:.1} TiB", value / 1024.0 / GIB),
        Measure::Bytes if value >= GIB => format!("{:.1} GiB", value / GIB),
        Measure::Bytes => bytes_in_words(value.round() as u64),
        Measure::Time if value >= 120.0 * 6e7 => format!("{:.1} h", value / 3.6e9),
        Measure::Time => Span(value.round() as i64).to_string(),
    }
}

#[cfg(test)]
mod tests;
