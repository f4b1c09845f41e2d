//! Connections that check what they get: as much of HTTP/1.1 and RFC 6455 as an echo takes, by hand, so that
//! thousands of them weigh little and nothing is hidden by a library.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, and what was read of it and not yet taken.
pub(crate) struct Client {
    tcp: TcpStream,
    buffer: Vec<u8>,
}

/// Opcodes with the bit of a message's end (RFC 6455 §5.2).
pub(crate) const BINARY: u8 = 0x82;
/// A ping.
pub(crate) const PING: u8 = 0x89;
/// A pong.
pub(crate) const PONG: u8 = 0x8a;

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let tcp = TcpStream::connect(address).await.context("the server does not accept")?;
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, buffer: Vec::new() })
    }

    /// Connects and opens a WebSocket at `/ws` with this query.
    pub(crate) async fn websocket(address: SocketAddr, query: &str) -> Result<Self> {
        let mut client = Self::connect(address).await?;
        let request = format!(
            "GET /ws{query} HTTP/1.1\r\nHost: load\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        client.tcp.write_all(request.as_bytes()).await?;
        let head = client.head().await?;
        ensure!(head.starts_with("HTTP/1.1 101 "), "no WebSocket: {head}");
        // An idle connection of a browser keeps none either.
        client.buffer = Vec::new();
        Ok(client)
    }

    /// Has `payload` echoed by `POST /echo`.
    pub(crate) async fn echo_over_http(&mut self, payload: &[u8]) -> Result<()> {
        let head = format!("POST /echo HTTP/1.1\r\nHost: load\r\nContent-Length: {}\r\n\r\n", payload.len());
        self.tcp.write_all(&[head.as_bytes(), payload].concat()).await?;
        let head = self.head().await?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "no echo: {head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
        ensure!(self.take(length.parse()?).await? == payload, "another body came back");
        Ok(())
    }

    /// Sends a masked frame, and expects one frame with the first byte `answer` and the same payload.
    pub(crate) async fn exchange(&mut self, first: u8, answer: u8, payload: &[u8]) -> Result<()> {
        self.tcp.write_all(&frame(first, payload)).await?;
        let head = self.take(2).await?;
        let length = match head[1] {
            126 => u16::from_be_bytes(self.take(2).await?.as_slice().try_into()?).into(),
            short @ ..126 => short.into(),
            other => bail!("a frame with the length byte {other}"),
        };
        ensure!(head[0] == answer, "a frame with the first byte {:#04x} instead of {answer:#04x}", head[0]);
        ensure!(self.take(length).await? == payload, "another payload came back");
        Ok(())
    }

    /// The next response's head.
    async fn head(&mut self) -> Result<String> {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                return Ok(String::from_utf8(self.buffer.drain(..at + 4).collect())?);
            }
            self.fill().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..count).collect())
    }

    async fn fill(&mut self) -> Result<()> {
        let count = self.tcp.read_buf(&mut self.buffer).await.context("the connection broke")?;
        ensure!(count > 0, "the server ended the connection");
        Ok(())
    }
}

/// A client's frame of up to 65535 bytes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ ..126) => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => unreachable!("the messages here are short"),
    }
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
