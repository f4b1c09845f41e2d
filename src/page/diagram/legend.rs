//! What the marks in the diagrams mean: those that occur, and no others.

use leptos::prelude::*;

use super::sheets::Sheets;
use crate::drawing::sequence::{Mark, sample};
use crate::format::svg;
use crate::trace::Protocol;
use crate::words;

#[component]
pub(super) fn Legend(sheets: Sheets) -> impl IntoView {
    let marks = Memo::new(move |_| sheets.legend());
    let items = move || {
        let item = |mark: Mark| {
            view! {
                <li>
                    <svg width="34" height="14" aria-hidden="true" inner_html=svg::markup(&sample(mark, Protocol::Http), None)></svg>
                    {words::mark(mark)}
                </li>
            }
        };
        marks.get().into_iter().map(item).collect_view()
    };
    view! { <ul class="legend">{items}</ul> }
}
