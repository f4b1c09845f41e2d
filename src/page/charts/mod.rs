//! The charts of a run. Each has its heading, a sentence how to read it, the picture, a line that reads one datum out,
//! and the same values as a table. What is picked in one is picked everywhere.

mod figure;
mod kinds;
mod table;
mod waterfall;

use leptos::prelude::*;

use super::state::{LabState, Record};
use crate::drawing::charts::Recorded;
use crate::format::pattern::{Pattern, Sign};
use crate::lab::Lab;
use crate::trace::Protocol;

/// The charts for which the record has data; `lab` is `None` for one that no lab made.
#[component]
pub(super) fn Charts(state: LabState, lab: Option<Lab>) -> impl IntoView {
    let begun = Memo::new(move |_| state.record.read().trace.as_ref().is_some_and(|trace| !trace.messages.is_empty()));
    let timed = Memo::new(move |_| {
        let record = state.record.read();
        Protocol::BOTH.into_iter().any(|protocol| !record.timeline.samples(protocol).is_empty())
    });
    // Round trips side by side are what this lab is about; elsewhere parts differ too much to be compared so.
    let compares = lab == Some(Lab::Exchange);
    view! {
        <section class="charts" id="charts" hidden=move || state.holds_back() || !begun.get()>
            <h3>"Charts"</h3>
            <p class="hint">
                "Point at a chart, or move the focus there and use the arrow keys, to read it out; a click or Enter shows the message. "
                <span class="http">"● HTTP"</span> " and " <span class="ws">"◆ WebSocket"</span> " have the same signs in all of them."
            </p>
            <Patterns/>
            <div class="chart-grid">
                <Show when=move || timed.get()>
                    <kinds::Times state in_turns=compares/>
                </Show>
                <Show when=move || begun.get()>
                    <kinds::Carried state/>
                </Show>
                <Show when=move || timed.get() && compares>
                    <kinds::Distributed state/>
                </Show>
                <Show when=move || begun.get()>
                    <waterfall::Phases state/>
                </Show>
            </div>
        </section>
    }
}

/// What a chart is laid out from; `None` before the first run.
fn recorded(record: &Record) -> Option<Recorded<'_>> {
    Some(Recorded { trace: record.trace.as_ref()?, timeline: &record.timeline })
}

/// The patterns that areas are filled with, in each protocol's colour.
#[component]
fn Patterns() -> impl IntoView {
    let pattern = |class: &str, pattern: Pattern| {
        let (name, side) = (pattern.name(), pattern.side());
        let sign = match pattern.sign() {
            Sign::Strokes(path, width) => format!("<path d='{path}' stroke-width='{width}'/>"),
            Sign::Dot(centre, radius) => format!("<circle cx='{centre}' cy='{centre}' r='{radius}'/>"),
        };
        format!(
            "<pattern id='{name}-{class}' width='{side}' height='{side}' patternUnits='userSpaceOnUse'>\
             <rect class='ground' width='{side}' height='{side}'/>{sign}</pattern>"
        )
    };
    let patterns = ["http", "ws"]
        .map(|class| format!("<g class='{class}'>{}</g>", Pattern::ALL.map(|one| pattern(class, one)).concat()));
    let markup = format!("<defs>{}</defs>", patterns.concat());
    view! { <svg class="patterns" width="0" height="0" aria-hidden="true" inner_html=markup></svg> }
}
