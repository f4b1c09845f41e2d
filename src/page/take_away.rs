//! Taking a run away as a file, and bringing one back.

use leptos::prelude::*;

use super::picture;
use super::run_link::Links;
use super::state::{LabState, Record};
use crate::browser::{surroundings, timer};
use crate::drawing::sequence::{Manner, Plan, Subject};
use crate::format::{self, csv, mermaid};
use crate::lab::Lab;
use crate::lab::link::Page;
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
            <label class="button" class:disabled=move || state.running.get()>
                "Open a saved run"
                <input
                    type="file"
                    accept=".json,application/json"
                    class="unseen"
                    disabled=move || state.running.get()
                    on:change=move |event| open(state, &event)
                />
            </label>
            {way(Way::Messages, "as-messages")}
            {way(Way::Figures, "as-figures")}
            {way(Way::Mermaid, "as-mermaid")}
            <super::embed::EmbedDialog state/>
            <p class="hint">"Each picture is saved beside it, as SVG or as PNG."</p>
        </section>
    }
}

/// What a run can be taken away as.
#[derive(Clone, Copy)]
enum Way {
    /// All of it, to be opened again.
    Json,
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
            Self::Messages => "Messages as CSV",
            Self::Figures => "Figures as CSV",
            Self::Mermaid => "Diagram as Mermaid text",
        }
    }

    /// How the file's name ends, and what it is.
    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => (".json", "application/json"),
            Self::Messages => ("-messages.csv", "text/csv"),
            Self::Figures => ("-figures.csv", "text/csv"),
            Self::Mermaid => (".mmd", "text/vnd.mermaid"),
        }
    }

    fn text(self, record: &Record, trace: &Trace) -> Result<String, String> {
        let timeline = &record.timeline;
        Ok(match self {
            Self::Json => format::write(trace).map_err(|error| error.to_string())?,
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
    let saved = way.text(&record, trace).and_then(|text| surroundings::download(&name, media_type, &text));
    if let Err(why) = saved {
        state.notice(format!("The run could not be saved: {why}."));
    }
}

fn open(state: LabState, event: &leptos::ev::Event) {
    let Some(text) = surroundings::chosen_file(event) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let read = match text.await {
            Ok(text) => format::read(&text).map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        match read {
            Ok(_) if state.running.get_untracked() => state.notice("The file was not opened: a run goes on."),
            Ok(trace) => {
                state.notices.set(Vec::new());
                show(state, trace).await;
            }
            Err(why) => state.notice(format!("The file could not be opened: {why}.")),
        }
    });
}

/// Shows a run that was recorded earlier, on its lab's page.
pub(super) async fn show(state: LabState, trace: Trace) {
    // Each lab shows its own runs.
    if let Some(lab) = Lab::named(&trace.circumstances.lab) {
        let link = state.link.get_untracked();
        if link.page != Page::Lab(lab) {
            state.turn_to(link.turned_to(Page::Lab(lab)));
        }
    }
    state.put_away();
    // Of a long run the pictures are there before all of it has been gone through.
    state.draw(Record::opened(trace));
    timer::frame(|| {}).await;
    state.sum_up(true);
}
