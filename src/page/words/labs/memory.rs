//! The words of the lab `memory`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::memory::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "Who remembers",
    question: "A counter and a cart, spoken to by two clients: who remembers them?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
