//! What a run of the lab `interruption` shows: what gets lost, who learns of it, and what asking again brings.
//!
//! What the page learnt is in the record of the page, what reached the server in the server's account. Where there
//! is none, nothing is said of arrivals. Whether a request went on a new connection or on one that was used before
//! is told by the server's account of that request, not by what the script meant to do.

mod http;
mod news;
#[cfg(test)]
mod tests;
mod verdicts;
mod websocket;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Verdict};
use crate::analysis::Timeline;
use crate::trace::{Direction, Message, MessageId, PartId, Protocol, Span, Speaks, Trace};
use crate::wire::Fault;

/// The names of the script's parts.
pub mod part {
    use crate::wire::Fault;

    /// Requests that use up the connections that are there.
    pub const EMPTYING: &str = "emptying";
    /// The page gives a request up, and asks again.
    pub const GIVEN_UP: &str = "given up";
    /// A stream of server-sent events ends.
    pub const EVENT_SOURCE: &str = "event source";
    /// The page closes a WebSocket while messages are under way.
    pub const LEFT: &str = "left";
    /// News are read, then published while nobody reads.
    pub const AWAY: &str = "away";
    /// News are read on from a number.
    pub const RESUMED: &str = "resumed";
    /// News are read without a number.
    pub const BEGUN_AGAIN: &str = "begun again";

    const HTTP: &str = "http ";
    const WEBSOCKET: &str = "websocket ";

    /// Requests that meet that fault.
    #[must_use]
    pub fn http(fault: Fault) -> String {
        format!("{HTTP}{fault}")
    }

    /// Messages of a WebSocket that meets that fault.
    #[must_use]
    pub fn websocket(fault: Fault) -> String {
        format!("{WEBSOCKET}{fault}")
    }

    /// The fault that requests meet in the part of that name.
    pub(super) fn fault_over_http(name: &str) -> Option<Fault> {
        name.strip_prefix(HTTP)?.parse().ok()
    }

    /// The fault that messages meet in the part of that name.
    pub(super) fn fault_over_websocket(name: &str) -> Option<Fault> {
        name.strip_prefix(WEBSOCKET)?.parse().ok()
    }
}

/// What carried a request, where it first arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// A connection on which it was the first request.
    New,
    /// A connection that had carried others.
    Used,
    /// Nobody tells.
    Unknown,
}

/// What the page learnt of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learned {
    /// The promise was rejected before there was a head.
    NoHead,
    /// The head came; reading the body failed.
    Truncated {
        /// Bytes of the body that the page had.
        came: Bytes,
        /// Bytes that the head announced, if that is known.
        of: Option<Bytes>,
    },
    /// Nothing more came, and the page's own timer ran out.
    TimedOut {
        /// After so long.
        after: Span,
        /// Bytes of the body that the page had.
        came: Bytes,
    },
    /// The whole response.
    Whole {
        /// Its status.
        status: u16,
    },
}

impl Learned {
    /// What the page learnt of both, where that is the same but for how many bytes came.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Truncated { came, of }, Self::Truncated { came: others, of: of_other }) => {
                let of = of.zip(of_other).map(|(one, other)| one.and(other));
                Some(Self::Truncated { came: came.and(others), of })
            }
            (Self::TimedOut { after, came }, Self::TimedOut { after: after_other, came: others })
                if after == after_other =>
            {
                Some(Self::TimedOut { after, came: came.and(others) })
            }
            _ => (self == other).then_some(self),
        }
    }
}

/// Bytes of a body, of one response or of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Of the one with the fewest.
    pub least: u64,
    /// Of the one with the most.
    pub most: u64,
}

impl Bytes {
    /// Of one response.
    #[must_use]
    pub const fn of(bytes: u64) -> Self {
        Self { least: bytes, most: bytes }
    }

    fn and(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

/// How often requests that went on the same kind of connection reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reached {
    /// What carried them.
    pub carrier: Carrier,
    /// How often each reached the server; `None` where nobody tells.
    pub times: Option<u32>,
}

/// What one protocol's part of the run comes to: what was sent in the parts with faults, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Requests or messages that the page sent, those included that it sent again.
    pub sent: u32,
    /// Those of them that reached the server; `None` where it does not tell of all.
    pub arrived: Option<u32>,
    /// Those that were not answered in full: lost, for the page.
    pub lost: u32,
    /// What reached the server more than once, whoever sent it again; `None` where it does not tell of all.
    pub twice: Option<u32>,
}

