//! One message in full: what it is, its raw bytes with what they mean, its times with their provenance,
//! its bytes by layer, its connection. Raw bytes are decoded here and now, when a message is picked.

mod connection;
mod frame;
mod handshake;
mod hex;
mod http;
mod raw;

use leptos::prelude::*;

use super::diagram;
use super::messages::since_start;
use super::state::{LabState, Record};
use crate::analysis::{Placed, bytes_in_words, known_overhead};
use crate::browser::surroundings::{self, Focused};
use crate::format::svg;
use crate::trace::{Direction, Message, Moment, Phases, Protocol, Span, Time, Trace};
use crate::words;

/// The element in which a picked message is shown.
const ID: &str = "inspector";

/// Moves the focus to the picked message, until that is closed.
pub(super) fn open(state: LabState) {
    if let Some(opener) = Focused::now() {
        state.opener.set_value(Some(opener));
    }
    surroundings::focus(ID);
}

#[component]
pub(super) fn Inspector(state: LabState) -> impl IntoView {
    let content = move || {
        let record = state.record.read();
        let trace = record.trace.as_ref()?;
        let message = trace.message(state.selected.get()?)?;
        Some(details(&record, trace, message))
    };
    let picked = Memo::new(move |_| {
        let record = state.record.read();
        let message = record.trace.as_ref().zip(state.selected.get()).and_then(|(trace, id)| trace.message(id));
        message.map(|message| message.protocol)
    });
    let step = move |by: isize| {
        if let Some(protocol) = picked.get_untracked() {
            diagram::step(state, protocol, by);
        }
    };
    // The focus goes back to where it came from; if that is gone, to the diagram that the message is in.
    let close = move || {
        let opener = state.opener.try_update_value(Option::take).flatten();
        if !opener.is_some_and(|opener| opener.restore())
            && let Some(protocol) = picked.get_untracked()
        {
            surroundings::focus(diagram::window_id(protocol));
        }
        state.selected.set(None);
    };
    view! {
        <aside
            id=ID
            class="inspector"
            class:open=move || picked.get().is_some()
            tabindex="-1"
            aria-label="The picked message"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close();
                    event.prevent_default();
                }
            }
        >
            <div class="bar" hidden=move || picked.get().is_none()>
                <button type="button" on:click=move |_| step(-1)>"Previous"</button>
                <button type="button" on:click=move |_| step(1)>"Next"</button>
                <button type="button" on:click=move |_| close()>"Close"</button>
            </div>
            <p class="hint" hidden=move || picked.get().is_some()>
                "Click an arrow, or press the arrow keys in a diagram, to see a message in full."
            </p>
            {content}
        </aside>
    }
}

fn details(record: &Record, trace: &Trace, message: &Message) -> impl IntoView + use<> {
    let class = svg::protocol_class(message.protocol);
    let to = match message.direction {
        Direction::ToServer => "page → server",
        Direction::ToPage => "server → page",
    };
    let turn = if message.warm_up { "warm-up".to_owned() } else { format!("turn {}", message.turn) };
    let resolution = trace.circumstances.resolution;
    let phases = message.phases.as_deref().map(|phases| phase_rows(phases, resolution));
    view! {
        <h3 class=class>{words::kind(message)}</h3>
        <p class="meta">{words::protocol(message.protocol)} " · " {turn} " · " {to}</p>
        <p>{words::explanation(message)}</p>
        {raw::section(record, trace, message)}
        <h4>"Times since the run began"</h4>
        <dl>{time_rows(record, trace, message)}{phases}</dl>
        <h4>"Bytes"</h4>
        <dl>{byte_rows(trace, message)}</dl>
        {connection::section(record, trace, message)}
    }
}

fn row(name: &'static str, value: String, note: &'static str) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}" "<small>{note}</small></dd></div> }.into_any()
}

fn time_rows(record: &Record, trace: &Trace, message: &Message) -> impl IntoView + use<> {
    let (timeline, from_file) = (&record.timeline, record.from_file);
    let (sent, received) = timeline.ends(trace, message);
    let at = |placed: Option<Placed>| {
        placed.map_or_else(|| "unknown".to_owned(), |placed| format!("{} ms", since_start(trace, placed)))
    };
    let whole = message
        .answers
        .and_then(|id| trace.message(id))
        .and_then(|request| Some(message.received.page()? - request.sent.page()?));
    let on_page = |at: Time| timeline.place(trace, message.protocol, Moment::Page(at));
    let own = message.page_time().and_then(|at| on_page(timeline.cuts(message.protocol).own(at)));
    let head = message.head.map(on_page);
    (
        row("Sent", at(sent), words::provenance(sent, from_file)),
        head.map(|head| row("Head there", at(head), words::provenance(head, from_file))),
        row("Received", at(received), words::provenance(received, from_file)),
        own.map(|own| row("In own time", at(Some(own)), "the other protocol’s turns cut out")),
        whole.map(|whole| {
            row("Round trip", whole.known_to(trace.circumstances.resolution), "from the call to the whole reply")
        }),
    )
}

/// The phases that Resource Timing tells of an exchange; a WebSocket has no such entry.
fn phase_rows(phases: &Phases, resolution: Span) -> impl IntoView + use<> {
    let took = |from: Time, until: Time| (until - from).known_to(resolution);
    let connect = match phases.connected() {
        true => took(phases.connect_start, phases.connect_end),
        false => "no new connection".to_owned(),
    };
    (
        row("Before sending", took(phases.start, phases.request_start), "queueing and connecting"),
        row("Connecting", connect, "connectStart to connectEnd"),
        row("Waiting", took(phases.request_start, phases.response_start), "requestStart to responseStart"),
        row("Reading", took(phases.response_start, phases.response_end), "responseStart to responseEnd"),
    )
}

fn byte_rows(trace: &Trace, message: &Message) -> impl IntoView + use<> {
    let overhead = known_overhead(trace, message);
    let overhead_note = match (overhead, message.protocol, message.kind.is_opening()) {
        (None, ..) => "not told by the server",
        (_, Protocol::Http, _) | (_, _, true) => "head, counted by the server",
        (_, Protocol::WebSocket, false) => "frame heads, from the length (RFC 6455 §5.2)",
    };
    let unknown = || "unknown".to_owned();
    (
        row("Payload", bytes_in_words(message.payload), ""),
        row("Overhead", overhead.map_or_else(unknown, bytes_in_words), overhead_note),
        row(
            "The instrument of Duplex",
            message.instrument.map_or_else(unknown, bytes_in_words),
            "charged to no protocol",
        ),
    )
}
