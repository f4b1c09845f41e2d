//! What a run of the lab `exchange` shows: the same conversation twice. What each protocol took for it in time, bytes and
//! connections, after how many messages a WebSocket's opening has paid for itself, and (C16) which way of talking these
//! figures advise in a few situations.
//!
//! That over HTTP data go both ways (a half of C12) is told as what happened; who may start is not this lab's
//! question, and so C12 is none of its claims.

mod advice;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::break_even::{
    BreakEven, Cost, Costs, Crossing, Exchange, Figure, Gap, Measure, Missing, Policy, Situation, Source, Starter, Way,
};
use crate::analysis::{Opening, Sample, Statistics, Summary, Timeline};
use crate::trace::{Direction, Kind, Message, MessageId, Protocol, Span, Trace};
pub use advice::{Advised, Case, Choice};

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

/// A run, and what was summed up of it.
struct Run<'a> {
    trace: &'a Trace,
    timeline: &'a Timeline,
    http: Summary,
    web_socket: Summary,
    costs: Costs,
    asked_to_close: bool,
}

impl<'a> Run<'a> {
    fn of(trace: &'a Trace, timeline: &'a Timeline) -> Self {
        let [http, web_socket] = Protocol::BOTH.map(|protocol| Summary::of(trace, timeline, protocol));
        // The lab's parameter, as it stands in its record.
        let close = |(name, value): &(String, String)| name == "connection" && value == "close";
        let asked_to_close = trace.circumstances.parameters.iter().any(close);
        Self { trace, timeline, http, web_socket, costs: Costs::of(trace, timeline), asked_to_close }
    }

    fn resolution(&self) -> Span {
        self.trace.circumstances.resolution
    }

    const fn summary(&self, protocol: Protocol) -> &Summary {
        match protocol {
            Protocol::Http => &self.http,
            Protocol::WebSocket => &self.web_socket,
        }
    }

    /// How many round trips count.
    fn samples(&self, protocol: Protocol) -> u32 {
        self.summary(protocol).round_trips.as_ref().map_or(0, |figures| count(figures.n))
    }

    fn has_enough(&self) -> bool {
        Protocol::BOTH.into_iter().all(|protocol| self.samples(protocol) >= NEEDED)
    }

    /// The medians over both.
    fn medians(&self) -> Option<(Span, Span)> {
        let median = |figures: &Option<Statistics>| figures.as_ref().map(|figures| figures.median);
        Some((median(&self.http.round_trips)?, median(&self.web_socket.round_trips)?))
    }

    /// Two stamps go into each round trip, and each may be off by a step of the clock.
    fn is_too_close(&self) -> bool {
        let two_steps = self.resolution() + self.resolution();
        self.medians().is_some_and(|(http, web_socket)| (http - web_socket).abs() <= two_steps)
    }

    fn connections(&self) -> Vec<Finding> {
        let asks = |message: &&Message| {
            matches!(message.kind, Kind::Request | Kind::Binary | Kind::Text)
                && message.direction == Direction::ToServer
        };
        let told = |protocol| {
            let messages: Vec<&Message> = self.trace.of(protocol).filter(asks).collect();
            let summary = self.summary(protocol);
            let carried = count(messages.len());
            if carried == 0 {
                return None;
            }
            let Some(connections) = summary.connections else {
                return Some(finding(Fact::ConnectionsNotTold { carried }, Vec::new()));
            };
            let fact = Fact::Connections {
                protocol,
                carried,
                connections: count(connections),
                already_open: count(summary.already_open),
                asked_to_close: self.asked_to_close && protocol == Protocol::Http,
            };
            Some(finding(fact, first_on_each_connection(&messages)))
        };
        Protocol::BOTH.into_iter().filter_map(told).collect()
    }

    fn round_trips(&self) -> Option<Finding> {
        let (http, web_socket) = self.medians()?;
        let samples = (self.samples(Protocol::Http), self.samples(Protocol::WebSocket));
        let fact = Fact::RoundTrips { http, web_socket, samples, resolution: self.resolution() };
        // Of each protocol a round trip that took just as long as the median.
        let typical = |protocol, median: Span| {
            let is_it = |sample: &&Sample| sample.counts() && sample.took == median;
            self.timeline.samples(protocol).iter().find(is_it).map(|sample| sample.request)
        };
        let typical = [typical(Protocol::Http, http), typical(Protocol::WebSocket, web_socket)];
        Some(finding(fact, typical.into_iter().flatten().collect()))
    }

    /// The exchanges of the kind that the run held.
    const fn exchange(&self) -> &Exchange {
        if self.asked_to_close { &self.costs.close } else { &self.costs.keep_alive }
    }

