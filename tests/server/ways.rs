//! What the tests of news, memory and rooms have in common: a POST, a WebSocket at any address, and
//! a reader of server-sent events that decodes chunks by hand.

use std::fmt::Debug;

use serde::de::DeserializeOwned;

use crate::harness::{RawClient, Response, TestServer};

/// `POST` of a text on a connection of its own.
pub(crate) async fn post(server: &TestServer, target: &str, body: &str) -> Response {
    post_on(&mut server.connect().await, target, body).await
}

/// `POST` of a text, as a page sends it without a preflight.
pub(crate) async fn post_on(client: &mut RawClient, target: &str, body: &str) -> Response {
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    client.exchange(&head, body.as_bytes()).await
}

/// A WebSocket's opening at an address.
fn handshake(target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// Asks for a WebSocket; the answer may be a refusal.
pub(crate) async fn ask_for_websocket(server: &TestServer, target: &str) -> Response {
    server.connect().await.exchange(&handshake(target), b"").await
}

/// Opens a WebSocket.
pub(crate) async fn websocket(server: &TestServer, target: &str) -> RawClient {
    websocket_on(server.connect().await, target).await
}

/// Opens a WebSocket on a connection.
pub(crate) async fn websocket_on(mut client: RawClient, target: &str) -> RawClient {
    let response = client.exchange(&handshake(target), b"").await;
    assert_eq!(response.status, 101, "{response:?}");
    client
}

/// Sends a text message.
pub(crate) async fn send_text(client: &mut RawClient, text: &str) {
    client.send_frame(0x81, text.as_bytes()).await;
}

/// The next text message, read as JSON.
pub(crate) async fn receive<T: DeserializeOwned>(client: &mut RawClient) -> T {
    let (first, payload) = client.frame().await;
    assert_eq!(first, 0x81, "a whole text message: {:?}", String::from_utf8_lossy(&payload));
    serde_json::from_slice(&payload).expect("the message is the JSON that is expected")
}

/// A server-sent event (HTML standard, §9.2.6).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) kind: String,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.data).expect("the data is the JSON that is expected")
    }
}

/// A reader of server-sent events.
pub(crate) struct EventSource {
    pub(crate) head: Response,
    client: RawClient,
    /// Of the body, decoded and not yet taken.
    text: String,
    ended: bool,
}

impl EventSource {
    /// Asks for a stream; `more` are header lines.
    pub(crate) async fn open(server: &TestServer, target: &str, more: &str) -> Self {
        let mut client = server.connect().await;
        let head = format!("GET {target} HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n{more}\r\n");
        let head = client.exchange(&head, b"").await;
        assert_eq!(head.status, 200, "{head:?}");
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        assert_eq!(head.header("transfer-encoding"), Some("chunked"));
        Self { head, client, text: String::new(), ended: false }
    }

    /// The next event, or `None` at the end of the body. Comments and `retry` are passed over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = parse(block);
                self.text = rest.to_owned();
                if let Some(event) = event {
                    return Some(event);
                }
                continue;
            }
            if self.ended {
                assert_eq!(self.text, "", "the body ends with an event");
                return None;
            }
            let chunk = self.chunk().await;
            self.ended = chunk.is_empty();
            self.text.push_str(&String::from_utf8(chunk).expect("an event stream is UTF-8"));
        }
    }

    /// The next chunk of the body (RFC 9112 §7.1); the last one is empty.
    async fn chunk(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.client.take(1).await);
        }
        let length = str::from_utf8(&line).expect("a chunk's size is text").trim_end();
        let length = usize::from_str_radix(length, 16).expect("and hexadecimal");
        let chunk = self.client.take(length).await;
        assert_eq!(self.client.take(2).await, b"\r\n");
        chunk
    }
}

fn parse(block: &str) -> Option<Event> {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => event.id = Some(id.to_owned()),
            Some(("event", kind)) => event.kind = kind.to_owned(),
            Some(("data", data)) => event.data = data.to_owned(),
            Some(("retry", time)) => assert!(time.parse::<u32>().is_ok(), "{line}"),
            _ => assert!(line.starts_with(':'), "what is {line}?"),
        }
    }
    (!event.data.is_empty()).then_some(event)
}

/// What any page may read, and what tells it how the response came about.
pub(crate) fn assert_instrumented(response: &Response) {
    assert!(response.evidence().connection.is_some());
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("timing-allow-origin"), Some("*"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("set-cookie"), None);
}
