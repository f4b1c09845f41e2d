//! What happened, in sentences made from the run, and what it means for the claims: each sentence leads to the
//! messages that it speaks of.

use leptos::prelude::*;

use super::inspector;
use super::state::LabState;
use crate::analysis::judgement::{self, Outcome};
use crate::analysis::{Claim, Finding, Verdict};
use crate::lab::Lab;
use crate::trace::MessageId;
use crate::words::{self, claims, labs};

/// How many messages a sentence leads to, at most.
const MOST_LINKS: usize = 6;

/// What a run of the lab came to, once it has ended: what happened, and what that says of the lab's claims.
fn judged(state: LabState, lab: Lab) -> Memo<(Vec<Finding>, Vec<Verdict>)> {
    let held_back = Memo::new(move |_| state.holds_back());
    Memo::new(move |_| {
        state.summed_up.track();
        if held_back.get() {
            return (Vec::new(), Vec::new());
        }
        let record = state.record.read_untracked();
        let Some(trace) = record.trace.as_ref().filter(|trace| trace.outcome.is_some()) else {
            return (Vec::new(), Vec::new());
        };
        if Lab::named(&trace.circumstances.lab) != Some(lab) {
            return (Vec::new(), Vec::new());
        }
        let verdicts = lab.claims().iter().map(|claim| judgement::judge(*claim, trace, &record.timeline)).collect();
        (judgement::what_happened(trace, &record.timeline), verdicts)
    })
}

/// The most telling sentence, and each claim with what it comes to.
#[component]
pub(super) fn InShort(state: LabState, lab: Lab) -> impl IntoView {
    let judged = judged(state, lab);
    let first =
        move || judged.read().0.first().map(|finding| view! { <ul class="findings">{sentence(state, finding)}</ul> });
    let verdicts = move || {
        let line = |verdict: &Verdict| {
            let words = claims::of(verdict.claim);
            view! {
                <li data-claim=claims::id(verdict.claim)>
                    {outcome(verdict.outcome)}" "<span class="claim-id">{claims::id(verdict.claim)}</span>" "{words.says}
                </li>
            }
        };
        judged.read().1.iter().map(line).collect_view()
    };
    view! {
        <section class="in-short" hidden=move || judged.read().0.is_empty() && judged.read().1.is_empty()>
            {first}
            <ul class="verdict-lines">{verdicts}</ul>
        </section>
    }
}

#[component]
pub(super) fn WhatHappened(state: LabState, lab: Lab) -> impl IntoView {
    let judged = judged(state, lab);
    let sentences = move || judged.read().0.iter().map(|finding| sentence(state, finding)).collect_view();
    let cards = move || judged.read().1.iter().map(|verdict| card(state, verdict)).collect_view();
    view! {
        <section class="happened" hidden=move || judged.read().0.is_empty() && judged.read().1.is_empty()>
            <h3>"What happened"</h3>
            <ul class="findings">{sentences}</ul>
            <h3>"What that says of what is taught"</h3>
            <div class="verdicts">{cards}</div>
        </section>
    }
}

/// A finding as a list item that leads to its messages.
fn sentence(state: LabState, finding: &Finding) -> impl IntoView + use<> {
    let links: Vec<_> = finding.messages.iter().take(MOST_LINKS).map(|id| link(state, *id)).collect();
    let more = finding.messages.len().saturating_sub(MOST_LINKS);
    let more = (more > 0).then(|| format!("and {more} more"));
    view! { <li>{labs::fact(&finding.fact)}" "<span class="evidence">{links}{more}</span></li> }
}

fn link(state: LabState, id: MessageId) -> impl IntoView {
    let name = {
        let record = state.record.read_untracked();
        let message = record.trace.as_ref().and_then(|trace| trace.message(id));
        message.map_or_else(String::new, words::short)
    };
    let show = move |_| {
        state.selected.set(Some(id));
        inspector::open(state);
    };
    view! {
        <button type="button" class="message-link" title=name.clone() aria-label=format!("Show the message: {name}") on:click=show>
            // As it is numbered in the table of messages.
            {format!("#{}", id.0 + 1)}
        </button>
    }
}

fn card(state: LabState, verdict: &Verdict) -> impl IntoView + use<> {
    let words = claims::of(verdict.claim);
    // The first reason decides; the others stand by.
    let (decisive, others) = verdict.reasons.split_at(verdict.reasons.len().min(1));
    let [decisive, others] =
        [decisive, others].map(|some| (some.len(), some.iter().map(|it| sentence(state, it)).collect_view()));
    let others = (others.0 > 0).then(|| {
        let count =
            if others.0 == 1 { "one further reason".to_owned() } else { format!("{} further reasons", others.0) };
        view! { <details><summary>{count}</summary><ul class="findings">{others.1}</ul></details> }
    });
    let standards = standards(verdict.claim);
    let standard_says = if words.standard_says.is_empty() {
        "Standard: ".to_owned()
    } else {
        format!("The standard: {} ", words.standard_says)
    };
    view! {
        <article class="claim-card" data-claim=claims::id(verdict.claim) data-outcome=claims::outcome_key(verdict.outcome)>
            <h4>
                <span class="claim-id">{claims::id(verdict.claim)}</span>" "{words.says}
            </h4>
            <p class="outcome">{outcome(verdict.outcome)}" "{claims::ruling(verdict.claim, verdict.outcome)}</p>
            <ul class="findings">{decisive.1}</ul>
            {others}
            <p class="hint">{standard_says}{standards}</p>
        </article>
    }
}

/// The outcome as a label with a sign, so that it is not told by colour alone.
pub(super) fn outcome(outcome: Outcome) -> impl IntoView {
    let (sign, word) = claims::outcome(outcome);
    view! { <span class="badge" data-outcome=claims::outcome_key(outcome)><span aria-hidden="true">{sign}</span>" "{word}</span> }
}

/// Links to the sections that a claim rests on.
pub(super) fn standards(claim: Claim) -> impl IntoView {
    let links = claims::of(claim).standards.iter().enumerate().map(|(place, (name, url))| {
        let comma = if place > 0 { ", " } else { "" };
        view! { {comma}<a href=*url rel="noreferrer" target="_blank">{*name}</a> }
    });
    if claims::of(claim).standards.is_empty() {
        "none; it is a question of judgement".into_any()
    } else {
        links.collect_view().into_any()
    }
}
