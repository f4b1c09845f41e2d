//! Reads every sentence: one or more samples of each fact of each lab, held against what a sentence has to be. A fact
//! without a sample does not compile.

mod closing_and_interruption;
mod crowd_and_memory;
mod duplex_and_formats;
mod exchange_and_notable;
mod inspector;
mod opening;

use serde_json::Value;

use super::{claims, labs};
use crate::analysis::judgement::Outcome;
use crate::analysis::{Claim, Fact, bytes_in_words};
use crate::lab::interruption::{FAULTS, WAIT};
use crate::lab::{Lab, ParameterError};
use crate::trace::Span;

/// A fact, and the names of those of its figures that its sentence leaves out.
struct Sample {
    fact: Fact,
    hidden: Vec<&'static str>,
}

/// Samples of one type's facts, by variant: with one missing, the match is not exhaustive.
macro_rules! samples {
    ($wrap:expr, $of:ident; $($variant:ident => [$($sample:expr $(, hiding $($hidden:literal)+)?);+ $(;)?]),+ $(,)?) => {{
        #[allow(clippy::match_same_arms, reason = "it is there to be exhaustive")]
        const fn each_has_one(fact: &$of) {
            match fact { $($of::$variant { .. } => {}),+ }
        }
        let wrap = $wrap;
        let mut all = Vec::new();
        $($(
            let fact: $of = $sample;
            each_has_one(&fact);
            let hidden: Vec<&str> = vec![$($($hidden),+)?];
            all.push($crate::words::tests::Sample { fact: wrap(fact), hidden });
        )+)+
        all
    }};
}
use samples;

/// A figure that no sentence states: how exactly the clock tells.
const NEVER_STATED: &str = "resolution";

/// The numbers in a fact, by name, without those that are hidden.
fn figures(name: &str, value: &Value, hidden: &[&str], found: &mut Vec<(String, i64)>) {
    if hidden.contains(&name) || name == NEVER_STATED {
        return;
    }
    match value {
        Value::Number(number) => found.extend(number.as_i64().map(|number| (name.to_owned(), number))),
        Value::Array(values) => values.iter().for_each(|value| figures(name, value, hidden, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| figures(name, value, hidden, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// In one of the ways in which a number may be told.
fn tells(sentence: &str, number: i64) -> bool {
    let number = number.abs();
    let mut ways = vec![number.to_string(), Span(number).to_string(), bytes_in_words(number.cast_unsigned())];
    ways.extend(
        ["never", "once", "twice"].get(usize::try_from(number).unwrap_or(usize::MAX)).map(|word| (*word).to_owned()),
    );
    ways.iter().any(|way| {
        // As a word of its own: 12 is not told by 512.
        sentence.match_indices(way.as_str()).any(|(at, _)| {
            let before = sentence[..at].chars().next_back();
            let after = sentence[at + way.len()..].chars().next();
            let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            is_apart(before) && is_apart(after)
        })
    })
}

/// What holds of every text that the page shows.
fn check_text(text: &str) {
    assert!(text.ends_with(['.', '?']), "no end: {text}");
    assert!(!text.contains("  "), "two spaces: {text}");
    assert!(!text.contains(['\'', '"', '{', '}']), "a sign that is not one of prose: {text}");
    assert!(!text.contains(" ,") && !text.contains(" .") && !text.contains(".."), "marks: {text}");
    assert!(text.chars().next().is_some_and(|first| first.is_uppercase() || first.is_ascii_digit()), "begin: {text}");
    for first_person in ["I", "we", "We", "our", "Our", "us", "my", "me"] {
        let is_word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()) == first_person;
        assert!(!text.split(' ').any(is_word), "{first_person}: {text}");
    }
    let words: Vec<&str> = text.split(' ').collect();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| ["were", "are", "have"].contains(word)) {
        // `1 were`, `1 of 12 clients were`
        let subject = [at.checked_sub(1), at.checked_sub(4).filter(|&of| words[of + 1] == "of")];
        let is_one = subject.into_iter().flatten().any(|subject| words[subject] == "1");
        assert!(!is_one, "1 {word}: {text}");
    }
    for pair in words.windows(2) {
        let noun = pair[1].trim_end_matches([',', '.', ':', ';', ')']);
        let is_plural = noun.ends_with('s') && !noun.ends_with("ss") && !["is", "was", "has", "times"].contains(&noun);
        assert!(!(pair[0].trim_start_matches('(') == "1" && is_plural), "one of several: {text}");
    }
}

/// A first-year student can read it: no more than so many words.
const MOST_WORDS: usize = 75;

fn check(samples: Vec<Sample>) {
    for Sample { fact, hidden } in samples {
        let sentence = labs::fact(&fact);
        check_text(&sentence);
        assert!(sentence.split(' ').count() <= MOST_WORDS, "too long: {sentence}");
        let mut found = Vec::new();
        figures("", &serde_json::to_value(&fact).expect("a fact can be written"), &hidden, &mut found);
        for (name, number) in found {
            assert!(tells(&sentence, number), "{name} = {number} is not told: {sentence}");
        }
    }
}

#[test]
fn numbers_are_found_as_words_of_their_own() {
    assert!(tells("It took 1.50 ms.", 1_500));
    assert!(tells("It came twice.", 2));
    assert!(!tells("512 B", 12) && !tells("2 things", 12));
}

#[test]
fn two_medians_that_are_nearly_alike_are_not_said_to_differ() {
    let compared = |http, ws| super::faster(Span(http), Span(ws), Span(5));
    assert!(compared(613_000, 604_000).contains("about as long over both: 613 ms over HTTP, 604 ms"));
    assert!(compared(1_060, 1_000).contains("over HTTP took 1.1 times as long as over WebSocket"));
    assert!(compared(1_000, 2_100).contains("over WebSocket took 2.1 times as long as over HTTP"));
    assert!(compared(1_000, 1_010).contains("By this browser’s clock a typical round trip took as long over both"));
}

#[test]
fn what_a_lab_does_not_take_is_refused_in_a_sentence() {
    let whole = WAIT.read("soon").expect_err("it is no number");
    let word = FAULTS.read("none").expect_err("it is no such word");
    for error in [whole, word, ParameterError::NotForPages { code: 1_006 }] {
        check_text(&super::sentence(&error));
    }
}

#[test]
fn each_claim_has_words_for_each_outcome() {
    for claim in Claim::ALL {
        let words = claims::of(claim);
        check_text(words.says);
        assert!(["T", "P", "T, P"].contains(&words.sources));
        if claim != Claim::C16 {
            check_text(words.standard_says);
            assert!(!words.standards.is_empty());
        }
        for outcome in [Outcome::Supported, Outcome::Depends, Outcome::Refuted, Outcome::NotMeasured] {
            check_text(claims::ruling(claim, outcome));
        }
    }
}

#[test]
fn each_lab_has_a_question_a_prediction_and_words_for_each_setting() {
    for lab in Lab::ALL {
        let words = labs::of(lab);
        check_text(words.question);
        check_text(words.prediction.asks);
        assert!(words.question.split(' ').count() <= 110, "too long: {}", words.question);
        assert!(words.prediction.choices.len() > 1);
        for parameter in lab.parameters() {
            let (label, _) = words.parameter(parameter.name());
            assert_ne!(label, parameter.name(), "{} has no label", parameter.name());
        }
    }
}
