//! What a run comes to: what happened, the answer to what was asked before it, and the verdicts on the claims that it
//! tests. All are values, computed from the trace, with figures and the messages that they rest on; the page puts them into
//! words.
//!
//! Each lab's file has its own facts, because what can be said depends on what was done; [`notable`] has those that
//! any run may show.

#[cfg(test)]
mod by_hand;
mod claim;
pub mod closing;
pub mod crowd;
pub mod duplex;
pub mod exchange;
pub mod formats;
#[cfg(test)]
mod hand_built;
pub mod interruption;
pub mod memory;
pub mod notable;
pub mod opening;
mod payload;

pub use claim::Claim;

use serde::{Deserialize, Serialize};

use super::Timeline;
use crate::trace::{Endpoint, MessageId, Speaks, Trace};

/// Something that can be said of a run, with its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Of any run.
    Notable(notable::Fact),
    /// Of the lab `exchange`.
    Exchange(exchange::Fact),
    /// Of the lab `opening`.
    Opening(opening::Fact),
    /// Of the lab `duplex`.
    Duplex(duplex::Fact),
    /// Of the lab `memory`.
    Memory(memory::Fact),
    /// Of the lab `formats`.
    Formats(formats::Fact),
    /// Of the lab `interruption`.
    Interruption(interruption::Fact),
    /// Of the lab `closing`.
    Closing(closing::Fact),
    /// Of the lab `crowd`.
    Crowd(crowd::Fact),
}

/// Why a stretch of a lab's script gave nothing to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The endpoint is no Duplex server, so it does not offer what the stretch needs.
    NotOffered,
    /// The run ended before.
    NotReached,
    /// It was tried, and what came of it was nothing, or not enough.
    NothingCame,
}

impl Why {
    /// Of the part of that name, at that endpoint, where it gave nothing.
    fn nothing_of(trace: &Trace, part: &str, endpoint: &Endpoint) -> Self {
        match (trace.part(part), endpoint.speaks) {
            (None, Speaks::Plain) => Self::NotOffered,
            (None, Speaks::Duplex) => Self::NotReached,
            (Some(_), _) => Self::NothingCame,
        }
    }
}

/// A fact and the messages that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What can be said.
    pub fact: Fact,
    /// The messages of the run that show it, the most telling first; none where it speaks of the whole run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageId>,
}

/// What a claim comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was measured bears it out.
    Supported,
    /// It holds in one case and not in another; the reasons say on what it depends.
    Depends,
    /// What was measured contradicts it.
    Refuted,
    /// This run could not show it; the reasons say what is missing.
    NotMeasured,
}

impl Outcome {
    /// What several tests of a claim come to together: whether each bore it out. One that could not be made (`None`)
    /// counts for nothing.
    fn of_all(tests: impl IntoIterator<Item = Option<bool>>) -> Self {
        let made: Vec<bool> = tests.into_iter().flatten().collect();
        match (made.contains(&true), made.contains(&false)) {
            (true, false) => Self::Supported,
            (true, true) => Self::Depends,
            (false, true) => Self::Refuted,
            (false, false) => Self::NotMeasured,
        }
    }
}

/// A verdict on a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The claim.
    pub claim: Claim,
    /// What it comes to.
    pub outcome: Outcome,
    /// Why, with figures and evidence.
    pub reasons: Vec<Finding>,
}

impl Verdict {
    /// One that this run cannot give.
    #[must_use]
    pub const fn not_measured(claim: Claim, reasons: Vec<Finding>) -> Self {
        Self { claim, outcome: Outcome::NotMeasured, reasons }
    }
}

/// What a run answers to its lab's question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Which of the question's choices is right, from 0.
    pub choice: usize,
    /// The figure that shows it.
    pub finding: Finding,
}

/// What happened in a run, in the order in which it is told: what the lab is about, then what is unusual.
#[must_use]
pub fn what_happened(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let mut findings = match trace.circumstances.lab.as_str() {
        "exchange" => exchange::what_happened(trace, timeline),
        "opening" => opening::what_happened(trace, timeline),
        "duplex" => duplex::what_happened(trace, timeline),
        "memory" => memory::what_happened(trace, timeline),
        "formats" => formats::what_happened(trace, timeline),
        "interruption" => interruption::what_happened(trace, timeline),
        "closing" => closing::what_happened(trace, timeline),
        "crowd" => crowd::what_happened(trace, timeline),
        _ => Vec::new(),
    };
    findings.extend(notable::notable(trace, timeline));
    findings
}

/// The verdict of a run on a claim.
#[must_use]
pub fn judge(claim: Claim, trace: &Trace, timeline: &Timeline) -> Verdict {
    match trace.circumstances.lab.as_str() {
        "exchange" => exchange::judge(claim, trace, timeline),
        "opening" => opening::judge(claim, trace, timeline),
        "duplex" => duplex::judge(claim, trace, timeline),
        "memory" => memory::judge(claim, trace, timeline),
        "formats" => formats::judge(claim, trace, timeline),
        "interruption" => interruption::judge(claim, trace, timeline),
        "closing" => closing::judge(claim, trace, timeline),
        "crowd" => crowd::judge(claim, trace, timeline),
        _ => Verdict::not_measured(claim, Vec::new()),
    }
}

/// What a run answers to its lab's question; `None` where it came too short for that.
#[must_use]
pub fn answer(trace: &Trace, timeline: &Timeline) -> Option<Answer> {
    match trace.circumstances.lab.as_str() {
        "exchange" => exchange::answer(trace, timeline),
        "opening" => opening::answer(trace, timeline),
        "duplex" => duplex::answer(trace, timeline),
        "memory" => memory::answer(trace, timeline),
        "formats" => formats::answer(trace, timeline),
        "interruption" => interruption::answer(trace, timeline),
        "closing" => closing::answer(trace, timeline),
        "crowd" => crowd::answer(trace, timeline),
        _ => None,
    }
}
