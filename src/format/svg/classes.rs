//! The class names by which the style sheet knows what a shape means.

use super::add;
use crate::analysis::Provenance;
use crate::analysis::break_even::Way;
use crate::drawing::charts::{Event, Layer, Piece};
use crate::drawing::{Badge, Role};
use crate::trace::Protocol;

/// Writes the class names of a role.
pub(super) fn classes(out: &mut String, role: Role) {
    let mut of = |name: &str, protocol: Protocol| {
        out.push_str(name);
        out.push(' ');
        out.push_str(protocol_class(protocol));
    };
    match role {
        Role::Lifeline => out.push_str("lifeline"),
        Role::Crowd => out.push_str("crowd"),
        Role::Connection(protocol) => of("connection", protocol),
        Role::ConnectionEnd(protocol) => of("connection-end", protocol),
        Role::EmulatedHandshake(protocol) => of("emulated-handshake", protocol),
        Role::Message { protocol, provenance, warm_up, unasked } => {
            of("message", protocol);
            out.push_str(if provenance == Provenance::Unknown { " unknown" } else { "" });
            out.push_str(if unasked { " unasked" } else { "" });
            out.push_str(warm_up_class(warm_up));
        }
        Role::MessageLabel { protocol, warm_up } => {
            of("label", protocol);
            out.push_str(warm_up_class(warm_up));
        }
        Role::Uncertainty { protocol, .. } => of("uncertainty", protocol),
        Role::Cut(_) => out.push_str("cut"),
        Role::Part => out.push_str("part"),
        Role::Grid => out.push_str("grid"),
        Role::Tick => out.push_str("tick"),
        Role::Sample { protocol, left_out } => {
            of("sample", protocol);
            out.push_str(if left_out { " left-out" } else { "" });
        }
        Role::Spread(protocol) => of("spread", protocol),
        Role::Beyond(protocol) => of("beyond", protocol),
        Role::Median(protocol) => of("median", protocol),
        Role::Way { way, advised } => of_way(out, "way", way, advised),
        Role::WayLabel { way, advised } => of_way(out, "way-label", way, advised),
        Role::Leader(way) => of_way(out, "leader", way, false),
        Role::Crossing => out.push_str("crossing"),
        Role::CrossingLabel => out.push_str("crossing-label"),
        Role::Note => out.push_str("note"),
        Role::Playhead => out.push_str("playhead"),
        Role::Notable(protocol) => of("notable", protocol),
        Role::Participant => out.push_str("participant"),
        Role::Badge(badge, protocol) => of(badge_class(badge), protocol),
        Role::Queued(protocol) => of("queued", protocol),
        Role::Control => out.push_str("control ws"),
        Role::Silence => out.push_str("silence"),
        Role::SilenceLabel => out.push_str("silence-label"),
        Role::Fold(_) => out.push_str("fold"),
        Role::FoldLabel(_) => out.push_str("fold-label"),
        Role::Unfolded(_) => out.push_str("unfolded"),
        Role::Density { protocol, level } => {
            add(out, format_args!("density {} level-{level}", protocol.map_or("both", protocol_class)));
        }
        Role::Axis => out.push_str("axis"),
        Role::Named(protocol) => of("named", protocol),
        Role::Event { protocol, what } => of_event(out, what, protocol),
        Role::Bar(protocol) => of("bar", protocol),
        Role::Cumulative(protocol) => of("cumulative", protocol),
        Role::Percentile(protocol) => of("percentile", protocol),
        Role::PercentileLabel(protocol) => of("percentile-label", protocol),
        Role::Layer { protocol, layer } => of(layer_class(layer), protocol),
        Role::LayerLabel => out.push_str("layer-label"),
        Role::AtLeast(protocol) => of("at-least", protocol),
        Role::Piece { protocol, piece } => of(piece_class(piece), protocol),
        Role::RowLabel(protocol) => of("row-label", protocol),
        Role::Duration => out.push_str("duration"),
        Role::Crosshair => out.push_str("crosshair"),
        Role::Reading => out.push_str("reading"),
        Role::Picked => out.push_str("picked"),
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
fn of_way(out: &mut String, name: &str, way: Way, advised: bool) {
    let advised = if advised { " advised" } else { "" };
    add(out, format_args!("{name} {} {}{advised}", way.slug(), protocol_class(way.protocol())));
}

fn of_event(out: &mut String, what: Event, protocol: Protocol) {
    add(out, format_args!("event {} {}", event_class(what), protocol_class(protocol)));
}

/// The class name of what happened beside the exchanges.
const fn event_class(what: Event) -> &'static str {
    match what {
        Event::Opened => "opened",
        Event::Retried => "retried",
        Event::Hidden => "hidden-tab",
        Event::Part => "part-begins",
    }
}

/// The class names of a layer of bytes.
const fn layer_class(layer: Layer) -> &'static str {
    match layer {
        Layer::Payload => "layer payload",
        Layer::Overhead => "layer overhead",
        Layer::Instrument => "layer instrument",
    }
}

/// The class names of a stretch of an exchange.
const fn piece_class(piece: Piece) -> &'static str {
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
