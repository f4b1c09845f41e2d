//! The summary: both protocols' figures side by side, with the ratio in words and where each figure
//! comes from.

use leptos::prelude::*;

use super::state::{LabState, Record};
use crate::analysis::{Bytes, OneWay, Opening, Statistics, Summary, bytes_in_words};
use crate::lab::Lab;
use crate::trace::{Happening, Kind, Protocol, Raw, Recorder, Span, Speaks, Trace};
use crate::words;

/// One line of the summary.
#[derive(Clone, PartialEq)]
struct Line {
    /// Names the figure in the document, for whoever reads the page by machine.
    key: &'static str,
    what: &'static str,
    values: [String; 2],
    words: String,
}

#[component]
pub(super) fn Figures(state: LabState) -> impl IntoView {
    let lines = Memo::new(move |_| {
        state.summed_up.track();
        let record = state.record.read_untracked();
        let Some(trace) = &record.trace else { return (Vec::new(), String::new()) };
        let both = Protocol::BOTH.map(|protocol| Summary::of(trace, &record.timeline, protocol));
        (lines(trace, &both), circumstances(trace, &record))
    });
    let rows = move || {
        let row = |Line { key, what, values: [http, ws], words }: Line| {
            view! {
                <tr data-figure=key>
                    <th scope="row">{what}</th>
                    <td class="http">{http}</td>
                    <td class="ws">{ws}</td>
                    <td class="words">{words}</td>
                </tr>
            }
        };
        lines.get().0.into_iter().map(row).collect_view()
    };
    view! {
        <section class="figures" hidden=move || state.holds_back() || state.record.read().trace.is_none()>
            <h3>"In figures"</h3>
            <div class="scroll-x">
                <table>
                    <thead>
                        <tr>
                            <td></td>
                            <th scope="col" class="http">"HTTP"</th>
                            <th scope="col" class="ws">"WebSocket"</th>
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="hint">{move || lines.get().1}</p>
        </section>
    }
}

fn lines(trace: &Trace, both: &[Summary; 2]) -> Vec<Line> {
    let resolution = trace.circumstances.resolution;
    let known = |span: Option<Span>| span.map_or_else(dash, |span| span.known_to(resolution));
    let line = |key, what, picked: [Option<Span>; 2], note: &str| {
        let ratio =
            ratio(picked.map(|span| span.filter(|span| *span >= resolution).map(|span| span.0 as f64)), "as long");
        let words = [note, &ratio].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ");
        Line { key, what, values: picked.map(known), words }
    };
    let of = |pick: fn(&Statistics) -> Option<Span>| [0, 1].map(|of| both[of].round_trips.as_ref().and_then(pick));
    let samples = [0, 1].map(|of| both[of].round_trips.as_ref().map_or(0, |figures| figures.n));
    // With fewer samples the percentile is the longest of them.
    let few = |enough: usize| if samples.iter().any(|n| *n < enough) { "of so few, this is the longest" } else { "" };
    let mut lines = vec![
        Line {
            key: "n",
            what: "Exchanges counted",
            values: samples.map(|n| n.to_string()),
            words: left_out(trace, both),
        },
        line("total", "All round trips together", [both[0].total, both[1].total], ""),
        line("median", "Round trip, median", of(|figures| Some(figures.median)), ""),
        line("p95", "95 % within (p95)", of(|figures| Some(figures.p95)), few(20)),
        line("p99", "99 % within (p99)", of(|figures| Some(figures.p99)), few(100)),
        line("spread", "Spread", of(|figures| Some(figures.spread)), "the middle half lies within"),
        line("jitter", "Jitter", of(|figures| figures.jitter), "from one to the next, on average"),
        Line {
            key: "opening",
            what: "Opening a connection",
            values: [0, 1].map(|of| opening(both[of].opening, resolution)),
            words: if trace.connections.iter().any(|connection| connection.emulated_handshake.is_some()) {
                "TCP for HTTP, of which the emulated part as the server tells it; TCP and the handshake for the WebSocket"
            } else {
                "TCP for HTTP; TCP and the handshake for the WebSocket"
            }
            .to_owned(),
        },
        Line {
            key: "connections",
            what: "Connections",
            values: [0, 1].map(|of| connections(&both[of])),
            words: String::new(),
        },
    ];
    lines.extend(carrier_lines(trace));
    lines.extend(byte_lines(both));
    if trace.circumstances.is_imported() {
        lines.retain(|line| line.key != "instrument");
    }
    if trace.circumstances.lab != Lab::Exchange.slug() {
        // Elsewhere the two protocols do different things, and their times and bytes do not compare.
        lines.retain(|line| !COMPARED.contains(&line.key));
        for line in lines.iter_mut().filter(|line| line.key.starts_with("overhead")) {
            line.words = String::new();
        }
    }
    lines
}

