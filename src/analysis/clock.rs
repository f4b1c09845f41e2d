//! Places a server's times on the page's clock, by causality: no message arrives before it was
//! sent. Each exchange bounds the offset between the clocks from both sides; what all of them allow
//! together is the answer, and its half width is the uncertainty. Where nothing is left, the clocks
//! drift apart, and a drift is fitted.

use crate::trace::{ClockFit, ServerTime, Span, Time};

/// What one exchange says of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The page sent at this time, …
    pub page_sent: Time,
    /// … and the server received later than that.
    pub server_received: ServerTime,
    /// The server sent at this time, …
    pub server_sent: ServerTime,
    /// … and the page received later than that.
    pub page_received: Time,
}

/// The bounds that observations put on offset = page − server.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    observations: Vec<Observation>,
    /// The tightest bounds without a drift: least and greatest offset.
    tightest: Option<(i64, i64)>,
}

/// Quartz clocks of ordinary machines stay within this much of each other.
const MOST_DRIFT_PPM: f64 = 500.0;

impl Bounds {
    /// Takes in an observation.
    pub fn observe(&mut self, observation: Observation) {
        let Observation { page_sent, server_received, server_sent, page_received } = observation;
        let least = page_sent.0 - server_received.0;
        let greatest = page_received.0 - server_sent.0;
        let (low, high) = self.tightest.unwrap_or((i64::MIN, i64::MAX));
        self.tightest = Some((low.max(least), high.min(greatest)));
        self.observations.push(observation);
    }

    /// The fit that all observations allow; `None` when there are none, or when no straight line
    /// fits them.
    #[must_use]
    pub fn fit(&self) -> Option<ClockFit> {
        let (low, high) = self.tightest?;
        if low <= high {
            let uncertainty = Span((high - low + 1) / 2);
            return Some(ClockFit { offset: Span(low + (high - low) / 2), uncertainty, drift_ppm: 0.0 });
        }
        self.fit_drift()
    }

    /// The room that a drift leaves: least and greatest offset. It is concave in the drift, so the
    /// best drift is found by ternary search.
    fn room(&self, drift: f64) -> (f64, f64) {
        let mut room = (f64::MIN, f64::MAX);
        for observation in &self.observations {
            let at = |server: ServerTime, page: Time| page.0 as f64 - server.0 as f64 * (1.0 + drift);
            room.0 = room.0.max(at(observation.server_received, observation.page_sent));
            room.1 = room.1.min(at(observation.server_sent, observation.page_received));
        }
        room
    }

    fn fit_drift(&self) -> Option<ClockFit> {
        let width = |drift: f64| {
            let (low, high) = self.room(drift);
            high - low
        };
        let (mut from, mut until) = (-MOST_DRIFT_PPM / 1e6, MOST_DRIFT_PPM / 1e6);
        for _ in 0..60 {
            let third = (until - from) / 3.0;
            if width(from + third) < width(until - third) {
                from += third;
            } else {
                until -= third;
            }
        }
        let drift = f64::midpoint(from, until);
        let (low, high) = self.room(drift);
        (low <= high).then(|| ClockFit {
            offset: Span(f64::midpoint(low, high).round() as i64),
            uncertainty: Span(((high - low) / 2.0).ceil() as i64),
            drift_ppm: drift * 1e6,
        })
    }
}

/// A server's time on the page's clock.
#[must_use]
pub fn on_page(fit: &ClockFit, time: ServerTime) -> Time {
    let drifted = (time.0 as f64 * fit.drift_ppm / 1e6).round() as i64;
    Time(time.0 + drifted + fit.offset.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observe(at: i64, there: i64, back: i64, server: impl Fn(i64) -> i64) -> Observation {
        Observation {
            page_sent: Time(at),
            server_received: ServerTime(server(at + there)),
            server_sent: ServerTime(server(at + there)),
            page_received: Time(at + there + back),
        }
    }

    proptest! {
        #[test]
        fn the_true_offset_lies_within_the_uncertainty(
            offset in -1_000_000_000i64..1_000_000_000,
            trips in prop::collection::vec((0i64..100_000, 0i64..5_000, 0i64..5_000), 1..50),
        ) {
            let mut bounds = Bounds::default();
            for (at, there, back) in trips {
                bounds.observe(observe(at, there, back, |page| page - offset));
            }
            let fit = bounds.fit().expect("a constant offset always fits");
            prop_assert!((fit.offset.0 - offset).abs() <= fit.uncertainty.0);
            prop_assert_eq!(fit.drift_ppm, 0.0);
        }

        #[test]
        fn a_drift_is_found_where_an_offset_alone_breaks_causality(ppm in 50.0f64..400.0) {
            let mut bounds = Bounds::default();
            for second in 0..120 {
                bounds.observe(observe(second * 1_000_000, 300, 300, |page| (page as f64 / (1.0 + ppm / 1e6)) as i64 + 77));
            }
            let fit = bounds.fit().expect("a constant drift fits");
            prop_assert!((fit.drift_ppm - ppm).abs() < 10.0, "{} for {}", fit.drift_ppm, ppm);
        }
    }

    #[test]
    fn without_observations_or_sense_there_is_no_fit() {
        assert_eq!(Bounds::default().fit(), None);
        let mut bounds = Bounds::default();
        bounds.observe(observe(0, 10, 10, |page| page));
        bounds.observe(observe(1_000, 10, 10, |page| page + 500_000));
        bounds.observe(observe(2_000, 10, 10, |page| page));
        assert_eq!(bounds.fit(), None);
    }
}
