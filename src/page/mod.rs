//! What the visitor sees: state, components, and the painting of scenes. Everything that is
//! decided here is about showing; what a trace means is decided in `analysis`, where things go in
//! `drawing`.

#![allow(unreachable_pub, reason = "the component macro makes each component's properties public")]

mod break_even;
mod capture;
mod charts;
mod controls;
mod diagram;
mod embed;
mod endpoints;
mod figures;
mod findings;
mod inspector;
mod lab;
mod message_link;
mod messages;
mod opening;
mod paper;
mod picture;
mod prediction;
mod published;
mod recording;
mod run;
mod run_link;
mod runs;
mod state;
mod status;
mod store;
mod take_away;
mod verdict;

use leptos::prelude::*;

use crate::browser::{element, page_address, timer};
use crate::lab::Lab;
use crate::lab::link::{Link, Page, Theme};
use crate::words;
use state::LabState;

/// Puts the page into the document's body.
pub fn mount() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(App);
}

/// What is below the navigation.
const MAIN: &str = "main";

#[component]
fn App() -> impl IntoView {
    let (link, notices) = Link::read(&page_address::query());
    // It is one or the other for as long as the document is there: what is around it does not change.
    let embedded = link.embed;
    let state = LabState::new(link, notices);
    state.tell_the_document();
    run::begin(state);
    message_link::follow(state);
    recording::follow(state);
    embed::begin(state);
    paper::follow(state);
    opening::begin(state);
    let page = state.page();
    let shown = move || match page.get() {
        Page::Lab(lab) if embedded => view! { <lab::CompactLab state lab/> }.into_any(),
        Page::Lab(lab) => view! { <lab::LabPage state lab/> }.into_any(),
        Page::Verdict => view! { <verdict::VerdictPage state/> }.into_any(),
        Page::Capture if embedded => view! { <capture::CompactCapture state/> }.into_any(),
        Page::Capture => view! { <capture::CapturePage state/> }.into_any(),
    };
    // Back and Forward lead to another page, or to the same one with other settings.
    let listener = page_address::on_history(move || {
        run::turn(state, Link::read(&page_address::query()));
        leptos::task::spawn_local(run_link::open(state));
    });
    // Not by the address, which is the page's state.
    let skip = |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        element::focus(MAIN);
    };
    // For as long as the page is there.
    std::mem::forget(listener);
    let main = view! { <main id=MAIN tabindex="-1">{shown}</main> };
    if embedded {
        return view! { <opening::Arriving state/>{main} }.into_any();
    }
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to the lab"</a>
        <header class="site">
            <h1><a href="./">"Duplex"</a></h1>
            <p>"Watch HTTP and WebSocket talk."</p>
            <ThemeSwitch state/>
        </header>
        <Navigation state/>
        <opening::Arriving state/>
        {main}
        <footer class="site">
            <p>
                "Every arrow is a message that a browser really sent or received; nothing is simulated. "
                "Besides these, the page asks the endpoints’ servers whether they are Duplex servers and what they saw."
            </p>
            <p class="hint"><a href="course/index.html">"Course sheets"</a>": a page for each lab, to hand out or to project."</p>
        </footer>
    }
    .into_any()
}

/// The labs and the verdict.
#[component]
fn Navigation(state: LabState) -> impl IntoView {
    let labs = Lab::ALL.map(|lab| {
        view! { <li><verdict::PageLink state page=Page::Lab(lab) words=words::labs::name(lab)/></li> }
    });
    // Where they do not fit side by side, the one that is shown is scrolled to.
    let page = state.page();
    Effect::new(move |_| {
        // Read, since nothing else has this memo computed.
        page.get();
        leptos::task::spawn_local(async {
            timer::frame(|| element::center_in_list("nav.labs [aria-current]")).await;
        });
    });
    view! {
        <nav class="labs" aria-label="Labs">
            <ol>
                {labs.collect_view()}
                <li class="last"><verdict::PageLink state page=Page::Verdict words="Verdict"/></li>
                <li><verdict::PageLink state page=Page::Capture words="Your captures"/></li>
            </ol>
        </nav>
    }
}

#[component]
fn ThemeSwitch(state: LabState) -> impl IntoView {
    let options = Theme::ALL.map(|theme| {
        let selected = move || state.link.read().theme == theme;
        view! { <option value=theme.name() selected=selected>{theme.name()}</option> }
    });
    let choose = move |name: String| {
        if let Some(theme) = Theme::ALL.into_iter().find(|theme| theme.name() == name) {
            state.link.write().theme = theme;
        }
    };
    view! {
        <label class="theme">
            "Theme "
            <select on:change:target=move |event| choose(event.target().value())>{options}</select>
        </label>
    }
}
