//! One sequence diagram: its window, that is scrolled and zoomed, by pointer, wheel, pinch and keyboard.

use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};
use leptos::html::Div;
use leptos::prelude::*;

use super::overview::Overview;
use super::picture::{called, picture};
use super::sheets::Sheets;
use super::slice::Slice;
use super::tools::ZOOM;
use super::{Look, step};
use crate::browser::element;
use crate::drawing::sequence::{self, Subject, View};
use crate::drawing::{Item, Point, Role, Scene};
use crate::format::svg;
use crate::page::inspector;
use crate::page::messages::MessageTable;
use crate::page::paper;
use crate::page::picture::Save;
use crate::page::state::LabState;
use crate::trace::{MessageId, Protocol, Span, Time};
use crate::words;

/// The window is laid out in steps of this many pixels, and as much around it.
const STEP: f64 = 200.0;
/// Below the newest message while a run goes on, in pixels.
const BELOW: f64 = 40.0;
/// So near to an arrow the pointer is at it, in pixels.
const REACH: f64 = 6.0;
/// A turn of the wheel by so many pixels makes everything twice as large.
const WHEEL: f64 = 300.0;

#[component]
pub(super) fn Pane(state: LabState, sheets: Sheets, subject: Subject) -> impl IntoView {
    let (window, sheet) = (NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let look = state.look;
    let Sheets { scale, height, .. } = sheets;
    let offset = offset(state, sheets, subject);
    let let_go = move || {
        look.scroll.set(offset.get_untracked());
        look.follow.set(false);
    };
    // Laid out anew when the window has moved by a step, not at each pixel.
    let visible = Memo::new(move |_| {
        if look.on_paper.get() {
            return (offset.get(), offset.get() + paper::HIGHEST);
        }
        let step = (offset.get() / STEP).floor() * STEP;
        (step - STEP, step + look.size.get().1 + 2.0 * STEP)
    });
    let scene = Memo::new(move |_| {
        let view = View {
            scale: scale.get(),
            width: look.size.get().0,
            height: height.get(),
            visible: visible.get(),
            selected: state.selected.get().filter(|_| !look.on_paper.get()),
            until: look.played.get().filter(|_| !look.on_paper.get()),
            most: View::MOST,
        };
        let scene = sheets.with(subject, |plan, trace, timeline| sequence::sequence(plan, trace, timeline, view));
        scene.unwrap_or_default()
    });
    let names = Memo::new(move |_| {
        let width = look.size.get().0;
        sheets.with(subject, |plan, _, _| sequence::participants(plan, width)).unwrap_or_default()
    });
    keep_in_step(state, (window, sheet), offset, height);
    keep_playhead_in_view(state, sheets, subject);
    let begun = Signal::derive(move || state.record.read().trace.is_some());
    let cut = move || look.on_paper.get().then(|| cut(sheets, subject, visible.get())).flatten();
    let fingers = StoredValue::new(Vec::new());
    // What the message that the pointer is at says of itself.
    let pointed_at = RwSignal::new(String::new());
    view! {
        <section class=format!("pane {}", class(subject)) aria-label=name(subject)>
            <div class="head">
                <h3>{name(subject)} <small>{way(subject)}</small></h3>
                <Save state name=called(subject) ready=begun make=move || picture(state, subject)/>
            </div>
            <div class="participants" aria-hidden="true">
                <svg width=move || names.read().width height=move || names.read().height
                    inner_html=move || svg::markup(&names.read(), None)></svg>
            </div>
            <div class="viewport">
                <div
                    class="window"
                    id=id_of(subject)
                    node_ref=window
                    tabindex="0"
                    role="application"
                    aria-label=format!("Sequence diagram of {}; arrow keys pick messages, Enter shows one, plus and minus zoom", name(subject))
                    on:scroll=move |_| {
                        let following = look.follow.get_untracked() && state.running.get_untracked();
                        // On paper nothing scrolls, and what the browser makes of that is nobody's wish.
                        let still = following || look.on_paper.get_untracked();
                        if let Some(window) = window.get_untracked().filter(|_| !still) {
                            look.scroll.set(f64::from(window.scroll_top()));
                        }
                    }
                    on:wheel=move |event| {
                        let_go();
                        let top = window.get_untracked().map(|window| element::top_of(&window));
                        on_wheel(&event, sheets, subject, top.unwrap_or_default());
                    }
                    on:pointerdown=move |event| {
                        let_go();
                        finger_down(fingers, &event);
                    }
                    on:pointermove=move |event| {
                        let top = window.get_untracked().map(|window| element::top_of(&window));
                        pinch(fingers, &event, sheets, subject, top.unwrap_or_default());
                    }
                    on:pointerup=move |event| finger_up(fingers, &event)
                    on:pointercancel=move |event| finger_up(fingers, &event)
                    on:pointerleave=move |event| finger_up(fingers, &event)
                    on:click=move |event| pick(&event, state, &scene.read_untracked(), sheet)
                    on:keydown=move |event| on_key(&event, state, sheets, subject)
                >
                    <div
                        class="paper"
                        class:pointing=move || !pointed_at.read().is_empty()
                        node_ref=sheet
                        title=move || pointed_at.get()
                        on:mousemove=move |event| {
                            let found = said(&event, state, &scene.read_untracked(), sheet);
                            if *pointed_at.read_untracked() != found {
                                pointed_at.set(found);
                            }
                        }
                    >
                        <Slice state scene visible height/>
                    </div>
                    <p class="empty" hidden=move || state.record.read().trace.is_some()>
                        "The conversation will be drawn here."
                    </p>
                </div>
                <Overview state sheets subject offset/>
            </div>
            <p class="on-paper hint">{cut}</p>
            {subject.protocols().iter().map(|&protocol| view! { <MessageTable state protocol/> }).collect_view()}
        </section>
    }
}

/// Where the window is, in pixels from the top. While the run goes on each window stays at its own newest message;
/// otherwise all are at the same place of the axis.
fn offset(state: LabState, sheets: Sheets, subject: Subject) -> Memo<f64> {
    let look = state.look;
    Memo::new(move |_| {
        if look.on_paper.get() {
            return look.scroll.get().min(sheets.height.get() - paper::HIGHEST).max(0.0);
        }
        if !(look.follow.get() && state.running.get()) {
            return look.scroll.get();
        }
        let scale = sheets.scale.get();
        let end = sheets.with(subject, |plan, trace, timeline| plan.px(plan.last(trace, timeline), scale));
        (end.unwrap_or(0.0) + BELOW - look.size.get().1).max(0.0)
    })
}

/// Which part of a diagram a sheet of paper carries, where that is not all of it.
fn cut(sheets: Sheets, subject: Subject, (top, bottom): (f64, f64)) -> Option<String> {
    let scale = sheets.scale.get();
    let said = sheets.with(subject, |plan, trace, timeline| {
        if bottom >= plan.height(trace, timeline, scale) {
            return None;
        }
        let since = |at: Time| (at - trace.circumstances.origin).max(Span::ZERO);
        let [from, until] = [top, bottom].map(|px| since(plan.at(px, scale)));
        let last = since(plan.last(trace, timeline));
        Some(format!(
            "This is from {from} to {until} of {last}, as much as a sheet carries. “SVG” beside the diagram on the page \
             saves all of it."
        ))
    });
    said.flatten()
}

/// The id of a protocol's window in the document: where both are in one diagram, that one's.
pub(in crate::page) fn window_id(look: Look, protocol: Protocol) -> &'static str {
    if look.together.get_untracked() { id_of(Subject::Both) } else { id_of(Subject::One(protocol)) }
}

