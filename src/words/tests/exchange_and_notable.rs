//! Of the lab `exchange`, and of any run.

use super::{Sample, check, samples};
use crate::analysis::Fact as Any;
use crate::analysis::break_even::{Crossing, Measure, Missing, Way};
use crate::analysis::judgement::exchange::{Advised, Case, Choice, Fact, HttpOpening, Silence};
use crate::analysis::judgement::notable::Fact as Notable;
use crate::trace::{Cause, Inference, Protocol, Span};

const RESOLUTION: Span = Span(5);

#[test]
fn exchange() {
    let connections = |protocol, carried, connections, already_open, asked_to_close| Fact::Connections {
        protocol,
        carried,
        connections,
        already_open,
        asked_to_close,
    };
    let overhead =
        |protocol, counted, instrument| Fact::Overhead { protocol, to_server: 508, to_page: 116, counted, instrument };
    let opening = |http, handshake| Fact::Opening { web_socket: Span(5_180), http, handshake, resolution: RESOLUTION };
    let paid = |measure, than, since| Fact::PaidBack { measure, than, since, payload: 32 };
    let advised = |way, total, next| Some(Advised { way, total, next });
    let advice = |by_bytes, by_time| Fact::Advice { case: Case::Chat, messages: 300, by_bytes, by_time };
    let bytes = advised(Way::WebSocket, 30_900, Some((Way::ServerSentEvents, 125_133)));
    let time = advised(Way::WebSocket, 326_000, Some((Way::LongPolling, 922_000)));
    let simpler = advised(Way::KeepAlive, 2_700, Some((Way::WebSocket, 2_600)));
    let choice = |by_bytes, by_time| Choice { by_bytes, by_time };
    let both = choice(Some(Way::KeepAlive), Some(Way::KeepAlive));
    let measures = [Measure::Bytes, Measure::Time];
    let mut all = samples![
        Any::Exchange, Fact;
        Connections => [
            connections(Protocol::Http, 11, 1, 0, false), hiding "already_open";
            connections(Protocol::Http, 11, 12, 2, true);
            connections(Protocol::WebSocket, 11, 1, 0, false), hiding "already_open";
        ],
        ConnectionsNotTold => [Fact::ConnectionsNotTold { carried: 1 }],
        NotEchoed => [Fact::NotEchoed { exchanges: 1, of: 1 }; Fact::NotEchoed { exchanges: 3, of: 11 }],
        RoundTrips => [Fact::RoundTrips {
            http: Span(4_090), web_socket: Span(1_430), samples: (10, 11), resolution: RESOLUTION,
        }],
        Overhead => [
            overhead(Protocol::Http, true, 422);
            overhead(Protocol::WebSocket, false, 0), hiding "instrument";
        ],
        NoOverhead => [
            Fact::NoOverhead { protocol: Protocol::Http, why: Missing::Plain };
        ],
        Opening => [
            opening(HttpOpening::Took(Span(700)), Some(628));
            opening(HttpOpening::AlreadyOpen, None);
            opening(HttpOpening::Unknown, None);
        ],
        PaidBack => [
            paid(Measure::Bytes, Way::KeepAlive, Crossing::From(2));
            paid(Measure::Time, Way::Close, Crossing::Always), hiding "payload";
            paid(Measure::Bytes, Way::Close, Crossing::Never);
        ],
        TooClose => [Fact::TooClose { resolution: Span(100) }],
        NotComparable => [
            Fact::NotComparable { measure: Measure::Time, why: Missing::AlreadyOpen, silent: Vec::new() };
        ],
        WarmUp => [
            Fact::WarmUp { http: Span(7_020), web_socket: Span(2_630), resolution: RESOLUTION };
        ],
        BothWays => [
            Fact::BothWays { exchanges: 10, to_server: 320, to_page: 330 };
        ],
        InShort => [
            Fact::InShort { weather: both, chat: choice(Some(Way::WebSocket), Some(Way::LongPolling)) };
            Fact::InShort { weather: choice(None, Some(Way::Close)), chat: both };
        ],
        Advice => [
            advice(bytes, time); advice(simpler, time); advice(None, time); advice(bytes, None); advice(None, None);
        ],
        OneForAll => [
            Fact::OneForAll { measure: Measure::Bytes, way: Way::WebSocket };
        ],
        TooFew => [Fact::TooFew { http: 2, web_socket: 3, needed: 5 }],
    ];
    let why = [
        Missing::NotMeasured,
        Missing::AlreadyOpen,
        Missing::Plain,
        Missing::NotTold,
        Missing::Compressed,
        Missing::Shared,
        Missing::Implausible,
    ];
    let not_comparable = |why, silent: &[(Protocol, Silence)]| {
        measures.map(|measure| {
            let fact = Any::Exchange(Fact::NotComparable { measure, why, silent: silent.to_vec() });
            Sample { fact, hidden: Vec::new() }
        })
    };
    all.extend(why.into_iter().flat_map(|why| not_comparable(why, &[])));
    let (http, web_socket) = (Protocol::Http, Protocol::WebSocket);
    let silent: [&[(Protocol, Silence)]; 4] = [
        &[(http, Silence::Plain)],
        &[(http, Silence::Plain), (web_socket, Silence::Plain)],
        &[(http, Silence::BehindProxy), (web_socket, Silence::BehindProxy)],
        &[(http, Silence::Plain), (web_socket, Silence::BehindProxy)],
    ];
    all.extend(silent.into_iter().flat_map(|silent| not_comparable(Missing::NotTold, silent)));
    check(all);
}

