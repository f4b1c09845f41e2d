//! What all charts have in common: the picture with what lies over it, and how it is read out and picked from by pointer
//! and by keyboard.

use std::sync::Arc;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::Div;
use leptos::prelude::*;

use super::recorded;
use super::table::Table;
use crate::browser::element;
use crate::drawing::Point;
use crate::drawing::charts::{Chart, Datum, Occurring, occurring, picked, reading, sample};
use crate::format::standalone::provenance;
use crate::format::svg;
use crate::page::paper;
use crate::page::picture::{Picture, Save, legend, stem};
use crate::page::state::LabState;
use crate::trace::MessageId;
use crate::words;

/// A chart as it is laid out now; `None` before the first run.
pub(super) type Shown = Option<Arc<dyn Chart>>;

/// A chart that is laid out anew whenever what it is made from changes. Two layouts are never taken to be equal: to
/// compare them would cost as much as to paint.
pub(super) fn laid_out(make: impl Fn() -> Shown + Send + Sync + 'static) -> Memo<Shown> {
    Memo::new_with_compare(move |_| make(), |_, _| true)
}

/// What stands around a chart.
pub(super) struct Around {
    /// Names it in the document.
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    /// How it is to be read.
    pub(super) how: &'static str,
    /// Switches; may be empty.
    pub(super) tools: AnyView,
    /// What a file of it is called, behind what the run's files are called.
    pub(super) file: &'static str,
    /// How it is laid out in a file, and what its heading has there in addition; `None` where that is as on the page.
    pub(super) taken_away: Option<Callback<(), (Shown, Option<String>)>>,
    /// What is said below it on paper alone; may be empty.
    pub(super) on_paper: AnyView,
}

/// How a chart is shown.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) holder: NodeRef<Div>,
    /// In pixels.
    pub(super) width: Signal<f64>,
    /// In pixels.
    pub(super) height: Signal<f64>,
    /// Which datum is read out.
    pub(super) read: RwSignal<Option<usize>>,
    /// Of a chart that scrolls: how high all of it is, in pixels.
    pub(super) whole: Option<Signal<f64>>,
}

impl Frame {
    pub(super) fn new(state: LabState, height: Signal<f64>) -> Self {
        let measured = RwSignal::new(640.0);
        let on_paper = state.look.on_paper;
        let frame = Self {
            holder: NodeRef::new(),
            width: Signal::derive(move || if on_paper.get() { paper::WIDTH } else { measured.get() }),
            height,
            read: RwSignal::new(None),
            whole: None,
        };
        let holder = frame.holder;
        // The effect keeps what it gives, and with it the observer, as long as the component lives.
        Effect::new(move |_| {
            let element = holder.get()?;
            element::observe_size(&element, move |wide, _| {
                if measured.try_get_untracked().is_some_and(|known| known != wide) {
                    measured.set(wide);
                }
            })
        });
        frame
    }
}

#[component]
pub(super) fn Figure(state: LabState, around: Around, frame: Frame, chart: Memo<Shown>) -> impl IntoView {
    let Around { id, heading, how, tools, file, taken_away, on_paper } = around;
    let Frame { holder, width, height, read, whole } = frame;
    // What was read out of the run before says nothing of the next one.
    Effect::new(move |_| {
        if state.running.get() {
            read.set(None);
        }
    });
    let markup =
        Memo::new(move |_| chart.read().as_ref().map_or_else(String::new, |chart| svg::markup(chart.scene(), None)));
    let over = move || overlay(state, chart, read);
    let told = Memo::new(move |_| datum(state, chart, read.get()?).map(|datum| datum.text));
    let point = move |event: &MouseEvent| {
        let element = holder.get_untracked()?;
        let (x, y) = element::place_in(&element, event);
        let record = state.record.read_untracked();
        chart.read_untracked().as_ref()?.nearest(recorded(&record)?, Point { x, y })
    };
    let hover = move |event: &MouseEvent| {
        let nearest = point(event);
        if nearest != read.get_untracked() {
            read.set(nearest);
        }
    };
    let pick = move |event: MouseEvent| {
        hover(&event);
        pick(state, chart, read);
    };
    let label =
        format!("{heading}. Left and right read it out, Enter shows the message; the table below has the same values");
    let size = move || (width.get(), height.get());
    let view_box = move || format!("0 0 {} {}", width.get(), height.get());
    let make = move || {
        let (chart, more) = match taken_away {
            Some(laid_out) => laid_out.run(()),
            None => (chart.get_untracked(), None),
        };
        picture(state, chart?.as_ref(), format!("{heading}{}", more.unwrap_or_default()), file)
    };
    view! {
        <section class="chart figure" id=id>
            <div class="head">
                <h4>{heading}</h4>
                <Save state name=heading ready=Signal::stored(true) make=make/>
            </div>
            <p class="hint">{how}</p>
            {tools}
            <p class="read-out" aria-live="polite" class:none=move || told.read().is_none()>
                {move || told.get().unwrap_or_else(|| "Nothing is read out yet.".to_owned())}
            </p>
            <div node_ref=holder class="holder" class:scrolls=whole.is_some() tabindex="0" role="application" aria-label=label
                style:height=move || format!("{}px", height.get())
                on:pointermove=move |event| hover(&event)
                on:click=pick
                on:keydown=move |event| on_key(&event, state, chart, read)
            >
                <div class="sheet" style:height=move || format!("{}px", whole.map_or_else(|| height.get(), |whole| whole.get()))>
                    <div class="stack" style:height=move || format!("{}px", height.get())>
                        <svg width=move || size().0 height=move || size().1 viewBox=view_box aria-hidden="true" inner_html=move || markup.get()></svg>
                        <svg class="over" width=move || size().0 height=move || size().1 aria-hidden="true" inner_html=over></svg>
                    </div>
                </div>
            </div>
            <Legend chart/>
            {on_paper}
            <Table state chart/>
        </section>
    }
}

