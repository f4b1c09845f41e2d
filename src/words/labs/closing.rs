//! The words of the lab `closing`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::closing::endings::{Said, Way};
use crate::analysis::judgement::closing::{Fact, Side, endings, http};
use crate::trace::Span;
use crate::words::{self, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "How it ends",
    question: "A connection lives until one side ends it, and then it is over for both: is that so? One WebSocket is \
               closed by the page, one by the server; one is cut off; and at last the server falls silent without a word. \
               In order, each side says goodbye with a close frame, which has a code and perhaps a reason. Look at what \
               the page learns each time, and when. For comparison two HTTP connections end, or do not.",
    prediction: Prediction {
        asks: "The server falls silent without closing: it neither reads nor writes any more. What will the page’s \
               WebSocket say a while later, after some more messages?",
        choices: &["that it is open, as before", "that it is closed"],
    },
    parameters: &[
        ParameterWords { name: "code", label: "Page closes with code", hint: "a page may use 1000 and 3000–4999" },
        ParameterWords {
            name: "server-code",
            label: "Server closes with code",
            hint: "any, also what may not be sent",
        },
        ParameterWords { name: "wait", label: "Keep sending into the silence for", hint: "" },
    ],
    choices: &[],
};

/// What a fact says.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::WebSocket(fact) => of_websocket(fact),
        Fact::Http(fact) => of_http(fact),
    }
}

fn of_websocket(fact: &endings::Fact) -> String {
    use endings::Fact;
    match fact {
        Fact::Ended { way, code, reason, clean, lived, after } => ended(*way, *code, reason, *clean, [*lived, *after]),
        Fact::NotEnded { way: Way::ClientCloses } => {
            "The page closed the WebSocket, and no close event came while it waited: for the page it is not over yet."
                .to_owned()
        }
        Fact::NotEnded { .. } => {
            "The server was to end the connection, and as long as the page waited it learnt of no end.".to_owned()
        }
        Fact::Frames { way, page, server, first, between } => {
            frames(*way, page.as_ref(), server.as_ref(), *first, *between)
        }
        Fact::FramesUnseen { why, .. } => {
            format!("Which close frames were sent was not seen. {}", words::raw::missing(*why, true))
        }
        Fact::HalfOpen { waited, sent, read } => half_open(*waited, *sent, *read),
        Fact::Noticed { after, code, clean } => format!(
            "The server fell silent, and {after} after the page’s first message into the silence the page learnt that the \
             connection had ended: code {code}{}, {}.",
            words::close_code(*code),
            clean_in_words(*clean)
        ),
        Fact::CloseUnanswered { waited } => format!(
            "Then the page closed it. A close frame has to be answered (RFC 6455 §5.5.1), and nobody answered{}; for the page \
             even the end was not over.",
            waited.map_or_else(String::new, |waited| format!(" within {waited}"))
        ),
        Fact::CloseGivenUp { after, code, clean } => format!(
            "Then the page closed it, and {after} later its browser told of the end: code {code}{}, {}.",
            words::close_code(*code),
            clean_in_words(*clean)
        ),
        Fact::NotOpened { way, cause } => {
            format!("The WebSocket {} could not be opened: {}", to_be(*way), words::cause(cause))
        }
        Fact::NotReached { way } => format!("The run ended before the WebSocket {} was done with.", to_be(*way)),
        Fact::NotOffered { way } => format!(
            "A WebSocket {} was not tried: only a Duplex server does that when asked, and this endpoint is none.",
            to_be(*way)
        ),
    }
}

fn of_http(fact: &http::Fact) -> String {
    use http::Fact;
    match fact {
        Fact::Ended { by, after, asked } => {
            let who = match by {
                Some(Side::Server) => "the server ended the TCP connection",
                Some(Side::Page) => "the browser ended the TCP connection",
                None => "the TCP connection broke",
            };
            let when = after.map_or_else(String::new, |after| format!(" {after} after the response was handed over"));
            let asked = if *asked {
                "For comparison, HTTP: the server was asked for “Connection: close”, and"
            } else {
                "It was not asked for that with another request, and still"
            };
            format!("{asked} {who}{when}, by the server’s account. HTTP/1.1 has no goodbye beyond that.")
        }
        Fact::StaysOpen { asked: false } => {
            "For comparison, HTTP without “Connection: close”: when the server gave its account, the connection was still \
             open. The response ended, not the connection."
                .to_owned()
        }
        Fact::StaysOpen { asked: true } => {
            "For comparison, HTTP: the server was asked for “Connection: close”, and when it gave its account the connection \
             was still open."
                .to_owned()
        }
        Fact::Untold { why } => {
            format!("What became of the HTTP connections is not known. {}", words::raw::missing(*why, true))
        }
        Fact::Multiplexed => {
            "For comparison, HTTP: these requests went over HTTP/2, where all exchanges share a connection and no response \
             ends it."
                .to_owned()
        }
    }
}

