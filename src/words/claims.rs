//! The claims in our words, the sources that make them, and the standards that they are held against.

use crate::analysis::Claim;
use crate::analysis::judgement::Outcome;

/// A claim in words.
pub struct ClaimWords {
    /// What is said.
    pub says: &'static str,
    /// Which of the two sources says it: `T` is a comparison table, `P` a learner’s text.
    pub sources: &'static str,
    /// What the standards say of it, in a sentence.
    pub standard_says: &'static str,
    /// The sections, each with its address.
    pub standards: &'static [(&'static str, &'static str)],
}

/// A claim's name.
pub fn id(claim: Claim) -> String {
    format!("C{}", claim.number())
}

/// What an outcome is called: a sign and a word.
pub const fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Supported => ("✓", "supported"),
        Outcome::Depends => ("◐", "depends"),
        Outcome::Refuted => ("✕", "refuted"),
        Outcome::NotMeasured => ("–", "not measured yet"),
    }
}

/// An outcome's name in the document.
pub const fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Supported => "supported",
        Outcome::Depends => "depends",
        Outcome::Refuted => "refuted",
        Outcome::NotMeasured => "not-measured",
    }
}

macro_rules! rfc {
    ($number:literal, $section:literal) => {
        (
            concat!("RFC ", $number, " §", $section),
            concat!("https://www.rfc-editor.org/rfc/rfc", $number, ".html#section-", $section),
        )
    };
}

