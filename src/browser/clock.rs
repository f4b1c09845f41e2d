//! The page's clock. The one file of the page that reads it.

use crate::trace::{Span, Time};

/// Now: `performance.now()` (High Resolution Time §7), a monotonic clock whose origin is the page's
/// navigation.
#[must_use]
pub fn now() -> Time {
    Time::from_millis(performance().now())
}

/// The machine's own clock: ms since 1970-01-01 UTC.
#[must_use]
pub fn wall_clock() -> f64 {
    wall_clock_at(now())
}

/// What the machine's own clock showed at a moment of the page's, in ms since 1970-01-01 UTC
/// (`performance.timeOrigin`, High Resolution Time §7).
#[must_use]
pub fn wall_clock_at(moment: Time) -> f64 {
    performance().time_origin() + moment.0 as f64 / 1_000.0
}

/// The resolution of the page's clock, as probed: the least step that it makes, at least 1 µs. Takes
/// a few steps of the clock, at most some milliseconds.
#[must_use]
pub fn resolution() -> Span {
    let performance = performance();
    let mut least = f64::INFINITY;
    let began = performance.now();
    let mut last = began;
    for _ in 0..20 {
        let mut next = performance.now();
        while next <= last {
            next = performance.now();
        }
        least = least.min(next - last);
        last = next;
        if next - began > 30.0 {
            break;
        }
    }
    Span(((least * 1000.0).round() as i64).max(1))
}

fn performance() -> web_sys::Performance {
    web_sys::window().and_then(|window| window.performance()).expect("a page has a window with a clock")
}
