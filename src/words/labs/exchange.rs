//! The words of the lab `exchange`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::break_even::{Crossing, Measure, Missing, Way};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::exchange::{Advised, Case, Choice, Fact, HttpOpening, Silence};
use crate::trace::{Protocol, Span};
use crate::words::{self, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "The same conversation, twice",
    question: "A page says something, and the server says it back (an echo): once over HTTP, as a request with its \
               response, and once over a WebSocket, as two messages on a connection that was opened before and stays \
               open. Look at three things: how long a round trip takes, there and back; how many bytes travel beside \
               what is said; and what opening the WebSocket costs once. From these figures follows which of the two \
               to choose for a weather page, and which for a chat.",
    prediction: Prediction {
        asks: "How long will a typical round trip over HTTP take, compared with one over the WebSocket?",
        choices: &[
            "about as long",
            "up to twice as long",
            "two to five times as long",
            "more than five times as long",
            "shorter",
        ],
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
pub fn fact(fact: &Fact) -> String {
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
            "{} These are medians, of {over_http} and {over_socket} round trips: half of them took at most so long.",
            words::faster(*http, *web_socket, *resolution)
        ),
        Fact::Overhead { protocol, to_server, to_page, counted, instrument } => {
            overhead(*protocol, [*to_server, *to_page], *counted, *instrument)
        }
        Fact::NoOverhead { protocol, why } => {
            format!("How many bytes {} adds to a message is not known: {}.", words::protocol(*protocol), missing(*why))
        }
        Fact::Opening { web_socket, http, handshake, resolution } => {
            let bytes = handshake.map_or_else(String::new, |bytes| {
                format!(" Its handshake, one HTTP request and its response, took {}.", bytes_in_words(bytes))
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
            "By waiting it cannot be said when opening the WebSocket has paid off: the round trips differ by less than \
             this browser’s clock can tell (it goes in steps of {resolution})."
        ),
        Fact::NotComparable { measure, why, silent } => {
            format!("The ways of talking cannot be compared {}: {}.", by(*measure), untold(*measure, *why, silent))
        }
        Fact::WarmUp { http, web_socket, resolution } => format!(
            "The first round trip of each, the warm-up, is drawn and not counted: it took {} over HTTP and {} over the \
             WebSocket.",
            http.known_to(*resolution),
            web_socket.known_to(*resolution)
        ),
        Fact::BothWays { exchanges, to_server, to_page } => format!(
            "HTTP carried data both ways, too: {} took {} there and {} back. What goes one way over HTTP is who may \
             begin: only the client asks (RFC 9110 §3.4).",
            many(*exchanges, "exchange"),
            bytes_in_words(*to_server),
            bytes_in_words(*to_page)
        ),
        Fact::InShort { weather, chat } => format!(
            "This run’s figures advise {} for a weather page that is looked at once, and {} for a chat, where both \
             sides begin.",
            choice(*weather),
            choice(*chat)
        ),
        Fact::Advice { case, messages, by_bytes, by_time } => {
            format!(
                "{} ({}): {}.",
                self::case(*case),
                many(*messages, "message"),
                advice(by_bytes.as_ref(), by_time.as_ref())
            )
        }
        Fact::OneForAll { measure, way } => {
            format!(
                "Compared {}, this run’s figures advise the same for everything: {}.",
                by(*measure),
                self::way(*way)
            )
        }
        Fact::TooFew { http, web_socket, needed } => format!(
            "There are too few round trips to judge by: {http} over HTTP and {web_socket} over the WebSocket count, and \
             {needed} of each are needed."
        ),
    }
}

fn connections_used(protocol: Protocol, carried: u32, connections: u32, already_open: u32, close: bool) -> String {
    if protocol == Protocol::WebSocket {
        return format!("All {} to the server went over {}.", many(carried, "message"), many(connections, "WebSocket"));
    }
    let open = match already_open {
        0 => String::new(),
        1 => " One of them had been open before the run.".to_owned(),
        more => format!(" {more} of them had been open before the run."),
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

fn overhead(protocol: Protocol, [to_server, to_page]: [u64; 2], counted: bool, instrument: u64) -> String {
    let (what, head) = match protocol {
        Protocol::Http => ("Each request and its response carried", "heads"),
        Protocol::WebSocket => ("Each message and its echo carried", "frame heads"),
    };
    let source = if counted { "as the server counted" } else { "by the standard’s arithmetic" };
    let kept_out = match instrument {
        0 => String::new(),
        bytes => format!(" What this page adds to measure ({} on average) is left out.", bytes_in_words(bytes)),
    };
    format!(
        "{what} {} beside the payload, typically: {} of {head} to the server and {} back, {source}.{kept_out}",
        bytes_in_words(to_server + to_page),
        bytes_in_words(to_server),
        bytes_in_words(to_page)
    )
}

fn paid_back(measure: Measure, than: Way, since: Crossing, payload: u32) -> String {
    let counted = match measure {
        Measure::Bytes => format!("Counted in bytes (with {} of payload each)", bytes_in_words(payload.into())),
        Measure::Time => "Counted in waiting".to_owned(),
    };
    let than = match than {
        Way::Close => "HTTP with a new connection each time",
        _ => "HTTP on a kept connection",
    };
    match since {
        Crossing::Always => {
            format!("{counted}, the WebSocket is cheaper than {than} from the first message on, its opening included.")
        }
        Crossing::From(message) => format!(
            "{counted}, opening the WebSocket has paid off with message {message}: from there on it is cheaper than \
             {than}, its opening included."
        ),
        Crossing::Never => {
            format!("{counted}, opening the WebSocket never pays off: a message costs no less than over {than}.")
        }
    }
}

const fn by(measure: Measure) -> &'static str {
    match measure {
        Measure::Bytes => "by bytes",
        Measure::Time => "by waiting",
    }
}

const fn way(way: Way) -> &'static str {
    match way {
        Way::KeepAlive => "plain HTTP",
        Way::Close => "plain HTTP with a new connection each time",
        Way::ShortPolling => "short polling",
        Way::ServerSentEvents => "server-sent events",
        Way::LongPolling => "long polling",
        Way::WebSocket => "a WebSocket",
    }
}

/// A situation that a reader knows.
pub const fn case(case: Case) -> &'static str {
    match case {
        Case::Weather => "A weather page, looked at once",
        Case::Suggestions => "Suggestions while somebody types",
        Case::News => "News that the server has every ten minutes",
        Case::Prices => "Prices that the server changes every second",
        Case::Chat => "A chat, where both sides begin",
    }
}

fn choice(choice: Choice) -> String {
    match (choice.by_bytes, choice.by_time) {
        (Some(bytes), Some(time)) if bytes != time => {
            format!("{} by bytes (by waiting {})", way(bytes), way(time))
        }
        (Some(one), _) | (None, Some(one)) => way(one).to_owned(),
        (None, None) => "nothing".to_owned(),
    }
}

/// What is advised by both measures, as far as they are known.
fn advice(by_bytes: Option<&Advised>, by_time: Option<&Advised>) -> String {
    let bytes = |advised| cost(advised, bytes_in_words);
    let time = |advised| format!("{} of waiting", cost(advised, waited));
    match (by_bytes, by_time) {
        (Some(one), Some(other)) if one.way == other.way => {
            format!("{}. It costs {}, and {}", way(one.way), bytes(one), time(other))
        }
        (Some(one), Some(other)) => {
            format!("by bytes {}, for {}; by waiting {}, for {}", way(one.way), bytes(one), way(other.way), time(other))
        }
        (Some(one), None) => format!("{}. It costs {}", way(one.way), bytes(one)),
        (None, Some(one)) => format!("{}. It costs {}", way(one.way), time(one)),
        (None, None) => "nothing can be advised".to_owned(),
    }
}

/// What a way comes to, beside the best of the others.
fn cost(advised: &Advised, figure: impl Fn(u64) -> String) -> String {
    let total = figure(advised.total);
    match advised.next {
        Some((other, least)) if least < advised.total => {
            format!("{total} (hardly more than {}, {}, and it is simpler)", way(other), figure(least))
        }
        Some((other, more)) => format!("{total} ({}: {})", way(other), figure(more)),
        None => total,
    }
}

fn waited(micros: u64) -> String {
    Span(micros.cast_signed()).to_string()
}

/// Where it is for want of a server that tells, at which end.
fn untold(measure: Measure, why: Missing, silent: &[(Protocol, Silence)]) -> String {
    let what = match measure {
        Measure::Bytes => "how many bytes crossed its connections",
        Measure::Time => "what opening its connections took",
    };
    let is = |(protocol, silence): &(Protocol, Silence)| {
        let silence = match silence {
            Silence::Plain => "no Duplex server",
            Silence::BehindProxy => "behind a proxy",
        };
        format!("the {} endpoint is {silence}", words::protocol(*protocol))
    };
    match silent {
        [] | [(_, Silence::Plain), (_, Silence::Plain)] => missing(why).to_owned(),
        [(_, Silence::BehindProxy), (_, Silence::BehindProxy)] => {
            format!("both endpoints are behind a proxy, and neither tells {what}")
        }
        [one] => format!("{}, and does not tell {what}", is(one)),
        several => {
            format!("{}, and neither tells {what}", several.iter().map(is).collect::<Vec<_>>().join(", "))
        }
    }
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
