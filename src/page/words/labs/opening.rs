//! The words of the lab `opening`.

use super::{LabWords, Prediction};
use crate::analysis::judgement::opening::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "Handshakes and connections",
    question: "How many connections do requests need, and how does a WebSocket come to be?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[],
    choices: &[],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
