//! Where the words at messages stand: none over another, none over what is reserved. What has no room is left out,
//! and shown when its message is picked, and in the table.
//!
//! Whether a label has room depends on what is near it alone, so that it does not come and go as one scrolls.

use std::collections::BTreeMap;

use super::{GUTTER, Layout, words};
use crate::drawing::scene::{Anchor, Item, Point, Role, Shape};
use crate::trace::Message;

/// From one label's baseline to the next at least, in pixels.
const HEIGHT: f64 = 13.0;
/// A label's height above its baseline, in pixels.
const RISE: f64 = 9.0;
/// So many other arrows may run through the words of a label.
const THROUGH: usize = 1;

/// A label that asks for a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub(super) message: &'a Message,
    /// The middle of its baseline.
    pub(super) at: Point,
    /// How wide it may be, in pixels.
    pub(super) room: f64,
    /// Lower ones come first; 0 is always shown.
    pub(super) rank: u8,
}

impl<'a> Layout<'a> {
    /// Each label belongs to a row as high as a label; of a row one is shown. Those of even rows can't lie over one
    /// another; one of an odd row is shown if it is over neither neighbour.
    pub(super) fn place_labels(&mut self) {
        let mut labels = std::mem::take(&mut self.labels);
        let mut crossings = std::mem::take(&mut self.crossings);
        crossings.sort_by(f64::total_cmp);
        let chosen = labels.iter().position(|label| label.rank == 0).map(|place| labels.swap_remove(place));
        let mut rows: BTreeMap<i64, Label<'a>> = BTreeMap::new();
        for label in labels {
            let is_free = self.is_free(&label) && chosen.as_ref().is_none_or(|chosen| apart(chosen, &label));
            if !is_free || (label.rank > 1 && through(&crossings, label.at.y) > THROUGH + 1) {
                continue;
            }
            let row = (label.at.y / HEIGHT).floor() as i64;
            let comes_first = |other: &Label<'_>| {
                (label.rank, label.at.y, label.message.id) < (other.rank, other.at.y, other.message.id)
            };
            if rows.get(&row).is_none_or(comes_first) {
                rows.insert(row, label);
            }
        }
        let has_room = |row: i64, label: &Label<'_>| {
            let near = [row - 1, row + 1];
            row.rem_euclid(2) == 0 || near.iter().filter_map(|row| rows.get(row)).all(|other| apart(other, label))
        };
        let shown = rows.iter().filter(|(row, label)| has_room(**row, label)).map(|(_, label)| label);
        for label in shown.chain(&chosen) {
            self.label(label);
        }
    }

    /// It is on the paper, and nothing else has its place.
    fn is_free(&self, label: &Label<'_>) -> bool {
        let (top, bottom) = (label.at.y - RISE, label.at.y + 2.0);
        let is_reserved = self.reserved.iter().any(|reserved| reserved.1 > top && reserved.0 < bottom);
        !is_reserved && top >= 0.0 && bottom <= self.view.height
    }

    fn label(&mut self, label: &Label<'_>) {
        let Label { message, at, room, rank } = *label;
        let fits = |words: &String| width(words) <= room;
        let full = Some(words::label(self.trace, message)).filter(fits);
        let words = match full.or_else(|| Some(words::short_label(message)).filter(fits)) {
            Some(words) => words,
            // Who picked it wants to read it all the same.
            None if rank == 0 => format!("#{}", message.id.0 + 1),
            None => return,
        };
        let role = Role::MessageLabel { protocol: message.protocol, warm_up: message.warm_up };
        let half = width(&words) / 2.0;
        let x =
            at.x.clamp((GUTTER + half).min(self.view.width / 2.0), (self.view.width - half).max(self.view.width / 2.0));
        let at = Point { x, y: at.y.clamp(RISE, self.view.height - 2.0) };
        let shape = Shape::Text { at, text: words, anchor: Anchor::Middle };
        self.scene.items.push(Item { shape, role, message: Some(message.id), title: String::new() });
    }
}

fn apart(one: &Label<'_>, other: &Label<'_>) -> bool {
    (one.at.y - other.at.y).abs() >= HEIGHT
}

/// How many arrows run through the words of a label there.
fn through(crossings: &[f64], y: f64) -> usize {
    let first = crossings.partition_point(|&at| at < y - RISE);
    let end = crossings.partition_point(|&at| at <= y + 3.0);
    end - first
}

/// About how wide words are in a sans-serif type of 11 pixels: rather too wide than too narrow. No font is asked, so
/// that the same input gives the same picture everywhere.
pub(super) fn width(words: &str) -> f64 {
    let one = |character: char| match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '·' => 3.6,
        'f' | 't' | 'r' | '(' | ')' | '/' | '-' => 4.6,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 10.2,
        'A'..='Z' | '→' | '×' | '±' | '…' => 8.2,
        _ => 6.8,
    };
    words.chars().map(one).sum()
}
