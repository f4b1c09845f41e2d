//! Emulated links over real sockets: both protocols are as slow as was asked for, and the ledger
//! says so.

use std::time::{Duration, Instant};

use duplex::wire::{Discovery, Link, Transcript};

use crate::harness::{RUN, RawClient, TestServer};

const RTT: Duration = Duration::from_millis(60);

fn link() -> Link {
    Link { name: "test".to_owned(), rtt: RTT.as_micros() as u64, jitter: 0, rate: None }
}

async fn behind_link() -> (TestServer, RawClient) {
    let server = TestServer::start_with(|config| config.links = vec![link()]).await;
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    let port = discovery.links[0].port;
    let client = RawClient::connect((server.address.ip(), port).into()).await;
    (server, client)
}

#[tokio::test]
async fn discovery_names_the_links_with_their_ports() {
    let server = TestServer::start_with(|config| config.links = vec![link()]).await;
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    assert_eq!(discovery.links.len(), 1);
    assert_eq!(discovery.links[0].link, link());
    assert_ne!(discovery.links[0].port, server.address.port());
    assert_eq!(discovery.links[0].tls_port, None);
}

#[tokio::test]
async fn a_round_trip_takes_what_the_link_says_over_both_protocols() {
    let (server, mut client) = behind_link().await;
    let began = Instant::now();
    client.echo(&format!("run={RUN}&n=1"), b"first").await;
    let first = began.elapsed();
    assert!(first >= 2 * RTT, "the handshake takes one more: {first:?}");
    let began = Instant::now();
    let second = client.echo(&format!("run={RUN}&n=2"), b"second").await;
    assert!(began.elapsed() >= RTT, "{:?}", began.elapsed());
    let evidence = second.evidence();
    assert!(evidence.sent - evidence.received < RTT.as_micros() as u64 / 2, "the server itself is quick: {evidence:?}");

    client.upgrade(&format!("run={RUN}"), "").await;
    let began = Instant::now();
    client.send_frame(0x81, b"x").await;
    client.frame().await;
    assert!(began.elapsed() >= RTT, "{:?}", began.elapsed());

    let connection = &server.transcript(RUN).await.connections[0];
    assert_eq!(connection.link, Some(link()));
    let (from, to) = connection.emulated_handshake.expect("it was emulated");
    assert_eq!(to - from, link().rtt);
    assert!(to <= connection.exchanges[0].began, "nothing arrived while it went on");
}

#[tokio::test]
async fn who_does_not_read_the_last_response_over_a_link_is_let_go() {
    let server = TestServer::start_with(|config| {
        config.links = vec![Link { rtt: 10_000, ..link() }];
        (config.head_time, config.idle_time) = (Duration::from_millis(500), Duration::from_millis(500));
    })
    .await;
    let discovery: Discovery = server.get("/.well-known/duplex").await.json();
    let address = (server.address.ip(), discovery.links[0].port).into();
    let mut held = Vec::new();
    // One of these sizes is such that the socket is full and the link has room for the rest.
    for n in 8..=18 {
        let mut client = RawClient::connect_with_little_room(address).await;
        let size = n * 256 * 1024;
        let head =
            format!("POST /echo?run={RUN}&connection=close HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
        client.send(&[head.as_bytes(), &vec![0; size]].concat()).await;
        held.push(client);
    }
    server.knows(RUN).await;
    let are_gone = |its: &Transcript| its.connections.iter().filter(|its| its.closed.is_some()).count() == held.len();
    server.transcript_when(RUN, are_gone).await;
}

#[tokio::test]
async fn without_a_link_nothing_is_emulated() {
    let server = TestServer::start().await;
    server.connect().await.echo(&format!("run={RUN}"), b"x").await;
    let connection = &server.transcript(RUN).await.connections[0];
    assert_eq!((&connection.link, connection.emulated_handshake), (&None, None));
}
