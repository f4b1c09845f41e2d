//! A HAR made of the browser's own DevTools-protocol events, as its developer tools make one: what the page's is compared
//! with. Only what is compared is in it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFinished, EventRequestWillBeSent, EventResponseReceived, EventResponseReceivedExtraInfo,
    EventWebSocketClosed, EventWebSocketCreated, EventWebSocketFrameReceived, EventWebSocketFrameSent,
    EventWebSocketHandshakeResponseReceived, EventWebSocketWillSendHandshakeRequest,
};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::watch;

/// How long events may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// An event: its name, and what it says.
type Event = (&'static str, Value);

/// The events of a tab, from now on.
pub(crate) struct HarLog {
    events: Arc<watch::Sender<Vec<Event>>>,
}

/// What the browser says of one exchange; times are in ms since 1970.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) status: u64,
    /// When the request was made.
    pub(crate) started: f64,
    /// The first byte of the response, and its last.
    pub(crate) answered: f64,
    pub(crate) ended: f64,
    /// Of a new connection; -1 where one was reused.
    pub(crate) connect: f64,
    /// The response's head as it came, in bytes.
    pub(crate) head: usize,
    /// All of the response, in bytes.
    pub(crate) transferred: f64,
    pub(crate) connection: u64,
}

/// What the browser says of one WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) url: String,
    pub(crate) status: u64,
    /// When the handshake was sent.
    pub(crate) started: f64,
    /// When the 101 was there.
    pub(crate) opened: f64,
    pub(crate) head: usize,
    pub(crate) frames: Vec<Frame>,
}

/// A data frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) is_sent: bool,
    pub(crate) opcode: u64,
    pub(crate) payload: Vec<u8>,
    pub(crate) time: f64,
}

impl HarLog {
    /// Begins to follow; the page must have network events enabled.
    pub(crate) async fn follow(page: &Page) -> Self {
        let events = Arc::new(watch::Sender::new(Vec::new()));
        macro_rules! on {
            ($name:literal, $event:ty) => {{
                let mut listener = page.event_listener::<$event>().await.expect("a listener");
                let events = events.clone();
                tokio::spawn(async move {
                    while let Some(event) = listener.next().await {
                        let told = serde_json::to_value(&*event).expect("an event is JSON");
                        events.send_modify(|events: &mut Vec<Event>| events.push(($name, told)));
                    }
                });
            }};
        }
        on!("request", EventRequestWillBeSent);
        on!("response", EventResponseReceived);
        on!("head", EventResponseReceivedExtraInfo);
        on!("finished", EventLoadingFinished);
        on!("created", EventWebSocketCreated);
        on!("handshake", EventWebSocketWillSendHandshakeRequest);
        on!("opened", EventWebSocketHandshakeResponseReceived);
        on!("sent", EventWebSocketFrameSent);
        on!("received", EventWebSocketFrameReceived);
        on!("closed", EventWebSocketClosed);
        Self { events }
    }

    /// A run's exchanges with the echo and its WebSockets, each in the order in which they began, once there are so many
    /// and all of them have ended.
    pub(crate) async fn of_run(&self, run: &str, exchanges: usize, sockets: usize) -> (Vec<Exchange>, Vec<Socket>) {
        let mut changes = self.events.subscribe();
        let all = |events: &Vec<Event>| {
            let found = (self::exchanges(events, run), self::sockets(events, run));
            (found.0.len() == exchanges && found.1.len() == sockets).then_some(found)
        };
        let waited = tokio::time::timeout(PATIENCE, changes.wait_for(|events| all(events).is_some())).await;
        let events = self.events.borrow();
        assert!(waited.is_ok(), "the browser's log never came so far: {events:?}");
        all(&events).expect("they are all there")
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What events of that name say of a request.
fn of<'a>(events: &'a [Event], name: &str, id: &Value) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |(its, told)| *its == name && told["requestId"] == *id).map(|(_, told)| told)
}

fn exchanges(events: &[Event], run: &str) -> Vec<Exchange> {
    let of_run = |url: &str| url.contains("/echo") && url.contains(run);
    let requests = events.iter().filter(|(name, told)| *name == "request" && of_run(text(&told["request"]["url"])));
    requests.filter_map(|(_, request)| exchange(events, request)).collect()
}

fn exchange(events: &[Event], request: &Value) -> Option<Exchange> {
    let one = |name| of(events, name, &request["requestId"]).next();
    let (response, head, finished) = (&one("response")?["response"], one("head")?, one("finished")?);
    // The browser's monotonic clock, in s, beside the machine's.
    let wall = |monotonic: f64| (number(&request["wallTime"]) + monotonic - number(&request["timestamp"])) * 1_000.0;
    let timing = &response["timing"];
    let point = |name: &str| number(&timing[name]);
    let connect = if point("connectStart") < 0.0 { -1.0 } else { point("connectEnd") - point("connectStart") };
    Some(Exchange {
        url: text(&request["request"]["url"]).to_owned(),
        method: text(&request["request"]["method"]).to_owned(),
        status: response["status"].as_u64()?,
        started: wall(number(&request["timestamp"])),
        answered: wall(point("requestTime") + point("receiveHeadersStart") / 1_000.0),
        ended: wall(number(&finished["timestamp"])),
        connect,
        head: text(&head["headersText"]).len(),
        transferred: number(&finished["encodedDataLength"]),
        connection: number(&response["connectionId"]) as u64,
    })
}

fn sockets(events: &[Event], run: &str) -> Vec<Socket> {
    let handshakes = events.iter().filter(|(name, _)| *name == "handshake");
    handshakes.filter_map(|(_, handshake)| socket(events, handshake, run)).collect()
}

/// A WebSocket of the run that was opened and has closed.
fn socket(events: &[Event], handshake: &Value, run: &str) -> Option<Socket> {
    let id = &handshake["requestId"];
    let opened = of(events, "opened", id).next()?;
    of(events, "closed", id).next()?;
    let url = of(events, "created", id).next().map(|created| text(&created["url"])).filter(|url| url.contains(run))?;
    let wall = |told: &Value| {
        (number(&handshake["wallTime"]) + number(&told["timestamp"]) - number(&handshake["timestamp"])) * 1_000.0
    };
    let frames = events.iter().filter(|(name, told)| matches!(*name, "sent" | "received") && told["requestId"] == *id);
    let frame = |(name, told): &Event| {
        let (opcode, data) = (number(&told["response"]["opcode"]) as u64, text(&told["response"]["payloadData"]));
        let payload = match opcode {
            1 => data.as_bytes().to_vec(),
            2 => base64::engine::general_purpose::STANDARD.decode(data).expect("binary frames are base64"),
            _ => return None,
        };
        Some(Frame { is_sent: *name == "sent", opcode, payload, time: wall(told) })
    };
    let mut frames: Vec<Frame> = frames.filter_map(frame).collect();
    // Each kind of event has a listener of its own.
    frames.sort_by(|one, other| one.time.total_cmp(&other.time));
    Some(Socket {
        url: url.to_owned(),
        status: opened["response"]["status"].as_u64()?,
        started: wall(handshake),
        opened: wall(opened),
        head: text(&opened["response"]["headersText"]).len(),
        frames,
    })
}
