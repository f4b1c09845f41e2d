//! The lab's controls: parameters with their ranges, endpoints, Run and Stop.

use leptos::prelude::*;

use super::endpoints::{Found, NOTHING_FOUND};
use super::run;
use super::state::LabState;
use crate::browser::element;
use crate::lab::link::Link;
use crate::lab::{CONNECT_TIMEOUT, Choice, Lab, Parameter, ParameterError, REPLY_TIMEOUT, Range};
use crate::wire::LinkOffer;
use crate::words::{self, labs};

/// The button that starts a run.
pub(super) const RUN: &str = "run";
/// The button that ends it.
pub(super) const STOP: &str = "stop";

#[component]
pub(super) fn Controls(
    state: LabState,
    lab: Lab,
    /// The settings are folded away, after the buttons.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    // Values that were typed and cannot be taken, by parameter; Run waits until there are none.
    let refused = RwSignal::new(Vec::<&'static str>::new());
    let too_much = move || state.link.read().settings.check().err();
    let blocked = move || !refused.read().is_empty() || too_much().is_some();
    let field = move |parameter: &'static Parameter| match parameter {
        Parameter::Number(range) => view! { <Number state refused lab range=*range/> }.into_any(),
        Parameter::Choice(choice) => view! { <Options state lab choice=*choice/> }.into_any(),
    };
    let time_limit = |parameter: &&Parameter| [CONNECT_TIMEOUT.name, REPLY_TIMEOUT.name].contains(&parameter.name());
    let (limits, own): (Vec<_>, Vec<_>) = lab.parameters().iter().partition(time_limit);
    let to_do = view! {
        <fieldset disabled=move || state.running.get()>
            <legend class="unseen">"What to do"</legend>
            {own.into_iter().map(field).collect_view()}
            <LinkChoice state/>
        </fieldset>
    };
    let whom = view! {
        <fieldset disabled=move || state.running.get()>
            <legend class="unseen">"Whom to talk to, and for how long to wait"</legend>
            <details class="more">
                <summary>"Endpoints and time limits"</summary>
                <div class="fields">
                    <Address state name="http" label="HTTP endpoint" pick=|link| &mut link.http/>
                    <Address state name="ws" label="WebSocket endpoint" pick=|link| &mut link.ws/>
                    {limits.into_iter().map(field).collect_view()}
                </div>
                <p class="hint">{move || found_words(&state.found.read())}</p>
            </details>
        </fieldset>
    };
    let fields = if compact {
        let folded = view! { <details class="more settings"><summary>"Settings"</summary><div class="fields">{to_do}</div>{whom}</details> };
        view! { <Buttons state blocked too_much/>{folded} }.into_any()
    } else {
        view! { {to_do}<Buttons state blocked too_much/>{whom} }.into_any()
    };
    view! {
        <form
            class="controls"
            // What is wrong is said here, not by the browser, which cannot point into what is folded away.
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                if !blocked() {
                    // The fields are out of use while it goes on, and Enter may have been pressed in one of them.
                    element::focus(RUN);
                    run::start(state);
                }
            }
        >
            {fields}
        </form>
    }
}

/// Run and Stop, and why it cannot be run.
#[component]
fn Buttons(
    state: LabState,
    blocked: impl Fn() -> bool + Copy + Send + Sync + 'static,
    too_much: impl Fn() -> Option<ParameterError> + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="buttons">
            // What has the focus is not disabled as a run begins, or the focus would be lost.
            <button type="submit" id=RUN class="run" disabled=blocked aria-disabled=move || state.running.get().to_string()>
                "Run"
            </button>
            <button type="button" id=STOP class="stop" disabled=move || !state.running.get() on:click=move |_| run::stop(state)>
                "Stop"
            </button>
        </div>
        <p class="error" role="alert">{move || too_much().map(|error| words::sentence(&error))}</p>
    }
}

/// A whole number with its range, refused at the control when it is outside.
#[component]
fn Number(state: LabState, refused: RwSignal<Vec<&'static str>>, lab: Lab, range: Range) -> impl IntoView {
    let (label, about) = labs::of(lab).parameter(range.name);
    let error = RwSignal::new(None::<String>);
    let shown = Memo::new(move |_| state.link.read().settings.number(&range));
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
                    state.link.write().settings.set(range.name, &value.to_string()).ok();
                }
            }
            Err(why) => error.set(Some(words::sentence(&why))),
        }
    };
    let range_words = format!("{}–{} {}", range.least, range.most, range.unit).trim_end().to_owned();
    let hint = if about.is_empty() { range_words } else { format!("{range_words}, {about}") };
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

/// One of a few words.
#[component]
fn Options(state: LabState, lab: Lab, choice: Choice) -> impl IntoView {
    let words = labs::of(lab);
    let (label, about) = words.parameter(choice.name);
    let chosen = Memo::new(move |_| state.link.read().settings.choice(&choice));
    let option = move |option: &'static str| {
        let selected = move || chosen.get() == option;
        view! { <option value=option selected=selected>{words.option(choice.name, option)}</option> }
    };
    let choose = move |value: String| {
        // All options are the lab's own.
        state.link.write().settings.set(choice.name, &value).ok();
    };
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=choice.name on:change:target=move |event| choose(event.target().value())>
                {choice.options.iter().copied().map(option).collect_view()}
            </select>
            <small>{about}</small>
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
    let known = if name == "http" { &KNOWN_HTTP_ECHOES } else { &KNOWN_WS_ECHOES };
    let list = format!("known-{name}");
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
                list=list.clone()
                placeholder=placeholder
                prop:value=move || shown.get()
                on:change:target=move |event| take(event.target().value())
            />
            <datalist id=list>
                {known.iter().map(|url| view! { <option value=*url>"run by others"</option> }).collect_view()}
            </datalist>
        </label>
    }
}

/// Public HTTP echoes, offered as choices; nothing is sent there unless a visitor picks one and presses Run.
/// They answer with a description of the request.
const KNOWN_HTTP_ECHOES: [&str; 3] =
    ["https://postman-echo.com/post", "https://httpbin.org/post", "https://httpbingo.org/post"];
/// Public WebSocket echoes, likewise. Some greet whoever comes.
const KNOWN_WS_ECHOES: [&str; 3] =
    ["wss://echo.websocket.org/", "wss://ws.postman-echo.com/raw", "wss://ws.ifelse.io/"];

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