/// Lines that compare round trips.
const COMPARED: [&str; 7] = ["n", "total", "median", "p95", "p99", "spread", "jitter"];

/// What carried the messages: the protocol by its ALPN name, TLS and an emulated link where there is one.
fn carrier_lines(trace: &Trace) -> Vec<Line> {
    let connections = |protocol| trace.connections.iter().filter(move |connection| connection.protocol == protocol);
    let by_server = Protocol::BOTH.map(|protocol| {
        let names = distinct(trace.of(protocol).filter_map(|message| message.alpn.as_deref()));
        joined(names.into_iter().map(words::alpn))
    });
    let by_browser = Protocol::BOTH.map(|protocol| {
        let phases = trace.of(protocol).filter_map(|message| message.phases.as_deref());
        let names = distinct(phases.map(|phases| phases.protocol.as_str()).filter(|name| !name.is_empty()));
        joined(names.into_iter().map(words::alpn))
    });
    let tls = Protocol::BOTH.map(|protocol| {
        let versions = distinct(connections(protocol).filter_map(|known| Some(known.tls.as_deref()?.version.as_str())));
        joined(versions.into_iter().map(str::to_owned))
    });
    let link = Protocol::BOTH.map(|protocol| {
        let links = distinct(connections(protocol).filter_map(|known| known.link.as_deref()));
        joined(links.into_iter().map(words::link))
    });
    let note = match (&by_server[0], &by_browser[0]) {
        (Some(server), Some(browser)) if server == browser => "as the server and Resource Timing both say".to_owned(),
        (Some(_), Some(browser)) => format!("as the server says; Resource Timing says {browser}"),
        (Some(_), None) => "as the server says".to_owned(),
        (None, Some(_)) => "as Resource Timing says, which knows nothing of WebSockets".to_owned(),
        (None, None) => String::new(),
    };
    let [http, ws] = by_server;
    let ws = ws.map(|handshake| format!("{handshake}, then WebSocket"));
    let protocol = Line {
        key: "protocol",
        what: "Protocol spoken",
        values: [http.or(by_browser[0].clone()), ws].map(|name| name.unwrap_or_else(unknown)),
        words: note,
    };
    let line = |key, what, values: [Option<String>; 2], words: &str| {
        let any = values.iter().any(Option::is_some);
        any.then(|| Line { key, what, values: values.map(|value| value.unwrap_or_else(dash)), words: words.to_owned() })
    };
    let tls = line("tls", "Encryption", tls, "bytes below are those within TLS");
    let link = line("link", "Emulated link", link, "delay that the server adds, not the network’s");
    [Some(protocol), tls, link].into_iter().flatten().collect()
}

/// Each value once, in the order in which they came.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut known = Vec::new();
    for value in values {
        if !known.contains(&value) {
            known.push(value);
        }
    }
    known
}

