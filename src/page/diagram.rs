//! The two sequence diagrams side by side: one scale, one scroll position, one selection.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::inspector;
use super::messages::MessageTable;
use super::state::{LabState, Look, Record};
use crate::browser::surroundings;
use crate::drawing::{Scene, sequence};
use crate::format::svg;
use crate::trace::{MessageId, Protocol, Time, Trace};
use crate::words;

/// A turn gets at least this much room by itself, in pixels.
const TURN: f64 = 36.0;
/// No diagram is higher than this, in pixels: browsers stop at some tens of millions.
const HIGHEST: f64 = 8_000_000.0;
/// The window is laid out in steps of this many pixels, and as much around it.
const STEP: f64 = 400.0;
/// One press of + or −.
const ZOOM: f64 = 1.5;

#[component]
pub(super) fn Diagrams(state: LabState) -> impl IntoView {
    let scale = Memo::new(move |_| scale(&state.record.read(), &state.look));
    let picked = move || {
        let record = state.record.read();
        let message = record.trace.as_ref().zip(state.selected.get()).and_then(|(trace, id)| trace.message(id));
        message.map(words::short)
    };
    let panes = Protocol::BOTH.map(|protocol| view! { <Pane state protocol scale/> });
    view! {
        <section class="diagrams">
            <Tools look=state.look/>
            <div class="panes">{panes}</div>
            <p class="unseen" aria-live="polite">{picked}</p>
            <Legend/>
        </section>
    }
}

/// Pixels to a millisecond: so that the run just fills the window, or each turn has its room.
fn scale(record: &Record, look: &Look) -> f64 {
    let window = look.size.get().1 - 60.0;
    let zoom = look.zoom.get();
    let Some(trace) = &record.trace else { return 1.0 };
    let length = sequence::length(trace, &record.timeline, look.wall_time.get()).as_millis().max(0.01);
    let turns =
        Protocol::BOTH.map(|protocol| record.timeline.messages(protocol).len()).into_iter().max().unwrap_or(0) / 2;
    let by_itself = window.max(TURN * turns as f64) / length;
    (by_itself * zoom).min(HIGHEST / length)
}

#[component]
fn Tools(look: Look) -> impl IntoView {
    let zoom = move |factor: f64| look.zoom_by(factor);
    view! {
        <div class="tools" role="toolbar" aria-label="Diagrams">
            <button type="button" title="Zoom in (+)" on:click=move |_| zoom(ZOOM)>"+"</button>
            <button type="button" title="Zoom out (−)" on:click=move |_| zoom(1.0 / ZOOM)>"−"</button>
            <button type="button" title="Back to the size that fits (0)" on:click=move |_| look.zoom.set(1.0)>"Fit"</button>
            <label>
                <input
                    type="checkbox"
                    prop:checked=move || look.wall_time.get()
                    on:change:target=move |event| look.wall_time.set(event.target().checked())
                />
                " wall time"
            </label>
            <span class="hint">
                {move || if look.wall_time.get() {
                    "Both on the wall clock, as they took turns."
                } else {
                    "Each protocol in its own time: while it was the other’s turn, its clock stands still."
                }}
            </span>
        </div>
    }
}

