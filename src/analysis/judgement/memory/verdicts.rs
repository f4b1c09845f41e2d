//! What the claims on memory come to.

use super::Stretch;
use super::reading::{Rests, Run, Told};
use crate::analysis::judgement::{Claim, Outcome, Verdict};
use crate::wire::MemoryState;

/// HTTP is stateless: an answer depends on nothing but what its request carries.
pub(super) fn stateless(run: &Run<'_>) -> Verdict {
    let mut reasons = run.over_http();
    let missing: Vec<_> =
        [Stretch::WithoutToken, Stretch::WithToken].into_iter().filter_map(|stretch| run.missing(stretch)).collect();
    let remembers = run.not_from_request().is_some() || run.unequal_answers().is_some();
    let outcome = match () {
        () if remembers => Outcome::Refuted,
        () if missing.is_empty() && run.equal_answers().is_some() => Outcome::Supported,
        () => Outcome::NotMeasured,
    };
    reasons.extend(missing);
    Verdict { claim: Claim::C10, outcome, reasons }
}

/// WebSocket is stateful: the server remembers within the connection, and forgets when it ends.
pub(super) fn stateful(run: &Run<'_>) -> Verdict {
    let mut reasons = run.over_websocket();
    let rests = run.rests();
    let any = |wanted: Rests| rests.iter().any(|(_, rests, _)| *rests == wanted);
    let begins_anew = run.anew.first().and_then(Told::before).map(|before| before == MemoryState::default());
    let outcome = match (any(Rests::Connection), any(Rests::Command), any(Rests::Other)) {
        (false, true, false) => Outcome::Refuted,
        (false, false, false) => Outcome::NotMeasured,
        // It remembers, but not by the connection alone, or not always.
        (_, true, _) | (_, _, true) => Outcome::Depends,
        (true, false, false) => match begins_anew {
            Some(true) => Outcome::Supported,
            // It remembers, and not by the connection.
            Some(false) => Outcome::Depends,
            None => Outcome::NotMeasured,
        },
    };
    reasons
        .extend([Stretch::Connection, Stretch::NewConnection].into_iter().filter_map(|stretch| run.missing(stretch)));
    Verdict { claim: Claim::C11, outcome, reasons }
}
