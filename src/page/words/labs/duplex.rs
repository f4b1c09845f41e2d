//! The words of the lab `duplex`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::duplex::{Fact, Proof, Waited, Way, What, Why};
use crate::trace::Span;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "Who may speak",
    question: "A server has news, at times of its own. Over HTTP it may only answer; so the page asks again and again (short polling), or asks and lets the server take its time (long polling), or asks once for a response that never seems to end (server-sent events). On a WebSocket both simply talk. Who has to speak first, how soon does the page have its news, and what happens when both speak at the same moment?",
    prediction: Prediction {
        asks: "With server-sent events the server sends each item of news by itself, over HTTP. How often does the page have to ask to hear all of them?",
        choices: &["not at all", "once", "once for each item", "some other number of times"],
    },
    parameters: &[
        ParameterWords { name: "items", label: "Items of news", hint: "each way has as many" },
        ParameterWords { name: "interval", label: "News every", hint: "" },
        ParameterWords {
            name: "send",
            label: "Page speaks every",
            hint: "on the WebSocket, and in its plain exchanges",
        },
        ParameterWords { name: "poll", label: "Short poll every", hint: "" },
        ParameterWords { name: "stream", label: "Long response", hint: "0 leaves it out" },
    ],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {
        Fact::Answers { requests, responses, events } => answers(requests, responses, events),
        Fact::SpokeFirst { messages } => format!(
            "Over HTTP the server sent {} for which there was no earlier request on the same connection: it spoke first.",
            counted(messages, "message", "messages")
        ),
        Fact::SeveralResponses { requests } => {
            format!("{} got more than one response.", counted(requests, "request", "requests"))
        }
        Fact::BothWays { exchanges, to_server, to_page } => format!(
            "{} over HTTP carried data both ways: {} to the server in the bodies of the requests, {} to the page in \
             those of the responses.",
            counted(exchanges, "plain exchange", "plain exchanges"),
            bytes_in_words(to_server),
            bytes_in_words(to_page)
        ),
        Fact::OneWayOnly { exchanges, to_server, to_page } => format!(
            "None of {} over HTTP carried data both ways: {} to the server, {} to the page.",
            counted(exchanges, "plain exchange", "plain exchanges"),
            bytes_in_words(to_server),
            bytes_in_words(to_page)
        ),
        Fact::News { way, items, of, requests, in_vain, waited } => {
            [came(way, items, of), asked(way, requests, in_vain), was_on_the_way(waited)].concat()
        }
        Fact::Behind { way, by } => behind(way, by),
        Fact::Lay { items, median, longest } => format!(
            "Of what came by short polling, {} lay at the server until the page asked again: half of them for up to \
             {median}, the longest for {longest}, by the server’s own clock. The server had news and could not say so.",
            counted(items, "item", "items")
        ),
        Fact::OneResponse { events, requests: 1, lasted } => format!(
            "{} came in {lasted} within a single response to a single request. The server talked on without being asked \
             for each, but it was still answering.",
            counted(events, "server-sent event", "server-sent events")
        ),
        Fact::OneResponse { events, requests, lasted } => format!(
            "{} came in {lasted} within the responses to {requests} requests: the stream broke off, and the browser \
             asked again by itself.",
            counted(events, "server-sent event", "server-sent events")
        ),
        Fact::Streamed { bytes, pieces: 1, .. } => {
            format!("A response of {} reached the page in one piece, all at once.", bytes_in_words(bytes))
        }
        Fact::Streamed { bytes, pieces, lasted } => format!(
            "A response need not be brief: one of {} reached the page in {}, the last {lasted} after the first. It is one \
             response all the same.",
            bytes_in_words(bytes),
            counted(pieces, "piece", "pieces")
        ),
        Fact::Unasked { items, beyond_doubt } => format!(
            "On the WebSocket the server sent {}. Before {} of them the page had sent nothing, since the server’s last \
             word, that could have asked for it: the server spoke unasked.",
            counted(items, "item of news", "items of news"),
            if beyond_doubt == items { "each".to_owned() } else { beyond_doubt.to_string() }
        ),
        Fact::Said { messages } => format!(
            "On the same WebSocket the page sent {} at its own intervals, without waiting for the server.",
            counted(messages, "message", "messages")
        ),
        Fact::OnlyAnswered { messages } => format!(
            "On the WebSocket the server sent {}, each only after the page had said something: it did not speak unasked.",
            counted(messages, "message", "messages")
        ),
        Fact::Crossed { pairs, bytes: (to_server, to_page), proof } => format!(
            "{} crossed on the way, on one connection ({} to the server and {} to the page were travelling against each \
             other). {}",
            if pairs == 1 { "One pair of messages".to_owned() } else { format!("{pairs} pairs of messages") },
            bytes_in_words(to_server),
            bytes_in_words(to_page),
            how_known(proof)
        ),
        Fact::CameAgain { messages } => format!(
            "{} came a second time. The page had said which item it had last, and a later one was on its way already; so \
             the server took it to be missing, and sent it again. Where both may speak at any time, applications number \
             what they send.",
            counted(messages, "item", "items")
        ),
        Fact::NoneCrossed { round_trip } => none_crossed(round_trip),
        Fact::EchoOnly { said, echoed, besides: 0 } => format!(
            "On the WebSocket the page sent {} without waiting, and {} came back. This echo says nothing of its own, so \
             it does not show whether a server may.",
            counted(said, "message", "messages"),
            echoed
        ),
        Fact::EchoOnly { said, echoed, besides } => format!(
            "On the WebSocket the page sent {} without waiting, and {} came back. The server said {} besides, as some \
             echoes greet whoever comes: that is no echo, but it does not show whether both speak at the same time.",
            counted(said, "message", "messages"),
            echoed,
            counted(besides, "message", "messages")
        ),
        Fact::Missing { what, why } => missing(what, why),
    }
}

