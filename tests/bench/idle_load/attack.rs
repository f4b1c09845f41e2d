//! Clients that keep a server waiting.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// How a client keeps the server waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It sends a request's head byte by byte.
    SlowHead,
    /// It sends a request's body byte by byte.
    SlowBody,
    /// It asks for answers of 1 MiB and reads none of them.
    NoReader,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::SlowHead, Self::SlowBody, Self::NoReader];

    pub(crate) const fn count(self) -> usize {
        match self {
            Self::SlowHead | Self::SlowBody => 500,
            Self::NoReader => 200,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SlowHead => "slow heads",
            Self::SlowBody => "slow bodies",
            Self::NoReader => "readers of nothing",
        }
    }
}

/// An attacker's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) kind: Kind,
    /// How long the server put up with it.
    pub(crate) after: Duration,
}

/// Attackers at work; they stop when this is dropped.
pub(crate) struct Attackers {
    running: JoinSet<()>,
    ended: Rc<RefCell<Vec<End>>>,
}

/// What is asked for and not read.
const ANSWER: usize = 1 << 20;

impl Attackers {
    pub(crate) const COUNT: usize = Kind::SlowHead.count() + Kind::SlowBody.count() + Kind::NoReader.count();

    pub(crate) fn description() -> String {
        Kind::ALL.map(|kind| format!("{} {}", kind.count(), kind.name())).join(", ")
    }

    /// Connects all of them, and has them begin.
    pub(crate) async fn begin(address: SocketAddr) -> Result<Self> {
        let mut running = JoinSet::new();
        let ended: Rc<RefCell<Vec<End>>> = Rc::default();
        for kind in Kind::ALL {
            for _ in 0..kind.count() {
                let socket = TcpSocket::new_v4()?;
                // Little room, so that the server's own fills up.
                socket.set_recv_buffer_size(4096)?;
                let tcp = socket.connect(address).await.context("an attacker is not let in")?;
                let ended = Rc::clone(&ended);
                running.spawn_local(async move {
                    let after = attack(kind, tcp).await;
                    ended.borrow_mut().push(End { kind, after });
                });
            }
        }
        Ok(Self { running, ended })
    }

    pub(crate) fn still_there(&self) -> usize {
        self.running.len() - self.ended.borrow().len()
    }

    /// Those that the server let go.
    pub(crate) fn ended(&self) -> Vec<End> {
        self.ended.borrow().clone()
    }
}

/// Returns how long it took the server to end the connection.
async fn attack(kind: Kind, mut tcp: TcpStream) -> Duration {
    let begun = Instant::now();
    match kind {
        Kind::SlowHead => drip(&mut tcp, b"GET /echo HTTP/1.1\r\nHost: load\r\nX: ").await,
        Kind::SlowBody => {
            drip(&mut tcp, b"POST /echo HTTP/1.1\r\nHost: load\r\nContent-Length: 1000000\r\n\r\n").await;
        }
        Kind::NoReader => ask_and_not_read(&mut tcp).await,
    }
    begun.elapsed()
}

/// Sends a beginning, and then a byte each second until the server has ended the connection.
async fn drip(tcp: &mut TcpStream, beginning: &[u8]) {
    let (mut reader, mut writer) = tcp.split();
    let ended = async {
        let mut discarded = [0; 1024];
        while reader.read(&mut discarded).await.is_ok_and(|count| count > 0) {}
    };
    let dripping = async {
        let mut next = beginning;
        while writer.write_all(next).await.is_ok() {
            next = b"a";
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = ended => {}
        () = dripping => {}
    }
}

/// Asks until the server, which cannot get rid of its answers, reads no more, and then waits until it ends the
/// connection. That is seen by a failure to write: nothing is read that could tell.
async fn ask_and_not_read(tcp: &mut TcpStream) {
    let head = format!("POST /echo HTTP/1.1\r\nHost: load\r\nContent-Length: {ANSWER}\r\n\r\n");
    let request = [head.as_bytes(), &vec![b'a'; ANSWER]].concat();
    while tcp.write_all(&request).await.is_ok() {}
}
