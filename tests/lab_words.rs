//! What the labs say of runs on the simulated network, whole and hampered: sentences, and not more of them than a reader
//! takes in.

mod simulated;

use duplex::analysis::judgement::{Outcome, judge, what_happened};
use duplex::analysis::{Finding, Timeline};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::Trace;
use duplex::words::{claims, labs};
use simulated::run_lab;

/// Networks that make labs say other things.
fn networks() -> [Conditions; 5] {
    let usual = Conditions::default();
    [
        usual,
        Conditions { plain: true, ..usual },
        Conditions { behind_proxy: true, ..usual },
        Conditions { h2: true, ..usual },
        Conditions { server_dies_at: Some(9), ..usual },
    ]
}

fn sentences(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| labs::fact(&finding.fact)).collect()
}

fn words(sentences: &[String]) -> usize {
    sentences.iter().map(|sentence| sentence.split(' ').count()).sum()
}

fn told(trace: &Trace) -> Vec<String> {
    sentences(&what_happened(trace, &Timeline::of(trace)))
}

#[test]
fn every_run_is_told_in_sentences_and_none_twice() {
    for lab in Lab::ALL {
        for conditions in networks() {
            let trace = run_lab(Settings::of(lab), conditions);
            let timeline = Timeline::of(&trace);
            let mut lists = vec![told(&trace)];
            for claim in lab.claims() {
                let verdict = judge(*claim, &trace, &timeline);
                assert!(
                    !verdict.reasons.is_empty() || verdict.outcome == Outcome::NotMeasured,
                    "{claim:?} has no reason: {conditions:?}"
                );
                let mut list = vec![claims::ruling(*claim, verdict.outcome).to_owned()];
                list.extend(sentences(&verdict.reasons));
                lists.push(list);
            }
            for list in lists {
                for (place, sentence) in list.iter().enumerate() {
                    assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
                    assert!(!list[..place].contains(sentence), "said twice: {sentence}");
                }
            }
        }
    }
}

/// At some two hundred words a minute, a list is read in less than two minutes.
const MOST_WORDS: usize = 350;

#[test]
fn what_happened_is_read_in_minutes() {
    for lab in Lab::ALL {
        let trace = run_lab(Settings::of(lab), Conditions::default());
        let told = words(&told(&trace));
        let most = if lab == Lab::Interruption { 300 } else { MOST_WORDS };
        assert!(told <= most, "{told} words in {}", lab.slug());
        for claim in lab.claims() {
            let reasons = words(&sentences(&judge(*claim, &trace, &Timeline::of(&trace)).reasons));
            assert!(reasons <= MOST_WORDS, "{reasons} words for {claim:?}");
        }
    }
}
