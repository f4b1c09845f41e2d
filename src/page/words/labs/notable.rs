//! The words of what is unusual in a run.

use crate::analysis::judgement::notable::Fact;

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
