//! The lab's controls: parameters with their ranges, endpoints, Run and Stop.

use leptos::prelude::*;

use super::endpoints::{Found, NOTHING_FOUND};
use super::run;
use super::state::LabState;
use crate::lab::exchange::{self, CONNECT_TIMEOUT, INTERVAL, MESSAGES, Parameters, REPLY_TIMEOUT, SIZE};
use crate::lab::{Range, link::Link};
use crate::wire::LinkOffer;
use crate::wire::query::{CLOSE, KEEP_ALIVE};

#[component]
pub(super) fn Controls(state: LabState) -> impl IntoView {
    // Values that were typed and cannot be taken, by parameter; Run waits until there are none.
    let refused = RwSignal::new(Vec::<&'static str>::new());
    let too_much = move || state.link.read().parameters.check().err();
    let blocked = move || !refused.read().is_empty() || too_much().is_some();
    view! {
        <form
            class="controls"
            // What is wrong is said here, not by the browser, which cannot point into what is folded away.
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                if !blocked() {
                    run::start(state);
                }
            }
        >
            <fieldset disabled=move || state.running.get()>
                <legend class="unseen">"What to do"</legend>
                <Number state refused range=MESSAGES label="Messages" read=|p| p.messages/>
                <Number state refused range=SIZE label="Size" read=|p| p.size/>
                <Number state refused range=INTERVAL label="Interval" read=|p| p.interval/>
                <ConnectionChoice state/>
                <LinkChoice state/>
                <details class="more">
                    <summary>"Endpoints and time limits"</summary>
                    <div class="fields">
                        <Address state name="http" label="HTTP endpoint" pick=|link| &mut link.http/>
                        <Address state name="ws" label="WebSocket endpoint" pick=|link| &mut link.ws/>
                        <Number state refused range=CONNECT_TIMEOUT label="WebSocket opens within" read=|p| p.connect_timeout/>
                        <Number state refused range=REPLY_TIMEOUT label="Reply within" read=|p| p.reply_timeout/>
                    </div>
                    <p class="hint">{move || found_words(&state.found.read())}</p>
                </details>
            </fieldset>
            <p class="error" role="alert">{move || too_much().map(|error| format!("{error}."))}</p>
            <div class="buttons">
                <button type="submit" class="run" disabled=move || state.running.get() || blocked()>"Run"</button>
                <button type="button" class="stop" disabled=move || !state.running.get() on:click=move |_| run::stop(state)>
                    "Stop"
                </button>
            </div>
        </form>
    }
}

/// A whole number with its range, refused at the control when it is outside.
#[component]
fn Number(
    state: LabState,
    refused: RwSignal<Vec<&'static str>>,
    range: Range,
    label: &'static str,
    read: fn(&Parameters) -> u32,
) -> impl IntoView {
    let error = RwSignal::new(None::<String>);
    let shown = Memo::new(move |_| read(&state.link.read().parameters));
    let take = move |text: String| {
        let result = range.read(&text);
        refused.update(|names| {
            names.retain(|name| *name != range.name);
            if result.is_err() {
                names.push(range.name);
            }
        });
        match result {
            Ok(value) => {
                error.set(None);
                if value != shown.get_untracked() {
                    // The range was just checked, so the lab takes it.
                    state.link.write().parameters.set(range.name, &value.to_string()).ok();
                }
            }
            Err(why) => error.set(Some(format!("{why}."))),
        }
    };
    let hint = format!("{}–{} {}", range.least, range.most, range.unit);
    let hint_id = format!("{}-hint", range.name);
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="number"
                name=range.name
                min=range.least
                max=range.most
                required=true
                aria-describedby=hint_id.clone()
                aria-invalid=move || error.read().is_some().to_string()
                prop:value=move || shown.get().to_string()
                on:input:target=move |event| take(event.target().value())
            />
            <small id=hint_id class:error=move || error.read().is_some()>
                {move || error.get().unwrap_or_else(|| hint.clone())}
            </small>
        </label>
    }
}