const fn id_of(subject: Subject) -> &'static str {
    match subject {
        Subject::One(Protocol::Http) => "http-diagram",
        Subject::One(Protocol::WebSocket) => "ws-diagram",
        Subject::Both => "both-diagram",
    }
}

const fn class(subject: Subject) -> &'static str {
    match subject {
        Subject::One(protocol) => svg::protocol_class(protocol),
        Subject::Both => "both",
    }
}

const fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::One(protocol) => words::protocol(protocol),
        Subject::Both => "HTTP and WebSocket",
    }
}

const fn way(subject: Subject) -> &'static str {
    match subject {
        Subject::One(Protocol::Http) => "a request and its response, again and again",
        Subject::One(Protocol::WebSocket) => "one handshake, then messages",
        Subject::Both => "all connections, on the wall clock",
    }
}

/// The window is scrolled to where it shall be, and tells its size.
fn keep_in_step(state: LabState, (window, paper): (NodeRef<Div>, NodeRef<Div>), offset: Memo<f64>, height: Memo<f64>) {
    let look = state.look;
    // The effect keeps what it gives, and with it the observer, as long as the component lives.
    Effect::new(move |_| {
        let element = window.get()?;
        element::observe_size(&element, move |width, height| {
            let size = (width, height);
            if look.measured.try_get_untracked().is_some_and(|known| known != size) {
                look.measured.set(size);
            }
        })
    });
    let scroll = move || {
        let elements = window.try_get_untracked().flatten().zip(paper.try_get_untracked().flatten());
        let place = offset.try_get_untracked().zip(height.try_get_untracked());
        if let Some(((window, paper), (offset, height))) = elements.zip(place) {
            element::scroll(&window, &paper, height, offset);
        }
    };
    let is_coming = StoredValue::new(false);
    Effect::new(move |_| {
        offset.track();
        height.track();
        // The browser may have scrolled the windows back to their beginning, as they need no scrolling on paper.
        look.on_paper.track();
        window.track();
        paper.track();
        // Scrolling has the browser lay the document out. By the next frame all is drawn that follows from the same
        // change, and one layout is enough. A run that goes on has drawn at one go, and nothing of it is to come later.
        if state.running.get_untracked() {
            scroll();
        } else if !is_coming.get_value() {
            is_coming.set_value(true);
            request_animation_frame(move || {
                is_coming.try_update_value(|is_coming| *is_coming = false);
                scroll();
            });
        }
    });
}

