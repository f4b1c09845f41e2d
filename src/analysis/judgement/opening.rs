//! What a run of the lab `opening` shows: handshakes and connections.

use serde::{Deserialize, Serialize};

use super::{Answer, Claim, Finding, Verdict};
use crate::analysis::Timeline;
use crate::trace::Trace;

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(_trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    Vec::new()
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, _trace: &Trace, _timeline: &Timeline) -> Verdict {
    Verdict::not_measured(claim, Vec::new())
}

/// What the run answers to the lab's question; `None` where it came too short for that.
#[must_use]
pub(super) fn answer(_trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    None
}
