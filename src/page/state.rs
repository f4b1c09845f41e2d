//! The lab's state, one signal for each thing that changes by itself. What follows from others is
//! derived.

use leptos::prelude::*;

use super::diagram::Look;
use super::endpoints::Found;
use super::opening::Opening;
use super::runs::Runs;
use super::store::Store;
use crate::analysis::Timeline;
use crate::browser::clock;
use crate::browser::element::Focused;
use crate::browser::{page_address, surroundings};
use crate::lab::Lab;
use crate::lab::differences::{Difference, differences};
use crate::lab::exchange::MESSAGES;
use crate::lab::link::{Link, Page};
use crate::trace::{MessageId, Outcome, Span, Time, Trace};
use crate::words;

/// The run that is shown: its record, and its times brought together.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// `None` before the first run.
    pub(super) trace: Option<Trace>,
    pub(super) timeline: Timeline,
    /// It was recorded earlier, and opened from a file.
    pub(super) from_file: bool,
    /// It is one of the recordings that came with the page.
    pub(super) sample: bool,
    /// The name or the address of that file.
    pub(super) source: String,
}

impl Record {
    /// The record of a run that begins.
    pub(super) fn begun(trace: Trace) -> Self {
        Self { timeline: Timeline::of(&trace), trace: Some(trace), ..Self::default() }
    }

    /// The record of a run that was opened from a file.
    pub(super) fn opened(trace: Trace, source: String) -> Self {
        Self { timeline: Timeline::of(&trace), trace: Some(trace), from_file: true, source, sample: false }
    }

    /// The record of a recording that came with the page.
    pub(super) fn sample(trace: Trace) -> Self {
        Self { sample: true, ..Self::opened(trace, String::new()) }
    }

    /// The lab that it is a run of.
    pub(super) fn lab(&self) -> Option<Lab> {
        Lab::named(&self.trace.as_ref()?.circumstances.lab)
    }

    /// Where it is shown.
    pub(super) fn page(&self) -> Option<Page> {
        Page::of_record(&self.trace.as_ref()?.circumstances)
    }

    /// It was made from another tool's file.
    pub(super) fn is_imported(&self) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.circumstances.is_imported())
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> u64 {
        let Some(trace) = &self.trace else { return 0 };
        let copies = trace.messages.iter().filter_map(|message| message.copy.as_ref()).map(|copy| copy.0.len() as u64);
        trace.messages.len() as u64 * MESSAGE + trace.raw_bytes() + copies.sum::<u64>()
    }

    /// How many messages each protocol was asked to carry, where the lab asks for a number.
    pub(super) fn asked_for(&self) -> Option<u32> {
        let known = &self.trace.as_ref()?.circumstances;
        let messages =
            known.parameters.iter().find(|(name, _)| name == MESSAGES.name && known.lab == Lab::Exchange.slug());
        messages?.1.parse().ok()
    }
}

/// About how many bytes a message takes in a record, but for what it carried.
const MESSAGE: u64 = 600;

/// How often figures and chart are made anew while a run goes on.
const SUM_UP_EVERY: Span = Span::from_millis(1_000);

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// For its turn: no two labs of a browser run at once.
    Waiting,
    Running,
    Finished,
    Failed,
    Stopped,
}

