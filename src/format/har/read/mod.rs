//! Reads a HAR file as a record to draw.
//!
//! What the file does not tell is unknown in the record: when a message reached or left the server, which connection
//! carried it, whether it arrived. Files are taken as they come from tools, within reason; what cannot be made sense of is
//! refused with the place where it stands.

mod build;
mod entry;
mod frames;

use serde_json::Value;
use sha1::{Digest, Sha1};

use self::build::Builder;
use self::entry::Entry;
use super::CREATOR;
use super::node::{HarError, Node};
use crate::format::trace_json;
use crate::trace::{Cause, Circumstances, Endpoint, Inference, Outcome, Span, Speaks, Time, Trace};
use crate::wire::RunId;

/// So many messages are read of one file. Each takes part of the page's memory, and a picture of more tells nothing.
pub const MOST_MESSAGES: usize = 400_000;

/// So many entries are read of one file.
const MOST_ENTRIES: usize = MOST_TURNS as usize;

/// So many WebSockets are read of one file: each may be open to the end, beside all others.
pub const MOST_SOCKETS: usize = 10_000;

/// The greatest number of a turn and of a client that a record has.
const MOST_TURNS: u64 = 100_000;

/// The resolution of a file's times where nothing says otherwise: dates have milliseconds.
const RESOLUTION: Span = Span(1_000);

/// Reads a file's text.
///
/// # Errors
/// When it is no HAR file, or something in it cannot be; the error says what, and where.
pub fn read(text: &str) -> Result<Trace, HarError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(|error| HarError::NotJson(error.to_string()))?;
    let Some(log) = value.get("log").filter(|log| log.is_object()) else { return Err(HarError::NotHar) };
    let log = Node::root(log, "log");
    if let Some(version) = log.field("version") {
        let version = version.text()?;
        if !version.is_empty() && version != "1" && !version.starts_with("1.") {
            return Err(HarError::Version(version.chars().take(20).collect()));
        }
    }
    let writer = Writer::of(&log)?;
    let (mut entries, mut left_out, mut messages, mut sockets) = (Vec::new(), 0, 0, 0);
    for node in log.required("entries")?.items()? {
        match Entry::read(&node, writer.is_ours)? {
            Some(entry) => {
                let carried = entry.socket.as_ref().map_or(0, |it| it.messages.len() + it.control_frames.len());
                messages += 2 + carried + entry.events.len();
                sockets += usize::from(entry.socket.is_some());
                entries.push(entry);
            }
            None => left_out += 1,
        }
        for (count, most, what) in [
            (messages, MOST_MESSAGES, "messages"),
            (entries.len(), MOST_ENTRIES, "entries"),
            (sockets, MOST_SOCKETS, "WebSockets"),
        ] {
            if count > most {
                return Err(HarError::TooMany(most, what));
            }
        }
    }
    let known = circumstances(text, &log, &writer, &entries, left_out)?;
    let mut trace = Builder::of(known, entries, writer.is_ours)?;
    trace.outcome = Some(Outcome::Finished);
    trace_json::check(&trace).map_err(|error| log.wrong(format!("makes no record: {error}")))?;
    Ok(trace)
}

/// Who wrote the file.
struct Writer {
    /// Name and version.
    words: String,
    is_ours: bool,
}

impl Writer {
    fn of(log: &Node<'_>) -> Result<Self, HarError> {
        let Some(creator) = log.field("creator") else {
            return Ok(Self { words: "a tool without a name".into(), is_ours: false });
        };
        let words = application(&creator)?;
        Ok(Self { words, is_ours: creator.text_of("name")? == CREATOR })
    }
}

fn application(node: &Node<'_>) -> Result<String, HarError> {
    node.object()?;
    let words = format!("{} {}", node.text_of("name")?, node.text_of("version")?);
    Ok(words.trim().chars().take(200).collect())
}

fn circumstances(
    text: &str,
    log: &Node<'_>,
    writer: &Writer,
    entries: &[Entry],
    left_out: u32,
) -> Result<Circumstances, HarError> {
    let first = |socket: bool| entries.iter().find(|entry| entry.socket.is_some() == socket);
    let url = |entry: Option<&Entry>| {
        let url = entry.map_or("", |entry| entry.url.as_str());
        url.split(['?', '#']).next().unwrap_or_default().to_owned()
    };
    let endpoint = |url| Endpoint { url, speaks: Speaks::Plain, instance: None, behind_proxy: false };
    let browser = match log.field("browser") {
        Some(browser) => match browser.text_of("comment")? {
            comment if writer.is_ours && !comment.is_empty() => comment,
            _ => application(&browser)?,
        },
        None => String::new(),
    };
    let mut parameters = vec![("written-by".to_owned(), writer.words.clone())];
    if left_out > 0 {
        parameters.push(("left-out".to_owned(), left_out.to_string()));
    }
    let began = entries.iter().map(Entry::earliest).min().ok_or(HarError::Nothing)?;
    Ok(Circumstances {
        // Two files are two records, and the same file is the same one.
        run: digest(text),
        lab: Circumstances::IMPORTED.into(),
        parameters,
        http: endpoint(url(first(false))),
        ws: endpoint(url(first(true))),
        version: String::new(),
        browser: if browser.is_empty() { writer.words.clone() } else { browser },
        started: began as f64 / 1_000.0,
        origin: Time(0),
        resolution: resolution(log, writer)?,
        isolated: false,
        secure: false,
    })
}

/// That of the clock, where Duplex wrote the file.
fn resolution(log: &Node<'_>, writer: &Writer) -> Result<Span, HarError> {
    let Some(run) = log.field("_duplex").filter(|_| writer.is_ours) else { return Ok(RESOLUTION) };
    let Some(told) = run.field("resolution") else { return Ok(RESOLUTION) };
    let micros = (told.number()? * 1_000.0).round();
    if (1.0..=1_000_000.0).contains(&micros) {
        Ok(Span(micros as i64))
    } else {
        Err(told.wrong("should be from 0.001 to 1000 ms"))
    }
}

fn digest(text: &str) -> RunId {
    let digest = Sha1::digest(text.as_bytes());
    RunId(digest.iter().take(16).fold(0, |id, byte| id << 8 | u128::from(*byte)))
}

/// How an exchange failed, as Duplex wrote it.
fn failing(value: &Value) -> Option<(Cause, Inference)> {
    let of = |name: &str| value.get(name).cloned();
    Some((serde_json::from_value(of("cause")?).ok()?, serde_json::from_value(of("inferred_from")?).ok()?))
}
