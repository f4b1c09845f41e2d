//! A scene on a canvas: the looks that the style sheet gives to the same roles in SVG, where there are more shapes than
//! a document should hold.

use crate::analysis::Provenance;
use crate::browser::canvas::Canvas;
use crate::browser::surroundings;
use crate::drawing::{Badge, Item, Point, Role, Scene, Shape};
use crate::format::svg;
use crate::trace::{MessageId, Protocol};

/// With more shapes than these, lines are thinner.
const CROWDED: usize = 1_500;
/// The type of all words.
const FONT: &str = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/// The colours of the style sheet, as they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct Inks {
    ink: String,
    quiet: String,
    faint: String,
    hair: String,
    raised: String,
    http: String,
    ws: String,
    http_tint: String,
    ws_tint: String,
    unasked: String,
    bad: String,
    focus: String,
}

impl Inks {
    /// Those of the scheme that is shown now.
    #[must_use]
    pub fn now() -> Self {
        let names = [
            "--ink",
            "--quiet",
            "--faint",
            "--hair",
            "--raised",
            "--http",
            "--ws",
            "--http-tint",
            "--ws-tint",
            "--unasked",
            "--bad",
            "--focus",
        ];
        let [ink, quiet, faint, hair, raised, http, ws, http_tint, ws_tint, unasked, bad, focus] =
            surroundings::colours(names);
        Self { ink, quiet, faint, hair, raised, http, ws, http_tint, ws_tint, unasked, bad, focus }
    }

    fn of(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Http => &self.http,
            Protocol::WebSocket => &self.ws,
        }
    }

    fn tint(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Http => &self.http_tint,
            Protocol::WebSocket => &self.ws_tint,
        }
    }
}

/// How shapes of a kind look.
#[derive(Clone, Copy, PartialEq)]
struct Pen<'a> {
    colour: &'a str,
    width: f64,
    dashes: &'static [f64],
    opacity: f64,
    /// Filled with that colour, before its outline is drawn.
    fill: Option<&'a str>,
}

impl<'a> Pen<'a> {
    const fn line(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dashes: &[], opacity: 1.0, fill: None }
    }

    const fn area(colour: &'a str) -> Self {
        Self { colour, width: 0.0, dashes: &[], opacity: 1.0, fill: Some(colour) }
    }

    fn of(role: Role, inks: &'a Inks) -> Self {
        match role {
            Role::Lifeline => Self { dashes: &[2.0, 3.0], ..Self::line(&inks.quiet, 1.0) },
            Role::Crowd => Self { opacity: 0.6, ..Self::area(&inks.hair) },
            Role::Connection(protocol) => Self::area(inks.tint(protocol)),
            Role::ConnectionEnd(protocol) => Self { fill: Some(&inks.raised), ..Self::line(inks.of(protocol), 1.0) },
            Role::EmulatedHandshake(protocol) => Self { dashes: &[2.0, 2.0], ..Self::line(inks.of(protocol), 1.0) },
            Role::Queued(protocol) | Role::Uncertainty { protocol, .. } => {
                Self { opacity: 0.8, ..Self::line(inks.of(protocol), 1.0) }
            }
            Role::Message { protocol, provenance, warm_up, unasked } => Self {
                colour: if unasked { &inks.unasked } else { inks.of(protocol) },
                dashes: if provenance == Provenance::Unknown { &[5.0, 4.0] } else { &[] },
                opacity: if warm_up { 0.75 } else { 1.0 },
                width: if warm_up { 1.0 } else { 1.5 },
                fill: None,
            },
            Role::Badge(Badge::Broken, _) => Self::line(&inks.bad, 2.0),
            Role::Badge(Badge::Close, protocol) => {
                Self { fill: Some(inks.of(protocol)), ..Self::line(inks.of(protocol), 1.0) }
            }
            Role::Badge(_, protocol) => Self { fill: Some(&inks.raised), ..Self::line(inks.of(protocol), 1.5) },
            Role::Control => Self::line(&inks.ws, 1.0),
            Role::Part | Role::Cut(_) | Role::Unfolded(_) => Self::line(&inks.faint, 1.0),
            Role::Silence => Self { fill: Some(&inks.hair), ..Self::line(&inks.faint, 1.0) },
            Role::Fold(_) => Self { fill: Some(&inks.raised), ..Self::line(&inks.quiet, 1.0) },
            Role::Density { protocol, level } => {
                let colour = protocol.map_or(&*inks.quiet, |protocol| inks.of(protocol));
                Self { opacity: 0.15 + 0.2 * f64::from(level), ..Self::area(colour) }
            }
            Role::Playhead => Self::line(&inks.focus, 1.5),
            Role::Notable(_) => Self::line(&inks.bad, 1.0),
            _ => Self::line(&inks.hair, 1.0),
        }
    }
}

/// The colour of words.
fn words_ink(role: Role, inks: &Inks) -> &str {
    match role {
        Role::MessageLabel { warm_up: false, .. } | Role::FoldLabel(_) => &inks.ink,
        _ => &inks.quiet,
    }
}

