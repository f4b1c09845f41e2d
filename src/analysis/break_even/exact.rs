//! Exact amounts: fractions of whole numbers, never negative. Where two lines cross is asked to the
//! message, and floating point would answer one message too early or too late.

use std::cmp::Ordering;
use std::fmt;

/// An amount, exactly: bytes, microseconds, or messages.
///
/// The parts are far from the limits of their type, since figures are below
/// [`MOST`](super::MOST), and sliders and policies are held to their ranges.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    top: u128,
    under: u128,
}

/// An amount that fits, says who calls.
const FITS: &str = "figures, sliders and policies are limited so that amounts fit";

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { top: 0, under: 1 };
    /// One.
    pub const ONE: Self = Self { top: 1, under: 1 };

    /// `top` divided by `under`; by at least one.
    pub(super) const fn ratio(top: u128, under: u128) -> Self {
        let under = if under == 0 { 1 } else { under };
        let common = common(top, under);
        Self { top: top / common, under: under / common }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let common = common(self.under, other.under);
        let (left, right) = (other.under / common, self.under / common);
        let sum = self.top.checked_mul(left).zip(other.top.checked_mul(right)).and_then(|(a, b)| a.checked_add(b));
        Self::ratio(sum.expect(FITS), self.under.checked_mul(left).expect(FITS))
    }

    pub(super) fn times(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        // Reduced crosswise first, so that the products are the least they can be.
        let (left, right) = (Self::ratio(self.top, other.under), Self::ratio(other.top, self.under));
        let top = left.top.checked_mul(right.top).expect(FITS);
        Self { top, under: left.under.checked_mul(right.under).expect(FITS) }
    }

    /// Divided by something; by nothing: unchanged.
    pub(super) fn per(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        if other.top == 0 { self } else { self.times(Self { top: other.under, under: other.top }) }
    }

    /// The whole number below or at it.
    #[must_use]
    pub const fn floor(self) -> u128 {
        self.top / self.under
    }

    /// How many times a period has gone by strictly before this much time has.
    pub(super) fn periods_before(self, period: Self) -> u32 {
        let times = self.per(period);
        let whole = if times.top.is_multiple_of(times.under) { times.floor().saturating_sub(1) } else { times.floor() };
        u32::try_from(whole).unwrap_or(u32::MAX)
    }

    /// For drawing and for words: the nearest number that floating point has.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        let rest = self.top % self.under;
        self.floor() as f64 + rest as f64 / self.under as f64
    }
}

impl From<u64> for Exact {
    fn from(whole: u64) -> Self {
        Self { top: whole.into(), under: 1 }
    }
}

impl From<u32> for Exact {
    fn from(whole: u32) -> Self {
        u64::from(whole).into()
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.under == 1 { write!(out, "{}", self.top) } else { write!(out, "{}/{}", self.top, self.under) }
    }
}

impl Ord for Exact {
    /// By whole parts, and where these are equal by what remains, turned over: no product, so no overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (*self, *other);
        let mut turned = false;
        loop {
            let whole = a.floor().cmp(&b.floor());
            let (left, right) = (a.top % a.under, b.top % b.under);
            let order = match (whole, left, right) {
                (Ordering::Less | Ordering::Greater, ..) => whole,
                (_, 0, 0) => Ordering::Equal,
                (_, 0, _) => Ordering::Less,
                (_, _, 0) => Ordering::Greater,
                _ => {
                    (a, b) = (Self { top: a.under, under: left }, Self { top: b.under, under: right });
                    turned = !turned;
                    continue;
                }
            };
            return if turned { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest common divisor; 1 for twice nothing.
const fn common(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if a == 0 { 1 } else { a }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fractions_add_and_multiply_as_by_hand() {
        let (half, third) = (Exact::ratio(1, 2), Exact::ratio(2, 6));
        assert_eq!(half.plus(third), Exact::ratio(5, 6));
        assert_eq!(half.times(third), Exact::ratio(1, 6));
        assert_eq!(half.per(third), Exact::ratio(3, 2));
        assert_eq!(format!("{:?} {:?}", Exact::from(7u32), third), "7 1/3");
    }

    #[test]
    fn a_period_that_ends_with_the_time_is_not_before_its_end() {
        let before = |time: u32, period: u32| Exact::from(time).periods_before(Exact::from(period));
        assert_eq!([before(59, 30), before(60, 30), before(61, 30), before(10, 30)], [1, 1, 2, 0]);
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_products(a in 0u64.., b in 1u64.., c in 0u64.., d in 1u64..) {
            let [a, b, c, d] = [a, b, c, d].map(u128::from);
            prop_assert_eq!(Exact::ratio(a, b).cmp(&Exact::ratio(c, d)), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn floating_point_is_near(top in 0u64.., under in 1u64..) {
            let exact = Exact::ratio(top.into(), under.into()).as_f64();
            let near = top as f64 / under as f64;
            prop_assert!((exact - near).abs() <= near * 1e-12);
        }
    }
}
