//! The words of the lab `exchange`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::exchange::Fact;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "The same conversation, twice",
    question: "A page says something, and the server says it back: once over HTTP, as a request with its response, and once over a WebSocket, as two messages on a connection that stays open. What does each need for it, and how long does it take?",
    prediction: Prediction { asks: "", choices: &[] },
    parameters: &[
        ParameterWords { name: "messages", label: "Messages", hint: "" },
        ParameterWords { name: "size", label: "Size", hint: "" },
        ParameterWords { name: "interval", label: "Interval", hint: "" },
        ParameterWords { name: "connection", label: "HTTP connection", hint: "asked of the server" },
    ],
    choices: &[("connection", "close", "close each time")],
};

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match *fact {}
}
