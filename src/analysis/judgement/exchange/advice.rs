//! Which way of talking a run's costs advise, in a few situations that a reader knows.

use serde::{Deserialize, Serialize};

use crate::analysis::break_even::{
    Costs, Criterion, Exact, Gap, Measure, Missing, Policy, Reason, Situation, Starter, Way, advise,
};

/// A situation that a reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Somebody looks at the weather: one request of 1 KiB.
    Weather,
    /// A field that asks for suggestions while somebody types: three requests a second for five minutes.
    Suggestions,
    /// News of the day: the server has some every ten minutes, for an hour; a poll may ask every minute.
    News,
    /// Prices that change every second, for an hour; a poll may ask as often.
    Prices,
    /// A chat: ten messages a minute for half an hour, from both sides; a poll may ask every two seconds.
    Chat,
}

impl Case {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Weather, Self::Chat, Self::Suggestions, Self::News, Self::Prices];

    /// In the sliders' numbers.
    #[must_use]
    pub const fn situation(self) -> Situation {
        let (per_hour, payload, starter, minutes, poll_interval) = match self {
            Self::Weather => (6, 1_024, Starter::Client, 10, 60_000),
            Self::Suggestions => (10_800, 32, Starter::Client, 5, 1_000),
            Self::News => (6, 512, Starter::Server, 60, 60_000),
            Self::Prices => (3_600, 64, Starter::Server, 60, 1_000),
            Self::Chat => (600, 64, Starter::Both, 30, 2_000),
        };
        Situation { per_hour, payload, starter, minutes, poll_interval }
    }

    /// How many messages a session has.
    #[must_use]
    pub fn messages(self) -> u32 {
        u32::try_from(self.situation().messages().floor()).unwrap_or(u32::MAX)
    }
}

/// What is advised, and what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advised {
    /// Which way.
    pub way: Way,
    /// What a session of it comes to, in bytes or µs of waiting.
    pub total: u64,
    /// The cheapest of the other ways, and what that comes to; `None` where no other does what is asked.
    pub next: Option<(Way, u64)>,
}

/// Which way is advised, by each measure whose figures are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// By bytes.
    pub by_bytes: Option<Way>,
    /// By the time that somebody waits.
    pub by_time: Option<Way>,
}

/// What is advised in each of [`Case::ALL`].
///
/// # Errors
/// When a figure is missing for one of the ways, for then the best may be left out: which is missing.
pub(super) fn by(costs: &Costs, measure: Measure) -> Result<Vec<Advised>, Missing> {
    let criterion = Criterion { measure, ..Criterion::default() };
    let advised = |case: Case| {
        let gap = |gaps: &[(Way, Gap)]| {
            let missing = |(_, gap): &(Way, Gap)| match gap {
                Gap::Missing { why, .. } => Some(*why),
                Gap::Unsuited(_) | Gap::NoNews => None,
            };
            gaps.iter().find_map(missing)
        };
        match advise(costs, case.situation(), Policy::default(), criterion) {
            Err(gaps) => Err(gap(&gaps).unwrap_or(Missing::NotMeasured)),
            Ok(advice) => match gap(&advice.not_compared) {
                Some(why) => Err(why),
                None => Ok(told(advice.way, advice.reason)),
            },
        }
    };
    Case::ALL.into_iter().map(advised).collect()
}

fn told(way: Way, reason: Reason) -> Advised {
    let whole = |total: Exact| u64::try_from(total.floor()).unwrap_or(u64::MAX);
    match reason {
        Reason::Only { total } => Advised { way, total: whole(total), next: None },
        Reason::Cheapest { total, next, next_total, .. } => {
            Advised { way, total: whole(total), next: Some((next, whole(next_total))) }
        }
        Reason::Simpler { total, cheapest, cheapest_total, .. } => {
            Advised { way, total: whole(total), next: Some((cheapest, whole(cheapest_total))) }
        }
    }
}

/// The way that is advised throughout, if there is one.
pub(super) fn one_for_all(advised: &[Advised]) -> Option<Way> {
    let first = advised.first()?.way;
    advised.iter().all(|advised| advised.way == first).then_some(first)
}
