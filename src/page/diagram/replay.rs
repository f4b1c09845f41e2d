//! A run that is played again: play, pause, step by message, scrub, at a speed of one's choice.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::sheets::Sheets;
use crate::browser::{clock, surroundings, timer};
use crate::page::state::LabState;
use crate::trace::{Span, Time};

/// The speeds that are offered, from a hundredth to four times.
const SPEEDS: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0];
/// A run is played so that it takes about this long, unless a speed was chosen.
const WATCHED: Span = Span::from_millis(8_000);
/// Steps of the slider.
const STEPS: f64 = 1_000.0;

#[component]
pub(super) fn Replay(state: LabState, sheets: Sheets) -> impl IntoView {
    let look = state.look;
    let chosen = RwSignal::new(false);
    let span = Memo::new(move |_| sheets.span().filter(|(origin, last)| last > origin));
    // By itself as fast as it takes to follow.
    Effect::new(move |_| {
        let Some((origin, last)) = span.get().filter(|_| !chosen.get()) else { return };
        let fitting = (last - origin).as_millis() / WATCHED.as_millis();
        let speed = SPEEDS.into_iter().find(|speed| *speed >= fitting).unwrap_or(SPEEDS[SPEEDS.len() - 1]);
        look.speed.set(speed);
    });
    let is_there = move || span.get().is_some() && !state.running.get();
    let share = move || {
        let Some(((origin, last), at)) = span.get().zip(look.played.get()) else { return STEPS };
        (at - origin).0 as f64 / (last - origin).0 as f64 * STEPS
    };
    let scrub = move |share: f64| {
        let Some((origin, last)) = span.get_untracked() else { return };
        look.playing.set(false);
        let at = origin + Span(((last - origin).0 as f64 * share / STEPS) as i64);
        look.played.set((share < STEPS).then_some(at));
    };
    let told = move || {
        let Some((origin, last)) = span.get() else { return String::new() };
        let at = look.played.get().unwrap_or(last);
        format!("{} of {}", at - origin, last - origin)
    };
    let speeds = SPEEDS.map(|speed| {
        view! { <option value=speed.to_string() selected=move || look.speed.get() == speed>{format!("{speed} ×")}</option> }
    });
    view! {
        <div class="replay" role="group" aria-label="Play the run again" hidden=move || !is_there()>
            <button type="button" class="play" on:click=move |_| turn(state, sheets)>
                {move || if look.playing.get() { "Pause" } else { "Play" }}
            </button>
            <button type="button" title="Back to the message before" aria-label="Message before" on:click=move |_| step(state, sheets, false)>"‹"</button>
            <button type="button" title="On to the next message" aria-label="Next message" on:click=move |_| step(state, sheets, true)>"›"</button>
            <input
                type="range"
                min="0"
                max=STEPS.to_string()
                step="1"
                aria-label="How far the run is played"
                aria-valuetext=told
                prop:value=move || share().to_string()
                on:input:target=move |event| scrub(event.target().value().parse().unwrap_or(STEPS))
            />
            <output>{told}</output>
            <label>
                "Speed "
                <select on:change:target=move |event| {
                    if let Ok(speed) = event.target().value().parse() {
                        chosen.set(true);
                        look.speed.set(speed);
                    }
                }>{speeds}</select>
            </label>
            <button type="button" hidden=move || look.played.get().is_none() on:click=move |_| look.stop_playing()>"Show all"</button>
        </div>
    }
}

/// Plays on from where it stands, or pauses.
fn turn(state: LabState, sheets: Sheets) {
    let look = state.look;
    if look.playing.get_untracked() {
        look.playing.set(false);
        return;
    }
    let Some((origin, _)) = sheets.span_untracked() else { return };
    look.played.update(|played| *played = Some(played.unwrap_or(origin)));
    look.playing.set(true);
    spawn_local(async move {
        let mut before = clock::now();
        while look.playing.try_get_untracked() == Some(true) {
            timer::frame(|| ()).await;
            // Where another page is shown there is nothing to play any more.
            if look.playing.try_get_untracked() != Some(true) {
                return;
            }
            let now = clock::now();
            // Nobody watches a hidden tab.
            let Some((_, last)) = sheets.span_untracked().filter(|_| !surroundings::hidden()) else { break };
            let went_by = Span(((now - before).0 as f64 * look.speed.get_untracked()) as i64);
            before = now;
            match look.played.get_untracked().map(|at| at + went_by.max(Span(1))).filter(|at| *at < last) {
                Some(at) => look.played.set(Some(at)),
                None => look.stop_playing(),
            }
        }
        look.playing.try_set(false);
    });
}

/// To the next message, or the one before, which is picked.
fn step(state: LabState, sheets: Sheets, forward: bool) {
    let look = state.look;
    look.playing.set(false);
    let Some((origin, last)) = sheets.span_untracked() else { return };
    let at = look.played.get_untracked().unwrap_or(if forward { origin + Span(-1) } else { last + Span(1) });
    if let Some((id, at)) = sheets.beside(at, forward) {
        look.played.set(Some(at));
        state.selected.set(Some(id));
    } else if forward {
        look.stop_playing();
    } else {
        look.played.set(Some(Time(origin.0)));
    }
}
