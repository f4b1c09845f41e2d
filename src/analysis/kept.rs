//! What is kept of a visitor's runs when the page is closed: predictions, verdicts, and the costs that the break-even
//! rests on. Versioned; what cannot be read is forgotten.
//!
//! Of each claim a verdict is kept for each lab, settings and endpoints that gave one, so that a run takes the place only of
//! one that did the same; and what they come to together is computed here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::break_even::StoredCosts;
use super::judgement::{Claim, Outcome};

/// The version that is written. The first one kept one verdict for a claim, without the settings that it rests on.
const VERSION: u32 = 2;
/// How many verdicts on a claim are kept.
const MOST_OF_A_CLAIM: usize = 8;
/// How many reasons of a verdict are kept, the decisive one first.
const MOST_REASONS: usize = 40;

/// All that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    /// Which choice the visitor made of a lab's question, by the lab's slug.
    #[serde(default)]
    pub guesses: BTreeMap<String, usize>,
    /// The verdicts, the newest last.
    #[serde(default)]
    verdicts: Vec<KeptVerdict>,
    /// What the newest run that tells costs told of them.
    #[serde(default)]
    pub costs: Option<StoredCosts>,
}

/// A verdict, with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptVerdict {
    /// The claim.
    pub claim: Claim,
    /// What it came to.
    pub outcome: Outcome,
    /// Why, in sentences: the run that they speak of is not kept.
    pub reasons: Vec<String>,
    /// The slug of the lab that gave it.
    pub lab: String,
    /// The settings of the run that may matter to what it shows, by name.
    pub settings: Vec<(String, String)>,
    /// The run came to its end.
    pub finished: bool,
    /// The HTTP endpoint that it was given against.
    pub http: String,
    /// The WebSocket endpoint.
    pub ws: String,
    /// When, in ms since 1970-01-01 UTC.
    pub at: f64,
}

/// What the kept verdicts on a claim come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Together {
    /// The outcome: that of each, or [`Outcome::Depends`] where they differ.
    pub outcome: Outcome,
    /// No single run says so: they differ, and none of them saw by itself that it depends.
    pub differ: bool,
    /// The verdict that says most: the newest of this outcome, or the newest of all where none has it.
    pub leading: KeptVerdict,
    /// The others, the newest first.
    pub others: Vec<KeptVerdict>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { version: VERSION, guesses: BTreeMap::new(), verdicts: Vec::new(), costs: None }
    }
}

impl KeptVerdict {
    /// How much it says: a run that came to its end and has an answer says most, then one that was cut short.
    fn weight(&self) -> u8 {
        match (self.outcome == Outcome::NotMeasured, self.finished) {
            (false, true) => 2,
            (false, false) => 1,
            (true, _) => 0,
        }
    }

    /// Both rest on the same thing done at the same place. The port of an emulated link is another with each start of the
    /// server, so there the link's name stands for the place.
    fn same_thing(&self, other: &Self) -> bool {
        let emulated = self.settings.iter().any(|(name, _)| name == "link");
        let same_place = emulated || (&self.http, &self.ws) == (&other.http, &other.ws);
        self.claim == other.claim && self.lab == other.lab && self.settings == other.settings && same_place
    }
}

impl Kept {
    /// Reads what was written. Of the first version verdicts are forgotten, because it is not known which settings they
    /// rest on.
    #[must_use]
    pub fn read(text: &str) -> Self {
        #[derive(Deserialize)]
        struct First {
            #[serde(default)]
            guesses: BTreeMap<String, usize>,
            #[serde(default)]
            costs: Option<StoredCosts>,
        }
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version = serde_json::from_str(text).map(|Version { version }| version);
        match version {
            Ok(1) => {
                let first = serde_json::from_str(text).ok();
                first.map_or_else(Self::default, |First { guesses, costs }| Self { guesses, costs, ..Self::default() })
            }
            Ok(VERSION) => {
                let mut kept: Self = serde_json::from_str(text).unwrap_or_default();
                // Whoever wrote it may have kept more.
                let verdicts = std::mem::take(&mut kept.verdicts);
                verdicts.into_iter().for_each(|verdict| kept.take(verdict));
                kept
            }
            _ => Self::default(),
        }
    }

