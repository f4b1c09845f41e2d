//! Whose pages may use the server, and what one behind a proxy does not tell.

use duplex::wire::{Discovery, Envelope, Link};

use crate::harness::{RUN, RawClient, TestServer, frame, handshake};

const COURSE: &str = "https://course.example";

async fn ask(server: &TestServer, origin: &str) -> crate::harness::Response {
    let head = format!("GET /echo HTTP/1.1\r\nHost: here.example\r\nOrigin: {origin}\r\n\r\n");
    server.connect().await.exchange(&head, b"").await
}

#[tokio::test]
async fn without_a_list_every_page_may_use_it() {
    let server = TestServer::start().await;
    assert_eq!(ask(&server, "https://anyone.example").await.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn with_a_list_its_pages_and_the_servers_own_may_and_no_others() {
    let server = TestServer::start_with(|config| config.origins = vec![COURSE.to_owned()]).await;
    for allowed in [COURSE, "http://here.example"] {
        let response = ask(&server, allowed).await;
        assert_eq!(response.status, 200, "{allowed}");
        assert_eq!(response.header("access-control-allow-origin"), Some(allowed));
        assert_eq!(response.header("vary"), Some("Origin"));
    }
    let refused = ask(&server, "https://evil.example").await;
    assert!(refused.problem(403).contains("--origin"));
    assert_eq!(server.get("/echo").await.status, 200, "who is no page names no origin");
}

#[tokio::test]
async fn the_servers_own_page_may_use_its_ports_behind_links() {
    let server = TestServer::start_with(|config| {
        config.origins = vec![COURSE.to_owned()];
        config.links = vec![Link { name: "test".to_owned(), rtt: 1000, jitter: 0, rate: None }];
    })
    .await;
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    let address = (server.address.ip(), discovery.links[0].port).into();
    let own = format!("http://here.example:{}", server.address.port());
    for (origin, status) in [(own.as_str(), 200), ("http://here.example:1", 403)] {
        let head =
            format!("GET /echo HTTP/1.1\r\nHost: here.example:{}\r\nOrigin: {origin}\r\n\r\n", discovery.links[0].port);
        let response = RawClient::connect(address).await.exchange(&head, b"").await;
        assert_eq!(response.status, status, "{origin}");
    }
}

#[tokio::test]
async fn a_websocket_is_refused_to_other_origins_though_cors_does_not_apply() {
    let server = TestServer::start_with(|config| config.origins = vec![COURSE.to_owned()]).await;
    let opened = |origin: &'static str| {
        let (server, request) = (&server, handshake("", &format!("Origin: {origin}\r\n")));
        async move { server.connect().await.exchange(&request, b"").await.status }
    };
    assert_eq!(opened(COURSE).await, 101);
    assert_eq!(opened("https://evil.example").await, 403);
}

#[tokio::test]
async fn behind_a_proxy_nothing_is_told_of_connections() {
    let server = TestServer::start_with(|config| config.behind_proxy = true).await;
    let response = server.connect().await.echo(&format!("run={RUN}"), b"x").await;
    assert_eq!(response.evidence().connection, None);
    assert!(response.evidence().received <= response.evidence().sent, "times are true all the same");
    assert!(server.get(&format!("/transcript/{RUN}")).await.problem(404).contains("proxy"));
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    assert!(discovery.behind_proxy);
    let mut client = server.connect().await;
    client.upgrade("", "Sec-WebSocket-Protocol: duplex.v1\r\n").await;
    client.send(&frame(0x82, b"{\"n\":1}\nx")).await;
    let (_, reply) = client.frame().await;
    let (envelope, _) = Envelope::split(&reply).expect("a reply has an envelope");
    assert_eq!(envelope.evidence.expect("times are told here too").connection, None);
}
