//! A chart's values as a table, page by page.

use leptos::prelude::*;

use super::figure::Shown;
use super::recorded;
use crate::page::state::LabState;

/// Rows on a page of the table.
const ROWS: usize = 50;

#[component]
pub(super) fn Table(state: LabState, chart: Memo<Shown>) -> impl IntoView {
    let open = RwSignal::new(false);
    let first = RwSignal::new(0usize);
    let count = Memo::new(move |_| chart.read().as_ref().map_or(0, |chart| chart.rows()));
    // A shorter run has fewer pages.
    let first_shown = move || first.get().min(count.get().saturating_sub(1) / ROWS * ROWS);
    let headings = Memo::new(move |_| chart.read().as_ref().map_or_else(Vec::new, |chart| chart.columns()));
    let content = Memo::new(move |_| {
        let record = state.record.read_untracked();
        let chart = chart.read();
        let Some((chart, of)) = chart.as_ref().zip(recorded(&record)) else { return Vec::new() };
        let shown = if open.get() { first_shown()..(first_shown() + ROWS).min(count.get()) } else { 0..0 };
        shown.map(|place| chart.row(of, place)).collect::<Vec<_>>()
    });
    let rows = move || {
        let row = |mut cells: Vec<String>| {
            let rest = cells.split_off(cells.len().min(1));
            let rest = rest.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
            view! { <tr><th scope="row">{cells.pop()}</th>{rest}</tr> }
        };
        content.get().into_iter().map(row).collect_view()
    };
    let head = move || headings.get().into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    view! {
        <details class="as-table" on:toggle:target=move |event| open.set(event.target().open())>
            <summary>{move || format!("As a table: {} rows", count.get())}</summary>
            <div class="scroll-x">
                <table>
                    <thead><tr>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="pager">
                <button type="button" disabled=move || first_shown() == 0
                    on:click=move |_| first.set(first_shown().saturating_sub(ROWS))>"Earlier"</button>
                <span>
                    {move || {
                        let until = (first_shown() + ROWS).min(count.get());
                        format!("{}–{until} of {}", (first_shown() + 1).min(count.get()), count.get())
                    }}
                </span>
                <button type="button" disabled=move || { first_shown() + ROWS >= count.get() }
                    on:click=move |_| first.set(first_shown() + ROWS)>"Later"</button>
            </p>
        </details>
    }
}
