//! The head of a frame, bit by bit, as RFC 6455 §5.2 draws it, with this frame's own bits. What a field says is told
//! where one points at it, or goes to it with the arrow keys.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use crate::analysis::raw::{CarriedFrame, Field, head};
use crate::browser::element;
use crate::drawing::frame_head::{Cell, ROW, cells};
use crate::words::inspector as words;
use crate::words::raw::hex;

/// Frames on the page so far: each has ids of its own.
static FRAMES: AtomicU32 = AtomicU32::new(0);

/// A frame's head.
#[component]
pub(super) fn Anatomy(carried: CarriedFrame) -> impl IntoView {
    let frame = FRAMES.fetch_add(1, Ordering::Relaxed);
    let id = move |place: usize| format!("frame-{frame}-field-{place}");
    let head = head(&carried.frame);
    let said: Vec<_> = head.iter().map(|field| words::head_field(field, &carried)).collect();
    let (shown, stop) = (RwSignal::new(None::<usize>), RwSignal::new(0));
    let count = head.len();
    let go = move |place: usize| {
        stop.set(place);
        element::focus(&id(place));
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let at = stop.get_untracked();
        match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => go((at + 1).min(count - 1)),
            "ArrowLeft" | "ArrowUp" => go(at.saturating_sub(1)),
            "Home" => go(0),
            "End" => go(count - 1),
            _ => return,
        }
        event.prevent_default();
    };
    let ruler = (0..ROW / 8).map(|byte| {
        let column = format!("{} / span 8", byte * 8 + 1);
        view! { <span class="ruler" aria-hidden="true" style:grid-column=column>{format!("{}–{}", byte * 8, byte * 8 + 7)}</span> }
    });
    let boxes = cells(&head).into_iter().map(|cell| {
        let field = cell.field.map(|place| (place, head[place], said[place].clone()));
        drawn(&cell, field, &carried, (shown, stop), id)
    });
    let boxes = boxes.collect_view();
    let list = said.iter().cloned().map(|[name, value, meaning]| {
        let key = name.clone();
        view! { <div data-field=key><dt>{name}</dt><dd><b>{value}</b>" "<small>{meaning}</small></dd></div> }
    });
    let list = list.collect_view();
    let told = move || match shown.get() {
        Some(place) => {
            let [name, value, meaning] = said[place].clone();
            view! { <b>{name}" = "{value}</b>" "{meaning} }.into_any()
        }
        None => "Point at a field, or go through them with the arrow keys, to see what it says.".into_any(),
    };
    view! {
        <div class="anatomy">
            <div class="head-bits" role="group" aria-label="The frame’s head, bit by bit" on:keydown=on_key>
                {ruler.collect_view()}
                {boxes}
            </div>
            <p class="field-said">{told}</p>
            <details>
                <summary>"All fields as a list"</summary>
                <dl class="frame">{list}</dl>
            </details>
        </div>
    }
}

/// A box. The one that a field begins in can be gone to; the others of it go along.
fn drawn(
    cell: &Cell,
    field: Option<(usize, Field, [String; 3])>,
    carried: &CarriedFrame,
    (shown, stop): (RwSignal<Option<usize>>, RwSignal<usize>),
    id: impl Fn(usize) -> String,
) -> AnyView {
    let column = format!("{} / span {}", cell.column + 1, cell.span);
    let row = (cell.row + 2).to_string();
    let Some((place, field, [name, value, meaning])) = field else {
        let words = match carried.frame.length {
            0 => "no payload".to_owned(),
            length => format!("payload: {}", crate::analysis::bytes_in_words(length)),
        };
        return view! { <span class="cell payload" style:grid-column=column style:grid-row=row>{words}</span> }
            .into_any();
    };
    let digits: Vec<_> = cell.bits.iter().map(|bit| view! { <i>{if *bit { "1" } else { "0" }}</i> }).collect();
    let label = if cell.begins { name.clone() } else { format!("{name}, continued") };
    let is_key = field.name == crate::analysis::raw::FieldName::MaskingKey;
    let in_it = match cell.begins {
        _ if is_key => hex(&cell.bytes()),
        true => words::in_its_box(&field, carried.frame.opcode),
        false => String::new(),
    };
    let inner = view! { <span class="digits">{digits}</span><small>{label}</small><b>{in_it}</b> };
    let is_shown = move || shown.get() == Some(place);
    let show = move || shown.set(Some(place));
    let narrow = cell.is_narrow();
    if !cell.begins {
        return view! {
            <span
                class="cell" class:shown=is_shown aria-hidden="true" style:grid-column=column style:grid-row=row
                on:mouseenter=move |_| show()
            >{inner}</span>
        }
        .into_any();
    }
    let digits_of_field: String = field.bits().map(|bit| if bit { '1' } else { '0' }).collect();
    let bits = match field.width {
        1 => format!("bit {}", field.from),
        width => format!("bits {} to {}", field.from, field.from + width - 1),
    };
    view! {
        <button
            type="button"
            id=id(place)
            class="cell" class:shown=is_shown class:narrow=narrow
            data-bits=digits_of_field
            style:grid-column=column style:grid-row=row
            tabindex=move || if stop.get() == place { "0" } else { "-1" }
            aria-label=format!("{name}, {bits}: {value}. {meaning}")
            on:focus=move |_| { stop.set(place); show() }
            on:click=move |_| show()
            on:mouseenter=move |_| show()
        >{inner}</button>
    }
    .into_any()
}