fn answers(requests: u32, responses: u32, events: u32) -> String {
    let parts = match events {
        0 => String::new(),
        _ => format!(" ({} came as parts of a response)", counted(events, "server-sent event", "server-sent events")),
    };
    format!(
        "Over HTTP the page sent {} and had {}{parts}. Everything that came from the server answers a request that the \
         page had sent before, on the same connection as far as that is known. The server never spoke first.",
        counted(requests, "request", "requests"),
        counted(responses, "response", "responses")
    )
}

fn came(way: Way, items: u32, of: Option<u32>) -> String {
    let of = of.filter(|&of| of > items).map_or(String::new(), |of| format!(" of {of}"));
    format!("By {}, {items}{of} {} reached the page", named(way), if items == 1 { "item" } else { "items" })
}

fn asked(way: Way, requests: u32, in_vain: u32) -> String {
    let requests = match way {
        Way::WebSocket => return " after one handshake".to_owned(),
        _ => counted(requests, "request", "requests"),
    };
    match in_vain {
        0 => format!(" for {requests}"),
        _ => format!(" for {requests}, {in_vain} of them in vain (an answer without news)"),
    }
}

fn was_on_the_way(waited: Option<Waited>) -> String {
    match waited {
        None => ". How long they were on the way is not known: the server’s clock could not be placed on the page’s."
            .to_owned(),
        Some(Waited { median, longest, uncertainty }) => format!(
            ". From being published to being here, half of them took up to {median}, the longest {longest} (± {uncertainty}, \
             since the two clocks can be brought together no better)."
        ),
    }
}

fn behind(way: Way, by: Span) -> String {
    let way = named(way);
    let tail =
        "(The error of the clocks is nearly the same on both sides, so this is known better than either figure alone.)";
    match by.0 {
        0 => format!("By {way}, half of the news was here just as soon as over the WebSocket. {tail}"),
        1.. => format!(
            "By {way}, the middle item was here {by} later after its publication than over the WebSocket. {tail}"
        ),
        _ => {
            format!(
                "By {way}, the middle item was here {} sooner after its publication than over the WebSocket. {tail}",
                -by
            )
        }
    }
}

const fn how_known(proof: Proof) -> &'static str {
    match proof {
        Proof::Times => {
            "Each was sent before the other had arrived: the page’s clock says so at the one end, the server’s at the \
             other. Neither can be an answer to the other."
        }
        Proof::SentAgain => {
            "The page said which item it had last before it had the next one; by what the server then did, sending that one \
             again, it had sent it before. Neither can be an answer to the other."
        }
    }
}

fn none_crossed(round_trip: Option<Span>) -> String {
    let quick = round_trip.map_or(String::new(), |round_trip| {
        format!(" The quickest answer of this run took {round_trip} there and back, and messages can only cross in such a time.")
    });
    format!(
        "No two messages crossed on the WebSocket, as far as can be known.{quick} Over a slower link, or with shorter \
         intervals, they do."
    )
}

fn missing(what: What, why: Why) -> String {
    let what = match what {
        What::Exchanges => "Plain exchanges".to_owned(),
        What::News(way) => format!("News by {}", named(way)),
    };
    match why {
        Why::NotOffered => {
            format!("{what}: not there. This endpoint is a plain echo and has no news of its own to tell.")
        }
        Why::NotReached => format!("{what}: not there. The run ended before, or the server does not offer it."),
        Why::NothingCame => format!("{what}: tried, and nothing came of it."),
    }
}

const fn named(way: Way) -> &'static str {
    match way {
        Way::ShortPolling => "short polling",
        Way::LongPolling => "long polling",
        Way::Events => "server-sent events",
        Way::WebSocket => "WebSocket",
    }
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
