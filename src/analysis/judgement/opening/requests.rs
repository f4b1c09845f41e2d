//! How many TCP connections the requests needed (C3).
//!
//! The server's evidence names the connection of each; those are counted that carried something, since a browser
//! keeps older ones and connects ahead. Where nobody names them, Resource Timing tells at least for which requests
//! the browser made a new one.

use serde::{Deserialize, Serialize};

use super::{Answer, Finding, Outcome};
use crate::trace::{Cause, Closing, Connection, ConnectionId, Kind, Message, MessageId, Speaks, Trace};

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
    pub(super) const ALL: [Self; 3] = [Self::Close, Self::KeepAlive, Self::Parallel];

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

/// What can be said of the requests and of the connections that they needed.
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
}

/// What one way of sending requests came to.
struct Tally<'a> {
    way: Way,
    /// Requests that were answered.
    answered: Vec<&'a Message>,
    /// The first that was not.
    failed: Option<&'a Message>,
    /// The connections that carried them, each with the first request on it. `None` where not all are told.
    carried: Option<Vec<(&'a Connection, MessageId)>>,
    /// Connections of these that were open before.
    already_open: u32,
    multiplexed: bool,
    /// Whether a new connection was made, of the requests whose timing is known.
    connected: Vec<bool>,
    why_untold: Untold,
}

impl<'a> Tally<'a> {
    /// `None` where the script has no such part.
    fn of(trace: &'a Trace, way: Way) -> Option<Self> {
        let part = trace.part(way.part())?;
        let mut answered: Vec<&Message> = trace
            .in_part(part)
            .filter(|message| matches!(message.kind, Kind::Response { .. }))
            .filter_map(|response| trace.message(response.answers?))
            .collect();
        answered.sort_unstable_by_key(|request| request.id);
        let failed = trace.in_part(part).find(|message| message.kind == Kind::Request && message.failing.is_some());
        let all_told = answered.iter().all(|request| request.connection.is_some());
        let carried = all_told.then(|| carriers(trace, &answered));
        let before: Vec<ConnectionId> = trace
            .messages
            .iter()
            .filter(|message| message.part.is_some_and(|earlier| earlier < part))
            .filter_map(|message| message.connection)
            .collect();
        let was_open =
            |(connection, _): &&(&Connection, MessageId)| connection.already_open || before.contains(&connection.id);
        let already_open = count(carried.iter().flatten().filter(was_open).count());
        let is_h2 = |request: &&Message| {
            let by_browser = request.phases.as_ref().map(|phases| phases.protocol.as_str());
            request.alpn.as_deref().or(by_browser) == Some("h2")
        };
        let endpoint = &trace.circumstances.http;
        let why_untold = match endpoint.speaks {
            Speaks::Plain => Untold::Plain,
            Speaks::Duplex if endpoint.behind_proxy => Untold::BehindProxy,
            Speaks::Duplex => Untold::NoEvidence,
        };
        Some(Self {
            way,
            failed,
            carried,
            already_open,
            multiplexed: !answered.is_empty() && answered.iter().all(is_h2),
            connected: answered.iter().filter_map(|request| Some(request.phases.as_ref()?.connected())).collect(),
            answered,
            why_untold,
        })
    }

    fn requests(&self) -> u32 {
        count(self.answered.len())
    }

    fn connections(&self) -> Option<u32> {
        self.carried.as_ref().map(|carried| count(carried.len()))
    }

    /// Each request had a connection of its own, as the claim says. `None` where that cannot be told.
    fn each_its_own(&self) -> Option<bool> {
        let asked_in_vain = self.multiplexed && self.way == Way::Close;
        if self.answered.len() < 2 || asked_in_vain {
            return None;
        }
        if let Some(connections) = self.connections() {
            return Some(connections == self.requests());
        }
        // A proxy's answer says nothing of the connections that the server was asked to close, nor of its own.
        if self.why_untold == Untold::BehindProxy || self.connected.len() < self.answered.len() {
            return None;
        }
        // The first may have come over a connection that was open before.
        Some(self.connected.iter().skip(1).all(|new| *new))
    }