/// A claim's words.
pub const fn of(claim: Claim) -> ClaimWords {
    match claim {
        Claim::C1 => ClaimWords {
            says: "HTTP is request and response: each request gets one response, and the server never speaks first.",
            sources: "T, P",
            standard_says: "A server answers requests: each gets one final response, perhaps after interim ones (1xx). A response may go on for as long as the server likes.",
            standards: &[
                rfc!("9110", "3.4"),
                rfc!("6202", "2"),
                ("HTML §9.2", "https://html.spec.whatwg.org/multipage/server-sent-events.html"),
            ],
        },
        Claim::C2 => ClaimWords {
            says: "WebSocket is full-duplex: both sides send at the same time, without being asked.",
            sources: "T, P",
            standard_says: "After the handshake either side may send whenever it likes.",
            standards: &[rfc!("6455", "1.2"), rfc!("6455", "5")],
        },
        Claim::C3 => ClaimWords {
            says: "After the response the HTTP connection is closed; new data need a new connection.",
            sources: "T, P",
            standard_says: "Connections of HTTP/1.1 stay open unless one side says “close”; over HTTP/2 all requests share one.",
            standards: &[rfc!("9112", "9.3"), rfc!("9112", "9.6"), rfc!("9113", "9.1")],
        },
        Claim::C4 => ClaimWords {
            says: "A WebSocket is opened by its own handshake, and then stays open for the whole session.",
            sources: "T, P",
            standard_says: "The handshake is one HTTP request with Upgrade, answered with 101. Over HTTP/2 and HTTP/3 it is a CONNECT, answered with 200.",
            standards: &[rfc!("6455", "1.3"), rfc!("6455", "4"), rfc!("8441", "5"), rfc!("9220", "3")],
        },
        Claim::C5 => ClaimWords {
            says: "The status 101 Switching Protocols marks the change of protocol.",
            sources: "P",
            standard_says: "After the 101 the same connection speaks the new protocol.",
            standards: &[rfc!("9110", "15.2.2")],
        },
        Claim::C6 => ClaimWords {
            says: "HTTP carries HTML, JSON or XML.",
            sources: "T",
            standard_says: "Content is any bytes; Content-Type says what they are.",
            standards: &[rfc!("9110", "8.3")],
        },
        Claim::C7 => ClaimWords {
            says: "WebSocket has no limit on the format of its data.",
            sources: "T",
            standard_says: "A binary message is any bytes; a text message is UTF-8, else the connection fails.",
            standards: &[rfc!("6455", "5.6"), rfc!("6455", "8.1")],
        },
        Claim::C8 => ClaimWords {
            says: "HTTP is as reliable as the transport below it; an exchange that is interrupted is lost.",
            sources: "T",
            standard_says: "A client may repeat an idempotent request by itself, others only if it knows that nothing was done.",
            standards: &[rfc!("9110", "9.2.2"), rfc!("9112", "8"), rfc!("9000", "1")],
        },
        Claim::C9 => ClaimWords {
            says: "WebSocket is designed to keep loss and interruption small.",
            sources: "T",
            standard_says: "A lost connection is reported with 1006. Coming back is left to the application, with back-off.",
            standards: &[rfc!("6455", "7.1.5"), rfc!("6455", "7.2.3")],
        },
        Claim::C10 => ClaimWords {
            says: "HTTP is stateless.",
            sources: "T, P",
            standard_says: "Each request can be understood by itself; what is to be remembered is carried, as in a cookie.",
            standards: &[rfc!("9110", "3.3"), rfc!("6265", "3")],
        },
        Claim::C11 => ClaimWords {
            says: "WebSocket is stateful.",
            sources: "T, P",
            standard_says: "Both ends hold a connection open; what they keep for it is theirs, and ends with it.",
            standards: &[rfc!("6455", "1.5")],
        },
        Claim::C12 => ClaimWords {
            says: "HTTP goes in one direction, WebSocket in both.",
            sources: "P",
            standard_says: "Request and response both carry content; only the client may begin.",
            standards: &[rfc!("9110", "3.4")],
        },
        Claim::C13 => ClaimWords {
            says: "A WebSocket’s address begins with ws:// or wss://.",
            sources: "P",
            standard_says: "Two schemes, the second with TLS. In newer browsers a page may write http:// or https:// as well, and the browser makes ws:// or wss:// of it. A page that came by https may use TLS only, except to the machine it runs on.",
            standards: &[
                rfc!("6455", "3"),
                ("WebSockets Standard", "https://websockets.spec.whatwg.org/#dom-websocket-websocket"),
                ("Mixed Content", "https://www.w3.org/TR/mixed-content/#algorithms"),
            ],
        },
        Claim::C14 => ClaimWords {
            says: "The connection lives until one party ends it, and then it is over for both.",
            sources: "P",
            standard_says: "Both send a close frame. A side that merely vanishes leaves the other with a half-open connection.",
            standards: &[rfc!("6455", "7"), rfc!("9293", "3.5.1")],
        },
        Claim::C15 => ClaimWords {
            says: "Many clients talk with one server.",
            sources: "P",
            standard_says: "A client ought to limit its connections to a server; how far is up to the client.",
            standards: &[rfc!("9112", "9.4")],
        },
        Claim::C16 => {
            ClaimWords { says: "One should know when to use which.", sources: "P", standard_says: "", standards: &[] }
        }
    }
}

/// What decided an outcome, or on what it depends, in one sentence. It says no more than what the judgement asks for
/// before it gives that outcome; the figures are in the reasons.
pub const fn ruling(claim: Claim, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Supported => supported(claim),
        Outcome::Depends => depends(claim),
        Outcome::Refuted => refuted(claim),
        Outcome::NotMeasured => "This run does not show it.",
    }
}

/// Where it takes several runs to see that it depends.
pub const RUNS_DIFFER: &str =
    "It held in one run and not in another, which had other settings or endpoints: see each of them.";

