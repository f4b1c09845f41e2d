//! Scales: from time to pixels and back, and the ticks that belong to them.

use crate::trace::{Span, Time};

/// A linear axis of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The time at pixel 0.
    pub origin: Time,
    /// How many pixels a millisecond takes; more than 0.
    pub scale: f64,
}

impl Axis {
    /// Where a time lies, in pixels.
    #[must_use]
    pub fn px(&self, time: Time) -> f64 {
        (time - self.origin).as_millis() * self.scale
    }

    /// Which time lies there.
    #[must_use]
    pub fn time(&self, px: f64) -> Time {
        self.origin + Span((px / self.scale * 1000.0).round() as i64)
    }

    /// A round length of time that takes at least `px` pixels.
    #[must_use]
    pub fn step(&self, px: f64) -> Span {
        let micros = (px / self.scale * 1000.0).max(1.0);
        Span(round_up(micros) as i64)
    }
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

    proptest! {
        #[test]
        fn there_and_back_is_the_same_time(origin in -1_000_000i64..1_000_000, at in 0i64..100_000_000, scale in 0.01f64..1000.0) {
            let axis = Axis { origin: Time(origin), scale };
            let time = Time(origin + at);
            prop_assert!((axis.time(axis.px(time)) - time).abs() <= Span(1));
        }

        #[test]
        fn ticks_are_round_and_never_too_dense(scale in 0.0001f64..1000.0, px in 10f64..200.0) {
            let step = Axis { origin: Time(0), scale }.step(px);
            prop_assert!(step.as_millis() * scale >= px * (1.0 - 1e-6));
            let digits = step.0.to_string();
            prop_assert!(matches!(digits.trim_end_matches('0'), "1" | "2" | "5"), "{}", digits);
        }
    }

    #[test]
    fn round_values_stay_what_they_are() {
        assert_eq!([1.0, 2.0, 5.0, 10.0, 0.5].map(round_up), [1.0, 2.0, 5.0, 10.0, 0.5]);
        assert_eq!(round_up(1.1), 2.0);
        assert_eq!(round_up(6.0), 10.0);
    }
}
