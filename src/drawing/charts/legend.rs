//! What the signs of a chart stand for: read off the picture itself, so that a legend names what is there and nothing
//! else.

use super::{Event, Layer, Piece};
use crate::drawing::scene::{Item, Role, Scene, Shape};
use crate::trace::Protocol;

/// What a sign stands for; in the order of a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// A row is a protocol's.
    Row(Protocol),
    /// The time of an exchange.
    Sample,
    /// The same, of one that does not count.
    LeftOut,
    /// From the least to the greatest of several exchanges.
    Spread,
    /// The median of several exchanges.
    Median,
    /// Some of these lie beyond the scale.
    Beyond,
    /// What happened beside the exchanges.
    Event(Event),
    /// How many exchanges took about so long.
    Bar,
    /// Which part of the exchanges took at most so long.
    Cumulative,
    /// A percentile.
    Percentile,
    /// A layer of bytes.
    Layer(Layer),
    /// There are at least so many bytes.
    AtLeast,
    /// A stretch of an exchange.
    Piece(Piece),
    /// Where one way to talk falls below another.
    Crossing,
}

/// A sign that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurring {
    /// What it stands for.
    pub sign: Sign,
    /// In which protocols' colours it occurs: HTTP's, WebSocket's. In neither for what is no protocol's.
    pub of: [bool; 2],
}

/// The signs that occur in a chart, in the order of a legend. What a chart says in words at its place is none.
#[must_use]
pub fn occurring(scene: &Scene) -> Vec<Occurring> {
    let mut found: Vec<Occurring> = Vec::new();
    for (sign, protocol) in scene.items.iter().filter_map(of) {
        let place = found.iter().position(|known| known.sign == sign).unwrap_or_else(|| {
            found.push(Occurring { sign, of: [false; 2] });
            found.len() - 1
        });
        if let Some(protocol) = protocol {
            found[place].of[super::index(protocol)] = true;
        }
    }
    found.sort_unstable_by_key(|known| known.sign);
    found
}

/// The sign that an item is, and whose colour it has.
fn of(item: &Item) -> Option<(Sign, Option<Protocol>)> {
    let (sign, protocol) = match item.role {
        Role::RowLabel(protocol) => (Sign::Row(protocol), protocol),
        // It has its own form: a protocol's sign is a dot.
        Role::Sample { protocol, .. } if matches!(item.shape, Shape::Path { .. }) => (Sign::Beyond, protocol),
        Role::Sample { protocol, left_out: false } => (Sign::Sample, protocol),
        Role::Sample { protocol, left_out: true } => (Sign::LeftOut, protocol),
        Role::Spread(protocol) => (Sign::Spread, protocol),
        Role::Median(protocol) => (Sign::Median, protocol),
        Role::Beyond(protocol) => (Sign::Beyond, protocol),
        Role::Event { what: what @ (Event::Part | Event::Hidden), .. } => return Some((Sign::Event(what), None)),
        Role::Event { protocol, what } => (Sign::Event(what), protocol),
        Role::Bar(protocol) => (Sign::Bar, protocol),
        Role::Cumulative(protocol) => (Sign::Cumulative, protocol),
        Role::Percentile(protocol) => (Sign::Percentile, protocol),
        Role::Layer { protocol, layer } => (Sign::Layer(layer), protocol),
        Role::AtLeast(_) => return Some((Sign::AtLeast, None)),
        Role::Piece { piece: Piece::AtServer, .. } => return Some((Sign::Piece(Piece::AtServer), None)),
        Role::Piece { protocol, piece } => (Sign::Piece(piece), protocol),
        Role::Crossing => return Some((Sign::Crossing, None)),
        _ => return None,
    };
    Some((sign, Some(protocol)))
}