impl Phase {
    /// The word in `data-run`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// A run was asked for, and has not come to its end.
    pub(super) const fn goes_on(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Asking whether another lab of this browser runs.
    Asking,
    /// Until that has ended.
    Waiting,
    /// Finding out whom to talk to.
    Preparing,
    /// The lab's script.
    Script,
    /// Asking the server for its account.
    Settling,
}

/// All that changes.
#[derive(Clone, Copy)]
pub(super) struct LabState {
    /// The settings, which are the page's address.
    pub(super) link: RwSignal<Link>,
    /// Sentences about what could not be taken.
    pub(super) notices: RwSignal<Vec<String>>,
    /// Why no run could begin.
    pub(super) trouble: RwSignal<Option<String>>,
    /// The echo server that was found.
    pub(super) found: RwSignal<Found>,
    /// The visitor had us look on this very machine.
    pub(super) on_this_machine: RwSignal<bool>,
    /// What the link asked for as the page opened has been seen to.
    pub(super) settled_in: RwSignal<bool>,
    /// The visitor asked to see all of the recording that is shown.
    pub(super) sample_whole: RwSignal<bool>,
    /// A run goes on.
    pub(super) running: RwSignal<bool>,
    /// What the run is at.
    pub(super) stage: RwSignal<Stage>,
    /// When the run began, and how late it is now.
    pub(super) clock: RwSignal<(Time, Time)>,
    /// The run that is shown.
    pub(super) record: RwSignal<Record>,
    /// When what costs more the longer a run is (figures, chart) was last made anew.
    pub(super) summed_up: RwSignal<Time>,
    /// The message that is picked.
    pub(super) selected: RwSignal<Option<MessageId>>,
    /// What had the focus as it went to the picked message, which has it again when that is closed.
    pub(super) opener: StoredValue<Option<Focused>, LocalStorage>,
    /// How the diagrams are looked at.
    pub(super) look: Look,
    /// A file that is brought to the page.
    pub(super) opening: Opening,
    /// What is kept in the visitor's browser.
    pub(super) store: Store,
    /// While all labs run: which one, from 0.
    pub(super) sequence: RwSignal<Option<usize>>,
    /// The runs that are not shown, as long as the page is open and there is room.
    pub(super) runs: StoredValue<Runs>,
    /// Where Back or Forward has led while a run goes on: turned to when that has ended.
    pub(super) turn_next: StoredValue<Option<Link>>,
    /// Somebody pressed Stop since the run, or the row of runs, was started.
    pub(super) stopping: StoredValue<bool>,
    /// Ends the run that goes on.
    pub(super) abort: StoredValue<Option<futures_util::future::AbortHandle>>,
}

impl LabState {
    pub(super) fn new(link: Link, notices: Vec<String>) -> Self {
        Self {
            link: RwSignal::new(link),
            notices: RwSignal::new(notices),
            trouble: RwSignal::new(None),
            found: RwSignal::new(Found::Looking),
            on_this_machine: RwSignal::new(false),
            settled_in: RwSignal::new(false),
            sample_whole: RwSignal::new(false),
            running: RwSignal::new(false),
            stage: RwSignal::new(Stage::Asking),
            clock: RwSignal::new((Time(0), Time(0))),
            record: RwSignal::new(Record::default()),
            summed_up: RwSignal::new(Time(0)),
            selected: RwSignal::new(None),
            opener: StoredValue::new_local(None),
            look: Look::new(),
            opening: Opening::new(),
            store: Store::open(),
            sequence: RwSignal::new(None),
            runs: StoredValue::new(Runs::default()),
            turn_next: StoredValue::new(None),
            stopping: StoredValue::new(false),
            abort: StoredValue::new(None),
        }
    }

    /// The page that is shown.
    pub(super) fn page(&self) -> Memo<Page> {
        let link = self.link;
        Memo::new(move |_| link.read().page)
    }

    /// Shows another page, or the same with other settings: with the run that was made with these if there is one, else
    /// with the newest of the lab, which is said to be another's.
    pub(super) fn turn_to(&self, link: Link) {
        if *self.link.read_untracked() == link {
            return;
        }
        self.notices.set(Vec::new());
        self.put_away();
        let record = match link.page {
            // The file that the link names is about to be opened.
            _ if link.trace.is_some() => None,
            page @ Page::Lab(_) => {
                let found = self.found.read_untracked();
                let is_right = |trace: &Trace| differ(trace, &link, &found, false).is_empty();
                self.runs.try_update_value(|runs| runs.take(page, is_right)).flatten()
            }
            page @ Page::Capture => self.runs.try_update_value(|runs| runs.take(page, |_| true)).flatten(),
            Page::Verdict => None,
        };
        self.show(record.unwrap_or_default());
        self.link.set(link);
    }

    /// Puts the run that is shown where it is found again when its lab is turned to; another is to be shown.
    pub(super) fn put_away(&self) {
        let record = std::mem::take(&mut *self.record.write_untracked());
        let is_run = !record.from_file && record.trace.as_ref().is_some_and(|trace| trace.outcome.is_some());
        if record.is_imported() || record.lab().is_some() && is_run {
            self.runs.update_value(|runs| runs.put(record));
        }
    }