    /// As text that [`Kept::read`] understands.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes a run's verdict in. It takes the place of an earlier one on the same claim that rests on the same, unless that
    /// one says more.
    pub fn take(&mut self, mut verdict: KeptVerdict) {
        verdict.reasons.truncate(MOST_REASONS);
        if let Some(place) = self.verdicts.iter().position(|kept| kept.same_thing(&verdict)) {
            if self.verdicts[place].weight() > verdict.weight() {
                return;
            }
            self.verdicts.remove(place);
        }
        let claim = verdict.claim;
        self.verdicts.push(verdict);
        if self.on(claim).count() > MOST_OF_A_CLAIM {
            self.forget_one(claim);
        }
    }

    /// Forgets the verdict on a claim that says least; of several the oldest whose outcome another one has, too.
    fn forget_one(&mut self, claim: Claim) {
        let alone =
            |verdict: &KeptVerdict| self.on(claim).filter(|other| other.outcome == verdict.outcome).count() == 1;
        let own = self.verdicts.iter().enumerate().filter(|(_, verdict)| verdict.claim == claim);
        let least = own.min_by_key(|(place, verdict)| (verdict.weight(), alone(verdict), *place));
        if let Some((place, _)) = least {
            self.verdicts.remove(place);
        }
    }

    fn on(&self, claim: Claim) -> impl DoubleEndedIterator<Item = &KeptVerdict> {
        self.verdicts.iter().filter(move |verdict| verdict.claim == claim)
    }

    /// What is known of a claim; `None` where no run was about it. Those that say most decide.
    #[must_use]
    pub fn verdict(&self, claim: Claim) -> Option<Together> {
        let weight = self.on(claim).map(KeptVerdict::weight).max()?;
        let deciding = || self.on(claim).rev().filter(|verdict| verdict.weight() == weight);
        let newest = deciding().next()?;
        let outcome =
            if deciding().all(|verdict| verdict.outcome == newest.outcome) { newest.outcome } else { Outcome::Depends };
        let leading = deciding().find(|verdict| verdict.outcome == outcome);
        let differ = leading.is_none();
        let leading = leading.unwrap_or(newest);
        let others = self.on(claim).rev().filter(|verdict| !std::ptr::eq(*verdict, leading)).cloned().collect();
        Some(Together { outcome, differ, leading: leading.clone(), others })
    }

    /// What is known of a claim, as an outcome alone.
    #[must_use]
    pub fn outcome(&self, claim: Claim) -> Outcome {
        self.verdict(claim).map_or(Outcome::NotMeasured, |together| together.outcome)
    }

    /// Nothing is kept of any claim.
    #[must_use]
    pub fn has_no_verdict(&self) -> bool {
        self.verdicts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Depends, NotMeasured, Refuted, Supported};

    fn verdict(lab: &str, connection: &str, outcome: Outcome) -> KeptVerdict {
        KeptVerdict {
            claim: Claim::C3,
            outcome,
            reasons: vec![format!("{lab} {connection} {outcome:?}")],
            lab: lab.into(),
            settings: vec![("connection".into(), connection.into())],
            finished: true,
            http: "http://127.0.0.1:9000/echo".into(),
            ws: "ws://127.0.0.1:9000/ws".into(),
            at: 1.0,
        }
    }

    fn kept(verdicts: impl IntoIterator<Item = KeptVerdict>) -> Kept {
        let mut kept = Kept::default();
        verdicts.into_iter().for_each(|verdict| kept.take(verdict));
        kept
    }

    fn together(verdicts: impl IntoIterator<Item = KeptVerdict>) -> Together {
        kept(verdicts).verdict(Claim::C3).expect("there are some")
    }

    #[test]
    fn a_newer_run_that_shows_less_of_the_claim_does_not_take_the_place_of_one_that_saw_both_ways() {
        let both = verdict("opening", "both", Depends);
        let known = together([both.clone(), verdict("exchange", "keep-alive", Refuted)]);
        assert_eq!((known.outcome, known.differ), (Depends, false));
        assert_eq!(known.leading, both);
        assert_eq!(known.others.len(), 1, "what the other said is there, too");
    }

