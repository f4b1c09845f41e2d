//! Places a server's times on the page's clock, by causality: no message arrives before it was
//! sent. Each exchange bounds the difference between the clocks from both sides; what all of them allow
//! together is the answer, and how far what they allow reaches is the uncertainty. Where a constant
//! difference is not possible, the clocks drift apart, and a drift is fitted.

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

/// The bounds that observations put on the difference between the clocks.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    observations: Vec<Observation>,
    /// The tightest bounds of page − server, if neither clock drifts, in µs.
    tightest: Option<(i64, i64)>,
}

/// Quartz clocks of ordinary machines stay within this much of each other.
const MOST_DRIFT: f64 = 200e-6;
/// How many drifts between the least and the greatest are looked at for the uncertainty.
const DRIFTS: u32 = 16;

impl Bounds {
    /// Takes in an observation. The page's stamps are exact to `resolution`: its clock may round either
    /// way.
    pub fn observe(&mut self, observation: Observation, resolution: Span) {
        let page_sent = observation.page_sent - resolution;
        let page_received = observation.page_received + resolution;
        let (low, high) = self.tightest.unwrap_or((i64::MIN, i64::MAX));
        let least = page_sent.0 - observation.server_received.0;
        let greatest = page_received.0 - observation.server_sent.0;
        self.tightest = Some((low.max(least), high.min(greatest)));
        self.observations.push(Observation { page_sent, page_received, ..observation });
    }

    /// A fit that costs nothing: of clocks that do not drift. For a run that goes on.
    #[must_use]
    pub fn quick_fit(&self) -> Option<ClockFit> {
        let (low, high) = self.tightest.filter(|(low, high)| low <= high)?;
        let uncertainty = Span((high - low + 1) / 2);
        Some(ClockFit { offset: Span(low + (high - low) / 2), uncertainty, drift_ppm: 0.0 })
    }

    /// The fit that all observations allow, a drift considered; `None` when there are none, or when no
    /// straight line fits them. The uncertainty covers every line that causality allows, at every
    /// server time that was observed.
    #[must_use]
    pub fn fit(&self) -> Option<ClockFit> {
        let first = self.observations.first()?.server_received.0 as f64;
        let last = self.observations.last()?.server_sent.0 as f64;
        let middle = f64::midpoint(first, last);
        let room = |drift| self.room(drift, middle);
        let best = if feasible(room(0.0)) { 0.0 } else { widest(room) };
        if !feasible(room(best)) {
            return None;
        }
        let (least, greatest) = (furthest(room, best, -MOST_DRIFT), furthest(room, best, MOST_DRIFT));
        let (low, high) = room(best);
        let centre = f64::midpoint(low, high);
        let fitted = |at: f64| centre + best * (at - middle);
        let mut off = 0.0f64;
        for step in 0..=DRIFTS {
            let drift = least + (greatest - least) * f64::from(step) / f64::from(DRIFTS);
            let (low, high) = room(drift);
            for at in [first, last] {
                for bound in [low, high] {
                    off = off.max((bound + drift * (at - middle) - fitted(at)).abs());
                }
            }
        }
        Some(ClockFit {
            offset: Span((centre - best * middle).round() as i64),
            uncertainty: Span(off.ceil() as i64),
            drift_ppm: best * 1e6,
        })
    }

    /// The least and the greatest difference page − server at the server time `middle` that a drift
    /// leaves.
    fn room(&self, drift: f64, middle: f64) -> (f64, f64) {
        let mut room = (f64::MIN, f64::MAX);
        for observation in &self.observations {
            let at = |server: ServerTime, page: Time| (page.0 - server.0) as f64 - drift * (server.0 as f64 - middle);
            room.0 = room.0.max(at(observation.server_received, observation.page_sent));
            room.1 = room.1.min(at(observation.server_sent, observation.page_received));
        }
        room
    }
}

fn feasible((low, high): (f64, f64)) -> bool {
    low <= high
}

/// The drift that leaves the most room. The room is concave in the drift, so ternary search finds it.
fn widest(room: impl Fn(f64) -> (f64, f64)) -> f64 {
    let width = |drift: f64| {
        let (low, high) = room(drift);
        high - low
    };
    let (mut from, mut until) = (-MOST_DRIFT, MOST_DRIFT);
    for _ in 0..40 {
        let third = (until - from) / 3.0;
        if width(from + third) < width(until - third) {
            from += third;
        } else {
            until -= third;
        }
    }
    f64::midpoint(from, until)
}

/// The drift furthest from a feasible one towards a limit that still leaves room, by bisection.
fn furthest(room: impl Fn(f64) -> (f64, f64), feasible_drift: f64, limit: f64) -> f64 {
    if feasible(room(limit)) {
        return limit;
    }
    let (mut inside, mut outside) = (feasible_drift, limit);
    for _ in 0..24 {
        let middle = f64::midpoint(inside, outside);
        if feasible(room(middle)) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    inside
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
                bounds.observe(observe(at, there, back, |page| page - offset), Span::ZERO);
            }
            for fit in [bounds.fit(), bounds.quick_fit()] {
                let fit = fit.expect("a constant offset always fits");
                prop_assert!((fit.offset.0 - offset).abs() <= fit.uncertainty.0 + 1);
                prop_assert_eq!(fit.drift_ppm, 0.0);
            }
        }

        #[test]
        fn whatever_the_drift_true_times_lie_within_the_uncertainty(
            ppm in -150.0f64..150.0, seconds in 1i64..120, jitter in prop::collection::vec(0i64..2_000, 8..40),
        ) {
            let server = |page: i64| (page as f64 / (1.0 + ppm / 1e6)) as i64 + 77;
            let mut bounds = Bounds::default();
            let step = seconds * 1_000_000 / jitter.len() as i64;
            for (place, &late) in jitter.iter().enumerate() {
                bounds.observe(observe(place as i64 * step, 100 + late, 2_100 - late, server), Span::ZERO);
            }
            let fit = bounds.fit().expect("a constant drift fits");
            for place in 0..jitter.len() as i64 {
                let page = place * step + 1_000;
                let off = on_page(&fit, ServerTime(server(page))) - Time(page);
                prop_assert!(off.abs() <= fit.uncertainty + Span(3), "{} off, {:?}", off, fit);
            }
        }
    }

    #[test]
    fn a_coarse_clock_that_rounds_down_does_not_invent_a_contradiction() {
        let mut bounds = Bounds::default();
        for at in 0..200 {
            let exact = observe(at * 1_037, 40, 50, |page| page);
            let coarse = |time: Time| Time(time.0 / 100 * 100);
            let (page_sent, page_received) = (coarse(exact.page_sent), coarse(exact.page_received));
            bounds.observe(Observation { page_sent, page_received, ..exact }, Span(100));
        }
        let fit = bounds.fit().expect("it fits");
        assert!(fit.offset.abs() <= fit.uncertainty && fit.drift_ppm == 0.0, "{fit:?}");
    }

    #[test]
    fn without_observations_or_sense_there_is_no_fit() {
        assert_eq!(Bounds::default().fit(), None);
        let mut bounds = Bounds::default();
        bounds.observe(observe(0, 10, 10, |page| page), Span::ZERO);
        bounds.observe(observe(1_000, 10, 10, |page| page + 500_000), Span::ZERO);
        bounds.observe(observe(2_000, 10, 10, |page| page), Span::ZERO);
        assert_eq!((bounds.fit(), bounds.quick_fit()), (None, None));
    }
}
