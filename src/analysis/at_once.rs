//! How many of several things went on at the same time. In come the stretches that they took, on one clock; a
//! stretch does not count any more at the moment at which it ends, so what follows directly does not overlap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The most stretches that went on at the same time. One that ends as it begins counts at its beginning.
pub(super) fn most_at_once<T: Ord + Copy>(stretches: impl IntoIterator<Item = (T, T)>) -> usize {
    let mut stretches: Vec<(T, T)> = stretches.into_iter().collect();
    stretches.sort_unstable();
    let mut ends = BinaryHeap::new();
    let mut most = 0;
    for (from, until) in stretches {
        while ends.peek().is_some_and(|Reverse(end)| *end <= from) {
            ends.pop();
        }
        ends.push(Reverse(until));
        most = most.max(ends.len());
    }
    most
}

/// When at least so many of the stretches went on, in order and apart from one another.
pub(super) fn while_at_least<T: Ord + Copy>(count: usize, stretches: impl IntoIterator<Item = (T, T)>) -> Vec<(T, T)> {
    // Of what happens at the same time, ends come first.
    let mut steps: Vec<(T, bool)> = stretches
        .into_iter()
        .filter(|(from, until)| from < until)
        .flat_map(|(from, until)| [(from, true), (until, false)])
        .collect();
    steps.sort_unstable();
    let (mut going_on, mut since, mut found) = (0, None, Vec::<(T, T)>::new());
    for (at, begins) in steps {
        if begins {
            going_on += 1;
        } else {
            going_on -= 1;
        }
        match since {
            None if going_on >= count => since = Some(at),
            Some(from) if going_on < count => {
                since = None;
                match found.last_mut() {
                    // One ended and the next began at the same moment.
                    Some((_, until)) if *until == from => *until = at,
                    _ => found.push((from, at)),
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_follows_directly_does_not_overlap() {
        assert_eq!(most_at_once([(0, 10), (10, 20), (20, 30)]), 1);
        assert_eq!(most_at_once([(0, 10), (9, 20), (5, 9)]), 2);
        assert_eq!(most_at_once(Vec::<(i64, i64)>::new()), 0);
        assert_eq!(most_at_once([(3, 3)]), 1);
    }

    #[test]
    fn stretches_that_hand_over_to_one_another_are_one() {
        let stretches = [(0, 10), (0, 30), (10, 20), (25, 40)];
        assert_eq!(while_at_least(2, stretches), [(0, 20), (25, 30)]);
        assert_eq!(while_at_least(3, stretches), []);
    }

    proptest! {
        #[test]
        fn counting_moment_by_moment_finds_the_same(
            stretches in prop::collection::vec((0i64..60, 1i64..30), 0..20), count in 1usize..5,
        ) {
            let stretches: Vec<(i64, i64)> = stretches.into_iter().map(|(from, long)| (from, from + long)).collect();
            let at = |moment: i64| stretches.iter().filter(|(from, until)| (*from..*until).contains(&moment)).count();
            prop_assert_eq!(most_at_once(stretches.clone()), (0..90).map(at).max().unwrap_or(0));
            let found = while_at_least(count, stretches.clone());
            for moment in 0..90 {
                let within = found.iter().any(|(from, until)| (*from..*until).contains(&moment));
                prop_assert_eq!(within, at(moment) >= count, "at {}", moment);
            }
        }
    }
}
