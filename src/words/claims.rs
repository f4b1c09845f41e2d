//! The claims in our words, the sources that make them, and the standards that they are held against.

use crate::analysis::Claim;
use crate::analysis::judgement::Outcome;

/// A claim in words.
pub struct ClaimWords {
    /// What is said.
    pub says: &'static str,
    /// Which of the two sources says it: `T` is a comparison table, `P` a learner's text.
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
            standard_says: "A server answers requests. A response may go on for as long as the server likes.",
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
            standards: &[rfc!("6455", "1.1"), rfc!("6455", "5")],
        },
        Claim::C3 => ClaimWords {
            says: "After the response the HTTP connection is closed; new data need a new connection.",
            sources: "T, P",
            standard_says: "Connections of HTTP/1.1 stay open unless one side says “close”; HTTP/2 shares one.",
            standards: &[rfc!("9112", "9.3"), rfc!("9112", "9.6"), rfc!("9113", "9.1")],
        },
        Claim::C4 => ClaimWords {
            says: "A WebSocket is opened by its own handshake, and then stays open for the whole session.",
            sources: "T, P",
            standard_says: "The handshake is one HTTP request with Upgrade; over HTTP/2 and HTTP/3 it has another form, without a 101.",
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
            standard_says: "Two schemes, the second with TLS. A page that came by https may use only the second.",
            standards: &[rfc!("6455", "3"), ("Mixed Content §4", "https://www.w3.org/TR/mixed-content/#algorithms")],
        },
        Claim::C14 => ClaimWords {
            says: "The connection lives until one party ends it, and then it is over for both.",
            sources: "P",
            standard_says: "Both send a close frame. A side that merely vanishes leaves the other with a half-open connection.",
            standards: &[rfc!("6455", "7")],
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