/// What this run could not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Interrupted exchanges over HTTP: only a Duplex server commits faults.
    HttpFaults,
    /// Interrupted WebSockets: only a Duplex server commits faults.
    WebSocketFaults,
    /// What reached the server: it tells no account, or a proxy is between.
    Account,
    /// Over HTTP/2 several exchanges share a connection, so no fault of the connection is committed.
    SharedConnections,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Requests met faults, and it came out the same: for the page, and for the server by what carried them.
    Interrupted {
        /// The faults.
        faults: Vec<Fault>,
        /// How many requests.
        requests: u32,
        /// How many of them are `POST`s.
        posts: u32,
        /// What the page learnt of each.
        learned: Learned,
        /// How often each reached the server, once for each kind of connection.
        reached: Vec<Reached>,
    },
    /// Requests reached the server several times though the page sent them once.
    SentAgainByBrowser {
        /// How many.
        requests: u32,
        /// How many of them are `POST`s.
        posts: u32,
        /// How many of them went on a connection that was used before.
        used: u32,
    },
    /// The connection ended before the head of the response, was used before, and no request came again.
    NotSentAgain {
        /// How many requests.
        requests: u32,
    },
    /// How often a `POST` reached the server that ended the connection before it answered.
    PostArrivals {
        /// On a new connection, at most.
        new: Option<u32>,
        /// On one that was used before, at most.
        used: Option<u32>,
        /// Where it is not known which it was, at most.
        unknown: Option<u32>,
    },
    /// The script asked again what had failed and may be repeated (`GET`).
    AskedAgain {
        /// Requests that had failed.
        failed: u32,
        /// Of these, how many had an answer in the end.
        answered: u32,
        /// Further requests that it took.
        tries: u32,
    },
    /// The script sent `POST`s again that had failed, and the server got the same more than once.
    Duplicated {
        /// `POST`s that had failed.
        failed: u32,
        /// How many of them reached the server more than once.
        twice: u32,
        /// How often they reached it, all in all.
        arrivals: u32,
    },
    /// The page gave an order up, sent it again, and the server has carried it out so often.
    OrderedAgain {
        /// After how long the page gave up.
        after: Span,
        /// How often the order stands in the server's feed.
        times: u32,
    },
    /// The page gave requests up and sent them again; none was carried out twice, or that is not known.
    GivenUp {
        /// How many were given up.
        requests: u32,
        /// How many of these had reached the server.
        arrived: Option<u32>,
    },
    /// Every answer was there before the page lost its patience.
    TooQuick {
        /// So many times.
        requests: u32,
    },
    /// The server refused to commit faults.
    FaultsRefused {
        /// Requests that were refused.
        requests: u32,
        /// The protocol, by its ALPN name, if it is known.
        alpn: Option<String>,
    },
    /// A stream of server-sent events ended, and the page did nothing.
    EventSource {
        /// How often its request reached the server.
        arrivals: u32,
    },
    /// WebSockets ended with messages under way, each with the same figures.
    Broke {
        /// The faults, one for each WebSocket.
        faults: Vec<Fault>,
        /// The close code that the page was told.
        code: u16,
        /// Whether the page was told that it was closed in order (`wasClean`).
        clean: bool,
        /// Messages that the page had sent.
        sent: u32,
        /// Messages that were answered.
        answered: u32,
        /// Of those that were not, how many the server had read.
        read: Option<u32>,
    },
    /// WebSockets fell silent, each with the same figures, and the page was told nothing until its own timer ran out.
    Stalled {
        /// The faults, one for each WebSocket.
        faults: Vec<Fault>,
        /// From the last word to the end of the page's patience, at least.
        silent: Span,
        /// Messages that the page had sent.
        sent: u32,
        /// Messages that were answered.
        answered: u32,
        /// Of those that were not, how many the server had read.
        read: Option<u32>,
    },
    /// All messages were answered in spite of the fault.
    Survived {
        /// The fault.
        fault: Fault,
        /// How many.
        messages: u32,
    },
    /// The WebSocket could not be opened.
    NotOpened {
        /// The fault.
        fault: Fault,
    },
    /// The page closed a WebSocket with messages under way.
    Left {
        /// Messages that it had sent.
        sent: u32,
        /// Messages that were answered.
        answered: u32,
    },
    /// After the end nothing happened until the script did something.
    StayedClosed {
        /// For so long.
        waited: Span,
        /// How often the handshake reached the server.
        arrivals: Option<u32>,
    },
    /// The handshake reached the server more often than the script opened the WebSocket.
    ReopenedByBrowser {
        /// So often.
        arrivals: u32,
    },
    /// The script opened a WebSocket again.
    Reconnected {
        /// What it waited before each try.
        waits: Vec<Span>,
        /// How many tries failed.
        refused: u32,
        /// Whether one succeeded.
        opened: bool,
    },
    /// The script sent again what had not been answered.
    SentAgain {
        /// Messages.
        messages: u32,
        /// Of these, how many were answered then.
        answered: u32,
        /// Of these, how many the server has now read twice.
        twice: Option<u32>,
    },
    /// A reader came back to the news with the number of the last item that it had.
    Resumed {
        /// The number.
        after: u32,
        /// Items that were published while it was away.
        missed: u32,
        /// Of these, how many it got.
        came: u32,
        /// Items that it got twice.
        twice: u32,
    },
    /// A reader came back to the news without a number.
    BegunAgain {
        /// Items that it got.
        came: u32,
        /// Of these, how many it had had before.
        twice: u32,
    },
    /// What one protocol's part comes to.
    Account(Protocol, Account),
    /// Below HTTP: what the standards say of transport, and was not measured.
    Below,
    /// Something could not be shown.
    Missing(Missing),
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Interruption(fact), messages }
}

