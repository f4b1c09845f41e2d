//! What charts are framed with: axes with their ticks, and labels that keep clear of one another. No font is measured;
//! letters are taken to be as wide as they are at most in the mean.

use super::scale::{Quantity, Scale};
use crate::drawing::scene::{Anchor, Point, Role, Scene};

/// The width of a letter, at most in the mean, in pixels.
pub(super) const LETTER: f64 = 6.6;
/// Left of a plot, for the ticks' words, in pixels.
pub(super) const LEFT: f64 = 64.0;
/// Right of a plot, in pixels.
pub(super) const RIGHT: f64 = 14.0;
/// Below a plot, for the ticks' words and the axis' name, in pixels.
pub(super) const BOTTOM: f64 = 36.0;
/// No chart is laid out narrower, in pixels.
pub(super) const NARROWEST: f64 = 240.0;

/// The places of labels, which keep clear of one another and stay within the picture.
#[derive(Default)]
pub(super) struct Labels {
    taken: Vec<(Point, Point)>,
}

impl Labels {
    /// Sets a label if there is room for it, and gives whether there was.
    pub(super) fn put(&mut self, scene: &mut Scene, role: Role, at: Point, anchor: Anchor, text: &str) -> bool {
        let (from, to) = extent(text, at, anchor);
        let inside = from.x >= 0.0 && to.x <= scene.width && from.y >= 0.0 && to.y <= scene.height;
        let clear = |other: &(Point, Point)| {
            to.x <= other.0.x || other.1.x <= from.x || to.y <= other.0.y || other.1.y <= from.y
        };
        let room = inside && self.taken.iter().all(clear);
        if room {
            self.taken.push((from, to));
            scene.text(role, at, anchor, text);
        }
        room
    }

    /// Sets a label as near to where it is wanted as the picture's sides allow.
    pub(super) fn put_within(&mut self, scene: &mut Scene, role: Role, at: Point, text: &str) -> bool {
        let half = text.chars().count() as f64 * LETTER / 2.0;
        let x = at.x.clamp(half, (scene.width - half).max(half));
        self.put(scene, role, Point { x, ..at }, Anchor::Middle, text)
    }
}

/// The upper left and the lower right corner of a text.
pub(super) fn extent(text: &str, at: Point, anchor: Anchor) -> (Point, Point) {
    let width = text.chars().count() as f64 * LETTER;
    let left = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - width / 2.0,
        Anchor::End => at.x - width,
    };
    (Point { x: left, y: at.y - 10.0 }, Point { x: left + width, y: at.y + 3.0 })
}

/// Lines across the plot at round values of a scale that goes upward, with their words to the left.
pub(super) fn upward(
    scene: &mut Scene,
    labels: &mut Labels,
    scale: Scale,
    quantity: Quantity,
    (left, right): (f64, f64),
) {
    for tick in scale.ticks(quantity, 28.0) {
        let y = scale.px(tick.value);
        scene.line(Role::Grid, Point { x: left, y }, Point { x: right, y });
        labels.put(scene, Role::Tick, Point { x: left - 7.0, y: y + 4.0 }, Anchor::End, &tick.label);
    }
}

/// Short lines below the plot at round values of a scale that goes to the right, with their words, and the name of what
/// it measures at its end.
pub(super) fn along(scene: &mut Scene, labels: &mut Labels, scale: Scale, quantity: Quantity, bottom: f64, axis: &str) {
    let (left, right) = scale.pixels();
    scene.line(Role::Axis, Point { x: left, y: bottom }, Point { x: right, y: bottom });
    for tick in scale.ticks(quantity, 48.0) {
        let x = scale.px(tick.value);
        scene.line(Role::Axis, Point { x, y: bottom }, Point { x, y: bottom + 4.0 });
        labels.put_within(scene, Role::Tick, Point { x, y: bottom + 16.0 }, &tick.label);
    }
    labels.put(scene, Role::Tick, Point { x: right, y: bottom + 31.0 }, Anchor::End, axis);
}

/// A picture in which nothing can be drawn yet says so, in as many lines as its width wants.
pub(super) fn empty(width: f64, height: f64, words: &str) -> Scene {
    let mut scene = Scene { width, height, items: Vec::new() };
    let letters = (width / LETTER) as usize;
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let mut at = Point { x: width / 2.0, y: height / 2.0 };
    for line in lines {
        scene.text(Role::Note, at, Anchor::Middle, line);
        at.y += 15.0;
    }
    scene
}
