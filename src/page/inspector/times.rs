//! The times of a message, each with where it comes from.

use leptos::prelude::*;

use crate::analysis::Placed;
use crate::page::messages::since_start;
use crate::page::state::Record;
use crate::trace::{Message, Moment, Phases, Span, Time, Trace};
use crate::words::inspector as words;

type Row = (&'static str, String, &'static str);

/// The table.
pub(super) fn section(record: &Record, trace: &Trace, message: &Message) -> AnyView {
    let resolution = trace.circumstances.resolution;
    let phases = message.phases.as_deref().map(|phases| phase_rows(phases, resolution));
    let row = |(name, value, source): Row| {
        view! { <tr><th scope="row">{name}</th><td class="when">{value}</td><td>{source}</td></tr> }
    };
    let times = rows(record, trace, message).into_iter().map(row).collect_view();
    let phases = phases.map(|rows| {
        view! {
            <tbody>
                <tr><th colspan="3" scope="rowgroup">"Its phases, measured by the browser (Resource Timing)"</th></tr>
                {rows.into_iter().map(row).collect_view()}
            </tbody>
        }
    });
    view! {
        <h4>"Times since the run began"</h4>
        <table class="times">
            <thead class="unseen"><tr><th scope="col">"What"</th><th scope="col">"When"</th><th scope="col">"From where"</th></tr></thead>
            <tbody>{times}</tbody>
            {phases}
        </table>
    }
    .into_any()
}

fn rows(record: &Record, trace: &Trace, message: &Message) -> Vec<Row> {
    let (timeline, from_file) = (&record.timeline, record.from_file);
    let resolution = trace.circumstances.resolution;
    let (sent, received) = timeline.ends(trace, message);
    let at = |placed: Option<Placed>| {
        placed.map_or_else(|| "unknown".to_owned(), |placed| format!("{} ms", since_start(trace, placed)))
    };
    let request = message.answers.and_then(|id| trace.message(id));
    let whole = request.and_then(|request| Some(message.received.page()? - request.sent.page()?));
    let on_page = |at: Time| timeline.place(trace, message.protocol, Moment::Page(at));
    let own = message.page_time().and_then(|at| on_page(timeline.cuts(message.protocol).own(at)));
    let measured = |name, time: Time| {
        let placed = on_page(time);
        (name, at(placed), words::source(placed, from_file))
    };
    let mut rows: Vec<Row> = vec![("Sent", at(sent), words::source(sent, from_file))];
    rows.extend(message.head.map(|head| measured("Head there", head)));
    // What a response was read in is told where it was read as it came.
    rows.extend(message.pieces.first().map(|(time, _)| measured("First bytes", *time)));
    rows.push(("Received", at(received), words::source(received, from_file)));
    rows.extend(own.map(|own| ("In own time", at(Some(own)), "derived: the other protocol’s turns cut out")));
    rows.extend(whole.map(|whole| {
        let (name, source) = words::whole(message.kind);
        (name, whole.known_to(resolution), source)
    }));
    rows
}

/// The phases that Resource Timing tells of an exchange; a WebSocket has no such entry.
fn phase_rows(phases: &Phases, resolution: Span) -> Vec<Row> {
    let took = |from: Time, until: Time| (until - from).known_to(resolution);
    let connect = match phases.connected() {
        true => (took(phases.connect_start, phases.connect_end), "connectStart to connectEnd"),
        false => ("none".to_owned(), "on a connection that was open"),
    };
    vec![
        ("Before sending", took(phases.start, phases.request_start), "queueing and connecting"),
        ("Connecting", connect.0, connect.1),
        ("Waiting", took(phases.request_start, phases.response_start), "requestStart to responseStart"),
        ("Reading", took(phases.response_start, phases.response_end), "responseStart to responseEnd"),
    ]
}
