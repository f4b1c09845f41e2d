//! What is kept in the visitor's browser: predictions, the newest verdict on each claim, and the costs that the
//! break-even rests on. Versioned; what cannot be read is forgotten.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::analysis::break_even::StoredCosts;
use crate::analysis::judgement::Outcome;
use crate::analysis::{Claim, Timeline, Verdict};
use crate::browser::{clock, storage};
use crate::trace::{self, Trace};
use crate::words::labs;

/// The key in the browser's storage.
const KEY: &str = "duplex";
/// The version that is written and read.
const VERSION: u32 = 1;

/// All that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    /// Which choice the visitor made of a lab's question, by the lab's slug.
    #[serde(default)]
    pub(super) guesses: BTreeMap<String, usize>,
    /// The newest verdict on each claim.
    #[serde(default)]
    pub(super) verdicts: Vec<KeptVerdict>,
    /// What the newest run that tells costs told of them.
    #[serde(default)]
    pub(super) costs: Option<StoredCosts>,
}

/// A verdict, with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptVerdict {
    pub(super) claim: Claim,
    pub(super) outcome: Outcome,
    /// Why, in sentences: the run that they speak of is not kept.
    pub(super) reasons: Vec<String>,
    /// The slug of the lab that gave it.
    pub(super) lab: String,
    /// The HTTP endpoint that it was given against.
    pub(super) http: String,
    /// The WebSocket endpoint.
    pub(super) ws: String,
    /// When, in ms since 1970-01-01 UTC.
    pub(super) at: f64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { version: VERSION, guesses: BTreeMap::new(), verdicts: Vec::new(), costs: None }
    }
}

impl Kept {
    fn read() -> Self {
        let text = storage::get(KEY);
        let kept: Option<Self> = text.and_then(|text| serde_json::from_str(&text).ok());
        kept.filter(|kept| kept.version == VERSION).unwrap_or_default()
    }

    /// Takes a run's verdict in. One that says that nothing was measured, or comes from a run that did not come to its
    /// end, does not take the place of one that is there.
    fn take(&mut self, verdict: KeptVerdict, finished: bool) {
        let says_more = finished && verdict.outcome != Outcome::NotMeasured;
        if says_more || self.verdict(verdict.claim).is_none() {
            self.verdicts.retain(|kept| kept.claim != verdict.claim);
            self.verdicts.push(verdict);
        }
    }

    /// The newest verdict on a claim.
    pub(super) fn verdict(&self, claim: Claim) -> Option<&KeptVerdict> {
        self.verdicts.iter().find(|kept| kept.claim == claim)
    }
}

/// What is kept, as the page sees it.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub(super) kept: RwSignal<Kept>,
    /// The browser does not keep it.
    pub(super) refused: RwSignal<bool>,
}

impl Store {
    pub(super) fn open() -> Self {
        Self { kept: RwSignal::new(Kept::read()), refused: RwSignal::new(false) }
    }

    /// Notes what the visitor expects of a lab; `None` takes it back.
    pub(super) fn guess(&self, lab: &str, choice: Option<usize>) {
        self.change(|kept| {
            match choice {
                Some(choice) => kept.guesses.insert(lab.to_owned(), choice),
                None => kept.guesses.remove(lab),
            };
        });
    }

    /// Keeps the verdicts and the costs of a run.
    pub(super) fn judged(&self, trace: &Trace, timeline: &Timeline, verdicts: Vec<Verdict>) {
        let known = &trace.circumstances;
        let finished = trace.outcome == Some(trace::Outcome::Finished);
        self.change(|kept| {
            if let Some(costs) = StoredCosts::of(trace, timeline).filter(|_| finished || kept.costs.is_none()) {
                kept.costs = Some(costs);
            }
            for verdict in verdicts {
                let Verdict { claim, outcome, reasons } = verdict;
                let reasons = reasons.iter().map(|finding| labs::fact(&finding.fact)).collect();
                let (http, ws) = (known.http.url.clone(), known.ws.url.clone());
                let (lab, at) = (known.lab.clone(), clock::wall_clock());
                kept.take(KeptVerdict { claim, outcome, reasons, lab, http, ws, at }, finished);
            }
        });
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        storage::remove(KEY);
        self.kept.set(Kept::default());
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) {
        // Another tab may have kept something meanwhile, or forgotten everything.
        let meanwhile = (!self.refused.get_untracked()).then(Kept::read);
        self.kept.update(|kept| {
            *kept = meanwhile.unwrap_or_else(|| std::mem::take(kept));
            change(kept);
        });
        let text = serde_json::to_string(&*self.kept.read_untracked()).unwrap_or_default();
        self.refused.set(!storage::set(KEY, &text));
    }
}
