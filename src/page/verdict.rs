//! The verdict: what is taught, beside what this browser measured and what the standards say. Filled by
//! the runs so far, all of which can be made here in a row.

use leptos::prelude::*;

use super::break_even::BreakEven;
use super::controls::{RUN, STOP};
use super::findings::{outcome, standards};
use super::published::Published;
use super::state::LabState;
use super::{paper, run, status};
use crate::analysis::kept::{KeptVerdict, Together};
use crate::analysis::{Claim, VerdictOutcome};
use crate::browser::{element, page_address, surroundings};
use crate::lab::Lab;
use crate::lab::link::Page;
use crate::words::{claims, labs, settings};

#[component]
pub(super) fn VerdictPage(state: LabState) -> impl IntoView {
    let store = state.store;
    let some = move || !store.kept.read().has_no_verdict();
    let counts = move || {
        let kept = store.kept.read();
        let outcomes = Claim::ALL.map(|claim| kept.outcome(claim));
        let of = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
        let [supported, depends, refuted] =
            [VerdictOutcome::Supported, VerdictOutcome::Depends, VerdictOutcome::Refuted].map(of);
        let open = Claim::ALL.len() - supported - depends - refuted;
        format!("{supported} supported, {depends} depend on something, {refuted} refuted, {open} not measured yet.")
    };
    let running = move || state.phase().goes_on();
    view! {
        <section class="question">
            <h2>"The verdict"</h2>
            <p>
                "Two teaching texts say what sets HTTP and WebSocket apart: a comparison table (T) and a learner’s text (P). "
                "Here is each of their claims, reworded, beside what this browser measured and what the standards say. "
                "A verdict is computed from a run, with its figures; none is given in advance."
            </p>
        </section>
        <paper::Colophon state/>
        <div class="run-all">
            <div class="buttons">
                <button type="button" id=RUN class="run" aria-disabled=move || running().to_string() on:click=move |_| run::start_all(state)>"Run all labs"</button>
                <button type="button" id=STOP class="stop" disabled=move || !running() on:click=move |_| run::stop(state)>"Stop"</button>
            </div>
            <p class="hint">"Each lab runs with its defaults against your echo server; all of them take a minute or two."</p>
        </div>
        <status::Status state/>
        <section class="claims">
            <p class="hint" role="status">{counts}</p>
            <div class="scroll-x">
                <table class="claims">
                    <thead>
                        <tr>
                            <th scope="col">"Claim"</th>
                            <th scope="col">"Said by"</th>
                            <th scope="col">"What this browser measured"</th>
                            <th scope="col">"What the standards say"</th>
                        </tr>
                    </thead>
                    <tbody>{Claim::ALL.map(|claim| view! { <Row state claim/> }).collect_view()}</tbody>
                </table>
            </div>
            <div class="buttons" hidden=move || !some()>
                <button type="button" class="quiet" on:click=move |_| store.clear()>"Forget my verdicts and predictions"</button>
                <p class="hint">"They are kept in this browser alone."</p>
            </div>
            <p class="error" hidden=move || !store.refused.get()>
                "This browser does not let the page keep anything: the verdicts are lost when it is closed."
            </p>
        </section>
        <BreakEven state costs=Signal::derive(move || store.kept.read().costs.clone())/>
        <Published state/>
    }
}

#[component]
fn Row(state: LabState, claim: Claim) -> impl IntoView {
    let words = claims::of(claim);
    let kept = Memo::new(move |_| state.store.kept.read().verdict(claim));
    let measured = move || match kept.get() {
        None => view! { {outcome(VerdictOutcome::NotMeasured)} }.into_any(),
        Some(kept) => verdict(&kept).into_any(),
    };
    let labs = Lab::ALL.into_iter().filter(move |lab| lab.claims().contains(&claim));
    let links =
        labs.map(move |lab| view! { <PageLink state page=Page::Lab(lab) words=labs::name(lab)/> }).collect_view();
    view! {
        <tr data-claim=claims::id(claim) data-outcome=move || claims::outcome_key(kept.read().as_ref().map_or(VerdictOutcome::NotMeasured, |kept| kept.outcome))>
            <th scope="row"><span class="claim-id">{claims::id(claim)}</span>" "{words.says}</th>
            <td>{words.sources}</td>
            <td class="measured">{measured}<p class="hint">"Lab: "{links}</p></td>
            <td>{words.standard_says}" "<span class="hint">{standards(claim)}</span></td>
        </tr>
    }
}

/// What the runs so far come to, and each of them.
fn verdict(known: &Together) -> impl IntoView + use<> {
    let Together { outcome: ruled, differ, leading, others } = known;
    let mut reasons = leading.reasons.iter().cloned();
    let decisive = reasons.next();
    let further = reasons.map(|reason| view! { <li>{reason}</li> }).collect_view();
    let ruling = if *differ { claims::RUNS_DIFFER } else { claims::ruling(leading.claim, *ruled) };
    let runs = others.len();
    let others = others.iter().map(other).collect_view();
    view! {
        <p class="outcome">{outcome(*ruled)}" "{ruling}</p>
        <p class="reason">{decisive}</p>
        <details>
            <summary>"Why, in full"</summary>
            <ul class="findings">{further}</ul>
            <p class="hint">{came_from(leading)}</p>
            <p hidden={runs == 0}>"Other runs of this browser:"</p>
            <ul class="findings other-runs">{others}</ul>
        </details>
    }
}

/// Another run's verdict, in short.
fn other(kept: &KeptVerdict) -> impl IntoView + use<> {
    let decisive = kept.reasons.first().cloned();
    view! { <li>{outcome(kept.outcome)}" "{decisive}" "<span class="hint">{came_from(kept)}</span></li> }
}

/// When and how a verdict was come to.
fn came_from(kept: &KeptVerdict) -> String {
    let settings = Lab::named(&kept.lab).map_or_else(String::new, |lab| settings::of_run(lab, &kept.settings));
    let cut_short = if kept.finished { "" } else { " The run did not come to its end." };
    let KeptVerdict { at, http, ws, .. } = kept;
    format!("Measured {} {settings}, against {http} and {ws}.{cut_short}", surroundings::date(*at))
}

/// A link to another page of this one, which opens without loading it anew.
#[component]
pub(super) fn PageLink(state: LabState, page: Page, words: &'static str) -> impl IntoView {
    let here = state.page();
    let link = move || state.link.read().turned_to(page);
    let go = move |event: leptos::ev::MouseEvent| {
        // Those open a new tab or window.
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        event.prevent_default();
        if !state.running.get_untracked() {
            state.turn_to(link());
            surroundings::scroll_to_top();
            // Whoever goes on by keyboard is at the beginning of what has just come.
            element::focus(super::MAIN);
        }
    };
    view! {
        <a
            href=move || page_address::own_path(&link().write())
            aria-current=move || (here.get() == page).then_some("page")
            aria-disabled=move || state.running.get().to_string()
            on:click=go
        >
            {words}
        </a>
    }
}
