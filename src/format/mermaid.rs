//! A run as the text of a Mermaid sequence diagram, for documents that draw such text themselves. It has what a sequence
//! diagram's plan shows, in the order in which the page sent or received it; what Mermaid has no place for (times, what is
//! under way at once, connections side by side) is left out.
//!
//! Words that came from elsewhere are escaped, so that no message's text is taken for syntax.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::analysis::Timeline;
use crate::drawing::sequence::{
    Fold, Plan, Subject, connection_end, connection_name, fold_words, is_lost, label, message_in_words,
};
use crate::trace::{Connection, ConnectionId, Direction, Fate, Message, Moment, Outcome, Protocol, Time, Trace};

/// Mermaid refuses a longer text unless it was set up otherwise (`maxTextSize`), in characters.
pub const USUAL_LIMIT: usize = 50_000;

/// The diagram of a plan.
#[must_use]
pub fn sequence_diagram(plan: &Plan, trace: &Trace, timeline: &Timeline) -> String {
    let protocols = plan.manner().subject.protocols();
    let mut known = None;
    let placed = trace.messages.iter().map(|message| {
        // Of when the page sent or received some, nobody tells: they stand where the record has them.
        known = message.page_time().or(known);
        (known, message)
    });
    let mut order: Vec<_> = placed.filter(|(_, message)| protocols.contains(&message.protocol)).collect();
    order.sort_by_key(|(at, message)| (*at, message.id));
    let (times, order): (Vec<_>, Vec<_>) = order.into_iter().unzip();
    let shows = |connection: &&Connection| protocols.contains(&connection.protocol) && connection.came_to_be();
    let connections: Vec<&Connection> = trace.connections.iter().filter(shows).collect();
    let all = order.iter().map(|message| message.client).chain(connections.iter().map(|connection| connection.client));
    let clients: BTreeSet<u32> = all.collect();
    let carried = carried(&order);
    Writer { plan, trace, timeline, order, times, carried, connections, clients, out: String::new() }.diagram()
}

/// The first and the last message that each connection carried, by their places.
fn carried(order: &[&Message]) -> HashMap<ConnectionId, (usize, usize)> {
    let mut carried = HashMap::new();
    for (place, message) in order.iter().enumerate() {
        if let Some(connection) = message.connection {
            carried.entry(connection).or_insert((place, place)).1 = place;
        }
    }
    carried
}

/// Something beside the messages, said across the lifelines.
struct Note {
    /// Before which message, by its place.
    before: usize,
    rank: Rank,
    /// Whose connection it speaks of; none where it speaks of all.
    client: Option<u32>,
    words: String,
}

/// In which order notes at one place stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    End,
    Part,
    Beginning,
}

struct Writer<'a> {
    plan: &'a Plan,
    trace: &'a Trace,
    timeline: &'a Timeline,
    /// In the order in which the page sent or received them.
    order: Vec<&'a Message>,
    /// When that was, or where it is not known, when the one before it in the record was.
    times: Vec<Option<Time>>,
    /// Of each connection, by their places.
    carried: HashMap<ConnectionId, (usize, usize)>,
    /// Those that came to be.
    connections: Vec<&'a Connection>,
    /// Those that took part.
    clients: BTreeSet<u32>,
    out: String,
}

