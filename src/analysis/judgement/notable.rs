//! What is unusual in a run, whichever lab made it, and why it is so.

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::analysis::Timeline;
use crate::trace::Trace;

/// What can be said of any run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {}

/// What is unusual in it.
#[must_use]
pub(super) fn notable(_trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    Vec::new()
}
