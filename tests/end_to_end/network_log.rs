//! The browser's own account of its traffic, from the DevTools protocol.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventLoadingFinished, EventRequestWillBeSent, EventResponseReceived, EventWebSocketCreated,
    EventWebSocketFrameError, EventWebSocketFrameReceived, EventWebSocketFrameSent, WebSocketFrame,
};
use futures_util::StreamExt as _;
use tokio::sync::watch;

/// How long events may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the browser did on behalf of the page.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// URLs of requests, by request id.
    pub(crate) requests: HashMap<String, String>,
    /// TCP connections that carried responses, by request id.
    pub(crate) connections: HashMap<String, u64>,
    /// The protocol of responses as the browser names it, by request id.
    pub(crate) protocols: HashMap<String, String>,
    /// Requests that were read to their end or failed.
    pub(crate) ended: BTreeSet<String>,
    /// Why requests failed (`net::ERR_…`), by request id.
    pub(crate) failures: HashMap<String, String>,
    /// URLs of WebSockets.
    pub(crate) sockets: Vec<String>,
    /// What the browser wrote into its console about WebSockets that broke, by their URL.
    pub(crate) broken: HashMap<String, String>,
    /// URLs of WebSockets, by request id.
    urls: HashMap<String, String>,
    /// Payloads of frames that the page sent.
    pub(crate) sent: Vec<Vec<u8>>,
    /// Payloads of frames that the page received.
    pub(crate) received: Vec<Vec<u8>>,
}

impl Log {
    /// Requests to the echo that belong to a run, each with its connection.
    pub(crate) fn echoes(&self, run: &str) -> Vec<(String, Option<u64>)> {
        let of_run = self.requests.iter().filter(|(_, url)| url.contains("/echo") && url.contains(run));
        of_run.map(|(id, url)| (url.clone(), self.connections.get(id).copied())).collect()
    }

    /// The protocols of a run's requests, each once.
    pub(crate) fn echo_protocols(&self, run: &str) -> BTreeSet<String> {
        let of_run = self.requests.iter().filter(|(_, url)| url.contains("/echo") && url.contains(run));
        of_run.filter_map(|(id, _)| self.protocols.get(id).cloned()).collect()
    }

    /// Why the request to a URL failed, or `None` if it was read to its end or still goes on.
    pub(crate) fn failure(&self, url: &str) -> Option<&str> {
        let id = self.requests.iter().find(|(_, its)| *its == url).map(|(id, _)| id)?;
        self.failures.get(id).map(String::as_str)
    }

    /// Whether the request to a URL is over.
    pub(crate) fn is_over(&self, url: &str) -> bool {
        self.requests.iter().any(|(id, its)| its == url && self.ended.contains(id))
    }

    /// The connection that carried an exchange of a run, by its number; `None` while there is no response.
    pub(crate) fn connection_of(&self, run: &str, number: u32) -> Option<u64> {
        let wanted = format!("n={number}");
        let is_it = |url: &str| {
            let query = url.split_once('?').map_or("", |(_, query)| query);
            url.contains(run) && query.split('&').any(|pair| pair == wanted)
        };
        let id = self.requests.iter().find(|(id, url)| is_it(url) && self.connections.contains_key(*id))?.0;
        self.connections.get(id).copied()
    }

    /// The distinct connections that carried a run's requests.
    pub(crate) fn echo_connections(&self, run: &str) -> usize {
        self.echoes(run).into_iter().filter_map(|(_, connection)| connection).collect::<BTreeSet<_>>().len()
    }
}

/// Follows a page's traffic.
#[derive(Clone)]
pub(crate) struct NetworkLog {
    log: Arc<watch::Sender<Log>>,
}

impl NetworkLog {
    /// Begins to follow; the page must have network events enabled.
    pub(crate) async fn follow(page: &Page) -> Self {
        let log = Arc::new(watch::Sender::new(Log::default()));
        macro_rules! on {
            ($event:ty, $take:expr) => {{
                let mut events = page.event_listener::<$event>().await.expect("a listener");
                let log = log.clone();
                tokio::spawn(async move {
                    while let Some(event) = events.next().await {
                        let take: fn(&mut Log, &$event) = $take;
                        log.send_modify(|log| take(log, &event));
                    }
                });
            }};
        }
        on!(EventRequestWillBeSent, |log, event| {
            log.requests.insert(event.request_id.inner().clone(), event.request.url.clone());
        });
        on!(EventResponseReceived, |log, event| {
            let connection = event.response.connection_id as u64;
            log.connections.insert(event.request_id.inner().clone(), connection);
            let protocol = event.response.protocol.clone().unwrap_or_default();
            log.protocols.insert(event.request_id.inner().clone(), protocol);
        });
        on!(EventLoadingFinished, |log, event| {
            log.ended.insert(event.request_id.inner().clone());
        });
        on!(EventLoadingFailed, |log, event| {
            log.ended.insert(event.request_id.inner().clone());
            log.failures.insert(event.request_id.inner().clone(), event.error_text.clone());
        });
        on!(EventWebSocketCreated, |log, event| {
            log.sockets.push(event.url.clone());
            log.urls.insert(event.request_id.inner().clone(), event.url.clone());
        });
        on!(EventWebSocketFrameError, |log, event| {
            if let Some(url) = log.urls.get(event.request_id.inner()) {
                log.broken.insert(url.clone(), event.error_message.clone());
            }
        });
        on!(EventWebSocketFrameSent, |log, event| log.sent.extend(data_frame(&event.response)));
        on!(EventWebSocketFrameReceived, |log, event| log.received.extend(data_frame(&event.response)));
        Self { log }
    }

    /// The URLs of all requests until now, and of all WebSockets.
    pub(crate) async fn traffic(&self) -> (Vec<String>, Vec<String>) {
        self.once(|_| true, |log| (log.requests.values().cloned().collect(), log.sockets.clone())).await
    }

    /// Looks at the log once a condition holds: events reach us a little later than the page.
    pub(crate) async fn once<T>(&self, holds: impl Fn(&Log) -> bool, look: impl FnOnce(&Log) -> T) -> T {
        let mut changes = self.log.subscribe();
        let in_time = tokio::time::timeout(PATIENCE, changes.wait_for(|log| holds(log))).await.is_ok();
        let log = self.log.borrow();
        assert!(in_time, "the browser's log never came so far: {log:?}");
        look(&log)
    }
}

/// The payload of a text or binary frame (RFC 6455 §5.2).
fn data_frame(frame: &WebSocketFrame) -> Option<Vec<u8>> {
    match frame.opcode as u8 {
        1 => Some(frame.payload_data.clone().into_bytes()),
        2 => Some(
            base64::engine::general_purpose::STANDARD.decode(&frame.payload_data).expect("binary frames are base64"),
        ),
        _ => None,
    }
}
