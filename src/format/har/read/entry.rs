//! An entry of somebody's HAR file, taken apart: what is there, and in a form that can be relied on.

use super::super::form::{self, Url};
use super::super::node::{HarError, Node};
use super::frames::{ControlFrame, Data};
use crate::format::date;
use crate::trace::{Closing, Span};

/// The longest time and the greatest number of bytes: what a record can hold of either.
pub(super) const MOST: u64 = 1 << 53;

/// In the year 2000: no file is older, as the format is of 2007. In µs since 1970.
const FIRST: i64 = 946_684_800_000_000;

/// An HTTP exchange or a WebSocket.
pub(super) struct Entry {
    /// In µs since 1970.
    pub(super) began: i64,
    pub(super) url: String,
    pub(super) method: String,
    pub(super) timings: Timings,
    pub(super) request: Side,
    /// `None` where there was none.
    pub(super) response: Option<Response>,
    /// An ALPN name; empty where nothing is said.
    pub(super) protocol: String,
    /// Something went wrong, by the file's account.
    pub(super) failed: bool,
    pub(super) failing: Option<(crate::trace::Cause, crate::trace::Inference)>,
    pub(super) connection: Option<Name>,
    pub(super) turn: Option<u32>,
    pub(super) client: u32,
    pub(super) warm_up: bool,
    /// What Duplex says of when the page had the response: its head, and all of it, in µs after the beginning.
    pub(super) page: [Option<Span>; 2],
    pub(super) received_by_server: bool,
    pub(super) events: Vec<Data>,
    /// `None` for HTTP.
    pub(super) socket: Option<Socket>,
}

/// What a connection is called.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) name: String,
    /// It is the browser's own, and one connection may serve several hosts (HTTP/2 coalescing, proxies); else it is one of
    /// the host's.
    pub(super) is_global: bool,
}

pub(super) struct Socket {
    pub(super) subprotocol: String,
    pub(super) extensions: String,
    pub(super) messages: Vec<Data>,
    pub(super) control_frames: Vec<ControlFrame>,
    /// When, in µs since 1970, and how.
    pub(super) closed: Option<(Option<i64>, Closing)>,
}

/// One side of an exchange.
#[derive(Default)]
pub(super) struct Side {
    pub(super) payload: u64,
    pub(super) copy: Option<Vec<u8>>,
    /// Bytes of the head.
    pub(super) head: Option<u64>,
    pub(super) instrument: Option<u64>,
}

impl Side {
    /// A handshake's has no body.
    pub(super) fn head_alone(self) -> Self {
        Self { payload: 0, copy: None, ..self }
    }
}

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) side: Side,
    pub(super) media_type: Option<String>,
}

/// The stretches of an exchange, one behind the other; `None` for what does not apply or is not known.
#[derive(Clone, Copy, Default)]
pub(super) struct Timings {
    pub(super) blocked: Option<Span>,
    pub(super) dns: Option<Span>,
    pub(super) connect: Option<Span>,
    pub(super) ssl: Option<Span>,
    pub(super) send: Option<Span>,
    pub(super) wait: Option<Span>,
    pub(super) receive: Option<Span>,
    /// The file speaks of connecting, if only to say that it did not apply.
    pub(super) tells_connect: bool,
    /// All of it.
    pub(super) total: Span,
}

impl Timings {
    /// Up to where the request begins to be sent.
    pub(super) fn before(&self) -> Span {
        [self.blocked, self.dns, self.connect].into_iter().flatten().fold(Span::ZERO, |sum, span| sum + span)
    }

    /// Up to the first byte of the response.
    pub(super) fn until_head(&self) -> Option<Span> {
        Some(self.before() + self.send.unwrap_or_default() + self.wait?)
    }

    fn read(entry: &Node<'_>) -> Result<Self, HarError> {
        let mut timings = Self::default();
        if let Some(node) = entry.field("timings") {
            node.object()?;
            let of = |name: &str| node.field(name).map_or(Ok(None), |field| span(&field));
            timings = Self {
                blocked: of("blocked")?,
                dns: of("dns")?,
                connect: of("connect")?,
                ssl: of("ssl")?,
                send: of("send")?,
                wait: of("wait")?,
                receive: of("receive")?,
                tells_connect: node.field("connect").is_some(),
                total: Span::ZERO,
            };
        }
        let whole = entry.field("time").map_or(Ok(None), |field| span(&field))?;
        let sum = timings.until_head().zip(timings.receive).map(|(head, receive)| head + receive);
        timings.total = sum.or(whole).unwrap_or_default();
        Ok(timings)
    }
}

/// A length of time in ms; what is negative stands for what is not known.
fn span(node: &Node<'_>) -> Result<Option<Span>, HarError> {
    let millis = node.number()?;
    if millis * 1_000.0 > MOST as f64 {
        return Err(node.wrong("is longer than a record can hold"));
    }
    Ok((millis >= 0.0).then(|| Span((millis * 1_000.0).round() as i64)))
}

