//! The words of the lab `closing`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::closing::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "How it ends",
    question: "A connection ends: by the page, by the server, or by neither.",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
