//! A benchmark of 2018 in a browser: 50 requests at once in 5 s over HTTP, in 180 ms over a WebSocket with Socket.IO, and
//! six connections to explain it.

use std::collections::BTreeSet;

use super::{Absent, Amount, Checked, Holds, Part, Remark, Repetition, Row, Source, What, Why, sum, time};
use crate::analysis::break_even::{Costs, Missing};
use crate::analysis::{Summary, Timeline};
use crate::trace::{Kind, Message, Protocol, Span, Speaks, Time, Trace};

pub(super) const SOURCE: Source = Source {
    title: "HTTP vs Websockets: A performance comparison",
    authors: Some("David Luecke"),
    appeared: "The Feathers Flightpath (blog.feathersjs.com)",
    year: Some(2018),
    url: Some("https://blog.feathersjs.com/http-vs-websockets-a-performance-comparison-da2533f13a77"),
    checked: Checked::Quotations,
};

/// The answer was a small JSON object of 16 characters. No answer is held back, for over the WebSockets none is either.
pub(super) const REPETITIONS: [Repetition; 2] = [
    Repetition {
        part: Part::OneByOne,
        lab: "exchange",
        settings: &[("messages", "50"), ("size", "16"), ("connection", "keep-alive")],
    },
    Repetition { part: Part::AtOnce, lab: "crowd", settings: &[("clients", "50"), ("hold", "0"), ("size", "16")] },
];

/// How many.
const REQUESTS: u32 = 50;
/// One exchange over HTTP, in the mean.
const SINGLE_HTTP: Span = Span::from_millis(107);
/// One over the WebSocket.
const SINGLE_SOCKET: Span = Span::from_millis(83);
/// All over HTTP.
const ALL_HTTP: Span = Span::from_millis(5_000);
/// All over the WebSocket.
const ALL_SOCKET: Span = Span::from_millis(180);
/// Exchanges a second over HTTP.
const RATE_HTTP: f64 = 10.0;
/// Over the WebSocket: almost that many.
const RATE_SOCKET: f64 = 4_000.0;
/// Bytes of an exchange over HTTP.
const BYTES_HTTP: u64 = 282;
/// Of one over the WebSocket.
const BYTES_SOCKET: u64 = 54;
/// Connections of the browser.
const CONNECTIONS: u32 = 6;
/// Bytes of payload each way, as the repetition has it.
const PAYLOAD: u64 = 16;

fn row(what: What, published: Amount, ours: Result<Amount, Absent>) -> Row {
    Row { what, published: Some(published), ours }
}

/// What follows from the published figures alone.
fn its_own() -> [Remark; 3] {
    let times = |count: u32, span: Span| Span(i64::from(count) * span.0);
    let rounds = REQUESTS.div_ceil(CONNECTIONS);
    let explained = times(rounds, SINGLE_HTTP);
    let gives = per_second(REQUESTS, ALL_SOCKET);
    [
        Remark { holds: Holds::No, why: Why::ItsSixConnections { rounds, explained, says: ALL_HTTP } },
        Remark {
            holds: Holds::NotShown,
            why: Why::ItsSingles { requests: REQUESTS, in_turn: times(REQUESTS, SINGLE_HTTP), says: ALL_HTTP },
        },
        Remark { holds: Holds::No, why: Why::ItsRate { gives, says: RATE_SOCKET } },
    ]
}

fn per_second(count: u32, span: Span) -> f64 {
    f64::from(count) * 1e6 / (span.0 as f64).max(1.0)
}

pub(super) fn one_by_one(trace: &Trace, timeline: &Timeline) -> (Vec<Row>, Vec<Remark>) {
    let costs = Costs::of(trace, timeline);
    let (http, socket) = (time(costs.keep_alive.round_trip), time(costs.message.round_trip));
    let payload = |heads: u64| Amount::Bytes(heads + 2 * PAYLOAD);
    let http_heads = sum([costs.keep_alive.to_server, costs.keep_alive.to_page]);
    let frames = sum([costs.message.to_server, costs.message.to_page]);
    let total = |protocol| {
        let total = Summary::of(trace, timeline, protocol).total;
        total.map(Amount::Time).ok_or(Absent::Missing(Missing::NotMeasured))
    };
    let other = Err(Absent::InAnotherRun(Part::AtOnce));
    let rows = vec![
        row(What::OneOverHttp, Amount::Time(SINGLE_HTTP), http.map(Amount::Time)),
        row(What::OneOverWebSocket, Amount::Time(SINGLE_SOCKET), socket.map(Amount::Time)),
        Row { what: What::InTurnOverHttp, published: None, ours: total(Protocol::Http) },
        Row { what: What::InTurnOverWebSocket, published: None, ours: total(Protocol::WebSocket) },
        row(What::AtOnceOverHttp, Amount::Time(ALL_HTTP), other),
        row(What::AtOnceOverWebSocket, Amount::Time(ALL_SOCKET), other),
        row(What::BytesOverHttp, Amount::Bytes(BYTES_HTTP), http_heads.map(payload)),
        row(What::BytesOverWebSocket, Amount::Bytes(BYTES_SOCKET), frames.map(payload)),
    ];
    let mut remarks = its_own().to_vec();
    if let (Ok(http), Ok(web_socket)) = (http, socket) {
        // Two stamps go into each, and each may be off by a step of the clock.
        let step = trace.circumstances.resolution + trace.circumstances.resolution;
        let holds = match http - web_socket {
            less if less.abs() <= step => Holds::InPart,
            less if less > Span::ZERO => Holds::Yes,
            _ => Holds::No,
        };
        remarks.push(Remark { holds, why: Why::Singles { http, web_socket } });
    }
    if let Ok(frames) = frames {
        let why = Why::LibraryOnTop { ours: frames + 2 * PAYLOAD, published: BYTES_SOCKET };
        remarks.push(Remark { holds: Holds::InPart, why });
    }
    (rows, remarks)
}

