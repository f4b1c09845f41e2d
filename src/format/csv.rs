//! A run as tables for spreadsheets and statistics programs: its messages, one a row, and its figures, one a row. Comma
//! separated values as RFC 4180 has them, in UTF-8, with a header row.
//!
//! What is not known is an empty cell, never a zero. What other people wrote (a path, a reason, the name of a part) is
//! kept from being taken for a formula, see [`guarded`].

use std::borrow::Cow;

use serde::Serialize;

use crate::analysis::{Opening, Overheads, Placed, Provenance, Statistics, Summary, Timeline};
use crate::trace::{Cause, Kind, Message, MessageId, Protocol, Span, Time, Trace};

/// The columns of the table of messages, in order.
pub const MESSAGE_COLUMNS: [&str; 31] = [
    "id",
    "protocol",
    "client",
    "turn",
    "warm_up",
    "part",
    "direction",
    "kind",
    "status",
    "close_code",
    "method",
    "path",
    "media_type",
    "payload_bytes",
    "overhead_bytes",
    "instrument_bytes",
    "sent_ms",
    "sent_provenance",
    "sent_uncertainty_ms",
    "received_ms",
    "received_provenance",
    "received_uncertainty_ms",
    "head_ms",
    "connection",
    "connection_server_id",
    "answers",
    "retries",
    "arrivals",
    "fate",
    "cause",
    "cause_detail",
];

/// The columns of the table of figures, in order.
pub const FIGURE_COLUMNS: [&str; 7] =
    ["protocol", "quantity", "value", "unit", "less_than", "of_messages", "known_of_messages"];

/// All messages of a run, each with what the record, the clocks and the byte ledger know of it.
#[must_use]
pub fn messages(trace: &Trace, timeline: &Timeline) -> String {
    let mut table = Table::of(&MESSAGE_COLUMNS);
    let overheads = Overheads::of(trace);
    for message in &trace.messages {
        let (sent, received) = timeline.ends(trace, message);
        let (status, close_code) = codes(message.kind);
        let part = message.part.and_then(|id| trace.parts.get(usize::from(id.0)));
        let target = message.target.as_deref();
        let connection = message.connection.and_then(|id| trace.connection(id));
        table.row([
            number(message.id.number()),
            plain(name(&message.protocol)),
            number(u64::from(message.client) + 1),
            number(message.turn),
            plain(message.warm_up.to_string()),
            text(part.map(|part| &*part.name)),
            plain(name(&message.direction)),
            plain(name(&message.kind)),
            maybe(status),
            maybe(close_code),
            text(target.map(|target| &*target.method)),
            text(target.map(|target| &*target.path)),
            text(message.media_type.as_deref()),
            number(message.payload),
            maybe(overheads.get(trace, message)),
            maybe(message.instrument),
        ]);
        table.more(moment(trace, sent));
        table.more(moment(trace, received));
        table.more([
            maybe(message.head.map(|at| millis(at - trace.circumstances.origin))),
            maybe(message.connection.map(|id| u64::from(id.0) + 1)),
            maybe(connection.and_then(|connection| connection.server_id)),
            maybe(message.answers.map(MessageId::number)),
            maybe(message.retries.map(MessageId::number)),
            maybe(message.arrivals),
            plain(name(&message.fate)),
        ]);
        table.more(cause(message));
        table.end_row();
    }
    table.text
}

/// The figures of a run, with the same numbers as the page's table of figures. `round_trips` says whether the times of
/// both protocols' round trips are among them; where a lab does different things with each, they do not compare, and the
/// page leaves them out.
#[must_use]
pub fn figures(trace: &Trace, timeline: &Timeline, round_trips: bool) -> String {
    let mut table = Table::of(&FIGURE_COLUMNS);
    for protocol in Protocol::BOTH {
        let summary = Summary::of(trace, timeline, protocol);
        let mut figures = Figures { table: &mut table, protocol, resolution: trace.circumstances.resolution };
        if round_trips {
            figures.round_trips(&summary);
        }
        figures.connections(&summary);
        figures.bytes(&summary);
        figures.left_out(&summary);
        figures.clock(timeline);
    }
    table.text
}

