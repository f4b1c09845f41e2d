//! Limits and manners: who takes too long, takes too much, or is too many, is told and let go, and
//! the others are served.

use std::time::Duration;

use crate::harness::{RUN, RawClient, TestServer, within};

const SHORT: Duration = Duration::from_millis(200);

async fn assert_well(server: &TestServer) {
    assert_eq!(server.connect().await.echo("", b"well").await.body, b"well");
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_gets_a_408() {
    let server = TestServer::start_with(|config| config.body_time = SHORT).await;
    let mut client = server.connect().await;
    let head = format!("POST /echo?run={RUN}&n=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n");
    let response = client.exchange(&head, b"some of it").await;
    let detail = response.problem(408);
    assert!(detail.contains("10 bytes"), "{detail}");
    assert_eq!(response.header("connection"), Some("close"));
    assert_eq!(client.rest().await, b"");
    let told = &server.transcript(RUN).await.connections[0].exchanges[0];
    assert_eq!((told.status, told.received), (Some(408), None));
    assert_well(&server).await;
}

#[tokio::test]
async fn a_large_body_earns_time_as_it_comes() {
    let server = TestServer::start_with(|config| config.body_time = SHORT).await;
    let mut client = server.connect().await;
    let size = 40_000;
    client.send(format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {size}\r\n\r\n").as_bytes()).await;
    client.send(&vec![1; size - 1]).await;
    // The time for an empty body is over; this one has some seconds more.
    tokio::time::sleep(2 * SHORT).await;
    client.send(&[1]).await;
    assert_eq!(client.response(false).await.body.len(), size);
}

#[tokio::test]
async fn a_connection_that_is_idle_for_long_is_closed_and_one_that_is_used_is_not() {
    let server = TestServer::start_with(|config| {
        config.head_time = SHORT;
        config.idle_time = 3 * SHORT;
    })
    .await;
    let mut used = server.connect().await;
    for _ in 0..4 {
        used.echo("", b"x").await;
        tokio::time::sleep(SHORT).await;
    }
    assert_eq!(used.rest().await, b"", "in the end it is closed too, in order");
    assert_eq!(server.connect().await.rest().await, b"", "so is one that was never used");
}

#[tokio::test]
async fn who_takes_nothing_of_a_response_is_let_go() {
    let server = TestServer::start_with(|config| config.idle_time = SHORT).await;
    let mut client = server.connect().await;
    // More than the buffers of both sockets hold.
    let body = vec![0; 16 << 20];
    client
        .send(
            format!("POST /echo?run={RUN} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
        )
        .await;
    client.send(&body).await;
    let transcript = server.transcript_when(RUN, |its| its.connections[0].closed.is_some()).await;
    assert!(transcript.connections[0].bytes_out < body.len() as u64);
    assert_well(&server).await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_when_to_come_again() {
    let server = TestServer::start_with(|config| config.max_connections = 2).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.echo("", b"x").await;
    second.echo("", b"x").await;
    let mut third = server.connect().await;
    let response = third.exchange("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;
    assert!(response.problem(503).contains("--max-connections"));
    assert_eq!(
        (response.header("retry-after"), response.header("access-control-allow-origin")),
        (Some("5"), Some("*"))
    );
    assert_eq!(third.rest().await, b"");
    first.echo("", b"those that are in are served").await;
    drop(first);
    within(async {
        while server.get_status("/echo").await != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_address_does_not_take_all_places() {
    let server = TestServer::start_with(|config| config.max_per_address = 1).await;
    let mut first = server.connect().await;
    first.echo("", b"x").await;
    let response = server.connect().await.exchange("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;
    assert!(response.problem(503).contains("--max-per-address"));
}

#[tokio::test]
async fn many_slow_clients_do_not_keep_others_waiting() {
    let server = TestServer::start().await;
    let mut slow = Vec::new();
    for at in 0..300 {
        let mut client = server.connect().await;
        let begun: &[u8] = match at % 3 {
            0 => b"GET /echo HTTP/1.1\r\nHost: te",
            1 => b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nx",
            _ => b"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
        };
        client.send(begun).await;
        slow.push(client);
    }
    assert_well(&server).await;
    // And a slow one is served once it is done.
    let mut first: RawClient = slow.swap_remove(0);
    first.send(b"st\r\n\r\n").await;
    assert_eq!(first.response(false).await.status, 200);
    assert!(slow.iter().all(|client| client.tcp.try_read(&mut [0]).is_err()), "the others are still waited for");
}
