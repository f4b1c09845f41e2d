//! What is unusual in a run, whichever lab made it, and why it is so: connections that were not used again or were there
//! before, what the browser did by itself, samples that do not count, and what the record does not hold. A run in which
//! nothing of the kind happened is told nothing.

mod connections;
mod failures;
mod record;
#[cfg(test)]
mod tests;
mod times;

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::analysis::Timeline;
use crate::trace::{Cause, Inference, MessageId, Protocol, Span, Trace};

/// What can be said of any run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Requests went over a new connection while one that had carried others was open and idle.
    NotReused {
        /// How many requests.
        requests: u32,
    },
    /// Connections that carried requests were open before the run.
    OpenBefore {
        /// How many.
        connections: u32,
        /// How many requests they carried.
        requests: u32,
    },
    /// The browser asked for permission first (a CORS preflight, Fetch §4.8).
    Preflight {
        /// For how many requests.
        requests: u32,
    },
    /// Requests waited in the browser while six others were under way over HTTP/1.x.
    BehindSix {
        /// How many.
        requests: u32,
        /// The longest time for which one waited while six were under way.
        longest: Span,
    },
    /// Requests arrived more than once, though the script sent them once: the browser sent them again.
    SentAgain {
        /// How many requests.
        requests: u32,
        /// How often the most frequent of them arrived.
        most: u32,
    },
    /// Responses came over another version than HTTP/1.1.
    OtherVersion {
        /// Its ALPN name (RFC 7301).
        version: String,
        /// How many of the requests went over it.
        requests: u32,
        /// How many requests there were of which the version is known.
        of: u32,
    },
    /// Browser and server name different versions of HTTP, so something stands between them.
    VersionsDiffer {
        /// How many requests.
        requests: u32,
        /// The browser's name for it, of the first of them.
        browser: String,
        /// The server's.
        server: String,
    },
    /// TLS sessions were resumed, which spares part of the handshake (RFC 8446 §2.2).
    TlsResumed {
        /// How many connections resumed one.
        connections: u32,
        /// How many had TLS, as far as the server told.
        of: u32,
    },
    /// Messages were compressed on so many WebSockets (RFC 7692), so that what frames add is not derived.
    Compressed {
        /// How many WebSockets agreed to it.
        sockets: u32,
        /// How many messages they carried.
        messages: u32,
    },
    /// The tab was hidden while round trips were under way: they do not count.
    Hidden {
        /// How many.
        samples: u32,
    },
    /// Round trips cluster a fixed time above the median, as where an acknowledgement is delayed (RFC 1122 §4.2.3.2).
    /// It is a pattern, and no proof.
    DelayedAck {
        /// Over which protocol.
        protocol: Protocol,
        /// How many round trips are in the cluster.
        samples: u32,
        /// How many there are in all.
        of: u32,
        /// The median of all, without what the server and waiting for a connection took.
        median: Span,
        /// How far the middle of the cluster lies above that.
        above: Span,
    },
    /// The server's times allow no clock that would fit: its times are not drawn.
    ClocksApart {
        /// Of which protocol's server; where both are one server, it stands for both.
        protocol: Protocol,
        /// How many round trips have its times.
        samples: u32,
    },
    /// There was no more room for copies of payloads.
    CopiesFull {
        /// How many messages with a payload are without a copy.
        messages: u32,
    },
    /// The server told more raw bytes than the record has room for, or kept less than there was.
    RawFull {
        /// Bytes that the record has no room for.
        left_out: u64,
        /// How many messages and WebSockets lack some.
        of: u32,
    },
    /// Requests, or WebSockets that were to be opened, came to nothing for a reason that no lab brings about: nobody is
    /// there, the page may not read the answer, or nothing comes in time.
    Failed {
        /// Over which protocol.
        protocol: Protocol,
        /// How many.
        count: u32,
        /// What is taken to be the cause.
        cause: Cause,
        /// What that was inferred from.
        inferred_from: Inference,
    },
    /// The server no longer knew exchanges of the run when it was asked.
    Forgotten {
        /// How many.
        exchanges: u64,
    },
}

/// What is unusual in it.
#[must_use]
pub(super) fn notable(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let mut findings = connections::notable(trace, timeline);
    findings.extend(times::notable(trace, timeline));
    findings.extend(failures::notable(trace));
    findings.extend(record::notable(trace));
    findings
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Notable(fact), messages }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
