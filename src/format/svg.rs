//! A scene as SVG markup. Looks are left to classes; what shows a message names it in `data-message`.

use std::fmt::Write as _;

use crate::analysis::Provenance;
use crate::analysis::break_even::Way;
use crate::drawing::charts::{Event, Layer, Piece};
use crate::drawing::{Badge, Item, Point, Role, Scene, Shape};
use crate::trace::{MessageId, Protocol};

/// Half the width of an arrow's head, in pixels.
pub const HEAD: f64 = 4.0;

/// The markup of all items, to stand within an `<svg>` of the scene's size.
#[must_use]
pub fn markup(scene: &Scene, selected: Option<MessageId>) -> String {
    let mut out = String::with_capacity(scene.items.len() * 160);
    for item in &scene.items {
        write_item(&mut out, item, item.message.is_some() && item.message == selected);
    }
    out
}

fn write_item(out: &mut String, item: &Item, selected: bool) {
    if let Role::Message { .. } | Role::MessageLabel { .. } | Role::Uncertainty(_) = item.role {
        write_bare(out, item, selected);
        return;
    }
    let classes = classes(item.role);
    let mark = if selected { " selected" } else { "" };
    out.push_str("<g class=\"");
    out.push_str(&classes);
    out.push_str(mark);
    out.push('"');
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
    write_shape(out, item);
    out.push_str("</g>");
}

/// What there are thousands of: an element for each, without a group and without a title. Who points at one is told by
/// [`Scene::nearest`].
fn write_bare(out: &mut String, item: &Item, selected: bool) {
    let (from, to, tip) = match &item.shape {
        Shape::Arrow { from, to } => (*from, *to, true),
        Shape::Line { from, to } | Shape::Lost { from, to } => (*from, *to, false),
        shape => {
            if let Shape::Text { at, text, anchor } = shape {
                out.push_str("<text");
                write_bare_class(out, item, selected);
                add(out, format_args!(" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\">", at.x, at.y, anchor.name()));
                escape(out, text);
                out.push_str("</text>");
            }
            return;
        }
    };
    let line = format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y);
    if selected {
        add(out, format_args!("<path class=\"halo\" d=\"{line}\"/>"));
    }
    out.push_str("<path");
    write_bare_class(out, item, selected);
    add(out, format_args!(" d=\"{line}"));
    if tip {
        let [one, other] = head_ends(from, to);
        add(out, format_args!("M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}", one.x, one.y, to.x, to.y, other.x, other.y));
        // HTTP's heads are filled, a WebSocket's are open: told apart without colour.
        if let Role::Message { protocol: Protocol::Http, .. } = item.role {
            out.push('Z');
        }
    }
    out.push_str("\"/>");
    if let Shape::Lost { .. } = item.shape {
        add(out, format_args!("<path class=\"cross\" d=\"{}\"/>", badge_path(Badge::Broken, to, HEAD)));
    }
}

fn write_bare_class(out: &mut String, item: &Item, selected: bool) {
    add(out, format_args!(" class=\"{}{}\"", classes(item.role), if selected { " selected" } else { "" }));
    if let Some(id) = item.message {
        add(out, format_args!(" data-message=\"{}\"", id.0));
    }
}

fn write_shape(out: &mut String, item: &Item) {
    match &item.shape {
        Shape::Line { from, to } | Shape::Lost { from, to } => line(out, *from, *to, ""),
        Shape::Arrow { from, to } => {
            line(out, *from, *to, "");
            head(out, *from, *to);
        }
        Shape::Rect { at, width, height } => {
            add(
                out,
                format_args!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>", at.x, at.y),
            );
        }
        Shape::Path { points, closed } => {
            out.push_str("<path d=\"");
            for (place, point) in points.iter().enumerate() {
                add(out, format_args!("{}{:.1} {:.1}", if place == 0 { 'M' } else { 'L' }, point.x, point.y));
            }
            out.push_str(if *closed { "Z\"/>" } else { "\"/>" });
        }
        Shape::Dot { at, radius } => dot(out, item.role, *at, *radius),
        Shape::Text { at, text, anchor } => {
            let anchor = anchor.name();
            add(out, format_args!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">", at.x, at.y));
            escape(out, text);
            out.push_str("</text>");
        }
    }
}

fn line(out: &mut String, from: Point, to: Point, attributes: &str) {
    let Point { x, y } = from;
    add(out, format_args!("<line{attributes} x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>", to.x, to.y));
}

fn head(out: &mut String, from: Point, to: Point) {
    let [one, other] = head_ends(from, to);
    add(
        out,
        format_args!(
            "<path class=\"head\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}\"/>",
            one.x, one.y, to.x, to.y, other.x, other.y
        ),
    );
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
fn dot(out: &mut String, role: Role, at: Point, radius: f64) {
    let Point { x, y } = at;
    if let Role::Badge(badge, _) = role {
        add(out, format_args!("<path d=\"{}\"/>", badge_path(badge, at, radius)));
    } else if matches!(
        role,
        Role::Sample { protocol: Protocol::WebSocket, .. }
            | Role::Way { way: Way::WebSocket, .. }
            | Role::Percentile(Protocol::WebSocket)
            | Role::Piece { protocol: Protocol::WebSocket, .. }
    ) {
        let r = radius * 1.2;
        add(
            out,
            format_args!(
                "<path d=\"M{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}Z\"/>",
                y - r,
                x + r,
                y + r,
                x - r
            ),
        );
    } else {
        add(out, format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
    }
}

/// Writing to a string never fails.
fn add(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).ok();
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(character),
        }
    }
}

