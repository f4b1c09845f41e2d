//! The lab's state, one signal for each thing that changes by itself. What follows from others is
//! derived.

use leptos::prelude::*;

use super::endpoints::Found;
use crate::analysis::{Sample, Timeline, samples};
use crate::browser::surroundings;
use crate::lab::link::Link;
use crate::trace::{MessageId, Outcome, Protocol, Time, Trace};

/// The run that is shown: its record, and its times brought together.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// `None` before the first run.
    pub(super) trace: Option<Trace>,
    pub(super) timeline: Timeline,
}

impl Record {
    pub(super) fn new(trace: Trace) -> Self {
        let timeline = Timeline::of(&trace);
        Self { trace: Some(trace), timeline }
    }

    /// Both protocols' round trips.
    pub(super) fn samples(&self) -> [Vec<Sample>; 2] {
        Protocol::BOTH.map(|protocol| self.trace.as_ref().map(|trace| samples(trace, protocol)).unwrap_or_default())
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
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
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// How the diagrams are looked at.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// How much larger than by itself.
    pub(super) zoom: RwSignal<f64>,
    /// Both on the wall clock, instead of each in its own time.
    pub(super) wall_time: RwSignal<bool>,
    /// Pixels scrolled from the top, the same for both.
    pub(super) scroll: RwSignal<f64>,
    /// Scroll along while the run goes on.
    pub(super) follow: RwSignal<bool>,
    /// Width and height of a diagram's window, in pixels.
    pub(super) size: RwSignal<(f64, f64)>,
}

/// All that changes.
#[derive(Clone, Copy)]
pub(super) struct LabState {
    /// The settings, which are the page's address.
    pub(super) link: RwSignal<Link>,
    /// Sentences about what could not be taken.
    pub(super) notices: RwSignal<Vec<String>>,
    /// The echo server that was found.
    pub(super) found: RwSignal<Found>,
    /// A run goes on.
    pub(super) running: RwSignal<bool>,
    /// When the run began, and how late it is now.
    pub(super) clock: RwSignal<(Time, Time)>,
    /// The run that is shown.
    pub(super) record: RwSignal<Record>,
    /// The message that is picked.
    pub(super) selected: RwSignal<Option<MessageId>>,
    /// How the diagrams are looked at.
    pub(super) look: Look,
    /// Ends the run that goes on.
    pub(super) abort: StoredValue<Option<futures_util::future::AbortHandle>>,
}

impl LabState {
    pub(super) fn new(link: Link, notices: Vec<String>) -> Self {
        Self {
            link: RwSignal::new(link),
            notices: RwSignal::new(notices),
            found: RwSignal::new(Found::Looking),
            running: RwSignal::new(false),
            clock: RwSignal::new((Time(0), Time(0))),
            record: RwSignal::new(Record::default()),
            selected: RwSignal::new(None),
            look: Look {
                zoom: RwSignal::new(1.0),
                wall_time: RwSignal::new(false),
                scroll: RwSignal::new(0.0),
                follow: RwSignal::new(true),
                size: RwSignal::new((480.0, 560.0)),
            },
            abort: StoredValue::new(None),
        }
    }

    /// Where the run stands.
    pub(super) fn phase(&self) -> Phase {
        if self.running.get() {
            return Phase::Running;
        }
        let record = self.record.read();
        match record.trace.as_ref().and_then(|trace| trace.outcome.as_ref()) {
            None => Phase::Idle,
            Some(Outcome::Finished) => Phase::Finished,
            Some(Outcome::Stopped) => Phase::Stopped,
            Some(Outcome::Failed(_)) => Phase::Failed,
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
        Effect::new(move |first: Option<()>| {
            let link = state.link.get();
            surroundings::set_root_attribute("data-theme", link.theme.name());
            // A link that brought the visitor here stays as it is until something is changed.
            if first.is_some() {
                surroundings::replace_query(&link.write());
            }
        });
    }
}
