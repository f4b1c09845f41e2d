//! What a run of the lab `crowd` shows: many clients, one server. How many were served over HTTP and over WebSockets,
//! whom a broadcast reached, and what it cost: requests that waited for a connection, and handshakes that went one
//! after another. Both are the browser's rules, not the protocols'.

mod http;
mod sockets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::trace::{self, Cause, Failing, Message, MessageId, Protocol, Span, Time, Trace};
use http::Requests;
use sockets::{Broadcast, Handshakes, Sockets};

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// So many of the clients that asked at once were served: by a response with a success status, or by a WebSocket
    /// that opened and gave back what was sent.
    Served {
        /// Over what.
        protocol: Protocol,
        /// How many asked.
        clients: u32,
        /// How many were served.
        served: u32,
        /// From the first call to the last reply, or to the last `open` event; `None` where nobody was served.
        within: Option<Span>,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// So many of the clients were not, and how that looked.
    NotServed {
        /// Over what.
        protocol: Protocol,
        /// How many asked.
        clients: u32,
        /// How many were not served.
        count: u32,
        /// How that looked.
        trouble: Trouble,
    },
    /// The connections that carried the requests.
    HttpConnections {
        /// How many requests.
        requests: u32,
        /// How many connections.
        connections: u32,
        /// Of these, how many were open before the run.
        already_open: u32,
    },
    /// How many of the requests were under way at the same time.
    UnderWay {
        /// How many requests there were.
        requests: u32,
        /// The most at the same time.
        most: u32,
        /// Who saw it.
        seen_by: SeenBy,
        /// The version of HTTP, by its ALPN name; `None` where it is not known or not one.
        version: Option<String>,
    },
    /// Requests that could not begin before another one was done, over HTTP/1.x.
    Queued {
        /// How many requests there were.
        requests: u32,
        /// How many of them waited.
        waited: u32,
        /// The longest wait: from the call until the browser began to send, or to connect.
        longest: Span,
    },
    /// None had to wait for another one.
    NotQueued {
        /// How many requests there were.
        requests: u32,
        /// The version of HTTP, by its ALPN name; `None` where it is not known or not one.
        version: Option<String>,
    },
    /// So many WebSockets were open at the same time.
    OpenAtOnce {
        /// How many were opened.
        sockets: u32,
        /// The most at the same time.
        most: u32,
    },
    /// By the server's times each handshake was answered before the next connection was there.
    HandshakesInTurn {
        /// How many.
        sockets: u32,
        /// From the first call to the first `open` event.
        first: Span,
        /// From the first call to the last `open` event.
        last: Span,
        /// From one `open` event to the next: the median.
        step: Span,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// By the server's times handshakes overlapped.
    HandshakesAtOnce {
        /// How many.
        sockets: u32,
        /// The most at the same time.
        most: u32,
    },
    /// What the page alone sees of the handshakes.
    HandshakesFromHere {
        /// How many.
        sockets: u32,
        /// From the first call to the first `open` event.
        first: Span,
        /// From the first call to the last `open` event.
        last: Span,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// Whom a message reached that one said to all.
    Heard {
        /// How many clients wanted to be members of the room.
        clients: u32,
        /// How many were.
        members: u32,
        /// How many of these heard it.
        heard: u32,
        /// Somebody could speak.
        said: bool,
        /// From the call of `send` until the first had it; `None` where nobody heard it.
        first: Option<Span>,
        /// From then until the last had it.
        spread: Option<Span>,
        /// The page's clock tells no less.
        resolution: Span,
    },
    /// One client is no crowd.
    OneClient,
    /// What could not be had.
    Missing(Missing),
}

/// How it looked that a client was not served. A page is told little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// A response with this status, which is no success.
    Status(u16),
    /// The server answers HTTP, but the handshake got no 101.
    HandshakeRefused,
    /// No answer that the page could read.
    NoAnswer,
    /// Nothing came in time.
    TimedOut,
    /// The connection ended first.
    Closed,
    /// What came back is not what was sent.
    Different,
    /// Nobody waited for it any longer, after others had waited in vain: see [`IN_VAIN`].
    GivenUp,
    /// The run ended first.
    Unfinished,
}

/// After so many clients, one after another, have waited in vain for their answer or their WebSocket, the script gives
/// those up that still wait.
pub const IN_VAIN: u32 = 2;

/// Who saw how many requests were under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeenBy {
    /// The browser: from `requestStart` to `responseEnd` of Resource Timing.
    Browser,
    /// The server: from when a request was received until its response was sent. What was still, or already, on its
    /// way is not counted.
    Server,
}

