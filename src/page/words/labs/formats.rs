//! The words of the lab `formats`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::formats::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "What may be carried",
    question: "Text, images, any bytes: what may each protocol carry?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