impl Writer<'_> {
    fn diagram(mut self) -> String {
        let notes = self.notes();
        self.head();
        let mut notes = notes.into_iter().peekable();
        let mut place = 0;
        while place < self.order.len() {
            while let Some(note) = notes.next_if(|note| note.before <= place) {
                self.note(note.client, &note.words);
            }
            let message = self.order[place];
            match self.plan.folds().iter().find(|fold| !fold.open && fold.first == message.id) {
                Some(fold) => {
                    let length = self.length(place, fold);
                    let mut within = Vec::new();
                    while let Some(note) = notes.next_if(|note| note.before < place + length) {
                        within.push(note);
                    }
                    self.fold(fold, place, length, &within);
                    place += length;
                }
                None => {
                    self.message(message, "  ");
                    place += 1;
                }
            }
        }
        for note in notes {
            self.note(note.client, &note.words);
        }
        self.done();
        self.out
    }

    fn head(&mut self) {
        let what = match self.plan.manner().subject {
            Subject::One(Protocol::Http) => "HTTP",
            Subject::One(Protocol::WebSocket) => "WebSocket",
            Subject::Both => "HTTP and WebSocket",
        };
        let known = &self.trace.circumstances;
        let (of, how) = match known.imported_from() {
            Some(writer) => ("a capture".to_owned(), format!("Imported from a HAR file by {}", escaped(writer))),
            None => {
                let (browser, version) = (escaped(&known.browser), escaped(&known.version));
                (format!("lab {}", escaped(&known.lab)), format!("Recorded by Duplex {version} in {browser}"))
            }
        };
        self.line("", "sequenceDiagram");
        self.line("  ", &format!("accTitle: {what}, {of}"));
        self.line("  ", &format!("accDescr: {how}. In order, not to scale."));
        for client in self.clients.clone() {
            if self.clients.len() > 1 {
                self.line("  ", &format!("participant client{0} as client {0}", client + 1));
            }
        }
        if self.clients.len() <= 1 {
            self.line("  ", "participant page");
        }
        self.line("  ", "participant server");
    }

    /// The name of a client in the text.
    fn participant(&self, client: u32) -> String {
        if self.clients.len() > 1 { format!("client{}", client + 1) } else { "page".to_owned() }
    }

    /// Where connections and parts of the script begin and end, in order.
    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        for &connection in &self.connections {
            self.lifetime(connection, &mut notes);
        }
        let is_shown =
            |protocol: Option<Protocol>| protocol.is_none_or(|protocol| self.plan.manner().subject.shows(protocol));
        for (id, part) in self.trace.parts.iter().enumerate().filter(|(_, part)| is_shown(part.protocol)) {
            let is_its = |message: &&Message| message.part.is_some_and(|part| usize::from(part.0) == id);
            let first = self.order.iter().position(is_its);
            let before = first.unwrap_or_else(|| self.behind(part.from));
            notes.push(Note { before, rank: Rank::Part, client: None, words: escaped(&part.name) });
        }
        notes.sort_by_key(|note| (note.before, note.rank));
        notes
    }

    /// A connection begins before the first message that it carried, and ends behind the last one.
    fn lifetime(&self, connection: &Connection, notes: &mut Vec<Note>) {
        let carried = self.carried.get(&connection.id);
        let at = |moment: Moment| self.timeline.place(self.trace, connection.protocol, moment).map(|placed| placed.at);
        let first = carried.map(|(first, _)| *first);
        let began = at(connection.asked).or_else(|| at(connection.accepted)).or_else(|| at(connection.opened));
        let before = [first, began.map(|began| self.behind(began))].into_iter().flatten().min().unwrap_or(0);
        let name = self.named(connection);
        // Of an undated one the name says that nobody tells when it was opened.
        let is_dated = !connection.already_open && !connection.undated;
        let words = if is_dated { format!("{name} opens") } else { name };
        let client = Some(connection.client);
        notes.push(Note {
            before: if connection.already_open { 0 } else { before },
            rank: Rank::Beginning,
            client,
            words,
        });
        let closed = connection.closed.as_ref().and_then(|closed| at(closed.at));
        if let Some((closed, end)) = closed.zip(connection_end(connection)) {
            let last = carried.map_or(0, |(_, last)| last + 1);
            let before = self.behind(closed).max(last);
            let words = format!("{}, {}", self.named(connection), escaped(&end));
            notes.push(Note { before, rank: Rank::End, client, words });
        }
    }

    fn named(&self, connection: &Connection) -> String {
        format!("{}{}", self.prefix(connection.protocol), escaped(&connection_name(connection)))
    }

    /// The place behind all that the page sent or received until then.
    fn behind(&self, at: Time) -> usize {
        self.times.partition_point(|time| *time <= Some(at))
    }

    /// Where both protocols are in one diagram, words tell them apart: there are no colours.
    fn prefix(&self, protocol: Protocol) -> &'static str {
        match (self.plan.manner().subject, protocol) {
            (Subject::One(_), _) => "",
            (Subject::Both, Protocol::Http) => "HTTP · ",
            (Subject::Both, Protocol::WebSocket) => "WebSocket · ",
        }
    }

    /// How many messages are folded away from a place on.
    fn length(&self, place: usize, fold: &Fold) -> usize {
        let last = self.order[place..].iter().position(|message| message.id == fold.last);
        last.map_or(1, |last| last + 1)
    }

    /// What repeats: the first time of it, and how often. All times are alike, so they have as many messages each.
    fn fold(&mut self, fold: &Fold, place: usize, length: usize, within: &[Note]) {
        let count = |rank: Rank| within.iter().filter(|note| note.rank == rank).count();
        let mut words = format!("{}, the first of them here", fold_words(fold));
        for (count, what) in [(count(Rank::Beginning), "opened"), (count(Rank::End), "ended")] {
            if count > 0 {
                words += &format!(", connections {what} meanwhile {count}");
            }
        }
        self.line("  ", &format!("loop {}", escaped(&words)));
        for at in place..place + (length / fold.times.max(1)).max(1) {
            self.message(self.order[at], "    ");
        }
        self.line("  ", "end");
    }

    fn message(&mut self, message: &Message, indent: &str) {
        let client = self.participant(message.client);
        let (from, to) = match message.direction {
            Direction::ToServer => (client.as_str(), "server"),
            Direction::ToPage => ("server", client.as_str()),
        };
        let is_lost = is_lost(self.trace, self.timeline, message);
        let is_under_way = message.fate == Fate::InFlight;
        let arrow = match (message.answers.is_some(), is_lost, is_under_way) {
            (false, true, _) => "-x",
            (true, true, _) => "--x",
            (false, false, true) => "->",
            (true, false, true) => "-->",
            (false, false, false) => "->>",
            (true, false, false) => "-->>",
        };
        let words =
            if is_lost { message_in_words(self.trace, self.timeline, message) } else { label(self.trace, message) };
        let line = format!("{from}{arrow}{to}: {}{}", self.prefix(message.protocol), escaped(&words));
        self.line(indent, &line);
    }

    fn note(&mut self, client: Option<u32>, words: &str) {
        let client = client.or_else(|| self.clients.first().copied()).unwrap_or(0);
        let client = self.participant(client);
        self.line("  ", &format!("Note over {client},server: {words}"));
    }

    /// Where a finished conversation ends, how long it took.
    fn done(&mut self) {
        if self.trace.outcome == Some(Outcome::Finished) {
            let took = self.plan.last(self.trace, self.timeline) - self.trace.circumstances.origin;
            self.note(None, &escaped(&format!("done at {took}")));
        }
    }

    fn line(&mut self, indent: &str, line: &str) {
        // Writing to a string never fails.
        writeln!(self.out, "{indent}{line}").ok();
    }
}

/// A text that means itself: Mermaid's own signs, and what HTML, formulas and comments begin with, are written as entities
/// (`#35;`), line breaks and other control characters as a space. The word `end` closes a block in older versions.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let flush = |out: &mut String, word: &mut String| {
        if word.eq_ignore_ascii_case("end") {
            write!(out, "#{};{}", u32::from(word.as_bytes()[0]), &word[1..]).ok();
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for character in text.chars() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        flush(&mut out, &mut word);
        match character {
            '#' | ';' | ':' | '<' | '>' | '&' | '"' | '%' | '$' | '{' | '}' | '\\' | '`' => {
                write!(out, "#{};", u32::from(character)).ok();
            }
            _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => out.push(' '),
            _ => out.push(character),
        }
    }
    flush(&mut out, &mut word);
    out
}
