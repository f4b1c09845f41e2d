//! How each shape looks, by what it means: the same as `style/diagram.css` says, as attributes that every program which
//! reads SVG understands. A test compares the two, shape by shape.

use super::palette::{Theme, Token};
use crate::analysis::Provenance;
use crate::analysis::break_even::Way;
use crate::drawing::charts::{Event, Layer, Piece};
use crate::drawing::{Badge, Role};
use crate::format::pattern::Pattern;
use crate::format::svg::Part;
use crate::trace::Protocol;

/// What an area is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fill {
    None,
    Plain(Token),
    Pattern(Pattern, Protocol),
}

/// How a shape looks. What is at its usual value is not written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub(super) fill: Fill,
    pub(super) fill_opacity: f64,
    pub(super) stroke: Option<Token>,
    pub(super) width: f64,
    pub(super) dash: &'static str,
    pub(super) round_cap: bool,
    pub(super) round_join: bool,
    pub(super) opacity: f64,
    pub(super) radius: f64,
    pub(super) size: f64,
    pub(super) weight: u16,
    pub(super) italic: bool,
    /// A rim in the colour of the ground, so that words can be read over lines: as wide as this, both sides together.
    pub(super) halo: f64,
    /// The rim's corners are round.
    pub(super) round_halo: bool,
}

impl Look {
    const PLAIN: Self = Self {
        fill: Fill::None,
        fill_opacity: 1.0,
        stroke: None,
        width: 1.0,
        dash: "",
        round_cap: false,
        round_join: false,
        opacity: 1.0,
        radius: 0.0,
        size: 11.0,
        weight: 400,
        italic: false,
        halo: 0.0,
        round_halo: false,
    };

    const fn stroked(token: Token, width: f64) -> Self {
        Self { stroke: Some(token), width, ..Self::PLAIN }
    }

    const fn filled(token: Token) -> Self {
        Self { fill: Fill::Plain(token), ..Self::PLAIN }
    }

    const fn with_fill(self, token: Token) -> Self {
        Self { fill: Fill::Plain(token), ..self }
    }

    const fn dashed(self, dash: &'static str) -> Self {
        Self { dash, ..self }
    }

