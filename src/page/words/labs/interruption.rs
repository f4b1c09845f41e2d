//! The words of the lab `interruption`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::interruption::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "What gets lost",
    question: "Connections break. What is lost, and who notices?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
