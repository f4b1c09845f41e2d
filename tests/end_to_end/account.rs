//! What the page says of a run that is over: how it ended, what happened, the verdicts, and the saved record.

use std::collections::BTreeMap;
use std::fmt;

use duplex::trace::Trace;
use serde::Deserialize;

use crate::page::Lab;

/// All that a page says of a run.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    /// As in `data-run`.
    pub(crate) phase: String,
    /// How the run ended, in a sentence.
    pub(crate) status: String,
    /// What the visitor is told besides.
    pub(crate) notices: Vec<String>,
    /// What happened, in sentences.
    pub(crate) happened: Vec<String>,
    /// What that says of each claim.
    pub(crate) verdicts: BTreeMap<String, Said>,
}

/// A verdict as it stands on the page.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    /// As in `data-outcome`.
    pub(crate) outcome: String,
    /// Why, in sentences.
    pub(crate) reasons: Vec<String>,
}

impl Account {
    /// Reads a lab's page, or the page of verdicts.
    async fn read(lab: &Lab) -> Self {
        lab.ask(
            "(() => {
                const words = (root, selector) => [...root.querySelectorAll(selector)].map((it) => {
                    const copy = it.cloneNode(true);
                    copy.querySelectorAll('.evidence').forEach((links) => links.remove());
                    return copy.textContent.trim();
                });
                return {
                    phase: document.documentElement.dataset.run,
                    status: document.querySelector('.status [role=status]').textContent,
                    notices: words(document, '.notices li'),
                    happened: words(document, '.happened > .findings > li'),
                    verdicts: Object.fromEntries([...document.querySelectorAll('[data-claim]')].map((it) =>
                        [it.dataset.claim, { outcome: it.dataset.outcome, reasons: words(it, '.findings li, .reason') }])),
                };
            })()",
        )
        .await
    }

    /// The outcome of a claim.
    pub(crate) fn outcome(&self, claim: &str) -> &str {
        &self.verdicts[claim].outcome
    }

    /// The outcomes of these claims.
    pub(crate) fn outcomes<const N: usize>(&self, claims: [&str; N]) -> [&str; N] {
        claims.map(|claim| self.outcome(claim))
    }

    /// Asserts that a verdict which says nothing says why.
    pub(crate) fn assert_nothing_is_left_open_without_a_reason(&self) {
        for (claim, said) in &self.verdicts {
            assert!(!said.reasons.is_empty(), "{claim} is {} and does not say why:\n{self}", said.outcome);
        }
    }

    /// Whether a sentence with these words stands anywhere.
    pub(crate) fn says(&self, words: &str) -> bool {
        let reasons = self.verdicts.values().flat_map(|said| &said.reasons);
        [&self.status].into_iter().chain(&self.happened).chain(reasons).any(|sentence| sentence.contains(words))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.phase, self.status)?;
        self.notices.iter().try_for_each(|notice| writeln!(f, "  ! {notice}"))?;
        self.happened.iter().try_for_each(|sentence| writeln!(f, "  - {sentence}"))?;
        for (claim, said) in &self.verdicts {
            writeln!(f, "  {claim} {}", said.outcome)?;
            said.reasons.iter().try_for_each(|reason| writeln!(f, "      - {reason}"))?;
        }
        Ok(())
    }
}

impl Lab {
    /// Waits until a run is over, however it ended, and reads what the page says of it. No error may have been thrown.
    pub(crate) async fn account(&self) -> Account {
        self.until("['finished', 'failed', 'stopped'].includes(document.documentElement.dataset.run)").await;
        let account = Account::read(self).await;
        self.assert_no_errors().await;
        account
    }

    /// Goes to a lab in the same browser, presses Run, and reads what the page says when the run is over, with the
    /// saved record.
    pub(crate) async fn hold(&self, url: &str) -> (Account, Trace) {
        self.tab.goto(url).await.expect("the page opens");
        self.press_run().await;
        let account = self.account().await;
        (account, self.save().await)
    }
}
