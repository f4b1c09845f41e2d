//! WebSockets that broke or fell silent, and what the script did about it.

use super::{Account, Fact, Finding, faulty, finding, known, part, reply_to, sent_in};
use crate::analysis::judgement;
use crate::analysis::raw::{self, Missing};
use crate::trace::{Closing, Connection, Happening, Kind, Message, MessageId, PartId, Protocol, Span, Time, Trace};
use crate::wire::Fault;

/// A WebSocket that met a fault, and those that the script opened afterwards.
#[derive(Debug)]
pub(super) struct Break<'a> {
    pub(super) fault: Fault,
    part: PartId,
    handshake: &'a Message,
    connection: &'a Connection,
    /// Messages that the page sent on it, in order.
    pub(super) sent: Vec<&'a Message>,
    /// Those of them that were not answered.
    pub(super) unanswered: Vec<&'a Message>,
    /// The handshakes of the WebSockets that the script opened, or tried to open, afterwards.
    later: Vec<&'a Message>,
    /// What it sent on them.
    again: Vec<&'a Message>,
    /// Those of these that were answered.
    answered_again: Vec<&'a Message>,
}

impl Break<'_> {
    /// The page was told that it ended.
    pub(super) fn close_event(&self) -> Option<(u16, bool)> {
        match self.connection.closed.as_ref()?.how {
            Closing::CloseEvent { code, clean, .. } => Some((code, clean)),
            _ => None,
        }
    }

    /// It fell silent, and the page gave it up.
    pub(super) fn is_unnoticed(&self) -> bool {
        !self.unanswered.is_empty()
            && self.connection.closed.as_ref().is_some_and(|closed| closed.how == Closing::GivenUp)
    }

    /// What was not answered at first was answered on a later WebSocket.
    pub(super) fn is_recovered(&self) -> bool {
        let is_answered = |lost: &&Message| self.answered_again.iter().any(|again| again.turn == lost.turn);
        self.unanswered.iter().all(is_answered)
    }

    /// The browser opened it again by itself.
    pub(super) fn is_reopened(&self) -> bool {
        self.handshake.arrivals > Some(1)
    }
}

/// All of them, in order; those included that could not be opened.
pub(super) fn breaks(trace: &Trace) -> Vec<Break<'_>> {
    faulty(trace, part::fault_over_websocket).filter_map(|(fault, part)| read(trace, fault, part)).collect()
}

fn read(trace: &Trace, fault: Fault, part: PartId) -> Option<Break<'_>> {
    let mut handshakes = sent_in(trace, part).filter(|message| message.kind == Kind::Handshake);
    let handshake = handshakes.next()?;
    let connection = trace.connection(handshake.connection?)?;
    let is_answered = |message: &&Message| reply_to(trace, message.id).is_some();
    let (sent, again): (Vec<_>, Vec<_>) = sent_in(trace, part)
        .filter(|message| message.kind == Kind::Text)
        .partition(|message| message.connection == Some(connection.id));
    Some(Break {
        fault,
        part,
        handshake,
        connection,
        unanswered: sent.iter().copied().filter(|message| !is_answered(message)).collect(),
        sent,
        later: handshakes.collect(),
        answered_again: again.iter().copied().filter(is_answered).collect(),
        again,
    })
}

/// Whether the server read the whole message; `None` where it does not tell.
fn was_read(trace: &Trace, message: &Message) -> Option<bool> {
    if reply_to(trace, message.id).is_some() {
        return Some(true);
    }
    match raw::carried(trace, message) {
        Ok(carried) => Some(carried.complete),
        Err(Missing::NeverSeen) => Some(false),
        Err(_) => None,
    }
}

/// What is to be told of WebSockets that met faults.
pub(super) fn told(trace: &Trace) -> Vec<Finding> {
    let breaks = breaks(trace);
    let mut findings = ends(trace, &breaks);
    findings.extend(left(trace));
    findings.extend(stayed_closed(&breaks));
    findings
}

/// How they ended. Those that broke or fell silent with the same figures are told as one, whichever fault they met.
fn ends(trace: &Trace, breaks: &[Break<'_>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in breaks.iter().filter_map(|one| end(trace, one)) {
        let alike = findings.iter_mut().find_map(|other| Some((alike(&other.fact, &finding.fact)?, other)));
        match alike {
            Some((fact, other)) => {
                other.fact = judgement::Fact::Interruption(fact);
                other.messages.extend(finding.messages);
            }
            None => findings.push(finding),
        }
    }
    findings
}

/// Both ends as one, if they are alike.
fn alike(one: &judgement::Fact, other: &judgement::Fact) -> Option<Fact> {
    let (judgement::Fact::Interruption(one), judgement::Fact::Interruption(other)) = (one, other) else { return None };
    let (mut both, mut with) = (one.clone(), other.clone());
    let (faults, more) = match (&mut both, &mut with) {
        (Fact::Broke { faults, .. }, Fact::Broke { faults: more, .. }) => (faults, more),
        (Fact::Stalled { faults, silent, .. }, Fact::Stalled { faults: more, silent: longer, .. }) => {
            *silent = (*silent).min(*longer);
            *longer = *silent;
            (faults, more)
        }
        _ => return None,
    };
    faults.append(more);
    more.clone_from(faults);
    (both == with).then_some(both)
}

