//! TLS: HTTP/1.1, HTTP/2 and a WebSocket within it, and what the ledger tells of it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duplex::server::{Certificate, Config, Server, ServerError, Tls};
use duplex::wire::{Discovery, TlsEntry, Transcript};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{RUN, RawClient, TestServer, frame, handshake, within};

/// A server with a certificate of its own making, and what a client trusts.
struct Secure {
    server: TestServer,
    certificate: CertificateDer<'static>,
    _folder: TempDir,
}

impl Secure {
    async fn start() -> Self {
        Self::start_with(|config| config.head_time = Duration::from_millis(500)).await
    }

    async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        fs::write(&chain, made.cert.pem()).expect("it is written");
        fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
        let certificate = Certificate::Files { chain, key };
        let server = TestServer::start_with(|config| {
            config.tls = Some(Tls { listen: ([127, 0, 0, 1], 0).into(), certificate });
            configure(config);
        });
        Self { server: server.await, certificate: made.cert.der().clone(), _folder: folder }
    }

    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(self.tls_address()).await.expect("it listens");
        self.secure(tcp, protocols).await
    }

    async fn secure(&self, tcp: TcpStream, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("it is a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder.expect("versions").with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        within(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.expect("TLS is agreed on")
    }

    /// An HTTP/2 connection that `configure` has its say in. Whoever has its sender can ask.
    async fn http2(
        &self,
        configure: impl FnOnce(&mut http2::Builder<TokioExecutor>),
    ) -> http2::SendRequest<Full<Bytes>> {
        let stream = self.connect(&["h2"]).await;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        configure(&mut builder);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.expect("HTTP/2");
        // It ends with the server or the test.
        tokio::spawn(async { connection.await.ok() });
        sender
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

#[tokio::test]
async fn an_exchange_over_http_2_that_the_client_gives_up_is_over() {
    let short = Duration::from_millis(300);
    let secure = Secure::start_with(|config| (config.head_time, config.idle_time) = (short, short)).await;
    let mut sender = secure.http2(|_| {}).await;
    let uri = format!("https://localhost/news?feed={RUN}&interval=0&wait=60000&run={RUN}&n=1");
    let request = hyper::Request::get(uri).body(Full::default()).expect("a request");
    let waiting = tokio::spawn(sender.send_request(request));
    secure.server.knows(RUN).await;
    waiting.abort();
    // A connection on which nothing goes on is closed after a while; it was busy before.
    let transcript = secure.server.transcript_when(RUN, |its| its.connections[0].closed.is_some()).await;
    let told = &transcript.connections[0].exchanges;
    assert_eq!((told.len(), told[0].status), (1, None));
}

#[tokio::test]
async fn who_takes_nothing_of_a_response_over_http_2_is_let_go_though_it_shows_signs_of_life() {
    let short = Duration::from_millis(400);
    let secure = Secure::start_with(|config| (config.head_time, config.idle_time) = (short, short)).await;
    let mut sender = secure
        .http2(|builder| {
            let ping = Duration::from_millis(100);
            builder.initial_stream_window_size(1000).keep_alive_interval(ping).keep_alive_while_idle(true);
        })
        .await;
    let uri = format!("https://localhost/echo?run={RUN}&n=1");
    let request = hyper::Request::post(uri).body(Full::from(vec![b'x'; 70_000])).expect("a request");
    let response = within(sender.send_request(request)).await.expect("a response");
    let is_closed = |its: &Transcript| its.connections[0].closed.is_some();
    secure.server.transcript_when(RUN, is_closed).await;
    drop(response);
}

#[tokio::test]
async fn a_response_over_http_2_that_is_read_slowly_is_not_cut_off() {
    let short = Duration::from_secs(1);
    let secure = Secure::start_with(|config| (config.head_time, config.idle_time) = (short, short)).await;
    let mut sender = secure.http2(|builder| _ = builder.initial_stream_window_size(20_000)).await;
    let request = hyper::Request::post("https://localhost/echo").body(Full::from(vec![b'x'; 300_000])).expect("right");
    let mut body = within(sender.send_request(request)).await.expect("a response").into_body();
    let mut length = 0;
    while let Some(frame) = within(body.frame()).await {
        length += frame.expect("the connection goes on").into_data().expect("data").len();
        // In all it takes longer than a client may take nothing.
        tokio::time::sleep(short / 50).await;
    }
    assert_eq!(length, 300_000);
}

#[tokio::test]
async fn who_does_not_read_the_last_response_within_tls_is_let_go() {
    let short = Duration::from_millis(500);
    let secure = Secure::start_with(|config| (config.head_time, config.idle_time) = (short, short)).await;
    let mut held = Vec::new();
    // One of these sizes is such that the socket is full and TLS has room for the rest.
    for n in 40..=64_usize {
        let tcp = RawClient::connect_with_little_room(secure.tls_address()).await.tcp;
        let mut stream = secure.secure(tcp, &["http/1.1"]).await;
        let size = n * 56 * 1024;
        let head = format!(
            "POST /echo?run={RUN}&n={n}&connection=close HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), &vec![0; size]].concat()).await.expect("it is open");
        held.push(stream);
    }
    secure.server.knows(RUN).await;
    let are_gone = |its: &Transcript| its.connections.iter().filter(|its| its.closed.is_some()).count() == held.len();
    secure.server.transcript_when(RUN, are_gone).await;
}
