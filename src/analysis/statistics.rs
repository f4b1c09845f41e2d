//! Figures that sum up a set of samples: order statistics, spread and jitter.

use crate::trace::Span;

/// What a set of round trips comes to. All of it is *derived*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// How many samples.
    pub n: usize,
    /// The shortest.
    pub least: Span,
    /// Half of the samples are at most this long.
    pub median: Span,
    /// 95 % are at most this long.
    pub p95: Span,
    /// 99 % are at most this long.
    pub p99: Span,
    /// The longest.
    pub most: Span,
    /// The middle half lies within this much: third quartile less first quartile.
    pub spread: Span,
    /// The mean of the differences between each sample and the next, without sign (the differences are
    /// those of RFC 3550 §6.4.1, which smooths them instead); `None` for a single sample.
    pub jitter: Option<Span>,
}

impl Statistics {
    /// Sums samples up, which are in the order in which they were taken; `None` when there are none.
    #[must_use]
    pub fn of(samples: &[Span]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let differences: i64 = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs().0).sum();
        Some(Self {
            n: sorted.len(),
            least,
            median: percentile(&sorted, 50),
            p95: percentile(&sorted, 95),
            p99: percentile(&sorted, 99),
            most,
            spread: percentile(&sorted, 75) - percentile(&sorted, 25),
            jitter: (samples.len() > 1).then(|| Span(differences / (samples.len() as i64 - 1))),
        })
    }
}

/// One percentile of samples in any order, as in [`Statistics`], without sorting them all; `None` when there are none.
#[must_use]
pub fn percentile_of(samples: &mut [Span], percent: usize) -> Option<Span> {
    let rank = (samples.len() * percent).div_ceil(100).max(1);
    (!samples.is_empty()).then(|| *samples.select_nth_unstable(rank - 1).1)
}

/// The nearest-rank percentile: the least sample that at least `percent` % of all do not exceed.
/// It is always one of the samples; nothing is interpolated.
fn percentile(sorted: &[Span], percent: usize) -> Span {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_samples_give_no_figures() {
        assert_eq!(Statistics::of(&[]), None);
    }

    #[test]
    fn the_figures_of_a_small_set_are_as_by_hand() {
        let samples: Vec<Span> = [40, 10, 30, 20].map(Span).into();
        let expected = Statistics {
            n: 4,
            least: Span(10),
            median: Span(20),
            p95: Span(40),
            p99: Span(40),
            most: Span(40),
            spread: Span(20),
            jitter: Some(Span(20)),
        };
        assert_eq!(Statistics::of(&samples), Some(expected));
    }

    proptest! {
        #[test]
        fn percentiles_are_samples_in_rising_order(samples in prop::collection::vec(0i64..10_000_000, 1..200)) {
            let samples: Vec<Span> = samples.into_iter().map(Span).collect();
            let figures = Statistics::of(&samples).expect("there are samples");
            let rising = [figures.least, figures.median, figures.p95, figures.p99, figures.most];
            prop_assert!(rising.is_sorted());
            prop_assert!(rising.iter().all(|figure| samples.contains(figure)));
            prop_assert!(figures.jitter.is_none_or(|jitter| jitter <= figures.most - figures.least));
            prop_assert_eq!(figures.jitter.is_none(), samples.len() == 1);
        }

        #[test]
        fn one_percentile_is_that_of_the_statistics(samples in prop::collection::vec(0i64..10_000, 1..200)) {
            let mut samples: Vec<Span> = samples.into_iter().map(Span).collect();
            let whole = Statistics::of(&samples).expect("some");
            prop_assert_eq!(percentile_of(&mut samples, 95), Some(whole.p95));
            prop_assert_eq!(percentile_of(&mut samples, 50), Some(whole.median));
        }

        #[test]
        fn at_least_half_of_the_samples_do_not_exceed_the_median(samples in prop::collection::vec(0i64..1000, 1..99)) {
            let samples: Vec<Span> = samples.into_iter().map(Span).collect();
            let median = Statistics::of(&samples).expect("there are samples").median;
            let below = samples.iter().filter(|&&sample| sample <= median).count();
            let above = samples.iter().filter(|&&sample| sample >= median).count();
            prop_assert!(2 * below >= samples.len() && 2 * above >= samples.len());
        }
    }
}
