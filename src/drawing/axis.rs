//! From time to pixels and back. An axis of time is made of stretches, each of which either flows (its length
//! grows with the zoom) or has a fixed length (where time is folded or a silence is shrunk). Whatever it is made
//! of, it never runs backward: what happened earlier never lies lower.

use crate::trace::{Span, Time};

/// How time runs down a diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// In true proportion.
    Linear,
    /// In true proportion, but for long silences, which are shrunk to a visible break.
    #[default]
    Compressed,
    /// One step a message; lengths of time cannot be read off.
    Ordinal,
}

impl Pace {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Compressed, Self::Linear, Self::Ordinal];

    /// Its name in a link.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Compressed => "compressed",
            Self::Ordinal => "ordinal",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pace| pace.name() == name)
    }
}

/// Why a stretch of an axis has a fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// Nothing was under way in it.
    Silence,
    /// Messages that repeat are folded in it: the place of the fold among all folds.
    Fold(usize),
}

/// A stretch of time that has a fixed length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedStretch {
    /// When it begins.
    pub from: Time,
    /// When it ends; later than `from`.
    pub until: Time,
    /// Its length, in pixels.
    pub px: f64,
    /// Why.
    pub why: Fixed,
}

/// Where a stretch begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knot {
    at: Time,
    /// What flows before it: in milliseconds, or in steps.
    flow: f64,
    /// The fixed lengths before it, in pixels.
    fixed: f64,
    /// The stretch behind it has a fixed length.
    why: Option<Fixed>,
}

impl Knot {
    fn px(&self, scale: f64) -> f64 {
        self.flow * scale + self.fixed
    }
}

/// An axis of time. What flows is measured in milliseconds, on an ordinal one in steps; a scale says how many
/// pixels one of these takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// At least one, in order of time.
    knots: Vec<Knot>,
    /// How much flows in a microsecond behind the last knot.
    slope: f64,
}

/// How much flows in a microsecond of true proportion.
const TRUE: f64 = 1e-3;

impl Axis {
    /// True proportion all along.
    #[must_use]
    pub fn linear(origin: Time) -> Self {
        Self::broken(origin, &[])
    }

    /// True proportion, but for some stretches. These must be in order, apart from one another, and begin at the
    /// origin or later.
    #[must_use]
    pub fn broken(origin: Time, stretches: &[FixedStretch]) -> Self {
        let mut knots = vec![Knot { at: origin, flow: 0.0, fixed: 0.0, why: None }];
        for stretch in stretches {
            let last = knots[knots.len() - 1];
            let flow = last.flow + (stretch.from - last.at).0 as f64 * TRUE;
            knots.push(Knot { at: stretch.from, flow, fixed: last.fixed, why: Some(stretch.why) });
            knots.push(Knot { at: stretch.until, flow, fixed: last.fixed + stretch.px, why: None });
        }
        Self { knots, slope: TRUE }
    }

    /// One step from each of these times to the next, and where each step lies: how much flows before it, and the
    /// pixels of fixed length before it. The times must be in order; equal ones are steps, too. A stretch of a fixed
    /// length stands between the steps that it lies between.
    #[must_use]
    pub fn ordinal(
        origin: Time,
        times: impl IntoIterator<Item = Time>,
        stretches: &[FixedStretch],
    ) -> (Self, Vec<(f64, f64)>) {
        let mut knots = vec![Knot { at: origin, flow: 0.0, fixed: 0.0, why: None }];
        let mut steps = Vec::new();
        let mut stretches = stretches.iter().peekable();
        for at in times {
            while let Some(stretch) = stretches.next_if(|stretch| stretch.from < at) {
                push_step(&mut knots, stretch);
            }
            let last = knots[knots.len() - 1];
            let step = Knot { at: at.max(last.at), flow: last.flow + 1.0, ..last };
            knots.push(step);
            steps.push((step.flow, step.fixed));
        }
        stretches.for_each(|stretch| push_step(&mut knots, stretch));
        (Self { knots, slope: 0.0 }, steps)
    }