    fn overheads(&self) -> Vec<Finding> {
        let told = |protocol| {
            if self.samples(protocol) == 0 {
                return None;
            }
            let (to_server, to_page) = match protocol {
                Protocol::Http => (self.exchange().to_server, self.exchange().to_page),
                Protocol::WebSocket => (self.costs.message.to_server, self.costs.message.to_page),
            };
            let fact = match (to_server, to_page) {
                (Ok(there), Ok(back)) => Fact::Overhead {
                    protocol,
                    to_server: there.value(),
                    to_page: back.value(),
                    counted: there.source() == Source::Server,
                    instrument: self.instrument(protocol),
                },
                (Err(why), _) | (_, Err(why)) => Fact::NoOverhead { protocol, why },
            };
            Some(finding(fact, Vec::new()))
        };
        Protocol::BOTH.into_iter().filter_map(told).collect()
    }

    /// What our instrument added to a message and its answer, in the mean.
    fn instrument(&self, protocol: Protocol) -> u64 {
        let bytes = &self.summary(protocol).bytes;
        [bytes.to_server, bytes.to_page].iter().map(|way| way.instrument / way.messages.max(1)).sum()
    }

    fn opening(&self) -> Option<Finding> {
        let Opening::Took { median: web_socket, .. } = self.web_socket.opening else { return None };
        let http = match self.http.opening {
            Opening::Took { median, .. } => HttpOpening::Took(median),
            Opening::AlreadyOpen => HttpOpening::AlreadyOpen,
            Opening::Unknown => HttpOpening::Unknown,
        };
        let bytes = |cost: Cost| cost.ok().map(Figure::value);
        let handshake = &self.costs.handshake;
        let handshake = bytes(handshake.to_server).zip(bytes(handshake.to_page)).map(|(there, back)| there + back);
        let fact = Fact::Opening { web_socket, http, handshake, resolution: self.resolution() };
        Some(finding(fact, self.handshake()))
    }

    /// The handshake's request and response.
    fn handshake(&self) -> Vec<MessageId> {
        let messages = self.trace.of(Protocol::WebSocket).filter(|message| message.kind.is_opening());
        messages.map(|message| message.id).collect()
    }

    /// After how many messages the opening has paid for itself.
    fn paid_back(&self, measure: Measure) -> Finding {
        let payload = u32::try_from(self.costs.message.at_payload).unwrap_or(u32::MAX);
        // One a second, for an hour: often enough that no connection is closed for silence.
        let situation =
            Situation { per_hour: 3_600, payload, starter: Starter::Client, minutes: 60, poll_interval: 1_000 };
        let even = BreakEven::of(&self.costs, situation, Policy::default());
        let than = if self.asked_to_close { Way::Close } else { Way::KeepAlive };
        let fact = match even.crossing(measure, Way::WebSocket, than) {
            Err(Gap::Missing { why, .. }) => Fact::NotComparable { measure, why },
            // A client that starts is served by both ways.
            Err(Gap::Unsuited(_) | Gap::NoNews) => Fact::NotComparable { measure, why: Missing::NotMeasured },
            Ok(_) if measure == Measure::Time && self.is_too_close() => {
                Fact::TooClose { resolution: self.resolution() }
            }
            Ok(since) => Fact::PaidBack { measure, than, since, payload },
        };
        finding(fact, self.handshake())
    }

    fn warm_up(&self) -> Option<Finding> {
        let first = |protocol| self.timeline.samples(protocol).iter().find(|sample| sample.warm_up);
        let (http, web_socket) = (first(Protocol::Http)?, first(Protocol::WebSocket)?);
        let fact = Fact::WarmUp { http: http.took, web_socket: web_socket.took, resolution: self.resolution() };
        Some(finding(fact, vec![http.request, web_socket.request]))
    }

    fn both_ways(&self) -> Option<Finding> {
        let bytes = &self.http.bytes;
        let samples: Vec<&Sample> =
            self.timeline.samples(Protocol::Http).iter().filter(|sample| !sample.warm_up).collect();
        let first = samples.first()?;
        if bytes.to_server.payload == 0 || bytes.to_page.payload == 0 {
            return None;
        }
        let (to_server, to_page) = (bytes.to_server.payload, bytes.to_page.payload);
        let fact = Fact::BothWays { exchanges: count(samples.len()), to_server, to_page };
        Some(finding(fact, vec![first.request, first.reply]))
    }
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let run = Run::of(trace, timeline);
    let mut findings: Vec<Finding> = run.round_trips().into_iter().collect();
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
                let fact = finding(Fact::NotComparable { measure, why: *why }, Vec::new());
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

fn first_on_each_connection(messages: &[&Message]) -> Vec<MessageId> {
    let mut seen = std::collections::HashSet::new();
    let first = messages.iter().filter(|message| message.connection.is_some_and(|id| seen.insert(id)));
    first.map(|message| message.id).collect()
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Exchange(fact), messages }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
