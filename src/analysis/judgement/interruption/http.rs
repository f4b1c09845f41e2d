//! Requests that were interrupted, and what asking again brought.

use super::{
    Account, Bytes, Carrier, Fact, Finding, Learned, Missing, Reached, faulty, finding, known, part, reply_to, sent_in,
};
use crate::analysis::raw;
use crate::decode::http1::Framing;
use crate::trace::{Cause, Fate, Kind, Message, MessageId, Protocol, Trace};
use crate::wire::{Fault, NewsAnswer};

/// A request that met a fault, and those that the script made of it afterwards.
#[derive(Debug)]
pub(super) struct Interrupted<'a> {
    pub(super) fault: Fault,
    pub(super) request: &'a Message,
    pub(super) learned: Learned,
    pub(super) carrier: Carrier,
    /// The same request again, in order.
    pub(super) again: Vec<&'a Message>,
    /// One of these was answered.
    pub(super) recovered: bool,
}

impl Interrupted<'_> {
    /// The response did not come whole.
    pub(super) const fn is_lost(&self) -> bool {
        !matches!(self.learned, Learned::Whole { .. })
    }

    /// The server said that it would not commit this fault.
    pub(super) fn is_refused(&self) -> bool {
        self.fault != Fault::Status && matches!(self.learned, Learned::Whole { status: 400 })
    }

    /// The fault breaks the exchange off, rather than to delay or change it.
    pub(super) const fn is_broken_off(&self) -> bool {
        !matches!(self.fault, Fault::Drip | Fault::Status | Fault::Goodbye | Fault::BadUtf8)
    }

    pub(super) fn is_post(&self) -> bool {
        method(self.request) == Some("POST")
    }

    /// How often the request and its repetitions reached the server, all in all.
    fn arrivals(&self) -> Option<u32> {
        std::iter::once(self.request).chain(self.again.iter().copied()).map(|message| message.arrivals).sum()
    }
}

/// All requests that met a fault, in order. One that was still under way as the run ended is left out.
pub(super) fn interrupted(trace: &Trace) -> Vec<Interrupted<'_>> {
    let mut all = Vec::new();
    for (fault, part) in faulty(trace, part::fault_over_http) {
        let requests = || sent_in(trace, part).filter(|message| message.kind == Kind::Request);
        for request in requests().filter(|request| request.retries.is_none()) {
            let Some(learned) = learned(trace, request) else { continue };
            let again = repetitions(trace, request);
            let recovered = again.iter().any(|again| is_answered(trace, again));
            let carrier = match request.ordinal {
                Some(1) => Carrier::New,
                Some(_) => Carrier::Used,
                None => Carrier::Unknown,
            };
            all.push(Interrupted { fault, request, learned, carrier, again, recovered });
        }
    }
    all
}

/// What the page learnt; `None` where it was not over.
fn learned(trace: &Trace, request: &Message) -> Option<Learned> {
    let response = reply_to(trace, request.id);
    if let Some(response) = response.filter(|response| response.fate == Fate::Delivered) {
        let Kind::Response { status } = response.kind else { return None };
        return Some(Learned::Whole { status });
    }
    let failing = request.failing.as_ref()?;
    let came = response.map(|response| response.payload);
    Some(match (&failing.cause, came) {
        (Cause::ReplyTimeout { after }, came) => {
            Learned::TimedOut { after: *after, came: Bytes::of(came.unwrap_or(0)) }
        }
        (_, None) => Learned::NoHead,
        (_, Some(came)) => {
            let of = response.and_then(|response| announced(trace, response)).map(Bytes::of);
            Learned::Truncated { came: Bytes::of(came), of }
        }
    })
}

/// How many bytes the head of a response said that its body has (RFC 9110 §8.6), as the server's tap saw it.
fn announced(trace: &Trace, response: &Message) -> Option<u64> {
    let bytes = raw::http(trace, response).ok()?;
    match bytes.message()?.framing? {
        Framing::ContentLength(length) => Some(length),
        _ => None,
    }
}

