//! What a run of the lab `opening` shows: how many TCP connections its requests needed, how its WebSocket was opened
//! and whether it stayed open, and which addresses the browser took.

mod requests;
mod schemes;
#[cfg(test)]
mod tests;
mod websocket;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::analysis::raw::Missing;
use crate::trace::{Cause, MessageId, Span, Trace};

/// How the lab sends its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// One after another; the server is asked to close the connection after each response.
    Close,
    /// One after another.
    KeepAlive,
    /// All at once.
    Parallel,
}

impl Way {
    /// All of them, in the order in which the lab takes them.
    const ALL: [Self; 3] = [Self::Close, Self::KeepAlive, Self::Parallel];

    /// The part of the script.
    const fn part(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::KeepAlive => "keep-alive",
            Self::Parallel => "parallel",
        }
    }
}

/// Why it is not told which connections carried some requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untold {
    /// The endpoint is no Duplex server.
    Plain,
    /// The server is behind a proxy: its connections are the proxy's.
    BehindProxy,
    /// The server told nothing of them.
    NoEvidence,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// So many TCP connections carried so many requests, by the server's account.
    Carried {
        /// How they were sent.
        way: Way,
        /// Requests that were answered.
        requests: u32,
        /// Distinct connections that carried them.
        connections: u32,
        /// Connections of these that were open before this part of the run began.
        already_open: u32,
        /// Connections of these that the server ended, by its account.
        ended_by_server: u32,
    },
    /// HTTP/2 carried the requests: it has one connection for all, and no way to ask for its end with a response
    /// (RFC 9113 §8.2.2).
    Multiplexed {
        /// How they were sent.
        way: Way,
        /// Requests that were answered.
        requests: u32,
        /// Distinct connections that carried them; `None` where nobody tells.
        connections: Option<u32>,
    },
    /// Which connections carried the requests is not told.
    NotTold {
        /// How they were sent.
        way: Way,
        /// Requests that were answered.
        requests: u32,
        /// Why.
        why: Untold,
    },
    /// By Resource Timing the browser made a new connection for so many of the requests (`connectEnd` is later than
    /// `connectStart`).
    NewByTiming {
        /// How they were sent.
        way: Way,
        /// Requests whose timing is known.
        requests: u32,
        /// Requests of these that a new connection was made for.
        new: u32,
    },
    /// One request alone shows nothing: nothing came after it.
    OneRequest {
        /// How it was sent.
        way: Way,
    },
    /// This way was not tried in this run.
    NotTried {
        /// Which way.
        way: Way,
        /// It cannot be: a page may not set the header `Connection`, and the endpoint is none that would when asked.
        impossible: bool,
    },
    /// The requests of this way broke off.
    BrokeOff {
        /// How they were sent.
        way: Way,
        /// Requests that were answered.
        answered: u32,
        /// What is taken to be the cause of the first failure.
        cause: Cause,
    },
    /// Both ways side by side, by the server's account.
    SideBySide {
        /// Connections with `Connection: close`, and the requests on them.
        close: (u32, u32),
        /// Connections without, and the requests on them.
        keep_alive: (u32, u32),
    },
    /// The WebSocket was open this long after it was asked for.
    Opened {
        /// From the constructor's call to the `open` event.
        took: Span,
    },
    /// The WebSocket could not be opened.
    NotOpened {
        /// What is taken to be the cause.
        cause: Cause,
    },
    /// No WebSocket was opened before the run ended.
    NotReached,
    /// The handshake's raw bytes: a `GET` with `Upgrade`, a 101, and the accept key that belongs to the key.
    Proven {
        /// The client's `Sec-WebSocket-Key`.
        key: String,
        /// The server's `Sec-WebSocket-Accept`, which is the one that was recomputed here.
        accept: String,
        /// How many requirements of the handshake were checked.
        checks: u32,
    },
    /// The handshake's raw bytes do not meet what the standard requires.
    Unproven {
        /// How many requirements are not met.
        broken: u32,
        /// The first of them.
        first: String,
    },
    /// The handshake's raw bytes cannot be had, so it rests on what the page saw.
    HandshakeUnseen {
        /// Why.
        why: Missing,
    },
    /// All messages went over the one connection.
    OneConnection {
        /// How many, both ways.
        messages: u32,
        /// The id that the server gave it.
        server_id: Option<u64>,
        /// Of how many the server's tap has the frames, on this connection; `None` where it told none.
        found: Option<u32>,
    },
    /// The connection was left idle, and was still open: messages went there and back.
    StillOpen {
        /// How long nothing was sent by the script.
        idle: Span,
        /// How many messages were answered after it.
        after: u32,
    },
    /// The connection was closed before the page asked for it.
    ClosedEarly {
        /// How long it was open.
        lived: Span,
        /// The close code; `None` where there was no `close` event.
        code: Option<u16>,
        /// In the idle time or after it.
        idle: bool,
    },
    /// Nobody answered any more after the idle time, though the connection seemed open.
    SilentAfterIdle {
        /// How long it was left idle.
        idle: Span,
    },
    /// The WebSocket was not left idle, or the run ended before that was over.
    NotIdle,
    /// The status line that the server sent.
    StatusLine {
        /// The status.
        status: u16,
        /// The reason phrase.
        reason: String,
        /// Bytes of the whole head.
        bytes: u64,
    },
    /// The first frame came on the same TCP connection as the handshake.
    FirstFrame {
        /// What it is, by its opcode.
        opcode: String,
        /// It came from the page.
        from_page: bool,
        /// How long after the head of the 101 was written, on the server's clock.
        after: Span,
        /// The id that the server gave the connection.
        server_id: Option<u64>,
    },
    /// No frame was seen behind the handshake.
    NoFrame,
    /// The WebSocket was opened over HTTP/2, where the answer is no 101 (RFC 8441 §5).
    OverHttp2,
    /// What the 101 looked like cannot be had: a page never sees its head.
    StatusUnseen {
        /// Why.
        why: Missing,
    },
    /// A WebSocket was opened at an address of this scheme.
    SchemeOpened {
        /// `ws` or `wss`, or, against the claim, another.
        scheme: String,
    },
    /// An address of another scheme was refused.
    SchemeRefused {
        /// The scheme.
        scheme: String,
        /// The constructor threw, so nothing was sent.
        at_once: bool,
    },
    /// An https page asked for `ws:` on another machine, and the browser refused.
    MixedContentRefused {
        /// The address.
        url: String,
        /// The constructor threw, so nothing was sent.
        at_once: bool,
    },
    /// An https page asked for `ws:` on another machine, and the browser tried it.
    MixedContentTried {
        /// What came of it; `None` where it opened.
        cause: Option<Cause>,
    },
    /// `wss` was not measured: the endpoint of this run is unencrypted.
    SecureNotMeasured,
    /// `ws` from a page that came by https was not measured: this one came by http.
    MixedContentNotMeasured,
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let mut findings: Vec<_> = Way::ALL.into_iter().flat_map(|way| requests::told(trace, way)).collect();
    findings.extend(websocket::told(trace));
    findings.extend(schemes::told(trace));
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    let (outcome, reasons) = match claim {
        Claim::C3 => requests::closed_after_each(trace),
        Claim::C4 => websocket::opened_and_stays(trace),
        Claim::C5 => websocket::switching(trace),
        Claim::C13 => schemes::scheme(trace),
        _ => (Outcome::NotMeasured, Vec::new()),
    };
    Verdict { claim, outcome, reasons }
}

/// How many connections the requests needed: one for each request whether or not the server was asked to close (0),
/// one for each with close and one for all without (1), one for all in both cases (2), or something else (3).
/// `None` where not both ways were run, or the server does not tell.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    requests::answer(trace)
}

/// A finding of this lab.
fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Opening(fact), messages }
}

/// What several tests of a claim come to together; one that could not be made counts for nothing.
fn together(holds: impl IntoIterator<Item = Option<bool>>) -> Outcome {
    let known: Vec<bool> = holds.into_iter().flatten().collect();
    match (known.contains(&true), known.contains(&false)) {
        (true, false) => Outcome::Supported,
        (true, true) => Outcome::Depends,
        (false, true) => Outcome::Refuted,
        (false, false) => Outcome::NotMeasured,
    }
}
