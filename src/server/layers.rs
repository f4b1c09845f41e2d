//! What lies between a connection's socket and its meter: an emulated link, TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::wire::{Link, TlsEntry};

/// The emulated link that a connection came over.
#[derive(Clone, Debug)]
pub(crate) struct OverLink {
    /// The link.
    pub(crate) link: Arc<Link>,
    /// From when to when its handshake was emulated, in µs of the server's clock.
    pub(crate) handshake: Option<(u64, u64)>,
}

/// What is known of a connection's TLS once its handshake is done.
#[derive(Debug)]
pub(crate) struct Tls {
    /// Such as `TLS 1.3`.
    pub(crate) version: &'static str,
    /// An earlier session was resumed.
    pub(crate) resumed: bool,
    /// When it was established, in µs of the server's clock.
    pub(crate) established: u64,
    /// Bytes of the handshake, read and written.
    pub(crate) handshake: (u64, u64),
    /// Bytes below TLS.
    pub(crate) wire: Arc<WireCounts>,
}

/// Bytes read from and written to a socket below TLS.
#[derive(Debug, Default)]
pub(crate) struct WireCounts {
    /// Read.
    pub(crate) bytes_in: AtomicU64,
    /// Written.
    pub(crate) bytes_out: AtomicU64,
}

impl Tls {
    /// As it is told.
    pub(crate) fn entry(&self) -> TlsEntry {
        TlsEntry {
            version: self.version.to_owned(),
            resumed: self.resumed,
            established: self.established,
            handshake_bytes: self.handshake,
            wire_bytes: self.wire.both(),
        }
    }
}

impl WireCounts {
    /// Read and written until now.
    pub(crate) fn both(&self) -> (u64, u64) {
        (self.bytes_in.load(Relaxed), self.bytes_out.load(Relaxed))
    }
}