/// The requests that repeat that one, each naming the one before.
fn repetitions<'a>(trace: &'a Trace, request: &Message) -> Vec<&'a Message> {
    let mut last = request.id;
    let mut all = Vec::new();
    for message in trace.messages.iter().filter(|message| message.id > request.id) {
        if message.retries == Some(last) {
            last = message.id;
            all.push(message);
        }
    }
    all
}

fn is_answered(trace: &Trace, request: &Message) -> bool {
    reply_to(trace, request.id).is_some_and(|reply| {
        reply.fate == Fate::Delivered && matches!(reply.kind, Kind::Response { status: 200..=299 })
    })
}

fn method(request: &Message) -> Option<&str> {
    request.target.as_deref().map(|target| &*target.method)
}

/// What is to be told of HTTP.
pub(super) fn told(trace: &Trace) -> Vec<Finding> {
    let all = interrupted(trace);
    let mut findings = groups(&all);
    findings.extend(refused(&all));
    findings.extend(resent(&all));
    findings.extend(given_up(trace));
    findings
}

/// Requests of which the page learnt the same, and which reached the server alike, are told as one, whichever faults
/// they met.
pub(super) fn groups(all: &[Interrupted<'_>]) -> Vec<Finding> {
    let mut alike: Vec<Group<'_>> = Vec::new();
    for group in of_each_fault(all) {
        let same = alike.iter_mut().filter(|other| other.reached == group.reached);
        match same.filter_map(|other| Some((other.learned.and(group.learned)?, other))).next() {
            Some((learned, other)) => {
                other.learned = learned;
                other.those.extend(group.those);
            }
            None => alike.push(group),
        }
    }
    alike.iter().map(Group::told).collect()
}

/// The requests that met a fault, by what the page learnt; and by how often they reached the server, where what carried
/// them does not tell that already.
fn of_each_fault<'a>(all: &'a [Interrupted<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in all.iter().filter(|one| !one.is_refused()) {
        let alike = groups.iter_mut().filter(|group| group.those[0].fault == one.fault);
        match alike.filter_map(|group| Some((group.learned.and(one.learned)?, group))).next() {
            Some((learned, group)) => {
                group.learned = learned;
                group.those.push(one);
            }
            None => groups.push(Group { learned: one.learned, reached: Vec::new(), those: vec![one] }),
        }
    }
    groups.into_iter().flat_map(Group::by_arrivals).collect()
}

/// Requests of which the same is to be told.
struct Group<'a> {
    learned: Learned,
    reached: Vec<Reached>,
    those: Vec<&'a Interrupted<'a>>,
}

impl Group<'_> {
    /// One group, if all that went on the same kind of connection reached the server equally often; else one for each
    /// number of arrivals.
    fn by_arrivals(mut self) -> Vec<Self> {
        self.reached = reached(&self.those);
        if self.reached.windows(2).all(|pair| pair[0].carrier != pair[1].carrier) {
            return vec![self];
        }
        let mut groups: Vec<Self> = Vec::new();
        for one in self.those {
            match groups.iter_mut().find(|group| group.those[0].request.arrivals == one.request.arrivals) {
                Some(group) => {
                    group.learned = group.learned.and(one.learned).unwrap_or(group.learned);
                    group.those.push(one);
                }
                None => groups.push(Self { learned: one.learned, reached: Vec::new(), those: vec![one] }),
            }
        }
        for group in &mut groups {
            group.reached = reached(&group.those);
        }
        groups
    }

    fn told(&self) -> Finding {
        let mut faults: Vec<Fault> = self.those.iter().map(|one| one.fault).collect();
        faults.dedup();
        let fact = Fact::Interrupted {
            faults,
            requests: self.those.len() as u32,
            posts: self.those.iter().filter(|one| one.is_post()).count() as u32,
            learned: self.learned,
            reached: self.reached.clone(),
        };
        finding(fact, ids(self.those.iter().copied()))
    }
}

