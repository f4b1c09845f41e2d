//! A scene as SVG markup. Looks are left to classes; what shows a message names it in `data-message`.

mod classes;

use std::fmt::Write as _;

pub use classes::protocol_class;

use classes::classes;

use crate::analysis::break_even::Way;
use crate::drawing::{Anchor, Badge, Item, Point, Role, Scene, Shape};
use crate::trace::{MessageId, Protocol};

/// Half the width of an arrow's head, in pixels.
pub const HEAD: f64 = 4.0;

/// With more messages than these, those that look alike are one element: a document is slow with thousands of them.
const EACH_BY_ITSELF: usize = 150;

/// The markup of all items, to stand within an `<svg>` of the scene's size.
#[must_use]
pub fn markup(scene: &Scene, selected: Option<MessageId>) -> String {
    let mut out = String::with_capacity(scene.items.len() * 120);
    let is_selected = |item: &Item| item.message.is_some() && item.message == selected;
    let are_many = scene.items.iter().filter(|item| is_message(item)).nth(EACH_BY_ITSELF).is_some();
    for run in scene.items.chunk_by(|one, next| {
        let kind = Run::of(one, are_many);
        let is_one_run = kind.is_some() && kind == Run::of(next, are_many) && look_alike(one.role, next.role);
        is_one_run && !is_selected(one) && !is_selected(next)
    }) {
        match Run::of(&run[0], are_many) {
            Some(Run::Strokes) if run.len() > 1 || !is_message(&run[0]) => write_strokes(&mut out, run),
            Some(Run::Words(anchor)) => write_words(&mut out, run, anchor, is_selected(&run[0])),
            _ => run.iter().for_each(|item| write_item(&mut out, item, is_selected(item))),
        }
    }
    out
}

/// What there are many of, one like the other, is one element, or has one around it.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    Strokes,
    Words(Anchor),
}

impl Run {
    const fn of(item: &Item, are_many: bool) -> Option<Self> {
        match (item.role, &item.shape) {
            (Role::Message { .. }, Shape::Arrow { .. } | Shape::Line { .. }) if are_many => Some(Self::Strokes),
            (Role::Grid | Role::Cut(_) | Role::Uncertainty { .. } | Role::Spread(_), Shape::Line { .. })
            | (Role::Beyond(_), Shape::Path { .. }) => Some(Self::Strokes),
            (Role::Tick | Role::MessageLabel { .. }, Shape::Text { anchor, .. }) => Some(Self::Words(*anchor)),
            _ => None,
        }
    }
}

fn look_alike(one: Role, next: Role) -> bool {
    match (one, next) {
        (Role::Cut(_), Role::Cut(_)) => true,
        (Role::Uncertainty { protocol: one, .. }, Role::Uncertainty { protocol: next, .. }) => one == next,
        _ => one == next,
    }
}

fn write_strokes(out: &mut String, run: &[Item]) {
    open(out, "path", run[0].role, false);
    out.push_str(" d=\"");
    for item in run {
        match &item.shape {
            Shape::Path { points, closed } => {
                polyline(out, points);
                out.push_str(if *closed { "Z" } else { "" });
            }
            Shape::Line { from, to } => polyline(out, &[*from, *to]),
            Shape::Arrow { from, to } => arrow(out, item.role, *from, *to),
            _ => {}
        }
    }
    out.push_str("\"/>");
}

fn write_words(out: &mut String, run: &[Item], anchor: Anchor, selected: bool) {
    open(out, "g", run[0].role, selected);
    add(out, format_args!(" text-anchor=\"{}\">", anchor.name()));
    for item in run {
        if let Shape::Text { at, text, .. } = &item.shape {
            out.push_str("<text");
            place(out, *at);
            out.push('>');
            escape(out, text);
            out.push_str("</text>");
        }
    }
    out.push_str("</g>");
}

fn write_item(out: &mut String, item: &Item, selected: bool) {
    if let Role::Message { .. } = item.role {
        write_message(out, item, selected);
        return;
    }
    open(out, "g", item.role, selected);
    if let Some(id) = item.message {
        add(out, format_args!(" data-message=\"{}\"", id.0));
    }
    if let Role::Fold(first) | Role::FoldLabel(first) | Role::Unfolded(first) = item.role {
        add(out, format_args!(" data-fold=\"{}\"", first.0));
    }
    out.push('>');
    if !item.title.is_empty() {
        out.push_str("<title>");
        escape(out, &item.title);
        out.push_str("</title>");
    }
    write_shape(out, item, |out, part| {
        out.push_str(match part {
            Part::Head => " class=\"head\"",
            Part::Cross => " class=\"cross\"",
            _ => "",
        });
    });
    out.push_str("</g>");
}

