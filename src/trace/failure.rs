//! Why a run could not go on, and how that was inferred.
//!
//! A page learns little: `fetch` fails with one opaque error, and a WebSocket with close code 1006.
//! So a cause comes with the observation that it was inferred from. The words are the page's.

use serde::{Deserialize, Serialize};

use super::{Protocol, Span};

/// Why a run could not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which protocol's turn it was.
    pub protocol: Protocol,
    /// The turn that failed; `None` while the connection was being opened.
    pub turn: Option<u32>,
    /// What is taken to be the cause.
    pub cause: Cause,
    /// What that was inferred from.
    pub inferred_from: Inference,
}

/// What is taken to be the cause of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// An https page may not talk to an `http:` or `ws:` endpoint (Mixed Content §4).
    MixedContent,
    /// The server answers, but does not let this page read the answer (Fetch §3.2, CORS).
    Cors,
    /// Nobody answers: not running, refused, blocked, or a wrong name.
    NoAnswer,
    /// The server answered earlier turns, and then no more.
    Vanished,
    /// The connection was not open in time.
    ConnectTimeout {
        /// How long was waited.
        after: Span,
    },
    /// The reply was not there in time.
    ReplyTimeout {
        /// How long was waited.
        after: Span,
    },
    /// The connection was closed half-way.
    ClosedMidway {
        /// The close code, for a WebSocket.
        code: Option<u16>,
        /// The close reason, for a WebSocket; often empty.
        reason: String,
    },
    /// The WebSocket's handshake was refused: the server answers HTTP, but not with a 101.
    HandshakeRefused,
    /// An HTTP status that is no success.
    Status {
        /// The status code.
        status: u16,
    },
    /// The echo is not what was sent.
    DifferentEcho,
    /// The reply does not follow the subprotocol.
    Unreadable {
        /// What was wrong.
        why: String,
    },
    /// The endpoint has nothing of the kind that was asked for: it is no Duplex server.
    NotOffered,
    /// The URL cannot be used.
    BadUrl {
        /// What the browser says of it.
        why: String,
    },
}

/// What a cause was inferred from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inference {
    /// The page's scheme and the endpoint's.
    Schemes,
    /// The constructor threw `SecurityError` or `SyntaxError`.
    Thrown,
    /// `fetch` failed, and a `no-cors` request to the same address was answered.
    ProbeAnswered,
    /// `fetch` failed, and a `no-cors` request to the same address failed too.
    ProbeFailed,
    /// Our own timer ran out.
    Timer,
    /// The `close` event of the WebSocket.
    CloseEvent,
    /// The WebSocket's `readyState`: it was closing or closed, and its event had not come yet.
    ReadyState,
    /// The head had arrived and the body's promise was rejected.
    BodyRejected,
    /// The reply itself.
    Reply,
}
