//! What a run of the lab `closing` shows: how a connection ends, and whether it then is over for both.
//!
//! Each ending is looked at from both sides: the page's `close` event, and, where the server told its raw bytes, the
//! close frames that crossed.

pub mod endings;
pub mod http;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Trace};

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The page and its browser.
    Page,
    /// The server.
    Server,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Of its WebSockets.
    WebSocket(endings::Fact),
    /// Of its HTTP connections.
    Http(http::Fact),
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let mut findings: Vec<_> = endings::Way::ALL
        .into_iter()
        .filter(|way| trace.part(way.part()).is_some())
        .flat_map(|way| endings::of(trace, way).1)
        .collect();
    findings.extend(http::told(trace));
    unseen_once(findings)
}

/// That the frames of an end were not seen, and why, is told once for all ends.
fn unseen_once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    for finding in findings {
        let why = |finding: &Finding| match finding.fact {
            super::Fact::Closing(Fact::WebSocket(endings::Fact::FramesUnseen { why, .. })) => Some(why),
            _ => None,
        };
        let same = why(&finding).and_then(|reason| told.iter_mut().find(|known| why(known) == Some(reason)));
        match same {
            Some(known) => known.messages.extend(finding.messages),
            None => told.push(finding),
        }
    }
    told
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    if claim != Claim::C14 {
        return Verdict::not_measured(claim, Vec::new());
    }
    let mut ways = endings::Way::ALL.map(|way| endings::of(trace, way));
    let outcome = Outcome::of_all(ways.iter().map(|(holds, _)| *holds));
    // What contradicts the claim decides, and is told first.
    ways.sort_by_key(|(holds, _)| *holds != Some(false));
    let reasons = unseen_once(ways.into_iter().flat_map(|(_, reasons)| reasons).collect());
    Verdict { claim, outcome, reasons }
}

/// What the page's connection said after the other side had fallen silent: it was open (0) or closed (1). `None`
/// where that was not tried.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let (over, findings) = endings::of(trace, endings::Way::Vanishes);
    let choice = usize::from(over?);
    let finding = findings.into_iter().next()?;
    Some(Answer { choice, finding })
}

/// A finding of this lab.
fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Closing(fact), messages }
}
