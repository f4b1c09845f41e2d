//! The part of a diagram that is laid out, at its place on the paper.

use leptos::prelude::*;

use crate::drawing::Scene;
use crate::format::svg;
use crate::page::state::LabState;

#[component]
pub(super) fn Slice(
    state: LabState,
    scene: Memo<Scene>,
    visible: Memo<(f64, f64)>,
    height: Memo<f64>,
) -> impl IntoView {
    let stretch = Memo::new(move |_| {
        let (top, bottom) = visible.get();
        let top = top.max(0.0);
        (top, (bottom.min(height.get()) - top).max(0.0))
    });
    view! {
        <svg
            aria-hidden="true"
            width=move || scene.read().width
            height=move || stretch.get().1
            viewBox=move || format!("0 {} {} {}", stretch.get().0, scene.read().width, stretch.get().1)
            style:top=move || format!("{}px", stretch.get().0)
            inner_html=move || svg::markup(&scene.read(), state.selected.get().filter(|_| !state.look.on_paper.get()))
        ></svg>
    }
}
