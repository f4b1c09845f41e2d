//! What a picture is made of: shapes at pixels, each with what it means. Painting turns each shape
//! into an element and decides nothing.

use super::charts::{Event, Layer, Piece};
use crate::analysis::Provenance;
use crate::analysis::break_even::Way;
use crate::trace::{MessageId, Protocol, Span};

/// A picture, ready to be painted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// From back to front.
    pub items: Vec<Item>,
}

/// A place in a picture, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downward.
    pub y: f64,
}

/// One shape with its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where and what.
    pub shape: Shape,
    /// What it means, from which its looks follow.
    pub role: Role,
    /// The message that it shows, if it can be picked.
    pub message: Option<MessageId>,
    /// What it says when pointed at or read out; may be empty. Of what there are thousands, the words are put together
    /// when somebody points at one ([`said`](super::sequence::said)).
    pub title: String,
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A straight line.
    Line {
        /// One end.
        from: Point,
        /// The other.
        to: Point,
    },
    /// A line with a head at its end.
    Arrow {
        /// The tail.
        from: Point,
        /// The tip.
        to: Point,
    },
    /// A line that ends in a cross: it is not known to have arrived.
    Lost {
        /// The tail.
        from: Point,
        /// The cross.
        to: Point,
    },
    /// An upright rectangle.
    Rect {
        /// Its top left corner.
        at: Point,
        /// In pixels.
        width: f64,
        /// In pixels.
        height: f64,
    },
    /// A line through points.
    Path {
        /// The points.
        points: Vec<Point>,
        /// Whether it encloses an area.
        closed: bool,
    },
    /// A small sign for one value; each protocol has its own form.
    Dot {
        /// Its middle.
        at: Point,
        /// Half its width, in pixels.
        radius: f64,
    },
    /// A line of text.
    Text {
        /// Its baseline at the anchor.
        at: Point,
        /// What it says.
        text: String,
        /// Which part of it stands at that place.
        anchor: Anchor,
    },
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Anchor {
    /// Its name in SVG (`text-anchor`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// What a shape means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A participant's lifeline.
    Lifeline,
    /// Where the lifelines of many clients stand too close to be told apart.
    Crowd,
    /// A connection's lifetime.
    Connection(Protocol),
    /// A connection's bar along a lifeline, and the edge at which it was opened or closed.
    ConnectionEnd(Protocol),
    /// The handshake of TCP that an emulated link holds a connection back for.
    EmulatedHandshake(Protocol),
    /// A message.
    Message {
        /// What carried it.
        protocol: Protocol,
        /// The least certain of its two ends.
        provenance: Provenance,
        /// It belongs to the warm-up.
        warm_up: bool,
        /// The server spoke first: it answers nothing.
        unasked: bool,
    },
    /// The words at a message.
    MessageLabel {
        /// What carried it.
        protocol: Protocol,
        /// It belongs to the warm-up.
        warm_up: bool,
    },
    /// How far off a message's end may be.
    Uncertainty {
        /// What carried it.
        protocol: Protocol,
        /// So far.
        by: Span,
    },
    /// Where time was cut out: so much.
    Cut(Span),
    /// Where a part of the script begins.
    Part,
    /// A line of an axis.
    Grid,
    /// The words at an axis.
    Tick,
    /// A sample.
    Sample {
        /// What carried it.
        protocol: Protocol,
        /// It does not enter the statistics.
        left_out: bool,
    },
    /// From the least to the greatest of many samples.
    Spread(Protocol),
    /// Some of these lie beyond the scale.
    Beyond(Protocol),
    /// A median.
    Median(Protocol),
    /// What a way to talk comes to.
    Way {
        /// Which.
        way: Way,
        /// It is the one that is advised.
        advised: bool,
    },
    /// The words at the end of a way's line.
    WayLabel {
        /// Which.
        way: Way,
        /// It is the one that is advised.
        advised: bool,
    },
    /// What leads from the end of a way's line to its words.
    Leader(Way),
    /// Where one way falls below another.
    Crossing,
    /// The number at such a place.
    CrossingLabel,
    /// A note in the picture.
    Note,
    /// How far a run has been played again.
    Playhead,
    /// The name of a participant.
    Participant,
    /// What is special about a message or a connection.
    Badge(Badge, Protocol),
    /// The time that a request waited in the browser before it was sent.
    Queued(Protocol),
    /// A ping or a pong that the server's tap saw.
    Control,
    /// A silence that is shrunk.
    Silence,
    /// The words at such a silence.
    SilenceLabel,
    /// Repetitions that are folded, by the first message of them.
    Fold(MessageId),
    /// The words at such a fold.
    FoldLabel(MessageId),
    /// Repetitions that were unfolded, by the first message of them.
    Unfolded(MessageId),
    /// In an overview, where something is to be noticed.
    Notable(Protocol),
    /// More messages than can be told apart.
    Density {
        /// What carried them; `None` for both.
        protocol: Option<Protocol>,
        /// How many in a row of pixels, from 1, few, to 4, many.
        level: u8,
    },
    /// The line of a chart's axis, and its ticks.
    Axis,
    /// A protocol's name beside what is its.
    Named(Protocol),
    /// What happened beside the exchanges of a protocol.
    Event {
        /// Whose time it lies in.
        protocol: Protocol,
        /// What.
        what: Event,
    },
    /// How many samples are about as long.
    Bar(Protocol),
    /// How many samples are at most as long.
    Cumulative(Protocol),
    /// A percentile of a protocol's samples.
    Percentile(Protocol),
    /// The words at a percentile.
    PercentileLabel(Protocol),
    /// A layer of the bytes that were carried so far.
    Layer {
        /// What carried them.
        protocol: Protocol,
        /// Which.
        layer: Layer,
    },
    /// The words within a layer.
    LayerLabel,
    /// From here on, the bytes of a protocol are only known to be at least so many.
    AtLeast(Protocol),
    /// A stretch of an exchange.
    Piece {
        /// Whose exchange it is.
        protocol: Protocol,
        /// Which stretch.
        piece: Piece,
    },
    /// The words of a row.
    RowLabel(Protocol),
    /// How long a row took.
    Duration,
    /// Where a chart is read out.
    Crosshair,
    /// The datum that is read out.
    Reading,
    /// The message that is picked, in a chart.
    Picked,
}

