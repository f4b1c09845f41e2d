//! The words of the lab `duplex`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::duplex::{Fact, Proof, Waited, Way, What, Why};
use crate::trace::Span;
use crate::words::{capital, counted, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "Who may speak",
    question: "A server has news, at times of its own. Over HTTP it may only answer. So the page asks again and again \
               (short polling), or asks and the server answers once there is news (long polling), or asks once for a \
               response that goes on and on (server-sent events). On a WebSocket both simply speak. Look at who speaks \
               first each time, how soon the page has its news, and whether messages cross: one under way to the server \
               while another one is under way to the page. Data that go both ways at the same time make a connection \
               full-duplex.",
    prediction: Prediction {
        asks: "With server-sent events the server sends each item of news over HTTP, one after another. How often does the page have to ask to hear all of them?",
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
pub fn fact(fact: &Fact) -> String {
    match *fact {
        Fact::Answers { requests, responses, events } => answers(requests, responses, events),
        Fact::SpokeFirst { messages } => format!(
            "Over HTTP the server sent {} for which there was no earlier request on the same connection: it spoke first.",
            many(messages, "message")
        ),
        Fact::SeveralResponses { requests } => {
            format!("{} got more than one response.", many(requests, "request"))
        }
        Fact::BothWays { exchanges, to_server, to_page } => format!(
            "{} over HTTP carried data both ways: {} to the server in the requests, {} to the page in the responses.",
            many(exchanges, "plain exchange"),
            bytes_in_words(to_server),
            bytes_in_words(to_page)
        ),
        Fact::OneWayOnly { exchanges, to_server, to_page } => format!(
            "None of {} over HTTP carried data both ways: {} to the server, {} to the page.",
            many(exchanges, "plain exchange"),
            bytes_in_words(to_server),
            bytes_in_words(to_page)
        ),
        Fact::News { way, items, of, requests, in_vain, waited } => news(way, items, of, [requests, in_vain], waited),
        Fact::Behind { ref ways } => behind(ways),
        Fact::Elsewhere => {
            "Requests and the WebSocket went to different addresses. How soon news came over one and over the \
                            other is not compared, for the servers and the networks to them may differ."
                .to_owned()
        }
        Fact::Lay { items, median, longest } => format!(
            "The server had news and could not say so: {} lay there until the next short poll, typically for {median}, at \
             worst for {longest} (by its own clock).",
            many(items, "item")
        ),
        Fact::OneResponse { events, requests, lasted } => one_response(events, requests, lasted),
        Fact::Streamed { bytes, pieces: 1, .. } => {
            format!("A response of {} reached the page in one piece, all at once.", bytes_in_words(bytes))
        }
        Fact::Streamed { bytes, pieces, lasted } => format!(
            "A response need not be brief: one of {} reached the page in {}, the last one {lasted} after the first. It was \
             one response all the same.",
            bytes_in_words(bytes),
            many(pieces, "piece")
        ),
        Fact::Unasked { items, beyond_doubt } => format!(
            "On the WebSocket the server sent {}. {} came unasked: nothing that the page had sent since the server’s last \
             word could have asked for it.",
            counted(items, "item of news", "items of news"),
            match beyond_doubt {
                all if all == items => "Each".to_owned(),
                some => format!("At least {some} of them"),
            }
        ),
        Fact::Said { messages } => format!(
            "On the same WebSocket the page sent {} at its own intervals, without waiting for the server.",
            many(messages, "message")
        ),
        Fact::OnlyAnswered { messages } => format!(
            "On the WebSocket the server sent {}, each only after the page had said something: it did not speak unasked.",
            many(messages, "message")
        ),
        Fact::Crossed { pairs, bytes: (to_server, to_page), proof } => format!(
            "{} crossed on the way, on one connection: {} to the server and {} to the page were under way against each \
             other. {}",
            if pairs == 1 { "One pair of messages".to_owned() } else { format!("{pairs} pairs of messages") },
            bytes_in_words(to_server),
            bytes_in_words(to_page),
            how_known(proof)
        ),
        Fact::CameAgain { messages } => format!(
            "{} came a second time: the page had said which item it had last while a later one was on its way, so the server \
             sent that one again.",
            many(messages, "item")
        ),
        Fact::NoneCrossed { round_trip } => none_crossed(round_trip),
        Fact::EchoOnly { said, echoed, besides: 0 } => format!(
            "On the WebSocket the page sent {} without waiting, and {echoed} came back. This echo says nothing of its own, so \
             it does not show whether a server may.",
            many(said, "message")
        ),
        Fact::EchoOnly { said, echoed, besides } => format!(
            "On the WebSocket the page sent {} without waiting, and {echoed} came back. The server said {} besides, as some \
             echoes greet whoever comes; that does not show whether both speak at the same time.",
            many(said, "message"),
            many(besides, "message")
        ),
        Fact::Missing { what, why } => missing(what, why),
    }
}

fn answers(requests: u32, responses: u32, events: u32) -> String {
    let parts = match events {
        0 => String::new(),
        _ => format!(", and {} as parts of a response", many(events, "server-sent event")),
    };
    format!(
        "Over HTTP the page sent {} and had {}{parts}. All that the server sent answers an earlier request, as far as is \
         known on the same connection.",
        many(requests, "request"),
        many(responses, "response")
    )
}

fn news(way: Way, items: u32, of: Option<u32>, [requests, in_vain]: [u32; 2], waited: Option<Waited>) -> String {
    let items = match of.filter(|&of| of > items) {
        Some(of) => format!("{items} of {}", many(of, "item")),
        None => many(items, "item"),
    };
    let asked = match way {
        Way::WebSocket => "after one handshake".to_owned(),
        _ => format!("with {}", many(requests, "request")),
    };
    let vain = match in_vain {
        0 => String::new(),
        _ => format!(" ({in_vain} of them without news)"),
    };
    let on_the_way = match waited {
        None => ". How long they were on the way is not known: the server’s clock could not be placed on the page’s."
            .to_owned(),
        Some(Waited { median, longest, uncertainty }) => {
            // Explained once: with the first of the ways.
            let clocks = match way {
                Way::ShortPolling => format!("± {uncertainty}, for the two clocks agree no better"),
                _ => format!("± {uncertainty}"),
            };
            format!(", typically {median} after the server had an item, at worst {longest} ({clocks}).")
        }
    };
    format!("{} brought {items} {asked}{vain}{on_the_way}", capital(named(way)))
}

/// Ways that took as long are named together.
fn behind(ways: &[(Way, Span)]) -> String {
    let mut differences: Vec<(Span, Vec<&str>)> = Vec::new();
    for (way, by) in ways {
        match differences.last_mut() {
            Some((as_much, names)) if as_much == by => names.push(named(*way)),
            _ => differences.push((*by, vec![named(*way)])),
        }
    }
    let told = differences.into_iter().map(|(by, names)| {
        let difference = match by.0 {
            0 => "just as soon".to_owned(),
            1.. => format!("{by} later"),
            _ => format!("{} sooner", -by),
        };
        format!("{difference} by {}", names.join(" and "))
    });
    let told: Vec<String> = told.collect();
    format!("Compared with the WebSocket, an item was typically here {}.", told.join(", "))
}

fn one_response(events: u32, requests: u32, lasted: Span) -> String {
    let events = many(events, "server-sent event");
    match requests {
        1 => format!(
            "{events} came in {lasted} within one response to one request: the server went on speaking, and was still \
             answering."
        ),
        _ => format!(
            "{events} came in {lasted} within the responses to {requests} requests: the stream broke off, and the browser \
             asked again by itself."
        ),
    }
}

const fn how_known(proof: Proof) -> &'static str {
    match proof {
        Proof::Times => {
            "Each was sent before the other had arrived, by the page’s clock at the one end and the server’s at the other: \
             neither can be an answer to the other."
        }
        Proof::SentAgain => {
            "The page said which item it had last before it had the next one, and the server, which had sent that one by \
             then, sent it again: neither can be an answer to the other."
        }
    }
}

fn none_crossed(round_trip: Option<Span>) -> String {
    let quick = round_trip.map_or(String::new(), |round_trip| {
        format!(" The quickest answer from its server took {round_trip} there and back: so short is the time in which they could.")
    });
    format!(
        "No two messages crossed on the WebSocket, as far as can be known.{quick} A slower link makes it more \
         likely."
    )
}

fn missing(what: What, why: Why) -> String {
    let what = match what {
        What::Exchanges => "Plain exchanges".to_owned(),
        What::News(way) => format!("News by {}", named(way)),
    };
    match why {
        Why::NotOffered => format!("{what}: not tried, for this endpoint is no Duplex server and offers no news."),
        Why::NotReached => format!("{what}: not tried. The run ended before, or the server does not offer it."),
        Why::NothingCame => format!("{what}: tried, and nothing came of it."),
    }
}

const fn named(way: Way) -> &'static str {
    match way {
        Way::ShortPolling => "short polling",
        Way::LongPolling => "long polling",
        Way::Events => "server-sent events",
        Way::WebSocket => "the WebSocket",
    }
}
