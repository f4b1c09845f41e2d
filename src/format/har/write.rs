//! Writes a record as a HAR file.

use std::collections::HashMap;

use super::CREATOR;
use super::model::{Application, Empty, Entry, Failing, Har, Log, Page, Run};
use crate::analysis::Timeline;
use crate::format::date;
use crate::trace::{ConnectionId, Kind, Message, MessageId, Moment, Protocol, Time, Trace};

/// The one page's id, which all entries name.
pub(super) const PAGE: &str = "page_1";

/// A record as the text of a HAR file. The same record gives the same text.
///
/// # Errors
/// When it cannot be expressed in JSON, which no record of this version does.
pub fn write(trace: &Trace, timeline: &Timeline) -> Result<String, serde_json::Error> {
    let writer = Writer::new(trace, timeline);
    let http = trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request);
    let sockets = trace.of(Protocol::WebSocket).filter(|message| message.kind == Kind::Handshake);
    let mut entries: Vec<Entry<'_>> = http.map(|request| writer.exchange(request)).collect();
    entries.extend(sockets.map(|handshake| writer.socket(handshake)));
    entries.sort_by_key(|entry| entry.began);
    let known = &trace.circumstances;
    let (name, version) = known.browser_known_as();
    let log = Log {
        version: "1.2",
        creator: Application { name: CREATOR.into(), version: env!("CARGO_PKG_VERSION").into(), comment: None },
        browser: Application {
            name: name.to_owned(),
            version: version.to_owned(),
            comment: Some(known.browser.clone()),
        },
        pages: [Page {
            started_date_time: date::write(writer.epoch(known.origin)),
            id: PAGE,
            title: format!("Duplex: {}", known.lab),
            page_timings: Empty {},
        }],
        entries,
        run: Run {
            run: known.run.to_string(),
            lab: &known.lab,
            parameters: &known.parameters,
            version: &known.version,
            resolution: known.resolution.as_millis(),
        },
    };
    serde_json::to_string(&Har { log })
}

/// A record and what is looked up in it.
pub(super) struct Writer<'a> {
    pub(super) trace: &'a Trace,
    pub(super) timeline: &'a Timeline,
    /// What came first in answer to a request or a handshake.
    answers: HashMap<MessageId, &'a Message>,
    events: HashMap<MessageId, Vec<&'a Message>>,
    /// What a WebSocket carried, its handshake left out.
    carried: HashMap<ConnectionId, Vec<&'a Message>>,
}

impl<'a> Writer<'a> {
    fn new(trace: &'a Trace, timeline: &'a Timeline) -> Self {
        let (mut answers, mut events, mut carried) = (HashMap::new(), HashMap::new(), HashMap::new());
        for message in &trace.messages {
            match (message.kind, message.answers, message.connection) {
                (Kind::Response { .. } | Kind::SwitchingProtocols, Some(request), _) => {
                    answers.entry(request).or_insert(message);
                }
                (Kind::Event, Some(request), _) => {
                    events.entry(request).or_insert_with(Vec::new).push(message);
                }
                (Kind::Text | Kind::Binary | Kind::Close { .. }, _, Some(connection)) => {
                    carried.entry(connection).or_insert_with(Vec::new).push(message);
                }
                _ => {}
            }
        }
        // Scripts take what came from many inboxes; a file is read in the order of time.
        let lists = events.values_mut().chain(carried.values_mut());
        lists.for_each(|list: &mut Vec<&Message>| list.sort_by_key(|message| (message.page_time(), message.id)));
        Self { trace, timeline, answers, events, carried }
    }

    pub(super) fn answer(&self, request: MessageId) -> Option<&'a Message> {
        self.answers.get(&request).copied()
    }

    pub(super) fn events(&self, request: MessageId) -> &[&'a Message] {
        self.events.get(&request).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn carried(&self, connection: ConnectionId) -> &[&'a Message] {
        self.carried.get(&connection).map(Vec::as_slice).unwrap_or_default()
    }

    /// When a message was sent by the page; all of a run's were.
    pub(super) fn called(&self, message: &Message) -> Time {
        message.sent.page().unwrap_or(self.trace.circumstances.origin)
    }

    /// A time of the page's clock in µs since 1970, by the machine's own clock as the run began.
    pub(super) fn epoch(&self, at: Time) -> i64 {
        let known = &self.trace.circumstances;
        Time::from_millis(known.started).0.saturating_add(at.0.saturating_sub(known.origin.0))
    }

    /// The same in seconds, as Chromium has the times of WebSocket messages.
    pub(super) fn seconds(&self, at: Time) -> f64 {
        self.epoch(at) as f64 / 1_000_000.0
    }

    /// The number of a connection, where the server told it.
    pub(super) fn connection(&self, id: Option<ConnectionId>) -> Option<String> {
        Some(self.trace.connection(id?)?.server_id?.to_string())
    }

    /// A server's time, placed on the page's clock.
    pub(super) fn placed(&self, moment: Moment, protocol: Protocol) -> Option<crate::analysis::Placed> {
        moment.server().and_then(|_| self.timeline.place(self.trace, protocol, moment))
    }
}

/// How an exchange failed, and the word for it.
pub(super) fn failure<'a>(request: &'a Message, response: Option<&Message>) -> (Option<String>, Option<Failing<'a>>) {
    use crate::trace::Fate;
    let failing = request.failing.as_deref();
    let written = failing.map(|failing| Failing { cause: &failing.cause, inferred_from: failing.inferred_from });
    let word = match (failing, response) {
        (Some(failing), _) => Some(cause(&failing.cause)),
        (None, None) => Some("unanswered".to_owned()),
        (None, Some(response)) => (response.fate == Fate::Broken).then(|| "broken".to_owned()),
    };
    (word, written)
}

/// A cause by the name that it has in a trace file.
fn cause(cause: &crate::trace::Cause) -> String {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(tagged)) => tagged.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
