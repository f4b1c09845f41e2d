//! The page of the lab `exchange`.

use leptos::prelude::*;

use super::state::LabState;
use super::{chart, controls, diagram, figures, inspector, status, take_away};

#[component]
pub(super) fn ExchangeLab(state: LabState) -> impl IntoView {
    view! {
        <section class="question">
            <h2>"The same conversation, twice"</h2>
            <p>
                "A page says something, and the server says it back: once over HTTP, as a request with its response, "
                "and once over a WebSocket, as two messages on a connection that stays open. "
                "What does each need for it, and how long does it take?"
            </p>
        </section>
        <controls::Controls state/>
        <status::Status state/>
        <div class="bench">
            <diagram::Diagrams state/>
            <inspector::Inspector state/>
        </div>
        <chart::RoundTrips state/>
        <figures::Figures state/>
        <take_away::TakeAway state/>
    }
}
