//! Reads from a record of the lab `exchange` what there is to say of it.

use super::{Fact, HttpOpening, NEEDED, Silence, count, finding};
use crate::analysis::break_even::{
    BreakEven, Cost, Costs, Exchange, Figure, Gap, Measure, Missing, Policy, Situation, Source, Starter, Way,
};
use crate::analysis::judgement::Finding;
use crate::analysis::{Opening, Sample, Statistics, Summary, Timeline};
use crate::trace::{Direction, Endpoint, Fate, Kind, Message, MessageId, Protocol, Span, Speaks, Trace};

/// A run, and what was summed up of it.
pub(super) struct Run<'a> {
    trace: &'a Trace,
    timeline: &'a Timeline,
    http: Summary,
    web_socket: Summary,
    pub(super) costs: Costs,
    asked_to_close: bool,
}

impl<'a> Run<'a> {
    pub(super) fn of(trace: &'a Trace, timeline: &'a Timeline) -> Self {
        let [http, web_socket] = Protocol::BOTH.map(|protocol| Summary::of(trace, timeline, protocol));
        // The lab's parameter, as it stands in its record.
        let close = |(name, value): &(String, String)| name == "connection" && value == "close";
        let asked_to_close = trace.circumstances.parameters.iter().any(close);
        Self { trace, timeline, http, web_socket, costs: Costs::of(trace, timeline), asked_to_close }
    }

    pub(super) fn resolution(&self) -> Span {
        self.trace.circumstances.resolution
    }

    const fn summary(&self, protocol: Protocol) -> &Summary {
        match protocol {
            Protocol::Http => &self.http,
            Protocol::WebSocket => &self.web_socket,
        }
    }

    /// How many round trips count.
    pub(super) fn samples(&self, protocol: Protocol) -> u32 {
        self.summary(protocol).round_trips.as_ref().map_or(0, |figures| count(figures.n))
    }

    pub(super) fn has_enough(&self) -> bool {
        Protocol::BOTH.into_iter().all(|protocol| self.samples(protocol) >= NEEDED)
    }

    /// The medians over both.
    pub(super) fn medians(&self) -> Option<(Span, Span)> {
        let median = |figures: &Option<Statistics>| figures.as_ref().map(|figures| figures.median);
        Some((median(&self.http.round_trips)?, median(&self.web_socket.round_trips)?))
    }

    /// Two stamps go into each round trip, and each may be off by a step of the clock.
    fn is_too_close(&self) -> bool {
        let two_steps = self.resolution() + self.resolution();
        self.medians().is_some_and(|(http, web_socket)| (http - web_socket).abs() <= two_steps)
    }

    pub(super) fn connections(&self) -> Vec<Finding> {
        let asks = |message: &&Message| {
            matches!(message.kind, Kind::Request | Kind::Binary | Kind::Text)
                && message.direction == Direction::ToServer
        };
        let told = |protocol| {
            let messages: Vec<&Message> = self.trace.of(protocol).filter(asks).collect();
            let summary = self.summary(protocol);
            let carried = count(messages.len());
            if carried == 0 {
                return None;
            }
            // None is known where nothing was answered.
            let Some(connections) = summary.connections.filter(|connections| *connections > 0) else {
                return Some(finding(Fact::ConnectionsNotTold { carried }, Vec::new()));
            };
            let fact = Fact::Connections {
                protocol,
                carried,
                connections: count(connections),
                already_open: count(summary.already_open),
                asked_to_close: self.asked_to_close && protocol == Protocol::Http,
            };
            Some(finding(fact, first_on_each_connection(&messages)))
        };
        Protocol::BOTH.into_iter().filter_map(told).collect()
    }

    /// Many an address that calls itself an echo answers with a description of the request.
    pub(super) fn not_echoed(&self) -> Option<Finding> {
        let answered = self.trace.of(Protocol::Http).filter(|message| message.fate == Fate::Delivered);
        let pairs: Vec<(&Message, &Message)> = answered
            .filter(|message| matches!(message.kind, Kind::Response { .. }))
            .filter_map(|response| Some((self.trace.message(response.answers?)?, response)))
            .collect();
        let differ = |(request, response): &&(&Message, &Message)| {
            let copies = request.copy.as_ref().zip(response.copy.as_ref());
            request.payload != response.payload || copies.is_some_and(|(sent, came)| sent.0 != came.0)
        };
        let messages: Vec<MessageId> = pairs.iter().filter(differ).map(|(_, response)| response.id).collect();
        let fact = Fact::NotEchoed { exchanges: count(messages.len()), of: count(pairs.len()) };
        (!messages.is_empty()).then(|| finding(fact, messages))
    }

    pub(super) fn round_trips(&self) -> Option<Finding> {
        let (http, web_socket) = self.medians()?;
        let samples = (self.samples(Protocol::Http), self.samples(Protocol::WebSocket));
        let fact = Fact::RoundTrips { http, web_socket, samples, resolution: self.resolution() };
        // Of each protocol a round trip that took just as long as the median.
        let typical = |protocol, median: Span| {
            let is_it = |sample: &&Sample| sample.counts() && sample.took == median;
            self.timeline.samples(protocol).iter().find(is_it).map(|sample| sample.request)
        };
        let typical = [typical(Protocol::Http, http), typical(Protocol::WebSocket, web_socket)];
        Some(finding(fact, typical.into_iter().flatten().collect()))
    }

    /// The exchanges of the kind that the run held.
    const fn exchange(&self) -> &Exchange {
        if self.asked_to_close { &self.costs.close } else { &self.costs.keep_alive }
    }

