//! Writes an HTTP exchange as an entry of a HAR file.

use super::form;
use super::head::Head;
use super::model::{AtPage, AtServer, Content, Empty, Entry, Event, Pair, PostData, Request, Response};
use super::timings::Split;
use super::write::{PAGE, Writer, failure};
use crate::analysis::Provenance;
use crate::format::date;
use crate::trace::{Cause, Kind, Message, Span, Time};

impl<'a> Writer<'a> {
    /// An exchange, answered or not.
    pub(super) fn exchange(&self, request: &'a Message) -> Entry<'a> {
        let response = self.answer(request.id);
        let called = self.called(request);
        let (asked, told) = (Head::of(self.trace, request), response.map(|response| Head::of(self.trace, response)));
        let split = split(request, response, called);
        let url = self.url(request, &asked);
        let since = |at: Time| (at - called).as_millis();
        let page = response
            .map(|response| AtPage { head: response.head.map(since), read: response.received.page().map(since) });
        let began = self.epoch(called);
        let events = self.events(request.id);
        Entry {
            began,
            pageref: PAGE,
            started_date_time: date::write(began),
            time: split.total().as_millis(),
            server_ip_address: form::Url::of(&url).and_then(|url| url.ip_address()),
            response: self.response(request, response, &told.unwrap_or_default()),
            request: self.request(request, url, &asked),
            cache: Empty {},
            timings: split.written(),
            connection: self.connection(request.connection.or(response.and_then(|response| response.connection))),
            resource_type: if events.is_empty() { "fetch" } else { "eventsource" },
            turn: request.turn,
            client: request.client,
            warm_up: request.warm_up,
            page,
            server: self.at_server(request, response, called),
            events: events.iter().map(|event| self.event(event)).collect(),
            messages: None,
            control_frames: Vec::new(),
            closed: None,
        }
    }

    /// With what our instrument adds where the request line is here, else without.
    fn url(&self, request: &Message, asked: &Head) -> String {
        let endpoint = &self.trace.circumstances.http.url;
        let target = match (&asked.target, request.target.as_deref()) {
            (Some(target), _) => target.as_str(),
            (None, Some(target)) => &*target.path,
            (None, None) => return endpoint.clone(),
        };
        // A record that was made from a file may have other origins' targets, which are whole.
        match form::Url::of(endpoint) {
            Some(url) if !target.contains("://") => format!("{}{target}", url.origin()),
            _ => target.to_owned(),
        }
    }

    fn request(&self, request: &Message, url: String, asked: &Head) -> Request {
        let counted = request.overhead.zip(request.instrument).map(|(overhead, instrument)| overhead + instrument);
        Request {
            method: request.target.as_deref().map_or_else(String::new, |target| target.method.to_string()),
            query_string: form::query(&url),
            url,
            http_version: version(request, request, asked),
            cookies: asked.cookies("cookie", false),
            headers: asked.headers.clone(),
            post_data: post_data(request, asked),
            // Browsers do not send bodies in chunks, so that what is no body is head.
            headers_size: size(asked.size.or(counted)),
            body_size: size(Some(request.payload)),
            instrument: request.instrument,
        }
    }

    pub(super) fn response(&self, request: &'a Message, response: Option<&Message>, told: &Head) -> Response<'a> {
        let (error, failing) = failure(request, response);
        let streamed = !self.events(request.id).is_empty();
        Response {
            status: match response.map(|response| response.kind) {
                Some(Kind::Response { status }) => status,
                Some(Kind::SwitchingProtocols) => 101,
                _ => refused_with(request).unwrap_or(0),
            },
            status_text: told.reason.clone(),
            http_version: response.map_or_else(String::new, |response| version(request, response, told)),
            cookies: told.cookies("set-cookie", true),
            headers: headers(response, told),
            content: content(response, told, streamed),
            redirect_url: told.header("location").unwrap_or_default().to_owned(),
            headers_size: size(told.size),
            body_size: size(response.and_then(|response| body_size(response, told, streamed))),
            transfer_size: response.and_then(|response| transfer_size(response, streamed)),
            instrument: response.and_then(|response| response.instrument),
            error,
            failing,
        }
    }

    /// When the server received the request and sent the response, where it told and the clocks could be brought
    /// together.
    pub(super) fn at_server(&self, request: &Message, response: Option<&Message>, called: Time) -> Option<AtServer> {
        let by_server = |end: Option<crate::analysis::Placed>| end.filter(|end| end.provenance == Provenance::Server);
        let received = by_server(self.timeline.ends(self.trace, request).1);
        let sent = by_server(response.and_then(|response| self.timeline.ends(self.trace, response).0));
        let since = |end: crate::analysis::Placed| (end.at - called).as_millis();
        let uncertainty = received.or(sent)?.uncertainty.as_millis();
        Some(AtServer { received: received.map(since), sent: sent.map(since), uncertainty })
    }

    fn event(&self, event: &Message) -> Event {
        let text = event.copy.as_ref().and_then(|copy| String::from_utf8(copy.0.clone()).ok());
        Event {
            time: event.received.page().map(|at| self.seconds(at)),
            size: text.is_none().then_some(event.payload),
            data: text,
            turn: event.turn,
        }
    }
}

fn split(request: &Message, response: Option<&Message>, called: Time) -> Split {
    let failed = request.failing.as_deref().map(|failing| failing.at);
    let end = response.and_then(|response| response.received.page()).or(failed);
    match request.phases.as_deref() {
        Some(phases) => Split::of_phases(called, phases, end),
        None => Split::of_page(called, response.and_then(|response| response.head), end),
    }
}

fn version(request: &Message, message: &Message, head: &Head) -> String {
    if head.known {
        return head.version.clone();
    }
    let by_browser = || request.phases.as_deref().map(|phases| phases.protocol.as_str());
    message.alpn.as_deref().or(request.alpn.as_deref()).or_else(by_browser).map(form::http_version).unwrap_or_default()
}

/// Where the head is not here, what the page itself could read of it.
fn headers(response: Option<&Message>, told: &Head) -> Vec<Pair> {
    let read = response.and_then(|response| response.media_type.as_deref()).filter(|_| !told.known);
    let read = read.map(|value| Pair { name: "Content-Type".into(), value: value.into() });
    told.headers.iter().cloned().chain(read).collect()
}

fn post_data(request: &Message, asked: &Head) -> Option<PostData> {
    let copy = request.copy.as_ref().filter(|copy| !copy.0.is_empty())?;
    let (text, encoding) = form::text(&copy.0);
    Some(PostData { mime_type: asked.header("content-type").unwrap_or_default().to_owned(), text, encoding })
}

fn content(response: Option<&Message>, told: &Head, streamed: bool) -> Content {
    let copy = response.and_then(|response| response.copy.as_ref()).filter(|copy| !copy.0.is_empty());
    let (text, encoding) = copy.map(|copy| form::text(&copy.0)).unzip();
    let media_type = response.and_then(|response| response.media_type.as_deref()).or(told.header("content-type"));
    let of_page = response.filter(|_| !streamed).map(|response| response.payload);
    Content {
        size: if response.is_none() { 0 } else { size(of_page.or(told.body)) },
        mime_type: media_type.unwrap_or("x-unknown").to_owned(),
        text,
        encoding: encoding.flatten(),
    }
}

/// Bytes of a response's body as they crossed, without their framing. A page alone sees them decoded; our server, which
/// counted them, encodes nothing.
fn body_size(response: &Message, told: &Head, streamed: bool) -> Option<u64> {
    told.body.or_else(|| response.overhead.filter(|_| !streamed).map(|_| response.payload))
}

/// Bytes of the whole response.
fn transfer_size(response: &Message, streamed: bool) -> Option<u64> {
    match response.raw.as_deref() {
        Some(raw) => Some(raw.len() + raw.missing()),
        None if streamed => None,
        None => Some(response.payload + response.overhead? + response.instrument?),
    }
}

/// -1 where it is not known.
pub(super) fn size(bytes: Option<u64>) -> i64 {
    bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1)
}

/// What a stretch of the life of a connection takes that has no phases.
pub(super) fn life(asked: Time, opened: Option<Time>, end: Option<Time>) -> Split {
    let wait = opened.or(end).map_or(Span::ZERO, |at| Span((at - asked).0.max(0)));
    let receive = opened.zip(end).map_or(Span::ZERO, |(opened, end)| Span((end - opened).0.max(0)));
    Split { wait, receive, ..Split::default() }
}

/// The status with which a handshake was refused, where it is known: only of an imported one, since no page is told.
fn refused_with(handshake: &Message) -> Option<u16> {
    match handshake.failing.as_ref()?.cause {
        Cause::Status { status } if handshake.kind == Kind::Handshake => Some(status),
        _ => None,
    }
}
