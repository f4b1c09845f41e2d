//! The page for what other tools recorded: a HAR file is looked at here as a run is, but for what only a run of our own
//! can be asked: no prediction, no verdict, no claim.

use leptos::prelude::*;

use super::lab::OpenInFull;
use super::opening::OpenButton;
use super::state::LabState;
use super::{charts, diagram, figures, inspector, status, take_away};

#[component]
pub(super) fn CapturePage(state: LabState) -> impl IntoView {
    let nothing = Memo::new(move |_| state.record.read().trace.is_none());
    view! {
        <section class="question">
            <h2>"Your captures"</h2>
            <p>
                "Draw traffic that you recorded yourself. In the developer tools of a browser, open the Network panel, load "
                "the page you want to look at, and export all of it as a HAR file. Open that file here, or drop it anywhere "
                "on this page. It stays in this browser."
            </p>
            <p class="hint">
                "A HAR file tells less than a run of a lab: nothing of when the server received and sent, so that its end of "
                "each arrow is dashed and at a guessed place; and not which WebSocket message answers which."
            </p>
        </section>
        <div class="open-here" hidden=move || !nothing.get()>
            <OpenButton state/>
        </div>
        <status::Status state/>
        <div class="looked-at" hidden=move || nothing.get()>
            <div class="bench">
                <diagram::Diagrams state/>
                <inspector::Inspector state/>
            </div>
            <charts::Charts state lab=None/>
            <figures::Figures state/>
            <take_away::TakeAway state/>
        </div>
    }
}

/// The same, compact, for another page: what the file holds, and below it, folded away until looked at, all else.
#[component]
pub(super) fn CompactCapture(state: LabState) -> impl IntoView {
    let nothing = Memo::new(move |_| state.record.read().trace.is_none());
    let looked_at = RwSignal::new(false);
    view! {
        <div class="top">
            <div class="about"><h2>"A capture"</h2></div>
            <OpenInFull state/>
        </div>
        <div class="open-here" hidden=move || !nothing.get()>
            <OpenButton state/>
        </div>
        <status::Status state/>
        <div class="looked-at" hidden=move || nothing.get()>
            <div class="bench">
                <diagram::Diagrams state compact=true/>
                <inspector::Inspector state/>
            </div>
            <details class="fold further" on:toggle=move |_| looked_at.set(true)>
                <summary>"Charts and figures"</summary>
                <Show when=move || looked_at.get()>
                    <charts::Charts state lab=None/>
                    <figures::Figures state/>
                </Show>
            </details>
        </div>
    }
}
