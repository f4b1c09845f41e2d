//! Long silences: stretches in which nothing was under way, much longer than it usually takes until something
//! has arrived.

use crate::drawing::axis::{Fixed, FixedStretch};
use crate::trace::{Message, Span, Time, Trace};

/// The height of a silence that is shrunk, in pixels.
const HEIGHT: f64 = 30.0;
/// A silence is long if it takes so many times as long as messages are under way at a stretch, on average.
const LONG: i64 = 4;
/// Nothing shorter is told apart: so many steps of the clock.
const STEPS: i64 = 20;

/// The long silences of a run, of whichever protocol, in order and apart from one another. Given is from when to
/// when each message was under way, and what else happened, on the clock of the axis.
pub(super) fn silences(
    trace: &Trace,
    under_way: impl Fn(&Message) -> Option<(Time, Time)>,
    events: impl Iterator<Item = Time>,
) -> Vec<FixedStretch> {
    let mut busy: Vec<(Time, Time)> = trace.messages.iter().filter_map(under_way).collect();
    busy.sort_unstable();
    let mut spells: Vec<(Time, Time)> = Vec::new();
    for (from, until) in busy {
        match spells.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => spells.push((from, until)),
        }
    }
    let origin = trace.circumstances.origin;
    let typical = spells.iter().map(|spell| (spell.1 - spell.0).0).sum::<i64>() / spells.len().max(1) as i64;
    let long = (LONG * typical).max(STEPS * trace.circumstances.resolution.0).max(8);
    // What is next to a silence keeps a little room.
    let room = Span(long / 8);
    spells.extend(events.map(|at| (at, at)));
    spells.sort_unstable();
    let mut reached = origin;
    for (from, until) in &mut spells {
        // What happens while something is under way ends no silence.
        (*from, *until) = ((*from).max(reached), (*until).max(reached));
        reached = *until;
    }
    let begins = std::iter::once(origin).chain(spells.iter().map(|spell| spell.1));
    let gaps = begins.zip(&spells).filter(|(from, next)| (next.0 - *from).0 > long);
    let shrunk = gaps.map(|(from, next)| (from + room, next.0 - room)).filter(|(from, until)| until > from);
    shrunk
        .map(|(from, until)| FixedStretch { from: from.max(origin), until, px: HEIGHT, why: Fixed::Silence })
        .collect()
}