/// What all took that were begun at once.
struct Burst<'a> {
    requests: Vec<&'a Message>,
    count: u32,
    shortest: Span,
    took: Span,
}

impl<'a> Burst<'a> {
    /// Of the exchanges over a protocol in a part of the script that were answered.
    fn of(trace: &'a Trace, part: &str, protocol: Protocol) -> Option<Self> {
        let part = trace.part(part)?;
        let replies = trace.in_part(part).filter(|message| message.protocol == protocol && message.kind.is_exchanged());
        let answered = replies.filter_map(|reply| {
            let request = trace.message(reply.answers?)?;
            Some((request, request.sent.page()?, reply.received.page()?))
        });
        let answered: Vec<(&Message, Time, Time)> = answered.collect();
        let begin = answered.iter().map(|(_, sent, _)| *sent).min()?;
        let end = answered.iter().map(|(.., received)| *received).max()?;
        // What an exchange took once it had a connection, where the browser tells; else the wait for one is in it.
        let alone =
            |request: &Message| request.phases.as_ref().map(|phases| phases.response_end - phases.request_start);
        let took = |(request, sent, received): &(&Message, Time, Time)| alone(request).unwrap_or(*received - *sent);
        let shortest = answered.iter().map(took).min()?;
        let requests: Vec<&Message> = answered.into_iter().map(|(request, ..)| request).collect();
        let count = u32::try_from(requests.len()).ok()?;
        Some(Self { requests, count, shortest, took: end - begin })
    }

    /// How many connections carried them, if each is known.
    fn connections(&self, trace: &Trace) -> Result<u32, Absent> {
        let known: Option<BTreeSet<_>> = self.requests.iter().map(|request| request.connection).collect();
        let known = known.and_then(|known| u32::try_from(known.len()).ok());
        let plain = trace.circumstances.http.speaks == Speaks::Plain;
        known.ok_or(Absent::Missing(if plain { Missing::Plain } else { Missing::NotTold }))
    }

    /// They shared a connection, as exchanges do in HTTP/2.
    fn shared(&self) -> bool {
        let by_browser = |message: &Message| message.phases.as_ref().is_some_and(|phases| phases.protocol == "h2");
        self.requests.iter().any(|request| {
            request.kind == Kind::Request && (request.alpn.as_deref() == Some("h2") || by_browser(request))
        })
    }
}

pub(super) fn at_once(trace: &Trace) -> (Vec<Row>, Vec<Remark>) {
    let http = Burst::of(trace, "http", Protocol::Http);
    let socket = Burst::of(trace, "websocket", Protocol::WebSocket);
    let none = Absent::Missing(Missing::NotMeasured);
    let took = |burst: &Option<Burst<'_>>| burst.as_ref().map(|burst| Amount::Time(burst.took)).ok_or(none);
    let rate = |burst: &Option<Burst<'_>>| {
        burst.as_ref().map(|burst| Amount::PerSecond(per_second(burst.count, burst.took))).ok_or(none)
    };
    let connections = http.as_ref().map_or(Err(none), |burst| burst.connections(trace));
    let other = Err(Absent::InAnotherRun(Part::OneByOne));
    let rows = vec![
        row(What::OneOverHttp, Amount::Time(SINGLE_HTTP), other),
        row(What::OneOverWebSocket, Amount::Time(SINGLE_SOCKET), other),
        row(What::AtOnceOverHttp, Amount::Time(ALL_HTTP), took(&http)),
        row(What::AtOnceOverWebSocket, Amount::Time(ALL_SOCKET), took(&socket)),
        row(What::RateOverHttp, Amount::PerSecond(RATE_HTTP), rate(&http)),
        row(What::RateOverWebSocket, Amount::PerSecond(RATE_SOCKET), rate(&socket)),
        row(What::Connections, Amount::Count(CONNECTIONS.into()), connections.map(|count| Amount::Count(count.into()))),
    ];
    let mut remarks = its_own().to_vec();
    if let (Some(burst), Ok(used)) = (&http, connections) {
        let shared = burst.shared();
        let holds = match used {
            _ if shared => Holds::InPart,
            CONNECTIONS => Holds::Yes,
            _ => Holds::No,
        };
        remarks.push(Remark { holds, why: Why::Connections { used, published: CONNECTIONS, shared } });
        if !shared && used > 0 {
            let rounds = i64::from(burst.count.div_ceil(used));
            let explained = Span(rounds * burst.shortest.0);
            let holds = if super::alike(explained.0 as f64, burst.took.0 as f64) { Holds::Yes } else { Holds::InPart };
            let why = Why::Queueing {
                requests: burst.count,
                connections: used,
                shortest: burst.shortest,
                explained,
                took: burst.took,
            };
            remarks.push(Remark { holds, why });
        }
    }
    remarks.push(Remark { holds: Holds::InPart, why: Why::BrowsersRule });
    if let (Some(http), Some(socket)) = (&http, &socket) {
        let holds = if socket.took < http.took { Holds::Yes } else { Holds::No };
        remarks.push(Remark { holds, why: Why::AtOnce { http: http.took, web_socket: socket.took } });
    }
    (rows, remarks)
}
