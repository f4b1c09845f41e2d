//! The claims, one by one: a lab is run on the built page by keyboard, against the real server, and its verdict is
//! the one that the evidence asks for, both ways that it can come out.

mod each_claim;
mod labs;
mod opening;
mod prediction;
mod verdict_page;
mod ways_around;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use duplex::analysis::{Finding, Timeline, judgement};
use duplex::trace::Trace;

use crate::page::Lab;

/// How long a run may take from the key that starts it until its verdict is there.
const A_MINUTE: Duration = Duration::from_secs(60);
/// How many links of evidence a sentence has at most.
const MOST_LINKS: usize = 6;

/// The outcome of each claim on the page that is shown.
async fn outcomes(lab: &Lab) -> BTreeMap<String, String> {
    lab.ask(
        "Object.fromEntries([...document.querySelectorAll('[data-claim]')].map((it) => \
         [it.dataset.claim, it.dataset.outcome]))",
    )
    .await
}

/// Waits until the page has found its server.
async fn until_ready(lab: &Lab) {
    lab.until("document.querySelector('.status')?.textContent.includes('Ready')").await;
}

/// A lab whose run is over, and its record.
struct Judged {
    lab: Lab,
    trace: Trace,
    timeline: Timeline,
}

/// Opens a lab, goes to its Run button by the tabulator key alone, presses it, and waits for the end.
async fn run_by_keyboard(origin: &str, query: &str) -> Judged {
    run_in(Lab::open(&format!("{origin}/?{query}")).await).await
}

/// The same on a page that is open, which may show an earlier run of the lab.
async fn run_in(lab: Lab) -> Judged {
    lab.until("document.querySelector('button.run')?.disabled === false").await;
    lab.until("/Ready|Finished|Stopped/.test(document.querySelector('.status').textContent)").await;
    // The earlier run's end is not taken for that of the new one.
    let _: bool = lab
        .ask(
            "(window.ran = false, new MutationObserver((_, own) => { \
             if (document.documentElement.dataset.run === 'running') { window.ran = true; own.disconnect(); } })\
             .observe(document.documentElement, { attributes: true }), true)",
        )
        .await;
    lab.tab_to("button.run").await;
    let began = Instant::now();
    lab.press("Enter").await;
    lab.until("window.ran && document.documentElement.dataset.run === 'finished'").await;
    assert!(began.elapsed() < A_MINUTE, "it took {:?}", began.elapsed());
    Judged::of(lab).await
}

impl Judged {
    /// Reads a lab whose run is over; its record has to come to the same outside of the page.
    async fn of(lab: Lab) -> Self {
        lab.assert_no_errors().await;
        let trace = lab.save().await;
        let judged = Self { timeline: Timeline::of(&trace), trace, lab };
        judged.is_the_same_natively().await;
        judged
    }

    /// The verdicts that the record comes to outside of the page.
    fn verdicts(&self) -> Vec<judgement::Verdict> {
        let lab = duplex::lab::Lab::named(&self.trace.circumstances.lab).expect("a lab");
        lab.claims().iter().map(|claim| judgement::judge(*claim, &self.trace, &self.timeline)).collect()
    }

    /// The reasons of the verdict on a claim.
    fn reasons(&self, claim: judgement::Claim) -> Vec<Finding> {
        judgement::judge(claim, &self.trace, &self.timeline).reasons
    }

    /// The saved record comes to the verdicts that the page shows, for as many reasons, with the same evidence.
    async fn is_the_same_natively(&self) {
        let natively = self.verdicts().into_iter().map(|verdict| {
            let outcome = serde_json::to_value(verdict.outcome).expect("a word");
            let links = |finding: &Finding| {
                let links = finding.messages.iter().take(MOST_LINKS);
                links.map(|id| format!("#{}", id.0 + 1)).collect::<Vec<_>>()
            };
            let evidence: Vec<_> = verdict.reasons.iter().map(links).collect();
            (format!("C{}", verdict.claim.number()), (outcome.as_str().expect("a word").to_owned(), evidence))
        });
        let natively: BTreeMap<_, _> = natively.collect();
        let shown: BTreeMap<String, (String, Vec<Vec<String>>)> = self
            .lab
            .ask(
                "Object.fromEntries([...document.querySelectorAll('[data-claim]')].map((card) => [card.dataset.claim, \
                 [card.dataset.outcome, [...card.querySelectorAll('.findings li')].map((reason) => \
                 [...reason.querySelectorAll('.message-link')].map((link) => link.textContent))]]))",
            )
            .await;
        assert_eq!(shown, natively);
    }

    /// The page says of these claims what they come to, and gives reasons.
    async fn says(&self, wanted: &[(&str, &str)]) {
        let wanted = wanted.iter().map(|(claim, outcome)| ((*claim).to_owned(), (*outcome).to_owned())).collect();
        let shown: BTreeMap<_, _> = outcomes(&self.lab).await;
        assert_eq!(shown, wanted, "{:#?}", self.verdicts());
        for claim in shown.keys() {
            let reasons: usize =
                self.lab.ask(&format!("document.querySelectorAll('[data-claim={claim}] .findings li').length")).await;
            assert!(reasons > 0, "{claim} has a reason");
        }
    }

    /// What the page says of a claim, what is folded away included.
    async fn card(&self, claim: &str) -> String {
        self.lab.ask(&format!("document.querySelector('[data-claim={claim}]').textContent")).await
    }
}