fn ended(way: Way, code: u16, reason: &str, clean: bool, [lived, after]: [Span; 2]) -> String {
    let begins = match way {
        Way::ClientCloses => format!("The page closed the WebSocket after {lived}, and {after} later it was over"),
        Way::ServerCloses => {
            format!("The server closed the WebSocket, {after} after the page’s message (it had been open for {lived})")
        }
        Way::Cut => format!(
            "The server broke the TCP connection without a word, and {after} after the page’s message the page learnt that it \
             was over"
        ),
        Way::Vanishes => format!("The WebSocket ended {after} after the page’s message"),
    };
    let reason = if reason.is_empty() { String::new() } else { format!(", reason “{reason}”") };
    // What the server closed with may be this code too, though no frame may carry it: whether a frame came is said beside.
    let kind = if (way, code) == (Way::ServerCloses, 1006) { "" } else { words::close_code(code) };
    let means = match (code, clean) {
        (1006, _) if way == Way::ServerCloses => {
            " That code stands for an end without a close frame, and none may carry it (RFC 6455 §7.4.1)."
        }
        (1006, _) => " Nobody sent that code: it is what a browser says where no close frame came (RFC 6455 §7.1.5).",
        (_, true) if way == Way::ClientCloses => " Clean (wasClean) means that both sides said goodbye.",
        _ => "",
    };
    format!("{begins}: code {code}{kind}{reason}, {}.{means}", clean_in_words(clean))
}

fn frames(way: Way, page: Option<&Said>, server: Option<&Said>, first: Option<Side>, between: Option<Span>) -> String {
    let said = |said: &Said| {
        let code = said.code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}"));
        if said.reason.is_empty() { code } else { format!("{code} and “{}”", said.reason) }
    };
    match (page, server) {
        (None, None) => "Neither side sent a close frame, as far as the server saw.".to_owned(),
        (Some(page), None) => format!("The page’s side sent a close frame ({}), the server none.", said(page)),
        (None, Some(server)) => {
            format!("The server sent a close frame ({}); one from the page’s side never came.", said(server))
        }
        (Some(page), Some(server)) => {
            let order = match (first, between) {
                (Some(Side::Page), Some(between)) => {
                    format!(" The server read the page’s first, and wrote its own {between} later.")
                }
                (Some(Side::Server), Some(between)) => {
                    format!(" The server wrote its own first, and read the page’s {between} later{}.", by_itself(way))
                }
                _ => String::new(),
            };
            format!(
                "Both sides sent a close frame: {} from the page’s side, {} from the server.{order}",
                said(page),
                said(server)
            )
        }
    }
}

/// Which side answers a server's close frame.
const fn by_itself(way: Way) -> &'static str {
    match way {
        Way::ServerCloses => " (the browser answered by itself)",
        Way::ClientCloses | Way::Cut | Way::Vanishes => "",
    }
}

fn half_open(waited: Span, sent: u32, read: Option<u32>) -> String {
    let read = match read {
        Some(read) => format!(" (the server read {read} of them)"),
        None => String::new(),
    };
    format!(
        "The server fell silent and left the connection as it was. For {waited} the page’s WebSocket looked open as before, \
         and took {}{read}, to which nothing came back. Such a connection is half-open (RFC 9293 §3.5.1): over for one \
         side, while the other does not know.",
        many(sent, "message")
    )
}

const fn clean_in_words(clean: bool) -> &'static str {
    if clean { "clean" } else { "not clean" }
}

const fn to_be(way: Way) -> &'static str {
    match way {
        Way::ClientCloses => "that the page closes",
        Way::ServerCloses => "that the server closes",
        Way::Cut => "that the server cuts off",
        Way::Vanishes => "whose server falls silent",
    }
}
