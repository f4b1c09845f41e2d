//! The plans of the diagrams that are shown: made once for a run, followed while it goes on, made anew when they are
//! to be made another way.

use leptos::prelude::*;

use super::look::Look;
use crate::analysis::Timeline;
use crate::drawing::sequence::{Mark, Plan, Subject};
use crate::page::state::{LabState, Record};
use crate::trace::{MessageId, Time, Trace};
use crate::wire::RunId;

/// No diagram is higher than this, in pixels: browsers stop at some tens of millions.
const HIGHEST: f64 = 8_000_000.0;
/// Above and below what is drawn, in pixels.
const MARGINS: f64 = 60.0;

/// A plan and the run that it is of.
struct Sheet {
    run: RunId,
    plan: Plan,
}

/// The plans, and all that follows from them and from how near one looks.
#[derive(Clone, Copy)]
pub(super) struct Sheets {
    state: LabState,
    sheets: StoredValue<Vec<Sheet>>,
    /// Changes whenever a plan does.
    version: Memo<u64>,
    /// Pixels to a millisecond or a step.
    pub(super) scale: Memo<f64>,
    /// The height of the highest diagram, in pixels.
    pub(super) height: Memo<f64>,
}

impl Sheets {
    pub(super) fn new(state: LabState) -> Self {
        let look = state.look;
        let sheets = StoredValue::new(Vec::new());
        let version = Memo::new(move |before: Option<&u64>| {
            let record = state.record.read();
            sheets.update_value(|sheets| update(sheets, &record, &look));
            before.map_or(0, |before| before.wrapping_add(1))
        });
        let reach = move |(trace, timeline): (&Trace, &Timeline)| {
            sheets.with_value(|sheets: &Vec<Sheet>| {
                sheets.iter().map(|sheet| sheet.plan.reach(trace, timeline)).collect::<Vec<_>>()
            })
        };
        let scale = Memo::new(move |_| {
            version.get();
            let record = state.record.read_untracked();
            let Some(of) = record.trace.as_ref().map(|trace| (trace, &record.timeline)) else { return 1.0 };
            let messages =
                sheets.with_value(|sheets: &Vec<Sheet>| sheets.iter().map(|sheet| sheet.plan.shown().len()).max());
            let (messages, window) = (messages.unwrap_or(0), look.size.get().1 - MARGINS);
            let reach = reach(of);
            let fits = reach.iter().map(|&reach| Plan::fitting(reach, messages, window));
            let by_itself = fits.min_by(f64::total_cmp).unwrap_or(1.0);
            let most = reach.iter().map(|(flow, _)| HIGHEST / flow.max(0.01)).min_by(f64::total_cmp);
            (by_itself * look.zoom.get()).min(most.unwrap_or(1.0))
        });
        let height = Memo::new(move |_| {
            version.get();
            let record = state.record.read_untracked();
            let Some(trace) = record.trace.as_ref() else { return 0.0 };
            let scale = scale.get();
            sheets.with_value(|sheets: &Vec<Sheet>| {
                sheets.iter().map(|sheet| sheet.plan.height(trace, &record.timeline, scale)).fold(0.0, f64::max)
            })
        });
        Self { state, sheets, version, scale, height }
    }

    /// Does something with the plan of a subject, its trace and its timeline, where there is a run; again whenever
    /// the plan changes.
    pub(super) fn with<R>(&self, subject: Subject, with: impl FnOnce(&Plan, &Trace, &Timeline) -> R) -> Option<R> {
        self.version.get();
        self.with_untracked(subject, with)
    }

    /// The same, once.
    pub(super) fn with_untracked<R>(
        &self,
        subject: Subject,
        with: impl FnOnce(&Plan, &Trace, &Timeline) -> R,
    ) -> Option<R> {
        // Asking for it brings the plans up to date.
        self.version.get_untracked();
        let record = self.state.record.read_untracked();
        let trace = record.trace.as_ref()?;
        self.sheets.with_value(|sheets| {
            let sheet = sheets.iter().find(|sheet| sheet.plan.manner().subject == subject)?;
            Some(with(&sheet.plan, trace, &record.timeline))
        })
    }

