//! The recorded runs that come with the page.

use std::fs;

use duplex::analysis::{Timeline, judgement};
use duplex::format;
use duplex::lab::link::{Link, Page};
use duplex::lab::{Lab, Settings};
use duplex::trace::{Outcome, Trace};

fn recording(lab: Lab) -> Trace {
    let path = format!("docs/recordings/{}.json", lab.slug());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}; run `cargo xtask record`"));
    format::read(&text).unwrap_or_else(|error| panic!("{path}: {error}; run `cargo xtask record`"))
}

#[test]
fn each_lab_has_a_finished_one_with_its_defaults() {
    for lab in Lab::ALL {
        let trace = recording(lab);
        assert_eq!(trace.circumstances.lab, lab.slug());
        assert_eq!(trace.outcome, Some(Outcome::Finished), "{}", lab.slug());
        let link = Link::default().to_run(&trace.circumstances);
        assert_eq!(link, Link::to(Page::Lab(lab)), "{}: run `cargo xtask record`", lab.slug());
        let expected: Vec<_> = Settings::of(lab).pairs();
        let of_lab: Vec<_> =
            trace.circumstances.parameters.iter().filter(|(name, _)| name != "link").cloned().collect();
        assert_eq!(of_lab, expected, "{}: run `cargo xtask record`", lab.slug());
    }
}

#[test]
fn each_tells_what_happened_and_rules_on_its_claims() {
    for lab in Lab::ALL {
        let trace = recording(lab);
        let timeline = Timeline::of(&trace);
        assert!(!judgement::what_happened(&trace, &timeline).is_empty(), "{}", lab.slug());
        for claim in lab.claims() {
            let verdict = judgement::judge(*claim, &trace, &timeline);
            assert_ne!(verdict.outcome, duplex::analysis::VerdictOutcome::NotMeasured, "{}: {claim:?}", lab.slug());
        }
    }
}
