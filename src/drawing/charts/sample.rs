//! Signs of charts by themselves, as a legend shows them: the same shapes with the same meaning as in a chart, once in
//! each protocol's colour that occurs.

use super::{Event, Occurring, Piece, Sign};
use crate::drawing::scene::{Anchor, Point, Role, Scene, Shape};
use crate::trace::Protocol;

/// How high such a picture is, in pixels.
const HEIGHT: f64 = 14.0;
/// Between two signs of one picture, in pixels.
const GAP: f64 = 3.0;

/// The signs of an entry of a legend, side by side.
#[must_use]
pub fn of(what: Occurring) -> Scene {
    let mut scene = Scene { width: 0.0, height: HEIGHT, items: Vec::new() };
    let [http, ws] = what.of;
    let both = [(http, Protocol::Http), (ws, Protocol::WebSocket)];
    let occurring: Vec<Protocol> =
        both.into_iter().filter(|(occurs, _)| *occurs).map(|(_, protocol)| protocol).collect();
    // What is no protocol's looks the same with any.
    let occurring = if occurring.is_empty() { vec![Protocol::Http] } else { occurring };
    for protocol in occurring {
        let left = if scene.width > 0.0 { scene.width + GAP } else { 0.0 };
        scene.width = left + one(&mut scene, what.sign, protocol, left);
    }
    scene
}

/// Adds a sign with its left edge there, and gives how wide it is.
fn one(scene: &mut Scene, sign: Sign, protocol: Protocol, left: f64) -> f64 {
    let y = HEIGHT / 2.0;
    let point = |x: f64, y: f64| Point { x: left + x, y };
    let line = |x: f64, from: f64, until: f64| Shape::Line { from: point(x, from), to: point(x, until) };
    let along = |points: &[(f64, f64)]| Shape::Path {
        points: points.iter().map(|(x, y)| point(*x, *y)).collect(),
        closed: false,
    };
    let dot = |radius: f64| Shape::Dot { at: point(7.0, y), radius };
    let (role, shape, width) = match sign {
        Sign::Row(protocol) => {
            let text = super::sign(protocol).to_owned();
            (Role::RowLabel(protocol), Shape::Text { at: point(7.0, y + 4.0), text, anchor: Anchor::Middle }, 14.0)
        }
        Sign::Sample => (Role::Sample { protocol, left_out: false }, dot(3.5), 14.0),
        Sign::LeftOut => (Role::Sample { protocol, left_out: true }, dot(3.5), 14.0),
        Sign::Spread => (Role::Spread(protocol), line(5.0, 1.0, 13.0), 10.0),
        Sign::Median => (Role::Median(protocol), along(&[(1.0, 10.0), (9.0, 5.0), (17.0, 8.0)]), 18.0),
        Sign::Beyond => (Role::Beyond(protocol), triangle(point(6.0, y)), 12.0),
        Sign::Event(what) => (Role::Event { protocol, what }, event(what, left), 14.0),
        Sign::Bar => (Role::Bar(protocol), Shape::Rect { at: point(2.0, 2.0), width: 6.0, height: 11.0 }, 10.0),
        Sign::Cumulative => {
            (Role::Cumulative(protocol), along(&[(1.0, 12.0), (9.0, 12.0), (9.0, 3.0), (24.0, 3.0)]), 25.0)
        }
        Sign::Percentile => (Role::Percentile(protocol), dot(3.0), 14.0),
        Sign::Layer(layer) => {
            let shape = Shape::Rect { at: point(1.0, 1.0), width: 14.0, height: 12.0 };
            (Role::Layer { protocol, layer }, shape, 16.0)
        }
        Sign::AtLeast => (Role::AtLeast(protocol), along(&[(1.0, y), (29.0, y)]), 30.0),
        Sign::Piece(piece) => (Role::Piece { protocol, piece }, stretch(piece, left), 30.0),
        Sign::Crossing => (Role::Crossing, dot(3.5), 14.0),
    };
    scene.add(role, shape);
    width
}

fn stretch(piece: Piece, left: f64) -> Shape {
    let y = HEIGHT / 2.0;
    let point = |x: f64, y: f64| Point { x: left + x, y };
    match piece {
        Piece::AtServer => Shape::Line { from: point(15.0, 0.0), to: point(15.0, HEIGHT) },
        Piece::Arrival => Shape::Dot { at: point(15.0, y), radius: 3.0 },
        Piece::Stalled | Piece::Delivery => Shape::Line { from: point(2.0, y), to: point(28.0, y) },
        Piece::Unanswered => Shape::Lost { from: point(2.0, y), to: point(24.0, y) },
        _ => Shape::Rect { at: point(2.0, 2.0), width: 26.0, height: 10.0 },
    }
}

fn event(what: Event, left: f64) -> Shape {
    let point = |x: f64, y: f64| Point { x: left + x, y };
    let upright = |from: f64, to: f64| Shape::Line { from: point(7.0, from), to: point(7.0, to) };
    match what {
        Event::Opened => upright(2.0, 12.0),
        Event::Part => upright(0.0, HEIGHT),
        Event::Hidden => Shape::Rect { at: point(1.0, 2.0), width: 12.0, height: 10.0 },
        Event::Retried => triangle(point(7.0, 7.0)),
    }
}

fn triangle(middle: Point) -> Shape {
    let Point { x, y } = middle;
    let points = [(0.0, -4.0), (4.0, 4.0), (-4.0, 4.0)].map(|(dx, dy)| Point { x: x + dx, y: y + dy });
    Shape::Path { points: points.into(), closed: true }
}
