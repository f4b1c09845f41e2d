//! Tables: they are read back by a reader that knows nothing but RFC 4180, and say what the record says.

use std::collections::HashMap;

use duplex::analysis::{Opening, Overheads, Placed, Provenance, Summary, Timeline};
use duplex::format::csv;
use duplex::lab::Lab;
use duplex::trace::{Cause, Failing, Inference, Kind, Message, MessageId, Protocol, Span, Target, Time, Trace};
use proptest::prelude::*;

use crate::{named_runs, run, runs, written};

/// Records of RFC 4180, or where the text breaks its grammar.
fn parse(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next().ok_or("a quoted cell does not end")? {
                    '"' if rest.next_if_eq(&'"').is_some() => cell.push('"'),
                    '"' => break,
                    other => cell.push(other),
                }
            }
        } else {
            while let Some(other) = rest.next_if(|next| !matches!(next, ',' | '"' | '\r' | '\n')) {
                cell.push(other);
            }
        }
        row.push(std::mem::take(&mut cell));
        match rest.next() {
            Some(',') if rest.peek().is_some() => {}
            Some('\r') if rest.next_if_eq(&'\n').is_some() => rows.push(std::mem::take(&mut row)),
            other => return Err(format!("{other:?} behind a cell of row {}", rows.len() + 1)),
        }
    }
    if row.is_empty() { Ok(rows) } else { Err("the last row does not end".to_owned()) }
}

/// Rows by the names of their columns. All have the same number of cells.
fn rows(text: &str) -> Vec<HashMap<String, String>> {
    let mut parsed = parse(text).expect("RFC 4180").into_iter();
    let names = parsed.next().expect("a header");
    let named = |cells: Vec<String>| {
        assert_eq!(cells.len(), names.len(), "{cells:?}");
        names.iter().cloned().zip(cells).collect()
    };
    parsed.map(named).collect()
}

/// Whole microseconds of a number of milliseconds.
fn micros(cell: &str) -> Option<i64> {
    let (whole, fraction) = cell.split_once('.')?;
    assert_eq!(fraction.len(), 3, "{cell}");
    let magnitude: i64 = format!("{}{fraction}", whole.trim_start_matches('-')).parse().expect("digits");
    Some(if cell.starts_with('-') { -magnitude } else { magnitude })
}

fn count(cell: &str) -> Option<u64> {
    (!cell.is_empty()).then(|| cell.parse().expect("a number"))
}

/// What guards were put before, without them.
fn unguarded(cell: &str) -> String {
    cell.split(';').map(|piece| piece.strip_prefix('\'').unwrap_or(piece)).collect::<Vec<_>>().join(";")
}

fn check_end(row: &HashMap<String, String>, end: &str, placed: Option<Placed>, origin: Time) {
    let cell = |what: &str| row[&format!("{end}_{what}")].as_str();
    let known = placed.filter(|placed| placed.provenance != Provenance::Unknown);
    assert_eq!(micros(cell("ms")), known.map(|known| (known.at - origin).0));
    assert_eq!(micros(cell("uncertainty_ms")), known.map(|known| known.uncertainty.0));
    let expected = match known.map(|known| known.provenance) {
        Some(Provenance::Page) => "page",
        Some(Provenance::Server) => "server",
        _ => "unknown",
    };
    assert_eq!(cell("provenance"), expected);
}

