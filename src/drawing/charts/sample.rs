//! Signs of charts by themselves, as a legend shows them: the same shapes with the same meaning as in a chart.

use super::{Event, Layer, Piece};
use crate::drawing::scene::{Point, Role, Scene, Shape};
use crate::trace::Protocol;

/// How high such a picture is, in pixels.
const HEIGHT: f64 = 14.0;

/// A stretch of an exchange by itself, in the colour of a protocol that has it.
#[must_use]
pub fn piece(piece: Piece) -> Scene {
    let protocol = match piece {
        Piece::Opening | Piece::RoundTrip | Piece::Closing => Protocol::WebSocket,
        _ => Protocol::Http,
    };
    let y = HEIGHT / 2.0;
    let shape = match piece {
        Piece::AtServer => Shape::Line { from: Point { x: 15.0, y: 0.0 }, to: Point { x: 15.0, y: HEIGHT } },
        Piece::Arrival => Shape::Dot { at: Point { x: 15.0, y }, radius: 3.0 },
        Piece::Stalled | Piece::Delivery => Shape::Line { from: Point { x: 2.0, y }, to: Point { x: 28.0, y } },
        Piece::Unanswered => Shape::Lost { from: Point { x: 2.0, y }, to: Point { x: 24.0, y } },
        _ => Shape::Rect { at: Point { x: 2.0, y: 2.0 }, width: 26.0, height: 10.0 },
    };
    let mut scene = Scene { width: 30.0, height: HEIGHT, items: Vec::new() };
    scene.add(Role::Piece { protocol, piece }, shape);
    scene
}

/// A layer of bytes by itself, in the colours of both protocols.
#[must_use]
pub fn layer(layer: Layer) -> Scene {
    let mut scene = Scene { width: 34.0, height: HEIGHT, items: Vec::new() };
    for (protocol, x) in [(Protocol::Http, 1.0), (Protocol::WebSocket, 18.0)] {
        let shape = Shape::Rect { at: Point { x, y: 1.0 }, width: 14.0, height: 12.0 };
        scene.add(Role::Layer { protocol, layer }, shape);
    }
    scene
}

/// What happened beside the exchanges, by itself.
#[must_use]
pub fn event(what: Event) -> Scene {
    let upright = |from: f64, to: f64| Shape::Line { from: Point { x: 9.0, y: from }, to: Point { x: 9.0, y: to } };
    let point = |x: f64, y: f64| Point { x, y };
    let shape = match what {
        Event::Opened => upright(2.0, 12.0),
        Event::Part => upright(0.0, HEIGHT),
        Event::Hidden => Shape::Rect { at: point(2.0, 2.0), width: 14.0, height: 10.0 },
        Event::Retried => {
            Shape::Path { points: vec![point(9.0, 3.0), point(13.0, 11.0), point(5.0, 11.0)], closed: true }
        }
    };
    let mut scene = Scene { width: 18.0, height: HEIGHT, items: Vec::new() };
    scene.add(Role::Event { protocol: Protocol::Http, what }, shape);
    scene
}