    /// What the page's settings have other than the run that is shown; nothing while one goes on.
    pub(super) fn differences(&self) -> Vec<Difference> {
        if self.running.get() {
            return Vec::new();
        }
        let (record, link) = (self.record.read(), self.link.read());
        match &record.trace {
            Some(trace) if record.lab().map(Page::Lab) == Some(link.page) => {
                differ(trace, &link, &self.found.read(), record.from_file)
            }
            _ => Vec::new(),
        }
    }

    /// Where the run stands.
    pub(super) fn phase(&self) -> Phase {
        if self.running.get() {
            let has_its_turn = !matches!(self.stage.get(), Stage::Asking | Stage::Waiting);
            return if has_its_turn { Phase::Running } else { Phase::Waiting };
        }
        if self.trouble.read().is_some() {
            return Phase::Failed;
        }
        let record = self.record.read();
        let here = record.trace.as_ref().filter(|_| !record.from_file);
        match here.and_then(|trace| trace.outcome.as_ref()) {
            None => Phase::Idle,
            Some(Outcome::Finished) => Phase::Finished,
            Some(Outcome::Stopped) => Phase::Stopped,
            Some(Outcome::Failed(_)) => Phase::Failed,
        }
    }

    /// Shows another record from its beginning, or none.
    pub(super) fn show(&self, record: Record) {
        self.draw(record);
        self.sum_up(true);
    }

    /// The same, but for what depends on the whole record, for which [`LabState::sum_up`] is to be called.
    pub(super) fn draw(&self, record: Record) {
        self.trouble.set(None);
        self.selected.set(None);
        self.opener.set_value(None);
        self.look.begin_anew();
        self.record.set(record);
    }

    /// Shows a recording that came with the page. What was said of why there is no run stays.
    pub(super) fn show_sample(&self, record: Record) {
        self.sample_whole.set(false);
        self.look.begin_anew();
        self.record.set(record);
        self.sum_up(true);
    }

    /// What came of the run that is shown is not told yet: it is a recording, and the visitor neither asked nor, where no
    /// run can be made, said what they think.
    pub(super) fn holds_back(&self) -> bool {
        let record = self.record.read();
        let has_guessed = || record.lab().is_some_and(|lab| self.store.kept.read().guesses.contains_key(lab.slug()));
        record.sample && !self.sample_whole.get() && !(*self.found.read() == Found::Nothing && has_guessed())
    }

    /// Has what depends on the whole record made anew, at most once in a while unless asked to.
    pub(super) fn sum_up(&self, now: bool) {
        let at = clock::now();
        if now || self.summed_up.try_get_untracked().is_some_and(|last| at - last >= SUM_UP_EVERY) {
            self.summed_up.try_set(at);
        }
    }

    /// A sentence for the visitor.
    pub(super) fn notice(&self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        self.notices.update(|notices| {
            if !notices.contains(&sentence) {
                notices.push(sentence);
            }
        });
    }

    /// Keeps the document's address and its attributes in step: state flows outward here.
    pub(super) fn tell_the_document(&self) {
        let state = *self;
        let phase = Memo::new(move |_| state.phase());
        Effect::new(move |_| surroundings::set_root_attribute("data-run", phase.get().word()));
        Effect::new(move |before: Option<Page>| {
            let link = state.link.get();
            surroundings::set_root_attribute("data-theme", link.theme.name());
            surroundings::set_root_attribute("data-lab", link.page.slug());
            surroundings::set_title(&words::page_title(link.page));
            // A link that brought the visitor here stays as it is until something is changed.
            match before {
                None => {}
                Some(page) if page == link.page => page_address::replace_query(&link.write()),
                // Unless that is where Back or Forward has led.
                Some(_) if Link::read(&page_address::query()).0.page == link.page => {}
                Some(_) => page_address::push_query(&link.write()),
            }
            link.page
        });
    }
}

/// What a link asks for other than a run was made with. Where one from a file was made is said anyway.
fn differ(trace: &Trace, link: &Link, found: &Found, from_file: bool) -> Vec<Difference> {
    let known = &trace.circumstances;
    if from_file {
        return differences(known, &Link { http: None, ws: None, ..link.clone() }, None);
    }
    let own = match found {
        Found::Server(server) => server.addresses_for(link.settings.lab(), link.link.as_deref()).ok(),
        Found::Looking | Found::Nothing => None,
    };
    differences(known, link, own.as_ref().map(|(http, ws)| (http.as_str(), ws.as_str())))
}
