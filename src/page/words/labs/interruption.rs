//! The words of the lab `interruption`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::interruption::{Account, Carrier, Fact, Learned, Missing};
use crate::trace::{Protocol, Span};
use crate::wire::Fault;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "What gets lost",
    question: "Connections break. What is lost then, who notices, and what happens if one asks again? The server breaks \
               requests off before it reads them, in the middle of its response, and after it; it cuts a WebSocket with \
               messages under way, and lets another one fall silent. Then the page does what applications do: it asks \
               again, reconnects, and resumes.",
    prediction: Prediction {
        asks: "The connection dies before the server answers your POST. How often does the server get the request?",
        choices: &[
            "never",
            "exactly once",
            "twice or more often",
            "that depends on whether the connection was new or used before",
        ],
    },
    parameters: &[
        ParameterWords { name: "in-flight", label: "Messages under way", hint: "as the WebSocket breaks" },
        ParameterWords { name: "wait", label: "Silence until the page gives up", hint: "" },
        ParameterWords { name: "retries", label: "Tries", hint: "how often something is asked again" },
        ParameterWords { name: "back-off", label: "First wait", hint: "twice as long before each further try" },
        ParameterWords { name: "faults", label: "Faults", hint: "" },
    ],
    choices: &[("faults", "moments", "before, during, after"), ("faults", "all", "every one the server has")],
};

/// What a fact says, with this run's figures.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Interrupted { .. }
        | Fact::SentAgainByBrowser { .. }
        | Fact::NotSentAgain { .. }
        | Fact::PostArrivals { .. }
        | Fact::FaultsRefused { .. } => interrupted(fact),
        Fact::AskedAgain { .. }
        | Fact::Duplicated { .. }
        | Fact::OrderedAgain { .. }
        | Fact::GivenUp { .. }
        | Fact::TooQuick { .. } => asked_again(fact),
        Fact::Broke { .. }
        | Fact::Stalled { .. }
        | Fact::Survived { .. }
        | Fact::NotOpened { .. }
        | Fact::Left { .. } => ended(fact),
        Fact::StayedClosed { .. }
        | Fact::ReopenedByBrowser { .. }
        | Fact::Reconnected { .. }
        | Fact::SentAgain { .. }
        | Fact::EventSource { .. }
        | Fact::Resumed { .. }
        | Fact::BegunAgain { .. } => afterwards(fact),
        Fact::Account(protocol, account) => self::account(*protocol, *account),
        Fact::Below => {
            "HTTP leaves reliability to what carries it. TCP finds damaged data by its checksum, and sends again \
                        what is lost (RFC 9293 §3.1, §3.8). HTTP/3 runs over UDP and is reliable all the same, because \
                        QUIC does that work (RFC 9000 §1). This is said by the standards; it was not \
                        measured here."
                .to_owned()
        }
        Fact::Missing(missing) => self::missing(*missing).to_owned(),
    }
}

fn interrupted(fact: &Fact) -> String {
    match fact {
        Fact::Interrupted { fault, carriers, requests, posts, learned, arrivals } => format!(
            "The server was to {}: {}{}. {}{}",
            over_http(*fault),
            requests_of(*requests, *posts),
            carried(carriers),
            learnt(*learned, *requests),
            arrived(*arrivals, *requests)
        ),
        Fact::SentAgainByBrowser { requests, posts, used } => format!(
            "The page sent {} once, and the browser sent {} again by itself: by the server's account {} came more than \
             once. {} on a connection that had been used before; there the browser supposes that the connection had \
             ended before the request came. This is a rule of browsers: by the standard a client should not repeat by \
             itself what is not idempotent, such as a POST, unless it knows that the first was not applied (RFC 9110 \
             §9.2.2).",
            requests_of(*requests, *posts),
            them(*requests),
            it_or_each(*requests),
            match used {
                used if used == requests => "All of them went".to_owned(),
                used => format!("{used} of them went"),
            }
        ),
        Fact::NotSentAgain { requests } => format!(
            "{} on a connection that was used before got no answer, and the browser did not send {} again by itself. Some \
             browsers do.",
            counted(*requests, "request", "requests"),
            them(*requests)
        ),
        Fact::PostArrivals { new, used, unknown } => post_arrivals(*new, *used, *unknown),
        Fact::FaultsRefused { requests, alpn } => format!(
            "The server answered {} with the status 400 instead of committing the fault{}.",
            counted(*requests, "request", "requests"),
            if alpn.as_deref() == Some("h2") { ": they came over HTTP/2" } else { "" }
        ),
        _ => String::new(),
    }
}