fn check_message(row: &HashMap<String, String>, trace: &Trace, timeline: &Timeline, message: &Message) {
    let cell = |name: &str| row[name].as_str();
    let origin = trace.circumstances.origin;
    let (sent, received) = timeline.ends(trace, message);
    check_end(row, "sent", sent, origin);
    check_end(row, "received", received, origin);
    assert_eq!(micros(cell("head_ms")), message.head.map(|at| (at - origin).0));
    assert_eq!(count(cell("id")), Some(message.id.number()));
    assert_eq!(count(cell("client")), Some(u64::from(message.client) + 1));
    assert_eq!(count(cell("turn")), Some(u64::from(message.turn)));
    assert_eq!(cell("warm_up"), message.warm_up.to_string());
    assert_eq!(count(cell("payload_bytes")), Some(message.payload));
    assert_eq!(count(cell("overhead_bytes")), Overheads::of(trace).get(trace, message));
    assert_eq!(count(cell("instrument_bytes")), message.instrument);
    assert_eq!(count(cell("connection")), message.connection.map(|id| u64::from(id.0) + 1));
    let server_id = message.connection.and_then(|id| trace.connection(id)?.server_id);
    assert_eq!(count(cell("connection_server_id")), server_id);
    assert_eq!(count(cell("answers")), message.answers.map(MessageId::number));
    assert_eq!(count(cell("retries")), message.retries.map(MessageId::number));
    assert_eq!(count(cell("arrivals")), message.arrivals.map(u64::from));
    let (status, code) = match message.kind {
        Kind::Response { status } => (Some(status), None),
        Kind::SwitchingProtocols => (Some(101), None),
        Kind::Close { code } => (None, code),
        _ => (None, None),
    };
    assert_eq!((count(cell("status")), count(cell("close_code"))), (status.map(u64::from), code.map(u64::from)));
    assert_eq!(unguarded(cell("path")), message.target.as_deref().map_or("", |target| &*target.path));
    // As a trace file has it.
    let in_file = serde_json::to_value(message).expect("a message can be written");
    assert_eq!(in_file["protocol"], cell("protocol"));
    assert_eq!(in_file["direction"], cell("direction"));
    assert_eq!(in_file["fate"], cell("fate"));
    let kind = in_file["kind"].as_object().map_or(&in_file["kind"], |_| &serde_json::Value::Null);
    assert!(*kind == cell("kind") || in_file["kind"].get(cell("kind")).is_some(), "{}", cell("kind"));
    assert_eq!(cell("cause").is_empty(), message.failing.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn messages_are_a_row_each_with_the_records_numbers(trace in runs()) {
        let timeline = Timeline::of(&trace);
        let rows = rows(&csv::messages(&trace, &timeline));
        prop_assert_eq!(rows.len(), trace.messages.len());
        for (row, message) in rows.iter().zip(&trace.messages) {
            check_message(row, &trace, &timeline, message);
        }
    }

    #[test]
    fn figures_are_those_of_the_summary(trace in runs(), round_trips: bool) {
        let timeline = Timeline::of(&trace);
        let rows = rows(&csv::figures(&trace, &timeline, round_trips));
        for protocol in Protocol::BOTH {
            let name = if protocol == Protocol::Http { "http" } else { "web-socket" };
            let its: HashMap<&str, &HashMap<String, String>> =
                rows.iter().filter(|row| row["protocol"] == name).map(|row| (row["quantity"].as_str(), row)).collect();
            check_figures(&its, &trace, &Summary::of(&trace, &timeline, protocol), round_trips);
        }
        prop_assert!(rows.iter().all(|row| row["unit"] == "1" || row["unit"] == "ms" || row["unit"] == "B"));
    }

    #[test]
    fn whatever_somebody_wrote_is_read_back_and_is_no_formula(
        path in "\\PC{0,12}|[=+@\\-\t\r\n'\",;]{1,4}\\PC{0,6}", reason in any::<String>(),
    ) {
        let mut trace = run(Lab::Exchange, &[("messages", "1")]);
        let target = Target { method: "GET".into(), path: path.as_str().into() };
        let cause = Cause::ClosedMidway { code: None, reason: reason.clone() };
        let failing = Failing { at: Time(5), cause, inferred_from: Inference::CloseEvent };
        trace.messages[0].target = Some(Box::new(target));
        trace.messages[0].failing = Some(Box::new(failing));
        let timeline = Timeline::of(&trace);
        let rows = rows(&csv::messages(&trace, &timeline));
        prop_assert_eq!(rows.len(), trace.messages.len());
        for (cell, text) in [(&rows[0]["path"], &path), (&rows[0]["cause_detail"], &reason)] {
            // Whether semicolons part cells or not.
            for piece in cell.split(';') {
                prop_assert!(!piece.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", cell);
            }
            prop_assert_eq!(unguarded(cell), text.as_str());
            // The guard is put only where it is needed.
            let risky = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
            prop_assert!(cell == text || text.split(';').any(|piece| piece.starts_with(risky)));
        }
    }
}

fn check_figures(rows: &HashMap<&str, &HashMap<String, String>>, trace: &Trace, summary: &Summary, round_trips: bool) {
    let resolution = trace.circumstances.resolution;
    let check_span = |quantity: &str, span: Option<Span>| {
        let row = rows[quantity];
        match span {
            Some(span) if span < resolution => {
                assert_eq!((row["value"].as_str(), micros(&row["less_than"])), ("", Some(resolution.0)), "{quantity}");
            }
            span => {
                assert_eq!(micros(&row["value"]), span.map(|span| span.0), "{quantity}");
                assert_eq!(row["less_than"], "");
            }
        }
    };
    let check_count = |quantity: &str, expected: Option<u64>| {
        assert_eq!(count(&rows[quantity]["value"]), expected, "{quantity}");
    };
    assert_eq!(rows.contains_key("round_trip_median"), round_trips);
    if round_trips {
        let figures = summary.round_trips.as_ref();
        check_count("exchanges_counted", Some(figures.map_or(0, |figures| figures.n as u64)));
        check_span("round_trips_total", summary.total);
        check_span("round_trip_median", figures.map(|figures| figures.median));
        check_span("round_trip_p95", figures.map(|figures| figures.p95));
        check_span("round_trip_p99", figures.map(|figures| figures.p99));
        check_span("round_trip_spread", figures.map(|figures| figures.spread));
        check_span("round_trip_jitter", figures.and_then(|figures| figures.jitter));
    }
    let opening = match summary.opening {
        Opening::Took { median, .. } => Some(median),
        _ => None,
    };
    check_span("opening_median", opening);
    check_count("connections", summary.connections.map(|count| count as u64));
    check_count("without_an_answer", Some(summary.unanswered as u64));
    let bytes = &summary.bytes;
    for (way, one_way) in [("to_server", &bytes.to_server), ("to_page", &bytes.to_page)] {
        check_count(&format!("payload_{way}"), Some(one_way.payload));
        let known = one_way.known_overhead();
        check_count(&format!("overhead_{way}"), known.map(|(overhead, _)| overhead));
        let row = rows[format!("overhead_{way}").as_str()];
        assert_eq!(count(&row["of_messages"]), Some(one_way.messages));
        assert_eq!(count(&row["known_of_messages"]), Some(known.map_or(0, |(_, known)| known)));
    }
    let instrument = bytes.to_server.instrument + bytes.to_page.instrument + bytes.opening.instrument;
    check_count("instrument", Some(instrument));
}

#[test]
fn the_reader_refuses_what_is_no_csv() {
    assert_eq!(parse("a,\"b\"\"\r\n\"\r\n"), Ok(vec![vec!["a".to_owned(), "b\"\r\n".to_owned()]]));
    for broken in ["a\n", "a,b", "\"a\r\n", "\"a\"b\r\n", "a\"\r\n"] {
        assert!(parse(broken).is_err(), "{broken:?}");
    }
}

#[test]
fn each_column_is_described() {
    const DOCS: &str = include_str!("../../docs/exports.md");
    for column in csv::MESSAGE_COLUMNS.iter().chain(&csv::FIGURE_COLUMNS) {
        assert!(DOCS.contains(&format!("`{column}`")), "docs/exports.md lacks {column}");
    }
    let trace = run(Lab::Exchange, &[]);
    for row in rows(&csv::figures(&trace, &Timeline::of(&trace), true)) {
        assert!(DOCS.contains(&format!("`{}`", row["quantity"])), "docs/exports.md lacks {}", row["quantity"]);
    }
}

#[test]
fn written_to_be_looked_at() {
    for (name, trace, _) in named_runs() {
        let timeline = Timeline::of(&trace);
        written(&format!("{name}-messages.csv"), &csv::messages(&trace, &timeline));
        written(&format!("{name}-figures.csv"), &csv::figures(&trace, &timeline, true));
    }
}
