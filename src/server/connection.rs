//! One connection: perhaps TLS, then HTTP on the metered stream, then perhaps a WebSocket, in one
//! task.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

use super::clock::Clock;
use super::exchange::service;
use super::meter::{Meter, Phase, Tls};
use super::shutdown::Shutdown;
use super::stream::MeteredStream;
use super::transport::{Socket, Transport, Wire};
use super::websocket::{self, Mode};
use super::{Config, Shared, tls};
use crate::wire::Ending;

/// A connection that was accepted.
pub(crate) struct Accepted {
    /// Its socket.
    pub(crate) socket: Socket,
    /// Its meter.
    pub(crate) meter: Arc<Meter>,
    /// What speaks TLS on it, if its port has TLS.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// What a request's handler knows of the connection that brought it; a request extension.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The connection's meter.
    pub(crate) meter: Arc<Meter>,
    /// Which request this is on its connection, from 1.
    pub(crate) ordinal: u64,
    /// Several requests share the connection (HTTP/2).
    pub(crate) is_multiplexed: bool,
    pub(crate) upgrade: Arc<UpgradeSlot>,
}

pub(crate) type UpgradeSlot = Mutex<Option<(OnUpgrade, Mode)>>;

impl Visit {
    /// Has the connection go on as a WebSocket once the 101 was sent.
    pub(crate) fn upgrade_to_websocket(&self, on: OnUpgrade, mode: Mode) {
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some((on, mode));
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve(accepted: Accepted, router: Router, shared: Arc<Shared>, shutdown: Shutdown) {
    let Accepted { socket, meter, tls } = accepted;
    let (transport, is_http2) = match tls {
        None => (Transport::Plain(socket), false),
        Some(acceptor) => match secure(socket, &acceptor, &meter, &shared).await {
            Some(secured) => secured,
            None => return meter.gone(),
        },
    };
    let stream = MeteredStream::new(transport, Arc::clone(&meter));
    if is_http2 {
        meter.multiplexed();
        return serve_http2(stream, meter, router, shared, shutdown).await;
    }
    let upgrade = Arc::new(UpgradeSlot::default());
    serve_http1(stream, &meter, router, &shared, shutdown.clone(), &upgrade).await;
    let upgrade = upgrade.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((on, mode)) = upgrade {
        go_on_as_websocket(on, mode, meter, &shared, shutdown).await;
    }
}

/// The TLS handshake. Returns what it led to, and whether HTTP/2 was agreed on.
async fn secure(
    socket: Socket,
    acceptor: &TlsAcceptor,
    meter: &Meter,
    shared: &Shared,
) -> Option<(Transport, bool)> {
    let (wire, counts) = Wire::new(socket);
    let stream = match tokio::time::timeout(shared.config.head_time, acceptor.accept(wire)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(connection = meter.id(), %error, "TLS was not agreed on");
            meter.ended(Ending::Broken);
            return None;
        }
        Err(_) => {
            tracing::debug!(connection = meter.id(), "the TLS handshake took too long");
            return None;
        }
    };
    let (version, resumed) = tls::agreed(&stream);
    let handshake = counts.both();
    meter.secured(Tls { version, resumed, established: shared.clock.now(), handshake, wire: counts });
    let is_http2 = tls::is_http2(&stream);
    Some((Transport::Tls(Box::new(stream)), is_http2))
}

async fn serve_http1(
    stream: MeteredStream,
    meter: &Arc<Meter>,
    router: Router,
    shared: &Arc<Shared>,
    shutdown: Shutdown,
    upgrade: &Arc<UpgradeSlot>,
) {
    let visit = Visit { meter: Arc::clone(meter), ordinal: 0, is_multiplexed: false, upgrade: Arc::clone(upgrade) };
    // On the heap, so that a WebSocket does not keep the room of an HTTP connection.
    let mut http = Box::pin(
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            // The watchdog tells a slow head from an idle connection.
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service(router, Arc::clone(shared), visit))
            .with_upgrades(),
    );
    let mut watchdog = Watchdog::new(Arc::clone(meter), shared);
    tokio::select! {
        biased;
        () = watchdog.watch(http.as_mut()) => return,
        () = shutdown.begun() => {}
    }
    http.as_mut().graceful_shutdown();
    watchdog.watch(http.as_mut()).await;
}

