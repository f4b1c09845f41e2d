//! A diagram's content as a table, page by page.

use leptos::prelude::*;

use super::inspector;
use super::state::LabState;
use crate::analysis::{Placed, Provenance, Timeline, bytes_in_words, known_overhead};
use crate::trace::{Direction, Message, MessageId, Protocol, Trace};
use crate::words;

/// Rows on a page of the table.
const ROWS: usize = 50;

#[component]
pub(super) fn MessageTable(state: LabState, protocol: Protocol) -> impl IntoView {
    let open = RwSignal::new(false);
    let first = RwSignal::new(0usize);
    let count = Memo::new(move |_| state.record.read().timeline.messages(protocol).len());
    // A shorter run has fewer pages.
    let first_shown = move || first.get().min(count.get().saturating_sub(1) / ROWS * ROWS);
    let content = Memo::new(move |_| {
        let record = state.record.read();
        let Some(trace) = record.trace.as_ref().filter(|_| open.get()) else { return Vec::new() };
        let ids = record.timeline.messages(protocol).iter().skip(first_shown()).take(ROWS);
        let messages = ids.filter_map(|id| trace.message(*id));
        messages.map(|message| Row::of(trace, &record.timeline, message)).collect()
    });
    let rows = move || content.get().into_iter().map(|row| row.view(state)).collect_view();
    let turn = move |forward: bool| {
        let shown = first_shown();
        first.set(if forward { shown + ROWS } else { shown.saturating_sub(ROWS) });
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
                <button type="button" disabled=move || first_shown() == 0 on:click=move |_| turn(false)>"Earlier"</button>
                <span>
                    {move || {
                        let until = (first_shown() + ROWS).min(count.get());
                        format!("{}–{until} of {}", (first_shown() + 1).min(count.get()), count.get())
                    }}
                </span>
                <button type="button" disabled=move || { first_shown() + ROWS >= count.get() } on:click=move |_| turn(true)>
                    "Later"
                </button>
            </p>
        </details>
    }
}

/// What a row says.
#[derive(Clone, PartialEq)]
struct Row {
    id: MessageId,
    cells: [String; 8],
}

impl Row {
    fn of(trace: &Trace, timeline: &Timeline, message: &Message) -> Self {
        let (sent, received) = timeline.ends(trace, message);
        let at = |placed: Option<Placed>| placed.map_or_else(|| "—".to_owned(), |placed| since_start(trace, placed));
        let connection = message.connection.and_then(|id| trace.connection(id)).and_then(|known| known.server_id);
        let to = match message.direction {
            Direction::ToServer => "server",
            Direction::ToPage => "page",
        };
        let cells = [
            if message.warm_up { "warm-up".to_owned() } else { message.turn.to_string() },
            words::kind(message),
            to.to_owned(),
            at(sent),
            at(received),
            bytes_in_words(message.payload),
            known_overhead(trace, message).map_or_else(|| "unknown".to_owned(), bytes_in_words),
            connection.map_or_else(|| "—".to_owned(), |id| id.to_string()),
        ];
        Self { id: message.id, cells }
    }

    fn view(self, state: LabState) -> impl IntoView {
        let id = self.id;
        let show = move || {
            state.selected.set(Some(id));
            inspector::open(state);
        };
        let cells = self.cells.map(|cell| view! { <td>{cell}</td> });
        view! {
            <tr class:selected=move || state.selected.get() == Some(id)>
                <td>
                    <button type="button" class="link" on:click=move |_| show()>
                        {id.0 + 1}
                    </button>
                </td>
                {cells}
            </tr>
        }
    }
}

/// Milliseconds since the run began, as exactly as they are known; `≈` where they are not.
pub(super) fn since_start(trace: &Trace, placed: Placed) -> String {
    let millis = (placed.at - trace.circumstances.origin).as_millis();
    // A clock that steps by 5 µs tells three decimals, one that steps by a millisecond none.
    let decimals = match trace.circumstances.resolution.0 {
        ..10 => 3,
        10..100 => 2,
        100..1000 => 1,
        _ => 0,
    };
    match placed.provenance {
        Provenance::Page => format!("{millis:.decimals$}"),
        Provenance::Server => format!("{millis:.decimals$} ± {:.decimals$}", placed.uncertainty.as_millis()),
        Provenance::Unknown => format!("≈ {millis:.decimals$}"),
    }
}