    /// What can be said of it, the most telling first.
    fn findings(&self) -> Vec<Finding> {
        let (way, requests) = (self.way, self.requests());
        let mut findings = Vec::new();
        if let Some(failed) = self.failed
            && let Some(failing) = &failed.failing
        {
            let fact = Fact::BrokeOff { way, answered: requests, cause: failing.cause.clone() };
            findings.push(finding(fact, vec![failed.id]));
        }
        if self.answered.is_empty() {
            return findings;
        }
        let all = || self.answered.iter().map(|request| request.id).collect::<Vec<_>>();
        let firsts = || self.carried.iter().flatten().map(|(_, first)| *first).collect::<Vec<_>>();
        if self.multiplexed {
            findings.push(finding(Fact::Multiplexed { way, requests, connections: self.connections() }, all()));
        } else if let Some(carried) = &self.carried {
            let by_server = |(connection, _): &&(&Connection, MessageId)| {
                connection.closed.as_ref().is_some_and(|closed| closed.how == Closing::ByServer)
            };
            let fact = Fact::Carried {
                way,
                requests,
                connections: count(carried.len()),
                already_open: self.already_open,
                ended_by_server: count(carried.iter().filter(by_server).count()),
            };
            findings.push(finding(fact, firsts()));
        } else {
            findings.push(finding(Fact::NotTold { way, requests, why: self.why_untold }, all()));
            if !self.connected.is_empty() {
                let new = count(self.connected.iter().filter(|new| **new).count());
                findings.push(finding(Fact::NewByTiming { way, requests: count(self.connected.len()), new }, all()));
            }
        }
        if requests == 1 && way != Way::Parallel {
            findings.push(finding(Fact::OneRequest { way }, all()));
        }
        findings
    }
}

/// The connections that carried these requests, in the order of their first.
fn carriers<'a>(trace: &'a Trace, requests: &[&Message]) -> Vec<(&'a Connection, MessageId)> {
    let mut carried: Vec<(&Connection, MessageId)> = Vec::new();
    for request in requests {
        let Some(connection) = request.connection.and_then(|id| trace.connection(id)) else { continue };
        if !carried.iter().any(|(known, _)| known.id == connection.id) {
            carried.push((connection, request.id));
        }
    }
    carried
}

/// What happened to the requests of one way; nothing where they were not sent.
pub(super) fn told(trace: &Trace, way: Way) -> Vec<Finding> {
    Tally::of(trace, way).map_or_else(Vec::new, |tally| tally.findings())
}

/// C3: after the response the connection is closed, and new data need a new one.
pub(super) fn closed_after_each(trace: &Trace) -> (Outcome, Vec<Finding>) {
    let mut reasons: Vec<Finding> = answer(trace).map(|answer| answer.finding).into_iter().collect();
    let mut holds = Vec::new();
    for way in [Way::Close, Way::KeepAlive] {
        match Tally::of(trace, way) {
            Some(tally) => {
                holds.push(tally.each_its_own());
                reasons.extend(tally.findings());
            }
            None => {
                let impossible = way == Way::Close && trace.circumstances.http.speaks == Speaks::Plain;
                reasons.push(finding(Fact::NotTried { way, impossible }, Vec::new()));
            }
        }
    }
    reasons.extend(told(trace, Way::Parallel));
    (Outcome::of_all(holds), reasons)
}

/// What both ways came to, side by side.
pub(super) fn answer(trace: &Trace) -> Option<Answer> {
    let [close, keep_alive] = [Tally::of(trace, Way::Close)?, Tally::of(trace, Way::KeepAlive)?];
    let pair = |tally: &Tally<'_>| {
        let requests = tally.requests();
        tally.connections().filter(|_| requests > 1).map(|connections| (connections, requests))
    };
    let (by_close, by_keep_alive) = (pair(&close)?, pair(&keep_alive)?);
    let each = |(connections, requests): (u32, u32)| connections == requests;
    let choice = match (by_close, by_keep_alive) {
        (close, keep_alive) if each(close) && each(keep_alive) => 0,
        (close, (1, _)) if each(close) => 1,
        ((1, _), (1, _)) => 2,
        _ => 3,
    };
    let firsts = [&close, &keep_alive].into_iter().flat_map(|tally| tally.carried.iter().flatten());
    let messages = firsts.map(|(_, first)| *first).collect();
    Some(Answer { choice, finding: finding(Fact::SideBySide { close: by_close, keep_alive: by_keep_alive }, messages) })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::Requests(fact), messages)
}