#[component]
fn ConnectionChoice(state: LabState) -> impl IntoView {
    let close = Memo::new(move |_| state.link.read().parameters.close);
    let option = move |value: &'static str, words: &'static str| {
        let selected = move || close.get() == (value == CLOSE);
        view! { <option value=value selected=selected>{words}</option> }
    };
    let choose = move |value: String| {
        // Both words are the lab's own.
        state.link.write().parameters.set(exchange::CONNECTION, &value).ok();
    };
    view! {
        <label class="field">
            <span>"HTTP connection"</span>
            <select name=exchange::CONNECTION on:change:target=move |event| choose(event.target().value())>
                {option(KEEP_ALIVE, "keep-alive")}
                {option(CLOSE, "close each time")}
            </select>
            <small>"asked of the server"</small>
        </label>
    }
}

/// The found server's emulated links. One that is asked for and not offered stays, so that it is seen.
#[component]
fn LinkChoice(state: LabState) -> impl IntoView {
    let chosen = Memo::new(move |_| state.link.read().link.clone().unwrap_or_default());
    let offers = move || match &*state.found.read() {
        Found::Server(server) => server.discovery.links.clone(),
        _ => Vec::new(),
    };
    let options = move || {
        let mut options = vec![(String::new(), "as it is".to_owned())];
        let emulated = |offer: LinkOffer| {
            let words = format!("{}, {} ms", offer.link.name, offer.link.rtt as f64 / 1000.0);
            (offer.link.name, words)
        };
        options.extend(offers().into_iter().map(emulated));
        if !options.iter().any(|(name, _)| *name == chosen.get()) {
            options.push((chosen.get(), format!("{} (not offered)", chosen.get())));
        }
        let option = |(name, words): (String, String)| {
            let selected = name == chosen.get();
            view! { <option value=name selected=selected>{words}</option> }
        };
        options.into_iter().map(option).collect_view()
    };
    let choose = move |name: String| state.link.write().link = Some(name).filter(|name| !name.is_empty());
    view! {
        <label class="field">
            <span>"Network"</span>
            <select name="link" on:change:target=move |event| choose(event.target().value())>{options}</select>
            <small>"an emulated round trip"</small>
        </label>
    }
}

/// An address that may be left empty: then the echo server that was found is used.
#[component]
fn Address(
    state: LabState,
    name: &'static str,
    label: &'static str,
    pick: fn(&mut Link) -> &mut Option<String>,
) -> impl IntoView {
    let shown = Memo::new(move |_| pick(&mut state.link.get()).clone().unwrap_or_default());
    let placeholder = move || match (&*state.found.read(), name) {
        (Found::Server(server), name) => {
            let addresses = server.addresses(state.link.read().link.as_deref()).unwrap_or_default();
            if name == "http" { addresses.0 } else { addresses.1 }
        }
        (_, "http") => "http://127.0.0.1:9000/echo".to_owned(),
        _ => "ws://127.0.0.1:9000/ws".to_owned(),
    };
    let take = move |text: String| {
        let text = text.trim().to_owned();
        *pick(&mut state.link.write()) = Some(text).filter(|text| !text.is_empty());
    };
    view! {
        <label class="field wide">
            <span>{label}</span>
            <input
                type="url"
                name=name
                placeholder=placeholder
                prop:value=move || shown.get()
                on:change:target=move |event| take(event.target().value())
            />
        </label>
    }
}

fn found_words(found: &Found) -> String {
    match found {
        Found::Looking => "Looking for an echo server …".to_owned(),
        Found::Server(server) => {
            let (http, _) = server.addresses(None).unwrap_or_default();
            format!("An echo server was found at {http}; leave the fields empty to use it.")
        }
        Found::Nothing => NOTHING_FOUND.to_owned(),
    }
}
