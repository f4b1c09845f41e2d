//! Events beside the exchanges, which explain why one took longer than the next: a connection was opened, a request was
//! sent again, the tab was hidden, a part of the script began.

use super::Recorded;
use crate::trace::{Happening, Protocol, Time};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A connection was opened.
    Opened,
    /// A request was sent again.
    Retried,
    /// The tab was hidden.
    Hidden,
    /// A part of the script began.
    Part,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Retried, Self::Hidden, Self::Part];

    /// So many of them in words.
    pub(super) fn told(self, count: usize) -> String {
        let words = match (self, count) {
            (Self::Opened, 1) => "a connection opened",
            (Self::Retried, 1) => "a request sent again",
            (Self::Hidden, 1) => "the tab was hidden",
            (Self::Part, 1) => "a part of the script begins",
            (Self::Opened, _) => "connections opened",
            (Self::Retried, _) => "requests sent again",
            (Self::Hidden, _) => "times the tab was hidden",
            (Self::Part, _) => "parts of the script begin",
        };
        if count == 1 { words.to_owned() } else { format!("{count} {words}") }
    }
}

/// An event in the time of a protocol.
pub(super) struct Happened {
    pub what: Event,
    pub from: Time,
    pub until: Time,
    /// What there is to say beyond what it was; may be empty.
    pub more: String,
}

/// A protocol's events, those of one kind in order of time.
pub(super) fn events(of: Recorded<'_>, protocol: Protocol) -> Vec<Happened> {
    let Recorded { trace, timeline } = of;
    let at = |what, at: Time| Happened { what, from: at, until: at, more: String::new() };
    let ids = timeline.connections(protocol).iter().filter_map(|id| trace.connection(*id));
    let opened = ids.filter(|connection| connection.came_to_be() && !connection.already_open);
    let opened = opened.filter_map(|connection| {
        let accepted = || Some(timeline.place(trace, protocol, connection.accepted)?.at);
        Some(at(Event::Opened, connection.opened.page().or_else(accepted)?))
    });
    let sent_again = trace.of(protocol).filter(|message| message.retries.is_some());
    let sent_again = sent_again.filter_map(|message| Some(at(Event::Retried, message.sent.page()?)));
    let hidden = trace.marks.iter().filter(|mark| mark.what == Happening::Hidden);
    let hidden =
        hidden.map(|mark| Happened { what: Event::Hidden, from: mark.from, until: mark.until, more: String::new() });
    let parts = trace.parts.iter().filter(|part| part.protocol.is_none_or(|only| only == protocol));
    let parts = parts.map(|part| Happened { more: part.name.to_string(), ..at(Event::Part, part.from) });
    let mut all: Vec<Happened> = opened.chain(sent_again).chain(hidden).chain(parts).collect();
    all.sort_by_key(|event| (event.what, event.from));
    all
}
