//! Bytes as a hex dump in HTML: offset, hex, ASCII, each stretch of bytes in its own layer. Looks are
//! left to classes.

use std::fmt::Write as _;
use std::ops::Range;

/// Bytes on a line.
pub const WIDTH: usize = 8;

/// What a stretch of bytes is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// It frames and describes what is carried.
    Framing,
    /// Our instrument added it.
    Instrument,
    /// It is what the application sent.
    Payload,
}

/// Bytes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where they are.
    pub range: Range<usize>,
    /// What they are there for.
    pub layer: Layer,
    /// Their name, shown where one points; contains no markup.
    pub name: &'static str,
}

/// The markup of the first `count` bytes, to stand within a `<pre>`. Bytes that no stretch covers are
/// payload; stretches are in order and do not overlap.
#[must_use]
pub fn markup(bytes: &[u8], stretches: &[Stretch], count: usize) -> String {
    let bytes = bytes.get(..count).unwrap_or(bytes);
    let mut out = String::with_capacity(bytes.len() * 16);
    let digits = if bytes.len() > 0x1_0000 { 6 } else { 4 };
    for (line, row) in bytes.chunks(WIDTH).enumerate() {
        let start = line * WIDTH;
        let runs = runs(stretches, start..start + row.len());
        // Writing to a string never fails.
        write!(out, "<span class=\"offset\">{start:0digits$x}</span>  ").ok();
        for (place, run) in runs.iter().enumerate() {
            let hex: Vec<String> = row[run.range.start - start..run.range.end - start].iter().map(hex).collect();
            open(&mut out, run);
            out.push_str(&hex.join(" "));
            out.push_str(if place + 1 < runs.len() { "</span> " } else { "</span>" });
        }
        out.push_str(&" ".repeat((WIDTH - row.len()) * 3 + 2));
        for run in &runs {
            open(&mut out, run);
            row[run.range.start - start..run.range.end - start].iter().for_each(|byte| push_ascii(&mut out, *byte));
            out.push_str("</span>");
        }
        out.push('\n');
    }
    out
}

/// The stretches of a line, cut to it.
fn runs(stretches: &[Stretch], line: Range<usize>) -> Vec<Stretch> {
    let mut runs = Vec::new();
    let mut at = line.start;
    let uncovered = |range| Stretch { range, layer: Layer::Payload, name: "" };
    let first = stretches.partition_point(|stretch| stretch.range.end <= line.start);
    for stretch in stretches[first..].iter().take_while(|stretch| stretch.range.start < line.end) {
        let range = stretch.range.start.max(at)..stretch.range.end.min(line.end);
        if range.start > at {
            runs.push(uncovered(at..range.start));
            at = range.start;
        }
        if !range.is_empty() {
            at = range.end;
            runs.push(Stretch { range, ..stretch.clone() });
        }
    }
    if at < line.end {
        runs.push(uncovered(at..line.end));
    }
    runs
}

fn open(out: &mut String, run: &Stretch) {
    let class = match run.layer {
        Layer::Framing => "framing",
        Layer::Instrument => "instrument",
        Layer::Payload => "payload",
    };
    let title = if run.name.is_empty() { String::new() } else { format!(" title=\"{}\"", run.name) };
    write!(out, "<span class=\"{class}\"{title}>").ok();
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

fn push_ascii(out: &mut String, byte: u8) {
    match byte {
        b'<' => out.push_str("&lt;"),
        b'>' => out.push_str("&gt;"),
        b'&' => out.push_str("&amp;"),
        b' ' | b'!'..=b'~' => out.push(char::from(byte)),
        _ => out.push('·'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is left of markup when the tags are taken out.
    fn text(markup: &str) -> String {
        let mut text = String::new();
        let mut inside = false;
        for character in markup.chars() {
            match character {
                '<' => inside = true,
                '>' => inside = false,
                _ if !inside => text.push(character),
                _ => {}
            }
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    #[test]
    fn framing_is_told_apart_from_payload_in_both_columns() {
        let stretches = [
            Stretch { range: 0..2, layer: Layer::Framing, name: "head" },
            Stretch { range: 2..7, layer: Layer::Payload, name: "" },
        ];
        assert_eq!(
            markup(b"\x81\x05He<lo", &stretches, 99),
            "<span class=\"offset\">0000</span>  <span class=\"framing\" title=\"head\">81 05</span> \
             <span class=\"payload\">48 65 3c 6c 6f</span>     <span class=\"framing\" title=\"head\">·\u{b7}</span>\
             <span class=\"payload\">He&lt;lo</span>\n"
        );
    }

    proptest! {
        #[test]
        fn every_byte_is_there_once_however_it_is_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..100), mut cuts in proptest::collection::vec(0usize..100, 0..6), count in 0usize..120,
        ) {
            cuts.sort_unstable();
            let stretches: Vec<Stretch> = cuts.windows(2).map(|pair| Stretch { range: pair[0]..pair[1], layer: Layer::Framing, name: "x" }).collect();
            let dump = text(&markup(&bytes, &stretches, count));
            let shown = &bytes[..count.min(bytes.len())];
            prop_assert_eq!(dump.lines().count(), shown.len().div_ceil(WIDTH));
            let read: Vec<u8> = dump
                .lines()
                .flat_map(|line| line.chars().skip(6).take(3 * WIDTH - 1).collect::<String>().split_whitespace().map(|hex| u8::from_str_radix(hex, 16).expect("hex")).collect::<Vec<_>>())
                .collect();
            prop_assert_eq!(read, shown);
        }
    }
}
