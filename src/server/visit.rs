//! What a request's handler knows of the connection that brought it, and may have become of it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::Config;
use super::clock::Clock;
use super::meter::Meter;
use super::shutdown::Shutdown;
use super::stream::MeteredStream;
use super::websocket::{self, Socket};

/// What a request's handler knows of the connection that brought it; a request extension.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The connection's meter.
    pub(crate) meter: Arc<Meter>,
    /// Which request this is on its connection, from 1.
    pub(crate) ordinal: u64,
    /// Several requests share the connection (HTTP/2).
    pub(crate) is_multiplexed: bool,
    /// Where the handler of a handshake leaves what becomes of the connection.
    pub(crate) upgrade: Arc<UpgradeSlot>,
}

/// What becomes of a connection, once that is known.
pub(crate) type UpgradeSlot = Mutex<Option<Upgrade>>;

/// What becomes of a connection once the 101 was sent.
pub(crate) struct Upgrade {
    on: OnUpgrade,
    options: websocket::Options,
    application: Application,
}

/// What is spoken over a WebSocket. Boxed, so that connections without one keep no room for it.
type Application = Box<dyn FnOnce(Socket) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> + Send>;

impl fmt::Debug for Upgrade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Upgrade").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Visit {
    /// The connection's id, if it is told: behind a proxy it says nothing about the client's connection.
    pub(crate) fn told_id(&self, config: &Config) -> Option<u64> {
        (!config.behind_proxy).then(|| self.meter.id())
    }

    /// Has the connection go on as a WebSocket with an application once the 101 was sent.
    pub(crate) fn upgrade_to_websocket<F>(
        &self,
        on: OnUpgrade,
        options: websocket::Options,
        application: impl FnOnce(Socket) -> F + Send + 'static,
    ) where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let application: Application = Box::new(|socket| Box::pin(application(socket)));
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(Upgrade { on, options, application });
    }
}

impl Upgrade {
    /// Goes on as a WebSocket, to its end.
    pub(crate) async fn go_on(self, meter: Arc<Meter>, clock: Clock, shutdown: Shutdown) {
        let id = meter.id();
        let parts = match self.on.await {
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
        let stream = parts.io.into_inner();
        let socket = Socket::new(stream, &parts.read_buf, self.options, meter, clock, shutdown);
        drop(parts.read_buf);
        if let Err(error) = (self.application)(socket).await {
            tracing::debug!(connection = id, %error, "the WebSocket broke");
        }
    }
}
