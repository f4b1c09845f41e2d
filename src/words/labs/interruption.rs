//! The words of the lab `interruption`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::interruption::{Account, Carrier, Fact, Learned, Missing};
use crate::trace::{Protocol, Span};
use crate::wire::Fault;
use crate::words::{self, counted, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "What gets lost",
    question: "Connections break. What is lost then, who notices, and what happens if one asks again? When asked to, the \
               server breaks requests off before it reads them whole, in the middle of its response, and after it; it cuts \
               a WebSocket with messages under way, and lets another one fall silent. Then the page does what \
               applications do: it asks again, reconnects, and resumes. Look at what each side knows, and at what arrives \
               twice.",
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
pub fn fact(fact: &Fact) -> String {
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
            "Not measured here, but said by the standards: HTTP leaves reliability to what carries it. TCP finds damaged data \
             by its checksum, and sends again what is lost (RFC 9293 §3.1, §3.8). HTTP/3 runs over UDP and is reliable all \
             the same, because QUIC does that work (RFC 9000 §1)."
                .to_owned()
        }
        Fact::Missing(missing) => self::missing(*missing).to_owned(),
    }
}

fn interrupted(fact: &Fact) -> String {
    match fact {
        Fact::Interrupted { fault, carriers, requests, posts, learned, arrivals } => format!(
            "Asked to {}: {}{}. {}{}",
            over_http(*fault),
            requests_of(*requests, *posts),
            carried(carriers),
            learnt(*learned, *requests),
            arrived(*arrivals, *requests)
        ),
        Fact::SentAgainByBrowser { requests, posts, used } => format!(
            "The browser sent {} again by itself, {}: by the server’s account more came than the page had sent. By the \
             standard a client should not repeat a POST unless it knows that the first was not applied (RFC 9110 §9.2.2).",
            requests_of(*requests, *posts),
            match used {
                used if used == requests => "on a connection that had been used before".to_owned(),
                used => format!("{used} of them on a connection that had been used before"),
            }
        ),
        Fact::NotSentAgain { requests } => format!(
            "{} on a connection that was used before got no answer, and the browser did not send {} again by itself.",
            many(*requests, "request"),
            them(*requests)
        ),
        Fact::PostArrivals { new, used, unknown } => post_arrivals(*new, *used, *unknown),
        Fact::FaultsRefused { requests, alpn } => format!(
            "The server answered {} with the status 400 instead of committing the fault{}.",
            many(*requests, "request"),
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
        on(unknown, "a connection of which nothing is known"),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    format!("The server got the POST {}.", all.join(", and "))
}

fn asked_again(fact: &Fact) -> String {
    match fact {
        Fact::AskedAgain { failed, answered, tries } => format!(
            "The page asked again for the {} that had failed, with {}: {answered} had an answer in the end. A GET may be \
             repeated: it is idempotent, twice does no more than once (RFC 9110 §9.2.2).",
            many(*failed, "GET"),
            many(*tries, "further request")
        ),
        Fact::Duplicated { failed, twice, arrivals } => format!(
            "The page sent the {} that had failed again, too. By its own account the server has got {} now, and {twice} came \
             more than once: orders would be carried out twice like that.",
            many(*failed, "POST"),
            match arrivals {
                1 => "1 request for it".to_owned(),
                count => format!("{count} requests for {}", if *failed == 1 { "it" } else { "them" }),
            }
        ),
        Fact::OrderedAgain { after, times: count } => format!(
            "The page gave an order up after {after} without an answer, and sent it again. The first had arrived all the \
             same: the server’s list has the order {}.",
            times(*count)
        ),
        Fact::GivenUp { requests, arrived } => format!(
            "The page gave {} up before there was an answer, and sent {} again. {}",
            many(*requests, "request"),
            them(*requests),
            match arrived {
                Some(0) => "By the server’s account nothing had arrived, so nothing was done twice.".to_owned(),
                Some(arrived) => format!("{arrived} had reached the server by then."),
                None => "Whether the first had arrived is not known.".to_owned(),
            }
        ),
        Fact::TooQuick { requests } => format!(
            "The page was to give {} up before the answer, but each answer was there first. Try a slower link.",
            many(*requests, "request")
        ),
        _ => String::new(),
    }
}

fn ended(fact: &Fact) -> String {
    match fact {
        Fact::Broke { fault, code, clean, sent, answered, read } => format!(
            "Asked to {}, with {} under way: {answered} answered, {} lost for the page{}. The page was told code {code}{}, {}.",
            over_websocket(*fault),
            many(*sent, "message"),
            sent - answered,
            was_read(*read),
            words::close_code(*code),
            if *clean { "clean" } else { "not clean" }
        ),
        Fact::Stalled { fault, silent, sent, answered, read } => format!(
            "Asked to {}, with {} under way: {answered} answered, {} not{}. For {silent} nothing told the page: the WebSocket \
             seemed open, and only the page’s own timer ended it.",
            over_websocket(*fault),
            many(*sent, "message"),
            sent - answered,
            was_read(*read)
        ),
        Fact::Survived { fault, messages } => format!(
            "Asked to {}: {} answered all the same.",
            over_websocket(*fault),
            counted(*messages, "message was", "messages were")
        ),
        Fact::NotOpened { fault } => {
            format!("Asked to {}: the WebSocket did not open.", over_websocket(*fault))
        }
        Fact::Left { sent, answered } => format!(
            "The page closed a WebSocket in order, with {} under way: {answered} had been answered; for {} no answer came any \
             more.",
            many(*sent, "message"),
            sent - answered
        ),
        _ => String::new(),
    }
}

fn afterwards(fact: &Fact) -> String {
    match fact {
        Fact::StayedClosed { waited, arrivals } => format!(
            "For {waited} after the end nothing happened, until the page itself opened a new WebSocket{}: the browser did not \
             reconnect.",
            match arrivals {
                Some(1) => " (the server saw one handshake until then)",
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
                "The page reconnected as applications do, waiting longer each time (exponential back-off, RFC 6455 §7.2.3): \
                 {waits}. {} failed{}.",
                counted(*refused, "try", "tries"),
                if *opened { ", and one succeeded" } else { ", and none succeeded" }
            )
        }
        Fact::SentAgain { messages, answered, twice } => format!(
            "On the new WebSocket the page sent {} again that had no answer; {answered} got one now.{}",
            many(*messages, "message"),
            match twice {
                Some(0) => " The server read none of them twice.".to_owned(),
                Some(twice) => format!(
                    " The server has {twice} of them twice now: WebSocket does not number messages, so the application has to."
                ),
                None => " Whether the server has some of them twice is not known.".to_owned(),
            }
        ),
        Fact::EventSource { arrivals: 1 } => {
            "A stream of server-sent events ended, and its EventSource did not come back in the time that it was given."
                .to_owned()
        }
        Fact::EventSource { arrivals } => format!(
            "A stream of server-sent events ended, and its EventSource came back by itself: the server saw its request \
             {}. That is a rule for event streams (HTML §9.2.3); WebSocket has none like it.",
            times(*arrivals)
        ),
        Fact::Resumed { after, missed, came, twice } => format!(
            "A reader of news left after item {after}, and {} came meanwhile. Back again, it asked for what follows {after}: it \
             got {came} of these, and {} twice.",
            many(*missed, "item"),
            if *twice == 0 { "nothing".to_owned() } else { twice.to_string() }
        ),
        Fact::BegunAgain { came, twice } => {
            format!(
                "When it came back without a number it got {}, {twice} of them for the second time.",
                many(*came, "item")
            )
        }
        _ => String::new(),
    }
}

fn account(protocol: Protocol, account: Account) -> String {
    let Account { sent, arrived, lost, twice } = account;
    let (name, what) = match protocol {
        Protocol::Http => ("HTTP", many(sent, "request")),
        Protocol::WebSocket => ("WebSocket", many(sent, "message")),
    };
    let known = |count: Option<u32>| count.map_or("not known".to_owned(), |count| count.to_string());
    format!(
        "All in all over {name}, the page sent {what}, repetitions included. Reached the server: {}; without a whole answer: \
         {lost}; more than once at the server: {}.",
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
            "What reached the server, and how often, is not known: it gave no account, or a proxy is between."
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
        Fault::Close => "end the connection before it reads the request’s body",
        Fault::Reset => "reset the connection before it reads the request’s body",
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
        _ => format!("part of the body ({figures} of the first)"),
    };
    match learned {
        Learned::NoHead => "The page got an error without a reason, and no head.".to_owned(),
        Learned::Truncated { came, of } => {
            let figures = match of {
                Some(of) => format!("{came} of {}", many(of, "byte")),
                None => many(came, "byte"),
            };
            format!("The page had the head and {}, then an error.", part(figures))
        }
        Learned::TimedOut { after, came: 0 } => format!("The page got nothing, and gave up after {after}."),
        Learned::TimedOut { after, came } => {
            format!("The page had {}, and gave up after {after}.", part(many(came, "byte")))
        }
        Learned::Whole { status } => format!("The page got a whole response (status {status})."),
    }
}

fn arrived(arrivals: Option<u32>, requests: u32) -> String {
    let each = if requests == 1 { "it" } else { "each" };
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
        0 => many(requests, "GET"),
        posts if posts == requests => many(posts, "POST"),
        posts => format!("{} ({})", many(requests, "request"), many(posts, "POST")),
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
