//! Bringing a run back: a file that is chosen, dropped anywhere on the page, or named by the link. A file from another
//! origin than the page's own is fetched only when the visitor asks for it: a link must not make a visitor's browser
//! call on somebody's server.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::state::{LabState, Record};
use crate::browser::file::{self, Brought, Drag};
use crate::browser::{page_address, timer, url};
use crate::format;
use crate::lab::link::{Link, Page};
use crate::trace::Trace;
use crate::words;

/// The most characters of an address or a file's name that are shown.
const SHOWN: usize = 120;

/// What goes on between the visitor and a file.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    /// A file is held over the page.
    dragged: RwSignal<bool>,
    /// What the link names, which is opened when the visitor says so.
    offered: RwSignal<Option<Offered>>,
    /// What is being fetched.
    fetching: RwSignal<Option<String>>,
    /// Addresses on other origins that the visitor has opened while the page is there.
    allowed: StoredValue<Vec<String>>,
}

/// A file at another origin.
#[derive(Clone, PartialEq)]
struct Offered {
    url: String,
    origin: String,
}

impl Opening {
    pub(super) fn new() -> Self {
        Self {
            dragged: RwSignal::new(false),
            offered: RwSignal::new(None),
            fetching: RwSignal::new(None),
            allowed: StoredValue::new(Vec::new()),
        }
    }
}

/// Takes what is dropped, and follows the link to the file that it names.
pub(super) fn begin(state: LabState) {
    let dragged = state.opening.dragged;
    file::take_dropped(move |drag| match drag {
        Drag::Over => {
            if !dragged.get_untracked() {
                dragged.set(true);
            }
        }
        Drag::Gone => dragged.set(false),
        Drag::Dropped(reading, count) => {
            if state.running.get_untracked() {
                state.notice(RUN_GOES_ON);
                return;
            }
            open(state, reading);
            if count > 1 {
                state.notice(format!("{count} files were dropped: one at a time can be opened, which is the first."));
            }
        }
    });
    let asked = Memo::new(move |_| state.link.read().trace.clone());
    Effect::new(move |_| {
        let asked = asked.get();
        state.opening.offered.set(None);
        if let Some(address) = asked {
            follow(state, &address);
        }
    });
}

const RUN_GOES_ON: &str = "The file was not opened: a run goes on.";

/// Goes after the address that the link names.
fn follow(state: LabState, address: &str) {
    let url = page_address::resolved(address);
    let checked = url.map(|url| url::check_url(&url, ["http", "https"]).map(|()| url));
    let url = match checked {
        Some(Ok(url)) => url,
        Some(Err(why)) => return state.notice(format!("The link names a file that cannot be opened: {why}.")),
        None => {
            return state.notice(format!(
                "The link names a file that cannot be opened: “{}” is no address that begins with http:// or https://.",
                shortened(address)
            ));
        }
    };
    let allowed = state.opening.allowed.with_value(|allowed| allowed.contains(&url));
    match url::http_origin(&url) {
        Some(origin) if !allowed && !page_address::same_origin(&url) => {
            state.opening.offered.set(Some(Offered { url, origin }));
        }
        _ => fetch(state, url),
    }
}

/// Fetches what the link names, and shows it unless the visitor has gone elsewhere meanwhile.
fn fetch(state: LabState, url: String) {
    let asked = state.link.read_untracked().trace.clone();
    state.opening.fetching.set(Some(url.clone()));
    spawn_local(async move {
        let text = file::fetched(&url).await;
        state.opening.fetching.set(None);
        if asked.is_some() && state.link.read_untracked().trace == asked {
            show(state, (url, text), asked).await;
        }
    });
}

/// Opens a file that the visitor has brought.
fn open(state: LabState, reading: impl Future<Output = Brought> + 'static) {
    state.notices.set(Vec::new());
    spawn_local(async move { show(state, reading.await, None).await });
}

/// Shows what is in a file where such records are shown, or says what is wrong with it. `asked` is the address as the
/// link has it, for one that came from there.
async fn show(state: LabState, (source, text): Brought, asked: Option<String>) {
    let source = shortened(&source);
    let trace = match text.and_then(|text| format::open(&text).map_err(|error| error.to_string())) {
        Ok(_) if state.running.get_untracked() => return state.notice(RUN_GOES_ON),
        Ok(trace) => trace,
        Err(why) => return state.notice(format!("“{source}” could not be opened: {why}.")),
    };
    put(state, trace, source, asked).await;
}

/// Shows a record on the page for such records. `source` is what it was opened from, by its name if that has one.
pub(super) async fn put(state: LabState, trace: Trace, source: String, asked: Option<String>) {
    let link = state.link.get_untracked();
    let page = Page::of_record(&trace.circumstances).unwrap_or(link.page);
    let message = link.message.filter(|_| asked.is_some());
    let is_elsewhere = page != link.page;
    let there = if is_elsewhere { link.turned_to(page) } else { link.clone() };
    let there = Link { trace: asked, message, run: false, ..there };
    if there.trace.is_some() {
        // It is where the link leads: no new entry of the history.
        page_address::replace_query(&there.write());
    }
    let notices = state.notices.get_untracked();
    if is_elsewhere {
        state.turn_to(there);
    } else if there != link {
        state.link.set(there);
    }
    state.notices.set(notices);
    state.put_away();
    // Of a long run the pictures are there before all of it has been gone through.
    state.draw(Record::opened(trace, source));
    timer::frame(|| {}).await;
    state.sum_up(true);
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The button that opens a file from this machine.
#[component]
pub(super) fn OpenButton(state: LabState) -> impl IntoView {
    let choose = move |event: leptos::ev::Event| {
        if let Some(reading) = file::chosen(&event) {
            open(state, reading);
        }
    };
    view! {
        <label class="button" class:disabled=move || state.running.get()>
            "Open a saved run or a HAR file"
            <input
                type="file"
                accept=".json,.har,application/json"
                class="unseen"
                disabled=move || state.running.get()
                on:change=choose
            />
        </label>
    }
}

/// What is said and asked before a file is there: that it can be dropped, that the link names one elsewhere, that it is
/// being fetched.
#[component]
pub(super) fn Arriving(state: LabState) -> impl IntoView {
    let opening = state.opening;
    let go = move |_| {
        let Some(Offered { url, .. }) = opening.offered.get_untracked() else { return };
        opening.offered.set(None);
        opening.allowed.update_value(|allowed| allowed.push(url.clone()));
        fetch(state, url);
    };
    let offer = move || {
        let Offered { url, origin } = opening.offered.get()?;
        Some(view! {
            <section class="offer" aria-label="A file from elsewhere">
                <p>
                    "This link leads to a file at "<strong>{origin.clone()}</strong>
                    ", which is not where this page is from. Nothing was fetched from there yet."
                </p>
                <p class="hint">{shortened(&url)}</p>
                <button type="button" class="open-offered" disabled=move || state.running.get() on:click=go>
                    {format!("Open it from {origin}")}
                </button>
            </section>
        })
    };
    let fetching = move || opening.fetching.get().map(|url| words::fetching(&shortened(&url)));
    view! {
        {offer}
        <p class="fetching" role="status" hidden=move || opening.fetching.read().is_none()>{fetching}</p>
        <div class="drop-target" hidden=move || !opening.dragged.get()>
            <p>
                {move || match state.running.get() {
                    true => "A run goes on: open the file when it has ended",
                    false => "Drop a saved run (JSON) or a HAR file to open it",
                }}
            </p>
        </div>
    }
}
