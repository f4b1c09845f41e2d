//! Costs that grow with each message, and where two of them cross.

use serde::{Deserialize, Serialize};

use super::exact::Exact;

/// What a session has cost after some messages. Nothing is opened before it is needed: after no message it is
/// nothing, and from the first on a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Paid once, with the first message.
    pub opening: Exact,
    /// Paid with each message, in the mean.
    pub per_message: Exact,
}

/// From which message on one line is below another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crossing {
    /// From the first message on.
    Always,
    /// From this message on (2 or more), and not at the one before.
    From(u32),
    /// Not to stay: not up to message 4,294,967,295.
    Never,
}

impl Line {
    /// What it has come to after so many messages.
    #[must_use]
    pub fn at(&self, messages: u32) -> Exact {
        if messages == 0 { Exact::ZERO } else { self.after(messages.into()) }
    }

    /// What a session of so many messages comes to; less than one is an expectation.
    #[must_use]
    pub fn after(&self, messages: Exact) -> Exact {
        self.opening.plus(self.per_message.times(messages))
    }

    /// The smallest number of messages from which on this line is always below the other.
    #[must_use]
    pub fn below(&self, other: &Self) -> Crossing {
        let below = |messages: u32| self.at(messages) < other.at(messages);
        let stays = self.per_message <= other.per_message;
        if !stays || !below(u32::MAX) {
            return Crossing::Never;
        }
        // The difference never grows again, so once below is below for good.
        let (mut above, mut least) = (0, u32::MAX);
        while least - above > 1 {
            let middle = above + (least - above) / 2;
            if below(middle) { least = middle } else { above = middle }
        }
        if least == 1 { Crossing::Always } else { Crossing::From(least) }
    }

    pub(super) fn new(opening: impl Into<Exact>, per_message: impl Into<Exact>) -> Self {
        Self { opening: opening.into(), per_message: per_message.into() }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(self.opening.plus(other.opening), self.per_message.plus(other.per_message))
    }

    /// Of each message only this part costs; of none, there is no opening either.
    pub(super) fn for_part(self, part: Exact) -> Self {
        let opening = if part == Exact::ZERO { Exact::ZERO } else { self.opening };
        Self::new(opening, self.per_message.times(part))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_handshake_of_600_bytes_pays_for_itself_with_the_second_message() {
        let (web_socket, http) = (Line::new(600u32, 8u32), Line::new(0u32, 430u32));
        assert_eq!((web_socket.at(0), web_socket.at(1), http.at(1)), (0u32.into(), 608u32.into(), 430u32.into()));
        assert_eq!((web_socket.at(2), http.at(2)), (616u32.into(), 860u32.into()));
        assert_eq!(web_socket.below(&http), Crossing::From(2));
        assert_eq!(http.below(&web_socket), Crossing::Never);
    }

    #[test]
    fn equal_costs_are_not_below() {
        let line = Line::new(3u32, 4u32);
        assert_eq!(line.below(&line), Crossing::Never);
        assert_eq!(line.below(&Line::new(4u32, 4u32)), Crossing::Always);
        // 10 + n is 2n at 10, and below from 11 on.
        assert_eq!(Line::new(10u32, 1u32).below(&Line::new(0u32, 2u32)), Crossing::From(11));
    }

    proptest! {
        #[test]
        fn a_crossing_is_where_counting_finds_it(
            openings in [0u32..500, 0u32..500], tops in [0u32..60, 0u32..60], unders in [1u32..7, 1u32..7],
        ) {
            let line = |i: usize| Line::new(openings[i], Exact::ratio(tops[i].into(), unders[i].into()));
            let (a, b) = (line(0), line(1));
            // Slopes differ by 1/42 or not at all, openings by less than 500: nothing happens after 21,000.
            let last_not_below = (1..=21_100u32).rev().find(|&n| a.at(n) >= b.at(n));
            let expected = match last_not_below {
                None => Crossing::Always,
                Some(21_100) => Crossing::Never,
                Some(n) => Crossing::From(n + 1),
            };
            prop_assert_eq!(a.below(&b), expected);
        }

        #[test]
        fn a_crossing_does_not_depend_on_the_unit(
            openings in [0u32..5_000, 0u32..5_000], slopes in [0u32..600, 0u32..600], scale in 1u32..1_000,
        ) {
            let line = |i: usize, scale: u32| Line::new(openings[i] * scale, slopes[i] * scale);
            prop_assert_eq!(line(0, 1).below(&line(1, 1)), line(0, scale).below(&line(1, scale)));
        }
    }
}