/// Brings a place into the windows if it is not there.
fn show(look: Look, y: f64) {
    let (scroll, window) = (look.scroll.get_untracked(), look.size.get_untracked().1);
    if y < scroll + 20.0 || y > scroll + window - 20.0 {
        look.follow.set(false);
        look.scroll.set((y - window / 2.0).max(0.0));
    }
}

/// Picking a message elsewhere brings it into the windows; where it is folded away, it is unfolded.
pub(super) fn keep_selection_in_view(state: LabState, sheets: Sheets) {
    let look = state.look;
    Effect::new(move |_| {
        let Some(id) = state.selected.get() else { return };
        for &subject in look.subjects() {
            let fold =
                sheets.with_untracked(subject, |plan, _, _| plan.is_hidden(id).then(|| plan.fold_of(id)).flatten());
            if let Some(first) = fold.flatten() {
                look.unfolded.update(|unfolded| {
                    unfolded.insert(first);
                });
            }
            let scale = sheets.scale.get_untracked();
            let y = sheets.with_untracked(subject, |plan, trace, timeline| {
                let is_here = trace.message(id).is_some_and(|message| subject.shows(message.protocol));
                is_here.then(|| plan.place(trace, timeline, id, scale)).flatten()
            });
            if let Some(y) = y.flatten() {
                show(look, y);
            }
        }
    });
}

/// While a run is played again, its newest message stays in the window.
fn keep_playhead_in_view(state: LabState, sheets: Sheets, subject: Subject) {
    let look = state.look;
    Effect::new(move |_| {
        let Some(at) = look.played.get() else { return };
        let scale = sheets.scale.get_untracked();
        let y =
            sheets.with_untracked(subject, |plan, trace, timeline| plan.px(at.min(plan.last(trace, timeline)), scale));
        let (scroll, window) = (look.scroll.get_untracked(), look.size.get_untracked().1);
        if let Some(y) = y.filter(|y| *y < scroll || *y > scroll + window * 0.85) {
            // What is shorter than the other has been played to its end before.
            let is_leading = look.subjects().iter().all(|&other| {
                sheets
                    .with_untracked(other, |plan, trace, timeline| plan.px(at.min(plan.last(trace, timeline)), scale))
                    .is_none_or(|other| other <= y + 1.0)
            });
            if is_leading {
                look.scroll.set((y - window * 0.5).max(0.0));
            }
        }
    });
}

/// Where the pointer is, on the paper.
fn place(event: &MouseEvent, paper: NodeRef<Div>) -> Option<Point> {
    let paper = paper.get_untracked()?;
    let (x, y) = element::place_in(&paper, event);
    Some(Point { x, y })
}

