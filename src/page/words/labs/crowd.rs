//! The words of the lab `crowd`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::crowd::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "Many clients, one server",
    question: "Many clients speak with one server at once.",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