/// How it ended; `None` where that was not seen.
fn end(trace: &Trace, one: &Break<'_>) -> Option<Finding> {
    let fault = one.fault;
    let (sent, unanswered) = (one.sent.len() as u32, one.unanswered.len() as u32);
    let answered = sent - unanswered;
    let read = known(one.unanswered.iter().map(|message| was_read(trace, message)));
    let silent = || silence(trace, one);
    let fact = match one.close_event() {
        _ if sent == 0 => Fact::NotOpened { fault },
        _ if unanswered == 0 => Fact::Survived { fault, messages: sent },
        Some((code, clean)) => Fact::Broke { faults: vec![fault], code, clean, sent, answered, read },
        None if one.is_unnoticed() => Fact::Stalled { faults: vec![fault], silent: silent(), sent, answered, read },
        None => return None,
    };
    let lost = one.unanswered.iter().chain(one.sent.iter().filter(|_| unanswered == 0));
    let messages = lost.map(|message| message.id).chain([one.handshake.id]).collect();
    Some(finding(fact, messages))
}

/// From the last word on it to when the page gave it up.
fn silence(trace: &Trace, one: &Break<'_>) -> Span {
    let words = trace.in_part(one.part).filter(|message| message.connection == Some(one.connection.id));
    let last = words.filter_map(Message::page_time).max();
    let given_up = one.connection.closed.as_ref().and_then(|closed| closed.at.page());
    last.zip(given_up).map_or(Span::ZERO, |(last, given_up)| given_up - last)
}

/// What the script did about it.
pub(super) fn mended(trace: &Trace) -> Vec<Finding> {
    let breaks = breaks(trace);
    reconnected(trace, &breaks).into_iter().chain(sent_again(trace, &breaks)).collect()
}

/// How the script reconnected, where it took the most tries.
fn reconnected(trace: &Trace, breaks: &[Break<'_>]) -> Option<Finding> {
    let one = breaks.iter().filter(|one| !one.later.is_empty()).max_by_key(|one| one.later.len())?;
    let refused = one.later.iter().filter(|handshake| handshake.failing.is_some()).count() as u32;
    let opened = one.later.iter().any(|handshake| reply_to(trace, handshake.id).is_some());
    let fact = Fact::Reconnected { waits: waits(trace, one), refused, opened };
    Some(finding(fact, one.later.iter().map(|handshake| handshake.id).collect()))
}

/// The longest time in which nothing happened by itself, or that something did.
fn stayed_closed(breaks: &[Break<'_>]) -> Option<Finding> {
    if let Some(one) = breaks.iter().find(|one| one.is_reopened()) {
        let fact = Fact::ReopenedByBrowser { arrivals: one.handshake.arrivals? };
        return Some(finding(fact, vec![one.handshake.id]));
    }
    let waited = |one: &Break<'_>| {
        one.close_event()?;
        let (closed, next) = (one.connection.closed.as_ref()?.at.page()?, one.later.first()?.sent.page()?);
        let fact = Fact::StayedClosed { waited: next - closed, arrivals: one.handshake.arrivals };
        Some((next - closed, finding(fact, vec![one.handshake.id])))
    };
    let (_, told) = breaks.iter().filter_map(waited).max_by_key(|(waited, _)| *waited)?;
    Some(told)
}

/// What the script waited before each try.
fn waits(trace: &Trace, one: &Break<'_>) -> Vec<Span> {
    let from = trace.parts.get(usize::from(one.part.0)).map(|part| part.from);
    let until = trace.parts.get(usize::from(one.part.0) + 1).map_or(Time(i64::MAX), |part| part.from);
    let within = |at: Time| from.is_some_and(|from| from <= at) && at < until;
    let marks = trace.marks.iter().filter(|mark| mark.what == Happening::BackOff && within(mark.from));
    marks.map(|mark| mark.until - mark.from).collect()
}

fn sent_again(trace: &Trace, breaks: &[Break<'_>]) -> Option<Finding> {
    // Where the first one could not be opened, nothing had been sent.
    let those = || breaks.iter().filter(|one| !one.sent.is_empty());
    let again = || those().flat_map(|one| &one.again);
    let mut turns: Vec<u32> = again().map(|message| message.turn).collect();
    turns.sort_unstable();
    turns.dedup();
    let answered = those().map(|one| one.answered_again.len() as u32).sum();
    let fact = Fact::SentAgain { messages: turns.len() as u32, answered, twice: twice(trace, breaks) };
    (!turns.is_empty()).then(|| finding(fact, again().map(|message| message.id).collect()))
}

/// How many messages the server read more than once.
fn twice(trace: &Trace, breaks: &[Break<'_>]) -> Option<u32> {
    let firsts = breaks.iter().flat_map(|one| one.unanswered.iter().map(move |first| (one, *first)));
    known(firsts.map(|(one, first)| {
        let again = one.again.iter().filter(|again| again.turn == first.turn);
        let copies = again.copied().chain([first]);
        Some(known(copies.map(|message| was_read(trace, message)))? > 1)
    }))
}

/// A WebSocket that the page itself closed with messages under way.
fn left(trace: &Trace) -> Option<Finding> {
    let sent: Vec<_> = sent_in(trace, trace.part(part::LEFT)?).filter(|message| message.kind == Kind::Text).collect();
    let answered = sent.iter().filter(|message| reply_to(trace, message.id).is_some()).count() as u32;
    let messages: Vec<MessageId> = sent.iter().map(|message| message.id).collect();
    (!sent.is_empty()).then(|| finding(Fact::Left { sent: sent.len() as u32, answered }, messages))
}

/// What the page sent over WebSockets in the parts with faults.
pub(super) fn account(trace: &Trace) -> Option<Finding> {
    let breaks = breaks(trace);
    let sent = || breaks.iter().flat_map(|one| one.sent.iter().chain(&one.again)).copied();
    let account = Account {
        sent: sent().count() as u32,
        arrived: known(sent().map(|message| was_read(trace, message))),
        lost: sent().filter(|message| reply_to(trace, message.id).is_none()).count() as u32,
        twice: twice(trace, &breaks),
    };
    (account.sent > 0).then(|| finding(Fact::Account(Protocol::WebSocket, account), Vec::new()))
}
