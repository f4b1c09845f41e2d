//! What each lab asks, what its settings are called, and what its facts say: one file a lab.

pub mod closing;
pub mod crowd;
pub mod duplex;
pub mod exchange;
pub mod formats;
pub mod interruption;
pub mod memory;
pub mod notable;
pub mod opening;

use crate::analysis::Fact;
use crate::lab::Lab;

/// What a lab says before it has run.
pub struct LabWords {
    /// Its heading.
    pub title: &'static str,
    /// What it is about, in a paragraph.
    pub question: &'static str,
    /// What to think about before the run.
    pub prediction: Prediction,
    /// What its parameters are called.
    pub parameters: &'static [ParameterWords],
    /// What the options of its choices are called: the parameter, the option, and its words.
    pub choices: &'static [(&'static str, &'static str, &'static str)],
}

/// A question that the run will answer.
pub struct Prediction {
    /// The question.
    pub asks: &'static str,
    /// In the order in which the judgement numbers them.
    pub choices: &'static [&'static str],
}

/// What a parameter is called.
pub struct ParameterWords {
    /// Its name in links.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// A few words beside its range; may be empty.
    pub hint: &'static str,
}

/// A lab's name in the list of labs.
pub const fn name(lab: Lab) -> &'static str {
    match lab {
        Lab::Exchange => "Exchange",
        Lab::Opening => "Opening",
        Lab::Duplex => "Who speaks",
        Lab::Memory => "Memory",
        Lab::Formats => "Formats",
        Lab::Interruption => "Interruption",
        Lab::Closing => "Closing",
        Lab::Crowd => "Crowd",
    }
}

/// A lab's words.
pub const fn of(lab: Lab) -> &'static LabWords {
    match lab {
        Lab::Exchange => &exchange::WORDS,
        Lab::Opening => &opening::WORDS,
        Lab::Duplex => &duplex::WORDS,
        Lab::Memory => &memory::WORDS,
        Lab::Formats => &formats::WORDS,
        Lab::Interruption => &interruption::WORDS,
        Lab::Closing => &closing::WORDS,
        Lab::Crowd => &crowd::WORDS,
    }
}

/// What a fact says, in a sentence or two.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Notable(fact) => notable::fact(fact),
        Fact::Exchange(fact) => exchange::fact(fact),
        Fact::Opening(fact) => opening::fact(fact),
        Fact::Duplex(fact) => duplex::fact(fact),
        Fact::Memory(fact) => memory::fact(fact),
        Fact::Formats(fact) => formats::fact(fact),
        Fact::Interruption(fact) => interruption::fact(fact),
        Fact::Closing(fact) => closing::fact(fact),
        Fact::Crowd(fact) => crowd::fact(fact),
    }
}

impl LabWords {
    /// What a parameter is called, and a few words about it.
    pub fn parameter(&self, name: &'static str) -> (&'static str, &'static str) {
        let own = self.parameters.iter().find(|words| words.name == name);
        own.or_else(|| COMMON.iter().find(|words| words.name == name))
            .map_or((name, ""), |words| (words.label, words.hint))
    }

    /// What an option of a choice is called.
    pub fn option(&self, name: &str, option: &'static str) -> &'static str {
        let found = self.choices.iter().find(|(parameter, value, _)| *parameter == name && *value == option);
        found.map_or(option, |(.., words)| words)
    }
}

/// Parameters that all labs have.
const COMMON: &[ParameterWords] = &[
    ParameterWords { name: "connect-timeout", label: "WebSocket opens within", hint: "" },
    ParameterWords { name: "reply-timeout", label: "Reply within", hint: "" },
];
