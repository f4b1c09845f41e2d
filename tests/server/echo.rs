//! `/echo`: what is sent comes back, with evidence.

use duplex::wire::Discovery;

use crate::harness::{RUN, TestServer};

#[tokio::test]
async fn bodies_come_back_byte_for_byte() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1 << 20).map(|at: u32| (at ^ (at >> 8)) as u8).collect();
    for body in [&b""[..], b"hello", &every_byte, &large] {
        let response = client.echo("", body).await;
        assert_eq!(response.status, 200);
        assert!(response.body == body, "{} bytes came back as others", body.len());
    }
}

#[tokio::test]
async fn a_chunked_body_comes_back_whole() {
    let server = TestServer::start().await;
    let head = "PUT /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
    let response = server.connect().await.exchange(head, b"3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n").await;
    assert_eq!((response.status, response.body.as_slice()), (200, &b"hello"[..]));
    assert_eq!(response.header("content-length"), Some("5"));
}

#[tokio::test]
async fn any_method_is_echoed() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for method in ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let response = client.exchange(&format!("{method} /echo HTTP/1.1\r\nHost: test\r\n\r\n"), b"").await;
        assert_eq!((response.status, response.header("content-length")), (200, Some("0")), "{method}");
    }
}

#[tokio::test]
async fn the_content_type_is_what_the_query_says_else_what_the_request_said() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let typed = |query: &str| {
        format!("POST /echo?{query} HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n")
    };
    let response = client.exchange(&typed("type=application/json"), b"{}").await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    let response = client.exchange(&typed(""), b"{}").await;
    assert_eq!(response.header("content-type"), Some("text/plain"));
    let response = client.echo("", b"{}").await;
    assert_eq!(response.header("content-type"), Some("application/octet-stream"));
}

#[tokio::test]
async fn a_connection_is_kept_and_its_requests_are_numbered() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let mut before = client.echo("", b"").await.evidence();
    assert_eq!(before.ordinal, 1);
    for ordinal in 2..=5 {
        let evidence = client.echo("connection=keep-alive", b"x").await.evidence();
        assert_eq!(
            (evidence.connection, evidence.opened, evidence.ordinal),
            (before.connection, before.opened, ordinal)
        );
        assert!(before.sent <= evidence.received, "a request came before the last response was sent");
        before = evidence;
    }
}

#[tokio::test]
async fn a_close_that_is_asked_for_really_closes_the_connection() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut client = server.connect().await;
        let response = client.echo("connection=close", b"x").await;
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(client.rest().await, b"", "the end of stream follows the response");
        ids.push(response.evidence().connection);
    }
    assert_eq!(ids, [Some(1), Some(2), Some(3)]);
}

#[tokio::test]
async fn evidence_times_are_in_the_order_of_what_they_tell() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let body = vec![0; 300_000];
    let head = format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", body.len());
    client.send(head.as_bytes()).await;
    // A whole exchange on another connection lies between the head and the body.
    let between = server.connect().await.echo("", b"").await.evidence();
    client.send(&body).await;
    let evidence = client.response(false).await.evidence();
    assert!(evidence.opened <= between.opened, "{evidence:?} {between:?}");
    assert!(between.sent <= evidence.received, "the request was received with its last byte: {evidence:?} {between:?}");
    assert!(evidence.received <= evidence.sent, "{evidence:?}");
}

#[tokio::test]
async fn responses_can_be_read_timed_and_not_cached_by_any_page() {
    let server = TestServer::start().await;
    for target in ["/echo", "/.well-known/duplex", "/transcript/bad", "/ws"] {
        let response = server.get(target).await;
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "duplex-evidence"),
            ("timing-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox"),
        ] {
            assert_eq!(response.header(name), Some(value), "{target}");
        }
        assert_eq!(response.evidence().ordinal, 1, "{target}");
    }
}

#[tokio::test]
async fn a_preflight_allows_what_it_asks_for() {
    let server = TestServer::start().await;
    for target in ["/echo?n=1", "/.well-known/duplex"] {
        let head = format!(
            "OPTIONS {target} HTTP/1.1\r\nHost: test\r\nOrigin: https://example.org\r\n\
             Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type,x-lab\r\n\
             Access-Control-Request-Private-Network: true\r\n\r\n"
        );
        let response = server.connect().await.exchange(&head, b"").await;
        assert_eq!(response.status, 204, "{target}");
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "PUT"),
            ("access-control-allow-headers", "content-type,x-lab"),
            ("access-control-allow-private-network", "true"),
            ("access-control-max-age", "600"),
        ] {
            assert_eq!(response.header(name), Some(value), "{target}");
        }
    }
}

#[tokio::test]
async fn the_server_describes_itself() {
    let server = TestServer::start_with(|config| config.max_body = 1234).await;
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    assert_eq!(discovery.software, Discovery::SOFTWARE);
    assert_eq!(discovery.endpoints.echo, "/echo");
    assert_eq!((discovery.limits.max_body, discovery.limits.max_message), (1234, 16 << 20));
}

#[tokio::test]
async fn two_servers_do_not_get_in_each_others_way() {
    let (one, other) = (TestServer::start().await, TestServer::start().await);
    let discoveries: [Discovery; 2] =
        [one.get("/.well-known/duplex").await.json(), other.get("/.well-known/duplex").await.json()];
    assert_ne!(discoveries[0].instance, discoveries[1].instance);
    for server in [&one, &other] {
        let evidence = server.connect().await.echo(&format!("run={RUN}"), b"").await.evidence();
        assert_eq!(evidence.connection, Some(2), "each counts its own connections");
    }
    assert_eq!(one.transcript(RUN).await.connections.len(), 1);
}
