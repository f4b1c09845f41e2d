//! The crowd's requests: which were served, how many were under way at the same time, and which waited for others.

use std::collections::{BTreeMap, HashMap};

use super::{SeenBy, Trouble, count, failed, is_given_up, trouble};
use crate::analysis::at_once::most_at_once;
use crate::trace::{Connection, ConnectionId, Fate, Kind, Message, MessageId, Phases, Span, Time, Trace};

/// A request and what answered it.
pub(super) struct Exchange<'a> {
    /// The request.
    pub(super) request: &'a Message,
    response: Option<&'a Message>,
}

/// The requests of the part, in the order in which they were sent.
pub(super) struct Requests<'a> {
    trace: &'a Trace,
    exchanges: Vec<Exchange<'a>>,
}

impl<'a> Exchange<'a> {
    /// There is a whole response, with a success status.
    fn is_served(&self) -> bool {
        self.response.is_some_and(|response| {
            matches!(response.kind, Kind::Response { status: 200..=299 }) && response.fate == Fate::Delivered
        })
    }

    /// When it came to an end, and whether by taking too long.
    fn ended(&self) -> Option<(Time, bool)> {
        failed(self.request).or_else(|| Some((self.response?.received.page()?, false)))
    }

    fn trouble(&self, given_up: bool) -> Trouble {
        match (self.response.map(|response| response.kind), self.request.failing.as_deref()) {
            (Some(Kind::Response { status }), _) if !(200..=299).contains(&status) => Trouble::Status(status),
            (_, Some(failing)) => trouble(failing),
            (None, None) if given_up => Trouble::GivenUp,
            (..) => Trouble::Unfinished,
        }
    }

    /// The browser's phases, and whether the exchange went over HTTP/1.x, where a connection carries one at a time.
    fn phases(&self) -> Option<&'a Phases> {
        self.request.phases.as_deref()
    }

    fn version(&self) -> Option<&'a str> {
        let by_browser = self.phases().map(|phases| phases.protocol.as_str()).filter(|version| !version.is_empty());
        by_browser.or(self.request.alpn.as_deref())
    }

    fn takes_turns(&self) -> bool {
        self.version().is_some_and(|version| version.starts_with("http/1"))
    }
}

/// When the browser could begin: to connect, or, on a connection that was there, to send.
fn ready(phases: &Phases) -> Time {
    if phases.connected() { phases.connect_start } else { phases.request_start }
}

impl<'a> Requests<'a> {
    /// Those of a part; none where it did not begin.
    pub(super) fn of(trace: &'a Trace, part: &str) -> Self {
        let messages: Vec<&Message> = trace.part(part).map_or_else(Vec::new, |part| trace.in_part(part).collect());
        let mut responses: HashMap<MessageId, &Message> = HashMap::new();
        for message in messages.iter().filter(|message| matches!(message.kind, Kind::Response { .. })) {
            if let Some(request) = message.answers {
                responses.insert(request, message);
            }
        }
        let requests = messages.iter().filter(|message| message.kind == Kind::Request);
        let exchanges =
            requests.map(|request| Exchange { request, response: responses.get(&request.id).copied() }).collect();
        Self { trace, exchanges }
    }

    pub(super) fn asked(&self) -> u32 {
        count(self.exchanges.len())
    }