/// What happened, in the order in which it is told. What the page did about it in detail stands with the claims' reasons.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let mut findings = http::told(trace);
    findings.extend(http::account(trace));
    findings.extend(websocket::told(trace));
    findings.extend(websocket::account(trace));
    findings.extend(missing(trace));
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    match claim {
        Claim::C8 => verdicts::over_http(trace),
        Claim::C9 => verdicts::over_websocket(trace),
        _ => Verdict::not_measured(claim, Vec::new()),
    }
}

/// What the run answers to the lab's question, how often the server gets a `POST` whose connection ends before it is
/// answered: never, once, twice or more often, or that depends on the connection.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let (finding, counts) = http::post_arrivals(trace)?;
    let (least, most) = (counts.iter().min()?, counts.iter().max()?);
    let choice = if least == most { (*least).min(2) as usize } else { 3 };
    Some(Answer { choice, finding })
}

/// What could not be shown.
fn missing(trace: &Trace) -> Vec<Finding> {
    let speaks = |protocol| match protocol {
        Protocol::Http => &trace.circumstances.http,
        Protocol::WebSocket => &trace.circumstances.ws,
    };
    let lacks = |protocol| speaks(protocol).speaks == Speaks::Plain;
    let behind_proxy = Protocol::BOTH.iter().any(|protocol| speaks(*protocol).behind_proxy);
    let told = trace.messages.iter().any(|message| message.arrivals.is_some());
    let all = [
        (lacks(Protocol::Http), Missing::HttpFaults),
        (lacks(Protocol::WebSocket), Missing::WebSocketFaults),
        (!lacks(Protocol::Http) && (behind_proxy || !trace.messages.is_empty() && !told), Missing::Account),
    ];
    let those = all.into_iter().filter(|(is_missing, _)| *is_missing);
    those.map(|(_, missing)| finding(Fact::Missing(missing), Vec::new())).collect()
}

/// The parts of the script whose name tells of a fault, in order.
fn faulty<'a>(
    trace: &'a Trace,
    fault: impl Fn(&str) -> Option<Fault> + 'a,
) -> impl Iterator<Item = (Fault, PartId)> + 'a {
    let parts = trace.parts.iter().enumerate();
    parts.filter_map(move |(place, part)| Some((fault(&part.name)?, PartId(u16::try_from(place).ok()?))))
}

/// What the page sent in a part, in order; not what only made ready for it.
fn sent_in(trace: &Trace, part: PartId) -> impl Iterator<Item = &Message> {
    let counts = |message: &&Message| message.direction == Direction::ToServer && !message.warm_up;
    trace.in_part(part).filter(counts)
}

fn reply_to(trace: &Trace, sent: MessageId) -> Option<&Message> {
    trace.messages.iter().find(|reply| reply.answers == Some(sent))
}

/// How many of them are so; `None` where one is not known.
fn known(those: impl Iterator<Item = Option<bool>>) -> Option<u32> {
    those.map(|one| one.map(u32::from)).sum()
}
