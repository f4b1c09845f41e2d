//! What stands between a page and its server on real networks, as a TCP forwarder on loopback: it carries everything
//! through unchanged, but for one habit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// It ends a connection on which the server has said nothing for so long, as address translators and load balancers
    /// do.
    EndsTheSilent(Duration),
    /// It lets so many WebSockets be opened, and ends the connections of all further ones.
    LetsOpen(usize),
    /// It ends all connections, and each further one, when a page first says this.
    GoesDownAt(&'static str),
}

/// A running one; it ends when dropped.
pub(crate) struct Middlebox {
    origin: String,
    accepting: tokio::task::JoinHandle<()>,
}

impl Middlebox {
    /// Stands before an origin (`http://address`).
    pub(crate) async fn before(origin: &str, habit: Habit) -> Self {
        let to: SocketAddr = origin.rsplit('/').next().and_then(|host| host.parse().ok()).expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let seen = Arc::new(Seen { opened: AtomicUsize::new(0), down: watch::Sender::new(false) });
        let accepting = tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                let seen = seen.clone();
                // Whoever goes away in the middle ends that connection alone.
                tokio::spawn(async move { carry(page, to, habit, &seen).await.ok() });
            }
        });
        Self { origin, accepting }
    }

    /// Where the page comes from through it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What it has seen on all connections.
struct Seen {
    opened: AtomicUsize,
    down: watch::Sender<bool>,
}

/// Carries one connection until either side ends it, or the habit does.
async fn carry(mut page: TcpStream, to: SocketAddr, habit: Habit, seen: &Seen) -> std::io::Result<()> {
    let mut server = TcpStream::connect(to).await?;
    let (mut from_page, mut to_page) = page.split();
    let (mut from_server, mut to_server) = server.split();
    let upwards = async {
        let mut buffer = [0; 4096];
        loop {
            let read = from_page.read(&mut buffer).await?;
            // A browser sends the head of a handshake in one piece.
            let said = String::from_utf8_lossy(&buffer[..read]).to_ascii_lowercase();
            let ends = match habit {
                Habit::EndsTheSilent(_) => false,
                Habit::LetsOpen(most) => {
                    said.contains("\r\nupgrade: websocket") && seen.opened.fetch_add(1, Ordering::Relaxed) >= most
                }
                Habit::GoesDownAt(words) => {
                    if said.contains(words) {
                        seen.down.send_replace(true);
                    }
                    *seen.down.borrow()
                }
            };
            if read == 0 || ends {
                return Ok(());
            }
            to_server.write_all(&buffer[..read]).await?;
        }
    };
    let patience = match habit {
        Habit::EndsTheSilent(patience) => patience,
        Habit::LetsOpen(_) | Habit::GoesDownAt(_) => Duration::MAX,
    };
    let downwards = async {
        let mut buffer = [0; 4096];
        while let Ok(read) = tokio::time::timeout(patience, from_server.read(&mut buffer)).await {
            match read? {
                0 => break,
                read => to_page.write_all(&buffer[..read]).await?,
            }
        }
        Ok(())
    };
    let mut down = seen.down.subscribe();
    tokio::select! {
        // Its sender is among what was seen.
        _ = down.wait_for(|down| *down) => Ok(()),
        done = upwards => done,
        done = downwards => done,
    }
}
