//! Faults over HTTP as a client on the socket meets them, and that they are met by the exchange that asked
//! for them and by no other.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use crate::harness::{End, RawClient, TestServer};

const SHORT: Duration = Duration::from_millis(200);

async fn post(client: &mut RawClient, query: &str, body: &str) {
    let head = format!("POST /echo?{query} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    client.send(head.as_bytes()).await;
}

/// Whether the connection is open and nothing more came on it for a while.
async fn is_silent(client: &mut RawClient, time: Duration) -> bool {
    tokio::time::timeout(time, async { while client.tcp.read_buf(&mut client.buffer).await.is_ok_and(|n| n > 0) {} })
        .await
        .is_err()
}

#[tokio::test]
async fn a_response_that_drips_is_the_only_one_of_its_connection() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    post(&mut client, "fault=drip", "12345678").await;
    assert_eq!(client.response(false).await.body, b"12345678");
    let began = Instant::now();
    // At the pace of the drip it would take ten seconds.
    let body = [7; 800];
    assert_eq!(client.echo("", &body).await.body, body);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_fault_that_had_no_body_to_be_in_does_not_meet_the_next_response() {
    let server = TestServer::start().await;
    for fault in ["cut", "short", "stall", "bad-frame"] {
        let mut client = server.connect().await;
        let head = format!("HEAD /echo?fault={fault} HTTP/1.1\r\nHost: test\r\n\r\n");
        assert_eq!(client.exchange(&head, b"").await.status, 200);
        let body = b"longer than the filler that a fault takes in place of an empty body, which is cut in the middle";
        assert_eq!(client.echo("", body).await.body, body, "{fault}");
        // Neither when both are asked for at once.
        let second = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 95\r\n\r\n";
        client.send(&[head.as_bytes(), second.as_bytes(), &body[..]].concat()).await;
        assert_eq!(client.response(true).await.status, 200);
        assert_eq!(client.response(false).await.body, body, "{fault}");
    }
}

#[tokio::test]
async fn who_stalls_or_vanishes_does_so_for_longer_than_a_connection_may_be_idle() {
    let server = TestServer::start_with(|config| {
        config.head_time = SHORT;
        config.idle_time = SHORT;
    })
    .await;
    for fault in ["vanish", "stall"] {
        let mut client = server.connect().await;
        client.send(format!("GET /echo?fault={fault} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await;
        assert!(is_silent(&mut client, 6 * SHORT).await, "{fault}");
    }
}

#[tokio::test]
async fn an_interim_response_is_not_the_head_behind_which_a_fault_waits() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let head = "POST /echo?fault=short HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
    client.send(&[head.as_bytes(), b"0123456789"].concat()).await;
    let (all, end) = client.end().await;
    let text = String::from_utf8(all).expect("it is text");
    assert_eq!(end, End::InOrder);
    let (interim, rest) = text.split_once("\r\n\r\n").expect("an interim response");
    assert_eq!(interim, "HTTP/1.1 100 Continue");
    assert_eq!(rest.split_once("\r\n\r\n").map(|(_, body)| body), Some("01234"), "{rest}");
}

#[tokio::test]
async fn a_status_that_has_no_content_comes_without_a_length() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for (status, length) in [(204, None), (205, Some("0"))] {
        let head = format!("GET /echo?fault=status&status={status} HTTP/1.1\r\nHost: test\r\n\r\n");
        let response = client.exchange(&head, b"").await;
        assert_eq!((response.status, response.header("content-length")), (status, length));
    }
    assert_eq!(client.echo("", b"next").await.body, b"next");
}