/// What the item says where the pointer is: one that can be picked before any other.
fn said(event: &MouseEvent, state: LabState, scene: &Scene, paper: NodeRef<Div>) -> String {
    let found = place(event, paper).and_then(|at| {
        let picked = scene.nearest(at, REACH, Item::can_be_picked);
        picked.or_else(|| scene.nearest(at, REACH, Item::is_small_mark))
    });
    let record = state.record.read_untracked();
    let said = found.zip(record.trace.as_ref()).map(|(item, trace)| sequence::said(item, trace, &record.timeline));
    said.unwrap_or_default()
}

fn pick(event: &MouseEvent, state: LabState, scene: &Scene, paper: NodeRef<Div>) {
    let Some(target) = event.target() else { return };
    let number = |name| element::data_of(&target, name).and_then(|id| id.parse().ok()).map(MessageId);
    if let Some(first) = number("fold") {
        state.look.turn_fold(first);
    } else if let Some(id) = number("message") {
        state.selected.set(Some(id));
    } else {
        let found = place(event, paper).and_then(|at| scene.nearest(at, REACH, Item::can_be_picked));
        match found.map(|item| (item.role, item.message)) {
            Some((_, Some(id))) => state.selected.set(Some(id)),
            Some((Role::Fold(first), None)) => state.look.turn_fold(first),
            _ => {}
        }
    }
}

/// With Ctrl, or by two fingers on a touch pad, the wheel zooms.
fn on_wheel(event: &WheelEvent, sheets: Sheets, subject: Subject, top: f64) {
    if !event.ctrl_key() {
        return;
    }
    event.prevent_default();
    let factor = (-event.delta_y() / WHEEL * std::f64::consts::LN_2).exp();
    sheets.zoom_at(subject, factor, f64::from(event.client_y()) - top);
}

/// A finger on the glass: its pointer and where it is.
type Finger = (i32, f64, f64);

fn finger_down(fingers: StoredValue<Vec<Finger>>, event: &PointerEvent) {
    if event.pointer_type() == "touch" {
        let finger = (event.pointer_id(), f64::from(event.client_x()), f64::from(event.client_y()));
        fingers.update_value(|fingers| fingers.push(finger));
    }
}

fn finger_up(fingers: StoredValue<Vec<Finger>>, event: &PointerEvent) {
    fingers.update_value(|fingers| fingers.retain(|finger| finger.0 != event.pointer_id()));
}

/// Two fingers zoom by as much as they move apart.
fn pinch(fingers: StoredValue<Vec<Finger>>, event: &PointerEvent, sheets: Sheets, subject: Subject, top: f64) {
    let apart = |fingers: &[Finger]| match fingers {
        [one, other] => Some(((one.1 - other.1).hypot(one.2 - other.2).max(1.0), f64::midpoint(one.2, other.2))),
        _ => None,
    };
    let moved = fingers.try_update_value(|fingers| {
        let before = apart(fingers)?;
        let finger = fingers.iter_mut().find(|finger| finger.0 == event.pointer_id())?;
        (finger.1, finger.2) = (f64::from(event.client_x()), f64::from(event.client_y()));
        let after = apart(fingers)?;
        Some((after.0 / before.0, after.1))
    });
    if let Some((factor, middle)) = moved.flatten() {
        event.prevent_default();
        sheets.zoom_at(subject, factor, middle - top);
    }
}

fn on_key(event: &KeyboardEvent, state: LabState, sheets: Sheets, subject: Subject) {
    let look = state.look;
    // Those belong to the browser: zoom, back and forward.
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let step = |by: isize| step(state, subject.protocols(), by);
    match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => step(1),
        "ArrowUp" | "ArrowLeft" => step(-1),
        "Enter" => {
            if state.selected.get_untracked().is_none() {
                step(1);
            }
            inspector::open(state);
        }
        "Escape" => state.selected.set(None),
        "+" | "=" => sheets.zoom(subject, ZOOM),
        "-" => sheets.zoom(subject, 1.0 / ZOOM),
        "0" => look.zoom.set(1.0),
        _ => return,
    }
    event.prevent_default();
}
