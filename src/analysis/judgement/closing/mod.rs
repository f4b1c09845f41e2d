//! What a run of the lab `closing` shows: how a connection ends, and whether it then is over for both.
//!
//! Each ending is looked at from both sides: the page's `close` event, and, where the server told its raw bytes, the
//! close frames that crossed.

mod endings;
mod http;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::analysis::raw::Missing;
use crate::trace::{Cause, MessageId, Span, Trace};

/// How the lab brings a WebSocket to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The page closes it.
    ClientCloses,
    /// The server closes it.
    ServerCloses,
    /// The server resets the TCP connection.
    Cut,
    /// The server falls silent, and leaves the connection as it is.
    Vanishes,
}

impl Way {
    /// All of them, in the order in which the lab takes them.
    const ALL: [Self; 4] = [Self::ClientCloses, Self::ServerCloses, Self::Cut, Self::Vanishes];

    /// The part of the script.
    const fn part(self) -> &'static str {
        match self {
            Self::ClientCloses => "client closes",
            Self::ServerCloses => "server closes",
            Self::Cut => "cut",
            Self::Vanishes => "vanishes",
        }
    }
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The page and its browser.
    Page,
    /// The server.
    Server,
}

/// What a close frame says (RFC 6455 §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its code; `None` if it carries none.
    pub code: Option<u16>,
    /// Its reason; often empty.
    pub reason: String,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The connection ended for the page: its `close` event.
    Ended {
        /// How it came about.
        way: Way,
        /// The code that the event tells; 1006 stands for none.
        code: u16,
        /// The reason that it tells.
        reason: String,
        /// It ended with close frames both ways.
        clean: bool,
        /// How long it had been open.
        lived: Span,
        /// How long after the page asked for the end, or sent the message that brought it about.
        after: Span,
    },
    /// No `close` event came for as long as the page waited, though the end was asked for or brought about.
    NotEnded {
        /// How it should have come about.
        way: Way,
    },
    /// The close frames that crossed, by the server's tap.
    Frames {
        /// How the end came about.
        way: Way,
        /// The page's; `None` where none crossed.
        page: Option<Said>,
        /// The server's.
        server: Option<Said>,
        /// Whose was first, by the server's clock; `None` where there are not both.
        first: Option<Side>,
        /// From the first to the second, by the server's clock: when it read the one and wrote the other.
        between: Option<Span>,
    },
    /// The frames that crossed cannot be had.
    FramesUnseen {
        /// How the end came about.
        way: Way,
        /// Why.
        why: Missing,
    },
    /// The server had fallen silent, and for the page the connection was open all the same: it is half-open
    /// (RFC 9293 §3.5.1).
    HalfOpen {
        /// How long, from the page's first message into the silence until it closed.
        waited: Span,
        /// Messages that the page sent meanwhile.
        sent: u32,
        /// Messages of these that the server read; `None` where it tells no raw bytes.
        read: Option<u32>,
    },
    /// The page learnt that the other side had fallen silent: a `close` event came by itself.
    Noticed {
        /// How long after the page's first message into the silence.
        after: Span,
        /// The code that the event tells.
        code: u16,
        /// It ended with close frames both ways.
        clean: bool,
    },
    /// The page closed a half-open connection, and the other side did not answer: no `close` event.
    CloseUnanswered {
        /// How long the page waited for it; `None` where that is not known.
        waited: Option<Span>,
    },
    /// The page closed a half-open connection, and its browser gave up waiting for the other side.
    CloseGivenUp {
        /// How long after the page had closed.
        after: Span,
        /// The code that the event tells.
        code: u16,
        /// It ended with close frames both ways.
        clean: bool,
    },
    /// The WebSocket of a part could not be opened.
    NotOpened {
        /// Which.
        way: Way,
        /// What is taken to be the cause.
        cause: Cause,
    },
    /// The run ended before this was tried, or before it was over.
    NotReached {
        /// Which.
        way: Way,
    },
    /// This takes a server that misbehaves when asked to, and the endpoint is none.
    NotOffered {
        /// Which.
        way: Way,
    },
    /// An HTTP connection ended after its response.
    HttpEnded {
        /// Who ended it, as the server saw it; `None` where it broke.
        by: Option<Side>,
        /// How long after the response was handed over, on the server's clock.
        after: Option<Span>,
        /// The request had asked for `Connection: close`.
        asked: bool,
    },
    /// An HTTP connection was still open when the server told its account.
    HttpStaysOpen {
        /// The request had asked for `Connection: close`.
        asked: bool,
    },
    /// What becomes of HTTP connections is not told.
    HttpUntold {
        /// Why.
        why: Missing,
    },
    /// HTTP/2 carried the requests, where a response does not end the connection (RFC 9113 §8.2.2).
    HttpMultiplexed,
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let mut findings: Vec<_> = Way::ALL
        .into_iter()
        .filter(|way| trace.part(way.part()).is_some())
        .flat_map(|way| endings::of(trace, way).1)
        .collect();
    findings.extend(http::told(trace));
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    if claim != Claim::C14 {
        return Verdict::not_measured(claim, Vec::new());
    }
    let (holds, reasons): (Vec<_>, Vec<_>) = Way::ALL.into_iter().map(|way| endings::of(trace, way)).unzip();
    let known: Vec<bool> = holds.into_iter().flatten().collect();
    let outcome = match (known.contains(&true), known.contains(&false)) {
        (true, false) => Outcome::Supported,
        (true, true) => Outcome::Depends,
        (false, true) => Outcome::Refuted,
        (false, false) => Outcome::NotMeasured,
    };
    Verdict { claim, outcome, reasons: reasons.concat() }
}

/// What the page's connection said after the other side had fallen silent: it was open (0) or closed (1). `None`
/// where that was not tried.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let (over, findings) = endings::of(trace, Way::Vanishes);
    let choice = usize::from(over?);
    let finding = findings.into_iter().next()?;
    Some(Answer { choice, finding })
}

/// A finding of this lab.
fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Closing(fact), messages }
}
