//! A diagram as a picture to be taken away: as it is looked at, but all of it.

use leptos::prelude::*;

use crate::drawing::sequence::{self, Plan, Subject, View, participants};
use crate::format::standalone::provenance;
use crate::page::picture::{Picture, stem};
use crate::page::state::LabState;
use crate::trace::Protocol;
use crate::words;

/// How wide and how high a diagram is in a file, where its messages have room, in pixels.
const SIZE: (f64, f64) = (640.0, 480.0);

/// The diagram, if there is a run.
pub(super) fn picture(state: LabState, subject: Subject) -> Option<Picture> {
    let (width, window) = SIZE;
    let record = state.record.read_untracked();
    let (trace, timeline) = (record.trace.as_ref()?, &record.timeline);
    let plan = Plan::of(trace, timeline, state.look.manner(subject));
    let scale = Plan::fitting(plan.reach(trace, timeline), plan.shown().len(), window);
    let whole = View::whole(&plan, trace, timeline, scale, width);
    let protocol = subject.protocols().first().copied().unwrap_or(Protocol::Http);
    let mark = |mark| (sequence::sample(mark, protocol), words::mark_on_paper(mark));
    Some(Picture {
        title: called(subject).to_owned(),
        description: provenance(trace, timeline),
        file: format!("{}{}", stem(trace), end(subject)),
        scenes: vec![participants(&plan, width), sequence::sequence(&plan, trace, timeline, whole)],
        legend: plan.legend(trace, timeline).into_iter().map(mark).collect(),
    })
}

/// What a diagram is called where it is to be saved.
pub(super) const fn called(subject: Subject) -> &'static str {
    match subject {
        Subject::One(Protocol::Http) => "Sequence diagram of HTTP",
        Subject::One(Protocol::WebSocket) => "Sequence diagram of WebSocket",
        Subject::Both => "Sequence diagram of HTTP and WebSocket",
    }
}

/// What tells its file from others of the run.
const fn end(subject: Subject) -> &'static str {
    match subject {
        Subject::One(Protocol::Http) => "-http",
        Subject::One(Protocol::WebSocket) => "-websocket",
        Subject::Both => "-diagram",
    }
}
