//! Taking a run away as a file.

use leptos::prelude::*;

use super::opening::OpenButton;
use super::state::{LabState, Record};
use crate::browser::surroundings;
use crate::drawing::sequence::{self, Manner, Plan, Subject, View, participants};
use crate::format::standalone::{self, Sheet};
use crate::format::{self, csv, har, mermaid};
use crate::lab::Lab;
use crate::lab::link::Theme;
use crate::trace::{Protocol, Trace};
use crate::words;

/// How wide and how high a diagram is in a file, where its messages have room, in pixels.
const PICTURE: (f64, f64) = (640.0, 480.0);

#[component]
pub(super) fn TakeAway(state: LabState) -> impl IntoView {
    let nothing = move || state.running.get() || state.record.read().trace.is_none();
    let way = move |way: Way, class: &'static str| {
        view! {
            <button type="button" class=class disabled=nothing on:click=move |_| take(state, way)>{way.button()}</button>
        }
    };
    let pictures = move || state.look.subjects().iter().map(|&of| way(Way::Picture(of), "as-svg")).collect_view();
    view! {
        <section class="take-away">
            <h3>"Take it with you"</h3>
            {way(Way::Json, "export")}
            {way(Way::Har, "as-har")}
            <OpenButton state/>
            {way(Way::Messages, "as-messages")}
            {way(Way::Figures, "as-figures")}
            {way(Way::Mermaid, "as-mermaid")}
            {pictures}
            <p class="hint">
                "JSON and HAR files hold headers as they were sent, as far as the server told them, with the cookies that a "
                "browser sends along with a WebSocket’s handshake: look before you publish one."
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
    /// A diagram as a picture, as it is looked at now.
    Picture(Subject),
}

impl Way {
    const fn button(self) -> &'static str {
        match self {
            Self::Json => "Save as JSON",
            Self::Har => "Save as HAR",
            Self::Messages => "Messages as CSV",
            Self::Figures => "Figures as CSV",
            Self::Mermaid => "Diagram as Mermaid text",
            Self::Picture(Subject::One(Protocol::Http)) => "HTTP diagram as SVG",
            Self::Picture(Subject::One(Protocol::WebSocket)) => "WebSocket diagram as SVG",
            Self::Picture(Subject::Both) => "Diagram as SVG",
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
            Self::Picture(Subject::One(Protocol::Http)) => ("-http.svg", "image/svg+xml"),
            Self::Picture(Subject::One(Protocol::WebSocket)) => ("-websocket.svg", "image/svg+xml"),
            Self::Picture(Subject::Both) => (".svg", "image/svg+xml"),
        }
    }

    fn text(self, state: LabState, record: &Record, trace: &Trace) -> Result<String, String> {
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
            Self::Picture(of) => picture(state, record, trace, of),
        })
    }
}

/// Saves a run as a file.
fn take(state: LabState, way: Way) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let (end, media_type) = way.file();
    let name = format!("duplex-{}-{}{end}", trace.circumstances.lab, &trace.circumstances.run.to_string()[..8]);
    let saved =
        untrack(|| way.text(state, &record, trace)).and_then(|text| surroundings::download(&name, media_type, &text));
    if let Err(why) = saved {
        state.notice(format!("The run could not be saved: {why}."));
    }
}

/// A diagram as it is looked at, all of it, with the marks that occur.
fn picture(state: LabState, record: &Record, trace: &Trace, of: Subject) -> String {
    let (width, window) = PICTURE;
    let plan = Plan::of(trace, &record.timeline, state.look.manner(of));
    let scale = Plan::fitting(plan.reach(trace, &record.timeline), plan.shown().len(), window);
    let whole = View::whole(&plan, trace, &record.timeline, scale, width);
    let (names, scene) = (participants(&plan, width), sequence::sequence(&plan, trace, &record.timeline, whole));
    let protocol = of.protocols().first().copied().unwrap_or(Protocol::Http);
    let mark = |mark| (sequence::sample(mark, protocol), words::mark_on_paper(mark));
    let legend: Vec<_> = plan.legend(trace, &record.timeline).into_iter().map(mark).collect();
    let name = match of {
        Subject::One(protocol) => words::protocol(protocol),
        Subject::Both => "HTTP and WebSocket",
    };
    let is_dark = match state.link.read_untracked().theme {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::Auto => surroundings::prefers_dark(),
    };
    standalone::document(&Sheet {
        title: &format!("Sequence diagram of {name}"),
        description: &standalone::provenance(trace, &record.timeline),
        scenes: &[&names, &scene],
        legend: &legend,
        theme: if is_dark { standalone::Theme::Dark } else { standalone::Theme::Light },
    })
}