fn post_arrivals(new: Option<u32>, used: Option<u32>, unknown: Option<u32>) -> String {
    let on = |count: Option<u32>, which: &str| count.map(|count| format!("{} on {which}", times(count)));
    let all = [
        on(new, "a new connection"),
        on(used, "a connection that was used before"),
        on(unknown, "a connection of which nobody tells"),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    format!("The server got the POST {}.", all.join(", and "))
}

fn asked_again(fact: &Fact) -> String {
    match fact {
        Fact::AskedAgain { failed, answered, tries } => format!(
            "The page asked again for the {} that had failed, with {}: {answered} had an answer in the end. A GET may be \
             repeated: twice does no more than once (it is idempotent, RFC 9110 §9.2.2).",
            counted(*failed, "GET", "GETs"),
            counted(*tries, "further request", "further requests")
        ),
        Fact::Duplicated { failed, twice, arrivals } => format!(
            "The page sent the {} that had failed again, too. Now the server has got {}: {twice} came more than once. Had \
             these been orders, what it had read whole it could have carried out as often as it came; and the page's \
             errors do not say how far it had got.",
            counted(*failed, "POST", "POSTs"),
            match arrivals {
                1 => "1 request for it".to_owned(),
                count => format!("{count} requests for {}", if *failed == 1 { "it" } else { "them" }),
            }
        ),
        Fact::OrderedAgain { after, times: count } => format!(
            "The page gave an order up after {after} without an answer, and sent it again. Its first try had arrived all \
             the same: the server's list has the order {}.",
            times(*count)
        ),
        Fact::GivenUp { requests, arrived } => format!(
            "The page gave {} up before there was an answer, and sent {} again. {}",
            counted(*requests, "request", "requests"),
            them(*requests),
            match arrived {
                Some(0) => "By the server's account nothing had arrived, so nothing was done twice.".to_owned(),
                Some(arrived) => format!("{arrived} had reached the server by then."),
                None => "Whether the first had arrived nobody tells.".to_owned(),
            }
        ),
        Fact::TooQuick { requests } => format!(
            "The page tried to lose its patience with {}, but each answer was there before. On a slower link it would \
             not be.",
            counted(*requests, "request", "requests")
        ),
        _ => String::new(),
    }
}

fn ended(fact: &Fact) -> String {
    match fact {
        Fact::Broke { fault, code, clean, sent, answered, read } => format!(
            "The server was to {}, with {} under way: {answered} answered, {} lost for the page{}. The page was told {code}, \
             wasClean {clean}.",
            over_websocket(*fault),
            counted(*sent, "message", "messages"),
            sent - answered,
            was_read(*read)
        ),
        Fact::Stalled { fault, silent, sent, answered, read } => format!(
            "The server was to {}, with {} under way: {answered} answered, {} not{}. For {silent} nothing told the page: no event \
             came, the WebSocket seemed open, and only the page's own timer ended it.",
            over_websocket(*fault),
            counted(*sent, "message", "messages"),
            sent - answered,
            was_read(*read)
        ),
        Fact::Survived { fault, messages } => format!(
            "The server was to {}, and all {} were answered.",
            over_websocket(*fault),
            counted(*messages, "message", "messages")
        ),
        Fact::NotOpened { fault } => {
            format!("The WebSocket did not open: the server was to {}.", over_websocket(*fault))
        }
        Fact::Left { sent, answered } => format!(
            "The page closed a WebSocket with {} under way: {answered} had been answered, the answers to {} \
             were lost for the page.",
            counted(*sent, "message", "messages"),
            sent - answered
        ),
        _ => String::new(),
    }
}

fn afterwards(fact: &Fact) -> String {
    match fact {
        Fact::StayedClosed { waited, arrivals } => format!(
            "After the end nothing happened for {waited}, until the page itself opened a new WebSocket{}: a browser does \
             not reconnect by itself.",
            match arrivals {
                Some(1) => ". The server saw the first handshake once",
                _ => "",
            }
        ),
        Fact::ReopenedByBrowser { arrivals } => format!(
            "The page opened this WebSocket once, and the server saw its handshake {}: the browser tried again by itself.",
            times(*arrivals)
        ),
        Fact::Reconnected { waits, refused, opened } => {
            let waits: Vec<String> = waits.iter().map(Span::to_string).collect();
            let waits = waits.join(", then ");
            format!(
                "The page reconnected as applications do, each time after a longer wait (exponential back-off, RFC 6455 \
                 §7.2.3): it waited {waits}; {} failed{}.",
                counted(*refused, "try", "tries"),
                if *opened { ", and one succeeded" } else { ", and none succeeded" }
            )
        }
        Fact::SentAgain { messages, answered, twice } => format!(
            "On the new WebSocket the page sent the {} again that had no answer; {answered} got one now.{}",
            counted(*messages, "message", "messages"),
            match twice {
                Some(0) => " The server read none of them twice.".to_owned(),
                Some(twice) => format!(
                    " The server had read {twice} of them before, and has them twice now: without numbers of the \
                     application's own it could not know."
                ),
                None => " Whether the server has some of them twice it does not tell.".to_owned(),
            }
        ),
        Fact::EventSource { arrivals: 1 } => {
            "A stream of server-sent events ended, and its EventSource did not come back \
                                              in the time that it was given."
                .to_owned()
        }
        Fact::EventSource { arrivals } => format!(
            "A stream of server-sent events ended, and its EventSource came back by itself: the server saw its request \
             {}. A WebSocket does not do that.",
            times(*arrivals)
        ),
        Fact::Resumed { after, missed, came, twice } => format!(
            "A reader left after item {after}, {} came meanwhile, and it asked for what follows {after}: it got {came} of \
             them, and {} twice. The number is the application's; the WebSocket knows of none.",
            counted(*missed, "item", "items"),
            if *twice == 0 { "nothing".to_owned() } else { twice.to_string() }
        ),
        Fact::BegunAgain { came, twice } => {
            format!("Without a number it got {}, {twice} of them for the second time.", counted(*came, "item", "items"))
        }
        _ => String::new(),
    }
}

fn account(protocol: Protocol, account: Account) -> String {
    let Account { sent, arrived, lost, twice } = account;
    let (name, what) = match protocol {
        Protocol::Http => ("HTTP", counted(sent, "request", "requests")),
        Protocol::WebSocket => ("WebSocket", counted(sent, "message", "messages")),
    };
    let known = |count: Option<u32>| count.map_or("not known".to_owned(), |count| count.to_string());
    format!(
        "All in all over {name}: the page sent {what}, repetitions included; reached the server: {}; without a whole answer, so \
         lost for the page: {lost}; reached the server more than once: {}.",
        known(arrived),
        known(twice)
    )
}

const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::HttpFaults => {
            "Requests that are broken off were not measured: only a Duplex server breaks them off when asked."
        }
        Missing::WebSocketFaults => {
            "WebSockets that break or fall silent were not measured: only a Duplex server does that when asked."
        }
        Missing::Account => {
            "What reached the server, and how often, is not known: it tells no account of its connections, or a proxy is \
             between."
        }
        Missing::SharedConnections => {
            "Over HTTP/2 several exchanges share one connection, so the server breaks none: open the page without TLS to \
             see interrupted requests."
        }
    }
}