    pub(super) fn overheads(&self) -> Vec<Finding> {
        let told = |protocol| {
            if self.samples(protocol) == 0 {
                return None;
            }
            let (to_server, to_page) = match protocol {
                Protocol::Http => (self.exchange().to_server, self.exchange().to_page),
                Protocol::WebSocket => (self.costs.message.to_server, self.costs.message.to_page),
            };
            let fact = match (to_server, to_page) {
                (Ok(there), Ok(back)) => Fact::Overhead {
                    protocol,
                    to_server: there.value(),
                    to_page: back.value(),
                    counted: there.source() == Source::Server,
                    instrument: self.instrument(protocol),
                },
                (Err(why), _) | (_, Err(why)) => Fact::NoOverhead { protocol, why },
            };
            Some(finding(fact, Vec::new()))
        };
        Protocol::BOTH.into_iter().filter_map(told).collect()
    }

    /// What our instrument added to a message and its answer, in the mean.
    fn instrument(&self, protocol: Protocol) -> u64 {
        let bytes = &self.summary(protocol).bytes;
        [bytes.to_server, bytes.to_page].iter().map(|way| way.instrument / way.messages.max(1)).sum()
    }

    pub(super) fn opening(&self) -> Option<Finding> {
        let Opening::Took { median: web_socket, .. } = self.web_socket.opening else { return None };
        let http = match self.http.opening {
            Opening::Took { median, .. } => HttpOpening::Took(median),
            Opening::AlreadyOpen => HttpOpening::AlreadyOpen,
            Opening::Unknown => HttpOpening::Unknown,
        };
        let bytes = |cost: Cost| cost.ok().map(Figure::value);
        let handshake = &self.costs.handshake;
        let handshake = bytes(handshake.to_server).zip(bytes(handshake.to_page)).map(|(there, back)| there + back);
        let fact = Fact::Opening { web_socket, http, handshake, resolution: self.resolution() };
        Some(finding(fact, self.handshake()))
    }

    /// The handshake's request and response.
    fn handshake(&self) -> Vec<MessageId> {
        let messages = self.trace.of(Protocol::WebSocket).filter(|message| message.kind.is_opening());
        messages.map(|message| message.id).collect()
    }

    /// After how many messages the opening has paid for itself.
    pub(super) fn paid_back(&self, measure: Measure) -> Finding {
        let payload = u32::try_from(self.costs.message.at_payload).unwrap_or(u32::MAX);
        // One a second, for an hour: often enough that no connection is closed for silence.
        let situation =
            Situation { per_hour: 3_600, payload, starter: Starter::Client, minutes: 60, poll_interval: 1_000 };
        let even = BreakEven::of(&self.costs, situation, Policy::default());
        let than = if self.asked_to_close { Way::Close } else { Way::KeepAlive };
        let fact = match even.crossing(measure, Way::WebSocket, than) {
            Err(Gap::Missing { why, .. }) => self.not_comparable(measure, why),
            // A client that starts is served by both ways.
            Err(Gap::Unsuited(_) | Gap::NoNews) => self.not_comparable(measure, Missing::NotMeasured),
            Ok(_) if measure == Measure::Time && self.is_too_close() => {
                Fact::TooClose { resolution: self.resolution() }
            }
            Ok(since) => Fact::PaidBack { measure, than, since, payload },
        };
        finding(fact, self.handshake())
    }

    /// That there is no comparing, and at which end nobody tells.
    pub(super) fn not_comparable(&self, measure: Measure, why: Missing) -> Fact {
        let known = &self.trace.circumstances;
        let silence = |endpoint: &Endpoint| match endpoint.speaks {
            Speaks::Plain => Some(Silence::Plain),
            Speaks::Duplex => endpoint.behind_proxy.then_some(Silence::BehindProxy),
        };
        let ends = [(Protocol::Http, &known.http), (Protocol::WebSocket, &known.ws)];
        let silent = match why {
            Missing::Plain | Missing::NotTold => {
                ends.into_iter().filter_map(|(protocol, end)| Some((protocol, silence(end)?))).collect()
            }
            _ => Vec::new(),
        };
        Fact::NotComparable { measure, why, silent }
    }

    pub(super) fn warm_up(&self) -> Option<Finding> {
        let first = |protocol| self.timeline.samples(protocol).iter().find(|sample| sample.warm_up);
        let (http, web_socket) = (first(Protocol::Http)?, first(Protocol::WebSocket)?);
        let fact = Fact::WarmUp { http: http.took, web_socket: web_socket.took, resolution: self.resolution() };
        Some(finding(fact, vec![http.request, web_socket.request]))
    }

    pub(super) fn both_ways(&self) -> Option<Finding> {
        let bytes = &self.http.bytes;
        let samples: Vec<&Sample> =
            self.timeline.samples(Protocol::Http).iter().filter(|sample| !sample.warm_up).collect();
        let first = samples.first()?;
        if bytes.to_server.payload == 0 || bytes.to_page.payload == 0 {
            return None;
        }
        let (to_server, to_page) = (bytes.to_server.payload, bytes.to_page.payload);
        let fact = Fact::BothWays { exchanges: count(samples.len()), to_server, to_page };
        Some(finding(fact, vec![first.request, first.reply]))
    }
}

fn first_on_each_connection(messages: &[&Message]) -> Vec<MessageId> {
    let mut seen = std::collections::HashSet::new();
    let first = messages.iter().filter(|message| message.connection.is_some_and(|id| seen.insert(id)));
    first.map(|message| message.id).collect()
}
