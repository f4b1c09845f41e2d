//! TLS: HTTP/1.1, HTTP/2 and a WebSocket within it, and what the ledger tells of it.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use duplex::server::{Certificate, Config, Server, ServerError, Tls};
use duplex::wire::{Discovery, TlsEntry};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{RUN, TestServer, frame, handshake, within};

/// A server with a certificate of its own making, and what a client trusts.
struct Secure {
    server: TestServer,
    certificate: CertificateDer<'static>,
    _folder: TempDir,
}

impl Secure {
    async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        fs::write(&chain, made.cert.pem()).expect("it is written");
        fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
        let certificate = Certificate::Files { chain, key };
        let server = TestServer::start_with(|config| {
            config.tls = Some(Tls { listen: ([127, 0, 0, 1], 0).into(), certificate });
            config.head_time = std::time::Duration::from_millis(500);
        });
        Self { server: server.await, certificate: made.cert.der().clone(), _folder: folder }
    }

    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("it is a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder.expect("versions").with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let tcp = TcpStream::connect(self.tls_address()).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("a name");
        within(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.expect("TLS is agreed on")
    }

    fn tls_address(&self) -> std::net::SocketAddr {
        self.server.tls.expect("it speaks TLS")
    }

    async fn tls_entry(&self) -> TlsEntry {
        self.server.transcript(RUN).await.connections[0].tls.clone().expect("it was within TLS")
    }
}

async fn exchange(stream: &mut TlsStream<TcpStream>, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("it is open");
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.expect("it ends in order");
    String::from_utf8(answer).expect("it is text")
}

#[tokio::test]
async fn http_1_1_is_spoken_and_metered_within_tls() {
    let secure = Secure::start().await;
    let mut stream = secure.connect(&["http/1.1"]).await;
    let request = format!("GET /echo?run={RUN}&n=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = exchange(&mut stream, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let transcript = secure.server.transcript(RUN).await;
    let connection = &transcript.connections[0];
    assert_eq!(connection.exchanges[0].request_bytes, Some(request.len() as u64));
    assert_eq!(connection.exchanges[0].response_bytes, Some(answer.len() as u64));
    assert_eq!((connection.bytes_in, connection.bytes_out), (request.len() as u64, answer.len() as u64));
    let captured = connection.exchanges[0].request.as_ref().expect("it was tapped within TLS");
    assert_eq!(captured.pieces[0].bytes, request.as_bytes());
    let tls = secure.tls_entry().await;
    assert_eq!((tls.version.as_str(), tls.resumed), ("TLS 1.3", false));
    assert!(tls.handshake_bytes.0 > 200 && tls.handshake_bytes.1 > 500, "{tls:?}");
    assert!(tls.wire_bytes.0 > tls.handshake_bytes.0 + connection.bytes_in, "records have heads: {tls:?}");
    assert!(connection.opened <= tls.established && tls.established <= connection.exchanges[0].began);
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered_and_shares_one_connection() {
    let secure = Secure::start().await;
    let stream = secure.connect(&["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    let driver = tokio::spawn(connection);
    let exchanges = (0..5).map(|n| {
        let mut sender = sender.clone();
        async move {
            let uri = format!("https://localhost/echo?run={RUN}&n={n}&connection=close");
            let request =
                hyper::Request::post(uri).body(Full::new(Bytes::from(vec![b'x'; 70_000 + n]))).expect("a request");
            let response = sender.send_request(request).await.expect("a response");
            assert_eq!(response.status(), 200);
            assert!(response.headers().contains_key("duplex-evidence"));
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(body.len(), 70_000 + n);
        }
    });
    within(futures_util::future::join_all(exchanges)).await;
    drop(sender);
    within(driver).await.expect("no panic").expect("it ends in order");

    let transcript = secure.server.transcript(RUN).await;
    assert_eq!(transcript.connections.len(), 1);
    let told = &transcript.connections[0].exchanges;
    assert_eq!(told.iter().map(|exchange| exchange.ordinal).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for exchange in told {
        assert_eq!((exchange.protocol.as_str(), exchange.status), ("h2", Some(200)));
        assert_eq!((exchange.request_bytes, exchange.response_bytes), (None, None), "frames of several are mixed");
        assert!(Some(exchange.began) <= exchange.received && exchange.received <= exchange.sent);
    }
}

#[tokio::test]
async fn a_websocket_within_tls_has_its_101() {
    let secure = Secure::start().await;
    let mut stream = secure.connect(&["http/1.1"]).await;
    stream.write_all(handshake(&format!("run={RUN}"), "").as_bytes()).await.expect("it is open");
    let mut head = Vec::new();
    within(async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("more of the head"));
        }
    })
    .await;
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    stream.write_all(&frame(0x81, b"within")).await.expect("it is open");
    let mut echo = [0; 8];
    within(stream.read_exact(&mut echo)).await.expect("an echo");
    assert_eq!(&echo, b"\x81\x06within");
}

#[tokio::test]
async fn who_speaks_no_tls_on_its_port_or_nothing_at_all_is_let_go() {
    let secure = Secure::start().await;
    for opening in [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], b""] {
        let mut tcp = TcpStream::connect(secure.tls_address()).await.expect("it listens");
        tcp.write_all(opening).await.expect("it is open");
        let mut rest = Vec::new();
        // In order or not: it ends.
        within(tcp.read_to_end(&mut rest)).await.ok();
        assert!(!rest.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[tokio::test]
async fn discovery_names_the_port_and_whether_the_certificate_is_self_signed() {
    let secure = Secure::start().await;
    let discovery: Discovery = secure.server.get("/.well-known/duplex").await.json();
    let offer = discovery.tls.expect("TLS is offered");
    assert_eq!((offer.port, offer.self_signed), (secure.tls_address().port(), false));
    let at_home = TestServer::start_with(|config| {
        config.tls = Some(Tls { listen: ([127, 0, 0, 1], 0).into(), certificate: Certificate::SelfSigned });
    });
    let discovery: Discovery = at_home.await.get("/.well-known/duplex").await.json();
    assert!(discovery.tls.is_some_and(|tls| tls.self_signed));
}

#[tokio::test]
async fn files_that_hold_no_certificate_are_refused_with_their_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    fs::write(&chain, "no certificate").expect("it is written");
    let mut config = Config::new(([127, 0, 0, 1], 0).into());
    let certificate = Certificate::Files { chain: chain.clone(), key };
    config.tls = Some(Tls { listen: config.listen, certificate });
    let error = Server::bind(config).await.expect_err("it is no certificate");
    assert!(matches!(&error, ServerError::CertificateFile { path, .. } if *path == chain), "{error}");
    assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
}