async fn serve_http2(
    stream: MeteredStream,
    meter: Arc<Meter>,
    router: Router,
    shared: Arc<Shared>,
    shutdown: Shutdown,
) {
    let visit = Visit { meter: Arc::clone(&meter), ordinal: 0, is_multiplexed: true, upgrade: Arc::default() };
    // Extended CONNECT (RFC 8441) stays off: a WebSocket is opened over HTTP/1.1, with its 101.
    let mut http = Box::pin(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(shared.config.idle_time)
            .keep_alive_timeout(shared.config.pong_time)
            .serve_connection(TokioIo::new(stream), service(router, Arc::clone(&shared), visit)),
    );
    let mut watchdog = Watchdog::new(meter, &shared);
    tokio::select! {
        biased;
        () = watchdog.watch(http.as_mut()) => return,
        () = shutdown.begun() => {}
    }
    http.as_mut().graceful_shutdown();
    watchdog.watch(http.as_mut()).await;
}

/// Ends a connection whose client takes too long: to send a head, to begin the next request, or to
/// take what it asked for.
struct Watchdog {
    meter: Arc<Meter>,
    clock: Clock,
    head_time: u64,
    idle_time: u64,
    /// When it looks next, in µs of the server's clock.
    looks: u64,
    sleep: Pin<Box<Sleep>>,
}

impl Watchdog {
    fn new(meter: Arc<Meter>, shared: &Shared) -> Self {
        let Config { head_time, idle_time, .. } = shared.config;
        let clock = shared.clock;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let looks = clock.now() + micros(head_time);
        let sleep = Box::pin(tokio::time::sleep(head_time));
        Self { meter, clock, head_time: micros(head_time), idle_time: micros(idle_time), looks, sleep }
    }

    /// Has `http` go on until it ends, or until its client was waited for long enough.
    async fn watch<E: std::fmt::Display>(&mut self, mut http: Pin<&mut impl Future<Output = Result<(), E>>>) {
        std::future::poll_fn(|context| {
            if let Poll::Ready(result) = http.as_mut().poll(context) {
                if let Err(error) = result {
                    tracing::debug!(connection = self.meter.id(), %error, "the HTTP connection ended early");
                }
                return Poll::Ready(());
            }
            let phase = ready!(self.poll(context));
            tracing::debug!(connection = self.meter.id(), ?phase, "the client took too long");
            Poll::Ready(())
        })
        .await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Phase> {
        loop {
            let phase = self.meter.phase();
            let due = match phase {
                Phase::Head(since) => since.saturating_add(self.head_time),
                Phase::Idle(since) | Phase::Blocked(since) => since.saturating_add(self.idle_time),
                Phase::Busy => u64::MAX,
            };
            if due < self.looks {
                self.look_at(due);
            }
            ready!(self.sleep.as_mut().poll(context));
            let now = self.clock.now();
            if due <= now {
                return Poll::Ready(phase);
            }
            self.look_at(due.min(now.saturating_add(self.head_time)));
        }
    }

    fn look_at(&mut self, due: u64) {
        self.looks = due;
        // Rounded up, so that it is due when the timer says so.
        self.sleep = Box::pin(tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.clock.now()) + 1000)));
    }
}

async fn go_on_as_websocket(on: OnUpgrade, mode: Mode, meter: Arc<Meter>, shared: &Shared, shutdown: Shutdown) {
    let id = meter.id();
    let parts = match on.await {
        Ok(upgraded) => upgraded.downcast::<TokioIo<MeteredStream>>(),
        Err(error) => {
            tracing::debug!(connection = id, %error, "the handshake was not completed");
            return;
        }
    };
    let Ok(parts) = parts else {
        tracing::error!(connection = id, "the upgraded connection is of another kind than the one accepted");
        return;
    };
    meter.upgraded(parts.read_buf.len() as u64);
    let session = websocket::Session::new(parts.io.into_inner(), parts.read_buf, mode, meter, shared);
    if let Err(error) = session.run(shutdown).await {
        tracing::debug!(connection = id, %error, "the WebSocket broke");
    }
}
