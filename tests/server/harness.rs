//! A server to test, and a client that knows every byte it wrote and read.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use duplex::server::{Config, Server};
use duplex::wire::{Evidence, RunId, Transcript};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A run id for tests.
pub(crate) const RUN: RunId = RunId(0x0123_4567_89ab_cdef);

/// Waits for what must come, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it comes in time")
}

/// A server on a free port.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// Where it speaks TLS.
    pub(crate) tls: Option<SocketAddr>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// One with the default limits and without a page.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// One with another configuration.
    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new((Ipv4Addr::LOCALHOST, 0).into());
        configure(&mut config);
        let server = Server::bind(config).await.expect("the server starts");
        let (address, tls) = (server.address(), server.tls_address());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async { stopped.await.expect("the test stops it or ends") }));
        Self { address, tls, stop, task }
    }

    /// Tells it to end, and returns what resolves when it has.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).expect("it runs");
        self.task
    }

    pub(crate) async fn connect(&self) -> RawClient {
        RawClient::connect(self.address).await
    }

    /// Asks for a transcript on a connection of its own.
    pub(crate) async fn transcript(&self, run: RunId) -> Transcript {
        let response = self.get(&format!("/transcript/{run}")).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Waits until the server knows of a run: it has read the head of a request that names it.
    pub(crate) async fn knows(&self, run: RunId) {
        let target = format!("/transcript/{run}");
        within(async { while self.get(&target).await.status == 404 {} }).await;
    }

    /// The transcript, once it says what is waited for.
    pub(crate) async fn transcript_when(&self, run: RunId, ready: impl Fn(&Transcript) -> bool) -> Transcript {
        within(async {
            loop {
                let transcript = self.transcript(run).await;
                if ready(&transcript) {
                    return transcript;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The status of a `GET` on a connection of its own, whose end is not waited for.
    pub(crate) async fn get_status(&self, target: &str) -> u16 {
        self.get(target).await.status
    }

    /// `GET` on a connection of its own.
    pub(crate) async fn get(&self, target: &str) -> Response {
        self.connect().await.exchange(&format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"), b"").await
    }
}

/// A client that writes HTTP by hand.
pub(crate) struct RawClient {
    pub(crate) tcp: TcpStream,
    /// Read from the socket and not yet taken.
    pub(crate) buffer: Vec<u8>,
    pub(crate) written: u64,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the server's end of stream (FIN).
    InOrder,
    /// With a reset (RST).
    Reset,
}

/// A response and how long it was on the wire.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Bytes on the wire.
    pub(crate) fn length(&self) -> u64 {
        (self.head.len() + self.body.len()) as u64
    }

    /// The value of a header, if it is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(its, _)| its.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    pub(crate) fn evidence(&self) -> Evidence {
        serde_json::from_str(self.header("duplex-evidence").expect("there is evidence")).expect("it is right")
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).expect("the body is the JSON that is expected")
    }

    /// The problem's sentence (RFC 9457), after checking the rest of it.
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let members: serde_json::Value = self.json();
        assert_eq!(members["status"], status);
        assert!(members["title"].is_string());
        members["detail"].as_str().expect("there is a detail").to_owned()
    }
}

impl RawClient {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let tcp = TcpStream::connect(address).await.expect("the server listens");
        tcp.set_nodelay(true).expect("it is a socket");
        Self { tcp, buffer: Vec::new(), written: 0 }
    }

    /// One that has next to no room for what it does not read.
    pub(crate) async fn connect_with_little_room(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("it is a socket");
        let tcp = socket.connect(address).await.expect("the server listens");
        Self { tcp, buffer: Vec::new(), written: 0 }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.tcp.write_all(bytes).await.expect("the connection is open");
        self.written += bytes.len() as u64;
    }

    /// Sends a request and returns its response.
    pub(crate) async fn exchange(&mut self, head: &str, body: &[u8]) -> Response {
        self.send(&[head.as_bytes(), body].concat()).await;
        self.response(head.starts_with("HEAD")).await
    }

    /// `POST /echo` with a query.
    pub(crate) async fn echo(&mut self, query: &str, body: &[u8]) -> Response {
        let head = format!("POST /echo?{query} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", body.len());
        self.exchange(&head, body).await
    }

    /// The next response, final or interim.
    pub(crate) async fn response(&mut self, to_head: bool) -> Response {
        let head_length = within(async {
            loop {
                if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    return at + 4;
                }
                assert!(self.fill().await > 0, "the connection ended within a head: {:?}", self.buffer);
            }
        })
        .await;
        let head = String::from_utf8(self.buffer.drain(..head_length).collect()).expect("a head is text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("there is a status");
        let mut response = Response { status, head, body: Vec::new() };
        let length = response.header("content-length").map_or(0, |length| length.parse().expect("a number"));
        if !to_head {
            response.body = self.take(length).await;
        }
        response
    }

    /// The next bytes.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<u8> {
        within(async {
            while self.buffer.len() < count {
                assert!(self.fill().await > 0, "the connection ended {} bytes too early", count - self.buffer.len());
            }
        })
        .await;
        self.buffer.drain(..count).collect()
    }

    /// Everything until the server's end of stream.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        within(async { while self.fill().await > 0 {} }).await;
        std::mem::take(&mut self.buffer)
    }

    /// Everything until the connection ends, and whether it ended with a reset.
    pub(crate) async fn end(&mut self) -> (Vec<u8>, End) {
        let end = within(async {
            loop {
                match self.tcp.read_buf(&mut self.buffer).await {
                    Ok(0) => return End::InOrder,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => return End::Reset,
                    Err(error) => panic!("the connection ended with {error}"),
                }
            }
        })
        .await;
        (std::mem::take(&mut self.buffer), end)
    }

    async fn fill(&mut self) -> usize {
        self.tcp.read_buf(&mut self.buffer).await.expect("the connection is not reset")
    }

    /// Opens a WebSocket; returns the 101.
    pub(crate) async fn upgrade(&mut self, query: &str, more: &str) -> Response {
        let response = self.exchange(&handshake(query, more), b"").await;
        assert_eq!(response.status, 101, "{response:?}");
        response
    }

    /// Sends a frame that is masked as a client's must be.
    pub(crate) async fn send_frame(&mut self, first: u8, payload: &[u8]) {
        self.send(&frame(first, payload)).await;
    }

    /// The next frame from the server: its first byte and its payload.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.take(2).await;
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        let length = match head[1] {
            126 => u16::from_be_bytes(self.take(2).await.try_into().expect("two")).into(),
            127 => u64::from_be_bytes(self.take(8).await.try_into().expect("eight")),
            short => short.into(),
        };
        (head[0], self.take(usize::try_from(length).expect("it fits")).await)
    }

    /// Expects a close frame, then the end of the stream; returns code and reason.
    pub(crate) async fn close(&mut self) -> (u16, String) {
        let (first, payload) = self.frame().await;
        assert_eq!(first, 0x88, "a close frame");
        assert_eq!(self.rest().await, b"", "nothing follows a close frame");
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        (code, String::from_utf8(payload[2..].to_vec()).expect("a reason is text"))
    }
}

/// A handshake's request.
pub(crate) fn handshake(query: &str, more: &str) -> String {
    format!(
        "GET /ws?{query} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// A client's frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