/// A number of bytes; what is negative stands for what is not known.
fn bytes(node: Option<Node<'_>>) -> Result<Option<u64>, HarError> {
    let Some(node) = node else { return Ok(None) };
    let count = node.number()?;
    if count > MOST as f64 {
        return Err(node.wrong("is more than there can be"));
    }
    Ok((count >= 0.0).then_some(count as u64))
}

impl Entry {
    /// `None` for what crossed no connection, or is neither HTTP nor WebSocket. `ours` tells whether Duplex wrote the file:
    /// then its own fields mean something.
    pub(super) fn read(node: &Node<'_>, ours: bool) -> Result<Option<Self>, HarError> {
        node.object()?;
        let request = node.required("request")?;
        let address = request.required("url")?;
        let url = address.text()?.to_owned();
        let Some(parts) = Url::of(&url) else {
            let has_scheme = url.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty() && !scheme.contains('/'));
            return if has_scheme { Ok(None) } else { Err(address.wrong("should be an absolute URL")) };
        };
        let from_cache = node.field("_fromCache").is_some_and(|field| field.text().is_ok_and(|from| !from.is_empty()));
        // A page may have asked for a WebSocket with a scheme that there is none with, and been refused.
        let named = |field: Node<'_>| field.text().is_ok_and(|kind| kind == "websocket");
        let named_socket = node.field("_resourceType").is_some_and(named);
        if from_cache || !(named_socket || parts.is_one_of(&["http", "https", "ws", "wss"])) {
            return Ok(None);
        }
        let response = node.field("response");
        let status = response.as_ref().and_then(|response| response.field("status")).map_or(Ok(0), |it| status(&it))?;
        let is_socket = named_socket
            || parts.is_one_of(&["ws", "wss"])
            || node.field("_webSocketMessages").is_some()
            || (status == 101 && header(response.as_ref(), "upgrade")?.eq_ignore_ascii_case("websocket"));
        let own = |name: &'static str| if ours { node.field(name) } else { None };
        let started = node.required("startedDateTime")?;
        let began = date::read(started.text()?)
            .ok_or_else(|| started.wrong("should be a date such as 2025-11-21T00:00:00.000Z"))?;
        // Of a WebSocket that nobody answered Chromium has no date, and counts from the machine's start.
        if began < if ours { 0 } else { FIRST } {
            return Ok(None);
        }
        let response_version = match &response {
            Some(response) => response.text_of("httpVersion")?,
            None => String::new(),
        };
        let version = if response_version.is_empty() { request.text_of("httpVersion")? } else { response_version };
        let protocol = form::alpn(&version);
        let failing = response.as_ref().and_then(|response| response.field("_failing")).filter(|_| ours);
        let words = |name| response.as_ref().and_then(|response| response.field(name));
        let error = words("_error").or(words("_failureText"));
        Ok(Some(Self {
            began,
            method: request.text_of("method")?,
            timings: Timings::read(node)?,
            request: asked(&request, &protocol, ours)?,
            response: match &response {
                Some(response) if status > 0 => Some(Response::read(response, status as u16, &protocol, ours)?),
                _ => None,
            },
            failed: error.is_some_and(|error| error.text().is_ok_and(|error| !error.is_empty())),
            failing: failing.and_then(|node| super::failing(node.value())),
            connection: connection(node, &parts, ours)?,
            turn: own("_turn").map(|turn| turn.whole(super::MOST_TURNS).map(|turn| turn as u32)).transpose()?,
            client: own("_client").map_or(Ok(0), |client| client.whole(super::MOST_TURNS))? as u32,
            warm_up: own("_warmUp").is_some_and(|field| field.is_true()),
            page: page(own("_page"))?,
            received_by_server: own("_server").is_some_and(|server| server.field("received").is_some()),
            events: node
                .field("_eventSourceMessages")
                .map_or_else(|| Ok(Vec::new()), |list| Data::events(&list, ours))?,
            socket: is_socket.then(|| Socket::read(node, response.as_ref(), ours)).transpose()?,
            protocol,
            url,
        }))
    }
}

/// 0 where there was none, which some tools write as -1.
fn status(node: &Node<'_>) -> Result<u64, HarError> {
    if node.number()? < 0.0 { Ok(0) } else { node.whole(999) }
}

/// The time at which the page had a response's head, and all of it.
fn page(node: Option<Node<'_>>) -> Result<[Option<Span>; 2], HarError> {
    let Some(node) = node else { return Ok([None; 2]) };
    let of = |name: &str| node.field(name).map_or(Ok(None), |field| span(&field));
    Ok([of("head")?, of("read")?])
}

