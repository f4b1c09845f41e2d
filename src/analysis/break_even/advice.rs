//! Which way is advised, why, and when the advice would be another: values, put into words elsewhere.

use super::exact::Exact;
use super::line::Crossing;
use super::situation::{Policy, Setting, Situation, Slider, Starter};
use super::{BreakEven, Costs, Gap, Measure, Way};

/// By what a way is chosen: the simplest one (in the order of [`Way::ALL`]) whose session costs at most so much
/// more than the cheapest one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// What is added up.
    pub measure: Measure,
    /// How much more a simpler way may cost, in per cent, up to 1000; 0: the cheapest is advised.
    pub margin: u32,
}

impl Default for Criterion {
    /// Bytes; a tenth more is no reason for something less simple. The poll interval says how late news may come: who
    /// cannot wait so long sets it shorter, and polling costs more.
    fn default() -> Self {
        Self { measure: Measure::Bytes, margin: 10 }
    }
}

/// Why a way is advised. Totals are of the whole session, in the criterion's measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is the only one that does what is asked and whose costs are known.
    Only {
        /// What it comes to.
        total: Exact,
    },
    /// It is the cheapest, or as cheap and simpler.
    Cheapest {
        /// What it comes to.
        total: Exact,
        /// The cheapest of the others.
        next: Way,
        /// What that comes to.
        next_total: Exact,
        /// From which message on it is cheaper than that.
        since: Crossing,
    },
    /// Another one is cheaper, but by too little.
    Simpler {
        /// What it comes to.
        total: Exact,
        /// The cheapest one.
        cheapest: Way,
        /// What that comes to.
        cheapest_total: Exact,
        /// From which message on that is cheaper.
        since: Crossing,
    },
}

/// One slider's nearest setting, in one direction, at which the advice is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which slider.
    pub slider: Slider,
    /// The setting from which on: the one before it, towards where the slider stands, leaves the advice as it is.
    pub at: Setting,
    /// What is advised there.
    pub way: Way,
}

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// What is advised.
    pub way: Way,
    /// By what.
    pub criterion: Criterion,
    /// Why.
    pub reason: Reason,
    /// How many messages a session has.
    pub messages: Exact,
    /// When it would be another.
    pub changes: Vec<Change>,
    /// The ways that could not be compared, and why; with those that do not do what is asked.
    pub not_compared: Vec<(Way, Gap)>,
}

/// Advises a way.
///
/// Changes are looked for slider by slider, all others as they stand, in steps of a quarter up and down the range, and
/// then to the exact setting between two steps. An advice that changes and changes back within one step is not found.
///
/// # Errors
/// When no way has known costs: each way with its gap.
pub fn advise(
    costs: &Costs,
    situation: Situation,
    policy: Policy,
    criterion: Criterion,
) -> Result<Recommendation, Vec<(Way, Gap)>> {
    let even = BreakEven::of(costs, situation, policy);
    let (totals, not_compared) = totals(&even, criterion.measure);
    let Some(way) = choose(&totals, criterion) else { return Err(not_compared) };
    let at = |situation: Situation| {
        let even = BreakEven::of(costs, situation, policy);
        choose(&self::totals(&even, criterion.measure).0, criterion)
    };
    let mut changes = Vec::new();
    for slider in Slider::NUMBERS {
        for upwards in [false, true] {
            changes.extend(change(even.situation, slider, upwards, way, at));
        }
    }
    for starter in Starter::ALL {
        let setting = Setting::Starter(starter);
        let other = at(even.situation.with(Slider::Starter, setting)).filter(|other| *other != way);
        changes.extend(other.map(|way| Change { slider: Slider::Starter, at: setting, way }));
    }
    let reason = reason(&even, &totals, way, criterion.measure);
    Ok(Recommendation { way, criterion, reason, messages: even.situation.messages(), changes, not_compared })
}

/// What a session comes to, for the ways of which that is known, in the order of [`Way::ALL`].
type Totals = Vec<(Way, Exact)>;

fn totals(even: &BreakEven, measure: Measure) -> (Totals, Vec<(Way, Gap)>) {
    let (mut known, mut not) = (Vec::new(), Vec::new());
    for way in Way::ALL {
        match even.total(measure, way) {
            Ok(total) => known.push((way, total)),
            Err(gap) => not.push((way, gap)),
        }
    }
    (known, not)
}

fn choose(totals: &Totals, criterion: Criterion) -> Option<Way> {
    let least = totals.iter().map(|(_, total)| *total).min()?;
    let most = least.times(Exact::ratio(u128::from(100 + criterion.margin.min(1_000)), 100));
    totals.iter().find(|(_, total)| *total <= most).map(|(way, _)| *way)
}

fn reason(even: &BreakEven, totals: &Totals, way: Way, measure: Measure) -> Reason {
    let total = totals.iter().find(|(other, _)| *other == way).map_or(Exact::ZERO, |(_, total)| *total);
    let others = totals.iter().filter(|(other, _)| *other != way);
    let Some(&(other, other_total)) = others.min_by_key(|(_, total)| *total) else { return Reason::Only { total } };
    // Both have a total, so both have a line.
    let since = |cheap: Way, dear: Way| even.crossing(measure, cheap, dear).unwrap_or(Crossing::Never);
    if total <= other_total {
        Reason::Cheapest { total, next: other, next_total: other_total, since: since(way, other) }
    } else {
        Reason::Simpler { total, cheapest: other, cheapest_total: other_total, since: since(other, way) }
    }
}

/// The nearest setting of a slider, in one direction, at which the advice is another.
fn change(
    situation: Situation,
    slider: Slider,
    upwards: bool,
    way: Way,
    at: impl Fn(Situation) -> Option<Way>,
) -> Option<Change> {
    let (least, most) = slider.range()?;
    let Setting::Number(stands) = situation.get(slider) else { return None };
    let other = |number: u32| at(situation.with(slider, Setting::Number(number))).filter(|other| *other != way);
    let step = |number: u32| {
        let step = (number / 4).max(1);
        if upwards { number.saturating_add(step).min(most) } else { number.saturating_sub(step).max(least) }
    };
    let (mut same, mut changed) = (stands, step(stands));
    while other(changed).is_none() {
        if changed == same {
            return None;
        }
        (same, changed) = (changed, step(changed));
    }
    while same.abs_diff(changed) > 1 {
        let middle = same.midpoint(changed);
        if other(middle).is_some() { changed = middle } else { same = middle }
    }
    Some(Change { slider, at: Setting::Number(changed), way: other(changed)? })
}