fn joined(words: impl Iterator<Item = String>) -> Option<String> {
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn byte_lines(both: &[Summary; 2]) -> Vec<Line> {
    let to_server = [0, 1].map(|of| both[of].bytes.to_server);
    let to_page = [0, 1].map(|of| both[of].bytes.to_page);
    let mut lines = Vec::from([
        payload("payload-to-server", "Payload to the server", to_server),
        overhead("overhead-to-server", "Overhead to the server", to_server),
        payload("payload-to-page", "Payload to the page", to_page),
        overhead("overhead-to-page", "Overhead to the page", to_page),
    ]);
    let opening = both[1].bytes.opening;
    let handshake = opening.known_overhead().filter(|_| opening.messages > 0);
    lines.push(Line {
        key: "handshake",
        what: "Handshake, both ways",
        values: [dash(), handshake.map_or_else(unknown, |(count, _)| bytes_in_words(count))],
        words: "paid once, however many messages follow".to_owned(),
    });
    let instrument = |of: usize| {
        let Bytes { to_server, to_page, opening } = both[of].bytes;
        bytes_in_words(to_server.instrument + to_page.instrument + opening.instrument)
    };
    lines.push(Line {
        key: "instrument",
        what: "The instrument of Duplex",
        values: [instrument(0), instrument(1)],
        words: "run ids, evidence headers, envelopes: in no other row".to_owned(),
    });
    lines
}

fn payload(key: &'static str, what: &'static str, ways: [OneWay; 2]) -> Line {
    Line { key, what, values: ways.map(|way| bytes_in_words(way.payload)), words: String::new() }
}

fn overhead(key: &'static str, what: &'static str, ways: [OneWay; 2]) -> Line {
    let values = ways.map(|way| match way.known_overhead() {
        None => unknown(),
        Some((count, known)) if known < way.messages => {
            format!("{} ({known} of {} messages)", bytes_in_words(count), way.messages)
        }
        Some((count, _)) => bytes_in_words(count),
    });
    let each = ways.map(|way| way.known_overhead().filter(|(_, known)| *known > 0));
    let each = each.map(|each| each.map(|(count, known)| count as f64 / known as f64));
    let words = match each {
        [Some(http), Some(ws)] => {
            format!("{http:.0} B a message against {ws:.0} B; {}", ratio([Some(http), Some(ws)], "as many bytes"))
        }
        _ => String::new(),
    };
    Line { key, what, values, words }
}

fn dash() -> String {
    "—".to_owned()
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn opening(opening: Opening, resolution: Span) -> String {
    match opening {
        Opening::Took { count: 1, median } => median.known_to(resolution),
        Opening::Took { count, median } => format!("{}, median of {count}", median.known_to(resolution)),
        Opening::AlreadyOpen => "already open".to_owned(),
        Opening::Unknown => unknown(),
    }
}

fn connections(summary: &Summary) -> String {
    match (summary.connections, summary.already_open) {
        (None, _) => "not told".to_owned(),
        (Some(count), 0) => count.to_string(),
        (Some(count), open) => format!("{count}, of which {open} already open"),
    }
}

fn left_out(trace: &Trace, both: &[Summary; 2]) -> String {
    let hidden: usize = both.iter().map(|summary| summary.hidden).sum();
    let unanswered: usize = both.iter().map(|summary| summary.unanswered).sum();
    // Of another tool's traffic none is a warm-up.
    let mut words =
        if trace.circumstances.is_imported() { String::new() } else { "the warm-up is not counted".to_owned() };
    if hidden > 0 {
        words += &format!("; {hidden} left out, taken while the tab was hidden");
    }
    if unanswered > 0 {
        words += &format!("; {unanswered} without an answer");
    }
    if trace.marks.iter().any(|mark| mark.what == Happening::CopiesFull) {
        words += &format!("; payloads beyond {} in all are not kept", bytes_in_words(Recorder::MAX_COPIES as u64));
    }
    if trace.marks.iter().any(|mark| mark.what == Happening::RawFull) {
        words += &format!("; raw bytes beyond {} in all are not kept", bytes_in_words(Raw::MAX));
    }
    if trace.forgotten > 0 {
        words += &format!("; the server no longer knew {} exchanges", trace.forgotten);
    }
    words
}

/// How two values compare, the greater first.
fn ratio([http, ws]: [Option<f64>; 2], how: &str) -> String {
    let (Some(http), Some(ws)) = (http, ws) else { return String::new() };
    if http <= 0.0 || ws <= 0.0 {
        return String::new();
    }
    let (name, ratio) = if http >= ws { ("HTTP", http / ws) } else { ("WebSocket", ws / http) };
    match ratio {
        ..words::ABOUT_THE_SAME => "about the same".to_owned(),
        1.05..10.0 => format!("{name}: {ratio:.1} times {how}"),
        _ => format!("{name}: {ratio:.0} times {how}"),
    }
}

/// Under which circumstances, and where the figures come from.
fn circumstances(trace: &Trace, record: &Record) -> String {
    let known = &trace.circumstances;
    if known.is_imported() {
        return format!(
            "Times are those of the file, and taken to be exact to {}; it does not tell when the server received and sent, \
             so its end of each arrow is drawn half-way. HTTP’s overhead is the size of the heads where the file has it, \
             which over HTTP/2 and HTTP/3 it has not; that of WebSocket frames follows from their lengths (RFC 6455 §5.2). \
             Totals, percentiles and ratios are derived.",
            known.resolution
        );
    }
    let isolated = if known.isolated { "isolated" } else { "not isolated" };
    let place = if record.from_file { "in the page that recorded them" } else { "in this page" };
    let clock = |protocol| match record.timeline.clock(protocol) {
        Some(fit) => format!("the server’s clock is placed on the page’s to ± {}", fit.uncertainty),
        None => "the server tells no times, so its end of each arrow is drawn half-way".to_owned(),
    };
    let [http, ws] = Protocol::BOTH.map(clock);
    let clocks = if http == ws { http } else { format!("for HTTP {http}; for the WebSocket {ws}") };
    let heads =
        if known.http.speaks == Speaks::Duplex { "counted by the server below HTTP" } else { "not known to a page" };
    let has_events = trace.messages.iter().any(|message| message.kind == Kind::Event);
    let unheard =
        if has_events { ", without server-sent events that came after the page had closed their stream" } else { "" };
    format!(
        "Times are measured {place}, whose clock steps by {} (cross-origin {isolated}); {clocks}. HTTP’s overhead is \
         {heads}{unheard}; that of WebSocket frames follows from their lengths (RFC 6455 §5.2). Totals, percentiles and ratios are \
         derived.",
        known.resolution
    )
}
