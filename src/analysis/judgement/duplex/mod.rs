//! What a run of the lab `duplex` shows: who may speak.
//!
//! Over HTTP each message from the server is held against the request that it answers, and each item of news against
//! when it was published. On the WebSocket what the page said and what the server said are held against one another: two
//! messages crossed if each was sent before the other had arrived.

mod crossing;
mod reading;
#[cfg(test)]
mod tests;
mod verdicts;

use serde::{Deserialize, Serialize};

pub use super::Why;
use super::{Answer, Claim, Finding, Verdict};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Span, Trace};
use reading::Run;

/// The parts of the script, by name.
pub mod part {
    /// The page asks, and has its answer.
    pub const EXCHANGES: &str = "exchanges";
    /// The page asks for news at intervals.
    pub const SHORT_POLLING: &str = "short polling";
    /// The page asks for news, and the server answers when it has some.
    pub const LONG_POLLING: &str = "long polling";
    /// Server-sent events.
    pub const EVENTS: &str = "events";
    /// A long response, read as it comes.
    pub const STREAMED: &str = "streamed response";
    /// Both talk on one WebSocket.
    pub const WEBSOCKET: &str = "websocket";
    /// The page talks on a WebSocket of an echo that has no news.
    pub const WEBSOCKET_ECHO: &str = "websocket echo";
}

/// By which way news comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The page asks at intervals.
    ShortPolling,
    /// The page asks, and the server answers when it has news.
    LongPolling,
    /// Server-sent events: one response that goes on.
    Events,
    /// A WebSocket.
    WebSocket,
}

impl Way {
    /// All of them, in the order of the script.
    pub const ALL: [Self; 4] = [Self::ShortPolling, Self::LongPolling, Self::Events, Self::WebSocket];

    const fn part(self) -> &'static str {
        match self {
            Self::ShortPolling => part::SHORT_POLLING,
            Self::LongPolling => part::LONG_POLLING,
            Self::Events => part::EVENTS,
            Self::WebSocket => part::WEBSOCKET,
        }
    }
}

/// How long news was on its way, from when it was published until the page had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// Half of the items took at most this long.
    pub median: Span,
    /// The longest.
    pub longest: Span,
    /// The clocks of server and page could be brought together to this much, either way. It is the same error for
    /// all ways, so that they can be compared more exactly than that.
    pub uncertainty: Span,
}

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The plain exchanges.
    Exchanges,
    /// News by a way.
    News(Way),
}

