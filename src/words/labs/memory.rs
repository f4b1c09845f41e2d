//! The words of the lab `memory`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::memory::{Fact, Held, Stretch, Why};
use crate::words::{capital, counted};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "Who remembers",
    question: "A server keeps a counter and a cart. Two clients take turns: “count”, “put a pear into the cart”, “show what \
               there is”. Over HTTP they first carry nothing; then each carries its state along in a token, as a cookie \
               would. Then each has a WebSocket of its own, and at last one of them comes back on a new one. Who keeps \
               nothing from one message to the next is called stateless, who remembers is stateful. Look at what the \
               counter shows each time: who remembers, and for how long?",
    prediction: Prediction {
        asks: "On a WebSocket a client has counted. It closes the WebSocket, opens a new one to the same server, and looks: what does the counter show?",
        choices: &["0: it begins anew", "what it was: it goes on", "something else"],
    },
    parameters: &[ParameterWords { name: "steps", label: "Commands", hint: "of each client, each way" }],
    choices: &[],
};

/// What a fact says.
pub fn fact(fact: &Fact) -> String {
    match *fact {
        Fact::NothingCarried { requests, connections, on_one } => nothing_carried(requests, connections, on_one),
        Fact::EqualAnswers { requests, same_connection } => equal_answers(requests, same_connection),
        Fact::UnequalAnswers { one, other, same_connection } => {
            let connection = match same_connection {
                Some(true) => ", on the same TCP connection",
                Some(false) => ", on different TCP connections",
                None => "",
            };
            format!(
                "Two requests that were equal byte for byte{connection} got different answers: {}, and {}. So the server \
                 remembered something.",
                held(one),
                held(other)
            )
        }
        Fact::NotFromRequest { answers, of, expected, told } => format!(
            "{answers} of {} over HTTP told more than the request carried: the first ought to have told {}, and told {}. The \
             server remembered something.",
            counted(of, "answer", "answers"),
            held(expected),
            held(told)
        ),
        Fact::Carried { requests, least, most, all } => {
            let each =
                if least == most { bytes_in_words(most) } else { format!("{least} to {}", bytes_in_words(most)) };
            format!(
                "{} carried the state to the server in a token of {each}, {} in all. That is the price of a server that remembers \
                 nothing: the client sends its memory along each time.",
                counted(requests, "request", "requests"),
                bytes_in_words(all)
            )
        }
        Fact::WentOn { ref clients, held: there } => format!(
            "{} carried the token of {} latest answer, and so {} state went on over HTTP: in the end {}{}.",
            capital(clients_of(clients)),
            if clients.len() > 1 { "their" } else { "its" },
            if clients.len() > 1 { "their" } else { "its" },
            held(there),
            if clients.len() > 1 { " each" } else { "" }
        ),
        Fact::OldToken { old, newest } => format!(
            "After the newest token (which gave {}) an older one was sent again, and gave the older state: {}. A server that \
             keeps nothing cannot know which came last.",
            held(newest),
            held(old)
        ),
        Fact::Remembered { ref clients, answers, held: there } => format!(
            "On the {} of {}, {}{} went on from what was said before, though no message carried state: in the end {}. The \
             server remembers within the connection.",
            if clients.len() > 1 { "WebSockets" } else { "WebSocket" },
            clients_of(clients),
            counted(answers, "answer", "answers"),
            if clients.len() > 1 { " each" } else { "" },
            held(there)
        ),
        Fact::Forgot { answers } => format!(
            "On the WebSocket {} began with an empty memory, though something had been said before on the same connection.",
            counted(answers, "answer", "answers")
        ),
        Fact::NotOfConnection { answers, expected, told } => format!(
            "On the WebSocket {} told what was never said on that connection: the first ought to have told {}, and told {}. \
             The memory is not this connection’s alone.",
            counted(answers, "answer", "answers"),
            held(expected),
            held(told)
        ),
        Fact::NewConnection { before, after } => new_connection(before, after),
        Fact::Missing { what, why } => missing(what, why),
    }
}

fn nothing_carried(requests: u32, connections: Option<u32>, on_one: Option<u32>) -> String {
    let on = match (connections, on_one) {
        (Some(1), _) => ", all on one and the same TCP connection".to_owned(),
        (Some(connections), Some(on_one)) => {
            format!(", on {connections} TCP connections, up to {on_one} on the same one")
        }
        _ => String::new(),
    };
    let lesson = if on_one.is_some_and(|on_one| on_one > 1) {
        ": a connection that stays open does not make HTTP remember"
    } else {
        ""
    };
    format!(
        "{} over HTTP carried no state{on}. Each answer began with a counter at 0 and an empty cart{lesson}.",
        counted(requests, "request", "requests")
    )
}

fn equal_answers(requests: u32, same_connection: Option<u32>) -> String {
    let shared = match same_connection {
        Some(all) if all == requests => ", all of them to one on the same TCP connection".to_owned(),
        Some(count) if count > 0 => format!(" ({count} of them to one on the same TCP connection)"),
        _ => String::new(),
    };
    format!(
        "{} equal, byte for byte, to another one, sent at another time or by the other client{shared}. Equal requests got \
         equal answers, whatever had been said in between.",
        counted(requests, "request was", "requests were each")
    )
}

fn new_connection(before: Held, after: Held) -> String {
    let told = format!(
        "On its old WebSocket the first client had {}; on a new one, to the same server, there was {}",
        held(before),
        held(after)
    );
    match after {
        after if after == Held::default() => {
            format!("{told}. The memory was the connection’s, not the client’s, and ended with it.")
        }
        after if after == before => format!("{told}. The server keeps it by something else than the connection."),
        _ => format!("{told}."),
    }
}

fn missing(what: Stretch, why: Why) -> String {
    let what = match what {
        Stretch::WithoutToken => "Commands over HTTP without state",
        Stretch::WithToken => "Commands over HTTP with state that the client carries",
        Stretch::Connection => "Commands on a WebSocket",
        Stretch::NewConnection => "A new WebSocket after the old one",
    };
    match why {
        Why::NotOffered => format!("{what}: not tried, for this endpoint is no Duplex server and has no counter."),
        Why::NotReached => format!("{what}: not tried. The run ended before, or the server does not offer it."),
        Why::NothingCame => format!("{what}: tried, and what came is not enough to compare."),
    }
}

fn held(held: Held) -> String {
    let things = match held.things {
        0 => "an empty cart".to_owned(),
        1 => "1 thing in the cart".to_owned(),
        things => format!("{things} things in the cart"),
    };
    format!("a counter at {} and {things}", held.counter)
}

const fn clients_of(clients: &[u32]) -> &'static str {
    match clients {
        [0] => "the first client",
        [1] => "the second client",
        [_] | [] => "another client",
        [_, _] => "both clients",
        _ => "all clients",
    }
}
