//! Links to the lab as it is set, and to the run itself: one small enough travels in the link's fragment, which no
//! server sees.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::opening;
use super::state::LabState;
use crate::browser::{compression, page_address, saving};
use crate::format::{self, in_link};
use crate::trace::Trace;
use crate::words;

/// The field with the link, for browsers that do not let a page copy.
const FIELD: &str = "lab-link";

/// Opens the run that the page's address holds, if it holds one.
pub(super) async fn open(state: LabState) {
    let Some(held) = in_link::read(&page_address::fragment()) else { return };
    if state.running.get_untracked() {
        state.notice("The run in the link was not opened: a run goes on.");
        return;
    }
    let read = match held {
        Ok(compressed) => unpack(&compressed).await,
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(trace) => opening::put(state, trace, String::new(), None).await,
        Err(why) => state.notice(format!("The run in the link could not be opened: {why}.")),
    }
}

async fn unpack(compressed: &[u8]) -> Result<Trace, String> {
    let inflated = compression::inflate(compressed, in_link::LARGEST).await;
    // Browsers end what they say with a full stop, or do not.
    let cut = |why: String| {
        format!("it cannot be unpacked, perhaps because a program cut the link: {}", why.trim_end_matches('.'))
    };
    let text = inflated.map_err(cut)?;
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    format::read(&text).map_err(|error| error.to_string())
}

/// What came of copying a link.
#[derive(Clone, PartialEq)]
enum Came {
    /// Nothing was asked for.
    Nothing,
    /// The link of so many characters is copied.
    Copied(usize),
    /// The browser does not let this page copy; the link stands in the field.
    ByHand,
    /// There is no such link.
    Refused(String),
}

/// The link to the lab with its settings, and the buttons that copy it, without and with the run.
#[component]
pub(super) fn Links(state: LabState) -> impl IntoView {
    // The link with the run in it, once that was asked for, until either changes.
    let with_run = RwSignal::new(None::<String>);
    let came = RwSignal::new(Came::Nothing);
    Effect::new(move |_| {
        state.link.track();
        state.record.track();
        with_run.set(None);
        came.set(Came::Nothing);
    });
    let plain = move || page_address::own_address(&state.link.read().write());
    let address = move || with_run.get().unwrap_or_else(plain);
    let copy = move |address: String| async move {
        let length = address.chars().count();
        // What is copied by hand is selected in the field, so it has to stand there first.
        leptos::task::tick().await;
        let worked = saving::copy(address, FIELD).await;
        came.try_set(if worked { Came::Copied(length) } else { Came::ByHand });
    };
    let copy_plain = move |_| {
        with_run.set(None);
        spawn_local(copy(untrack(plain)));
    };
    let copy_run = move |_| {
        spawn_local(async move {
            match link_with_run(state).await {
                Ok(address) => {
                    with_run.set(Some(address.clone()));
                    copy(address).await;
                }
                Err(why) => came.set(Came::Refused(why)),
            }
        });
    };
    let said = move || match came.get() {
        Came::Nothing => String::new(),
        Came::Copied(length) => words::link_copied(length, with_run.read().is_some()),
        Came::ByHand => {
            "The browser does not let this page copy. The link stands in the field, to be copied by hand.".to_owned()
        }
        Came::Refused(why) => why,
    };
    let no_run = move || state.running.get() || state.record.read().trace.is_none();
    view! {
        <div class="links">
            <label class="field wide">
                <span>"Link to this lab, with its settings"</span>
                <input id=FIELD readonly=true prop:value=address/>
            </label>
            <button type="button" class="copy-link" on:click=copy_plain>"Copy link"</button>
            <button type="button" class="copy-run" disabled=no_run on:click=copy_run>"Copy link with this run in it"</button>
            <p class="hint" role="status">{said}</p>
        </div>
    }
}

/// The page's address with the run that is shown in it.
async fn link_with_run(state: LabState) -> Result<String, String> {
    let (text, link) = {
        let record = state.record.read_untracked();
        let Some(trace) = &record.trace else { return Err("There is no run yet.".to_owned()) };
        let text = format::write(trace).map_err(|error| error.to_string())?;
        (text, state.link.read_untracked().to_run(&trace.circumstances))
    };
    let compressed = compression::deflate(text.as_bytes()).await;
    let compressed = compressed.map_err(|why| format!("The run cannot be put into a link: {why}."))?;
    let Some(fragment) = in_link::write(&compressed) else {
        return Err(words::too_long_for_a_link(in_link::length(&compressed), in_link::LONGEST));
    };
    Ok(format!("{}#{fragment}", page_address::own_address(&link.write())))
}
