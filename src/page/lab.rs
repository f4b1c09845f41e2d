//! A lab's page: the question, a prediction, the controls, the two conversations, what happened, and what
//! it says of what is taught.

use leptos::prelude::*;

use super::findings::WhatHappened;
use super::prediction::PredictionBox;
use super::state::LabState;
use super::{charts, controls, diagram, figures, inspector, status, take_away};
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
        <PredictionBox state lab/>
        <controls::Controls state lab/>
        <status::Status state/>
        <OtherSettings state lab/>
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

/// Says where what is shown was made with other settings than those that the page asks for.
#[component]
fn OtherSettings(state: LabState, lab: Lab) -> impl IntoView {
    let said = Memo::new(move |_| settings::of_another_run(lab, &state.differences()));
    view! {
        <p class="other-settings" role="status" hidden=move || said.read().is_none()>{move || said.get()}</p>
    }
}