#[component]
fn Pane(state: LabState, protocol: Protocol, scale: Memo<f64>) -> impl IntoView {
    let (window, paper) = (NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let look = state.look;
    let height = Memo::new(move |_| {
        let record = state.record.read();
        let trace = record.trace.as_ref();
        trace.map_or(0.0, |trace| sequence::height(trace, &record.timeline, scale.get(), look.wall_time.get()))
    });
    // While the run goes on each window stays at its own newest message; otherwise both are at the
    // same place of the axis.
    let offset = Memo::new(move |_| {
        if !(look.follow.get() && state.running.get()) {
            return look.scroll.get();
        }
        let record = state.record.read();
        let end = record
            .trace
            .as_ref()
            .map_or(0.0, |trace| sequence::end(trace, &record.timeline, protocol, scale.get(), look.wall_time.get()));
        (end - look.size.get().1).max(0.0)
    });
    let let_go = move || {
        look.scroll.set(offset.get_untracked());
        look.follow.set(false);
    };
    // Laid out anew when the window has moved by a step, not at each pixel.
    let visible = Memo::new(move |_| {
        let step = (offset.get() / STEP).floor() * STEP;
        (step - STEP, step + look.size.get().1 + 2.0 * STEP)
    });
    let scene = Memo::new(move |_| {
        let record = state.record.read();
        let Some(trace) = &record.trace else {
            return Scene::default();
        };
        let view = sequence::View {
            scale: scale.get(),
            width: look.size.get().0,
            visible: visible.get(),
            wall_time: look.wall_time.get(),
            selected: state.selected.get(),
        };
        sequence::sequence(trace, &record.timeline, protocol, view)
    });
    let class = svg::protocol_class(protocol);
    let pick = move |event: leptos::ev::MouseEvent| {
        if let Some(id) = event.target().and_then(|target| surroundings::data_of(&target, "message")) {
            state.selected.set(id.parse().ok().map(MessageId));
        }
    };
    keep_in_step(look, (window, paper), offset, height);
    keep_selection_in_view(state, protocol, scale);
    view! {
        <section class=format!("pane {class}") aria-label=words::protocol(protocol)>
            <h3>{words::protocol(protocol)} <small>{way(protocol)}</small></h3>
            <div class="participants" aria-hidden="true"><span>"page"</span><span>"server"</span></div>
            <div
                class="window"
                id=window_id(protocol)
                node_ref=window
                tabindex="0"
                role="application"
                aria-label=format!("Sequence diagram of {}; arrow keys pick messages, Enter shows one", words::protocol(protocol))
                on:scroll=move |_| {
                    let following = look.follow.get_untracked() && state.running.get_untracked();
                    if let Some(window) = window.get_untracked().filter(|_| !following) {
                        look.scroll.set(f64::from(window.scroll_top()));
                    }
                }
                on:wheel=move |_| let_go()
                on:pointerdown=move |_| let_go()
                on:click=pick
                on:keydown=move |event| on_key(&event, state, protocol)
            >
                <div class="paper" node_ref=paper>
                    <Slice scene visible height selected=state.selected/>
                </div>
                <p class="empty" hidden=move || state.record.read().trace.is_some()>
                    "The conversation will be drawn here."
                </p>
            </div>
            <MessageTable state protocol/>
        </section>
    }
}

/// The part of the picture that is laid out, at its place on the paper.
#[component]
fn Slice(
    scene: Memo<Scene>,
    visible: Memo<(f64, f64)>,
    height: Memo<f64>,
    selected: RwSignal<Option<MessageId>>,
) -> impl IntoView {
    let stretch = move || {
        let (top, bottom) = visible.get();
        let top = top.max(0.0);
        (top, (bottom.min(height.get()) - top).max(0.0))
    };
    view! {
        <svg
            aria-hidden="true"
            width=move || scene.read().width
            height=move || stretch().1
            viewBox=move || format!("0 {} {} {}", stretch().0, scene.read().width, stretch().1)
            style:top=move || format!("{}px", stretch().0)
            inner_html=move || svg::markup(&scene.read(), selected.get())
        ></svg>
    }
}

/// The id of a protocol's window in the document.
pub(super) const fn window_id(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http-diagram",
        Protocol::WebSocket => "ws-diagram",
    }
}

const fn way(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "a request and its response, again and again",
        Protocol::WebSocket => "one handshake, then messages",
    }
}

/// The window is scrolled to where it shall be, and tells its size.
fn keep_in_step(look: Look, (window, paper): (NodeRef<Div>, NodeRef<Div>), offset: Memo<f64>, height: Memo<f64>) {
    // The effect keeps what it gives, and with it the observer, as long as the component lives.
    Effect::new(move |_| {
        let element = window.get()?;
        surroundings::observe_size(&element, move |width, height| {
            let size = (width, height);
            if look.size.try_get_untracked().is_some_and(|known| known != size) {
                look.size.set(size);
            }
        })
    });
    Effect::new(move |_| {
        let (offset, height) = (offset.get(), height.get());
        if let Some((window, paper)) = window.get().zip(paper.get()) {
            surroundings::scroll(&window, &paper, height, offset);
        }
    });
}

/// Picking a message elsewhere brings it into the window.
fn keep_selection_in_view(state: LabState, protocol: Protocol, scale: Memo<f64>) {
    let look = state.look;
    Effect::new(move |_| {
        let Some(id) = state.selected.get() else { return };
        let record = state.record.read_untracked();
        let Some(trace) = &record.trace else { return };
        let Some(message) = trace.message(id).filter(|message| message.protocol == protocol) else {
            return;
        };
        let Some(at) = message.page_time() else { return };
        let (scale, wall_time) = (scale.get_untracked(), look.wall_time.get_untracked());
        let y = sequence::place(trace, &record.timeline, protocol, scale, wall_time, at);
        let (scroll, window) = (look.scroll.get_untracked(), look.size.get_untracked().1);
        if y < scroll + 20.0 || y > scroll + window - 20.0 {
            look.follow.set(false);
            look.scroll.set((y - window / 2.0).max(0.0));
        }
    });
}

