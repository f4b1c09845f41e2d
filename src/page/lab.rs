//! A lab's page: the question, a prediction, the controls, the two conversations, what happened, and what
//! it says of what is taught.

use leptos::prelude::*;

use super::findings::{InShort, WhatHappened};
use super::prediction::PredictionBox;
use super::recording::Recording;
use super::state::LabState;
use super::{charts, controls, diagram, figures, inspector, paper, status, take_away};
use crate::browser::page_address;
use crate::lab::Lab;
use crate::words::{labs, settings};

#[component]
pub(super) fn LabPage(state: LabState, lab: Lab) -> impl IntoView {
    let words = labs::of(lab);
    view! {
        <section class="question">
            <h2>{words.title}</h2>
            <p>{words.question}</p>
        </section>
        <paper::Colophon state/>
        <PredictionBox state lab/>
        <controls::Controls state lab/>
        <status::Status state/>
        <OtherSettings state lab/>
        <Recording state/>
        <div class="bench">
            <diagram::Diagrams state/>
            <inspector::Inspector state/>
        </div>
        <charts::Charts state lab=Some(lab)/>
        <WhatHappened state lab/>
        <figures::Figures state/>
        <take_away::TakeAway state/>
    }
}

/// The same, compact: the question in a line, Run and Stop, the two conversations, what happened in short. All else is
/// folded away, what costs something to draw until it is looked at.
#[component]
pub(super) fn CompactLab(state: LabState, lab: Lab) -> impl IntoView {
    let words = labs::of(lab);
    let looked_at = RwSignal::new(false);
    view! {
        <div class="top">
            <details class="fold about">
                <summary><h2>{words.title}</h2>" "<span>{words.prediction.asks}</span></summary>
                <p>{words.question}</p>
                <PredictionBox state lab/>
            </details>
            <OpenInFull state/>
        </div>
        <controls::Controls state lab compact=true/>
        <status::Status state/>
        <OtherSettings state lab/>
        <Recording state/>
        <div class="bench">
            <diagram::Diagrams state compact=true/>
            <inspector::Inspector state/>
        </div>
        <InShort state lab/>
        <details class="fold further" on:toggle=move |_| looked_at.set(true)>
            <summary>"What happened, why, charts and figures"</summary>
            <Show when=move || looked_at.get()>
                <WhatHappened state lab/>
                <charts::Charts state lab=Some(lab)/>
                <figures::Figures state/>
            </Show>
        </details>
    }
}

/// Leads out of an embedded page, to the same with all that is around it.
#[component]
pub(super) fn OpenInFull(state: LabState) -> impl IntoView {
    let in_full = move || page_address::own_path(&state.link.read().in_full().write());
    view! { <a class="in-full" href=in_full target="_blank">"Open in full"</a> }
}

/// Says where what is shown was made with other settings than those that the page asks for.
#[component]
fn OtherSettings(state: LabState, lab: Lab) -> impl IntoView {
    // Of a recording that came with the page this is said beside it.
    let is_sample = move || state.record.read().sample;
    let said = Memo::new(move |_| settings::of_another_run(lab, &state.differences()).filter(|_| !is_sample()));
    view! {
        <p class="other-settings" role="status" hidden=move || said.read().is_none()>{move || said.get()}</p>
    }
}
