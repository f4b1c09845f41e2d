//! The words of the lab `exchange`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::break_even::{Crossing, Measure, Missing, Way};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::exchange::{Advised, Case, Fact, HttpOpening};
use crate::page::words;
use crate::trace::{Protocol, Span};

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "The same conversation, twice",
    question: "A page says something, and the server says it back: once over HTTP, as a request with its response, and once over a WebSocket, as two messages on a connection that stays open. What does each need for it, how long does it take, and which should one choose when?",
    prediction: Prediction {
        asks: "How long will a typical round trip over HTTP take, compared with one over the WebSocket?",
        choices: &["about as long", "up to twice as long", "two to five times as long", "longer than that", "shorter"],
    },
    parameters: &[
        ParameterWords { name: "messages", label: "Messages", hint: "" },
        ParameterWords { name: "size", label: "Size", hint: "" },
        ParameterWords { name: "interval", label: "Interval", hint: "" },
        ParameterWords { name: "connection", label: "HTTP connection", hint: "asked of the server" },
    ],
    choices: &[("connection", "close", "close each time")],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Connections { protocol, carried, connections, already_open, asked_to_close } => {
            connections_used(*protocol, *carried, *connections, *already_open, *asked_to_close)
        }
        Fact::ConnectionsNotTold { carried } => format!(
            "Which TCP connections carried the {} is not known: a page cannot see that, and this server does not tell.",
            many(*carried, "request")
        ),
        Fact::NotEchoed { exchanges, of } => format!(
            "In {exchanges} of {} what came back over HTTP is not what was sent: this address does not echo. So the two \
             protocols did not carry the same here.",
            many(*of, "exchange")
        ),
        Fact::RoundTrips { http, web_socket, samples: (over_http, over_socket), resolution } => format!(
            "{} (Medians of {over_http} and {over_socket}: half of them took at most so long.)",
            words::faster(*http, *web_socket, *resolution)
        ),
        Fact::Overhead { protocol, to_server, to_page, counted, instrument } => {
            let what = match protocol {
                Protocol::Http => "Each request and its response carried",
                Protocol::WebSocket => "Each message and its echo carried",
            };
            let head = match protocol {
                Protocol::Http => "heads",
                Protocol::WebSocket => "frame heads",
            };
            let source = if *counted { "as the server counted" } else { "as the standard’s arithmetic gives" };
            let kept_out = match instrument {
                0 => String::new(),
                bytes => format!(
                    " What this page adds in order to measure ({} on average) is kept out.",
                    bytes_in_words(*bytes)
                ),
            };
            format!(
                "{what} {} beside the payload, typically: {} of {head} to the server and {} back, {source}.{kept_out}",
                bytes_in_words(to_server + to_page),
                bytes_in_words(*to_server),
                bytes_in_words(*to_page)
            )
        }
        Fact::NoOverhead { protocol, why } => {
            format!("How many bytes {} adds to a message is not known: {}.", words::protocol(*protocol), missing(*why))
        }
        Fact::Opening { web_socket, http, handshake, resolution } => {
            let bytes = handshake.map_or_else(String::new, |bytes| {
                format!(" Its handshake is an HTTP request and a response of {} together.", bytes_in_words(bytes))
            });
            let http = match http {
                HttpOpening::Took(took) => {
                    format!(" Opening a connection for HTTP took {}.", took.known_to(*resolution))
                }
                HttpOpening::AlreadyOpen => " For HTTP the browser had a connection open already.".to_owned(),
                HttpOpening::Unknown => " What opening a connection for HTTP took is not known.".to_owned(),
            };
            format!(
                "Before its first message the WebSocket had to be opened, which took {}.{bytes}{http}",
                web_socket.known_to(*resolution)
            )
        }
        Fact::PaidBack { measure, than, since, payload } => paid_back(*measure, *than, *since, *payload),
        Fact::TooClose { resolution } => format!(
            "By time it cannot be said when the WebSocket’s opening has paid for itself: the round trips differ by less than this browser’s clock, which tells steps of {resolution}, can tell."
        ),
        Fact::NotComparable { measure, why } => {
            format!("The ways of talking cannot be compared by {}: {}.", by(*measure), missing(*why))
        }
        Fact::WarmUp { http, web_socket, resolution } => format!(
            "The first round trip of each, the warm-up, is drawn and not counted: it took {} over HTTP and {} over the WebSocket.",
            http.known_to(*resolution),
            web_socket.known_to(*resolution)
        ),
        Fact::BothWays { exchanges, to_server, to_page } => format!(
            "HTTP carried data both ways, too: {} took {} there and {} back. What goes one way over HTTP is who may start: only the client asks (RFC 9110 §3.4).",
            many(*exchanges, "exchange"),
            bytes_in_words(*to_server),
            bytes_in_words(*to_page)
        ),
        Fact::Advice { case, messages, by_bytes, by_time } => {
            let messages = many(*messages, "message");
            let bytes = by_bytes.as_ref().map(|advised| compared("by bytes", advised, bytes_in_words));
            let time = by_time.as_ref().map(|advised| compared("by the time that somebody waits", advised, waited));
            let advice: Vec<String> = [bytes, time].into_iter().flatten().collect();
            let advice = if advice.is_empty() { "nothing can be advised".to_owned() } else { advice.join("; ") };
            format!("{} ({messages}): {advice}.", self::case(*case))
        }
        Fact::OneForAll { measure, way } => {
            format!("By {} this run’s figures advise the same for everything: {}.", by(*measure), self::way(*way))
        }
        Fact::TooFew { http, web_socket, needed } => format!(
            "There are too few round trips to judge by: {http} over HTTP and {web_socket} over the WebSocket count, and {needed} of each are needed."
        ),
    }
}

