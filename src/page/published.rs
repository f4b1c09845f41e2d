//! Published comparisons, re-examined: what each says and where, a link that runs the same thing here, and, once that
//! was run, the published figures beside ours with what holds and what does not.

use leptos::prelude::*;

use super::state::{LabState, Record};
use crate::analysis::published::{Comparison, Holds, Part, Preset, Remark, Repetition, Row};
use crate::browser::{page_address, surroundings};
use crate::lab::Lab;
use crate::lab::link::{Link, Page};
use crate::words::published as words;

/// All of them. A comparison appears with the run that repeats it: the one that is shown, else the newest one of
/// this visit.
#[component]
pub(super) fn Published(state: LabState) -> impl IntoView {
    let compared = Memo::new(move |before: Option<&Vec<Comparison>>| {
        state.summed_up.track();
        // Not each second while a run goes on, which is not the whole thing yet.
        if state.running.get() { before.cloned().unwrap_or_default() } else { comparisons(state) }
    });
    let entries = Preset::ALL.map(|preset| view! { <Entry state preset compared/> });
    view! {
        <section class="published">
            <h3>"Published numbers, re-examined"</h3>
            <p class="hint">
                "Three comparisons that are often repeated. Run the same thing here, and see what of each holds. "
                "What this page adds in order to measure is left out."
            </p>
            {entries.into_iter().collect_view()}
        </section>
    }
}

/// What the runs of this visit repeat, each part once.
fn comparisons(state: LabState) -> Vec<Comparison> {
    let mut known: Vec<Comparison> = Vec::new();
    let mut take = |record: &Record| {
        let Some(trace) = record.trace.as_ref().filter(|trace| trace.outcome.is_some()) else { return };
        for comparison in Preset::ALL.into_iter().filter_map(|preset| preset.compare(trace, &record.timeline)) {
            let same = |other: &Comparison| (other.preset, other.part) == (comparison.preset, comparison.part);
            if !known.iter().any(same) {
                known.push(comparison);
            }
        }
    };
    take(&state.record.read());
    state.runs.with_value(|runs| runs.newest_first().for_each(&mut take));
    known
}

#[component]
fn Entry(state: LabState, preset: Preset, compared: Memo<Vec<Comparison>>) -> impl IntoView {
    let source = preset.source();
    let link = source.url.map(|url| view! { <a class="source" href=url rel="noreferrer">{url}</a>" " });
    let repetitions = preset.repetitions().iter();
    let links = repetitions.map(|repetition| view! { <RunLink state repetition/> }).collect_view();
    let tables = move || {
        let compared = compared.read();
        let own = compared.iter().filter(|comparison| comparison.preset == preset);
        own.map(table).collect::<Vec<_>>()
    };
    view! {
        <article class="preset" data-preset=preset.id()>
            <h4>{words::title(preset)}</h4>
            <p>{words::says(preset)}</p>
            <p class="hint">{words::source(source)}" "{link}{words::checked(source.checked)}</p>
            <p class="tools">{links}</p>
            {tables}
        </article>
    }
}

/// Leads to a lab with the settings that repeat something, without loading the page anew.
#[component]
fn RunLink(state: LabState, repetition: &'static Repetition) -> impl IntoView {
    let link = move || lead_to(&state.link.read(), repetition);
    let go = move |event: leptos::ev::MouseEvent| {
        // Those open a new tab or window.
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        event.prevent_default();
        if let Some(link) = link().filter(|_| !state.running.get_untracked()) {
            state.turn_to(link);
            surroundings::scroll_to_top();
        }
    };
    view! {
        <a
            class="button"
            href=move || link().map(|link| page_address::own_path(&link.write()))
            aria-disabled=move || state.running.get().to_string()
            on:click=go
        >
            {words::repetition(repetition.part)}
        </a>
    }
}

/// The link to a repetition, with the endpoints and the looks of another.
fn lead_to(from: &Link, repetition: &Repetition) -> Option<Link> {
    let mut link = from.turned_to(Page::Lab(Lab::named(repetition.lab)?));
    for (name, value) in repetition.settings {
        // A setting that the lab does not take would lead elsewhere.
        link.settings.set(name, value).ok().filter(|taken| *taken)?;
    }
    Some(link)
}

fn table(comparison: &Comparison) -> impl IntoView + use<> {
    let row = |row: &Row| {
        let published = row.published.map_or_else(|| "—".to_owned(), words::amount);
        let ours = row.ours.map_or_else(words::absent, words::amount);
        view! { <tr><th scope="row">{words::what(row.what)}</th><td>{published}</td><td>{ours}</td></tr> }
    };
    let remark = |Remark { holds, why }: &Remark| {
        let badge = view! { <span class="badge" data-outcome=outcome(*holds)>{words::holds(*holds)}</span> };
        view! { <li>{badge}" "{words::why(why)}</li> }
    };
    let caption = match comparison.part {
        Part::Whole => "",
        part => words::repetition(part),
    };
    let rows: Vec<_> = comparison.rows.iter().map(row).collect();
    let remarks: Vec<_> = comparison.remarks.iter().map(remark).collect();
    view! {
        <div class="scroll-x">
            <table>
                <caption>{caption}</caption>
                <thead><tr><td></td><th scope="col">"Published"</th><th scope="col">"This run"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <ul class="findings">{remarks}</ul>
    }
}

/// The colours are those of verdicts.
const fn outcome(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "supported",
        Holds::InPart => "depends",
        Holds::No => "refuted",
        Holds::NotShown => "not-measured",
    }
}