/// An element for each message, without a group and without a title. Who points at one is told by [`Scene::nearest`].
fn write_message(out: &mut String, item: &Item, selected: bool) {
    let (Shape::Arrow { from, to } | Shape::Line { from, to } | Shape::Lost { from, to }) = item.shape else { return };
    if selected {
        out.push_str("<path class=\"halo\" d=\"");
        polyline(out, &[from, to]);
        out.push_str("\"/>");
    }
    open(out, "path", item.role, selected);
    if let Some(id) = item.message {
        add(out, format_args!(" data-message=\"{}\"", id.0));
    }
    out.push_str(" d=\"");
    message_path(out, item);
    out.push_str("\"/>");
    if let Shape::Lost { .. } = item.shape {
        add(out, format_args!("<path class=\"cross\" d=\"{}\"/>", cross(to)));
    }
}

/// The data of a message's path.
pub(super) fn message_path(out: &mut String, item: &Item) {
    match item.shape {
        Shape::Arrow { from, to } => arrow(out, item.role, from, to),
        Shape::Line { from, to } | Shape::Lost { from, to } => polyline(out, &[from, to]),
        _ => {}
    }
}

/// The data of the path where a message that was lost ends.
pub(super) fn cross(at: Point) -> String {
    badge_path(Badge::Broken, at, HEAD)
}

/// The data of a path that is an arrow. HTTP's heads are filled, a WebSocket's are open: told apart without colour.
fn arrow(out: &mut String, role: Role, from: Point, to: Point) {
    let [one, other] = head_ends(from, to);
    polyline(out, &[from, to]);
    polyline(out, &[one, to, other]);
    out.push_str(if matches!(role, Role::Message { protocol: Protocol::Http, .. }) { "Z" } else { "" });
}

const fn is_message(item: &Item) -> bool {
    matches!(item.role, Role::Message { .. })
}

/// Begins an element with its classes.
fn open(out: &mut String, name: &str, role: Role, selected: bool) {
    out.push('<');
    out.push_str(name);
    out.push_str(" class=\"");
    classes(out, role);
    out.push_str(if selected { " selected\"" } else { "\"" });
}

/// What of a shape an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Line,
    /// The head of an arrow that has one by itself.
    Head,
    Rect,
    Path,
    Circle,
    Text,
    /// Where what was lost ends.
    Cross,
}

/// Writes a shape as its elements. `dress` writes what each has in attributes for its looks.
pub(super) fn write_shape(out: &mut String, item: &Item, dress: impl Fn(&mut String, Part)) {
    match &item.shape {
        Shape::Line { from, to } => line(out, *from, *to, &dress),
        Shape::Lost { from, to } => {
            line(out, *from, *to, &dress);
            begin(out, "path", Part::Cross, &dress);
            add(out, format_args!(" d=\"{}\"/>", cross(*to)));
        }
        Shape::Arrow { from, to } => {
            line(out, *from, *to, &dress);
            let [one, other] = head_ends(*from, *to);
            begin(out, "path", Part::Head, &dress);
            out.push_str(" d=\"");
            polyline(out, &[one, *to, other]);
            out.push_str("\"/>");
        }
        Shape::Rect { at, width, height } => {
            begin(out, "rect", Part::Rect, &dress);
            place(out, *at);
            attribute(out, "width", *width);
            attribute(out, "height", *height);
            out.push_str("/>");
        }
        Shape::Path { points, closed } => {
            begin(out, "path", Part::Path, &dress);
            out.push_str(" d=\"");
            polyline(out, points);
            out.push_str(if *closed { "Z\"/>" } else { "\"/>" });
        }
        Shape::Dot { at, radius } => dot(out, item.role, *at, *radius, &dress),
        Shape::Text { at, text, anchor } => {
            begin(out, "text", Part::Text, &dress);
            place(out, *at);
            add(out, format_args!(" text-anchor=\"{}\">", anchor.name()));
            escape(out, text);
            out.push_str("</text>");
        }
    }
}

/// Begins an element with its looks.
fn begin(out: &mut String, name: &str, part: Part, dress: &impl Fn(&mut String, Part)) {
    out.push('<');
    out.push_str(name);
    dress(out, part);
}

fn line(out: &mut String, from: Point, to: Point, dress: &impl Fn(&mut String, Part)) {
    begin(out, "line", Part::Line, dress);
    for (name, value) in [("x1", from.x), ("y1", from.y), ("x2", to.x), ("y2", to.y)] {
        attribute(out, name, value);
    }
    out.push_str("/>");
}

/// The data of a path through points.
fn polyline(out: &mut String, points: &[Point]) {
    for (place, point) in points.iter().enumerate() {
        out.push(if place == 0 { 'M' } else { 'L' });
        tenths(out, point.x);
        out.push(' ');
        tenths(out, point.y);
    }
}

fn place(out: &mut String, at: Point) {
    attribute(out, "x", at.x);
    attribute(out, "y", at.y);
}