/// What is special about a message or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Badge {
    /// Part of a WebSocket's opening handshake.
    Opening,
    /// A close frame.
    Close,
    /// The script asked again.
    Retried,
    /// The browser sent it again by itself.
    Resent,
    /// A connection broke.
    Broken,
}

impl Item {
    /// It can be picked: a message, a fold, a crowd of messages.
    #[must_use]
    pub const fn can_be_picked(&self) -> bool {
        self.message.is_some() || matches!(self.role, Role::Fold(_) | Role::Density { .. })
    }

    /// It is one of many, and says something all the same.
    #[must_use]
    pub const fn is_small_mark(&self) -> bool {
        matches!(self.role, Role::Cut(_) | Role::Uncertainty { .. })
    }
}

impl Scene {
    /// What is nearest to a point, within so many pixels, of what is wanted: the item in front where several are as near.
    #[must_use]
    pub fn nearest(&self, to: Point, within: f64, is_wanted: impl Fn(&Item) -> bool) -> Option<&Item> {
        let mut found: Option<(f64, &Item)> = None;
        for item in self.items.iter().filter(|item| is_wanted(item)) {
            let distance = match &item.shape {
                Shape::Line { from, to: tip } | Shape::Arrow { from, to: tip } | Shape::Lost { from, to: tip } => {
                    Some(distance(to, *from, *tip))
                }
                Shape::Dot { at, .. } => Some((to.x - at.x).hypot(to.y - at.y)),
                Shape::Rect { at, width, height } => {
                    let inside = (at.x..=at.x + width).contains(&to.x) && (at.y..=at.y + height).contains(&to.y);
                    inside.then_some(within)
                }
                Shape::Path { .. } | Shape::Text { .. } => None,
            };
            let Some(distance) = distance.filter(|distance| *distance <= within) else { continue };
            if found.is_none_or(|(least, _)| distance <= least) {
                found = Some((distance, item));
            }
        }
        found.map(|(_, item)| item)
    }

    /// Adds a shape that cannot be picked and says nothing of itself.
    pub(super) fn add(&mut self, role: Role, shape: Shape) {
        self.items.push(Item { shape, role, message: None, title: String::new() });
    }

    /// Adds a text.
    pub(super) fn text(&mut self, role: Role, at: Point, anchor: Anchor, text: impl Into<String>) {
        self.add(role, Shape::Text { at, text: text.into(), anchor });
    }

    /// Adds a line.
    pub(super) fn line(&mut self, role: Role, from: Point, to: Point) {
        self.add(role, Shape::Line { from, to });
    }
}

/// How far a point is from a straight line between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
    let along = along.clamp(0.0, 1.0);
    (point.x - from.x - along * dx).hypot(point.y - from.y - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_arrow_is_found_and_nothing_that_is_far() {
        let point = |x: f64, y: f64| Point { x, y };
        let arrow = |id: u32, y: f64| Item {
            shape: Shape::Arrow { from: point(0.0, y), to: point(100.0, y + 10.0) },
            role: Role::Note,
            message: Some(MessageId(id)),
            title: String::new(),
        };
        let scene = Scene { width: 100.0, height: 100.0, items: vec![arrow(1, 10.0), arrow(2, 20.0)] };
        let found = |at| scene.nearest(at, 6.0, Item::can_be_picked).and_then(|item| item.message);
        assert_eq!(found(point(50.0, 17.0)), Some(MessageId(1)));
        assert_eq!(found(point(50.0, 23.0)), Some(MessageId(2)));
        assert_eq!(found(point(50.0, 60.0)), None);
        assert_eq!(found(point(-30.0, 10.0)), None, "an arrow ends where it ends");
    }
}
