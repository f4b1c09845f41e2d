//! TLS (RFC 8446) with HTTP/2 or HTTP/1.1 by ALPN (RFC 7301): the certificate, and the handshake.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ProtocolVersion};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::ServerError;
use super::config::Certificate;
use super::transport::Wire;

/// The ALPN names, the preferred one first. A browser that opens a `wss` offers HTTP/1.1 alone, so a
/// WebSocket has its 101.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What accepts TLS with a certificate.
///
/// # Errors
/// When the certificate cannot be read, is not one, or does not go with its key.
pub(crate) fn acceptor(certificate: &Certificate, addresses: &[IpAddr]) -> Result<TlsAcceptor, ServerError> {
    let (chain, key) = match certificate {
        Certificate::Files { chain, key } => (read_chain(chain)?, read_key(key)?),
        Certificate::SelfSigned => self_signed(addresses)?,
    };
    let unusable = |error: rustls::Error| ServerError::Certificate { detail: error.to_string() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let unreadable = |detail: String| ServerError::CertificateFile { path: path.to_owned(), detail };
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate in PEM (“-----BEGIN CERTIFICATE-----”)".to_owned()));
    }
    Ok(certificates)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, ServerError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| ServerError::CertificateFile { path: path.to_owned(), detail: error.to_string() })
}

/// A certificate for this machine, signed by itself.
fn self_signed(addresses: &[IpAddr]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), ServerError> {
    let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let mut names = vec!["localhost".to_owned()];
    names.extend(own.iter().chain(addresses).filter(|address| !address.is_unspecified()).map(IpAddr::to_string));
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| ServerError::Certificate { detail: error.to_string() })?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((vec![made.cert.der().clone()], key.into()))
}

/// Whether HTTP/2 was agreed on.
pub(crate) fn is_http2(stream: &TlsStream<Wire>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(PROTOCOLS[0])
}

/// The version that was agreed on, and whether an earlier session was resumed.
pub(crate) fn agreed(stream: &TlsStream<Wire>) -> (&'static str, bool) {
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    (version, session.handshake_kind() == Some(HandshakeKind::Resumed))
}
