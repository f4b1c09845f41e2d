//! One connection: perhaps TLS, then HTTP on the metered stream, then perhaps a WebSocket, in one
//! task.

use std::pin::pin;
use std::sync::{Arc, PoisonError};

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio_rustls::TlsAcceptor;

use super::exchange::service;
use super::layers::Tls;
use super::meter::Meter;
use super::shutdown::Shutdown;
use super::stream::MeteredStream;
use super::transport::{Socket, Transport, Wire};
use super::visit::{UpgradeSlot, Visit};
use super::watchdog::Watchdog;
use super::{Shared, head, tls};
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

/// Serves one connection to its end.
pub(crate) async fn serve(accepted: Accepted, router: Router, shared: Arc<Shared>, shutdown: Shutdown) {
    let Accepted { socket, meter, tls } = accepted;
    let (transport, is_http2) = match tls {
        None => (Transport::Plain(socket), false),
        // On the heap, as is HTTP below, so that a connection keeps no room for what it does not do or has done.
        Some(acceptor) => match Box::pin(secure(socket, &acceptor, &meter, &shared)).await {
            Some(secured) => secured,
            None => return meter.gone(),
        },
    };
    let stream = MeteredStream::new(transport, Arc::clone(&meter));
    if is_http2 {
        meter.multiplexed();
        return Box::pin(serve_http2(stream, meter, router, shared, shutdown)).await;
    }
    let upgrade = Arc::new(UpgradeSlot::default());
    Box::pin(serve_http1(stream, &meter, router, &shared, shutdown.clone(), &upgrade)).await;
    let upgrade = upgrade.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(upgrade) = upgrade {
        upgrade.go_on(meter, shared.clock, shutdown).await;
    }
}

/// The TLS handshake. Returns what it led to, and whether HTTP/2 was agreed on.
async fn secure(socket: Socket, acceptor: &TlsAcceptor, meter: &Meter, shared: &Shared) -> Option<(Transport, bool)> {
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
    let http = pin!(
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            // The watchdog tells a slow head from an idle connection.
            .header_read_timeout(None)
            .max_buf_size(head::BUFFER)
            .serve_connection(TokioIo::new(stream), service(router, Arc::clone(shared), visit))
            .with_upgrades(),
    );
    Watchdog::new(Arc::clone(meter), shared)
        .watch_until(http, shutdown, hyper::server::conn::http1::UpgradeableConnection::graceful_shutdown)
        .await;
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
    let http = pin!(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(shared.config.idle_time)
            .keep_alive_timeout(shared.config.pong_time)
            .serve_connection(TokioIo::new(stream), service(router, Arc::clone(&shared), visit)),
    );
    Watchdog::new(meter, &shared)
        .watch_until(http, shutdown, hyper::server::conn::http2::Connection::graceful_shutdown)
        .await;
}