    /// When it begins.
    #[must_use]
    pub fn origin(&self) -> Time {
        self.knots[0].at
    }

    /// Lengths of time can be read off where it flows.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.slope > 0.0
    }

    /// Where a time lies, in pixels from the origin; above it for what is earlier.
    #[must_use]
    pub fn px(&self, time: Time, scale: f64) -> f64 {
        let next = self.knots.partition_point(|knot| knot.at <= time);
        let Some(before) = next.checked_sub(1).map(|place| self.knots[place]) else {
            return (time - self.origin()).0 as f64 * TRUE * scale;
        };
        let gone = (time - before.at).0 as f64;
        match self.knots.get(next) {
            None => before.px(scale) + gone * self.slope * scale,
            Some(after) => {
                let share = gone / ((after.at - before.at).0 as f64).max(1.0);
                before.px(scale) + share * (after.px(scale) - before.px(scale))
            }
        }
    }

    /// Which time lies there: the inverse of [`Axis::px`], to a microsecond.
    #[must_use]
    pub fn time(&self, px: f64, scale: f64) -> Time {
        let next = self.knots.partition_point(|knot| knot.px(scale) <= px);
        let Some(before) = next.checked_sub(1).map(|place| self.knots[place]) else {
            return self.origin() + Span((px / (scale * TRUE)).round() as i64);
        };
        let beyond = px - before.px(scale);
        match self.knots.get(next) {
            None if self.slope > 0.0 => before.at + Span((beyond / (scale * self.slope)).round() as i64),
            None => before.at,
            Some(after) => {
                let share = beyond / (after.px(scale) - before.px(scale)).max(f64::MIN_POSITIVE);
                before.at + Span((share * (after.at - before.at).0 as f64).round() as i64)
            }
        }
    }

    /// How much flows until a time, and how many pixels of fixed length lie before it.
    #[must_use]
    pub fn reach(&self, time: Time) -> (f64, f64) {
        let fixed = self.px(time, 0.0);
        (self.px(time, 1.0) - fixed, fixed)
    }

    /// The stretches of fixed length that reach into a stretch of time.
    pub fn fixed_between(&self, from: Time, until: Time) -> impl Iterator<Item = FixedStretch> + '_ {
        let first = self.knots.partition_point(|knot| knot.at < from).saturating_sub(1);
        let pairs = self.knots[first..].windows(2).take_while(move |pair| pair[0].at <= until);
        pairs.filter_map(|pair| {
            let (knot, next) = (pair[0], pair[1]);
            let px = next.fixed - knot.fixed;
            knot.why.map(|why| FixedStretch { from: knot.at, until: next.at, px, why })
        })
    }
}

/// A stretch of a fixed length on an ordinal axis, half a step below what is above it.
fn push_step(knots: &mut Vec<Knot>, stretch: &FixedStretch) {
    let last = knots[knots.len() - 1];
    let from = stretch.from.max(last.at);
    let begin = Knot { at: from, flow: last.flow + 0.5, fixed: last.fixed, why: Some(stretch.why) };
    let end = Knot { at: stretch.until.max(from), fixed: last.fixed + stretch.px, why: None, ..begin };
    knots.extend([begin, end]);
}

/// A round length of time that takes at least `px` pixels where time flows in true proportion; more than 0.
#[must_use]
pub(super) fn round_step(px: f64, scale: f64) -> Span {
    Span(round_up((px / (scale * TRUE)).max(1.0)) as i64)
}