fn connections_used(protocol: Protocol, carried: u32, connections: u32, already_open: u32, close: bool) -> String {
    if protocol == Protocol::WebSocket {
        return format!("All {} to the server went over {}.", many(carried, "message"), many(connections, "WebSocket"));
    }
    let open = match already_open {
        0 => "",
        1 => " One of them had been open before the run.",
        _ => " Some of them had been open before the run.",
    };
    let why = match (connections, close) {
        (_, true) => " The server was asked to close the connection after each response (Connection: close).",
        (1, false) if carried > 1 => {
            " The connection was kept and used again (keep-alive), as HTTP does unless somebody closes it."
        }
        _ => "",
    };
    format!("The {} went over {}.{why}{open}", many(carried, "request"), many(connections, "TCP connection"))
}

fn paid_back(measure: Measure, than: Way, since: Crossing, payload: u32) -> String {
    let counted = match measure {
        Measure::Bytes => format!("Counted in bytes (with {} of payload each)", bytes_in_words(payload.into())),
        Measure::Time => "Counted in time that somebody waits".to_owned(),
    };
    let than = match than {
        Way::Close => "HTTP with a new connection each time",
        _ => "HTTP on a kept connection",
    };
    match since {
        Crossing::Always => {
            format!(
                "{counted}, the WebSocket comes to less than {than} from the first message on, its opening included."
            )
        }
        Crossing::From(message) => format!(
            "{counted}, the WebSocket’s opening has paid for itself with message {message}: from there on the whole comes to less than {than}."
        ),
        Crossing::Never => {
            format!(
                "{counted}, the WebSocket’s opening does not pay for itself: a message costs no less than over {than}."
            )
        }
    }
}

const fn by(measure: Measure) -> &'static str {
    match measure {
        Measure::Bytes => "bytes",
        Measure::Time => "the time that somebody waits",
    }
}

const fn way(way: Way) -> &'static str {
    match way {
        Way::KeepAlive => "HTTP requests on a kept connection",
        Way::Close => "HTTP requests, each on a connection of its own",
        Way::ShortPolling => "asking every so often (polling)",
        Way::ServerSentEvents => "server-sent events",
        Way::LongPolling => "long polling",
        Way::WebSocket => "a WebSocket",
    }
}

const fn case(case: Case) -> &'static str {
    match case {
        Case::Weather => "To look at the weather once",
        Case::Suggestions => "For suggestions while somebody types",
        Case::News => "For news that the server has every ten minutes",
        Case::Prices => "For prices that the server changes every second",
        Case::Chat => "For a chat, where both sides start",
    }
}

/// What is advised by a measure, and what it comes to beside the best of the others.
fn compared(by: &str, advised: &Advised, figure: impl Fn(u64) -> String) -> String {
    let total = figure(advised.total);
    let advice = format!("{by} {}", way(advised.way));
    match advised.next {
        Some((other, least)) if least < advised.total => {
            format!(
                "{advice}, which is simpler and comes to hardly more ({total}; {} for {})",
                figure(least),
                way(other)
            )
        }
        Some((other, more)) => format!("{advice} ({total}; {} for {})", figure(more), way(other)),
        None => format!("{advice} ({total})"),
    }
}

fn waited(micros: u64) -> String {
    Span(micros.cast_signed()).to_string()
}

const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::NotMeasured => "the run had nothing that tells it",
        Missing::AlreadyOpen => {
            "the browser used a connection that was open already, so what opening one costs was not seen"
        }
        Missing::Plain => {
            "this is no Duplex server, and a page alone sees neither the bytes of heads nor what opening a connection took"
        }
        Missing::NotTold => "the server did not tell",
        Missing::Compressed => {
            "messages were compressed (permessage-deflate), so frames are not what the arithmetic says"
        }
        Missing::Shared => "over HTTP/2 exchanges share a connection, and their bytes are not told apart",
        Missing::Implausible => "what was measured contradicts itself",
    }
}

/// A number and what it counts.
fn many(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
