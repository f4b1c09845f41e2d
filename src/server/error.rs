//! Why a server cannot start. Each text is a sentence for the person who started it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Another program listens there.
    #[error(
        "{address} is already in use, maybe by another Duplex: end that program, or choose another port with --listen \
         (port 0 takes any free one)"
    )]
    InUse {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The system does not let it listen there.
    #[error("cannot listen at {address}: {source}; choose another address with --listen")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The page's folder holds no page.
    #[error(
        "there is no page in the folder “{}” (no index.html): `cargo xtask dist` builds it, --page names another folder, \
         --no-page serves the echo endpoints alone", folder.display()
    )]
    NoPage {
        /// The folder that was looked at.
        folder: PathBuf,
    },
    /// A file of the certificate cannot be used.
    #[error("the file “{}” cannot be used for TLS: {detail}", path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The certificate cannot be used.
    #[error("the certificate cannot be used for TLS: {detail}")]
    Certificate {
        /// What is wrong with it.
        detail: String,
    },
    /// The system has no random numbers, which the server's id needs.
    #[error("the system gives no random numbers: {0}")]
    NoRandom(getrandom::Error),
}

impl ServerError {
    /// Puts the system's refusal to listen into words.
    pub(crate) fn listen(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::InUse { address }
        } else {
            Self::Listen { address, source }
        }
    }
}