/// The least of 1, 2, 5, 10, 20, 50, … (and 0.1, 0.2, …) that is not below a positive value.
#[must_use]
pub fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    // The factor is a hair larger, so that a value that is round already stays what it is.
    [1.0, 2.0, 5.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|round| *round >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Stretches in order, apart from one another.
    fn stretches(lengths: &[(i64, i64, f64)]) -> Vec<FixedStretch> {
        let mut at = 0;
        let mut all = Vec::new();
        for &(gap, length, px) in lengths {
            let from = at + gap;
            at = from + length;
            all.push(FixedStretch { from: Time(from), until: Time(at), px, why: Fixed::Silence });
        }
        all
    }

    fn lengths() -> impl Strategy<Value = Vec<(i64, i64, f64)>> {
        prop::collection::vec((0i64..5_000, 1i64..100_000, 1.0f64..60.0), 0..20)
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_time_where_time_flows(origin in -1_000_000i64..1_000_000, at in 0i64..100_000_000, scale in 0.01f64..1000.0) {
            let axis = Axis::linear(Time(origin));
            let time = Time(origin + at);
            prop_assert!((axis.time(axis.px(time, scale), scale) - time).abs() <= Span(1));
            prop_assert!((axis.px(time, scale) - at as f64 * scale / 1000.0).abs() < 1e-6 * at as f64 + 1e-6);
        }

        #[test]
        fn an_axis_never_runs_backward_and_finds_its_way_back(
            lengths in lengths(), mut times in prop::collection::vec(-1_000i64..1_500_000, 2..40), scale in 0.01f64..100.0, ordinal: bool,
        ) {
            times.sort_unstable();
            let stretches = stretches(&lengths);
            let axis = match ordinal {
                true => Axis::ordinal(Time(0), times.iter().map(|&at| Time(at.max(0))), &stretches).0,
                false => Axis::broken(Time(0), &stretches),
            };
            let px: Vec<f64> = times.iter().map(|&at| axis.px(Time(at), scale)).collect();
            prop_assert!(px.windows(2).all(|pair| pair[0] <= pair[1] + 1e-6), "{:?}", px);
            for (&at, &px) in times.iter().zip(&px) {
                let back = axis.px(axis.time(px, scale), scale);
                // A microsecond may be some pixels long where a step is short.
                let grain = (axis.px(Time(at + 1), scale) - px).max(px - axis.px(Time(at - 1), scale));
                prop_assert!((back - px).abs() <= grain + 1e-6, "{} px, back {}", px, back);
            }
        }

        #[test]
        fn stretches_have_their_length_whatever_the_zoom(lengths in lengths(), scale in 0.01f64..100.0) {
            let stretches = stretches(&lengths);
            let axis = Axis::broken(Time(0), &stretches);
            for stretch in &stretches {
                prop_assert!((axis.px(stretch.until, scale) - axis.px(stretch.from, scale) - stretch.px).abs() < 1e-6);
            }
            let found: Vec<FixedStretch> = axis.fixed_between(Time(0), Time(i64::MAX)).collect();
            prop_assert_eq!(found.len(), stretches.len());
            let (flow, fixed) = axis.reach(Time(3_000_000));
            prop_assert!((flow * scale + fixed - axis.px(Time(3_000_000), scale)).abs() < 1e-6 * (1.0 + flow * scale));
        }

        #[test]
        fn steps_are_round_and_never_too_dense(scale in 0.0001f64..1000.0, px in 10f64..200.0) {
            let step = round_step(px, scale);
            prop_assert!(step.as_millis() * scale >= px * (1.0 - 1e-6));
            let digits = step.0.to_string();
            prop_assert!(matches!(digits.trim_end_matches('0'), "1" | "2" | "5"), "{}", digits);
        }
    }

    #[test]
    fn an_ordinal_axis_has_a_step_for_each_message_even_at_the_same_time() {
        let times = [10, 20, 20, 20, 900].map(Time);
        let (axis, steps) = Axis::ordinal(Time(0), times, &[]);
        assert_eq!(steps.iter().map(|step| step.0).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(axis.px(Time(15), 10.0), 15.0);
        assert_eq!(axis.px(Time(460), 10.0), 45.0);
        assert_eq!(axis.px(Time(5_000), 10.0), 50.0, "nothing flows behind the last message");
    }

    #[test]
    fn round_values_stay_what_they_are() {
        assert_eq!([1.0, 2.0, 5.0, 10.0, 0.5].map(round_up), [1.0, 2.0, 5.0, 10.0, 0.5]);
        assert_eq!(round_up(1.1), 2.0);
        assert_eq!(round_up(6.0), 10.0);
    }
}
