//! Reads who said what from a trace, and what can be said of it.

use std::collections::{BTreeMap, BTreeSet};

use super::crossing::{Crossing, Talk};
use super::{Fact, Waited, Way, What, Why, finding, part};
use crate::analysis::judgement::Finding;
use crate::analysis::judgement::payload::said;
use crate::analysis::{Statistics, Timeline};
use crate::trace::{Direction, Kind, Message, MessageId, Moment, Protocol, ServerTime, Span, Time, Trace};
use crate::wire::{NewsAnswer, NewsItem};

/// A run of the lab.
pub(super) struct Run<'a> {
    trace: &'a Trace,
    timeline: &'a Timeline,
    talk: Option<Talk>,
    crossings: Vec<Crossing>,
}

/// An item as the page first had it.
struct Heard {
    published: ServerTime,
    at: Time,
    message: MessageId,
}

impl<'a> Run<'a> {
    pub(super) fn of(trace: &'a Trace, timeline: &'a Timeline) -> Self {
        let talk = trace.part(part::WEBSOCKET).and_then(|part| Talk::of(trace, part));
        let crossings = talk.as_ref().map(|talk| talk.crossings(trace, timeline)).unwrap_or_default();
        Self { trace, timeline, talk, crossings }
    }

    fn in_part(&self, name: &str) -> impl Iterator<Item = &'a Message> + use<'a> {
        let trace = self.trace;
        trace.part(name).into_iter().flat_map(move |part| trace.in_part(part))
    }

    fn requests(&self, name: &str) -> impl Iterator<Item = &'a Message> + use<'a> {
        self.in_part(name).filter(|message| matches!(message.kind, Kind::Request | Kind::Handshake))
    }

    fn complete_exchanges(&self) -> Vec<(&'a Message, &'a Message)> {
        let responses = self
            .in_part(part::EXCHANGES)
            .filter(|message| matches!(message.kind, Kind::Response { status: 200..=299 }) && !message.warm_up);
        responses.filter_map(|response| Some((self.trace.message(response.answers?)?, response))).collect()
    }

    /// Whether plain exchanges carry data both ways, with the bytes.
    pub(super) fn both_ways(&self) -> Option<Finding> {
        let all = self.complete_exchanges();
        let both: Vec<_> =
            all.iter().copied().filter(|(request, response)| request.payload > 0 && response.payload > 0).collect();
        let told = if both.is_empty() { &all } else { &both };
        let to_server = told.iter().map(|(request, _)| request.payload).sum();
        let to_page = told.iter().map(|(_, response)| response.payload).sum();
        let exchanges = count(told.len());
        let fact = match both.is_empty() {
            true => Fact::OneWayOnly { exchanges, to_server, to_page },
            false => Fact::BothWays { exchanges, to_server, to_page },
        };
        let ids = told.iter().flat_map(|(request, response)| [request.id, response.id]).collect();
        (!all.is_empty()).then(|| finding(fact, ids))
    }

    /// Whether any plain exchange carried data both ways; `None` where there are none.
    pub(super) fn carries_both_ways(&self) -> Option<bool> {
        let all = self.complete_exchanges();
        let both = all.iter().any(|(request, response)| request.payload > 0 && response.payload > 0);
        (!all.is_empty()).then_some(both)
    }

    /// Who began over HTTP.
    pub(super) fn who_starts(&self) -> Vec<Finding> {
        [self.spoke_first(), self.several_responses(), self.answers()].into_iter().flatten().collect()
    }

