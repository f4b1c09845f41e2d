//! What is kept in the visitor's browser, as the page sees it: read when it opens, written whenever it changes.

use leptos::prelude::*;

use crate::analysis::break_even::StoredCosts;
use crate::analysis::kept::{Kept, KeptVerdict};
use crate::analysis::{Timeline, Verdict};
use crate::browser::{clock, storage};
use crate::lab::{CONNECT_TIMEOUT, REPLY_TIMEOUT};
use crate::trace::{self, Trace};
use crate::words::labs;

/// The key in the browser's storage.
const KEY: &str = "duplex";

fn read() -> Kept {
    storage::get(KEY).map(|text| Kept::read(&text)).unwrap_or_default()
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
        Self { kept: RwSignal::new(read()), refused: RwSignal::new(false) }
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
            // How long is waited is no part of what is shown.
            let limits = [CONNECT_TIMEOUT.name, REPLY_TIMEOUT.name];
            let matters = |(name, _): &&(String, String)| !limits.contains(&name.as_str());
            let settings: Vec<_> = known.parameters.iter().filter(matters).cloned().collect();
            for Verdict { claim, outcome, reasons } in verdicts {
                kept.take(KeptVerdict {
                    claim,
                    outcome,
                    reasons: reasons.iter().map(|finding| labs::fact(&finding.fact)).collect(),
                    lab: known.lab.clone(),
                    settings: settings.clone(),
                    finished,
                    http: known.http.url.clone(),
                    ws: known.ws.url.clone(),
                    at: clock::wall_clock(),
                });
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
        let meanwhile = (!self.refused.get_untracked()).then(read);
        self.kept.update(|kept| {
            *kept = meanwhile.unwrap_or_else(|| std::mem::take(kept));
            change(kept);
        });
        let text = self.kept.read_untracked().write();
        self.refused.set(!storage::set(KEY, &text));
    }
}
