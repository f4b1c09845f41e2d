//! Speaking with the page around an embedded lab: it is told the height, the state of the run and the results, and may ask
//! for a theme, a run, and its end. Its wish to run is worth as much as `run=1` in a link.

use leptos::prelude::*;

use crate::browser::host::{Host, Reach};
use crate::browser::{element, surroundings};
use crate::lab::embedding::{Asked, Results, Told, told};
use crate::lab::link::Page;
use crate::page::endpoints::{self, Found, NOTHING_FOUND};
use crate::page::run;
use crate::page::state::LabState;
use crate::words::labs;

/// Begins to speak with the page around this one, where it is an embedded lab.
pub(in crate::page) fn begin(state: LabState) {
    if !state.link.read_untracked().embed {
        return;
    }
    surroundings::set_root_attribute("data-embed", "");
    if let Some(host) = Host::find() {
        Conversation {
            state,
            host: StoredValue::new_local(host),
            height: RwSignal::new(None),
            wanted: RwSignal::new(false),
        }
        .begin();
    }
}

#[derive(Clone, Copy)]
struct Conversation {
    state: LabState,
    host: StoredValue<Host, LocalStorage>,
    /// How high the document is, once that is known.
    height: RwSignal<Option<u32>>,
    /// A run was asked for, and it is not known yet whether there is a server.
    wanted: RwSignal<bool>,
}

impl Conversation {
    fn begin(self) {
        let state = self.state;
        self.host.with_value(|host| {
            host.listen(move |json| {
                if let Some(asked) = Asked::read(&json) {
                    self.obey(asked);
                }
            });
        });
        self.tell_ready();
        let observer = element::observe_height(move |height| {
            self.height.try_set(Some(height));
        });
        // For as long as the document is there.
        std::mem::forget(observer);
        Effect::new(move |_| self.tell_height(self.height.get()));
        // Not by the state: all labs in a row are one run to that.
        let ended = Memo::new(move |_| {
            let record = state.record.read();
            let run = record.trace.as_ref().filter(|trace| !record.from_file && trace.outcome.is_some());
            run.map(|trace| trace.circumstances.run)
        });
        Effect::new(move |_| {
            if ended.get().is_some() {
                self.tell_results();
            }
        });
        let phase = Memo::new(move |_| state.phase());
        Effect::new(move |_| self.tell(&Told::State { state: phase.get().word() }, Reach::Anybody));
        Effect::new(move |_| {
            if self.wanted.get() && !matches!(&*state.found.read(), Found::Looking) {
                self.wanted.set(false);
                untrack(|| self.run());
            }
        });
    }

    fn tell(&self, message: &Told, reach: Reach) {
        self.host.with_value(|host| host.tell(&told(message), reach));
    }

    fn tell_ready(&self) {
        let lab = self.state.link.read_untracked().page.slug().to_owned();
        self.tell(&Told::Ready { lab, version: env!("CARGO_PKG_VERSION") }, Reach::Anybody);
    }

    fn tell_height(&self, height: Option<u32>) {
        if let Some(height) = height {
            self.tell(&Told::Height { height }, Reach::Anybody);
        }
    }

    /// Of a run that was made here and has ended, only to whom the browser knows by name.
    fn tell_results(&self) {
        let record = self.state.record.read_untracked();
        let run = record.trace.as_ref().filter(|_| !record.from_file);
        let results = run.and_then(|trace| Results::of(trace, &record.timeline, labs::fact));
        if let Some(results) = results {
            self.tell(&Told::Results(Box::new(results)), Reach::KnownOrigin);
        }
    }

    fn obey(&self, asked: Asked) {
        let state = self.state;
        match asked {
            Asked::Hello => {
                let phase = untrack(|| state.phase());
                self.tell_ready();
                self.tell_height(self.height.get_untracked());
                self.tell_results();
                self.tell(&Told::State { state: phase.word() }, Reach::Anybody);
            }
            Asked::Theme(theme) => {
                if state.link.read_untracked().theme != theme {
                    state.link.write().theme = theme;
                }
            }
            Asked::Run => self.wanted.set(true),
            Asked::Stop => {
                self.wanted.set(false);
                run::stop(state);
            }
        }
    }

    /// Starts a run, if it may be started unasked by whoever sits there.
    fn run(&self) {
        let state = self.state;
        let link = state.link.get_untracked();
        if state.running.get_untracked() {
            self.refuse("A run goes on already.".to_owned());
        } else if !endpoints::may_start_unasked(&link, &state.found.get_untracked()) {
            let reason = "The page around this lab asks to run it against other addresses than Duplex’s own: press Run to do so.";
            state.notice(reason);
            self.refuse(reason.to_owned());
        } else if matches!(state.found.get_untracked(), Found::Nothing) {
            self.refuse(NOTHING_FOUND.to_owned());
        } else if link.page == Page::Verdict {
            run::start_all(state);
        } else {
            run::start(state);
        }
    }

    fn refuse(&self, reason: String) {
        self.tell(&Told::Refused { command: "run", reason }, Reach::Anybody);
    }
}
