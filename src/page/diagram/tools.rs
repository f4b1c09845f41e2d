//! How the diagrams are to be looked at: zoom, axis, clocks, folds.

use leptos::prelude::*;

use super::sheets::Sheets;
use crate::drawing::Pace;
use crate::page::state::LabState;

/// One press of + or −.
pub(super) const ZOOM: f64 = 1.5;

#[component]
pub(super) fn Tools(state: LabState, sheets: Sheets) -> impl IntoView {
    let look = state.look;
    let paces = Pace::ALL.map(|pace| {
        view! { <option value=pace.name() selected=move || look.pace.get() == pace>{words(pace)}</option> }
    });
    let zoom = move |factor: f64| sheets.zoom(look.subjects_untracked()[0], factor);
    let folds = move || sheets.has_folds() || !look.folding.get();
    view! {
        <div class="tools" role="toolbar" aria-label="Diagrams">
            <button type="button" title="Zoom in (+)" on:click=move |_| zoom(ZOOM)>"+"</button>
            <button type="button" title="Zoom out (−)" on:click=move |_| zoom(1.0 / ZOOM)>"−"</button>
            <button type="button" title="Back to the size that fits (0)" on:click=move |_| look.zoom.set(1.0)>"Fit"</button>
            <label>
                "Time "
                <select class="pace" on:change:target=move |event| {
                    if let Some(pace) = Pace::named(&event.target().value()) {
                        look.pace.set(pace);
                    }
                }>{paces}</select>
            </label>
            {switch("together", " one diagram", look.together, || false, move || look.stop_playing())}
            {switch("wall-time", " wall time", look.wall_time, move || look.together.get(), move || look.stop_playing())}
            {switch("folding", " fold repeats", look.folding, move || !folds(), || ())}
            <span class="hint">
                {move || if look.is_wall_time() {
                    "Both on the wall clock, as they took turns."
                } else {
                    "Each protocol in its own time: while it was the other’s turn, its clock stands still."
                }}
            </span>
        </div>
    }
}

/// A check box for something that is on or off; `before` it changes something may have to be done.
fn switch(
    class: &'static str,
    words: &'static str,
    is_on: RwSignal<bool>,
    is_hidden: impl Fn() -> bool + Send + 'static,
    before: impl Fn() + 'static,
) -> impl IntoView {
    let change = move |checked: bool| {
        before();
        is_on.set(checked);
    };
    view! {
        <label hidden=is_hidden>
            <input
                type="checkbox"
                class=class
                prop:checked=move || is_on.get()
                on:change:target=move |event| change(event.target().checked())
            />
            {words}
        </label>
    }
}

const fn words(pace: Pace) -> &'static str {
    match pace {
        Pace::Linear => "in true proportion",
        Pace::Compressed => "silences shrunk",
        Pace::Ordinal => "one step a message",
    }
}
