//! The server as a whole: bind, accept, end.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::clock::Clock;
use super::config::Certificate;
use super::connection::{self, Accepted};
use super::gate::{Gate, Place};
use super::layers::OverLink;
use super::ledger::Ledger;
use super::memory::Signer;
use super::meter::Meter;
use super::news::News;
use super::room::Rooms;
use super::shutdown::{self, Shutdown};
use super::tap::Tap;
use super::transport::Socket;
use super::{Config, ServerError, Shared, refusal, routes, tls};
use crate::wire::{Link, LinkOffer, TlsOffer};

/// How long nothing is accepted after the system had no room for one more connection.
const PAUSE: Duration = Duration::from_millis(100);
/// How many clients are told at a time that there is no room; more are cut off.
const REFUSALS: usize = 256;
/// How many digits of the server's id tell its signing key from that of another start. They travel in
/// every token, so they are few.
const KEY_ID: usize = 8;

/// An echo server that listens.
pub struct Server {
    doors: Vec<Door>,
    shared: Arc<Shared>,
}

/// A port, and what lies between it and the meter.
struct Door {
    listener: TcpListener,
    address: SocketAddr,
    link: Option<Arc<Link>>,
    tls: Option<TlsAcceptor>,
}

/// What every door needs to let a connection in.
#[derive(Clone)]
struct House {
    shared: Arc<Shared>,
    router: Router,
    shutdown: Shutdown,
    gate: Arc<Gate>,
    tap: Option<Arc<Tap>>,
    last_id: Arc<AtomicU64>,
    refusals: Arc<Semaphore>,
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.doors.iter().map(|door| door.address).collect();
        out.debug_struct("Server").field("addresses", &addresses).finish_non_exhaustive()
    }
}

impl Server {
    /// Checks the configuration and begins to listen; connections wait until [`Server::run`].
    ///
    /// # Errors
    /// When the page is missing, an address cannot be listened at, or the certificate cannot be used.
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        config.check()?;
        let mut instance = [0; 16];
        getrandom::fill(&mut instance).map_err(ServerError::NoRandom)?;
        let doors = doors(&config).await?;
        let clock = Clock::start();
        let instance = format!("{:032x}", u128::from_ne_bytes(instance));
        let shared = Shared {
            clock,
            ledger: Ledger::default(),
            transcripts: Arc::new(Semaphore::new(routes::TRANSCRIPTS_AT_A_TIME)),
            links: link_offers(&doors),
            ports: doors.iter().map(|door| door.address.port()).collect(),
            tls: tls_offer(&config, &doors),
            news: News::new(clock),
            signer: Signer::new(instance[..KEY_ID].to_owned()).map_err(ServerError::NoRandom)?,
            rooms: Rooms::new(clock),
            instance,
            config,
        };
        Ok(Self { doors, shared: Arc::new(shared) })
    }

    /// Where it listens, with the real port if port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.doors[0].address
    }

    /// Where it listens for TLS, with the real port.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.doors.iter().find(|door| door.tls.is_some()).map(|door| door.address)
    }

    /// Its ports behind emulated links.
    #[must_use]
    pub fn links(&self) -> &[LinkOffer] {
        &self.shared.links
    }

    /// Serves until `until` resolves. Then it accepts no more, lets running exchanges finish, closes
    /// WebSockets with 1001, and returns when all connections have ended, or after
    /// [`Config::closing_time`] at the latest.
    pub async fn run(self, until: impl Future<Output = ()>) {
        let Self { doors, shared } = self;
        let (trigger, shutdown) = shutdown::channel();
        let closing_time = shared.config.closing_time;
        let house = House {
            router: routes::router(Arc::clone(&shared), shutdown.clone()),
            gate: Gate::new(shared.config.max_connections, shared.config.max_per_address),
            tap: shared.config.tap.filter(|_| !shared.config.behind_proxy).map(Tap::new),
            last_id: Arc::default(),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            shared,
            shutdown,
        };
        let mut open: JoinSet<_> = doors.into_iter().map(|door| door.open(house.clone())).collect();
        until.await;
        trigger.pull();
        let all_ended = async {
            while let Some(ended) = open.join_next().await {
                log_panic(ended);
            }
        };
        if tokio::time::timeout(closing_time, all_ended).await.is_err() {
            tracing::info!("some connections did not end in time and were cut off");
        }
    }
}

