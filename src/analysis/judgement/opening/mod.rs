//! What a run of the lab `opening` shows: how many TCP connections its requests needed, how its WebSocket was opened
//! and whether it stayed open, and which addresses the browser took.

pub mod requests;
pub mod schemes;
pub mod switching;
#[cfg(test)]
mod tests;
pub mod websocket;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Trace};

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Of its requests.
    Requests(requests::Fact),
    /// Of its WebSocket.
    WebSocket(websocket::Fact),
    /// Of the change of protocol.
    Switching(switching::Fact),
    /// Of addresses.
    Address(schemes::Fact),
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let mut findings: Vec<_> = requests::Way::ALL.into_iter().flat_map(|way| requests::told(trace, way)).collect();
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
        Claim::C5 => switching::marked_by_101(trace),
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
