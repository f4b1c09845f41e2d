//! Whose turn it is, where those that want one can only shout to each other and any of them may vanish: each asks, and
//! goes ahead if nobody objects for a while. Whoever has the turn objects, and so does whoever has waited longer. One that
//! has vanished objects no more, so nobody waits for it for ever. Pure: the shouting and the waiting are somebody else's
//! (after Ricart and Agrawala, “An optimal algorithm for mutual exclusion in computer networks”, 1981, with silence in
//! place of consent).

use serde::{Deserialize, Serialize};

/// How long somebody has waited: the least is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticket {
    /// Since when, in ms since 1970-01-01 UTC; all read the same machine's clock.
    pub since: u64,
    /// Whose: tells two of the same time apart.
    pub id: u32,
}

/// What is shouted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shout {
    /// Somebody wants the turn.
    Wants(Ticket),
    /// Somebody else shall wait: the owner of this ticket.
    Objects(Ticket),
    /// A turn is over, or given up.
    Over,
}

/// One that wants the turn, or has it.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    ticket: Ticket,
    has: bool,
    objected: bool,
}

impl Contender {
    /// One that has yet to ask.
    #[must_use]
    pub const fn new(ticket: Ticket) -> Self {
        Self { ticket, has: false, objected: false }
    }

    /// Asks, once more perhaps: what to shout.
    pub const fn ask(&mut self) -> Shout {
        self.objected = false;
        Shout::Wants(self.ticket)
    }

    /// Takes in what another one shouts, and gives what to shout back.
    pub fn hear(&mut self, shout: Shout) -> Option<Shout> {
        match shout {
            Shout::Wants(other) if self.has || self.ticket < other => Some(Shout::Objects(other)),
            Shout::Wants(_) => {
                self.objected = true;
                None
            }
            Shout::Objects(whom) => {
                self.objected |= whom == self.ticket && !self.has;
                None
            }
            Shout::Over => None,
        }
    }

    /// A while has gone by since it asked: takes the turn, unless somebody objected. Says whether it has it.
    pub const fn take(&mut self) -> bool {
        self.has = self.has || !self.objected;
        self.has
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contender(since: u64, id: u32) -> Contender {
        Contender::new(Ticket { since, id })
    }

    /// All that are there hear what one shouts, and it hears them.
    fn shout(all: &mut [Option<Contender>], from: usize, shout: Shout) {
        let mut back = Vec::new();
        for (place, other) in all.iter_mut().enumerate().filter(|(place, _)| *place != from) {
            back.extend(other.as_mut().and_then(|other| other.hear(shout)).map(|shout| (place, shout)));
        }
        for (replier, reply) in back {
            for (_, other) in all.iter_mut().enumerate().filter(|(place, _)| *place != replier) {
                assert!(other.as_mut().and_then(|other| other.hear(reply)).is_none(), "nobody replies to a reply");
            }
        }
    }

    #[test]
    fn alone_one_goes_ahead() {
        let mut one = contender(5, 1);
        one.ask();
        assert!(one.take());
    }

    #[test]
    fn who_has_the_turn_keeps_it_though_another_ticket_is_older() {
        let mut all = [Some(contender(5, 1)), Some(contender(4, 2))];
        all[0].as_mut().expect("it is there").ask();
        assert!(all[0].as_mut().expect("it is there").take());
        let asked = all[1].as_mut().expect("it is there").ask();
        shout(&mut all, 1, asked);
        assert!(!all[1].as_mut().expect("it is there").take() && all[0].as_mut().expect("it is there").take());
    }

    #[test]
    fn who_vanishes_is_not_waited_for() {
        let mut all = [Some(contender(1, 1)), Some(contender(2, 2))];
        all[0].as_mut().expect("it is there").ask();
        assert!(all[0].as_mut().expect("it is there").take());
        all[0] = None;
        let asked = all[1].as_mut().expect("it is there").ask();
        shout(&mut all, 1, asked);
        assert!(all[1].as_mut().expect("it is there").take());
    }

    proptest! {
        /// However asking, taking and vanishing interleave, as long as each is heard before it is decided upon.
        #[test]
        fn never_have_two_the_turn_and_the_turn_always_goes_on(
            times in proptest::collection::vec(0u64..4, 2..6),
            steps in proptest::collection::vec((0usize..6, 0u8..3), 0..60),
        ) {
            let mut all: Vec<_> = times.iter().zip(0..).map(|(since, id)| Some(contender(*since, id))).collect();
            let mut asked = vec![false; all.len()];
            for (place, step) in steps {
                let place = place % all.len();
                let Some(one) = all[place].as_mut() else { continue };
                match step {
                    0 => {
                        let wants = one.ask();
                        shout(&mut all, place, wants);
                        asked[place] = true;
                    }
                    1 if asked[place] => {
                        one.take();
                    }
                    _ if one.has => all[place] = None,
                    _ => {}
                }
                prop_assert!(all.iter().flatten().filter(|one| one.has).count() <= 1);
            }
            // Whoever is left gets its turn, the longest waiting first.
            all.retain(|one| one.is_none_or(|one| !one.has));
            while all.iter().any(Option::is_some) {
                for place in 0..all.len() {
                    if let Some(one) = all[place].as_mut() {
                        let wants = one.ask();
                        shout(&mut all, place, wants);
                    }
                }
                let least = all.iter().flatten().map(|one| one.ticket).min().expect("there is one");
                let taken: Vec<_> = all.iter_mut().flatten().filter_map(|one| one.take().then_some(one.ticket)).collect();
                prop_assert_eq!(taken, vec![least]);
                all.retain(|one| one.is_some_and(|one| !one.has));
            }
        }
    }
}
