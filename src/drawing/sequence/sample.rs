//! Each kind of mark by itself, as a legend shows it: the same shapes with the same meaning as in a diagram.

use super::legend::Mark;
use crate::analysis::Provenance;
use crate::drawing::scene::{Badge, Point, Role, Scene, Shape};
use crate::trace::{MessageId, Protocol, Span};

/// How large such a picture is, in pixels.
const SIZE: (f64, f64) = (34.0, 14.0);
/// Its middle, from the top.
const MIDDLE: f64 = 7.0;

/// A mark by itself. What both protocols have is shown in the colour of the one that is given.
#[must_use]
pub fn sample(mark: Mark, of: Protocol) -> Scene {
    use Protocol::{Http, WebSocket};
    let mut scene = Scene { width: SIZE.0, height: SIZE.1, items: Vec::new() };
    let point = |x: f64, y: f64| Point { x, y };
    let (left, right) = (point(1.0, MIDDLE), point(32.0, MIDDLE));
    let arrow = Shape::Arrow { from: left, to: right };
    let line = Shape::Line { from: left, to: right };
    let rect = |x: f64, y: f64, width: f64, height: f64| Shape::Rect { at: point(x, y), width, height };
    let badge = |scene: &mut Scene, badge: Badge, protocol: Protocol| {
        scene.add(message(protocol), Shape::Arrow { from: left, to: right });
        scene.add(Role::Badge(badge, protocol), Shape::Dot { at: point(8.0, MIDDLE), radius: 3.0 });
    };
    match mark {
        Mark::Message(protocol) => scene.add(message(protocol), arrow),
        Mark::Unasked => scene.add(
            Role::Message { protocol: WebSocket, provenance: Provenance::Page, warm_up: false, unasked: true },
            Shape::Arrow { from: right, to: left },
        ),
        Mark::Opening => badge(&mut scene, Badge::Opening, WebSocket),
        Mark::Close => badge(&mut scene, Badge::Close, WebSocket),
        Mark::Control => scene.add(Role::Control, arrow),
        Mark::WarmUp => {
            scene
                .add(Role::Message { protocol: of, provenance: Provenance::Page, warm_up: true, unasked: false }, line);
        }
        Mark::UnknownTime => scene
            .add(Role::Message { protocol: of, provenance: Provenance::Unknown, warm_up: false, unasked: false }, line),
        Mark::Uncertainty => {
            let role = Role::Uncertainty { protocol: of, by: Span::ZERO };
            scene.line(role, point(17.0, 1.0), point(17.0, 13.0));
        }
        Mark::Lost => scene.add(message(of), Shape::Lost { from: left, to: point(24.0, MIDDLE) }),
        Mark::Queued => scene.add(Role::Queued(of), rect(15.0, 1.0, 3.0, 12.0)),
        Mark::Retried => badge(&mut scene, Badge::Retried, Http),
        Mark::Resent => badge(&mut scene, Badge::Resent, Http),
        Mark::Connection => {
            scene.add(Role::ConnectionEnd(of), rect(13.0, 1.0, 8.0, 12.0));
            for y in [1.0, 13.0] {
                scene.line(Role::ConnectionEnd(of), point(11.0, y), point(23.0, y));
            }
        }
        Mark::BrokenConnection => {
            scene.add(Role::ConnectionEnd(of), rect(13.0, 0.0, 8.0, 10.0));
            let cross = Shape::Dot { at: point(17.0, 10.0), radius: 3.0 };
            scene.add(Role::Badge(Badge::Broken, of), cross);
        }
        Mark::EmulatedHandshake => scene.add(Role::EmulatedHandshake(of), rect(13.0, 1.0, 8.0, 12.0)),
        Mark::Cut => {
            for y in [8.0, 11.0] {
                scene.line(Role::Cut(Span::ZERO), point(12.0, y), point(22.0, y - 4.0));
            }
        }
        Mark::Silence => {
            let wave =
                |y: f64| (0..7).map(move |step| point(1.0 + 5.0 * f64::from(step), y + f64::from(step % 2) * 2.0));
            let points = wave(3.0).chain(wave(10.0).rev()).collect();
            scene.add(Role::Silence, Shape::Path { points, closed: true });
        }
        Mark::Fold => scene.add(Role::Fold(MessageId(0)), rect(3.0, 2.0, 28.0, 10.0)),
    }
    scene
}

const fn message(protocol: Protocol) -> Role {
    Role::Message { protocol, provenance: Provenance::Page, warm_up: false, unasked: false }
}
