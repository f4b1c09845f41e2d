//! A diagram's content as a table, page by page.

use leptos::prelude::*;

use super::state::LabState;
use super::words;
use crate::analysis::{Placed, Timeline};
use crate::drawing::sequence::bytes;
use crate::trace::{Direction, Message, MessageId, Protocol, Trace};

/// Rows on a page of the table.
const ROWS: usize = 50;

#[component]
pub(super) fn MessageTable(state: LabState, protocol: Protocol) -> impl IntoView {
    let open = RwSignal::new(false);
    let first = RwSignal::new(0usize);
    let count = Memo::new(move |_| state.record.read().timeline.messages(protocol).len());
    let rows = move || {
        let record = state.record.read();
        let Some(trace) = record.trace.as_ref().filter(|_| open.get()) else {
            return Vec::new();
        };
        let ids = record.timeline.messages(protocol).iter().skip(first.get()).take(ROWS);
        ids.filter_map(|id| trace.message(*id)).map(|message| row(state, trace, &record.timeline, message)).collect()
    };
    let turn = move |forward: bool| {
        first.update(|first| {
            *first = if forward { *first + ROWS } else { first.saturating_sub(ROWS) };
        });
    };
    view! {
        <details class="as-table" on:toggle:target=move |event| open.set(event.target().open())>
            <summary>{move || format!("As a table: {} messages", count.get())}</summary>
            <div class="scroll-x">
                <table>
                    <caption>"Times in ms since the run began, by the wall clock"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"No."</th>
                            <th scope="col">"Turn"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"To"</th>
                            <th scope="col">"Sent"</th>
                            <th scope="col">"Received"</th>
                            <th scope="col">"Payload"</th>
                            <th scope="col">"Overhead"</th>
                            <th scope="col">"Connection"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="pager">
                <button type="button" disabled=move || first.get() == 0 on:click=move |_| turn(false)>"Earlier"</button>
                <span>
                    {move || format!("{}–{} of {}", (first.get() + 1).min(count.get()), (first.get() + ROWS).min(count.get()), count.get())}
                </span>
                <button type="button" disabled=move || { first.get() + ROWS >= count.get() } on:click=move |_| turn(true)>
                    "Later"
                </button>
            </p>
        </details>
    }
}

fn row(state: LabState, trace: &Trace, timeline: &Timeline, message: &Message) -> impl IntoView + use<> {
    let (sent, received) = timeline.ends(trace, message);
    let id: MessageId = message.id;
    let at = |placed: Option<Placed>| placed.map_or_else(|| "—".to_owned(), |placed| since_start(trace, placed));
    let connection = message.connection.and_then(|id| trace.connection(id)).and_then(|connection| connection.server_id);
    let to = match message.direction {
        Direction::ToServer => "server",
        Direction::ToPage => "page",
    };
    view! {
        <tr class:selected=move || state.selected.get() == Some(id)>
            <td>
                <button type="button" class="link" on:click=move |_| state.selected.set(Some(id))>{id.0 + 1}</button>
            </td>
            <td>{if message.warm_up { "warm-up".to_owned() } else { message.turn.to_string() }}</td>
            <td>{words::kind(message)}</td>
            <td>{to}</td>
            <td>{at(sent)}</td>
            <td>{at(received)}</td>
            <td>{bytes(message.payload)}</td>
            <td>{message.overhead.map_or_else(|| "unknown".to_owned(), bytes)}</td>
            <td>{connection.map_or_else(|| "—".to_owned(), |id| id.to_string())}</td>
        </tr>
    }
}

/// Milliseconds since the run began, as exactly as they are known; `~` where they are not measured
/// here.
pub(super) fn since_start(trace: &Trace, placed: Placed) -> String {
    let millis = (placed.at - trace.circumstances.origin).as_millis();
    match placed.provenance {
        crate::analysis::Provenance::Page => format!("{millis:.3}"),
        crate::analysis::Provenance::Server => format!("{millis:.3} ± {:.3}", placed.uncertainty.as_millis()),
        crate::analysis::Provenance::Unknown => format!("≈ {millis:.3}"),
    }
}
