//! What a run of the lab `memory` shows: who remembers.
//!
//! Each answer tells the whole state, so it can be held against what its request carried (over HTTP) and against what
//! was said before on the same connection (over a WebSocket).

mod reading;
#[cfg(test)]
mod tests;
mod verdicts;

use serde::{Deserialize, Serialize};

pub use super::Why;
use super::{Answer, Claim, Finding, Verdict};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Trace};
use crate::wire::MemoryState;
use reading::Run;

/// The parts of the script, by name.
pub mod part {
    /// Over HTTP, and the clients carry nothing.
    pub const WITHOUT_TOKEN: &str = "without token";
    /// Over HTTP, and each client carries its state.
    pub const WITH_TOKEN: &str = "with token";
    /// Each client over a WebSocket of its own.
    pub const CONNECTION: &str = "connection";
    /// The first client again, on a new WebSocket.
    pub const NEW_CONNECTION: &str = "new connection";
}

/// What there is in a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The counter.
    pub counter: u64,
    /// How many things there are in the cart.
    pub things: u64,
}

impl From<&MemoryState> for Held {
    fn from(state: &MemoryState) -> Self {
        Self { counter: state.counter, things: state.cart.values().map(|&count| u64::from(count)).sum() }
    }
}

/// A stretch of the script that gave nothing to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// Over HTTP without state.
    WithoutToken,
    /// Over HTTP with state that the client carries.
    WithToken,
    /// On a WebSocket.
    Connection,
    /// On a new WebSocket.
    NewConnection,
}

impl Stretch {
    const fn part(self) -> &'static str {
        match self {
            Self::WithoutToken => part::WITHOUT_TOKEN,
            Self::WithToken => part::WITH_TOKEN,
            Self::Connection => part::CONNECTION,
            Self::NewConnection => part::NEW_CONNECTION,
        }
    }
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Over HTTP, requests that carried no state: each answer began with nothing.
    NothingCarried {
        /// How many.
        requests: u32,
        /// How many TCP connections carried them; `None` where nobody tells.
        connections: Option<u32>,
        /// How many came on the busiest one of these.
        on_one: Option<u32>,
    },
    /// Requests that were equal to an earlier one, byte for byte, got an equal answer.
    EqualAnswers {
        /// How many requests, the earlier ones included.
        requests: u32,
        /// Of these, how many came on the same connection as an equal one; `None` where nobody tells.
        same_connection: Option<u32>,
    },
    /// Equal requests got answers that differ.
    UnequalAnswers {
        /// What one answer told.
        one: Held,
        /// What another told.
        other: Held,
        /// Whether both came on the same connection; `None` where nobody tells.
        same_connection: Option<bool>,
    },
    /// Answers over HTTP told more, or something else, than the requests carried.
    NotFromRequest {
        /// How many answers.
        answers: u32,
        /// Of how many.
        of: u32,
        /// What the first of them would have told, had it come from its request alone.
        expected: Held,
        /// What it told.
        told: Held,
    },
    /// Requests carried state along, as the server counted it.
    Carried {
        /// How many requests.
        requests: u32,
        /// Bytes of the smallest state.
        least: u64,
        /// Bytes of the largest.
        most: u64,
        /// Bytes of all.
        all: u64,
    },
    /// Over HTTP, what clients had in the end that carried their state.
    WentOn {
        /// Which clients, from 0.
        clients: Vec<u32>,
        /// What each had.
        held: Held,
    },
    /// An older token was brought again after the newest one, and gave the older state.
    OldToken {
        /// What the old one gave.
        old: Held,
        /// What the newest one gave.
        newest: Held,
    },
    /// On WebSockets, answers went on from what was said before on the same one, though no message carried state.
    Remembered {
        /// Which clients' they were, from 0.
        clients: Vec<u32>,
        /// How many answers on each did.
        answers: u32,
        /// What there was in the end, on each.
        held: Held,
    },
    /// On a WebSocket, answers began with nothing though something was said before on it.
    Forgot {
        /// How many answers did.
        answers: u32,
    },
    /// On a WebSocket, answers told what was never said on it.
    NotOfConnection {
        /// How many answers.
        answers: u32,
        /// What the first of them would have told, had it come from its connection alone.
        expected: Held,
        /// What it told.
        told: Held,
    },
    /// A client came back on a new WebSocket.
    NewConnection {
        /// What there was on its old one in the end.
        before: Held,
        /// What there was on the new one before anything was done.
        after: Held,
    },
    /// A stretch that gave nothing to judge.
    Missing {
        /// Which.
        what: Stretch,
        /// Why.
        why: Why,
    },
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Memory(fact), messages }
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let run = Run::of(trace);
    let mut findings = run.over_http();
    findings.extend(run.over_websocket());
    let all = [Stretch::WithoutToken, Stretch::WithToken, Stretch::Connection, Stretch::NewConnection];
    findings.extend(all.into_iter().filter_map(|stretch| run.missing(stretch)));
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    let run = Run::of(trace);
    match claim {
        Claim::C10 => verdicts::stateless(&run),
        Claim::C11 => verdicts::stateful(&run),
        _ => Verdict::not_measured(claim, Vec::new()),
    }
}

/// What the run answers to the lab's question, what a counter shows on a new WebSocket: that it begins anew (0), that it
/// goes on where it was (1), or something else (2). `None` where the run did not come to that.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let run = Run::of(trace);
    let (before, finding) = (run.last_before()?, run.new_connection()?);
    let after = Held::from(&run.anew.first()?.before()?);
    let choice = match after.counter {
        0 => 0,
        counter if counter == Held::from(&before.state).counter => 1,
        _ => 2,
    };
    Some(Answer { choice, finding })
}