fn on_key(event: &KeyboardEvent, state: LabState, protocol: Protocol) {
    let look = state.look;
    // Those belong to the browser: zoom, back and forward.
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => step(state, protocol, 1),
        "ArrowUp" | "ArrowLeft" => step(state, protocol, -1),
        "Enter" => {
            if state.selected.get_untracked().is_none() {
                step(state, protocol, 1);
            }
            inspector::open(state);
        }
        "Escape" => state.selected.set(None),
        "+" | "=" => look.zoom_by(ZOOM),
        "-" => look.zoom_by(1.0 / ZOOM),
        "0" => look.zoom.set(1.0),
        _ => return,
    }
    event.prevent_default();
}

/// Picks the next or the previous message of a protocol; from none, or from one of the other
/// protocol, the one nearest in time.
pub(super) fn step(state: LabState, protocol: Protocol, by: isize) {
    let record = state.record.read_untracked();
    let Some(trace) = &record.trace else { return };
    let ids = record.timeline.messages(protocol);
    let next = match state.selected.get_untracked() {
        None => ids.first(),
        Some(id) => match ids.binary_search(&id) {
            Ok(place) => place.checked_add_signed(by).and_then(|place| ids.get(place)),
            Err(place) => ids.get(place.min(ids.len().saturating_sub(1))),
        },
    };
    if let Some(&id) = next.filter(|id| page_time(trace, **id).is_some()) {
        state.selected.set(Some(id));
    }
}

fn page_time(trace: &Trace, id: MessageId) -> Option<Time> {
    trace.message(id)?.page_time()
}

#[component]
fn Legend() -> impl IntoView {
    let sample = |class: &'static str, markup: &'static str, words: &'static str| {
        view! { <li class=class><svg width="34" height="14" aria-hidden="true" inner_html=markup></svg>{words}</li> }
    };
    view! {
        <ul class="legend">
            {sample("http", "<g class='message http'><line x1='1' y1='7' x2='31' y2='7'/><path class='head' d='M23 3L32 7L23 11'/></g>", "HTTP request or response")}
            {sample("ws", "<g class='message ws'><line x1='1' y1='7' x2='31' y2='7'/><path class='head' d='M23 3L32 7L23 11'/></g>", "WebSocket message")}
            {sample("", "<g class='message ws unasked'><line x1='3' y1='7' x2='32' y2='7'/><path class='head' d='M9 3L2 7L9 11'/></g>", "the server speaks first")}
            {sample("", "<g class='message http warm-up'><line x1='1' y1='7' x2='31' y2='7'/></g>", "warm-up, not counted")}
            {sample("", "<g class='message http unknown'><line x1='1' y1='7' x2='31' y2='7'/></g>", "time at the server unknown")}
            {sample("", "<g class='connection http'><rect x='4' y='0' width='26' height='14'/></g><g class='connection-end http'><rect x='2' y='0' width='5' height='14'/><rect x='27' y='0' width='5' height='14'/></g>", "a TCP connection, as long as it is open")}
            {sample("", "<g class='connection http'><path d='M4 0H30V14H4Z'/></g><g class='connection-end http'><line x1='4' y1='1' x2='30' y2='1'/></g>", "with an edge where it was opened or closed during the run")}
            {sample("", "<g class='cut'><line x1='12' y1='8' x2='22' y2='4'/><line x1='12' y1='11' x2='22' y2='7'/></g>", "time cut out")}
            {sample("", "<g class='message http'><line x1='1' y1='7' x2='22' y2='7'/><line class='cross' x1='18' y1='3' x2='26' y2='11'/><line class='cross' x1='18' y1='11' x2='26' y2='3'/></g>", "never answered, lost or broken off")}
            {sample("", "<g class='uncertainty http'><line x1='17' y1='1' x2='17' y2='13'/></g>", "how far off the server’s end may be")}
            {sample("", "<g class='emulated-handshake http'><rect x='13' y='1' width='8' height='12'/></g>", "an emulated link’s handshake: the server holds the connection back")}
        </ul>
    }
}