    const fn opaque(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    const fn bold(self, weight: u16) -> Self {
        Self { weight, ..self }
    }

    const fn halo(self, halo: f64) -> Self {
        Self { halo, ..self }
    }

    const fn italic(self) -> Self {
        Self { italic: true, ..self }
    }
}

/// How a part of what a shape is made of looks.
pub(super) fn look(role: Role, part: Part) -> Look {
    match part {
        Part::Cross => Look::stroked(Token::Bad, 2.0),
        Part::Text => words(role),
        _ => drawn(role, part),
    }
}

/// How words look.
fn words(role: Role) -> Look {
    let ink = Look::filled(Token::Ink);
    let quiet = Look::filled(Token::Quiet);
    match role {
        Role::Tick | Role::Note | Role::Duration => quiet,
        Role::SilenceLabel => quiet.italic(),
        Role::Part => quiet.italic().halo(3.0),
        Role::Participant => Look { size: 13.0, ..ink.bold(600) },
        Role::FoldLabel(_) => ink.bold(600),
        Role::CrossingLabel => ink.bold(600).halo(3.0),
        Role::MessageLabel { warm_up, .. } => if warm_up { quiet } else { ink }.halo(3.0),
        Role::LayerLabel => Look { round_halo: true, ..ink.halo(4.0) },
        Role::PercentileLabel(protocol) => Look::filled(Token::own(protocol)).halo(3.0),
        Role::Named(protocol) => Look::filled(Token::own(protocol)).bold(600),
        Role::RowLabel(protocol) => Look::filled(Token::own(protocol)),
        Role::WayLabel { way, advised } => {
            Look::filled(Token::own(way.protocol())).bold(if advised { 700 } else { 400 })
        }
        _ => ink,
    }
}

/// How lines and areas look.
fn drawn(role: Role, part: Part) -> Look {
    let own = |protocol: Protocol, width: f64| Look::stroked(Token::own(protocol), width);
    match role {
        Role::Lifeline => Look::stroked(Token::Quiet, 1.0).dashed("2 3"),
        Role::Crowd => Look::filled(Token::Hair).opaque(0.6),
        Role::Connection(protocol) => Look::filled(Token::tint(protocol)),
        Role::ConnectionEnd(protocol) if part == Part::Line => own(protocol, 1.0).opaque(0.55),
        Role::ConnectionEnd(protocol) | Role::Queued(protocol) => own(protocol, 1.0).with_fill(Token::Raised),
        Role::EmulatedHandshake(protocol) => own(protocol, 1.0).dashed("2 2"),
        Role::Message { protocol, provenance, warm_up, unasked } => message(protocol, provenance, warm_up, unasked),
        Role::Uncertainty { protocol, .. } => own(protocol, 1.0).opaque(0.8),
        Role::Cut(_) => Look::stroked(Token::Quiet, 1.0),
        Role::Part | Role::Axis => Look::stroked(Token::Faint, 1.0),
        Role::Grid => Look::stroked(Token::Hair, 1.0),
        Role::Badge(badge, protocol) => badged(badge, protocol),
        Role::Control if part == Part::Head => Look::stroked(Token::Ws, 1.0),
        Role::Control => Look { round_cap: true, ..Look::stroked(Token::Ws, 1.0).dashed("1 3") },
        Role::Silence => Look::stroked(Token::Faint, 1.0).with_fill(Token::Hair),
        Role::Fold(_) => {
            Look { radius: 4.0, ..Look::stroked(Token::Quiet, 1.0).with_fill(Token::Raised).dashed("4 2") }
        }
        Role::Unfolded(_) => Look::stroked(Token::Quiet, 3.0),
        Role::Notable(_) => Look::stroked(Token::Bad, 1.5),
        Role::Density { protocol, level } => density(protocol, level),
        Role::Playhead => Look::stroked(Token::Focus, 1.5),
        Role::Crosshair => Look::stroked(Token::Focus, 1.0).opaque(0.7),
        Role::Reading => Look::stroked(Token::Focus, 2.0),
        Role::Picked => Look::stroked(Token::Focus, 2.0).with_fill(Token::Selected),
        _ => charted(role, part),
    }
}

fn message(protocol: Protocol, provenance: Provenance, warm_up: bool, unasked: bool) -> Look {
    let own = if unasked { Token::Unasked } else { Token::own(protocol) };
    let width = if warm_up { 1.0 } else { 1.5 };
    let line = Look { round_join: true, ..Look::stroked(own, width) };
    let line = if provenance == Provenance::Unknown { line.dashed("5 4") } else { line };
    let line = line.opaque(if warm_up { 0.75 } else { 1.0 });
    if protocol == Protocol::Http { line.with_fill(own) } else { line }
}

fn badged(badge: Badge, protocol: Protocol) -> Look {
    let sign = Look { round_join: true, ..Look::stroked(Token::own(protocol), 1.5) };
    match badge {
        Badge::Opening => sign.with_fill(Token::Raised),
        Badge::Close => sign.with_fill(Token::own(protocol)),
        Badge::Retried | Badge::Resent => sign,
        Badge::Broken => Look { stroke: Some(Token::Bad), width: 2.0, ..sign }.with_fill(Token::Raised),
    }
}

fn density(protocol: Option<Protocol>, level: u8) -> Look {
    let token = protocol.map_or(Token::Quiet, Token::own);
    let opacity = match level {
        2 => 0.55,
        3 => 0.75,
        4 => 0.95,
        _ => 0.35,
    };
    Look::filled(token).opaque(opacity)
}

/// What occurs in charts alone.
fn charted(role: Role, part: Part) -> Look {
    let own = |protocol: Protocol, width: f64| Look::stroked(Token::own(protocol), width);
    match role {
        Role::Sample { protocol, left_out: false } => own(protocol, 1.0).with_fill(Token::own(protocol)),
        Role::Sample { protocol, left_out: true } => own(protocol, 1.0),
        Role::Spread(protocol) => own(protocol, 1.0).opaque(0.5),
        Role::Beyond(protocol) => Look::filled(Token::own(protocol)),
        Role::Median(protocol) => own(protocol, 1.5),
        Role::Way { way, advised } => on_way(way, advised, part),
        Role::Leader(way) => own(way.protocol(), 1.0).opaque(0.45),
        Role::Crossing => Look::stroked(Token::Ink, 1.5).with_fill(Token::Raised),
        Role::Event { protocol, what } => event(protocol, what),
        Role::Bar(protocol) => Look::filled(Token::own(protocol)).opaque(0.75),
        Role::Cumulative(protocol) => {
            let dash = if protocol == Protocol::WebSocket { "6 3" } else { "" };
            Look { round_join: true, ..own(protocol, 1.75).dashed(dash) }
        }
        Role::Percentile(protocol) if part == Part::Line => own(protocol, 1.0).dashed("2 2"),
        Role::Percentile(protocol) => own(protocol, 1.5).with_fill(Token::Raised),
        Role::Layer { protocol, layer } => layered(protocol, layer),
        Role::AtLeast(_) => Look::stroked(Token::Ink, 2.0).dashed("4 4"),
        Role::Piece { protocol, piece } => stretch(protocol, piece, part),
        // What is left is words.
        _ => Look::PLAIN,
    }
}

/// Colour is the protocol's; dashes tell the ways of one protocol apart.
fn on_way(way: Way, advised: bool, part: Part) -> Look {
    let own = Token::own(way.protocol());
    if part == Part::Circle {
        return Look::filled(own);
    }
    let line = Look { round_join: true, ..Look::stroked(own, 1.75) };
    let line = match way {
        Way::Close => line.dashed("9 4"),
        Way::ShortPolling => Look { round_cap: true, width: 2.25, ..line.dashed("1 4.5") },
        Way::ServerSentEvents => line.dashed("10 3 2 3"),
        Way::LongPolling => line.dashed("8 4"),
        _ => line,
    };
    if advised { Look { width: 3.0, ..line } } else { line }
}

fn event(protocol: Protocol, what: Event) -> Look {
    match what {
        Event::Opened | Event::Retried => Look::stroked(Token::own(protocol), 1.5),
        Event::Part => Look::stroked(Token::Quiet, 1.0).dashed("4 3"),
        Event::Hidden => Look::stroked(Token::Bad, 1.0).with_fill(Token::BadTint).dashed("3 2"),
    }
}

fn layered(protocol: Protocol, layer: Layer) -> Look {
    let area = Look { round_join: true, ..Look::stroked(Token::own(protocol), 1.0) };
    match layer {
        Layer::Payload => Look { fill_opacity: 0.8, ..area.with_fill(Token::own(protocol)) },
        Layer::Overhead => Look { fill: Fill::Pattern(Pattern::Hatch, protocol), ..area },
        Layer::Instrument => Look { fill: Fill::Pattern(Pattern::Dots, protocol), ..area },
    }
}

/// A stretch of an exchange, as a bar, a line or a sign.
fn stretch(protocol: Protocol, piece: Piece, part: Part) -> Look {
    let own = Token::own(protocol);
    let line = Look::stroked(own, 1.0);
    let pattern = |pattern: Pattern| Look { fill: Fill::Pattern(pattern, protocol), ..line };
    match piece {
        Piece::Stalled => Look { width: 2.0, ..line }.opaque(0.6),
        Piece::Delivery => Look { width: 2.0, ..line }.dashed("1 2"),
        Piece::NameLookup | Piece::Closing => pattern(Pattern::Dots),
        Piece::Connect | Piece::Opening => pattern(Pattern::Hatch),
        Piece::Tls => pattern(Pattern::Cross),
        Piece::Waiting => Look { fill_opacity: 0.25, ..line.with_fill(own) },
        Piece::Download => line.with_fill(own),
        Piece::RoundTrip => Look { fill_opacity: 0.6, ..line.with_fill(own) },
        Piece::Undivided => line.dashed("3 2"),
        Piece::AtServer => Look::stroked(Token::Ink, 1.25),
        Piece::Arrival if part != Part::Line => Look::filled(own),
        Piece::Arrival => line,
        Piece::Unanswered => Look { width: 1.5, ..line.dashed("4 3") },
    }
}

/// Writes a look as attributes.
pub(super) fn write(out: &mut String, look: &Look, theme: Theme) {
    paint(out, look, theme);
    attribute(out, "opacity", look.opacity, 1.0);
    attribute(out, "rx", look.radius, 0.0);
}

fn paint(out: &mut String, look: &Look, theme: Theme) {
    match look.fill {
        Fill::None => out.push_str(" fill=\"none\""),
        Fill::Plain(token) => coloured(out, "fill", token, look.fill_opacity, theme),
        Fill::Pattern(pattern, protocol) => {
            *out += &format!(" fill=\"url(#{}-{})\"", pattern.name(), Token::own(protocol).name());
        }
    }
    let Some(stroke) = look.stroke else { return };
    coloured(out, "stroke", stroke, 1.0, theme);
    attribute(out, "stroke-width", look.width, 1.0);
    if !look.dash.is_empty() {
        *out += &format!(" stroke-dasharray=\"{}\"", look.dash);
    }
    for (name, is_round) in [("stroke-linecap", look.round_cap), ("stroke-linejoin", look.round_join)] {
        if is_round {
            *out += &format!(" {name}=\"round\"");
        }
    }
}

/// Writes how words look; their rim is written apart from them.
pub(super) fn write_type(out: &mut String, look: &Look) {
    attribute(out, "font-size", look.size, 11.0);
    if look.weight != 400 {
        *out += &format!(" font-weight=\"{}\"", look.weight);
    }
    if look.italic {
        out.push_str(" font-style=\"italic\"");
    }
}

/// A colour, and apart from it how opaque it is: few programs know a colour that has both.
pub(super) fn coloured(out: &mut String, name: &str, token: Token, opacity: f64, theme: Theme) {
    let [red, green, blue, alpha] = token.colour(theme);
    *out += &format!(" {name}=\"#{red:02x}{green:02x}{blue:02x}\"");
    let opacity = opacity * f64::from(alpha) / 255.0;
    attribute(out, &format!("{name}-opacity"), (opacity * 1_000.0).round() / 1_000.0, 1.0);
}

fn attribute(out: &mut String, name: &str, value: f64, usual: f64) {
    if value != usual {
        *out += &format!(" {name}=\"{value}\"");
    }
}
