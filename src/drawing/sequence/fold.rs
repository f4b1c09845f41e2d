//! What repeats: exchanges and messages that follow one another and are alike. Of these the first and the last
//! are drawn, and what is between them is folded, until somebody opens it.

use std::collections::{BTreeSet, HashMap};

use crate::analysis::Statistics;
use crate::trace::{Direction, Fate, Kind, Message, MessageId, PartId, Protocol, Span, Time, Trace};

/// So many repetitions are the least that is folded; the first and the last stay.
const LEAST: usize = 25;
/// So many exchanges or messages may make up what repeats: one of each protocol where both are in one diagram.
const LONGEST: usize = 4;

/// Messages that repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// The first message that is folded away: the fold's name.
    pub first: MessageId,
    /// The last one.
    pub last: MessageId,
    /// How many repetitions are folded away.
    pub times: usize,
    /// The median round trip of those, for each protocol that has round trips among them.
    pub medians: Vec<(Protocol, Span)>,
    /// When the page sent or received the first of them.
    pub from: Time,
    /// When the page sent or received the last of them.
    pub until: Time,
    /// Somebody opened it.
    pub open: bool,
}

/// What makes two messages alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Likeness<'a> {
    protocol: Protocol,
    direction: Direction,
    kind: Kind,
    payload: u64,
    client: u32,
    part: Option<PartId>,
    method: Option<&'a str>,
    path: Option<&'a str>,
}

impl<'a> Likeness<'a> {
    /// That of a message to which nothing special happened; nothing is like what is special.
    fn of(message: &'a Message) -> Option<Self> {
        let is_plain = message.fate == Fate::Delivered
            && message.failing.is_none()
            && message.retries.is_none()
            && message.arrivals.unwrap_or(1) == 1
            && !message.preflight
            && !message.warm_up
            && (message.kind.is_exchanged() || message.kind == Kind::Event);
        let target = message.target.as_deref();
        is_plain.then(|| Self {
            protocol: message.protocol,
            direction: message.direction,
            kind: message.kind,
            payload: message.payload,
            client: message.client,
            part: message.part,
            method: target.map(|target| &*target.method),
            path: target.map(|target| target.path.split('?').next().unwrap_or_default()),
        })
    }
}

/// An exchange whose answer came next, or a message alone.
struct Unit<'a> {
    messages: &'a [MessageId],
    /// Units of the same class are alike.
    class: usize,
}

/// What repeats among messages in the order in which the page sent or received them.
#[must_use]
pub(super) fn folds(trace: &Trace, order: &[MessageId], open: &BTreeSet<MessageId>) -> Vec<Fold> {
    let units = units(trace, order);
    let mut folds = Vec::new();
    let mut place = 0;
    while place < units.len() {
        let Some((period, times)) = repeats(&units[place..]) else {
            place += 1;
            continue;
        };
        let hidden = &units[place + period..place + period * (times - 1)];
        folds.extend(fold(trace, hidden, times - 2, open));
        place += period * times;
    }
    folds
}

fn units<'a>(trace: &'a Trace, order: &'a [MessageId]) -> Vec<Unit<'a>> {
    let mut classes: HashMap<[Option<Likeness<'a>>; 2], usize> = HashMap::new();
    let mut units = Vec::new();
    let mut place = 0;
    while let Some(message) = order.get(place).and_then(|id| trace.message(*id)) {
        let next = order.get(place + 1).and_then(|id| trace.message(*id));
        let answer = next.filter(|next| next.answers == Some(message.id));
        let length = if answer.is_some() { 2 } else { 1 };
        let likeness = [Some(message), answer].map(|message| message.and_then(Likeness::of));
        let fresh = classes.len() + units.len();
        let is_plain = likeness[0].is_some() && likeness[1].is_some() == answer.is_some();
        // A class of its own, for what is like nothing else, is a number that no other has.
        let class = if is_plain { *classes.entry(likeness).or_insert(fresh) } else { fresh };
        units.push(Unit { messages: &order[place..place + length], class });
        place += length;
    }
    units
}

/// How many units at the beginning make up what repeats, and how often it is there.
fn repeats(units: &[Unit<'_>]) -> Option<(usize, usize)> {
    (1..=LONGEST).find_map(|period| {
        let shifted = units.iter().skip(period);
        let alike = units.iter().zip(shifted).take_while(|(unit, next)| unit.class == next.class).count();
        let times = alike / period + 1;
        (times >= LEAST).then_some((period, times))
    })
}

fn fold(trace: &Trace, hidden: &[Unit<'_>], times: usize, open: &BTreeSet<MessageId>) -> Option<Fold> {
    let (first, last) = (*hidden.first()?.messages.first()?, *hidden.last()?.messages.last()?);
    let at = |id: MessageId| trace.message(id).and_then(Message::page_time);
    let (from, until) = (at(first)?, at(last)?);
    let medians = Protocol::BOTH.into_iter().filter_map(|protocol| {
        let its =
            hidden.iter().filter(|unit| trace.message(unit.messages[0]).is_some_and(|one| one.protocol == protocol));
        let took: Vec<Span> =
            its.filter_map(|unit| Some(at(*unit.messages.get(1)?)? - at(unit.messages[0])?)).collect();
        Some((protocol, Statistics::of(&took)?.median))
    });
    let medians = medians.collect();
    (until > from).then(|| Fold { first, last, times, medians, from, until, open: open.contains(&first) })
}