/// What the server was to do to a request.
const fn over_http(fault: Fault) -> &'static str {
    match fault {
        Fault::Close => "end the connection before it reads the request",
        Fault::Reset => "reset the connection before it reads the request",
        Fault::Cut => "reset the connection in the middle of its response",
        Fault::Short => "end the connection in the middle of its response",
        Fault::Stall => "fall silent in the middle of its response",
        Fault::Drip => "send its response a few bytes at a time",
        Fault::Status => "answer with an error status",
        Fault::Goodbye => "close the connection after its response",
        Fault::Vanish => "neither answer nor end the connection",
        Fault::BadFrame => "break the framing of its response",
        Fault::BadUtf8 => "send a text that is not UTF-8",
    }
}

/// What the server was to do to a WebSocket.
const fn over_websocket(fault: Fault) -> &'static str {
    match fault {
        Fault::Close => "end the connection without a close frame",
        Fault::Reset => "reset the connection",
        Fault::Cut => "reset the connection in the middle of an answer",
        Fault::Short => "end the connection in the middle of an answer",
        Fault::Stall => "fall silent in the middle of an answer",
        Fault::Drip => "send an answer a few bytes at a time",
        Fault::Status => "answer the handshake with an error status",
        Fault::Goodbye => "close the WebSocket in order",
        Fault::Vanish => "neither read nor write any more",
        Fault::BadFrame => "break the framing of an answer",
        Fault::BadUtf8 => "send a text that is not UTF-8",
    }
}