fn reached(those: &[&Interrupted<'_>]) -> Vec<Reached> {
    let mut all: Vec<_> =
        those.iter().map(|one| Reached { carrier: one.carrier, times: one.request.arrivals }).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn ids<'a>(those: impl Iterator<Item = &'a Interrupted<'a>>) -> Vec<MessageId> {
    those.map(|one| one.request.id).collect()
}

fn refused(all: &[Interrupted<'_>]) -> Vec<Finding> {
    let those: Vec<_> = all.iter().filter(|one| one.is_refused()).collect();
    let Some(first) = those.first() else { return Vec::new() };
    let alpn = first.request.alpn.as_deref().map(str::to_owned);
    let shared = alpn.as_deref() == Some("h2");
    let fact = Fact::FaultsRefused { requests: those.len() as u32, alpn };
    let mut findings = vec![finding(fact, ids(those.into_iter()))];
    if shared {
        findings.push(finding(Fact::Missing(Missing::SharedConnections), Vec::new()));
    }
    findings
}

/// Whether the browser sent something again by itself. Where the server does not tell, nothing is said.
pub(super) fn resent(all: &[Interrupted<'_>]) -> Option<Finding> {
    let those: Vec<_> = all.iter().filter(|one| one.request.arrivals > Some(1)).collect();
    if those.is_empty() {
        let could = |one: &&Interrupted<'_>| {
            one.learned == Learned::NoHead && one.carrier == Carrier::Used && one.request.arrivals.is_some()
        };
        let those: Vec<_> = all.iter().filter(could).collect();
        let fact = Fact::NotSentAgain { requests: those.len() as u32 };
        return (!those.is_empty()).then(|| finding(fact, ids(those.into_iter())));
    }
    let count = |is: &dyn Fn(&Interrupted<'_>) -> bool| those.iter().filter(|one| is(one)).count() as u32;
    let fact = Fact::SentAgainByBrowser {
        requests: those.len() as u32,
        posts: count(&|one| one.is_post()),
        used: count(&|one| one.carrier == Carrier::Used),
    };
    Some(finding(fact, ids(those.into_iter())))
}

pub(super) fn asked_again(all: &[Interrupted<'_>]) -> Option<Finding> {
    let those: Vec<_> = all.iter().filter(|one| !one.is_post() && !one.again.is_empty()).collect();
    let again = || those.iter().flat_map(|one| &one.again);
    let fact = Fact::AskedAgain {
        failed: those.len() as u32,
        answered: those.iter().filter(|one| one.recovered).count() as u32,
        tries: again().count() as u32,
    };
    (!those.is_empty()).then(|| finding(fact, again().map(|message| message.id).collect()))
}

pub(super) fn duplicated(all: &[Interrupted<'_>]) -> Option<Finding> {
    let those: Vec<_> = all.iter().filter(|one| one.is_post() && !one.again.is_empty()).collect();
    let arrivals: Vec<u32> = those.iter().map(|one| one.arrivals()).collect::<Option<_>>()?;
    let twice = arrivals.iter().filter(|count| **count > 1).count() as u32;
    let fact = Fact::Duplicated { failed: those.len() as u32, twice, arrivals: arrivals.iter().sum() };
    let messages = those.iter().flat_map(|one| std::iter::once(&one.request).chain(&one.again));
    (!those.is_empty()).then(|| finding(fact, messages.map(|message| message.id).collect()))
}

/// A request that the page gave up, and sent again.
pub(super) fn given_up(trace: &Trace) -> Option<Finding> {
    let part = trace.part(part::GIVEN_UP)?;
    let firsts = || sent_in(trace, part).filter(|sent| sent.retries.is_none() && method(sent) == Some("POST"));
    let failed: Vec<_> = firsts().filter(|sent| sent.failing.is_some()).collect();
    if failed.is_empty() {
        let requests: Vec<MessageId> = firsts().filter(|sent| is_answered(trace, sent)).map(|sent| sent.id).collect();
        return (!requests.is_empty()).then(|| finding(Fact::TooQuick { requests: requests.len() as u32 }, requests));
    }
    for order in &failed {
        let times = times_in_feed(trace, order).unwrap_or(0);
        if times > 1
            && let Some(Cause::ReplyTimeout { after }) = order.failing.as_ref().map(|failing| &failing.cause)
        {
            let again = repetitions(trace, order);
            let messages = std::iter::once(*order).chain(again).map(|message| message.id).collect();
            return Some(finding(Fact::OrderedAgain { after: *after, times }, messages));
        }
    }
    let arrived = known(failed.iter().map(|sent| sent.arrivals.map(|count| count > 0)));
    let fact = Fact::GivenUp { requests: failed.len() as u32, arrived };
    Some(finding(fact, failed.iter().map(|sent| sent.id).collect()))
}

/// How often an order stands in the feed, as the last answer that tells of it says.
fn times_in_feed(trace: &Trace, order: &Message) -> Option<u32> {
    let text = std::str::from_utf8(&order.copy.as_ref()?.0).ok()?;
    let feed = trace.messages.iter().rev().filter(|message| message.part == order.part).find_map(|message| {
        trace.message(message.answers?).filter(|asked| method(asked) == Some("GET"))?;
        serde_json::from_slice::<NewsAnswer>(&message.copy.as_ref()?.0).ok()
    })?;
    Some(feed.items.iter().filter(|item| item.text == text).count() as u32)
}

/// How often a `POST` reached the server where it ended the connection before it answered, by what carried it; and
/// all these counts.
pub(super) fn post_arrivals(trace: &Trace) -> Option<(Finding, Vec<u32>)> {
    let all = interrupted(trace);
    let ended = |one: &&Interrupted<'_>| matches!(one.fault, Fault::Close | Fault::Reset) && !one.is_refused();
    let those: Vec<_> = all.iter().filter(|one| one.is_post()).filter(ended).collect();
    let counts: Vec<u32> = those.iter().map(|one| one.request.arrivals).collect::<Option<_>>()?;
    let most = |carrier| {
        let by = those.iter().filter(|one| one.carrier == carrier);
        by.filter_map(|one| one.request.arrivals).max()
    };
    let (new, used, unknown) = (most(Carrier::New), most(Carrier::Used), most(Carrier::Unknown));
    let fact = Fact::PostArrivals { new, used, unknown };
    (!those.is_empty()).then(|| (finding(fact, ids(those.into_iter())), counts))
}

/// What the page sent over HTTP in the parts with faults, and where it gave up by itself.
pub(super) fn account(trace: &Trace) -> Option<Finding> {
    let parts = faulty(trace, part::fault_over_http).map(|(_, part)| part);
    let parts = parts.chain(trace.part(part::GIVEN_UP));
    let requests: Vec<_> =
        parts.flat_map(|part| sent_in(trace, part)).filter(|sent| sent.kind == Kind::Request).collect();
    let firsts = requests.iter().filter(|request| request.retries.is_none());
    let chains = firsts.map(|first| std::iter::once(*first).chain(repetitions(trace, first)));
    let arrivals = chains.map(|chain| chain.map(|request| request.arrivals).sum::<Option<u32>>());
    let account = Account {
        sent: requests.len() as u32,
        arrived: known(requests.iter().map(|request| request.arrivals.map(|count| count > 0))),
        lost: requests
            .iter()
            .filter(|request| learned(trace, request).is_none_or(|it| !matches!(it, Learned::Whole { .. })))
            .count() as u32,
        twice: known(arrivals.map(|count| count.map(|count| count > 1))),
    };
    (!requests.is_empty()).then(|| finding(Fact::Account(Protocol::Http, account), Vec::new()))
}