/// What could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The endpoint cannot be asked to hold an answer, so requests may be done before others begin.
    Hold,
    /// The endpoint has no rooms, so nobody can speak to all.
    Rooms,
    /// Nobody told which connections carried the requests.
    Connections,
    /// Neither the browser nor the server told when requests were under way.
    UnderWay,
    /// The server told no times of the handshakes.
    HandshakeTimes,
    /// The run did not come to ask over this protocol, or not to the end of it.
    Asking(Protocol),
    /// The run did not come to the end of the broadcast.
    Broadcast,
    /// Nobody was served, so there was no one server to speak with.
    Served,
    /// Nobody had an answer over this protocol that the page may read, so that is about the address or its network,
    /// and not about being many.
    Answer(Protocol),
}

/// All that the run tells.
struct Crowd<'a> {
    trace: &'a Trace,
    requests: Requests<'a>,
    sockets: Sockets<'a>,
    broadcast: Option<Broadcast<'a>>,
}

impl<'a> Crowd<'a> {
    fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            requests: Requests::of(trace, "http"),
            sockets: Sockets::of(trace, "websocket"),
            broadcast: Broadcast::of(trace, "broadcast"),
        }
    }

    /// How many asked over a protocol.
    fn asked(&self, protocol: Protocol) -> u32 {
        match protocol {
            Protocol::Http => self.requests.asked(),
            Protocol::WebSocket => self.sockets.asked(),
        }
    }

    /// Those that were served, each with the messages that show it.
    fn served(&self, protocol: Protocol) -> Vec<MessageId> {
        match protocol {
            Protocol::Http => self.requests.served().map(|exchange| exchange.request.id).collect(),
            Protocol::WebSocket => self.sockets.served().map(|socket| socket.handshake.id).collect(),
        }
    }

    /// Those that were not, by how that looked.
    fn troubles(&self, protocol: Protocol) -> BTreeMap<Trouble, Vec<MessageId>> {
        let mut troubles = BTreeMap::<_, Vec<_>>::new();
        let found: Vec<(MessageId, Trouble)> = match protocol {
            Protocol::Http => self.requests.troubles().collect(),
            Protocol::WebSocket => self.sockets.troubles().collect(),
        };
        for (message, trouble) in found {
            troubles.entry(trouble).or_default().push(message);
        }
        troubles
    }

    /// How many were served, how many were not and why, over a protocol.
    fn service(&self, protocol: Protocol) -> Vec<Finding> {
        let clients = self.asked(protocol);
        if clients == 0 {
            return vec![missing(Missing::Asking(protocol))];
        }
        let messages = self.served(protocol);
        let within = match protocol {
            Protocol::Http => self.requests.took(),
            Protocol::WebSocket => self.sockets.took(),
        };
        let resolution = self.trace.circumstances.resolution;
        let mut findings = vec![finding(
            Fact::Served { protocol, clients, served: count(messages.len()), within, resolution },
            messages,
        )];
        for (trouble, messages) in self.troubles(protocol) {
            let fact = Fact::NotServed { protocol, clients, count: count(messages.len()), trouble };
            findings.push(finding(fact, messages));
        }
        findings
    }

    /// What it cost to be many over HTTP.
    fn queue(&self) -> Vec<Finding> {
        let requests = self.requests.asked();
        if requests < 2 || self.served(Protocol::Http).is_empty() {
            return Vec::new();
        }
        let mut findings = vec![self.http_connections(), self.under_way()];
        if !self.requests.held() {
            findings.push(missing(Missing::Hold));
        }
        let version = self.requests.version();
        match self.requests.queued() {
            None => {}
            Some(waited) if waited.is_empty() => findings.push(finding(Fact::NotQueued { requests, version }, vec![])),
            Some(waited) => {
                let longest = waited.iter().map(|(_, span)| *span).max().unwrap_or_default();
                let messages: Vec<MessageId> = waited.iter().map(|(id, _)| *id).collect();
                findings.push(finding(Fact::Queued { requests, waited: count(messages.len()), longest }, messages));
            }
        }
        findings
    }

    fn http_connections(&self) -> Finding {
        let Some(connections) = self.requests.connections() else { return missing(Missing::Connections) };
        let already_open = connections.iter().filter(|connection| connection.already_open).count();
        let fact = Fact::HttpConnections {
            requests: self.requests.asked(),
            connections: count(connections.len()),
            already_open: count(already_open),
        };
        finding(fact, self.requests.first_on_each_connection())
    }

    fn under_way(&self) -> Finding {
        let Some((most, seen_by)) = self.requests.under_way() else { return missing(Missing::UnderWay) };
        let (requests, version) = (self.requests.asked(), self.requests.version());
        finding(Fact::UnderWay { requests, most, seen_by, version }, self.served(Protocol::Http))
    }

    /// What it cost to be many over WebSockets.
    fn handshakes(&self) -> Vec<Finding> {
        let opened = self.sockets.opened().count();
        if opened < 2 {
            return Vec::new();
        }
        let sockets = count(opened);
        let messages: Vec<MessageId> = self.sockets.opened().map(|socket| socket.handshake.id).collect();
        let most = self.sockets.open_at_once();
        let mut findings = vec![finding(Fact::OpenAtOnce { sockets, most }, messages.clone())];
        let resolution = self.trace.circumstances.resolution;
        let Some((first, last, step)) = self.sockets.steps() else { return findings };
        match self.sockets.handshakes() {
            Handshakes::InTurn => {
                let fact = Fact::HandshakesInTurn { sockets, first, last, step, resolution };
                findings.push(finding(fact, messages));
            }
            Handshakes::AtOnce(most) => findings.push(finding(Fact::HandshakesAtOnce { sockets, most }, messages)),
            Handshakes::Unknown => {
                let fact = Fact::HandshakesFromHere { sockets, first, last, resolution };
                findings.extend([finding(fact, messages), missing(Missing::HandshakeTimes)]);
            }
        }
        findings
    }

    /// Whom the broadcast reached.
    fn heard(&self) -> Finding {
        let finished = self.trace.outcome == Some(trace::Outcome::Finished);
        let Some(broadcast) = &self.broadcast else {
            return missing(if finished { Missing::Rooms } else { Missing::Broadcast });
        };
        if broadcast.said.is_none() && !finished {
            return missing(Missing::Broadcast);
        }
        let fact = Fact::Heard {
            clients: broadcast.clients,
            members: broadcast.members,
            heard: count(broadcast.heard.len()),
            said: broadcast.said.is_some(),
            first: broadcast.first(),
            spread: broadcast.spread(),
            resolution: self.trace.circumstances.resolution,
        };
        let said = broadcast.said.map(|said| said.id);
        finding(fact, said.into_iter().chain(broadcast.heard.iter().map(|(id, _)| *id)).collect())
    }

    /// All wanted members are, and heard; or there was no room to be in.
    fn reached_all(&self) -> bool {
        self.broadcast.as_ref().is_none_or(|broadcast| count(broadcast.heard.len()) == broadcast.clients)
    }

    /// What keeps the run from saying anything.
    fn unfit(&self) -> Option<Missing> {
        let unfinished =
            |protocol| self.asked(protocol) == 0 || self.troubles(protocol).contains_key(&Trouble::Unfinished);
        let cut_short = !matches!(self.trace.outcome, Some(trace::Outcome::Finished));
        let asking = Protocol::BOTH.into_iter().find(|protocol| unfinished(*protocol)).map(Missing::Asking);
        let nobody = Protocol::BOTH.into_iter().all(|protocol| self.served(protocol).is_empty());
        let unheard = |protocol: &Protocol| {
            self.served(*protocol).is_empty() && self.troubles(*protocol).keys().eq([&Trouble::NoAnswer])
        };
        let unheard = Protocol::BOTH.into_iter().find(unheard).map(Missing::Answer);
        asking.or(nobody.then_some(Missing::Served)).or(unheard).or(cut_short.then_some(Missing::Broadcast))
    }

    fn outcome(&self) -> Outcome {
        let served = Protocol::BOTH.map(|protocol| (count(self.served(protocol).len()), self.asked(protocol)));
        if served.iter().all(|(served, asked)| served == asked) && self.reached_all() {
            Outcome::Supported
        } else if served.iter().all(|(served, _)| *served <= 1) {
            Outcome::Refuted
        } else {
            Outcome::Depends
        }
    }
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let crowd = Crowd::of(trace);
    let mut findings = crowd.service(Protocol::Http);
    findings.extend(crowd.queue());
    findings.extend(crowd.service(Protocol::WebSocket));
    findings.extend(crowd.handshakes());
    findings.push(crowd.heard());
    findings
}

