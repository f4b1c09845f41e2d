//! The words of the lab `interruption`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::interruption::{Account, Bytes, Carrier, Fact, Learned, Missing, Reached};
use crate::trace::{Protocol, Span};
use crate::wire::Fault;
use crate::words::{self, counted, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "What gets lost",
    question: "Connections break. What is lost then, who notices, and what happens if one asks again? When asked to, the \
               server breaks requests off before it reads them whole, within its response, and after it; it cuts \
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
        Fact::Interrupted { faults, requests, posts, learned, reached } => format!(
            "Asked to {}: {} {}.{}",
            over_http(faults),
            requests_of(*requests, *posts),
            learnt(*learned),
            arrived(reached, *requests)
        ),
        Fact::SentAgainByBrowser { requests, posts, used } => format!(
            "As the server saw, the browser sent {} again by itself, {}.{}",
            requests_of(*requests, *posts),
            match used {
                1 if *requests == 1 => "on a used connection".to_owned(),
                used if used == requests => "on used connections".to_owned(),
                used => format!("{used} of them on used connections"),
            },
            match posts {
                0 => "",
                _ => " It should not repeat a POST that may have been applied (RFC 9110 §9.2.2).",
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
    let on = |count: Option<u32>, carrier| count.map(|count| format!("{} on {}", times(count), connection(carrier)));
    let all = [on(new, Carrier::New), on(used, Carrier::Used), on(unknown, Carrier::Unknown)];
    let all: Vec<String> = all.into_iter().flatten().collect();
    format!("The server got the POST {}.", all.join(", and "))
}

fn asked_again(fact: &Fact) -> String {
    match fact {
        Fact::AskedAgain { failed, answered, tries } => format!(
            "The page asked again for the {} that had failed{}: {}. A GET may be repeated: it is idempotent, twice does no \
             more than once (RFC 9110 §9.2.2).",
            many(*failed, "GET"),
            if tries == failed { String::new() } else { format!(", with {}", many(*tries, "further request")) },
            in_the_end(*answered, *failed)
        ),
        Fact::Duplicated { failed, twice, arrivals } => format!(
            "The page sent the {} that had failed again. Now the server has got {} for {}{}",
            many(*failed, "POST"),
            many(*arrivals, "request"),
            them(*failed),
            match twice {
                0 => ", and none more than once.".to_owned(),
                1 if *failed == 1 => ": an order would be carried out twice like that.".to_owned(),
                twice => format!(", {twice} of them more than once: orders would be carried out twice like that."),
            }
        ),
        Fact::OrderedAgain { after, times: count } => format!(
            "An order that the page gave up after {after} and sent again stands in the server’s list {}.",
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
        Fact::Broke { faults, code, clean, sent, answered, read } => format!(
            "Asked to {}, with {}: {}. The page was told code {code}{}{}.",
            over_websocket(faults),
            under_way(*sent, faults.len()),
            unanswered(*sent, *answered, *read),
            words::close_code(*code),
            if *clean { ", clean" } else { "" }
        ),
        Fact::Stalled { faults, silent, sent, answered, read } => format!(
            "Asked to {}, with {}: {}. For {}{silent} it seemed open, until the page’s own timer ended it.",
            over_websocket(faults),
            under_way(*sent, faults.len()),
            unanswered(*sent, *answered, *read),
            if faults.len() == 1 { "" } else { "at least " }
        ),
        Fact::Survived { fault, messages } => format!(
            "Asked to {}: {} answered all the same.",
            over_websocket(&[*fault]),
            counted(*messages, "message was", "messages were")
        ),
        Fact::NotOpened { fault } => {
            format!("Asked to {}: the WebSocket did not open.", over_websocket(&[*fault]))
        }
        Fact::Left { sent, answered } => format!(
            "The page closed a WebSocket with {} under way: {}.",
            many(*sent, "message"),
            unanswered(*sent, *answered, None)
        ),
        _ => String::new(),
    }
}

fn afterwards(fact: &Fact) -> String {
    match fact {
        Fact::StayedClosed { waited, arrivals } => format!(
            "For {waited} the browser did not reconnect, until the page itself did{}.",
            match arrivals {
                Some(1) => " (the server saw one handshake)",
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
                "The page waited longer before each try to reconnect (exponential back-off, RFC 6455 §7.2.3): {waits}. {}",
                match (refused, opened) {
                    (0, true) => "The first try succeeded.".to_owned(),
                    (refused, true) => format!("{} failed, and the next succeeded.", counted(*refused, "try", "tries")),
                    (refused, false) => format!("{} failed, and none succeeded.", counted(*refused, "try", "tries")),
                }
            )
        }
        Fact::SentAgain { messages, answered, twice } => format!(
            "The page sent the {} again that had no answer: {}.{}",
            many(*messages, "message"),
            in_the_end(*answered, *messages),
            match twice {
                Some(0) => " The server read none of them twice.".to_owned(),
                Some(twice) =>
                    format!(" The server has {twice} of them twice now: WebSocket does not number messages."),
                None => " Whether the server has some of them twice is not known.".to_owned(),
            }
        ),
        Fact::EventSource { arrivals: 1 } => {
            "A stream of server-sent events ended, and its EventSource did not come back in the time that it was given."
                .to_owned()
        }
        Fact::EventSource { arrivals } => format!(
            "A stream of server-sent events ended, and its EventSource came back by itself, as HTML §9.2.3 asks it to: the \
             server saw its request {}. For WebSocket there is no such rule.",
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
                "Coming back without a number, a reader got {}, {twice} of them for the second time.",
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
    let mut counts = vec![format!("{lost} had no whole answer")];
    counts.extend(arrived.map(|arrived| format!("{arrived} reached the server")));
    counts.extend(twice.map(|twice| match twice {
        0 => "none came more than once".to_owned(),
        twice => format!("{twice} came more than once"),
    }));
    let unknown = match (arrived, twice) {
        (Some(_), Some(_)) => "",
        (None, Some(_)) => " How many reached the server is not known.",
        (Some(_), None) => " How many came more than once is not known.",
        (None, None) => " How many reached the server, and how often, is not known.",
    };
    let counts = counts.join(", ");
    format!("All in all over {name} the page sent {what}, repetitions included: {counts}.{unknown}")
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
fn over_http(faults: &[Fault]) -> String {
    done(faults.iter().map(|fault| match fault {
        Fault::Close => ("end the connection", " before it reads the body"),
        Fault::Reset => ("reset the connection", " before it reads the body"),
        Fault::Cut => ("reset the connection", IN_RESPONSE),
        Fault::Short => ("end the connection", IN_RESPONSE),
        Fault::Stall => ("fall silent", IN_RESPONSE),
        Fault::Drip => ("send its response a few bytes at a time", ""),
        Fault::Status => ("answer with an error status", ""),
        Fault::Goodbye => ("close the connection", " after its response"),
        Fault::Vanish => ("neither answer nor end the connection", ""),
        Fault::BadFrame => ("break the framing of its response", ""),
        Fault::BadUtf8 => ("send a text that is not UTF-8", ""),
    }))
}

const IN_RESPONSE: &str = " within its response";

/// What the server was to do to a WebSocket.
fn over_websocket(faults: &[Fault]) -> String {
    done(faults.iter().map(|fault| match fault {
        Fault::Close => ("end the connection without a close frame", ""),
        Fault::Reset => ("reset the connection", ""),
        Fault::Cut => ("reset the connection", IN_ANSWER),
        Fault::Short => ("end the connection", IN_ANSWER),
        Fault::Stall => ("fall silent", IN_ANSWER),
        Fault::Drip => ("send an answer a few bytes at a time", ""),
        Fault::Status => ("answer the handshake with an error status", ""),
        Fault::Goodbye => ("close the WebSocket in order", ""),
        Fault::Vanish => ("neither read nor write any more", ""),
        Fault::BadFrame => ("break the framing of an answer", ""),
        Fault::BadUtf8 => ("send a text that is not UTF-8", ""),
    }))
}

const IN_ANSWER: &str = " within an answer";

/// What was to be done and when, each moment named once: `reset or end the connection within its response, or
/// send a text that is not UTF-8`.
fn done(all: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let mut moments: Vec<(Vec<&str>, &str)> = Vec::new();
    for (deed, moment) in all {
        match moments.iter_mut().find(|(_, other)| !moment.is_empty() && *other == moment) {
            Some((deeds, _)) => deeds.push(deed),
            None => moments.push((vec![deed], moment)),
        }
    }
    let deeds: Vec<String> = moments.iter().map(|(deeds, moment)| format!("{}{moment}", deeds.join(" or "))).collect();
    deeds.join(", or ").replace("reset the connection or end the connection", "reset or end the connection")
}

/// What the page learnt of a request, as what the request got.
fn learnt(learned: Learned) -> String {
    match learned {
        Learned::NoHead => "got an error, and no head".to_owned(),
        Learned::Truncated { came, of } => format!("got a head and {}, then an error", of_the_body(came, of)),
        Learned::TimedOut { after, came: Bytes { most: 0, .. } } => {
            format!("got nothing, until the page gave up after {after}")
        }
        Learned::TimedOut { after, came } => {
            format!("got {}, until the page gave up after {after}", of_the_body(came, None))
        }
        Learned::Whole { status } => format!("got a whole response (status {status})"),
    }
}

/// `32 of the 64 bytes of the body`.
fn of_the_body(came: Bytes, of: Option<Bytes>) -> String {
    let range = |Bytes { least, most }| if least == most { most.to_string() } else { format!("{least} to {most}") };
    let count = |of: Bytes| format!("{} {}", range(of), if of.most == 1 { "byte" } else { "bytes" });
    let bytes = match (of, came.most) {
        (Some(of), 0) => format!("none of the {}", count(of)),
        (Some(of), _) => format!("{} of the {}", range(came), count(of)),
        (None, 0) => "nothing".to_owned(),
        (None, _) => count(came),
    };
    format!("{bytes} of the body")
}

fn arrived(reached: &[Reached], requests: u32) -> String {
    let each = if requests == 1 { "it" } else { "each" };
    let mut told: Vec<(String, Carrier)> =
        reached.iter().filter_map(|one| Some((times(one.times?), one.carrier))).collect();
    if told.len() < reached.len() {
        return String::new();
    }
    if told.windows(2).all(|pair| pair[0].0 == pair[1].0) {
        told.truncate(1);
        return told.first().map(|(times, _)| format!(" The server got {each} {times}.")).unwrap_or_default();
    }
    let told: Vec<String> =
        told.iter().map(|(times, carrier)| format!("{times} on {}", connection(*carrier))).collect();
    format!(" The server got {each} {}.", told.join(", "))
}

const fn connection(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::New => "a new connection",
        Carrier::Used => "a used connection",
        Carrier::Unknown => "one of which nothing is known",
    }
}

fn under_way(sent: u32, sockets: usize) -> String {
    format!("{} under way{}", many(sent, "message"), if sockets > 1 { " each time" } else { "" })
}

/// `2 had an answer, 3 had none, though the server had read them`.
fn unanswered(sent: u32, answered: u32, read: Option<u32>) -> String {
    let lost = sent - answered;
    let counts = match answered {
        0 if lost == 1 => "it had no answer".to_owned(),
        0 => "none had an answer".to_owned(),
        _ => format!("{answered} had an answer, {lost} had none"),
    };
    let which = them(lost);
    match read {
        Some(0) => format!("{counts}, and the server had not read {which}"),
        Some(read) if read == lost => format!("{counts}, though the server had read {which}"),
        Some(read) => format!("{counts}, though the server had read {read} of {which}"),
        None => counts,
    }
}

/// Of what was asked or sent again.
fn in_the_end(answered: u32, of: u32) -> String {
    match answered {
        0 => "no answer in the end".to_owned(),
        1 if of == 1 => "answered in the end".to_owned(),
        all if all == of => "all answered in the end".to_owned(),
        some => format!("{some} answered in the end"),
    }
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