fn attribute(out: &mut String, name: &str, value: f64) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    tenths(out, value);
    out.push('"');
}

/// A length in pixels, to a tenth. Written by way of whole numbers, which takes a fraction of the time.
fn tenths(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    if tenths < 0 {
        out.push('-');
    }
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    add(out, format_args!("{whole}"));
    if rest > 0 {
        add(out, format_args!(".{rest}"));
    }
}

/// The two ends of an arrow's head, on either side behind its tip.
#[must_use]
pub fn head_ends(from: Point, to: Point) -> [Point; 2] {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy).max(1e-6);
    let (ux, uy) = (dx / length, dy / length);
    [1.0, -1.0].map(|side| Point {
        x: to.x - ux * 2.2 * HEAD - uy * side * HEAD,
        y: to.y - uy * 2.2 * HEAD + ux * side * HEAD,
    })
}

/// A badge's sign about its place: the path's data.
#[must_use]
pub fn badge_path(badge: Badge, at: Point, radius: f64) -> String {
    let Point { x, y } = at;
    let r = radius;
    match badge {
        Badge::Opening => {
            format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {:.1} 0a{r} {r} 0 1 0 {:.1} 0Z", x - r, 2.0 * r, -2.0 * r)
        }
        Badge::Close => format!("M{:.1} {:.1}h{:.1}v{:.1}h{:.1}Z", x - r, y - r, 2.0 * r, 2.0 * r, -2.0 * r),
        // Three quarters of a turn, with a head.
        Badge::Retried => format!(
            "M{x:.1} {:.1}A{r} {r} 0 1 1 {:.1} {y:.1}M{:.1} {:.1}L{x:.1} {:.1}L{:.1} {:.1}",
            y - r,
            x - r,
            x - r * 0.8,
            y - r * 1.7,
            y - r,
            x - r * 0.6,
            y - r * 0.1
        ),
        // Two heads, one behind the other.
        Badge::Resent => {
            format!("M{:.1} {:.1}l{r} {r}l{:.1} {r}M{x:.1} {:.1}l{r} {r}l{:.1} {r}", x - r, y - r, -r, y - r, -r)
        }
        Badge::Broken => format!(
            "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
            x - r,
            y - r,
            x + r,
            y + r,
            x - r,
            y + r,
            x + r,
            y - r
        ),
    }
}

/// HTTP's samples are discs, a WebSocket's are squares on their corner: told apart without colour.
fn dot(out: &mut String, role: Role, at: Point, radius: f64, dress: &impl Fn(&mut String, Part)) {
    let Point { x, y } = at;
    if let Role::Badge(badge, _) = role {
        begin(out, "path", Part::Path, dress);
        add(out, format_args!(" d=\"{}\"/>", badge_path(badge, at, radius)));
    } else if matches!(role, Role::Way { way: Way::WebSocket, .. }) {
        // A line's end is filled as the others' discs are; its paths are not.
        let (top, right, bottom, left) = (y - radius * 1.2, x + radius * 1.2, y + radius * 1.2, x - radius * 1.2);
        begin(out, "polygon", Part::Circle, dress);
        add(out, format_args!(" points=\"{x:.1},{top:.1} {right:.1},{y:.1} {x:.1},{bottom:.1} {left:.1},{y:.1}\"/>"));
    } else if matches!(
        role,
        Role::Sample { protocol: Protocol::WebSocket, .. }
            | Role::Percentile(Protocol::WebSocket)
            | Role::Piece { protocol: Protocol::WebSocket, .. }
    ) {
        let (top, right, bottom, left) = (y - radius * 1.2, x + radius * 1.2, y + radius * 1.2, x - radius * 1.2);
        begin(out, "path", Part::Path, dress);
        add(out, format_args!(" d=\"M{x:.1} {top:.1}L{right:.1} {y:.1}L{x:.1} {bottom:.1}L{left:.1} {y:.1}Z\"/>"));
    } else {
        begin(out, "circle", Part::Circle, dress);
        add(out, format_args!(" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
    }
}

/// Writing to a string never fails.
fn add(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).ok();
}

/// Writes a text so that it is no markup. What no XML may have is replaced.
pub(super) fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_messages_named() {
        let item = Item {
            shape: Shape::Text { at: Point { x: 1.0, y: 2.0 }, text: "<b> & \"c\"".into(), anchor: Anchor::End },
            role: Role::Note,
            message: Some(MessageId(7)),
            title: "a<b".into(),
        };
        let scene = Scene { width: 1.0, height: 1.0, items: vec![item] };
        assert_eq!(
            markup(&scene, Some(MessageId(7))),
            "<g class=\"note selected\" data-message=\"7\"><title>a&lt;b</title>\
             <text x=\"1\" y=\"2\" text-anchor=\"end\">&lt;b&gt; &amp; &quot;c&quot;</text></g>"
        );
    }
}
