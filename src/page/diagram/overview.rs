//! A whole run in a narrow strip beside its window: where its messages are, what is to be noticed, and which part of
//! it the window shows. Dragging it moves the window.

use leptos::ev::PointerEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::sheets::Sheets;
use crate::browser::element;
use crate::drawing::sequence::{self, Subject};
use crate::format::svg;
use crate::page::state::LabState;

/// In pixels.
const WIDTH: f64 = 22.0;

#[component]
pub(super) fn Overview(state: LabState, sheets: Sheets, subject: Subject, offset: Memo<f64>) -> impl IntoView {
    let strip = NodeRef::<Div>::new();
    let look = state.look;
    let Sheets { scale, height: paper, .. } = sheets;
    let height = Memo::new(move |_| look.size.get().1);
    let is_needed = Memo::new(move |_| paper.get() > height.get() + 8.0);
    let scene = Memo::new(move |_| {
        if !is_needed.get() {
            return crate::drawing::Scene::default();
        }
        let size = (WIDTH, height.get());
        let scene = sheets.with(subject, |plan, trace, timeline| {
            sequence::overview(plan, trace, timeline, scale.get(), paper.get(), size)
        });
        scene.unwrap_or_default()
    });
    // The part that is seen is never too thin to be seen itself.
    let seen = move || {
        let factor = height.get() / paper.get().max(1.0);
        let tall = (height.get() * factor).max(10.0);
        ((offset.get() * factor).min(height.get() - tall), tall)
    };
    let held = RwSignal::new(false);
    let go = move |event: &PointerEvent| {
        let Some(top) = strip.get_untracked().map(|strip| element::top_of(&strip)) else { return };
        let (window, paper) = (height.get_untracked(), paper.get_untracked());
        let at = (f64::from(event.client_y()) - top) / window * paper;
        look.follow.set(false);
        look.scroll.set((at - window / 2.0).clamp(0.0, (paper - window).max(0.0)));
    };
    view! {
        <div
            class="overview"
            class:idle=move || !is_needed.get()
            node_ref=strip
            aria-hidden="true"
            on:pointerdown=move |event| {
                if let Some(strip) = strip.get_untracked() {
                    // Without it, dragging ends where the pointer leaves the strip.
                    strip.set_pointer_capture(event.pointer_id()).ok();
                }
                held.set(true);
                go(&event);
            }
            on:pointermove=move |event| {
                if held.get_untracked() {
                    go(&event);
                }
            }
            on:pointerup=move |_| held.set(false)
            on:pointercancel=move |_| held.set(false)
        >
            <svg width=WIDTH height=move || scene.read().height inner_html=move || svg::markup(&scene.read(), None)></svg>
            <div class="seen" hidden=move || !is_needed.get()
                style:top=move || format!("{:.1}px", seen().0) style:height=move || format!("{:.1}px", seen().1)></div>
        </div>
    }
}
