//! The masking of a client's frame undone before the reader's eyes, byte by byte: the byte as it was sent, the byte of
//! the key that is its turn, and what their XOR is.

use gloo_timers::callback::Interval;
use leptos::prelude::*;

use crate::analysis::raw::{Step, Unmasking};
use crate::browser::surroundings;
use crate::words::inspector as words;

/// Bytes that are unmasked one by one; the others go at once.
const ONE_BY_ONE: usize = 32;
/// How long a byte is looked at while it plays, in ms.
const PACE: u32 = 700;

/// The stepper. `instrument` bytes at the payload's beginning are our envelope.
#[component]
pub(super) fn Unmask(unmasking: Unmasking, instrument: usize) -> impl IntoView {
    let length = unmasking.masked().len();
    let count = length.min(ONE_BY_ONE);
    let glyphs = unmasking.glyphs();
    let steps: Vec<_> = (0..count).filter_map(|index| unmasking.step(index)).zip(glyphs).collect();
    // How many bytes are unmasked.
    let done = RwSignal::new(0usize);
    let playing = RwSignal::new(false);
    let to = move |at: usize| done.set(at.min(count));
    let step = move || {
        playing.set(false);
        to(done.get_untracked() + 1);
    };
    let back = move || {
        playing.set(false);
        to(done.get_untracked().saturating_sub(1));
    };
    play(playing, done, count);
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        match event.key().as_str() {
            "ArrowRight" => step(),
            "ArrowLeft" => back(),
            "Home" => to(0),
            "End" => to(count),
            _ => return,
        }
        event.prevent_default();
    };
    let strip = steps.iter().map(|(step, glyph)| {
        let Step { index, masked, key, plain, .. } = *step;
        let is_plain = move || done.get() > index;
        let glyph = words::glyph_in_its_box(*glyph);
        view! {
            <li class:plain=is_plain class:current=move || { done.get() == index + 1 } class:instrument=index < instrument>
                <span>{format!("{masked:02x}")}</span>
                <span class="key">{format!("{key:02x}")}</span>
                <b>{move || if is_plain() { format!("{plain:02x}") } else { "··".to_owned() }}</b>
                <i>{move || if is_plain() { glyph.clone() } else { String::new() }}</i>
            </li>
        }
    });
    let strip = strip.collect_view();
    let working = move || {
        let (step, glyph) = steps.get(done.get().checked_sub(1)?)?;
        Some(view! { {bits(step)}<p class="said">{words::unmasking_step(step, length, *glyph)}</p> })
    };
    let hint = match length - count {
        0 => String::new(),
        1 => " The other byte goes the same way.".to_owned(),
        more => format!(" The other {more} bytes go the same way."),
    };
    let moves = !surroundings::wants_no_motion();
    view! {
        <h5>"The masking undone"</h5>
        <div class="unmask" role="group" aria-label="The masking undone, byte by byte" on:keydown=on_key>
            <p class="hint">
                {format!("Each byte as it was sent, below it the byte of the key whose turn it is, and what their XOR is: the payload.{hint}")}
            </p>
            <div class="moves">
                <button type="button" aria-disabled=move || (done.get() == 0).to_string() on:click=move |_| back()>"Back"</button>
                <button type="button" aria-disabled=move || (done.get() == count).to_string() on:click=move |_| step()>"Step"</button>
                {moves.then(|| view! {
                    <button type="button" on:click=move |_| {
                        if done.get_untracked() == count {
                            done.set(0);
                        }
                        playing.update(|playing| *playing = !*playing);
                    }>
                        {move || if playing.get() { "Pause" } else { "Play" }}
                    </button>
                })}
                <button type="button" on:click=move |_| { playing.set(false); to(if done.get_untracked() == count { 0 } else { count }) }>
                    {move || if done.get() == count { "Mask again" } else { "All" }}
                </button>
            </div>
            <ol class="strip" aria-hidden="true">{strip}</ol>
            // While it plays nobody can listen that fast.
            <div class="working" aria-live=move || if playing.get() { "off" } else { "polite" }>{working}</div>
        </div>
    }
}

/// While it plays, a byte more each time, until all are done.
fn play(playing: RwSignal<bool>, done: RwSignal<usize>, count: usize) {
    let goes_on = Memo::new(move |_| playing.get());
    // The effect keeps what it gives, and with it the timer, until it runs again or the message is another.
    Effect::new(move |_| {
        goes_on.get().then(|| {
            let go = move || {
                done.try_update(|done| *done = (*done + 1).min(count));
                if done.try_get_untracked().is_none_or(|done| done == count) {
                    playing.try_set(false);
                }
            };
            go();
            Interval::new(PACE, go)
        })
    });
}

/// The three bytes of a step, bit by bit. Where the key has a 1, the bit is turned over.
fn bits(step: &Step) -> AnyView {
    let row = |name: String, byte: u8, class: &'static str| {
        let digits = (0..8).rev().map(|place| {
            let (bit, turned) = (byte >> place & 1, step.key >> place & 1 == 1);
            view! { <td class:turned=turned>{bit}</td> }
        });
        view! { <tr class=class><th scope="row">{name}</th><td class="byte">{format!("{byte:02x}")}</td>{digits.collect_view()}</tr> }
    };
    view! {
        <table class="xor">
            <tbody>
                {row(format!("byte {}", step.index), step.masked, "")}
                {row(format!("XOR key {}", step.key_place), step.key, "key")}
                {row("payload".to_owned(), step.plain, "plain")}
            </tbody>
        </table>
    }
    .into_any()
}
