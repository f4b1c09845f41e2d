//! Charts of a run: the time of each exchange, how these times are distributed, what has been carried so far in bytes,
//! and the phases of each exchange. A chart is laid out once from the record; what it draws costs columns of pixels or
//! rows in view, not messages. From each one the data can be read out one by one, by pointer or by keyboard, and each
//! datum that is a message's can be picked.

pub mod bytes;
pub mod distribution;
mod event;
mod frame;
mod pieces;
pub mod round_trips;
pub mod sample;
pub mod scale;
pub mod waterfall;

pub use bytes::Layer;
pub use event::Event;
pub use pieces::Piece;

use super::scene::{Point, Role, Scene, Shape};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Protocol, Span, Time, Trace};

/// The record that a chart was laid out from; meanwhile it may have grown.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// What happened.
    pub trace: &'a Trace,
    /// Its times.
    pub timeline: &'a Timeline,
}

impl Recorded<'_> {
    /// How long after the run's beginning a point of time lies: by the wall clock, or in a protocol's own time.
    #[must_use]
    pub fn since_start(&self, protocol: Protocol, at: Time, wall_time: bool) -> Span {
        let origin = self.trace.circumstances.origin;
        if wall_time {
            return at - origin;
        }
        let cuts = self.timeline.cuts(protocol);
        cuts.own(at) - cuts.own(origin)
    }

    /// A length of time in words, as exactly as the page's clock tells it.
    fn told(&self, span: Span) -> String {
        span.known_to(self.trace.circumstances.resolution)
    }
}

/// What is read out at one place of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Where it lies, once for each protocol that it speaks of.
    pub at: Vec<Point>,
    /// What it says, with the same numbers as the chart's table.
    pub text: String,
    /// The message that is picked with it.
    pub message: Option<MessageId>,
}

/// A chart that is laid out. Data are counted from 0, in the order in which the keyboard goes through them.
pub trait Chart: Send + Sync {
    /// The picture.
    fn scene(&self) -> &Scene;

    /// The upper left and the lower right corner of where the data around a point lie.
    fn plot(&self, around: Point) -> (Point, Point);

    /// How many data there are.
    fn count(&self) -> usize;

    /// What is read out at one.
    fn datum(&self, of: Recorded<'_>, place: usize) -> Option<Datum>;

    /// The one that is nearest to a point.
    fn nearest(&self, of: Recorded<'_>, at: Point) -> Option<usize>;

    /// The one that stands for a message.
    fn find(&self, of: Recorded<'_>, message: MessageId) -> Option<usize>;

    /// Where a message is to be marked.
    fn mark(&self, of: Recorded<'_>, message: MessageId) -> Vec<Point> {
        let datum = self.find(of, message).and_then(|place| self.datum(of, place));
        datum.map_or_else(Vec::new, |datum| datum.at)
    }

    /// The headings of the table of its values.
    fn columns(&self) -> Vec<String>;

    /// How many rows that has.
    fn rows(&self) -> usize;

    /// What stands in one of them.
    fn row(&self, of: Recorded<'_>, place: usize) -> Vec<String>;
}

/// What lies over a chart at the message that is picked.
#[must_use]
pub fn picked(chart: &dyn Chart, of: Recorded<'_>, message: MessageId) -> Scene {
    let mut scene = over(chart);
    for at in chart.mark(of, message) {
        scene.add(Role::Picked, Shape::Dot { at, radius: 7.0 });
    }
    scene
}

/// What lies over a chart where it is read out.
#[must_use]
pub fn reading(chart: &dyn Chart, of: Recorded<'_>, place: usize) -> Scene {
    let mut scene = over(chart);
    let Some(datum) = chart.datum(of, place) else { return scene };
    for (number, at) in datum.at.into_iter().enumerate() {
        let (from, to) = chart.plot(at);
        if number == 0 {
            scene.line(Role::Crosshair, Point { x: at.x, y: from.y }, Point { x: at.x, y: to.y });
        }
        scene.line(Role::Crosshair, Point { x: from.x, y: at.y }, at);
        scene.add(Role::Reading, Shape::Dot { at, radius: 4.0 });
    }
    scene
}

fn over(chart: &dyn Chart) -> Scene {
    Scene { width: chart.scene().width, height: chart.scene().height, items: Vec::new() }
}

/// The protocol's name.
const fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "HTTP",
        Protocol::WebSocket => "WebSocket",
    }
}

/// The protocol's sign, which tells it apart without colour.
const fn sign(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "●",
        Protocol::WebSocket => "◆",
    }
}

const fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Http => 0,
        Protocol::WebSocket => 1,
    }
}