/// Paints the part of a scene that begins at `top`.
pub fn paint(canvas: &Canvas, scene: &Scene, top: f64, selected: Option<MessageId>, inks: &Inks) {
    canvas.move_origin(0.0, -top);
    let shapes = scene.items.iter().filter(|item| !matches!(item.shape, Shape::Text { .. }));
    // Shapes that look the same are drawn at one go, as long as they follow one another in the same plane.
    let is_crowded = scene.items.len() > CROWDED;
    let pen = |item: &Item| {
        let pen = Pen::of(item.role, inks);
        // Where lines lie over one another, thin ones leave something to be seen between them.
        if is_crowded && item.message.is_some() {
            Pen { width: pen.width * 0.6, opacity: pen.opacity * 0.8, ..pen }
        } else {
            pen
        }
    };
    let shapes: Vec<(Pen<'_>, &Item)> = shapes.map(|item| (pen(item), item)).collect();
    let mut planes: Vec<(Pen<'_>, Vec<&Item>)> = Vec::new();
    for (pen, item) in shapes {
        // Messages lie in one plane, whatever they look like; what is behind them must stay there.
        let reach = if item.message.is_some() { 6 } else { 1 };
        match planes.iter_mut().rev().take(reach).find(|(known, _)| *known == pen) {
            Some((_, items)) => items.push(item),
            None => planes.push((pen, vec![item])),
        }
    }
    for (pen, items) in planes {
        draw(canvas, pen, &items, inks);
    }
    let chosen: Vec<&Item> =
        scene.items.iter().filter(|item| item.message.is_some() && item.message == selected).collect();
    for item in chosen.iter().filter(|item| matches!(item.role, Role::Message { .. })) {
        let pen = Pen::of(item.role, inks);
        draw(canvas, Pen { width: 3.0, opacity: 1.0, ..pen }, &[item], inks);
    }
    canvas.opacity(1.0);
    // Taking up a type costs more than writing with it.
    let mut taken_up = None;
    for item in &scene.items {
        let Shape::Text { at, text, anchor } = &item.shape else { continue };
        let is_chosen = item.message.is_some() && item.message == selected;
        let has_rim = matches!(item.role, Role::MessageLabel { .. } | Role::Part | Role::SilenceLabel);
        let look = (words_ink(item.role, inks), is_chosen, *anchor, has_rim);
        if taken_up != Some(look) {
            taken_up = Some(look);
            let font = if is_chosen { format!("bold {FONT}") } else { FONT.to_owned() };
            canvas.write(&font, anchor.name(), look.0, has_rim.then_some(&*inks.raised));
        }
        canvas.words(text, at.x, at.y, has_rim);
    }
}

fn draw(canvas: &Canvas, pen: Pen<'_>, items: &[&Item], inks: &Inks) {
    canvas.opacity(pen.opacity);
    if let Some(fill) = pen.fill {
        canvas.pen(fill, 1.0, &[]);
        items.iter().for_each(|item| trace(canvas, item));
        canvas.fill();
    }
    if pen.width > 0.0 {
        canvas.pen(pen.colour, pen.width, pen.dashes);
        items.iter().for_each(|item| trace(canvas, item));
        canvas.stroke();
    }
    let tips = items.iter().filter_map(|item| match item.shape {
        Shape::Arrow { from, to } => Some((item, from, to)),
        _ => None,
    });
    canvas.pen(pen.colour, pen.width, &[]);
    let mut is_filled = false;
    for (item, from, to) in tips {
        is_filled |= matches!(item.role, Role::Message { protocol: Protocol::Http, .. });
        head(canvas, from, to);
    }
    // HTTP's heads are filled, a WebSocket's are open: told apart without colour.
    if is_filled {
        canvas.fill();
    } else {
        canvas.stroke();
    }
    canvas.pen(&inks.bad, 2.0, &[]);
    for item in items {
        if let Shape::Lost { to, .. } = item.shape {
            cross(canvas, to, svg::HEAD);
        }
    }
    canvas.stroke();
}

fn cross(canvas: &Canvas, at: Point, half: f64) {
    canvas.go(at.x - half, at.y - half);
    canvas.line(at.x + half, at.y + half);
    canvas.go(at.x - half, at.y + half);
    canvas.line(at.x + half, at.y - half);
}

fn head(canvas: &Canvas, from: Point, to: Point) {
    let [one, other] = svg::head_ends(from, to);
    canvas.go(one.x, one.y);
    canvas.line(to.x, to.y);
    canvas.line(other.x, other.y);
}

/// Adds a shape's outline to the path.
fn trace(canvas: &Canvas, item: &Item) {
    match &item.shape {
        Shape::Line { from, to } | Shape::Arrow { from, to } | Shape::Lost { from, to } => {
            canvas.go(from.x, from.y);
            canvas.line(to.x, to.y);
        }
        Shape::Rect { at, width, height } => canvas.rect(at.x, at.y, *width, *height),
        Shape::Path { points, closed } => {
            let closing = points.first().filter(|_| *closed);
            for (place, point) in points.iter().chain(closing).enumerate() {
                if place == 0 { canvas.go(point.x, point.y) } else { canvas.line(point.x, point.y) }
            }
        }
        Shape::Dot { at, radius } => match item.role {
            Role::Badge(Badge::Broken, _) => cross(canvas, *at, *radius),
            Role::Badge(Badge::Close, _) => canvas.rect(at.x - radius, at.y - radius, 2.0 * radius, 2.0 * radius),
            Role::Badge(Badge::Resent, _) => {
                for x in [at.x - radius, at.x] {
                    canvas.go(x, at.y - radius);
                    canvas.line(x + radius, at.y);
                    canvas.line(x, at.y + radius);
                }
            }
            _ => canvas.circle(at.x, at.y, *radius),
        },
        Shape::Text { .. } => {}
    }
}
