//! Points and lengths of time, in whole microseconds.
//!
//! A microsecond is finer than any clock that a page can read (5 µs at best), and integers compare,
//! sort and travel through a file unchanged.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// A point on the page's clock: microseconds since its time origin (High Resolution Time §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A point on a server's clock: microseconds since that server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerTime(pub i64);

/// A length of time in microseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Time {
    /// From the milliseconds that `performance.now()` and Resource Timing give.
    #[must_use]
    pub fn from_millis(millis: f64) -> Self {
        Self((millis * 1000.0).round() as i64)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u32) -> Self {
        Self(millis as i64 * 1000)
    }

    /// In milliseconds.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// In words, as far as a clock of this resolution can tell: what is shorter reads `< 5 µs`.
    #[must_use]
    pub fn known_to(self, resolution: Self) -> String {
        if self < resolution { format!("< {resolution}") } else { self.to_string() }
    }

    /// Without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl fmt::Display for Span {
    /// With a fitting unit: `250 µs`, `1.25 ms`, `12.5 ms`, `1.25 s`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.abs();
        let millis = self.as_millis();
        match magnitude {
            0..=999 => write!(out, "{} µs", self.0),
            1_000..=9_999 => write!(out, "{millis:.2} ms"),
            10_000..=99_999 => write!(out, "{millis:.1} ms"),
            100_000..=999_999 => write!(out, "{millis:.0} ms"),
            1_000_000..=59_999_999 => write!(out, "{:.2} s", millis / 1000.0),
            _ => write!(out, "{:.1} min", millis / 60_000.0),
        }
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0 + span.0)
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0 - span.0)
    }
}

impl Sub for Time {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl Sub for ServerTime {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_with_a_fitting_unit() {
        let written: Vec<String> =
            [5, 999, 1_250, 12_500, 125_000, 1_250_000, 90_000_000].map(|micros| Span(micros).to_string()).into();
        assert_eq!(written, ["5 µs", "999 µs", "1.25 ms", "12.5 ms", "125 ms", "1.25 s", "1.5 min"]);
    }

    #[test]
    fn what_the_clock_cannot_tell_reads_less_than_its_resolution() {
        assert_eq!(Span(0).known_to(Span(100)), "< 100 µs");
        assert_eq!(Span(100).known_to(Span(100)), "100 µs");
    }

    #[test]
    fn milliseconds_of_the_browser_become_microseconds() {
        assert_eq!(Time::from_millis(1234.565), Time(1_234_565));
    }
}