/// The verdict on one of the lab's claims. C15 is supported when everybody was served over both protocols, and everybody
/// heard the broadcast where there was a room for one; refuted when no more than one was served over either; else it
/// depends.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    if claim != Claim::C15 {
        return Verdict::not_measured(claim, Vec::new());
    }
    let crowd = Crowd::of(trace);
    if let Some(why) = crowd.unfit() {
        let troubles = Protocol::BOTH.into_iter().flat_map(|protocol| crowd.service(protocol));
        let troubles = troubles.filter(|finding| matches!(finding.fact, super::Fact::Crowd(Fact::NotServed { .. })));
        return Verdict::not_measured(claim, std::iter::once(missing(why)).chain(troubles).collect());
    }
    if Protocol::BOTH.into_iter().any(|protocol| crowd.asked(protocol) < 2) {
        return Verdict::not_measured(claim, vec![finding(Fact::OneClient, Vec::new())]);
    }
    // Who was served decides; what it cost to be many stands behind that.
    let mut reasons: Vec<Finding> = Protocol::BOTH.into_iter().flat_map(|protocol| crowd.service(protocol)).collect();
    reasons.push(crowd.heard());
    reasons.extend(crowd.queue());
    reasons.extend(crowd.handshakes());
    Verdict { claim, outcome: crowd.outcome(), reasons }
}