const fn supported(claim: Claim) -> &'static str {
    match claim {
        Claim::C1 => "The server spoke only in answer to a request: its news had to wait until the page asked.",
        Claim::C2 => "Both sides sent without being asked, and messages crossed on the way.",
        Claim::C3 => "In this run each request needed a connection of its own.",
        Claim::C4 => "It was opened by a handshake, and was still open after nobody had spoken for a while.",
        Claim::C5 => "The server answered 101, and from then on the same connection carried WebSocket frames.",
        Claim::C6 => "HTML, JSON and XML came back as they were sent, and nothing else did.",
        Claim::C7 => "Every format came back in binary messages, and even a text that is not UTF-8 was taken.",
        Claim::C8 => "Every exchange that was broken off was lost, and nothing brought it back.",
        Claim::C9 => "Nothing was lost.",
        Claim::C10 => {
            "The server remembered nothing: each answer followed from its own request. The client carried what was to be kept."
        }
        Claim::C11 => "The server remembered within a connection, and had forgotten on a new one.",
        Claim::C12 => {
            "Over HTTP no exchange carried data both ways, and the server never began; on the WebSocket both sides began."
        }
        Claim::C13 => {
            "The WebSocket that opened has such an address, and no address was let through that a browser has to refuse."
        }
        Claim::C14 => "Whichever way it ended, the page learnt that it was over.",
        Claim::C15 => "All clients were served, over HTTP and over WebSockets.",
        Claim::C16 => "Which way is best depends on the situation: here are this run’s figures for five of them.",
    }
}

const fn depends(claim: Claim) -> &'static str {
    match claim {
        Claim::C1 => "The server never spoke first, but some requests got more than one response.",
        Claim::C3 => "One of the two ways took a new connection for each request, the other did not.",
        Claim::C4 => "Of its handshake and its staying open, only one was as the claim says.",
        Claim::C6 => "HTML, JSON and XML came back as they were sent, but other formats did, too.",
        Claim::C7 => {
            "A binary message carried every format. A text message has to be UTF-8: another one ended the connection."
        }
        Claim::C8 => {
            "The answer was lost for the page, but not always the exchange: the request had reached the server, or asking again brought an answer, or another exchange came through."
        }
        Claim::C9 => {
            "WebSocket itself did not keep messages from being lost. The application made it good: it reconnected, and sent again."
        }
        Claim::C11 => "The server remembered, but not always, or not by the connection alone.",
        Claim::C12 => {
            "Data went both ways over both. What goes one way over HTTP is who begins: there only the page did, on the WebSocket both sides did."
        }
        Claim::C13 => "Some addresses were treated as the claim says, and some were not.",
        Claim::C14 => {
            "It depends on how it ends: in one case or more the page learnt that it was over, in another it did not."
        }
        Claim::C15 => "Not all clients were served, or not all heard what was said to all.",
        Claim::C16 => {
            "Counted in bytes or in waiting, one way is best everywhere; counted in the other, it depends on the situation."
        }
        // These hold or do not.
        Claim::C2 | Claim::C5 | Claim::C10 => "It holds in one case and not in another.",
    }
}

const fn refuted(claim: Claim) -> &'static str {
    match claim {
        Claim::C1 => "Over HTTP the server spoke without having been asked.",
        Claim::C2 => "On the WebSocket the server only answered what the page had said.",
        Claim::C3 => "Requests shared a connection: a response did not end it.",
        Claim::C4 => "Neither its handshake nor its staying open was as the claim says.",
        Claim::C5 => "The WebSocket was opened without a 101.",
        Claim::C6 => "HTML, JSON or XML did not come back as it was sent.",
        Claim::C7 => "Something came back over the WebSocket other than it was sent.",
        Claim::C8 => "No exchange was lost, though the server broke some off.",
        Claim::C9 => "Messages were lost, and not all of that was made good.",
        Claim::C10 => "An answer told what its request did not carry: the server remembered.",
        Claim::C11 => "On the same connection the server had forgotten what was said before.",
        Claim::C12 => "Over HTTP data went both ways, and the server began, too.",
        Claim::C13 => "No address was treated as the claim says.",
        Claim::C14 => "However it ended, the page did not learn of it.",
        Claim::C15 => "No more than one client was served, over either protocol.",
        Claim::C16 => "One way is best in every situation, by bytes, and one by waiting.",
    }
}