/// Writes the figures of a protocol.
struct Figures<'a> {
    table: &'a mut Table,
    protocol: Protocol,
    resolution: Span,
}

impl Figures<'_> {
    fn row(&mut self, quantity: &str, value: String, unit: &str, rest: [String; 3]) {
        let begin = [plain(name(&self.protocol)), plain(quantity.to_owned()), value, plain(unit.to_owned())];
        self.table.row(begin);
        self.table.more(rest);
        self.table.end_row();
    }

    fn count(&mut self, quantity: &str, count: Option<usize>) {
        self.row(quantity, maybe(count), "1", Default::default());
    }

    /// A length of time. One that the clock cannot tell from none is no number, but less than one.
    fn span(&mut self, quantity: &str, span: Option<Span>) {
        let (value, less_than) = match span {
            Some(span) if span < self.resolution => (String::new(), millis(self.resolution)),
            span => (maybe(span.map(millis)), String::new()),
        };
        self.row(quantity, value, "ms", [less_than, String::new(), String::new()]);
    }

    fn round_trips(&mut self, summary: &Summary) {
        let figures = summary.round_trips.as_ref();
        self.count("exchanges_counted", Some(figures.map_or(0, |figures| figures.n)));
        self.span("round_trips_total", summary.total);
        let of = |pick: fn(&Statistics) -> Option<Span>| figures.and_then(pick);
        self.span("round_trip_median", of(|figures| Some(figures.median)));
        self.span("round_trip_p95", of(|figures| Some(figures.p95)));
        self.span("round_trip_p99", of(|figures| Some(figures.p99)));
        self.span("round_trip_spread", of(|figures| Some(figures.spread)));
        self.span("round_trip_jitter", of(|figures| figures.jitter));
    }

    fn connections(&mut self, summary: &Summary) {
        let (median, count) = match summary.opening {
            Opening::Took { count, median } => (Some(median), Some(count)),
            Opening::AlreadyOpen => (None, Some(0)),
            Opening::Unknown => (None, None),
        };
        self.span("opening_median", median);
        self.count("openings_measured", count);
        self.count("connections", summary.connections);
        self.count("connections_already_open", summary.connections.map(|_| summary.already_open));
    }

    fn bytes(&mut self, summary: &Summary) {
        let bytes = &summary.bytes;
        let ways = [("to_server", &bytes.to_server), ("to_page", &bytes.to_page)];
        for (way, one_way) in ways {
            let count = number(one_way.messages);
            let of = [String::new(), count.clone(), count];
            self.row(&format!("payload_{way}"), number(one_way.payload), "B", of);
        }
        let handshake = (self.protocol == Protocol::WebSocket).then_some(("handshake", &bytes.opening));
        for (way, one_way) in ways.into_iter().chain(handshake) {
            let known = one_way.known_overhead();
            let of = [String::new(), number(one_way.messages), number(known.map_or(0, |(_, known)| known))];
            self.row(&format!("overhead_{way}"), maybe(known.map(|(count, _)| count)), "B", of);
        }
        let instrument = bytes.to_server.instrument + bytes.to_page.instrument + bytes.opening.instrument;
        self.row("instrument", number(instrument), "B", Default::default());
    }

    fn left_out(&mut self, summary: &Summary) {
        self.count("left_out_tab_hidden", Some(summary.hidden));
        self.count("without_an_answer", Some(summary.unanswered));
    }

    fn clock(&mut self, timeline: &Timeline) {
        self.span("page_clock_resolution", Some(self.resolution));
        self.span("server_clock_uncertainty", timeline.clock(self.protocol).map(|fit| fit.uncertainty));
    }
}

