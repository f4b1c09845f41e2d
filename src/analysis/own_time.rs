//! A protocol's *own time*: the wall clock without the stretches that do not belong to it, which are
//! the other protocol's turns and the page's drawing.

use crate::trace::{Span, Time};

/// Stretches of wall time that are cut out, in order and apart from one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    cuts: Vec<Cut>,
}

/// One stretch, and what was cut out before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    from: Time,
    until: Time,
    /// All that earlier cuts took away.
    before: Span,
}

impl Cuts {
    /// Cuts a stretch out. Stretches may come in any order, and overlap; what is cut twice counts once.
    pub fn push(&mut self, from: Time, until: Time) {
        if until <= from {
            return;
        }
        let first = self.cuts.partition_point(|cut| cut.until < from);
        let end = self.cuts.partition_point(|cut| cut.from <= until);
        let touched = &self.cuts[first..end];
        let from = touched.first().map_or(from, |cut| cut.from.min(from));
        let until = touched.last().map_or(until, |cut| cut.until.max(until));
        self.cuts.splice(first..end, [Cut { from, until, before: Span::ZERO }]);
        // Most come in order, so this is the last one.
        for place in first..self.cuts.len() {
            self.cuts[place].before = self.before(place);
        }
    }

    /// All that the cuts before this place take away.
    fn before(&self, place: usize) -> Span {
        match place.checked_sub(1).map(|place| self.cuts[place]) {
            None => Span::ZERO,
            Some(last) => last.before + (last.until - last.from),
        }
    }

    /// The first and the last point of wall time that lie at a point of own time: two only where something is cut
    /// out.
    #[must_use]
    pub fn wall(&self, own: Time) -> (Time, Time) {
        let place = self.cuts.partition_point(|cut| cut.from - cut.before < own);
        let first = own + self.before(place);
        match self.cuts.get(place) {
            Some(cut) if cut.from == first => (first, cut.until),
            _ => (first, first),
        }
    }

    /// Where a point of wall time lies in own time. A point within a cut lies at the cut.
    #[must_use]
    pub fn own(&self, wall: Time) -> Time {
        let next = self.cuts.partition_point(|cut| cut.from < wall);
        match next.checked_sub(1).map(|index| self.cuts[index]) {
            None => wall,
            Some(cut) => cut.from.max(wall - (cut.until - cut.from)) - cut.before,
        }
    }

    /// The cuts between two points of own time: where each lies in own time, and how much it took
    /// away.
    pub fn between(&self, from: Time, until: Time) -> impl Iterator<Item = (Time, Span)> {
        let own = |cut: &Cut| cut.from - cut.before;
        let first = self.cuts.partition_point(|cut| own(cut) < from);
        let cuts = self.cuts[first..].iter().take_while(move |cut| own(cut) <= until);
        cuts.map(move |cut| (own(cut), cut.until - cut.from))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cuts(stretches: &[(i64, i64)]) -> Cuts {
        let mut cuts = Cuts::default();
        for &(from, until) in stretches {
            cuts.push(Time(from), Time(until));
        }
        cuts
    }

    #[test]
    fn what_lies_after_a_cut_moves_up_by_its_length() {
        let cuts = cuts(&[(10, 20), (30, 35)]);
        let own: Vec<i64> = [0, 10, 15, 20, 25, 30, 33, 35, 40].map(|wall| cuts.own(Time(wall)).0).into();
        assert_eq!(own, [0, 10, 10, 10, 15, 20, 20, 20, 25]);
    }

    #[test]
    fn overlapping_cuts_count_once() {
        let cuts = cuts(&[(10, 20), (15, 25)]);
        assert_eq!(cuts.own(Time(30)), Time(15));
        assert_eq!(cuts.between(Time(0), Time(99)).collect::<Vec<_>>(), [(Time(10), Span(15))]);
        assert_eq!(cuts.between(Time(11), Time(99)).count(), 0);
    }

    proptest! {
        #[test]
        fn own_time_never_runs_backwards_and_leaves_out_exactly_the_cuts(
            lengths in prop::collection::vec((1i64..100, 0i64..100), 0..30),
            points in prop::collection::vec(0i64..4_000, 2..20),
        ) {
            let mut cuts = Cuts::default();
            let (mut at, mut gone) = (0, 0);
            for (kept, cut) in lengths {
                at += kept;
                cuts.push(Time(at), Time(at + cut));
                at += cut;
                gone += cut;
            }
            prop_assert_eq!(cuts.own(Time(at + 10)), Time(at + 10 - gone));
            for &point in &points {
                let (first, last) = cuts.wall(Time(point));
                prop_assert!(first <= last && cuts.own(first) == Time(point) && cuts.own(last) == Time(point));
                prop_assert!(cuts.own(first - Span(1)) < Time(point) && cuts.own(last + Span(1)) > Time(point));
            }
            let mut points = points;
            points.sort_unstable();
            let own: Vec<Time> = points.iter().map(|&point| cuts.own(Time(point))).collect();
            prop_assert!(own.is_sorted());
        }

        #[test]
        fn whatever_the_order_in_which_they_come_the_same_is_cut(
            stretches in prop::collection::vec((0i64..200, 0i64..40), 0..20),
            points in prop::collection::vec(0i64..300, 1..20),
        ) {
            let stretches: Vec<_> = stretches.into_iter().map(|(from, long)| (from, from + long)).collect();
            let cuts = cuts(&stretches);
            for point in points {
                let gone = (0..point).filter(|at| stretches.iter().any(|(from, until)| (*from..*until).contains(at)));
                prop_assert_eq!(cuts.own(Time(point)), Time(point - gone.count() as i64));
            }
        }
    }
}