/// How it is known that two messages crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Each was sent before the other had arrived, the one by the page's clock and the other by the server's.
    Times,
    /// The page said which item it had last, and the server, which had sent a later one by then, sent that again.
    SentAgain,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Over HTTP, everything that came from the server answers an earlier request on the same connection.
    Answers {
        /// Requests of the page.
        requests: u32,
        /// Responses.
        responses: u32,
        /// Server-sent events, which are parts of a response.
        events: u32,
    },
    /// Over HTTP, the server said something that answers no earlier request on its connection.
    SpokeFirst {
        /// How many messages.
        messages: u32,
    },
    /// Over HTTP, requests were answered by more than one response.
    SeveralResponses {
        /// How many requests.
        requests: u32,
    },
    /// Plain exchanges carried data both ways.
    BothWays {
        /// How many.
        exchanges: u32,
        /// Bytes of their requests' bodies.
        to_server: u64,
        /// Bytes of their responses' bodies.
        to_page: u64,
    },
    /// No plain exchange carried data both ways.
    OneWayOnly {
        /// How many there were.
        exchanges: u32,
        /// Bytes of their requests' bodies.
        to_server: u64,
        /// Bytes of their responses' bodies.
        to_page: u64,
    },
    /// What it took to hear the news by a way.
    News {
        /// Which.
        way: Way,
        /// Items that came.
        items: u32,
        /// Items that were to come.
        of: Option<u32>,
        /// Requests that the page sent; for a WebSocket its handshake.
        requests: u32,
        /// Of these, requests whose answer had no news.
        in_vain: u32,
        /// How long the items were on their way; `None` where the server's clock could not be placed.
        waited: Option<Waited>,
    },
    /// How the ways over HTTP compare with the WebSocket.
    Behind {
        /// By which way half of the items came later, and by how much: the medians differ by this, negative if they came
        /// earlier.
        ways: Vec<(Way, Span)>,
    },
    /// Requests and the WebSocket went to different addresses, so that what differs between the ways may be the servers' or
    /// the networks'.
    Elsewhere,
    /// By short polling, news that was published while no request was there lay at the server until one came.
    Lay {
        /// How many items.
        items: u32,
        /// Half of them lay at most this long, on the server's clock.
        median: Span,
        /// The longest.
        longest: Span,
    },
    /// Many server-sent events came in the one response to the one request.
    OneResponse {
        /// How many events.
        events: u32,
        /// How many requests they answer.
        requests: u32,
        /// From the request until the last of them.
        lasted: Span,
    },
    /// A long response was read as it came.
    Streamed {
        /// Bytes of its body.
        bytes: u64,
        /// In how many pieces the page had them.
        pieces: u32,
        /// From the first piece to the last.
        lasted: Span,
    },
    /// On the WebSocket the server said what nobody had asked for.
    Unasked {
        /// Items that it sent.
        items: u32,
        /// Of these, items before which the page had sent nothing that could have asked for them, since the server
        /// had last said something.
        beyond_doubt: u32,
    },
    /// On the WebSocket the page said something of its own accord.
    Said {
        /// How many messages.
        messages: u32,
    },
    /// On the WebSocket the server said nothing but after the page had.
    OnlyAnswered {
        /// How many messages of the server.
        messages: u32,
    },
    /// Messages crossed on the WebSocket.
    Crossed {
        /// How many pairs.
        pairs: u32,
        /// Bytes of the page's messages in them, and of the server's.
        bytes: (u64, u64),
        /// How it is known of the first pair.
        proof: Proof,
    },
    /// Items came more than once, because what the page had said crossed them.
    CameAgain {
        /// How many messages.
        messages: u32,
    },
    /// No two messages crossed, as far as can be known.
    NoneCrossed {
        /// How long a message and its answer took at least together, at the address of the WebSocket; the shorter, the less
        /// can cross. `None` where no answer came from there.
        round_trip: Option<Span>,
    },
    /// Only an echo was there: what the server said answers what the page had said.
    EchoOnly {
        /// What the page said.
        said: u32,
        /// What came back.
        echoed: u32,
        /// What came besides, such as a greeting.
        #[serde(default)]
        besides: u32,
    },
    /// Something is not there.
    Missing {
        /// What.
        what: What,
        /// Why.
        why: Why,
    },
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Duplex(fact), messages }
}

/// What happened, in the order in which it is told. How much the plain exchanges and a long response carried stands with
/// the claims’ reasons.
#[must_use]
pub(super) fn what_happened(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let run = Run::of(trace, timeline);
    let mut findings = Vec::new();
    findings.extend(run.who_starts());
    findings.extend(run.news_by_http());
    findings.extend(run.one_response());
    findings.extend(run.news(Way::WebSocket));
    findings.extend(run.elsewhere());
    findings.extend(run.behind());
    findings.extend(run.on_websocket());
    findings.extend(run.missing_exchanges());
    findings.extend(Way::ALL.into_iter().filter_map(|way| run.missing_news(way)));
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, timeline: &Timeline) -> Verdict {
    let run = Run::of(trace, timeline);
    match claim {
        Claim::C1 => verdicts::request_and_response(&run),
        Claim::C2 => verdicts::full_duplex(&run),
        Claim::C12 => verdicts::one_direction(&run),
        _ => Verdict::not_measured(claim, Vec::new()),
    }
}

/// What the run answers to the lab's question, how often the page asked in order to hear all items as server-sent events:
/// not at all (0), once (1), once for each item (2), or otherwise (3). `None` where not all of them came.
#[must_use]
pub(super) fn answer(trace: &Trace, timeline: &Timeline) -> Option<Answer> {
    let run = Run::of(trace, timeline);
    let finding = run.news(Way::Events)?;
    let super::Fact::Duplex(Fact::News { items, of, requests, .. }) = finding.fact else { return None };
    // With a single item, once and once for each are the same.
    let complete = items > 1 && of.is_none_or(|of| items >= of);
    let choice = match requests {
        0 => 0,
        1 => 1,
        _ if requests == items => 2,
        _ => 3,
    };
    complete.then_some(Answer { choice, finding })
}