    pub(super) fn served(&self) -> impl Iterator<Item = &Exchange<'a>> {
        self.exchanges.iter().filter(|exchange| exchange.is_served())
    }

    pub(super) fn troubles(&self) -> impl Iterator<Item = (MessageId, Trouble)> {
        let others = self.exchanges.iter().filter(|exchange| !exchange.is_served());
        let given_up = is_given_up(self.exchanges.iter().filter_map(Exchange::ended));
        others.map(move |exchange| (exchange.request.id, exchange.trouble(given_up)))
    }

    /// The server was asked to hold the answers: news was asked for, which needs no body.
    pub(super) fn held(&self) -> bool {
        let method = |exchange: &Exchange<'_>| exchange.request.target.as_ref().map(|target| target.method.clone());
        self.exchanges.iter().any(|exchange| method(exchange).is_some_and(|method| &*method == "GET"))
    }

    /// From the first call to the last whole response.
    pub(super) fn took(&self) -> Option<Span> {
        let first = self.exchanges.iter().filter_map(|exchange| exchange.request.sent.page()).min()?;
        let last = self.served().filter_map(|exchange| exchange.response?.received.page()).max()?;
        Some(last - first)
    }

    /// The version of HTTP, if it is known of all that were served, and one.
    pub(super) fn version(&self) -> Option<String> {
        let mut versions = self.served().map(Exchange::version);
        let first = versions.next()??;
        versions.all(|version| version == Some(first)).then(|| first.to_owned())
    }

    /// The connections that carried those that were served; `None` where that is not known of all.
    pub(super) fn connections(&self) -> Option<Vec<&'a Connection>> {
        let ids: Option<Vec<ConnectionId>> = self.served().map(|exchange| exchange.request.connection).collect();
        let mut ids = ids?;
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| self.trace.connection(id)).collect()
    }

    /// The first request on each connection.
    pub(super) fn first_on_each_connection(&self) -> Vec<MessageId> {
        let mut first = BTreeMap::new();
        for exchange in self.served() {
            if let Some(connection) = exchange.request.connection {
                first.entry(connection).or_insert(exchange.request.id);
            }
        }
        first.into_values().collect()
    }

    /// The most that were under way at the same time, if the browser, or else the server, tells that of all that
    /// were served.
    pub(super) fn under_way(&self) -> Option<(u32, SeenBy)> {
        self.served().next()?;
        let by_browser: Option<Vec<&Phases>> = self.served().map(Exchange::phases).collect();
        if by_browser.is_some() {
            return Some((count(most_at_once(self.sent_stretches())), SeenBy::Browser));
        }
        let by_server: Option<Vec<_>> = self
            .served()
            .map(|exchange| Some((exchange.request.received.server()?, exchange.response?.sent.server()?)))
            .collect();
        Some((count(most_at_once(by_server?)), SeenBy::Server))
    }

    /// When each was on its way. The end of one is stamped a moment after its connection is free, and the next may
    /// have begun; over HTTP/1.x a connection carries one at a time, so one ends at the latest when the next begins.
    fn sent_stretches(&self) -> Vec<(Time, Time)> {
        let mut known: Vec<(&Exchange<'_>, &Phases)> =
            self.served().filter_map(|exchange| Some((exchange, exchange.phases()?))).collect();
        known.sort_by_key(|(_, phases)| phases.request_start);
        let stretch = |place: usize, exchange: &Exchange<'_>, phases: &Phases| {
            let connection = exchange.request.connection.filter(|_| exchange.takes_turns());
            let next = connection.and_then(|connection| {
                let mut later = known[place + 1..].iter();
                later.find(|(later, _)| later.request.connection == Some(connection))
            });
            let end = next.map_or(phases.response_end, |(_, next)| phases.response_end.min(next.request_start));
            (phases.request_start, end)
        };
        known.iter().enumerate().map(|(place, (exchange, phases))| stretch(place, exchange, phases)).collect()
    }

    /// Those that could not begin before another one was done, over HTTP/1.x, with how long each waited; `None` where
    /// the browser does not tell of all that were served.
    pub(super) fn queued(&self) -> Option<Vec<(MessageId, Span)>> {
        let phases: Option<Vec<(&Exchange<'_>, &Phases)>> =
            self.served().map(|exchange| Some((exchange, exchange.phases()?))).collect();
        let phases = phases.filter(|phases| !phases.is_empty())?;
        let waited = |exchange: &Exchange<'_>, mine: &Phases| {
            phases.iter().any(|(other, theirs)| {
                let same = other.request.connection.is_some()
                    && other.request.connection == exchange.request.connection
                    && theirs.request_start < mine.request_start;
                theirs.response_end > mine.start && (same || theirs.response_end <= ready(mine))
            })
        };
        let waited = phases.iter().filter(|(exchange, mine)| exchange.takes_turns() && waited(exchange, mine));
        Some(waited.map(|(exchange, mine)| (exchange.request.id, ready(mine) - mine.start)).collect())
    }
}
