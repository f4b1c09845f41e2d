//! What an exchange's time went by with, stretch by stretch: of a request what Resource Timing tells, of a WebSocket how
//! long it took to open, each message until its echo, and the closing. Where nobody tells how a stretch divides, it is
//! not divided.

use super::waterfall::{Of, Row};
use super::{Recorded, name};
use crate::analysis::{Placed, Provenance};
use crate::trace::{Connection, Direction, Message, MessageId, Phases, Span, Time};

/// A kind of stretch, or a point of time; in the order of a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// The browser held the request back: no connection was free, or something else came first.
    Stalled,
    /// The name was looked up.
    NameLookup,
    /// TCP connected.
    Connect,
    /// TLS was agreed upon.
    Tls,
    /// From when the request began to be sent until the first byte of the response was there.
    Waiting,
    /// The response came in.
    Download,
    /// From the last byte until the page's script had it.
    Delivery,
    /// Nobody tells how this stretch divides.
    Undivided,
    /// A WebSocket opened: from the constructor to the `open` event.
    Opening,
    /// A WebSocket message and its echo.
    RoundTrip,
    /// A WebSocket closed.
    Closing,
    /// When the server received, or sent, by its account.
    AtServer,
    /// When the page received something that answers nothing else, or a part of a response.
    Arrival,
    /// There was no answer.
    Unanswered,
}

impl Piece {
    /// All, in order.
    pub const ALL: [Self; 14] = [
        Self::Stalled,
        Self::NameLookup,
        Self::Connect,
        Self::Tls,
        Self::Waiting,
        Self::Download,
        Self::Delivery,
        Self::Undivided,
        Self::Opening,
        Self::RoundTrip,
        Self::Closing,
        Self::AtServer,
        Self::Arrival,
        Self::Unanswered,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stalled => "held back by the browser",
            Self::NameLookup => "DNS",
            Self::Connect => "TCP connect",
            Self::Tls => "TLS",
            Self::Waiting => "request sent, waiting",
            Self::Download => "download",
            Self::Delivery => "until the script had it",
            Self::Opening => "opening",
            Self::RoundTrip => "message and echo",
            Self::Closing => "closing",
            Self::Undivided => "phases unknown",
            Self::Unanswered => "no answer",
            Self::AtServer => "at the server, by its account",
            Self::Arrival => "something arrives",
        }
    }
}

/// A stretch of a row, or a point of time where both ends are the same.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    /// What.
    pub piece: Piece,
    /// On the page's clock.
    pub from: Time,
    /// On the page's clock; not before `from`.
    pub until: Time,
    /// What it says.
    pub title: String,
}

/// Collects stretches that follow one another.
struct Stretches<'a> {
    of: Recorded<'a>,
    all: Vec<Stretch>,
    /// Where the last one ended.
    at: Time,
}

impl Stretches<'_> {
    /// From where the last one ended until then. What took no time is none.
    fn until(&mut self, piece: Piece, until: Time) {
        if until > self.at {
            self.whole(piece, self.at, until, "");
            self.at = until;
        }
    }

    fn whole(&mut self, piece: Piece, from: Time, until: Time, more: &str) {
        let title = format!("{}: {}{more}", piece.name(), self.of.told(until - from));
        self.all.push(Stretch { piece, from, until, title });
    }

    /// When the server received or sent something, where it tells.
    fn at_server(&mut self, what: &str, placed: Option<Placed>) {
        let Some(placed) = placed.filter(|placed| placed.provenance == Provenance::Server) else { return };
        let title = format!("{what} by the server, ± {}", placed.uncertainty);
        self.all.push(Stretch { piece: Piece::AtServer, from: placed.at, until: placed.at, title });
    }

    fn both_at_server(&mut self, request: &Message, reply: Option<&Message>) {
        let (trace, timeline) = (self.of.trace, self.of.timeline);
        self.at_server("received", timeline.ends(trace, request).1);
        self.at_server("answered", reply.and_then(|reply| timeline.ends(trace, reply).0));
    }

    /// It ended without an answer; when, if that is known.
    fn unanswered(&mut self, from: Time, request: &Message, last: Time) {
        let failed = request.failing.as_ref().map(|failing| failing.at);
        let until = failed.unwrap_or(last).max(from);
        let more = if failed.is_some() { "" } else { ", as long as the run went on" };
        self.whole(Piece::Unanswered, from, until, more);
    }
}

/// The stretches of a row, in order, and then the points of time in it.
pub(super) fn stretches(of: Recorded<'_>, row: &Row, answer: Option<MessageId>, events: &[MessageId]) -> Vec<Stretch> {
    let mut found = Stretches { of, all: Vec::new(), at: Time(0) };
    let message = row.message.and_then(|id| of.trace.message(id));
    let answer = answer.and_then(|id| of.trace.message(id));
    let last = of.timeline.last(of.trace, row.protocol).unwrap_or_default();
    match (row.of, message) {
        (Of::Exchange, Some(request)) => exchange(&mut found, request, answer, events, last),
        (Of::Message, Some(sent)) => said(&mut found, sent, answer),
        (Of::Pushed, Some(pushed)) => heard(&mut found, pushed),
        (Of::Opening(id), message) => {
            let connection = of.trace.connection(id);
            opening(&mut found, connection, message, answer, last);
        }
        (Of::Closing(id), message) => closing(&mut found, of.trace.connection(id), message),
        (_, None) => {}
    }
    found.all
}

