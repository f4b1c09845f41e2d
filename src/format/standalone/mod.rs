//! A picture as a file of its own: SVG that needs no style sheet, no script and no font of ours, for documents, slides
//! and whatever reads SVG 1.1. It has a ground, its colours are plain, and it says what it shows and how that was
//! recorded.
//!
//! Geometry is that of [`svg`]; looks are those of the style sheet, from one table (`looks.rs`).

mod looks;
mod palette;

pub use palette::{Theme, Token};

use std::fmt::Write as _;

use looks::{Fill, Look, Pattern};

use super::date;
use super::svg::{self, Part};
use crate::analysis::Timeline;
use crate::drawing::{Anchor, Item, Point, Role, Scene, Shape};
use crate::trace::{Protocol, Trace};

/// Around all, in pixels.
const MARGIN: f64 = 10.0;
/// From one line of a legend to the next, in pixels.
const LEADING: f64 = 18.0;
/// From a sign of a legend to its words, in pixels.
const GAP: f64 = 6.0;
/// From one entry of a legend to the next, in pixels.
const APART: f64 = 18.0;
/// The width of a letter of a legend, at most in the mean, in pixels: no font is measured.
const LETTER: f64 = 6.2;
/// Which fonts there are differs from one machine to the next; the first is there, or replaced, nearly everywhere.
const FONTS: &str = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// What stands in a picture, and beside it.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// What it shows, in a few words.
    pub title: &'a str,
    /// How that was recorded, see [`provenance`].
    pub description: &'a str,
    /// Pictures one below another: the names of participants above their diagram.
    pub scenes: &'a [&'a Scene],
    /// The signs that occur, each with its words.
    pub legend: &'a [(Scene, &'a str)],
    /// On which ground.
    pub theme: Theme,
}

/// A picture as a file of its own.
#[must_use]
pub fn document(sheet: &Sheet<'_>) -> String {
    let wide = sheet.scenes.iter().map(|scene| scene.width).fold(0.0, f64::max);
    let high: f64 = sheet.scenes.iter().map(|scene| scene.height).sum();
    let (legend, legend_height) = legend(sheet, wide, high);
    let (width, height) = ((wide + 2.0 * MARGIN).ceil(), (high + legend_height + 2.0 * MARGIN).ceil());
    let mut out = String::new();
    add(&mut out, format_args!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    add(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\" font-size=\"11\">\n"
        ),
    );
    for (name, text) in [("title", sheet.title), ("desc", sheet.description)] {
        add(&mut out, format_args!("<{name}>"));
        svg::escape(&mut out, text);
        add(&mut out, format_args!("</{name}>\n"));
    }
    patterns(&mut out, sheet);
    add(&mut out, format_args!("<rect width=\"{width}\" height=\"{height}\""));
    looks::coloured(&mut out, "fill", Token::Raised, 1.0, sheet.theme);
    out.push_str("/>\n");
    let mut y = MARGIN;
    for scene in sheet.scenes {
        shift(&mut out, scene, MARGIN, y, sheet.theme);
        y += scene.height;
    }
    out.push_str(&legend);
    out.push_str("</svg>\n");
    out
}

/// How a run was recorded, for [`Sheet::description`].
#[must_use]
pub fn provenance(trace: &Trace, timeline: &Timeline) -> String {
    let known = &trace.circumstances;
    if let Some(writer) = known.imported_from() {
        return format!(
            "Imported from a HAR file by {writer}, recorded {}, of {} and {}. Times are those of the file, and taken to be \
             exact to {}; it does not tell when the server received and sent, so its end of each arrow is drawn half-way.",
            utc(known.started),
            known.http.url,
            known.ws.url,
            known.resolution,
        );
    }
    let parameters: Vec<String> = known.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let parameters = if parameters.is_empty() { String::new() } else { format!(" with {}", parameters.join(", ")) };
    let clock = |protocol: Protocol| match timeline.clock(protocol) {
        Some(fit) => format!("the server's clock is placed on the page's to ± {}", fit.uncertainty),
        None => "the server tells no times, so its end of each arrow is drawn half-way".to_owned(),
    };
    let [http, ws] = Protocol::BOTH.map(clock);
    let clocks = if http == ws { http } else { format!("for HTTP {http}; for the WebSocket {ws}") };
    format!(
        "Recorded {} by Duplex {} in {}, against {} and {}: lab {}{parameters}. Times are measured in the page, whose clock \
         steps by {}; {clocks}.",
        utc(known.started),
        known.version,
        known.browser,
        known.http.url,
        known.ws.url,
        known.lab,
        known.resolution,
    )
}

/// A time in ms since 1970-01-01 UTC, as ISO 8601 has it, to the second.
#[must_use]
pub fn utc(millis: f64) -> String {
    // What no calendar has is no date.
    date::to_the_second(millis).unwrap_or_else(|| "at an unknown time".to_owned())
}

