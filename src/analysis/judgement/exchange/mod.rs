//! What a run of the lab `exchange` shows: the same conversation twice. What each protocol took for it in time, bytes and
//! connections, after how many messages a WebSocket's opening has paid for itself, and (C16) which way of talking these
//! figures advise in a few situations.
//!
//! That over HTTP data go both ways (a half of C12) is told as what happened; who may start is not this lab's
//! question, and so C12 is none of its claims.

mod advice;
mod reading;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::analysis::break_even::{Crossing, Measure, Missing, Way};
use crate::trace::{MessageId, Protocol, Span, Trace};
pub use advice::{Advised, Case, Choice};
use reading::Run;

/// So many round trips of each protocol are asked for before a verdict and an answer rest on their median.
const NEEDED: u32 = 5;

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The connections that carried a protocol's messages, the warm-up included.
    Connections {
        /// Which.
        protocol: Protocol,
        /// How many requests over HTTP, or messages to the server over a WebSocket.
        carried: u32,
        /// How many connections.
        connections: u32,
        /// Of these, how many were open before the run.
        already_open: u32,
        /// The server was asked to close after each response.
        asked_to_close: bool,
    },
    /// Nobody told which connections carried the requests.
    ConnectionsNotTold {
        /// How many requests.
        carried: u32,
    },
    /// What came back over HTTP is not what was sent.
    NotEchoed {
        /// In how many exchanges.
        exchanges: u32,
        /// How many there were that were answered whole.
        of: u32,
    },
    /// Typical round trips: the medians of those that count.
    RoundTrips {
        /// Over HTTP: from the call to the whole body.
        http: Span,
        /// Over the WebSocket: from `send` to the `message` event.
        web_socket: Span,
        /// How many of each.
        samples: (u32, u32),
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// What the protocol adds to a typical message and its answer, without what our instrument adds.
    Overhead {
        /// Which.
        protocol: Protocol,
        /// Bytes to the server.
        to_server: u64,
        /// Bytes to the page.
        to_page: u64,
        /// The server counted them; else they follow from the standard.
        counted: bool,
        /// Bytes of our instrument both ways, in the mean, which are kept out.
        instrument: u64,
    },
    /// That is not known.
    NoOverhead {
        /// Of which protocol.
        protocol: Protocol,
        /// Why.
        why: Missing,
    },
    /// What opening the WebSocket took, and what opening a connection for HTTP did.
    Opening {
        /// From the constructor to the `open` event.
        web_socket: Span,
        /// For HTTP.
        http: HttpOpening,
        /// Bytes of the handshake's request and response, without our instrument's; `None` where they are not known.
        handshake: Option<u64>,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// From which message on the WebSocket has come to less than HTTP, its opening included.
    PaidBack {
        /// In what.
        measure: Measure,
        /// HTTP as the run used it.
        than: Way,
        /// From which message on.
        since: Crossing,
        /// Bytes of payload of each message.
        payload: u32,
    },
    /// The round trips differ by less than the page's clock can tell, so that by time nothing is paid back.
    TooClose {
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// There is no comparing in this measure.
    NotComparable {
        /// In what.
        measure: Measure,
        /// What is missing.
        why: Missing,
        /// Where that is because an endpoint tells nothing of its connections: which, and why it does not.
        silent: Vec<(Protocol, Silence)>,
    },
    /// The warm-up, which is shown and not counted.
    WarmUp {
        /// Over HTTP.
        http: Span,
        /// Over the WebSocket.
        web_socket: Span,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// Each HTTP exchange carried data both ways.
    BothWays {
        /// How many exchanges.
        exchanges: u32,
        /// Bytes of their requests' bodies.
        to_server: u64,
        /// Bytes of their responses' bodies.
        to_page: u64,
    },
    /// What this run's figures advise in the two situations that everybody knows.
    InShort {
        /// For [`Case::Weather`].
        weather: Choice,
        /// For [`Case::Chat`].
        chat: Choice,
    },
    /// What this run's figures advise in a situation.
    Advice {
        /// The situation.
        case: Case,
        /// How many messages a session has then.
        messages: u32,
        /// What is advised by bytes, if these are known of all ways.
        by_bytes: Option<Advised>,
        /// What is advised by time that somebody waits, if that is known of all ways.
        by_time: Option<Advised>,
    },
    /// In all situations the same way is advised.
    OneForAll {
        /// By what.
        measure: Measure,
        /// Which.
        way: Way,
    },
    /// There are too few round trips for a verdict.
    TooFew {
        /// How many count over HTTP.
        http: u32,
        /// How many count over the WebSocket.
        web_socket: u32,
        /// How many of each are needed.
        needed: u32,
    },
}

/// Why an endpoint tells nothing of its connections, nor of the bytes that cross them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// It is no Duplex server.
    Plain,
    /// It is behind a proxy: what it could tell of are the proxy's.
    BehindProxy,
}

/// What opening connections for HTTP took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HttpOpening {
    /// The median, from `connectStart` to `connectEnd`.
    Took(Span),
    /// The browser had one open.
    AlreadyOpen,
    /// Nobody told.
    Unknown,
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let run = Run::of(trace, timeline);
    let mut findings: Vec<Finding> = run.round_trips().into_iter().collect();
    findings.extend(run.not_echoed());
    findings.extend(run.overheads());
    findings.extend(run.opening());
    if run.has_enough() {
        findings.extend([Measure::Bytes, Measure::Time].map(|measure| run.paid_back(measure)));
    }
    findings.extend(run.connections());
    findings.extend(run.both_ways());
    findings.extend(run.warm_up());
    findings
}

/// The verdict on one of the lab's claims. C16 is supported when which way is advised depends on the situation, by all
/// measures that are known; refuted when by bytes and by time alike one way is advised in every situation; where the two
/// measures disagree on that, it depends on what is counted. By one measure alone one way for all says nothing yet.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, timeline: &Timeline) -> Verdict {
    if claim != Claim::C16 {
        return Verdict::not_measured(claim, Vec::new());
    }
    let run = Run::of(trace, timeline);
    if !run.has_enough() {
        let (http, web_socket) = (run.samples(Protocol::Http), run.samples(Protocol::WebSocket));
        let too_few = Fact::TooFew { http, web_socket, needed: NEEDED };
        return Verdict::not_measured(claim, vec![finding(too_few, Vec::new())]);
    }
    let measures = [Measure::Bytes, Measure::Time];
    let advice = measures.map(|measure| advice::by(&run.costs, measure));
    let [bytes, time] = &advice;
    let mut reasons = Vec::new();
    if bytes.is_ok() || time.is_ok() {
        let of = |case: Case, advice: &Result<Vec<Advised>, Missing>| {
            let place = Case::ALL.into_iter().position(|known| known == case)?;
            advice.as_ref().ok()?.get(place).copied()
        };
        let choice = |case| {
            let way = |advice| of(case, advice).map(|advised| advised.way);
            Choice { by_bytes: way(bytes), by_time: way(time) }
        };
        let in_short = Fact::InShort { weather: choice(Case::Weather), chat: choice(Case::Chat) };
        reasons.push(finding(in_short, Vec::new()));
        for case in Case::ALL {
            let (by_bytes, by_time) = (of(case, bytes), of(case, time));
            let fact = Fact::Advice { case, messages: case.messages(), by_bytes, by_time };
            reasons.push(finding(fact, Vec::new()));
        }
    }
    reasons.extend(measures.map(|measure| run.paid_back(measure)));
    for (measure, advised) in measures.into_iter().zip(&advice) {
        match advised {
            Err(why) => {
                let fact = finding(run.not_comparable(measure, *why), Vec::new());
                if !reasons.iter().any(|reason| reason.fact == fact.fact) {
                    reasons.push(fact);
                }
            }
            Ok(advised) => {
                if let Some(way) = advice::one_for_all(advised) {
                    reasons.push(finding(Fact::OneForAll { measure, way }, Vec::new()));
                }
            }
        }
    }
    let differs = |advice: &Result<Vec<Advised>, Missing>| {
        advice.as_ref().ok().map(|advice| advice::one_for_all(advice).is_none())
    };
    let outcome = match (differs(bytes), differs(time)) {
        (Some(true), Some(true) | None) | (None, Some(true)) => Outcome::Supported,
        (Some(true), Some(false)) | (Some(false), Some(true)) => Outcome::Depends,
        (Some(false), Some(false)) => Outcome::Refuted,
        (None, Some(false)) | (Some(false), None) | (None, None) => Outcome::NotMeasured,
    };
    Verdict { claim, outcome, reasons }
}

/// How a typical round trip over HTTP compares with one over the WebSocket: about as long (within a tenth), up to twice as
/// long, two to five times, longer, or shorter. `None` where the clock is too coarse to tell which, or the samples are too
/// few.
#[must_use]
pub(super) fn answer(trace: &Trace, timeline: &Timeline) -> Option<Answer> {
    let run = Run::of(trace, timeline);
    let (http, web_socket) = run.medians().filter(|_| run.has_enough())?;
    let step = run.resolution();
    // The least and the most that the ratio can be; each round trip may be off by a step of the clock.
    let choice = choice(http - step, web_socket + step);
    if choice != self::choice(http + step, web_socket - step) {
        return None;
    }
    Some(Answer { choice, finding: run.round_trips()? })
}

/// Which choice of the question is right for these round trips.
fn choice(http: Span, web_socket: Span) -> usize {
    let (http, web_socket) = (http.0.max(0), web_socket.0.max(0));
    match () {
        () if 10 * http < 9 * web_socket => 4,
        () if 10 * http <= 11 * web_socket => 0,
        () if http <= 2 * web_socket => 1,
        () if http <= 5 * web_socket => 2,
        () => 3,
    }
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Exchange(fact), messages }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
