//! What is unusual about connections, and what the browser did by itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Fact, count, finding};
use crate::analysis::at_once::while_at_least;
use crate::analysis::judgement::Finding;
use crate::analysis::{Placed, Timeline};
use crate::trace::{Connection, ConnectionId, Kind, Message, MessageId, Protocol, Span, Time, Trace};

/// How many connections browsers open to one server over HTTP/1.1.
const SIX: usize = 6;

/// What is unusual.
pub(super) fn notable(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let requests: Vec<&Message> = trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request).collect();
    let found = [
        open_before(trace, &requests),
        not_reused(trace, timeline, &requests),
        preflight(&requests),
        behind_six(trace, &requests),
        sent_again(trace, &requests),
        versions_differ(&requests),
        tls_resumed(trace),
        compressed(trace),
    ];
    found.into_iter().flatten().chain(other_versions(&requests)).collect()
}

fn open_before(trace: &Trace, requests: &[&Message]) -> Option<Finding> {
    let mut carried: BTreeMap<ConnectionId, Vec<MessageId>> = BTreeMap::new();
    for request in requests {
        let connection = request.connection.and_then(|id| trace.connection(id));
        if let Some(connection) = connection.filter(|connection| connection.already_open) {
            carried.entry(connection.id).or_default().push(request.id);
        }
    }
    let first: Vec<MessageId> = carried.values().filter_map(|requests| requests.first().copied()).collect();
    let requests = carried.values().map(Vec::len).sum();
    let fact = Fact::OpenBefore { connections: count(carried.len()), requests: count(requests) };
    (!first.is_empty()).then(|| finding(fact, first))
}

/// When a connection was free.
struct Idle {
    /// When the last response on it was whole.
    since: Time,
    /// When it may have begun to end; `None` if it was open when the server gave its account.
    until: Option<Time>,
}

/// Requests on a new connection while another one was idle. That it was idle the page's own times tell; that it was
/// open is known only from the server's account. Which connection the browser tried first for a request that it sent
/// again is not known, so such a one is left out.
fn not_reused(trace: &Trace, timeline: &Timeline, requests: &[&Message]) -> Option<Finding> {
    let responses = responses(trace);
    let mut known: HashMap<ConnectionId, Option<Idle>> = HashMap::new();
    let mut found = Vec::new();
    for request in requests {
        let connection = request.connection.and_then(|id| trace.connection(id));
        let (Some(sent), Some(connection)) = (request.sent.page(), connection) else { continue };
        let is_new = !known.contains_key(&connection.id) && !connection.already_open;
        let is_free = |idle: &Option<Idle>| {
            idle.as_ref().is_some_and(|idle| idle.since < sent && idle.until.is_none_or(|until| until > sent))
        };
        let came_once = request.arrivals.is_none_or(|arrivals| arrivals == 1);
        if is_new && came_once && takes_turns(request) && known.values().any(is_free) {
            found.push(request.id);
        }
        let response = responses.get(&request.id).filter(|_| takes_turns(request));
        known.insert(connection.id, response.and_then(|response| idle_after(trace, timeline, connection, response)));
    }
    let fact = Fact::NotReused { requests: count(found.len()) };
    (!found.is_empty()).then(|| finding(fact, found))
}

/// When a connection was free after a response; `None` if it was not, or nobody told.
fn idle_after(trace: &Trace, timeline: &Timeline, connection: &Connection, response: &Message) -> Option<Idle> {
    let since = response.received.page()?;
    // Without the server's account nothing is known of it.
    connection.bytes?;
    let Some(closed) = &connection.closed else { return Some(Idle { since, until: None }) };
    // It ended at some time: because it was agreed on with this response?
    if says_close(response)? {
        return None;
    }
    let Placed { at, uncertainty, .. } = timeline.place(trace, Protocol::Http, closed.at)?;
    Some(Idle { since, until: Some(at - uncertainty) })
}

/// The response says that the connection ends with it (RFC 9112 §9.6); `None` where its head is not there.
fn says_close(response: &Message) -> Option<bool> {
    let bytes = response.raw.as_deref()?.bytes();
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    Some(
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .any(|(name, value)| name == "connection" && value.trim() == "close"),
    )
}

/// What answered each request.
fn responses(trace: &Trace) -> HashMap<MessageId, &Message> {
    let responses = trace.of(Protocol::Http).filter(|message| matches!(message.kind, Kind::Response { .. }));
    responses.filter_map(|response| Some((response.answers?, response))).collect()
}

/// It went over HTTP/1.1, where a connection carries one exchange at a time and is kept unless somebody closes it.
fn takes_turns(request: &Message) -> bool {
    version(request) == Some("http/1.1")
}

fn version(request: &Message) -> Option<&str> {
    by_browser(request).or(request.alpn.as_deref())
}

fn by_browser(request: &Message) -> Option<&str> {
    let phases = request.phases.as_deref()?;
    Some(phases.protocol.as_str()).filter(|version| !version.is_empty())
}

fn preflight(requests: &[&Message]) -> Option<Finding> {
    let asked: Vec<MessageId> = requests.iter().filter(|request| request.preflight).map(|request| request.id).collect();
    (!asked.is_empty()).then(|| finding(Fact::Preflight { requests: count(asked.len()) }, asked))
}

