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
    let folds = move || sheets.has_folds() || !look.folding.get();
    view! {
        <div class="tools" role="toolbar" aria-label="Diagrams">
            <button type="button" title="Zoom in (+)" on:click=move |_| look.zoom_by(ZOOM)>"+"</button>
            <button type="button" title="Zoom out (−)" on:click=move |_| look.zoom_by(1.0 / ZOOM)>"−"</button>
            <button type="button" title="Back to the size that fits (0)" on:click=move |_| look.zoom.set(1.0)>"Fit"</button>
            <label>
                "Time "
                <select class="pace" on:change:target=move |event| {
                    if let Some(pace) = Pace::named(&event.target().value()) {
                        look.pace.set(pace);
                    }
                }>{paces}</select>
            </label>
            <label>
                <input
                    type="checkbox"
                    class="together"
                    prop:checked=move || look.together.get()
                    on:change:target=move |event| {
                        look.stop_playing();
                        look.together.set(event.target().checked());
                    }
                />
                " one diagram"
            </label>
            <label hidden=move || look.together.get()>
                <input
                    type="checkbox"
                    class="wall-time"
                    prop:checked=move || look.wall_time.get()
                    on:change:target=move |event| {
                        look.stop_playing();
                        look.wall_time.set(event.target().checked());
                    }
                />
                " wall time"
            </label>
            <label hidden=move || !folds()>
                <input
                    type="checkbox"
                    class="folding"
                    prop:checked=move || look.folding.get()
                    on:change:target=move |event| look.folding.set(event.target().checked())
                />
                " fold repeats"
            </label>
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

const fn words(pace: Pace) -> &'static str {
    match pace {
        Pace::Linear => "in true proportion",
        Pace::Compressed => "silences shrunk",
        Pace::Ordinal => "one step a message",
    }
}