/// The class names of a role.
fn classes(role: Role) -> String {
    let of = |name: &str, protocol: Protocol| format!("{name} {}", protocol_class(protocol));
    match role {
        Role::Lifeline => "lifeline".into(),
        Role::Crowd => "crowd".into(),
        Role::Connection(protocol) => of("connection", protocol),
        Role::ConnectionEnd(protocol) => of("connection-end", protocol),
        Role::EmulatedHandshake(protocol) => of("emulated-handshake", protocol),
        Role::Message { protocol, provenance, warm_up, unasked } => {
            let unknown = if provenance == Provenance::Unknown { " unknown" } else { "" };
            let unasked = if unasked { " unasked" } else { "" };
            format!("{}{unknown}{unasked}{}", of("message", protocol), warm_up_class(warm_up))
        }
        Role::MessageLabel { protocol, warm_up } => format!("{}{}", of("label", protocol), warm_up_class(warm_up)),
        Role::Uncertainty(protocol) => of("uncertainty", protocol),
        Role::Cut => "cut".into(),
        Role::Part => "part".into(),
        Role::Grid => "grid".into(),
        Role::Tick => "tick".into(),
        Role::Sample { protocol, left_out } => {
            format!("{}{}", of("sample", protocol), if left_out { " left-out" } else { "" })
        }
        Role::Spread(protocol) => of("spread", protocol),
        Role::Median(protocol) => of("median", protocol),
        Role::Way { way, advised } => of_way("way", way, advised),
        Role::WayLabel { way, advised } => of_way("way-label", way, advised),
        Role::Leader(way) => of_way("leader", way, false),
        Role::Crossing => "crossing".into(),
        Role::CrossingLabel => "crossing-label".into(),
        Role::Note => "note".into(),
        Role::Playhead => "playhead".into(),
        Role::Notable(protocol) => of("notable", protocol),
        Role::Participant => "participant".into(),
        Role::Badge(badge, protocol) => of(badge_class(badge), protocol),
        Role::Queued(protocol) => of("queued", protocol),
        Role::Control => "control ws".into(),
        Role::Silence => "silence".into(),
        Role::SilenceLabel => "silence-label".into(),
        Role::Fold(_) => "fold".into(),
        Role::FoldLabel(_) => "fold-label".into(),
        Role::Unfolded(_) => "unfolded".into(),
        Role::Density { protocol, level } => {
            format!("density {} level-{level}", protocol.map_or("both", protocol_class))
        }
        Role::Axis => "axis".into(),
        Role::Named(protocol) => of("named", protocol),
        Role::Event { protocol, what } => of_event(what, protocol),
        Role::Bar(protocol) => of("bar", protocol),
        Role::Cumulative(protocol) => of("cumulative", protocol),
        Role::Percentile(protocol) => of("percentile", protocol),
        Role::PercentileLabel(protocol) => of("percentile-label", protocol),
        Role::Layer { protocol, layer } => of(layer_class(layer), protocol),
        Role::LayerLabel => "layer-label".into(),
        Role::AtLeast(protocol) => of("at-least", protocol),
        Role::Piece { protocol, piece } => of(piece_class(piece), protocol),
        Role::RowLabel(protocol) => of("row-label", protocol),
        Role::Duration => "duration".into(),
        Role::Crosshair => "crosshair".into(),
        Role::Reading => "reading".into(),
        Role::Picked => "picked".into(),
    }
}

const fn badge_class(badge: Badge) -> &'static str {
    match badge {
        Badge::Opening => "badge opening",
        Badge::Close => "badge close",
        Badge::Retried => "badge retried",
        Badge::Resent => "badge resent",
        Badge::Broken => "badge broken",
    }
}

/// The class names of what shows a way to talk: its own, for the dash, and its protocol's, for the colour.
fn of_way(name: &str, way: Way, advised: bool) -> String {
    let advised = if advised { " advised" } else { "" };
    format!("{name} {} {}{advised}", way.slug(), protocol_class(way.protocol()))
}

fn of_event(what: Event, protocol: Protocol) -> String {
    format!("event {} {}", event_class(what), protocol_class(protocol))
}

/// The class name of what happened beside the exchanges.
#[must_use]
pub const fn event_class(what: Event) -> &'static str {
    match what {
        Event::Opened => "opened",
        Event::Retried => "retried",
        Event::Hidden => "hidden-tab",
        Event::Part => "part-begins",
    }
}

/// The class names of a layer of bytes.
#[must_use]
pub const fn layer_class(layer: Layer) -> &'static str {
    match layer {
        Layer::Payload => "layer payload",
        Layer::Overhead => "layer overhead",
        Layer::Instrument => "layer instrument",
    }
}

/// The class names of a stretch of an exchange.
#[must_use]
pub const fn piece_class(piece: Piece) -> &'static str {
    match piece {
        Piece::Stalled => "piece stalled",
        Piece::NameLookup => "piece name-lookup",
        Piece::Connect => "piece connect",
        Piece::Tls => "piece tls",
        Piece::Waiting => "piece waiting",
        Piece::Download => "piece download",
        Piece::Delivery => "piece delivery",
        Piece::Opening => "piece opening",
        Piece::RoundTrip => "piece round-trip",
        Piece::Closing => "piece closing",
        Piece::Undivided => "piece undivided",
        Piece::Unanswered => "piece unanswered",
        Piece::AtServer => "piece at-server",
        Piece::Arrival => "piece arrival",
    }
}

const fn warm_up_class(warm_up: bool) -> &'static str {
    if warm_up { " warm-up" } else { "" }
}

/// The class name of a protocol, which stands for its colour everywhere.
#[must_use]
pub const fn protocol_class(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http",
        Protocol::WebSocket => "ws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::Anchor;

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
             <text x=\"1.0\" y=\"2.0\" text-anchor=\"end\">&lt;b&gt; &amp; &quot;c&quot;</text></g>"
        );
    }
}
