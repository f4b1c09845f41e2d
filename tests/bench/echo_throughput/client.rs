//! The client: raw sockets and frames that are made beforehand, so that it takes little of the machine.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::figures::processor_time;
use crate::peers::Peer;

/// How long a server may take to answer a handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// What one read takes at most, in bytes.
const READ: usize = 256 << 10;
/// The masking key of every frame (RFC 6455 §5.3). Servers do not know that it never changes.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What is asked of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Bytes of a message.
    pub(crate) payload: usize,
    /// Messages under way on each connection.
    pub(crate) under_way: usize,
}

impl fmt::Display for Load {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = if self.connections == 1 { "connection" } else { "connections" };
        write!(out, "{} {connections} × ", self.connections)?;
        match self.payload {
            bytes if bytes >= 1 << 20 => write!(out, "{} MiB", bytes >> 20)?,
            bytes if bytes >= 1 << 10 => write!(out, "{} KiB", bytes >> 10)?,
            bytes => write!(out, "{bytes} B")?,
        }
        match self.under_way {
            1 => write!(out, ", round trips"),
            count => write!(out, ", {count} messages under way on each"),
        }
    }
}

/// What a server did in one round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    messages: u64,
    took: Duration,
    server: Option<Duration>,
    client: Option<Duration>,
    /// Round trips in ns, sorted; only with one message under way.
    round_trips: Vec<u64>,
}

impl Measured {
    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.took.as_secs_f64()
    }

    /// The server's processor time for a message, in µs; NaN if it is not known.
    pub(crate) fn server_cpu(&self) -> f64 {
        self.server.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6 / self.messages as f64)
    }

    /// The share of one processor that the client took; NaN if it is not known.
    pub(crate) fn client_share(&self) -> f64 {
        self.client.map_or(f64::NAN, |time| time.as_secs_f64() / self.took.as_secs_f64())
    }

    /// A quantile of the round trips, in µs; NaN if there were none.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let index = (self.round_trips.len() as f64 * share) as usize;
        self.round_trips.get(index).map_or(f64::NAN, |time| *time as f64 / 1e3)
    }
}

/// What all connections of a measurement add to.
#[derive(Debug, Default)]
struct Tally {
    messages: Cell<u64>,
    is_measured: Cell<bool>,
    round_trips: RefCell<Vec<u64>>,
}

/// Puts a server under load for some time, after a fifth of it to warm up.
pub(crate) async fn measure(load: Load, peer: &Peer, time: Duration) -> Result<Measured> {
    let tally = Rc::new(Tally::default());
    let pattern = Rc::new(Pattern::of(load));
    let mut connections = JoinSet::new();
    for _ in 0..load.connections {
        let stream = timeout(PATIENCE, connect(peer)).await.context("no answer to a handshake")??;
        connections.spawn_local(keep_busy(stream, Rc::clone(&pattern), Rc::clone(&tally)));
    }
    let broken = |ended: Option<_>| ended.context("there is a connection").and_then(|ended| ended?);
    tokio::select! {
        ended = connections.join_next() => broken(ended)?,
        () = tokio::time::sleep(time / 5) => {}
    }
    let us = std::process::id();
    let (messages, begin) = (tally.messages.get(), Instant::now());
    let before = [peer.process(), us].map(processor_time);
    tally.is_measured.set(true);
    tokio::select! {
        ended = connections.join_next() => broken(ended)?,
        () = tokio::time::sleep(time) => {}
    }
    let took = begin.elapsed();
    let messages = tally.messages.get() - messages;
    let after = [peer.process(), us].map(processor_time);
    let [server, client] = [0, 1].map(|of| Some(after[of]? - before[of]?));
    ensure!(messages > 0, "no message came back within {took:?}");
    let mut round_trips = tally.round_trips.take();
    round_trips.sort_unstable();
    Ok(Measured { messages, took, server, client, round_trips })
}

/// Opens a WebSocket (RFC 6455 §4.1). Whether the server proves that it speaks it is for other tests.
async fn connect(peer: &Peer) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(peer.address()).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /ws{} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        peer.query(),
        peer.address()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.context("the answer to the handshake broke off")?);
    }
    ensure!(head.starts_with(b"HTTP/1.1 101 "), "the handshake was answered with {}", String::from_utf8_lossy(&head));
    Ok(stream)
}

/// What goes out and what comes back, as frames.
struct Pattern {
    load: Load,
    /// As many frames as may be under way.
    requests: Vec<u8>,
    /// The frame that comes back for each.
    reply: Vec<u8>,
}

impl Pattern {
    fn of(load: Load) -> Self {
        let payload: Vec<u8> = (0..load.payload).map(|index| (index * 31 + index / 251) as u8).collect();
        let mut reply = head(load.payload, 0);
        reply.extend(&payload);
        let mut request = head(load.payload, 0x80);
        request.extend(KEY);
        request.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        Self { load, requests: request.repeat(load.under_way), reply }
    }

    /// Whether what has come is what a number of replies in a row hold from a place on.
    fn agrees(&self, mut at: u64, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let rest = &self.reply[(at % self.reply.len() as u64) as usize..];
            let (now, later) = bytes.split_at(bytes.len().min(rest.len()));
            if rest[..now.len()] != *now {
                return false;
            }
            at += now.len() as u64;
            bytes = later;
        }
        true
    }
}

/// The head of a binary frame up to its length (RFC 6455 §5.2).
fn head(length: usize, mask: u8) -> Vec<u8> {
    let mut head = vec![0x82];
    match length {
        0..=125 => head.push(mask | length as u8),
        126..=0xffff => {
            head.push(mask | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(mask | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

/// Keeps messages under way on a connection until it is dropped; ends only with an error. Writing and reading go on
/// side by side: a server may not read on while nobody takes its replies.
async fn keep_busy(mut stream: TcpStream, pattern: Rc<Pattern>, tally: Rc<Tally>) -> Result<()> {
    let request = (pattern.requests.len() / pattern.load.under_way) as u64;
    let mut buffer = vec![0; READ.min(pattern.reply.len() * pattern.load.under_way)];
    let (mut sent, mut received, mut replies, mut began) = (0u64, 0u64, 0u64, Instant::now());
    std::future::poll_fn(move |context| {
        loop {
            let allowed = (replies + pattern.load.under_way as u64) * request;
            while sent < allowed {
                let from = (sent % pattern.requests.len() as u64) as usize;
                let until = pattern.requests.len().min(from + (allowed - sent) as usize);
                if pattern.load.under_way == 1 && sent % request == 0 {
                    began = Instant::now();
                }
                match Pin::new(&mut stream).poll_write(context, &pattern.requests[from..until])? {
                    Poll::Ready(count) => sent += count as u64,
                    Poll::Pending => break,
                }
            }
            let mut read = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut stream).poll_read(context, &mut read))?;
            let bytes = read.filled();
            if bytes.is_empty() {
                return Poll::Ready(Err(anyhow::anyhow!("the server ended a connection")));
            }
            if !pattern.agrees(received, bytes) {
                return Poll::Ready(Err(anyhow::anyhow!("what came back is not what was sent")));
            }
            received += bytes.len() as u64;
            let now = received / pattern.reply.len() as u64;
            tally.messages.set(tally.messages.get() + now - replies);
            if now > replies && pattern.load.under_way == 1 && tally.is_measured.get() {
                let time = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                tally.round_trips.borrow_mut().push(time);
            }
            replies = now;
        }
    })
    .await
}