/// The legend below a picture, and how high it is.
fn legend(sheet: &Sheet<'_>, wide: f64, high: f64) -> (String, f64) {
    let mut out = String::new();
    if sheet.legend.is_empty() {
        return (out, 0.0);
    }
    let top = MARGIN + high + MARGIN;
    let (mut x, mut line) = (0.0, 0usize);
    for (sign, words) in sheet.legend {
        let indent = sign.width + GAP;
        let lines = wrapped(words, (((wide - indent) / LETTER) as usize).max(12));
        let width = indent + lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as f64 * LETTER;
        if x > 0.0 && x + width > wide {
            (x, line) = (0.0, line + 1);
        }
        let y = top + line as f64 * LEADING;
        shift(&mut out, sign, MARGIN + x, y, sheet.theme);
        for (place, words) in lines.iter().enumerate() {
            let at = Point { x: MARGIN + x + indent, y: y + sign.height / 2.0 + 4.0 + place as f64 * LEADING };
            let shape = Shape::Text { at, text: words.clone(), anchor: Anchor::Start };
            item(&mut out, &Item { shape, role: Role::Note, message: None, title: String::new() }, sheet.theme);
        }
        out.push('\n');
        x += width + APART;
        if lines.len() > 1 {
            (x, line) = (0.0, line + lines.len());
        }
    }
    let lines = if x > 0.0 { line + 1 } else { line };
    (out, MARGIN + lines as f64 * LEADING)
}

/// Words in lines of so many letters at most, but for a word that is longer.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes a scene at a place.
fn shift(out: &mut String, scene: &Scene, x: f64, y: f64, theme: Theme) {
    add(out, format_args!("<g transform=\"translate({x:.1} {y:.1})\">\n"));
    out.push_str(&markup(scene, theme));
    out.push_str("</g>\n");
}

/// The markup of all items of a scene, with their looks.
#[must_use]
pub fn markup(scene: &Scene, theme: Theme) -> String {
    let mut out = String::with_capacity(scene.items.len() * 160);
    for each in &scene.items {
        item(&mut out, each, theme);
        out.push('\n');
    }
    out
}

fn item(out: &mut String, item: &Item, theme: Theme) {
    let dressed = |part: Part| {
        let mut attributes = String::new();
        looks::write(&mut attributes, &looks::look(item.role, part), theme);
        attributes
    };
    match (&item.shape, item.role) {
        (Shape::Text { .. }, _) => words(out, item, theme),
        (Shape::Arrow { .. } | Shape::Line { .. } | Shape::Lost { .. }, Role::Message { .. }) => {
            add(out, format_args!("<path{} d=\"", dressed(Part::Path)));
            svg::message_path(out, item);
            out.push_str("\"/>");
            if let Shape::Lost { to, .. } = item.shape {
                add(out, format_args!("<path{} d=\"{}\"/>", dressed(Part::Cross), svg::cross(to)));
            }
        }
        _ => svg::write_shape(out, item, |out, part| out.push_str(&dressed(part))),
    }
}

/// Words. A rim around them is written first and by itself: many programs draw a rim over what it surrounds, whatever a
/// file says of the order (`paint-order`).
fn words(out: &mut String, item: &Item, theme: Theme) {
    let look = looks::look(item.role, Part::Text);
    if look.halo > 0.0 {
        let rim = Look {
            fill: Fill::None,
            stroke: Some(Token::Raised),
            width: look.halo,
            round_join: look.round_halo,
            ..look
        };
        element(out, item, &rim, theme);
    }
    element(out, item, &look, theme);
}

fn element(out: &mut String, item: &Item, look: &Look, theme: Theme) {
    svg::write_shape(out, item, |out, _| {
        looks::write(out, look, theme);
        looks::write_type(out, look);
    });
}

/// The patterns that occur.
fn patterns(out: &mut String, sheet: &Sheet<'_>) {
    let scenes = sheet.scenes.iter().copied().chain(sheet.legend.iter().map(|(sign, _)| sign));
    let items = scenes.flat_map(|scene| &scene.items);
    let fills: Vec<Fill> = items.map(|item| looks::look(item.role, Part::Rect).fill).collect();
    for protocol in Protocol::BOTH {
        for pattern in Pattern::ALL {
            if fills.contains(&Fill::Pattern(pattern, protocol)) {
                out.push_str(&definition(pattern, protocol, sheet.theme));
            }
        }
    }
}

/// The definition of a pattern: a tinted ground with lines or dots on it.
fn definition(pattern: Pattern, protocol: Protocol, theme: Theme) -> String {
    let own = Token::own(protocol);
    let coloured = |name: &str, opacity: f64| {
        let mut out = String::new();
        looks::coloured(&mut out, name, own, opacity, theme);
        out
    };
    let (ground, fill, stroke) = (coloured("fill", 0.13), coloured("fill", 1.0), coloured("stroke", 1.0));
    let (name, own) = (pattern.name(), own.name());
    let (size, turn, signs) = match pattern {
        Pattern::Hatch => {
            (5, " patternTransform=\"rotate(45)\"", format!("<path d=\"M1 0L1 5\" stroke-width=\"1.6\"{stroke}/>"))
        }
        Pattern::Cross => (
            5,
            " patternTransform=\"rotate(45)\"",
            format!("<path d=\"M1 0L1 5M0 1L5 1\" stroke-width=\"1\"{stroke}/>"),
        ),
        Pattern::Dots => (4, "", format!("<circle cx=\"1.2\" cy=\"1.2\" r=\"0.9\"{fill}/>")),
    };
    format!(
        "<defs><pattern id=\"{name}-{own}\" width=\"{size}\" height=\"{size}\" patternUnits=\"userSpaceOnUse\"{turn}>\
         <rect width=\"{size}\" height=\"{size}\"{ground}/>{signs}</pattern></defs>\n"
    )
}

/// Writing to a string never fails.
fn add(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0.0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399_999.0), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400_000.0), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_763_683_200_123.25), "2025-11-21T00:00:00Z");
        assert_eq!(utc(f64::NAN), "at an unknown time");
        assert_eq!(utc(-1.0), "at an unknown time");
    }

    #[test]
    fn long_words_of_a_legend_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("a-word-that-is-long b", 8), ["a-word-that-is-long", "b"]);
    }
}
