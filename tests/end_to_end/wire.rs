//! A wire that breaks: a TCP proxy on loopback that carries every connection through until so many bytes have gone
//! over it, in both directions together, and then breaks them all, and every new one too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// Connections are ended in order.
    Close,
    /// Connections are reset.
    Reset,
    /// Nothing comes through any more, and nobody is told.
    Stall,
    /// Connections are accepted, and nothing ever comes through.
    Silence,
    /// Nothing happens; it is known when so many bytes have gone over it.
    Nothing,
}

/// A wire; it is cut when dropped.
pub(crate) struct Wire {
    address: SocketAddr,
    over: watch::Receiver<bool>,
    carried: Arc<AtomicU64>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What all connections of a wire share.
#[derive(Clone)]
struct Shared {
    to: SocketAddr,
    after: u64,
    how: Break,
    carried: Arc<AtomicU64>,
    over: watch::Sender<bool>,
}

impl Wire {
    /// Lays a wire to an origin (`http://address`).
    pub(crate) async fn to(origin: &str, how: Break, after: u64) -> Self {
        let to = origin.rsplit('/').next().and_then(|host| host.parse().ok()).expect("an origin with an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let carried = Arc::new(AtomicU64::new(0));
        let shared = Shared { to, after, how, carried: carried.clone(), over: watch::Sender::new(after == 0) };
        let over = shared.over.subscribe();
        let accepting = tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                tokio::spawn(carry(page, shared.clone()));
            }
        });
        Self { address, over, carried, accepting }
    }

    /// Where the page finds the echoes behind it, as the link's parameters.
    pub(crate) fn endpoints(&self) -> String {
        format!("http=http://{0}/echo&ws=ws://{0}/ws", self.address)
    }

    /// Waits until so many bytes have gone over it.
    pub(crate) async fn is_over(&self) {
        self.over.clone().wait_for(|over| *over).await.expect("somebody carries");
    }

    /// How many bytes went over it.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    /// Whether it is broken.
    pub(crate) fn is_broken(&self) -> bool {
        *self.over.borrow()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(mut page: TcpStream, shared: Shared) {
    let mut over = shared.over.subscribe();
    if let Ok(mut server) = TcpStream::connect(shared.to).await {
        let breaks = async {
            if shared.how == Break::Nothing {
                std::future::pending::<()>().await;
            }
            // The sender is among what is shared.
            over.wait_for(|over| *over).await.expect("it is not gone");
        };
        let (from_page, to_page) = page.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            () = breaks => {}
            () = async { tokio::join!(pump(from_page, to_server, &shared), pump(from_server, to_page, &shared)); } => return,
        }
        if matches!(shared.how, Break::Stall | Break::Silence) {
            // Held until the test is over.
            std::future::pending::<()>().await;
        }
    }
    match shared.how {
        Break::Reset => page.set_zero_linger().expect("a socket that is open"),
        Break::Close | Break::Stall | Break::Silence | Break::Nothing => {
            page.shutdown().await.ok();
        }
    }
}

async fn pump(mut from: tokio::net::tcp::ReadHalf<'_>, mut to: tokio::net::tcp::WriteHalf<'_>, shared: &Shared) {
    let mut buffer = [0; 4096];
    while let Ok(read) = from.read(&mut buffer).await {
        let carried = shared.carried.fetch_add(read as u64, Ordering::Relaxed) + read as u64;
        if shared.how != Break::Nothing && carried >= shared.after && read > 0 {
            shared.over.send_if_modified(|over| !std::mem::replace(over, true));
            // What broke it does not come through.
            std::future::pending::<()>().await;
        }
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        if carried >= shared.after {
            shared.over.send_if_modified(|over| !std::mem::replace(over, true));
        }
    }
    to.shutdown().await.ok();
}