/// A chart as a picture to be taken away.
fn picture(state: LabState, chart: &dyn Chart, title: String, file: &str) -> Option<Picture> {
    let record = state.record.read_untracked();
    let trace = record.trace.as_ref()?;
    Some(Picture {
        title,
        description: provenance(trace, &record.timeline),
        file: format!("{}-{file}", stem(trace)),
        scenes: vec![chart.scene().clone()],
        legend: legend(chart.scene()),
    })
}

/// The signs that occur in a chart.
#[component]
fn Legend(chart: Memo<Shown>) -> impl IntoView {
    let signs = Memo::new(move |_| chart.read().as_ref().map_or_else(Vec::new, |chart| occurring(chart.scene())));
    let item = |sign: Occurring| {
        let scene = sample::of(sign);
        let markup = svg::markup(&scene, None);
        view! {
            <li>
                <svg width=scene.width height=scene.height aria-hidden="true" inner_html=markup></svg>
                {words::charts::sign(sign.sign)}
            </li>
        }
    };
    let items = move || signs.get().into_iter().map(item).collect_view();
    view! { <ul class="legend" hidden=move || signs.read().is_empty()>{items}</ul> }
}

/// Where it is read out, and where the message lies that is picked.
fn overlay(state: LabState, chart: Memo<Shown>, read: RwSignal<Option<usize>>) -> String {
    let chart = chart.read();
    let record = state.record.read_untracked();
    let Some((chart, of)) = chart.as_deref().zip(recorded(&record)) else { return String::new() };
    let picked = state.selected.get().map(|message| picked(chart, of, message));
    let reading = read.get().map(|place| reading(chart, of, place));
    [picked, reading].into_iter().flatten().map(|scene| svg::markup(&scene, None)).collect()
}

fn datum(state: LabState, chart: Memo<Shown>, place: usize) -> Option<Datum> {
    let record = state.record.read_untracked();
    chart.read().as_ref()?.datum(recorded(&record)?, place)
}

/// Picks the message of what is read out.
fn pick(state: LabState, chart: Memo<Shown>, read: RwSignal<Option<usize>>) {
    let message = read.get_untracked().and_then(|place| untrack(|| datum(state, chart, place))?.message);
    if message.is_some() {
        state.selected.set(message);
    }
}

/// Where a message that is picked is among the data.
pub(super) fn place_of(state: LabState, chart: Memo<Shown>, message: MessageId) -> Option<usize> {
    let record = state.record.read_untracked();
    chart.read_untracked().as_ref()?.find(recorded(&record)?, message)
}

fn on_key(event: &KeyboardEvent, state: LabState, chart: Memo<Shown>, read: RwSignal<Option<usize>>) {
    // Those belong to the browser: back and forward, the page's ends.
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let count = chart.read_untracked().as_ref().map_or(0, |chart| chart.count());
    let Some(last) = count.checked_sub(1) else { return };
    let leap = (count / 20).max(1);
    // Reading begins at what is picked, or else at the beginning.
    let before = read.get_untracked().map(|place| place.min(last));
    let picked = || state.selected.get_untracked().and_then(|message| place_of(state, chart, message));
    let step = |by: isize| match before {
        Some(place) => place.saturating_add_signed(by).min(last),
        None => picked().unwrap_or(if by > 0 { 0 } else { last }),
    };
    let next = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => Some(step(1)),
        "ArrowLeft" | "ArrowUp" => Some(step(-1)),
        "PageDown" => Some(step(leap.cast_signed())),
        "PageUp" => Some(step(-leap.cast_signed())),
        "Home" => Some(0),
        "End" => Some(last),
        "Escape" => None,
        "Enter" => {
            pick(state, chart, read);
            before
        }
        _ => return,
    };
    event.prevent_default();
    if next != read.get_untracked() {
        read.set(next);
    }
}