fn exchange(found: &mut Stretches<'_>, request: &Message, answer: Option<&Message>, events: &[MessageId], last: Time) {
    let Some(sent) = request.sent.page() else { return };
    found.at = sent;
    let received = answer.and_then(|answer| answer.received.page());
    match (&request.phases, received) {
        (Some(phases), _) => phases_of(found, phases, received),
        (None, Some(received)) => found.whole(Piece::Undivided, sent, received, ""),
        (None, None) => found.unanswered(sent, request, last),
    }
    found.both_at_server(request, answer);
    let arrivals = events.iter().filter_map(|id| found.of.trace.message(*id)?.received.page());
    for at in arrivals.collect::<Vec<_>>() {
        found.all.push(Stretch { piece: Piece::Arrival, from: at, until: at, title: "an event".to_owned() });
    }
}

fn phases_of(found: &mut Stretches<'_>, phases: &Phases, received: Option<Time>) {
    found.until(Piece::Stalled, phases.domain_lookup_start);
    found.until(Piece::NameLookup, phases.domain_lookup_end);
    found.until(Piece::Stalled, phases.connect_start);
    found.until(Piece::Connect, phases.secure_connection_start.unwrap_or(phases.connect_end));
    found.until(Piece::Tls, phases.connect_end);
    found.until(Piece::Stalled, phases.request_start);
    found.until(Piece::Waiting, phases.response_start);
    found.until(Piece::Download, phases.response_end);
    if let Some(received) = received {
        found.until(Piece::Delivery, received);
    }
}

fn said(found: &mut Stretches<'_>, sent: &Message, answer: Option<&Message>) {
    let Some(from) = sent.sent.page() else { return };
    match answer.and_then(|answer| answer.received.page()) {
        Some(until) => found.whole(Piece::RoundTrip, from, until.max(from), ""),
        None => {
            let title = "sent; nothing answered it".to_owned();
            found.all.push(Stretch { piece: Piece::Arrival, from, until: from, title });
        }
    }
    found.both_at_server(sent, answer);
}

fn heard(found: &mut Stretches<'_>, pushed: &Message) {
    let Some(at) = pushed.received.page() else { return };
    let sent = found.of.timeline.ends(found.of.trace, pushed).0;
    let title = "received; the server spoke first".to_owned();
    found.all.push(Stretch { piece: Piece::Arrival, from: at, until: at, title });
    found.at_server("sent", sent);
}

fn opening(
    found: &mut Stretches<'_>,
    connection: Option<&Connection>,
    handshake: Option<&Message>,
    switched: Option<&Message>,
    last: Time,
) {
    let asked = connection.and_then(|connection| connection.asked.page());
    let Some(from) = asked.or_else(|| handshake?.sent.page()) else { return };
    match (connection.and_then(|connection| connection.opened.page()), handshake) {
        (Some(opened), _) => found.whole(Piece::Opening, from, opened.max(from), ""),
        (None, Some(handshake)) => found.unanswered(from, handshake, last),
        (None, None) => {}
    }
    if let Some(handshake) = handshake {
        found.both_at_server(handshake, switched);
    }
}

fn closing(found: &mut Stretches<'_>, connection: Option<&Connection>, frame: Option<&Message>) {
    let closed = connection.and_then(|connection| connection.closed.as_ref()?.at.page());
    let Some(from) = frame.and_then(Message::page_time).or(closed) else { return };
    // How long it took is known where the page began it.
    if let (Some(closed), Some(Direction::ToServer)) = (closed, frame.map(|frame| frame.direction)) {
        found.whole(Piece::Closing, from, closed.max(from), "");
        return;
    }
    let title = "the page learnt that it is closed".to_owned();
    found.all.push(Stretch { piece: Piece::Arrival, from, until: from, title });
}

/// What a row says when it is read out.
pub(super) fn told(of: Recorded<'_>, row: &Row, label: &str, stretches: &[Stretch]) -> String {
    let long = stretches.iter().filter(|stretch| stretch.until > stretch.from);
    let parts: Vec<&str> = long.map(|stretch| stretch.title.as_str()).collect();
    let points = stretches.iter().filter(|stretch| stretch.until == stretch.from);
    let points: Vec<&str> = points.filter(|it| it.piece == Piece::Arrival).map(|it| it.title.as_str()).collect();
    let parts = if parts.is_empty() { points.into_iter().take(1).collect() } else { parts };
    let whole = row.took().map_or_else(String::new, |took| format!(" {} in all", of.told(took)));
    let colon = if parts.is_empty() && whole.is_empty() { "" } else { ":" };
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{} {label}{colon}{whole}{parts}", name(row.protocol))
}

/// All of the same kind, added up.
pub(super) fn added(stretches: &[Stretch], piece: Piece) -> Option<Span> {
    let mut its = stretches.iter().filter(|stretch| stretch.piece == piece).peekable();
    its.peek()?;
    let mut sum = Span::ZERO;
    its.for_each(|stretch| sum += stretch.until - stretch.from);
    Some(sum)
}