    /// When the run began, and when the last thing happened in any diagram, on the clock of their axes.
    pub(super) fn span(&self) -> Option<(Time, Time)> {
        self.version.get();
        self.span_untracked()
    }

    /// The same, once.
    pub(super) fn span_untracked(&self) -> Option<(Time, Time)> {
        self.version.get_untracked();
        let record = self.state.record.read_untracked();
        let trace = record.trace.as_ref()?;
        let last = self
            .sheets
            .with_value(|sheets| sheets.iter().map(|sheet| sheet.plan.last(trace, &record.timeline)).max())?;
        Some((trace.circumstances.origin, last))
    }

    /// The next or the previous message that the page sent or received, seen from a time of the axes, and its own time.
    pub(super) fn beside(&self, at: Time, forward: bool) -> Option<(MessageId, Time)> {
        self.version.get_untracked();
        let record = self.state.record.read_untracked();
        let trace = record.trace.as_ref()?;
        self.sheets.with_value(|sheets| {
            let found = sheets.iter().filter_map(|sheet| {
                let time = |id: &MessageId| {
                    let message = trace.message(*id)?;
                    Some(sheet.plan.time(&record.timeline, message.protocol, message.page_time()?))
                };
                let shown = sheet.plan.shown();
                let place = match forward {
                    true => Some(shown.partition_point(|id| time(id) <= Some(at))),
                    false => shown.partition_point(|id| time(id) < Some(at)).checked_sub(1),
                };
                let id = *shown.get(place?)?;
                Some((id, time(&id)?))
            });
            if forward { found.min_by_key(|(_, at)| *at) } else { found.max_by_key(|(_, at)| *at) }
        })
    }

    /// Zooms, and what is at a place of the window of a diagram stays there.
    pub(super) fn zoom_at(&self, subject: Subject, factor: f64, y: f64) {
        let look = self.state.look;
        let (before, scroll) = (self.scale.get_untracked(), look.scroll.get_untracked());
        let at = self.with_untracked(subject, |plan, _, _| plan.at(scroll + y, before));
        look.set_zoom(look.zoom.get_untracked() * factor);
        let after = self.scale.get_untracked();
        let place = at.and_then(|at| self.with_untracked(subject, |plan, _, _| plan.px(at, after)));
        if let Some(place) = place {
            look.scroll.set((place - y).max(0.0));
        }
    }

    /// Zooms, and what is in the middle of the window of a diagram stays there.
    pub(super) fn zoom(&self, subject: Subject, factor: f64) {
        self.zoom_at(subject, factor, self.state.look.size.get_untracked().1 / 2.0);
    }

    /// The marks that occur in any diagram.
    pub(super) fn legend(&self) -> Vec<Mark> {
        self.version.get();
        let record = self.state.record.read_untracked();
        let Some(trace) = record.trace.as_ref() else { return Vec::new() };
        let marks = self.sheets.with_value(|sheets| {
            sheets
                .iter()
                .flat_map(|sheet| sheet.plan.legend(trace, &record.timeline))
                .collect::<std::collections::BTreeSet<_>>()
        });
        marks.into_iter().collect()
    }

    /// Something repeats.
    pub(super) fn has_folds(&self) -> bool {
        self.version.get();
        self.sheets.with_value(|sheets| sheets.iter().any(|sheet| !sheet.plan.folds().is_empty()))
    }
}

fn update(sheets: &mut Vec<Sheet>, record: &Record, look: &Look) {
    let Some(trace) = &record.trace else {
        sheets.clear();
        return;
    };
    let wanted = look.subjects().iter().map(|&subject| look.manner(subject));
    let run = trace.circumstances.run;
    let mut before = std::mem::take(sheets);
    for manner in wanted {
        let known = before.iter().position(|sheet| sheet.run == run && *sheet.plan.manner() == manner);
        let plan = match known.map(|place| before.swap_remove(place).plan) {
            Some(mut plan) => {
                plan.follow(trace, &record.timeline);
                plan
            }
            None => Plan::of(trace, &record.timeline, manner),
        };
        sheets.push(Sheet { run, plan });
    }
}
