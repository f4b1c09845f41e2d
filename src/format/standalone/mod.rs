//! A picture as a file of its own: SVG that needs no style sheet, no script and no font of ours, for documents, slides
//! and whatever reads SVG 1.1. It has a ground, its colours are plain, and it says what it shows and how that was
//! recorded.
//!
//! Geometry is that of [`svg`]; looks are those of the style sheet, from one table (`looks.rs`).

mod looks;
mod palette;

pub use palette::{Theme, Token};

use std::fmt::Write as _;

use looks::{Fill, Look};

use super::date;
use super::pattern::{Pattern, Sign};
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
/// The heading above a picture, in pixels.
const HEADING: f64 = 24.0;
/// From one line of the note below a picture to the next, in pixels.
const NOTE_LEADING: f64 = 13.0;
/// The width of a letter of that note, at most in the mean, in pixels.
const NOTE_LETTER: f64 = 5.4;
/// Which fonts there are differs from one machine to the next; the first is there, or replaced, nearly everywhere.
const FONTS: &str = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// A picture as a file, and its size.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file's content.
    pub text: String,
    /// In pixels, a whole number.
    pub width: f64,
    /// In pixels, a whole number.
    pub height: f64,
}

/// What stands in a picture, and beside it.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// What it shows, in a few words: its heading.
    pub title: &'a str,
    /// How that was recorded, see [`provenance`]: the note below it.
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
pub fn document(sheet: &Sheet<'_>) -> Document {
    let wide = sheet.scenes.iter().map(|scene| scene.width).fold(0.0, f64::max);
    let high: f64 = sheet.scenes.iter().map(|scene| scene.height).sum();
    let (legend, legend_height) = legend(sheet, wide, HEADING + high);
    let (note, note_height) = note(sheet, wide, HEADING + high + legend_height);
    let height = HEADING + high + legend_height + note_height + 2.0 * MARGIN;
    let (width, height) = ((wide + 2.0 * MARGIN).ceil(), height.ceil());
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
    let heading = Point { x: MARGIN, y: MARGIN + 13.0 };
    text(&mut out, Role::Participant, heading, sheet.title.to_owned(), sheet.theme);
    let mut y = MARGIN + HEADING;
    for scene in sheet.scenes {
        shift(&mut out, scene, MARGIN, y, sheet.theme);
        y += scene.height;
    }
    out.push_str(&legend);
    out.push_str(&note);
    out.push_str("</svg>\n");
    Document { text: out, width, height }
}

/// No browser is asked for a picture of pixels with a longer side than this: some draw none then, and some an empty one.
pub const LONGEST_SIDE: u32 = 16_384;

/// A picture is too large to be drawn in pixels: so many wide, and so many high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge(pub u32, pub u32);

impl Document {
    /// How wide and how high the picture is in pixels, enlarged so many times.
    ///
    /// # Errors
    /// When a side is longer than [`LONGEST_SIDE`].
    pub fn pixels(&self, times: f64) -> Result<(u32, u32), TooLarge> {
        let [width, height] = [self.width, self.height].map(|side| (side * times).round() as u32);
        if width.max(height) > LONGEST_SIDE { Err(TooLarge(width, height)) } else { Ok((width, height)) }
    }
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
    let emulated = emulated(&emulated_links(trace));
    let clocks = if http == ws { http } else { format!("for HTTP {http}; for the WebSocket {ws}") };
    format!(
        "Recorded {} by Duplex {} in {}, against {} and {}: lab {}{parameters}{emulated}. Times are measured in the page, whose clock \
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

/// The names of the emulated links that carried a run.
fn emulated_links(trace: &Trace) -> Vec<&str> {
    let names = trace.connections.iter().filter_map(|connection| Some(connection.link.as_deref()?.name.as_str()));
    names.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Which emulated links carried something, as the end of a sentence; nothing where there was none.
#[must_use]
pub fn emulated(links: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = links.iter().map(AsRef::as_ref).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(", over the emulated link {}: its times are those of the emulation", names.join(", "))
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
            text(&mut out, Role::Note, at, words.clone(), sheet.theme);
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

/// The note below a picture and its legend, and how high it is.
fn note(sheet: &Sheet<'_>, wide: f64, high: f64) -> (String, f64) {
    let mut out = String::from("<g font-size=\"10\"");
    looks::coloured(&mut out, "fill", Token::Quiet, 1.0, sheet.theme);
    out.push_str(">\n");
    let lines = wrapped(sheet.description, ((wide / NOTE_LETTER) as usize).max(12));
    for (place, line) in lines.iter().enumerate() {
        let y = MARGIN + high + MARGIN + (place + 1) as f64 * NOTE_LEADING;
        add(&mut out, format_args!("<text x=\"{MARGIN}\" y=\"{y:.1}\">"));
        svg::escape(&mut out, line);
        out.push_str("</text>\n");
    }
    out.push_str("</g>\n");
    (out, MARGIN + lines.len() as f64 * NOTE_LEADING)
}

/// Words in lines of so many letters at most; a word that is longer, like an address, is broken.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let pieces = words.split_whitespace().flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(most).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for word in pieces {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Writes words that begin at a place.
fn text(out: &mut String, role: Role, at: Point, text: String, theme: Theme) {
    let shape = Shape::Text { at, text, anchor: Anchor::Start };
    item(out, &Item { shape, role, message: None, title: String::new() }, theme);
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
    let item = &with_common_signs(item);
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

/// The sign of the WebSocket in words is in few fonts; one that looks like it is in nearly all.
fn with_common_signs(item: &Item) -> std::borrow::Cow<'_, Item> {
    match &item.shape {
        Shape::Text { at, text, anchor } if text.contains('◆') => {
            let shape = Shape::Text { at: *at, text: text.replace('◆', "♦"), anchor: *anchor };
            std::borrow::Cow::Owned(Item { shape, title: String::new(), ..*item })
        }
        _ => std::borrow::Cow::Borrowed(item),
    }
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
    let size = pattern.side();
    let sign = match pattern.sign() {
        Sign::Strokes(path, width) => format!("<path d=\"{path}\" stroke-width=\"{width}\"{stroke}/>"),
        Sign::Dot(centre, radius) => format!("<circle cx=\"{centre}\" cy=\"{centre}\" r=\"{radius}\"{fill}/>"),
    };
    format!(
        "<defs><pattern id=\"{name}-{own}\" width=\"{size}\" height=\"{size}\" patternUnits=\"userSpaceOnUse\">\
         <rect width=\"{size}\" height=\"{size}\"{ground}/>{sign}</pattern></defs>\n"
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
    fn lines_are_broken_between_words_and_within_what_is_longer_than_a_line() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("a-word-that-is-long b", 8), ["a-word-t", "hat-is-l", "ong b"]);
    }
}
