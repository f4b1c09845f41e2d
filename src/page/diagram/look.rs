//! How the diagrams are looked at.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::drawing::Pace;
use crate::drawing::sequence::{Manner, Subject};
use crate::page::paper;
use crate::trace::{MessageId, Protocol, Time};

/// How high a diagram's window is where nobody has measured it, in pixels.
const WINDOW: f64 = 560.0;

/// How the diagrams are looked at.
#[derive(Clone, Copy)]
pub(in crate::page) struct Look {
    /// How much larger than by itself.
    pub(in crate::page) zoom: RwSignal<f64>,
    /// How time runs.
    pub(in crate::page) pace: RwSignal<Pace>,
    /// Both on the wall clock, instead of each in its own time.
    pub(in crate::page) wall_time: RwSignal<bool>,
    /// Both protocols in one diagram.
    pub(in crate::page) together: RwSignal<bool>,
    /// What repeats is folded.
    pub(in crate::page) folding: RwSignal<bool>,
    /// The folds that were opened, by their first message.
    pub(in crate::page) unfolded: RwSignal<BTreeSet<MessageId>>,
    /// Pixels scrolled from the top, the same for all diagrams.
    pub(in crate::page) scroll: RwSignal<f64>,
    /// Scroll along while the run goes on.
    pub(in crate::page) follow: RwSignal<bool>,
    /// Width and height of a diagram's window on the screen, in pixels.
    pub(in crate::page) measured: RwSignal<(f64, f64)>,
    /// Width and height of a diagram's window, in pixels.
    pub(in crate::page) size: Memo<(f64, f64)>,
    /// The page is laid out for paper.
    pub(in crate::page) on_paper: RwSignal<bool>,
    /// How far the run is played again, on the clock of the diagrams' axis; `None` for the whole.
    pub(in crate::page) played: RwSignal<Option<Time>>,
    /// It is being played.
    pub(in crate::page) playing: RwSignal<bool>,
    /// How much of the run's time goes by in a second.
    pub(in crate::page) speed: RwSignal<f64>,
}

impl Look {
    pub(in crate::page) fn new() -> Self {
        let (measured, on_paper, together) =
            (RwSignal::new((480.0, WINDOW)), RwSignal::new(false), RwSignal::new(false));
        let size = Memo::new(move |_| match on_paper.get() {
            false => measured.get(),
            true if together.get() => (paper::WIDTH, paper::FITTED),
            true => ((paper::WIDTH - paper::GAP) / 2.0, paper::FITTED),
        });
        Self {
            zoom: RwSignal::new(1.0),
            pace: RwSignal::new(Pace::default()),
            wall_time: RwSignal::new(false),
            together,
            folding: RwSignal::new(true),
            unfolded: RwSignal::new(BTreeSet::new()),
            scroll: RwSignal::new(0.0),
            follow: RwSignal::new(true),
            measured,
            size,
            on_paper,
            played: RwSignal::new(None),
            playing: RwSignal::new(false),
            speed: RwSignal::new(0.1),
        }
    }

    /// Another run is shown: from its beginning, as large as it is by itself.
    pub(in crate::page) fn begin_anew(&self) {
        self.zoom.set(1.0);
        self.unfolded.set(BTreeSet::new());
        self.scroll.set(0.0);
        self.follow.set(true);
        self.stop_playing();
    }

    /// The diagrams that are shown.
    pub(in crate::page) fn subjects(&self) -> &'static [Subject] {
        self.together.track();
        self.subjects_untracked()
    }

    /// The same, once.
    pub(super) fn subjects_untracked(&self) -> &'static [Subject] {
        if self.together.get_untracked() {
            &[Subject::Both]
        } else {
            &[Subject::One(Protocol::Http), Subject::One(Protocol::WebSocket)]
        }
    }

    /// How a diagram is made.
    pub(in crate::page) fn manner(&self, subject: Subject) -> Manner {
        Manner {
            subject,
            pace: self.pace.get(),
            wall_time: self.is_wall_time(),
            folding: self.folding.get(),
            open: self.unfolded.get(),
        }
    }

    /// Both clocks are the wall's.
    pub(super) fn is_wall_time(&self) -> bool {
        self.wall_time.get() || self.together.get()
    }

    /// Zooms, within what makes sense.
    pub(super) fn set_zoom(&self, zoom: f64) {
        self.zoom.set(zoom.clamp(0.02, 10_000.0));
    }

    /// Shows the whole run again.
    pub(super) fn stop_playing(&self) {
        self.playing.set(false);
        self.played.set(None);
    }

    /// Folds what is unfolded, and the other way round.
    pub(super) fn turn_fold(&self, first: MessageId) {
        self.unfolded.update(|unfolded| {
            if !unfolded.remove(&first) {
                unfolded.insert(first);
            }
        });
    }
}
