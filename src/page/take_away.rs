//! Taking a run away as a file.

use leptos::prelude::*;

use super::opening::OpenButton;
use super::picture;
use super::run_link::Links;
use super::state::{LabState, Record};
use crate::browser::saving;
use crate::drawing::sequence::{Manner, Plan, Subject};
use crate::format::{self, csv, har, mermaid};
use crate::lab::Lab;
use crate::trace::Trace;

#[component]
pub(super) fn TakeAway(state: LabState) -> impl IntoView {
    let nothing = move || state.running.get() || state.record.read().trace.is_none();
    let way = move |way: Way, class: &'static str| {
        view! {
            <button type="button" class=class disabled=nothing on:click=move |_| take(state, way)>{way.button()}</button>
        }
    };
    view! {
        <section class="take-away">
            <h3>"Take it with you"</h3>
            <Links state/>
            {way(Way::Json, "export")}
            {way(Way::Har, "as-har")}
            <OpenButton state/>
            {way(Way::Messages, "as-messages")}
            {way(Way::Figures, "as-figures")}
            {way(Way::Mermaid, "as-mermaid")}
            <super::embed::EmbedDialog state/>
            <p class="hint">
                "Each picture is saved beside it, as SVG or as PNG. JSON and HAR files, and links with a run in them, hold headers as \
                they were sent, as far as the server told them, with the cookies that a browser sends along with a WebSocket’s \
                handshake: look before you publish one."
            </p>
        </section>
    }
}

/// What a run can be taken away as.
#[derive(Clone, Copy)]
enum Way {
    /// All of it, to be opened again.
    Json,
    /// Its HTTP exchanges and WebSockets, for other tools; what these know is read back.
    Har,
    /// A table of its messages.
    Messages,
    /// A table of its figures.
    Figures,
    /// A diagram as text.
    Mermaid,
}

impl Way {
    const fn button(self) -> &'static str {
        match self {
            Self::Json => "Save as JSON",
            Self::Har => "Save as HAR",
            Self::Messages => "Messages as CSV",
            Self::Figures => "Figures as CSV",
            Self::Mermaid => "Diagram as Mermaid text",
        }
    }

    /// How the file's name ends, and what it is.
    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => (".json", "application/json"),
            Self::Har => (".har", "application/json"),
            Self::Messages => ("-messages.csv", "text/csv"),
            Self::Figures => ("-figures.csv", "text/csv"),
            Self::Mermaid => (".mmd", "text/vnd.mermaid"),
        }
    }

    fn text(self, record: &Record, trace: &Trace) -> Result<String, String> {
        let timeline = &record.timeline;
        Ok(match self {
            Self::Json => format::write(trace).map_err(|error| error.to_string())?,
            Self::Har => har::write(trace, timeline).map_err(|error| error.to_string())?,
            Self::Messages => csv::messages(trace, timeline),
            Self::Figures => csv::figures(trace, timeline, record.lab() == Some(Lab::Exchange)),
            Self::Mermaid => {
                let manner = Manner { folding: true, ..Manner::plain(Subject::Both) };
                mermaid::sequence_diagram(&Plan::of(trace, timeline, manner), trace, timeline)
            }
        })
    }
}

/// Saves a run as a file.
fn take(state: LabState, way: Way) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let (end, media_type) = way.file();
    let name = format!("{}{end}", picture::stem(trace));
    let saved = way.text(&record, trace).and_then(|text| saving::download(&name, media_type, &text));
    if let Err(why) = saved {
        state.notice(format!("The run could not be saved: {why}."));
    }
}
