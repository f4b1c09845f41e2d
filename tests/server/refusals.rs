//! What the server does not take: it says so in a problem that helps, and goes on.

use std::time::Duration;

use crate::harness::{RawClient, TestServer, within};

async fn small() -> TestServer {
    TestServer::start_with(|config| config.max_body = 1000).await
}

/// The server still answers.
async fn assert_well(server: &TestServer) {
    assert_eq!(server.connect().await.echo("", b"well").await.body, b"well");
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_taken() {
    let server = small().await;
    assert_eq!(server.connect().await.echo("", &[7; 1000]).await.body, [7; 1000]);
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_sent() {
    let server = small().await;
    let mut client = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n";
    let response = client.exchange(head, b"").await;
    assert!(response.problem(413).contains("1000 bytes"));
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_chunked_body_is_refused_when_it_becomes_too_large() {
    let server = small().await;
    let mut client = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
    let response = client.exchange(head, &[b"3e9\r\n", &[0; 1001][..], b"\r\n"].concat()).await;
    response.problem(413);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_client_that_sends_all_of_a_body_too_large_still_reads_why() {
    let server = small().await;
    // More than the buffers of a socket take: a connection closed with unread bytes would be reset.
    let body = vec![0; 20 << 20];
    let mut client = server.connect().await;
    let head = format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", body.len());
    let response = client.exchange(&head, &body).await;
    response.problem(413);
    assert_well(&server).await;
}

#[tokio::test]
async fn a_handshake_with_a_body_opens_no_websocket() {
    let server = TestServer::start().await;
    let request = crate::harness::handshake("", "Content-Length: 5\r\n");
    let mut client = server.connect().await;
    let response = client.exchange(&request, b"hello").await;
    assert!(response.problem(400).contains("no body"), "{response:?}");
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn an_unknown_address_is_a_404_and_another_method_a_405() {
    let server = TestServer::start().await;
    server.get("/nothing").await.problem(404);
    for target in ["/ws", "/.well-known/duplex", "/transcript/x"] {
        let head = format!("DELETE {target} HTTP/1.1\r\nHost: test\r\n\r\n");
        let response = server.connect().await.exchange(&head, b"").await;
        response.problem(405);
        assert_eq!(response.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_told_with_what_would_be_right() {
    let server = TestServer::start().await;
    for (query, right) in [
        ("connection=maybe", "keep-alive"),
        ("run=beef", "32 hexadecimal digits"),
        ("n=-1", "number"),
        ("n=4294967296", "4294967295"),
        ("type=plain", "text/plain"),
        ("deflate=yes", "“1” or “0”"),
        ("ping=99", "100 to 600000"),
        ("ping=600001", "100 to 600000"),
        ("ping=soon", "100 to 600000"),
        ("type=text/plain%0d%0aset-cookie:a=b", "media type"),
    ] {
        for path in ["/echo", "/ws"] {
            let detail = server.get(&format!("{path}?{query}")).await.problem(400);
            assert!(detail.contains(right), "{query}: {detail}");
        }
    }
}

#[tokio::test]
async fn transcripts_are_asked_for_with_a_run_id() {
    let server = TestServer::start().await;
    assert!(server.get("/transcript/beef").await.problem(400).contains("32 hexadecimal digits"));
    server.get("/transcript/00000000000000000000000000000001").await.problem(404);
}

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_refused() {
    let server = TestServer::start().await;
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let response = server.connect().await.exchange(&format!("GET /echo HTTP/1.1\r\n{hosts}\r\n"), b"").await;
        assert!(response.problem(400).contains("Host"));
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "a page may read why");
    }
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_not_taken_for_the_next_request() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let inner = b"GET /echo HTTP/1.1\r\nHost: inner\r\n\r\n";
    let head = format!("POST /nothing HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", inner.len());
    client.exchange(&head, inner).await.problem(404);
    assert_eq!(client.rest().await, b"", "the body was not answered");
}

#[tokio::test]
async fn a_connection_without_a_complete_head_is_closed_in_time() {
    let server = TestServer::start_with(|config| config.head_time = Duration::from_millis(200)).await;
    for begun in [b"G".as_slice(), b"GET /echo HTT", b"GET /echo HTTP/1.1\r\nHost: test\r\nX: "] {
        let mut client = server.connect().await;
        client.send(begun).await;
        assert_eq!(client.rest().await, b"", "{begun:?}");
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn no_bytes_whatever_stop_the_server() {
    let server = TestServer::start().await;
    let long_line = [b"GET /".repeat(100_000), b"\r\n\r\n".to_vec()].concat();
    for garbage in [
        &b"\x00\xff\xfe\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /echo HTTP/9.9\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"GET /%zz?%zz=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        &long_line,
    ] {
        let mut client = server.connect().await;
        client.send(garbage).await;
        end_of_stream_or_reset(client).await;
        assert_well(&server).await;
    }
}

async fn end_of_stream_or_reset(mut client: RawClient) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    // The server may have closed already; then there is nothing to end.
    client.tcp.shutdown().await.ok();
    let mut answer = Vec::new();
    within(client.tcp.read_to_end(&mut answer)).await.ok();
    let text = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 5"), "{text}");
}

#[tokio::test]
async fn a_request_that_opens_no_websocket_is_told_what_it_lacks() {
    let server = TestServer::start().await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    for (headers, status, told) in [
        (String::new(), 426, "Upgrade: websocket"),
        (format!("{upgrade}{key}"), 426, "version 13"),
        (format!("{upgrade}{key}Sec-WebSocket-Version: 8\r\n"), 426, "version 13"),
        (format!("{upgrade}{version}"), 400, "Sec-WebSocket-Key"),
        (format!("{upgrade}{version}Sec-WebSocket-Key: short\r\n"), 400, "16 random bytes"),
    ] {
        let mut client = server.connect().await;
        let response = client.exchange(&format!("GET /ws HTTP/1.1\r\nHost: test\r\n{headers}\r\n"), b"").await;
        assert!(response.problem(status).contains(told), "{headers}");
        if status == 426 {
            assert_eq!(response.header("upgrade"), Some("websocket"));
        }
        assert_eq!(client.echo("", b"still HTTP").await.body, b"still HTTP");
    }
}