/// An end of a message: when, in milliseconds since the run began, who says so, and how far off it may be. An end that
/// nobody knows is drawn half-way, and left empty here.
fn moment(trace: &Trace, placed: Option<Placed>) -> [String; 3] {
    let Some(Placed { at, uncertainty, provenance }) = placed else {
        return [String::new(), plain("unknown".to_owned()), String::new()];
    };
    let since_start = |at: Time| millis(at - trace.circumstances.origin);
    match provenance {
        Provenance::Page => [since_start(at), plain("page".to_owned()), millis(uncertainty)],
        Provenance::Server => [since_start(at), plain("server".to_owned()), millis(uncertainty)],
        Provenance::Unknown => [String::new(), plain("unknown".to_owned()), String::new()],
    }
}

/// An HTTP status, and the code of a WebSocket's close frame.
const fn codes(kind: Kind) -> (Option<u16>, Option<u16>) {
    match kind {
        Kind::Response { status } => (Some(status), None),
        Kind::SwitchingProtocols => (Some(101), None),
        Kind::Close { code } => (None, code),
        _ => (None, None),
    }
}

/// What is taken to have made a message fail, and what is told of that.
fn cause(message: &Message) -> [String; 2] {
    let Some(cause) = message.failing.as_deref().map(|failing| &failing.cause) else { return Default::default() };
    let detail = match cause {
        Cause::ConnectTimeout { after } | Cause::ReplyTimeout { after } => format!("after {} ms", millis(*after)),
        Cause::ClosedMidway { code: Some(code), reason } => format!("{code} {reason}").trim_end().to_owned(),
        Cause::ClosedMidway { code: None, reason } => reason.clone(),
        Cause::Status { status } => status.to_string(),
        Cause::Unreadable { why } | Cause::BadUrl { why } => why.clone(),
        _ => String::new(),
    };
    [plain(name(cause)), text(Some(&detail))]
}

/// The name of a variant, as it is in a trace file.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => fields.into_iter().next().map(|(name, _)| name).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Milliseconds, exact to the microsecond.
fn millis(span: Span) -> String {
    let micros = span.0.unsigned_abs();
    let sign = if span.0 < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", micros / 1_000, micros % 1_000)
}

fn number(value: impl ToString) -> String {
    value.to_string()
}

fn maybe(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A word of ours, which needs no guard.
const fn plain(word: String) -> String {
    word
}

/// What somebody else wrote, as a cell.
fn text(text: Option<&str>) -> String {
    quoted(&guarded(text.unwrap_or_default())).into_owned()
}

/// A text that no spreadsheet takes for a formula. Programs that open such files calculate what begins with one of these
/// characters, whoever wrote it, so an apostrophe is put before it; and before one that begins with an apostrophe, so that
/// taking one away gives the text back. The same behind each semicolon, where programs set to decimal commas begin another cell.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    // The last four are the full-width forms, which some programs take for the same.
    const RISKY: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    let pieces = || text.split(';');
    if !pieces().any(|piece| piece.starts_with(RISKY)) {
        return Cow::Borrowed(text);
    }
    let guarded = pieces().map(|piece| if piece.starts_with(RISKY) { format!("'{piece}") } else { piece.to_owned() });
    Cow::Owned(guarded.collect::<Vec<_>>().join(";"))
}

/// A cell as RFC 4180 §2 wants it.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

/// A table that is being written. Cells come as they are to stand there.
struct Table {
    text: String,
    /// The row has a cell.
    begun: bool,
}

impl Table {
    fn of(columns: &[&str]) -> Self {
        Self { text: columns.join(",") + "\r\n", begun: false }
    }

    /// Begins a row.
    fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.begun = false;
        self.more(cells);
    }

    fn more<const N: usize>(&mut self, cells: [String; N]) {
        for cell in cells {
            if self.begun {
                self.text.push(',');
            }
            self.begun = true;
            self.text.push_str(&cell);
        }
    }

    fn end_row(&mut self) {
        self.text.push_str("\r\n");
    }
}