/// How many requests are on the way at the same time: one, two to five, six, more than six. What the server saw says no
/// less than that, so it answers only from six on.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let crowd = Crowd::of(trace);
    let (most, seen_by) = crowd.requests.under_way()?;
    if crowd.requests.asked() < 2 || (seen_by == SeenBy::Server && most < 6) {
        return None;
    }
    let choice = match most {
        0 | 1 => 0,
        2..=5 => 1,
        6 => 2,
        _ => 3,
    };
    Some(Answer { choice, finding: crowd.under_way() })
}

/// How a failure looked.
fn trouble(failing: &Failing) -> Trouble {
    match &failing.cause {
        Cause::Status { status } => Trouble::Status(*status),
        Cause::HandshakeRefused => Trouble::HandshakeRefused,
        Cause::ConnectTimeout { .. } | Cause::ReplyTimeout { .. } => Trouble::TimedOut,
        Cause::ClosedMidway { .. } => Trouble::Closed,
        Cause::DifferentEcho | Cause::Unreadable { .. } => Trouble::Different,
        Cause::MixedContent
        | Cause::Cors
        | Cause::NoAnswer
        | Cause::Vanished
        | Cause::NotOffered
        | Cause::BadUrl { .. } => Trouble::NoAnswer,
    }
}

/// The script gave those up that were still waiting: the last of those that came to anything had waited in vain. `ended`
/// has when each of them did, and whether it had timed out. If not, the end of the run cut short what is not answered.
fn is_given_up(ended: impl Iterator<Item = (Time, bool)>) -> bool {
    let mut ended: Vec<(Time, bool)> = ended.collect();
    ended.sort_unstable();
    let last = ended.iter().rev().take_while(|(_, timed_out)| *timed_out);
    count(last.count()) >= IN_VAIN
}

/// When a request or a handshake failed, and whether because it took too long.
fn failed(asked: &Message) -> Option<(Time, bool)> {
    let failing = asked.failing.as_deref()?;
    Some((failing.at, trouble(failing) == Trouble::TimedOut))
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Crowd(fact), messages }
}

fn missing(what: Missing) -> Finding {
    finding(Fact::Missing(what), Vec::new())
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
