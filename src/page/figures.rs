//! The summary: both protocols' figures side by side, with the ratio in words and where each figure
//! comes from.

use leptos::prelude::*;

use super::state::LabState;
use crate::analysis::{OneWay, Opening, Statistics, Summary};
use crate::drawing::chart::at_least;
use crate::drawing::sequence::bytes;
use crate::trace::{Protocol, Span, Trace};

/// One line of the summary.
struct Line {
    what: &'static str,
    values: [String; 2],
    words: String,
    /// A figure that has its own place in the document, for whoever reads the page by machine.
    key: &'static str,
}

#[component]
pub(super) fn Figures(state: LabState) -> impl IntoView {
    let lines = Memo::new(move |_| {
        let record = state.record.read();
        let Some(trace) = &record.trace else {
            return (Vec::new(), String::new());
        };
        let both = Protocol::BOTH.map(|protocol| Summary::of(trace, &record.timeline, protocol));
        let lines = lines(trace, &both);
        let rows: Vec<_> = lines.into_iter().map(|line| (line.key, line.what, line.values, line.words)).collect();
        (rows, circumstances(trace, &record.timeline))
    });
    let rows = move || {
        lines
            .get()
            .0
            .into_iter()
            .map(|(key, what, [http, ws], words)| {
                view! {
                    <tr data-figure=key>
                        <th scope="row">{what}</th>
                        <td class="http">{http}</td>
                        <td class="ws">{ws}</td>
                        <td class="words">{words}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    view! {
        <section class="figures" class:unseen=move || state.record.read().trace.is_none()>
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
    let time = |pick: fn(&Statistics) -> Span, key, what| {
        let picked = [0, 1].map(|of| both[of].round_trips.as_ref().map(pick));
        let values = picked.map(|span| span.map_or_else(dash, |span| at_least(span, resolution)));
        Line { what, values, words: times(picked), key }
    };
    let total = [0, 1].map(|of| both[of].total);
    let samples = [0, 1].map(|of| both[of].round_trips.as_ref().map_or(0, |figures| figures.n));
    let mut lines = vec![
        Line { what: "Exchanges counted", values: samples.map(|n| n.to_string()), words: left_out(both), key: "n" },
        Line {
            what: "Total, own time",
            values: total.map(|span| span.map_or_else(dash, |span| at_least(span, resolution))),
            words: times(total),
            key: "total",
        },
        time(|figures| figures.median, "median", "Round trip, median"),
        time(|figures| figures.p95, "p95", "95 % within (p95)"),
        time(|figures| figures.p99, "p99", "99 % within (p99)"),
        time(|figures| figures.spread, "spread", "Spread (middle half)"),
        time(|figures| figures.jitter, "jitter", "Jitter"),
        Line {
            what: "Opening the connection",
            values: [opening(both[0].opening, resolution), opening(both[1].opening, resolution)],
            words: "TCP for HTTP; TCP and the handshake for the WebSocket".to_owned(),
            key: "opening",
        },
        Line {
            what: "Connections",
            values: [0, 1].map(|of| connections(&both[of])),
            words: String::new(),
            key: "connections",
        },
    ];
    lines.extend(byte_lines(both));
    lines
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
    lines.push(Line {
        what: "Handshake, both ways",
        values: ["—".to_owned(), opening.known_overhead().map_or_else(|| "unknown".to_owned(), bytes)],
        words: "paid once, however many messages follow".to_owned(),
        key: "handshake",
    });
    let instrument = |summary: &Summary| {
        summary.bytes.to_server.instrument + summary.bytes.to_page.instrument + summary.bytes.opening.instrument
    };
    lines.push(Line {
        what: "Our instrument",
        values: [bytes(instrument(&both[0])), bytes(instrument(&both[1]))],
        words: "run ids, evidence headers, envelopes: in no other row".to_owned(),
        key: "instrument",
    });
    lines
}

fn payload(key: &'static str, what: &'static str, ways: [OneWay; 2]) -> Line {
    Line { what, values: ways.map(|way| bytes(way.payload)), words: String::new(), key }
}

fn overhead(key: &'static str, what: &'static str, ways: [OneWay; 2]) -> Line {
    let counts = ways.map(|way| way.known_overhead());
    let values = counts.map(|count| count.map_or_else(|| "unknown".to_owned(), bytes));
    let each = [0, 1].map(|of| counts[of].filter(|_| ways[of].messages > 0).map(|count| count / ways[of].messages));
    let words = match each {
        [Some(http), Some(ws)] => {
            let ratio = ratio(counts.map(|count| count.unwrap_or(0) as f64), "as many bytes");
            format!("{} a message against {}; {ratio}", bytes(http), bytes(ws))
        }
        _ => String::new(),
    };
    Line { what, values, words, key }
}

fn dash() -> String {
    "—".to_owned()
}

fn opening(opening: Opening, resolution: Span) -> String {
    match opening {
        Opening::Took(span) => at_least(span, resolution),
        Opening::AlreadyOpen => "already open".to_owned(),
        Opening::Unknown => "unknown".to_owned(),
    }
}

fn connections(summary: &Summary) -> String {
    match (summary.connections, summary.already_open) {
        (None, _) => "not told".to_owned(),
        (Some(count), 0) => count.to_string(),
        (Some(count), open) => format!("{count}, of which {open} already open"),
    }
}

fn left_out(both: &[Summary; 2]) -> String {
    let hidden: usize = both.iter().map(|summary| summary.hidden).sum();
    let unanswered: usize = both.iter().map(|summary| summary.unanswered).sum();
    let mut words = "the warm-up is not counted".to_owned();
    if hidden > 0 {
        words += &format!("; {hidden} left out, taken while the tab was hidden");
    }
    if unanswered > 0 {
        words += &format!("; {unanswered} without an answer");
    }
    words
}

fn times(spans: [Option<Span>; 2]) -> String {
    ratio(spans.map(|span| span.map_or(0.0, |span| span.0 as f64)), "as long")
}

/// How two values compare, the greater first.
fn ratio([http, ws]: [f64; 2], how: &str) -> String {
    if http <= 0.0 || ws <= 0.0 {
        return String::new();
    }
    let (name, ratio) = if http >= ws { ("HTTP", http / ws) } else { ("WebSocket", ws / http) };
    match ratio {
        ..1.05 => "about the same".to_owned(),
        1.05..10.0 => format!("{name}: {ratio:.1} times {how}"),
        _ => format!("{name}: {ratio:.0} times {how}"),
    }
}

/// Under which circumstances, and where the figures come from.
fn circumstances(trace: &Trace, timeline: &crate::analysis::Timeline) -> String {
    let known = &trace.circumstances;
    let isolated = if known.isolated { "isolated" } else { "not isolated" };
    let clock = match timeline.clock(Protocol::Http) {
        Some(fit) => format!("the server’s clock is placed on this page’s to ± {}", fit.uncertainty),
        None => "the server tells no times, so the server’s end of each arrow is drawn half-way".to_owned(),
    };
    format!(
        "Times are measured in this page, whose clock steps by {} (cross-origin {isolated}); {clock}. HTTP’s overhead is \
         counted by the server below HTTP; a WebSocket frame’s is derived from its length (RFC 6455 §5.2). Totals, \
         percentiles and ratios are derived.",
        known.resolution
    )
}