#[test]
fn the_recommendation_for_a_weather_page_and_a_chat_is_plain() {
    let way = |way| Choice { by_bytes: Some(way), by_time: Some(way) };
    let fact = Fact::InShort { weather: way(Way::KeepAlive), chat: way(Way::WebSocket) };
    let sentence = crate::words::labs::exchange::fact(&fact);
    assert!(
        sentence.contains("plain HTTP for a weather page") && sentence.contains("a WebSocket for a chat"),
        "{sentence}"
    );
}

#[test]
fn notable() {
    let version = |version: &str| Notable::OtherVersion { version: version.into(), requests: 2, of: 3 };
    check(samples![
        Any::Notable, Notable;
        NotReused => [Notable::NotReused { requests: 1 }],
        OpenBefore => [Notable::OpenBefore { connections: 1, requests: 11 }],
        Preflight => [Notable::Preflight { requests: 3 }],
        BehindSix => [
            Notable::BehindSix { requests: 4, longest: Span(110_000) };
        ],
        SentAgain => [Notable::SentAgain { requests: 1, most: 3 }],
        OtherVersion => [version("h2"); version("h3"); version("http/1.0"); version("x")],
        VersionsDiffer => [
            Notable::VersionsDiffer { requests: 1, browser: "h2".into(), server: "http/1.1".into() };
        ],
        TlsResumed => [Notable::TlsResumed { connections: 3, of: 4 }],
        Compressed => [Notable::Compressed { sockets: 1, messages: 12 }],
        Hidden => [Notable::Hidden { samples: 1 }],
        DelayedAck => [Notable::DelayedAck {
            protocol: Protocol::Http, samples: 5, of: 25, median: Span(1_200), above: Span(40_100),
        }],
        ClocksApart => [
            Notable::ClocksApart { protocol: Protocol::WebSocket, samples: 1 };
            Notable::ClocksApart { protocol: Protocol::Http, samples: 7 };
        ],
        CopiesFull => [
            Notable::CopiesFull { messages: 1 }; Notable::CopiesFull { messages: 8 };
        ],
        RawFull => [Notable::RawFull { left_out: 4_000, of: 1 }],
        Failed => [Notable::Failed {
            protocol: Protocol::WebSocket, count: 3, cause: Cause::NoAnswer, inferred_from: Inference::ProbeFailed,
        }],
        Forgotten => [Notable::Forgotten { exchanges: 1 }],
    ]);
}
