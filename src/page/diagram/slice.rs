//! The part of a diagram that is laid out, at its place on the paper: as SVG, whose words a reader can select, or, of
//! many shapes, on a canvas.

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use super::paint::{Inks, paint};
use crate::browser::canvas::Canvas;
use crate::browser::surroundings;
use crate::drawing::Scene;
use crate::format::svg;
use crate::page::state::LabState;

/// Of more shapes than these a document would be slow.
const MOST: usize = 70000;

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
    let is_large = Memo::new(move |_| scene.read().items.len() > MOST);
    let picture = move || {
        if is_large.get() {
            view! { <Painted state scene stretch/> }.into_any()
        } else {
            view! {
                <svg
                    aria-hidden="true"
                    width=move || scene.read().width
                    height=move || stretch.get().1
                    viewBox=move || format!("0 {} {} {}", stretch.get().0, scene.read().width, stretch.get().1)
                    style:top=move || format!("{}px", stretch.get().0)
                    inner_html=move || svg::markup(&scene.read(), state.selected.get())
                ></svg>
            }
            .into_any()
        }
    };
    view! { {picture} }
}

#[component]
fn Painted(state: LabState, scene: Memo<Scene>, stretch: Memo<(f64, f64)>) -> impl IntoView {
    let canvas = NodeRef::<CanvasElement>::new();
    let scheme = RwSignal::new(0u32);
    let listener = surroundings::on_scheme(move || {
        scheme.try_update(|scheme| *scheme += 1);
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.dispose());
    let theme = Memo::new(move |_| state.link.read().theme);
    let inks = Memo::new(move |_| {
        theme.track();
        scheme.track();
        Inks::now()
    });
    Effect::new(move |_| {
        let Some(element) = canvas.get() else { return };
        let (scene, (top, height)) = (scene.read(), stretch.get());
        if let Some(fresh) = Canvas::fresh(&element, scene.width, height) {
            paint(&fresh, &scene, top, state.selected.get(), &inks.read());
        }
    });
    view! {
        <canvas
            node_ref=canvas
            aria-hidden="true"
            style:top=move || format!("{}px", stretch.get().0)
            style:width=move || format!("{}px", scene.read().width)
            style:height=move || format!("{}px", stretch.get().1)
        ></canvas>
    }
}