/// All ports that a configuration asks for, the plain one without a link first.
async fn doors(config: &Config) -> Result<Vec<Door>, ServerError> {
    let mut doors = vec![Door::bind(config.listen, None, None).await?];
    let secure = match &config.tls {
        Some(settings) => {
            let acceptor = tls::acceptor(&settings.certificate, &addresses(config))?;
            doors.push(Door::bind(settings.listen, None, Some(acceptor.clone())).await?);
            Some((settings.listen, acceptor))
        }
        None => None,
    };
    for link in &config.links {
        let link = Arc::new(link.clone());
        let any_port = SocketAddr::new(config.listen.ip(), 0);
        doors.push(Door::bind(any_port, Some(Arc::clone(&link)), None).await?);
        if let Some((listen, acceptor)) = &secure {
            let any_port = SocketAddr::new(listen.ip(), 0);
            doors.push(Door::bind(any_port, Some(link), Some(acceptor.clone())).await?);
        }
    }
    Ok(doors)
}

/// The addresses at which this machine can be reached, as far as the server listens there.
fn addresses(config: &Config) -> Vec<IpAddr> {
    let listens = config.tls.as_ref().map_or(config.listen, |tls| tls.listen).ip();
    if listens.is_unspecified() { super::network::addresses() } else { vec![listens] }
}

fn link_offers(doors: &[Door]) -> Vec<LinkOffer> {
    let behind = |is_tls: bool| {
        doors
            .iter()
            .filter(move |door| door.tls.is_some() == is_tls)
            .filter_map(|door| door.link.as_ref().zip(Some(door)))
    };
    let tls_port = |link: &Arc<Link>| {
        let its = behind(true).find(|(its, _)| Arc::ptr_eq(its, link));
        its.map(|(_, door)| door.address.port())
    };
    let offer = |(link, door): (&Arc<Link>, &Door)| LinkOffer {
        link: Link::clone(link),
        port: door.address.port(),
        tls_port: tls_port(link),
    };
    behind(false).map(offer).collect()
}

fn tls_offer(config: &Config, doors: &[Door]) -> Option<TlsOffer> {
    let settings = config.tls.as_ref()?;
    let door = doors.iter().find(|door| door.tls.is_some() && door.link.is_none())?;
    Some(TlsOffer { port: door.address.port(), self_signed: settings.certificate == Certificate::SelfSigned })
}

impl Door {
    async fn bind(listen: SocketAddr, link: Option<Arc<Link>>, tls: Option<TlsAcceptor>) -> Result<Self, ServerError> {
        let refused = |error| ServerError::listen(listen, error);
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, link, tls })
    }

    /// Accepts until the server is told to end, then waits until its connections have ended.
    async fn open(self, house: House) {
        let mut connections = JoinSet::new();
        let mut ending = std::pin::pin!(house.shutdown.clone().begun());
        loop {
            tokio::select! {
                () = &mut ending => break,
                Some(ended) = connections.join_next() => log_panic(ended),
                accepted = self.listener.accept() => match accepted {
                    Ok((tcp, peer)) => self.let_in(tcp, peer.ip(), &house, &mut connections),
                    Err(error) => pause_after(&error).await,
                },
            }
        }
        drop(self.listener);
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    }

    fn let_in(&self, tcp: TcpStream, peer: IpAddr, house: &House, connections: &mut JoinSet<()>) {
        let place = match house.gate.enter(peer) {
            Ok(place) => place,
            Err(full) => {
                tracing::debug!(%peer, ?full, "no room for a connection");
                // Over TLS a refusal would cost more than it tells.
                if self.tls.is_none()
                    && let Ok(permit) = Arc::clone(&house.refusals).try_acquire_owned()
                {
                    connections.spawn(async move {
                        refusal::refuse(tcp, full).await;
                        drop(permit);
                    });
                }
                return;
            }
        };
        let id = house.last_id.fetch_add(1, Relaxed) + 1;
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(connection = id, %error, "cannot switch off Nagle's algorithm");
        }
        let clock = house.shared.clock;
        let socket = match &self.link {
            Some(link) => Socket::new(tcp, link, id, clock),
            None => Socket::direct(tcp),
        };
        let over = self.link.clone().map(|link| OverLink { link, handshake: socket.handshake() });
        let meter = Arc::new(Meter::new(id, clock, over, house.tap.as_ref()));
        let accepted = Accepted { socket, meter, tls: self.tls.clone() };
        let (router, shared, shutdown) = (house.router.clone(), Arc::clone(&house.shared), house.shutdown.clone());
        connections.spawn(serve(place, connection::serve(accepted, router, shared, shutdown)));
    }
}

/// Serves a connection and gives its place back.
async fn serve(place: Place, serving: impl Future<Output = ()>) {
    serving.await;
    drop(place);
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
