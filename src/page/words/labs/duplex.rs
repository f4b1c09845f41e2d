//! The words of the lab `duplex`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::duplex::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "Who may speak",
    question: "A server has news. How does it reach the page?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
