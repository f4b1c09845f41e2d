//! What do you think? One question before a run whose answer the run gives. Answering is free.

use leptos::prelude::*;

use super::state::LabState;
use crate::analysis::judgement;
use crate::lab::Lab;
use crate::words::labs;

#[component]
pub(super) fn PredictionBox(state: LabState, lab: Lab) -> impl IntoView {
    let words = &labs::of(lab).prediction;
    let guess = Memo::new(move |_| state.store.kept.read().guesses.get(lab.slug()).copied());
    let held_back = Memo::new(move |_| state.holds_back());
    let answer = Memo::new(move |_| {
        state.summed_up.track();
        if held_back.get() {
            return None;
        }
        let record = state.record.read_untracked();
        let trace =
            record.trace.as_ref().filter(|trace| trace.outcome.is_some() && trace.circumstances.lab == lab.slug())?;
        judgement::answer(trace, &record.timeline)
    });
    let choice = move |(place, text): (usize, &'static str)| {
        let right = move || answer.read().as_ref().is_some_and(|answer| answer.choice == place);
        view! {
            <label class="choice" class:right=right>
                <input
                    type="radio"
                    name="prediction"
                    value=place.to_string()
                    prop:checked=move || guess.get() == Some(place)
                    on:change=move |_| state.store.guess(lab.slug(), Some(place))
                />
                <span>
                    <span class="said">{text}</span>
                    <Show when=right>
                        <strong>" — so it was"</strong>
                    </Show>
                </span>
            </label>
        }
    };
    let told = move || {
        let answer = answer.get()?;
        let word = match guess.get() {
            None => "",
            Some(guess) if guess == answer.choice => "You were right. ",
            Some(_) => "Not as you thought. ",
        };
        Some(format!("{word}{}", labs::fact(&answer.finding.fact)))
    };
    (!words.choices.is_empty()).then(|| view! {
        <fieldset class="prediction">
            <legend>"What do you think? "{words.asks}</legend>
            <div class="choices">{words.choices.iter().copied().enumerate().map(choice).collect_view()}</div>
            <p class="told" role="status">{told}</p>
            <Show when=move || guess.get().is_some()>
                <button type="button" class="quiet" on:click=move |_| state.store.guess(lab.slug(), None)>"Take it back"</button>
            </Show>
        </fieldset>
    })
}