    #[test]
    fn runs_of_different_settings_add_up_to_what_it_depends_on() {
        let known = together([verdict("exchange", "close", Supported), verdict("exchange", "keep-alive", Refuted)]);
        assert_eq!((known.outcome, known.differ), (Depends, true));
        assert_eq!((known.leading.outcome, known.others[0].outcome), (Refuted, Supported));
        let alike = together([verdict("exchange", "close", Supported), verdict("opening", "close", Supported)]);
        assert_eq!((alike.outcome, alike.differ, alike.leading.lab.as_str()), (Supported, false, "opening"));
    }

    #[test]
    fn what_answers_is_not_displaced_by_what_does_not_nor_by_what_was_cut_short() {
        let answer = verdict("exchange", "close", Supported);
        let nothing = verdict("exchange", "close", NotMeasured);
        let cut_short = KeptVerdict { finished: false, ..verdict("exchange", "close", Refuted) };
        assert_eq!(together([answer.clone(), nothing.clone(), cut_short.clone()]).leading, answer);
        assert_eq!(kept([answer.clone(), cut_short.clone()]).on(Claim::C3).count(), 1);
        // Of other settings they do not speak against it either.
        let elsewhere = [("close", nothing.clone()), ("both", cut_short.clone())]
            .map(|(connection, other)| KeptVerdict { lab: "opening".into(), ..with(other, connection) });
        assert_eq!(together([vec![answer.clone()], elsewhere.to_vec()].concat()).outcome, Supported);
        // But they are better than nothing, and give way.
        assert_eq!(together([nothing.clone()]).outcome, NotMeasured);
        assert_eq!(together([nothing.clone(), cut_short.clone()]).outcome, Refuted);
        assert_eq!(together([nothing, cut_short, answer]).outcome, Supported);
    }

    fn with(mut verdict: KeptVerdict, connection: &str) -> KeptVerdict {
        verdict.settings[0].1 = connection.into();
        verdict
    }

    #[test]
    fn the_same_run_again_takes_its_own_place_and_no_other_endpoints() {
        let old = verdict("exchange", "close", Supported);
        let new = KeptVerdict { at: 2.0, ..verdict("exchange", "close", Refuted) };
        let known = together([old.clone(), new.clone()]);
        assert_eq!((known.leading, known.others.len()), (new.clone(), 0));
        let elsewhere = KeptVerdict { http: "http://other/".into(), ..new };
        assert_eq!(together([old.clone(), elsewhere.clone()]).outcome, Depends);
        // Over an emulated link the port says nothing.
        let over = |mut verdict: KeptVerdict| {
            verdict.settings.push(("link".into(), "cable".into()));
            verdict
        };
        assert_eq!(together([over(old), over(elsewhere)]).outcome, Refuted);
    }

    #[test]
    fn so_many_are_kept_and_the_one_that_tells_apart_stays() {
        let one = verdict("opening", "close", Supported);
        let many = (0..50).map(|n| verdict("exchange", &n.to_string(), Refuted));
        let kept = kept([one].into_iter().chain(many));
        assert_eq!(kept.on(Claim::C3).count(), MOST_OF_A_CLAIM);
        assert_eq!(kept.outcome(Claim::C3), Depends, "the only one that bears it out was not forgotten");
        let newest = kept.verdict(Claim::C3).expect("there are some").leading;
        assert_eq!(newest.settings[0].1, "49");
        let longest = KeptVerdict { reasons: vec![String::new(); 1000], ..newest };
        assert_eq!(together([longest]).leading.reasons.len(), MOST_REASONS);
    }

    #[test]
    fn what_is_written_is_read_and_other_versions_and_nonsense_are_forgotten() {
        let mut kept = kept([verdict("exchange", "close", Supported)]);
        kept.guesses.insert("opening".into(), 1);
        assert_eq!(Kept::read(&kept.write()), kept);
        for wrong in ["", "[]", "garbage", "{}", "{\"version\":3}", "{\"version\":2,\"verdicts\":[{}]}"] {
            assert_eq!(Kept::read(wrong), Kept::default(), "{wrong}");
        }
        let first = r#"{"version":1,"guesses":{"opening":1},"costs":null,"verdicts":[{"claim":"C3","outcome":"supported",
            "reasons":[],"lab":"exchange","http":"http://a/","ws":"ws://a/","at":1}]}"#;
        let read = Kept::read(first);
        assert_eq!((read.guesses.get("opening"), read.has_no_verdict()), (Some(&1), true));
        assert_eq!(Kept::read(&read.write()), read, "it is of this version from now on");
    }
}