/// Requests that waited while six others were under way. The lab `crowd` speaks of nothing else, and says it itself.
fn behind_six(trace: &Trace, requests: &[&Message]) -> Option<Finding> {
    if trace.circumstances.lab == "crowd" {
        return None;
    }
    let turns: Vec<_> = requests
        .iter()
        .filter(|request| version(request).is_some_and(|version| version.starts_with("http/1")))
        .filter_map(|request| Some((request.id, request.phases.as_deref()?)))
        .collect();
    let full = while_at_least(SIX, turns.iter().map(|(_, phases)| (phases.request_start, phases.response_end)));
    // A wait that the clock can hardly tell is none.
    let least = trace.circumstances.resolution + trace.circumstances.resolution;
    let waited = turns.iter().filter_map(|(id, phases)| {
        let behind = full.iter().map(|(from, until)| phases.request_start.min(*until) - phases.start.max(*from));
        let behind = behind.filter(|span| *span > Span::ZERO).fold(Span::ZERO, |sum, span| sum + span);
        (behind > least).then_some((*id, behind))
    });
    let waited: Vec<(MessageId, Span)> = waited.collect();
    let longest = waited.iter().map(|(_, span)| *span).max()?;
    let messages: Vec<MessageId> = waited.into_iter().map(|(id, _)| id).collect();
    Some(finding(Fact::BehindSix { requests: count(messages.len()), longest }, messages))
}

/// Requests that the browser sent again. An event stream that it asked for again is none: browsers have to (HTML §9.2.3).
/// The lab `interruption` speaks of little else, and says it itself.
fn sent_again(trace: &Trace, requests: &[&Message]) -> Option<Finding> {
    if trace.circumstances.lab == "interruption" {
        return None;
    }
    let streams: HashSet<MessageId> = trace
        .of(Protocol::Http)
        .filter(|message| message.kind == Kind::Event)
        .filter_map(|message| message.answers)
        .collect();
    let again: Vec<(MessageId, u32)> = requests
        .iter()
        .filter(|request| !streams.contains(&request.id))
        .filter_map(|request| Some((request.id, request.arrivals.filter(|arrivals| *arrivals > 1)?)))
        .collect();
    let most = again.iter().map(|(_, arrivals)| *arrivals).max()?;
    let messages: Vec<MessageId> = again.into_iter().map(|(id, _)| id).collect();
    Some(finding(Fact::SentAgain { requests: count(messages.len()), most }, messages))
}

/// One finding for each version that is not HTTP/1.1.
fn other_versions(requests: &[&Message]) -> Vec<Finding> {
    let mut by_version: BTreeMap<&str, Vec<MessageId>> = BTreeMap::new();
    for request in requests {
        if let Some(version) = version(request) {
            by_version.entry(version).or_default().push(request.id);
        }
    }
    let of = count(by_version.values().map(Vec::len).sum());
    let others = by_version.into_iter().filter(|(version, _)| *version != "http/1.1");
    others
        .map(|(version, messages)| {
            let fact = Fact::OtherVersion { version: version.to_owned(), requests: count(messages.len()), of };
            finding(fact, messages)
        })
        .collect()
}

fn versions_differ(requests: &[&Message]) -> Option<Finding> {
    let both =
        |request: &&Message| Some((request.id, by_browser(request)?.to_owned(), request.alpn.as_deref()?.to_owned()));
    let differing: Vec<_> = requests.iter().filter_map(both).filter(|(_, browser, server)| browser != server).collect();
    let (_, browser, server) = differing.first()?.clone();
    let messages: Vec<MessageId> = differing.into_iter().map(|(id, ..)| id).collect();
    Some(finding(Fact::VersionsDiffer { requests: count(messages.len()), browser, server }, messages))
}

fn tls_resumed(trace: &Trace) -> Option<Finding> {
    let with_tls: Vec<&Connection> = trace.connections.iter().filter(|connection| connection.tls.is_some()).collect();
    let resumed: Vec<&Connection> =
        with_tls.iter().copied().filter(|connection| connection.tls.as_ref().is_some_and(|tls| tls.resumed)).collect();
    let fact = Fact::TlsResumed { connections: count(resumed.len()), of: count(with_tls.len()) };
    (!resumed.is_empty()).then(|| finding(fact, first_on_each(trace, &resumed)))
}

fn compressed(trace: &Trace) -> Option<Finding> {
    let agreed = |connection: &&Connection| connection.extensions.contains("permessage-deflate");
    let sockets: Vec<&Connection> = trace.connections.iter().filter(agreed).collect();
    let is_carried = |message: &&Message| {
        matches!(message.kind, Kind::Binary | Kind::Text)
            && sockets.iter().any(|socket| message.connection == Some(socket.id))
    };
    let messages = count(trace.of(Protocol::WebSocket).filter(is_carried).count());
    let fact = Fact::Compressed { sockets: count(sockets.len()), messages };
    (!sockets.is_empty()).then(|| finding(fact, first_on_each(trace, &sockets)))
}

/// The first message on each connection.
fn first_on_each(trace: &Trace, connections: &[&Connection]) -> Vec<MessageId> {
    let first = |connection: &&Connection| {
        trace.messages.iter().find(|message| message.connection == Some(connection.id)).map(|message| message.id)
    };
    connections.iter().filter_map(first).collect()
}
