//! The server as a whole: bind, accept, end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};

use super::clock::Clock;
use super::ledger::Ledger;
use super::memory::Signer;
use super::meter::Meter;
use super::news::News;
use super::room::Rooms;
use super::stream::MeteredStream;
use super::{Config, ServerError, Shared, connection, routes, shutdown};

/// How long nothing is accepted after the system had no room for one more connection.
const PAUSE: Duration = Duration::from_millis(100);
/// How many digits of the server's id tell its signing key from that of another start. They travel in
/// every token, so they are few.
const KEY_ID: usize = 8;

/// An echo server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Checks the configuration and begins to listen; connections wait until [`Server::run`].
    ///
    /// # Errors
    /// When the page is missing or the address cannot be listened at.
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        config.check()?;
        let mut instance = [0; 16];
        getrandom::fill(&mut instance).map_err(ServerError::NoRandom)?;
        let listen = |error| ServerError::listen(config.listen, error);
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let clock = Clock::start();
        let instance = format!("{:032x}", u128::from_ne_bytes(instance));
        let shared = Shared {
            config,
            clock,
            ledger: Ledger::default(),
            news: News::new(clock),
            signer: Signer::new(instance[..KEY_ID].to_owned()).map_err(ServerError::NoRandom)?,
            rooms: Rooms::new(clock),
            instance,
        };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// Where it listens, with the real port if port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `until` resolves. Then it accepts no more, lets running exchanges finish, closes
    /// WebSockets with 1001, and returns when all connections have ended, or after
    /// [`Config::closing_time`] at the latest.
    pub async fn run(self, until: impl Future<Output = ()>) {
        let Self { listener, shared, .. } = self;
        let (trigger, shutdown) = shutdown::channel();
        let router = routes::router(Arc::clone(&shared), shutdown.clone());
        let mut connections = JoinSet::new();
        let mut last_id = 0;
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                Some(ended) = connections.join_next() => log_panic(ended),
                accepted = listener.accept() => match accepted {
                    Ok((tcp, _)) => {
                        last_id += 1;
                        let stream = metered(tcp, last_id, &shared);
                        connections.spawn(connection::serve(stream, router.clone(), Arc::clone(&shared), shutdown.clone()));
                    }
                    Err(error) => pause_after(&error).await,
                },
            }
        }
        drop(listener);
        trigger.pull();
        let all_ended = async {
            while let Some(ended) = connections.join_next().await {
                log_panic(ended);
            }
        };
        if tokio::time::timeout(shared.config.closing_time, all_ended).await.is_err() {
            tracing::info!("some connections did not end in time and were cut off");
        }
    }
}

fn metered(tcp: TcpStream, id: u64, shared: &Shared) -> (MeteredStream, Arc<Meter>) {
    let meter = Arc::new(Meter::new(id, shared.clock));
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(connection = id, %error, "cannot switch off Nagle's algorithm");
    }
    (MeteredStream::new(tcp, Arc::clone(&meter)), meter)
}

/// Errors of `accept` are of one connection that went away, or of a system that is out of
/// descriptors or memory for now; neither is a reason to end.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept a connection for now");
        tokio::time::sleep(PAUSE).await;
    }
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