/// Where there are several requests the figures are those of the first.
fn learnt(learned: Learned, requests: u32) -> String {
    let part = |figures: String| match requests {
        1 => figures,
        _ => format!("part of the body (of the first, {figures})"),
    };
    match learned {
        Learned::NoHead => "The page's promise was rejected, with no head and no reason.".to_owned(),
        Learned::Truncated { came, of } => {
            let figures = match of {
                Some(of) => format!("{came} of {}", counted64(of, "byte", "bytes")),
                None => counted64(came, "byte", "bytes"),
            };
            format!("The page had the head and {}; then reading it failed.", part(figures))
        }
        Learned::TimedOut { after, came: 0 } => format!("The page got nothing, and gave up after {after}."),
        Learned::TimedOut { after, came } => {
            format!("The page had {}, and gave up after {after}.", part(counted64(came, "byte", "bytes")))
        }
        Learned::Whole { status } => format!("The page got a whole response, with the status {status}."),
    }
}

fn arrived(arrivals: Option<u32>, requests: u32) -> String {
    let each = if requests == 1 { "the request" } else { "each request" };
    match arrivals {
        Some(0) => format!(" The server never got {each}."),
        Some(count) => format!(" The server got {each} {}.", times(count)),
        None => String::new(),
    }
}

fn carried(carriers: &[Carrier]) -> &'static str {
    match carriers {
        [Carrier::New] => " on a new connection",
        [Carrier::Used] => " on a connection that was used before",
        [Carrier::New, Carrier::Used] => " on new connections and on used ones",
        _ => "",
    }
}

fn was_read(read: Option<u32>) -> String {
    read.map(|read| format!(" ({read} of these the server had read)")).unwrap_or_default()
}

/// `1 POST`, `2 GETs`, `4 requests (2 POSTs)`.
fn requests_of(requests: u32, posts: u32) -> String {
    match posts {
        0 => counted(requests, "GET", "GETs"),
        posts if posts == requests => counted(posts, "POST", "POSTs"),
        posts => format!("{} ({})", counted(requests, "request", "requests"), counted(posts, "POST", "POSTs")),
    }
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

const fn them(count: u32) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

const fn it_or_each(count: u32) -> &'static str {
    if count == 1 { "it" } else { "each" }
}

fn counted(count: u32, one: &str, several: &str) -> String {
    counted64(u64::from(count), one, several)
}

/// `1 request`, `2 requests`.
fn counted64(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