/// Which connection carried it. Some tools write the server's port there, which is no name of a connection; Chromium
/// has the name beside it then.
fn connection(node: &Node<'_>, url: &Url<'_>, ours: bool) -> Result<Option<Name>, HarError> {
    let name = |field: &'static str| -> Result<Option<String>, HarError> {
        let Some(field) = node.field(field) else { return Ok(None) };
        let name = match field.value().as_u64() {
            Some(number) => number.to_string(),
            None => field.text()?.to_owned(),
        };
        Ok(Some(name).filter(|name| !name.is_empty()))
    };
    let of_host = |name| Name { name, is_global: false };
    if ours {
        return Ok(name("connection")?.map(of_host));
    }
    // Chromium numbers its connections from 1.
    let by_browser = name("_connectionId")?.filter(|name| name != "0");
    let by_host = name("connection")?.filter(|name| name != url.port()).map(of_host);
    Ok(by_browser.map(|name| Name { name, is_global: true }).or(by_host))
}

fn asked(node: &Node<'_>, protocol: &str, ours: bool) -> Result<Side, HarError> {
    let posted = node.field("postData");
    let copy = match &posted {
        Some(posted) => posted.field("text").map(|text| decoded(&text, posted.field("_encoding"))).transpose()?,
        None => None,
    };
    side(node, bytes(node.field("bodySize"))?, copy, protocol, ours)
}

/// The value of a response's header; empty where there is none.
fn header(response: Option<&Node<'_>>, name: &str) -> Result<String, HarError> {
    let Some(headers) = response.and_then(|response| response.field("headers")) else { return Ok(String::new()) };
    for header in headers.items()? {
        if header.text_of("name")?.eq_ignore_ascii_case(name) {
            return header.text_of("value");
        }
    }
    Ok(String::new())
}

/// A text that may be in base64.
fn decoded(text: &Node<'_>, encoding: Option<Node<'_>>) -> Result<Vec<u8>, HarError> {
    let given = text.text()?;
    let is_base64 = match encoding {
        Some(encoding) => encoding.text()?.eq_ignore_ascii_case("base64"),
        None => false,
    };
    match is_base64 {
        true => form::from_base64(given).ok_or_else(|| text.wrong("should be base64")),
        false => Ok(given.as_bytes().to_vec()),
    }
}

/// A copy that is not as long as what crossed was cut short, or put into another character set: it is none.
fn side(
    node: &Node<'_>,
    size: Option<u64>,
    copy: Option<Vec<u8>>,
    protocol: &str,
    ours: bool,
) -> Result<Side, HarError> {
    let length = copy.as_ref().map(|copy| copy.len() as u64);
    let payload = size.or(length).unwrap_or(0);
    // Over HTTP/2 and 3 heads cross compressed: what files say is another figure there.
    let head = bytes(node.field("headersSize"))?.filter(|_| protocol.starts_with("http/1"));
    let instrument = if ours { bytes(node.field("_instrumentSize"))? } else { None };
    let empty = (payload == 0).then(Vec::new);
    Ok(Side { payload, copy: copy.filter(|_| length == Some(payload)).or(empty), head, instrument })
}

impl Response {
    fn read(node: &Node<'_>, status: u16, protocol: &str, ours: bool) -> Result<Self, HarError> {
        let body = bytes(node.field("bodySize"))?;
        let Some(content) = node.field("content") else {
            return Ok(Self { status, side: side(node, body, None, protocol, ours)?, media_type: None });
        };
        content.object()?;
        let copy = content.field("text").map(|text| decoded(&text, content.field("encoding"))).transpose()?;
        let size = bytes(content.field("size"))?.or(body);
        let media_type = content.text_of("mimeType")?;
        let media_type = Some(media_type).filter(|given| !given.is_empty() && given != "x-unknown");
        Ok(Self { status, side: side(node, size, copy, protocol, ours)?, media_type })
    }
}

impl Socket {
    fn read(node: &Node<'_>, response: Option<&Node<'_>>, ours: bool) -> Result<Self, HarError> {
        let (subprotocol, extensions) =
            (header(response, "sec-websocket-protocol")?, header(response, "sec-websocket-extensions")?);
        let messages = match node.field("_webSocketMessages") {
            Some(list) => Data::messages(&list, &subprotocol, ours)?,
            None => Vec::new(),
        };
        let own = |name: &'static str| if ours { node.field(name) } else { None };
        let mut control_frames = match node.field("_webSocketMessages") {
            Some(list) => ControlFrame::closes(&list)?,
            None => Vec::new(),
        };
        if let Some(list) = own("_controlFrames") {
            control_frames.extend(ControlFrame::closes(&list)?);
        }
        let closed = own("_closed").map(|closed| super::frames::closed(&closed)).transpose()?.flatten();
        Ok(Self { subprotocol, extensions, messages, control_frames, closed })
    }
}