    fn said_by_server(&self) -> impl Iterator<Item = &'a Message> {
        self.trace.of(Protocol::Http).filter(|message| message.direction == Direction::ToPage)
    }

    /// It answers a request that the page had sent before, on the same connection.
    fn answers_a_request(&self, message: &Message) -> bool {
        let request = message.answers.and_then(|id| self.trace.message(id));
        request.is_some_and(|request| {
            let in_order = request.sent.page().zip(message.received.page()).is_none_or(|(sent, had)| sent <= had);
            // A part of a response is on the connection of its request.
            let carriers = message.connection.or(request.connection).zip(request.connection);
            request.kind == Kind::Request && in_order && carriers.is_none_or(|(one, other)| one == other)
        })
    }

    pub(super) fn spoke_first(&self) -> Option<Finding> {
        let first: Vec<_> = self.said_by_server().filter(|message| !self.answers_a_request(message)).collect();
        let fact = Fact::SpokeFirst { messages: count(first.len()) };
        (!first.is_empty()).then(|| finding(fact, ids(first)))
    }

    pub(super) fn several_responses(&self) -> Option<Finding> {
        let mut responses: BTreeMap<MessageId, Vec<MessageId>> = BTreeMap::new();
        for response in self.said_by_server().filter(|message| matches!(message.kind, Kind::Response { .. })) {
            if let Some(request) = response.answers {
                responses.entry(request).or_default().push(response.id);
            }
        }
        responses.retain(|_, responses| responses.len() > 1);
        let fact = Fact::SeveralResponses { requests: count(responses.len()) };
        let messages = responses.into_iter().flat_map(|(request, responses)| [vec![request], responses].concat());
        let messages: Vec<_> = messages.collect();
        (!messages.is_empty()).then(|| finding(fact, messages))
    }

    fn answers(&self) -> Option<Finding> {
        let requests = self.trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request).count();
        let of_kind =
            |wanted: fn(Kind) -> bool| self.said_by_server().filter(move |message| wanted(message.kind)).count();
        let responses = of_kind(|kind| matches!(kind, Kind::Response { .. }));
        let events = of_kind(|kind| kind == Kind::Event);
        let fact = Fact::Answers { requests: count(requests), responses: count(responses), events: count(events) };
        let are_answers = responses > 0 && self.spoke_first().is_none();
        are_answers.then(|| finding(fact, ids(self.said_by_server().collect())))
    }

    /// Items by a way, each as it first came.
    fn heard(&self, way: Way) -> Vec<Heard> {
        let mut seen = BTreeSet::new();
        let messages = self.in_part(way.part()).filter(|message| message.direction == Direction::ToPage);
        let items = messages.filter_map(|message| Some((message, message.received.page()?, items_of(message))));
        let all = items.flat_map(|(message, at, items)| items.into_iter().map(move |item| (message.id, at, item)));
        all.filter(|(_, _, item)| seen.insert(item.number))
            .map(|(message, at, item)| Heard { published: ServerTime(item.published.cast_signed()), at, message })
            .collect()
    }

    /// How long news was on its way.
    fn waited(&self, way: Way) -> Option<Waited> {
        let protocol = if way == Way::WebSocket { Protocol::WebSocket } else { Protocol::Http };
        let uncertainty = self.timeline.clock(protocol)?.uncertainty;
        let place = |heard: &Heard| {
            let published = self.timeline.place(self.trace, protocol, Moment::Server(heard.published))?;
            Some(heard.at - published.at)
        };
        let spans: Vec<Span> = self.heard(way).iter().filter_map(place).collect();
        let Statistics { median, most, .. } = Statistics::of(&spans)?;
        Some(Waited { median, longest: most, uncertainty })
    }

    /// How many items were asked for.
    fn asked_for(&self) -> Option<u32> {
        let mut parameters = self.trace.circumstances.parameters.iter();
        parameters.find(|(name, _)| name == "items")?.1.parse().ok()
    }

    /// What it took to hear the news by a way; `None` if there was none.
    pub(super) fn news(&self, way: Way) -> Option<Finding> {
        let heard = self.heard(way);
        let requests: Vec<_> = self.requests(way.part()).collect();
        let in_vain = self.in_part(way.part()).filter_map(said::<NewsAnswer>).filter(|answer| answer.items.is_empty());
        let fact = Fact::News {
            way,
            items: count(heard.len()),
            of: self.asked_for(),
            requests: count(requests.len()),
            in_vain: count(in_vain.count()),
            waited: self.waited(way),
        };
        let mut messages: Vec<MessageId> = requests.iter().map(|request| request.id).collect();
        messages.extend(heard.iter().map(|heard| heard.message));
        messages.dedup();
        (!heard.is_empty()).then(|| finding(fact, messages))
    }

    /// The ways over HTTP, and how they compare with the WebSocket.
    pub(super) fn news_by_http(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for way in [Way::ShortPolling, Way::LongPolling, Way::Events] {
            findings.extend(self.news(way));
            if way == Way::ShortPolling {
                findings.extend(self.lay());
            }
        }
        findings
    }

    /// Requests and the WebSocket went to the same address: what a message takes there is the same for both.
    fn one_address(&self) -> bool {
        let known = &self.trace.circumstances;
        authority(&known.http.url) == authority(&known.ws.url)
    }

    /// Both had news, but from different addresses.
    pub(super) fn elsewhere(&self) -> Option<Finding> {
        let over_http = [Way::ShortPolling, Way::LongPolling, Way::Events];
        let first = |ways: &[Way]| ways.iter().find_map(|&way| self.heard(way).first().map(|heard| heard.message));
        let (http, websocket) = (first(&over_http)?, first(&[Way::WebSocket])?);
        (!self.one_address()).then(|| finding(Fact::Elsewhere, vec![http, websocket]))
    }

    /// How much later half of the items came by each way over HTTP than over the WebSocket. Only where one clock was
    /// placed for both, so that its error cancels, and the network to both is the same.
    pub(super) fn behind(&self) -> Option<Finding> {
        let one_clock =
            self.one_address() && self.timeline.clock(Protocol::Http) == self.timeline.clock(Protocol::WebSocket);
        let there = self.waited(Way::WebSocket).filter(|_| one_clock)?.median;
        let over_http = [Way::ShortPolling, Way::LongPolling, Way::Events];
        let ways: Vec<(Way, Span)> =
            over_http.into_iter().filter_map(|way| Some((way, self.waited(way)?.median - there))).collect();
        let compared = ways.iter().map(|(way, _)| *way).chain([Way::WebSocket]);
        let messages = compared.flat_map(|way| self.heard(way)).map(|heard| heard.message).collect();
        (!ways.is_empty()).then(|| finding(Fact::Behind { ways }, messages))
    }

    /// Items that lay at the server until the page asked again. A short poll is answered at once, so what lay until the
    /// answer was made lay until the request came.
    pub(super) fn lay(&self) -> Option<Finding> {
        let mut spans = Vec::new();
        let mut messages = Vec::new();
        for message in self.in_part(part::SHORT_POLLING) {
            let Some(NewsAnswer { now, items, .. }) = said(message) else { continue };
            let waiting: Vec<_> = items.iter().filter_map(|item| now.checked_sub(item.published)).collect();
            let waiting = waiting.into_iter().filter(|&lay| lay > 0).map(|lay| Span(lay.cast_signed()));
            let before = spans.len();
            spans.extend(waiting);
            if spans.len() > before {
                messages.extend([Some(message.id), message.answers].into_iter().flatten());
            }
        }
        let Statistics { n, median, most, .. } = Statistics::of(&spans)?;
        Some(finding(Fact::Lay { items: count(n), median, longest: most }, messages))
    }

    /// Responses that go on: server-sent events, and a body that was read as it came.
    pub(super) fn long_responses(&self) -> Vec<Finding> {
        [self.one_response(), self.streamed()].into_iter().flatten().collect()
    }

    pub(super) fn one_response(&self) -> Option<Finding> {
        let events: Vec<_> = self.in_part(part::EVENTS).filter(|message| message.kind == Kind::Event).collect();
        let requests: BTreeSet<MessageId> = events.iter().filter_map(|event| event.answers).collect();
        let asked = self.trace.message(*requests.first()?)?.sent.page()?;
        let lasted = events.last()?.received.page()? - asked;
        let fact = Fact::OneResponse { events: count(events.len()), requests: count(requests.len()), lasted };
        Some(finding(fact, requests.into_iter().chain(events.iter().map(|event| event.id)).collect()))
    }

    fn streamed(&self) -> Option<Finding> {
        let response = self.in_part(part::STREAMED).find(|message| !message.pieces.is_empty())?;
        let ((first, _), (last, bytes)) = (*response.pieces.first()?, *response.pieces.last()?);
        let fact = Fact::Streamed { bytes, pieces: count(response.pieces.len()), lasted: last - first };
        Some(finding(fact, [Some(response.id), response.answers].into_iter().flatten().collect()))
    }

    /// What there is to say of the WebSocket on which both talk, or that echoes.
    pub(super) fn on_websocket(&self) -> Vec<Finding> {
        let parts = [self.unasked(), self.only_answered(), self.said(), self.crossed(), self.came_again(), self.echo()];
        parts.into_iter().flatten().collect()
    }

    pub(super) fn only_answered(&self) -> Option<Finding> {
        let talk = self.talk.as_ref()?;
        let messages = talk.items().chain(talk.again()).collect::<Vec<_>>();
        let fact = Fact::OnlyAnswered { messages: count(messages.len()) };
        let nothing_else = self.crossings.is_empty() && talk.unasked(&self.crossings).is_empty();
        let only = !messages.is_empty() && !talk.said.is_empty() && nothing_else;
        only.then(|| finding(fact, messages))
    }

    pub(super) fn unasked(&self) -> Option<Finding> {
        let talk = self.talk.as_ref()?;
        let beyond_doubt = talk.unasked(&self.crossings);
        let fact = Fact::Unasked { items: count(talk.items().count()), beyond_doubt: count(beyond_doubt.len()) };
        (!beyond_doubt.is_empty()).then(|| finding(fact, beyond_doubt))
    }

    pub(super) fn said(&self) -> Option<Finding> {
        let talk = self.talk.as_ref()?;
        let messages: Vec<_> = talk.said.iter().map(|said| said.message).collect();
        (!messages.is_empty()).then(|| finding(Fact::Said { messages: count(messages.len()) }, messages))
    }

    pub(super) fn crossed(&self) -> Option<Finding> {
        let talk = self.talk.as_ref()?;
        let Some(first) = self.crossings.first() else {
            let both = !talk.said.is_empty() && talk.items().next().is_some();
            let there = Protocol::BOTH.into_iter().filter(|one| *one == Protocol::WebSocket || self.one_address());
            let round_trips: Vec<Span> =
                there.flat_map(|protocol| self.timeline.samples(protocol)).map(|one| one.took).collect();
            let fact = Fact::NoneCrossed { round_trip: Statistics::of(&round_trips).map(|figures| figures.least) };
            return both.then(|| finding(fact, Vec::new()));
        };
        let bytes = |messages: BTreeSet<MessageId>| {
            messages.into_iter().filter_map(|id| self.trace.message(id)).map(|message| message.payload).sum()
        };
        let fact = Fact::Crossed {
            pairs: count(self.crossings.len()),
            bytes: (
                bytes(self.crossings.iter().map(|pair| pair.said).collect()),
                bytes(self.crossings.iter().map(|pair| pair.heard).collect()),
            ),
            proof: first.proof,
        };
        Some(finding(fact, self.crossings.iter().flat_map(|pair| [pair.said, pair.heard]).collect()))
    }

    pub(super) fn has_crossings(&self) -> bool {
        !self.crossings.is_empty()
    }

    fn came_again(&self) -> Option<Finding> {
        let messages: Vec<_> = self.talk.as_ref()?.again().collect();
        (!messages.is_empty()).then(|| finding(Fact::CameAgain { messages: count(messages.len()) }, messages))
    }

    pub(super) fn echo(&self) -> Option<Finding> {
        let messages: Vec<_> =
            self.in_part(part::WEBSOCKET_ECHO).filter(|message| message.kind.is_exchanged()).collect();
        let came = || messages.iter().filter(|message| message.direction == Direction::ToPage);
        let echoed = count(came().filter(|message| message.answers.is_some()).count());
        let said = count(messages.iter().filter(|message| message.direction == Direction::ToServer).count());
        let fact = Fact::EchoOnly { said, echoed, besides: count(came().count()) - echoed };
        (!messages.is_empty()).then(|| finding(fact, ids(messages)))
    }

    /// Why there are no plain exchanges, if there are none.
    pub(super) fn missing_exchanges(&self) -> Option<Finding> {
        let why = match self.trace.part(part::EXCHANGES) {
            _ if !self.complete_exchanges().is_empty() => return None,
            None => Why::NotReached,
            Some(_) => Why::NothingCame,
        };
        Some(finding(Fact::Missing { what: What::Exchanges, why }, Vec::new()))
    }

    /// Why there is no news by a way, if there is none.
    pub(super) fn missing_news(&self, way: Way) -> Option<Finding> {
        let endpoint = match way {
            Way::WebSocket => &self.trace.circumstances.ws,
            _ => &self.trace.circumstances.http,
        };
        if !self.heard(way).is_empty() {
            return None;
        }
        let why = Why::nothing_of(self.trace, way.part(), endpoint);
        Some(finding(Fact::Missing { what: What::News(way), why }, ids(self.requests(way.part()).collect())))
    }
}

/// The items that a message brings.
fn items_of(message: &Message) -> Vec<NewsItem> {
    match message.kind {
        Kind::Response { .. } => said::<NewsAnswer>(message).map(|answer| answer.items).unwrap_or_default(),
        Kind::Event | Kind::Text => said(message).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn ids(messages: Vec<&Message>) -> Vec<MessageId> {
    messages.into_iter().map(|message| message.id).collect()
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
