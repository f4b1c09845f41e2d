//! The raw bytes in a transcript against what a client really wrote and read.

use duplex::server::TapLimits;
use duplex::wire::{Capture, ExchangeEntry, RunId, Transcript};

use crate::harness::{RUN, RawClient, TestServer, frame, handshake};

/// All bytes of a capture, none of which was dropped.
fn whole(capture: Option<&Capture>) -> Vec<u8> {
    let capture = capture.expect("something crossed");
    assert_eq!(capture.dropped, 0);
    capture.pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
}

fn exchanges(transcript: &Transcript) -> Vec<&ExchangeEntry> {
    transcript.connections.iter().flat_map(|connection| &connection.exchanges).collect()
}

fn request(run: RunId, n: u32, body: &str) -> String {
    format!("POST /echo?run={run}&n={n} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn each_exchange_has_its_raw_bytes_and_nobody_elses() {
    let server = TestServer::start().await;
    let other = RunId(7);
    let mut client = server.connect().await;
    let mut responses = Vec::new();
    for (n, run) in [RUN, other, RUN].into_iter().enumerate() {
        let response = client.exchange(&request(run, n as u32, "héllo"), b"").await;
        responses.push([response.head.as_bytes(), &response.body].concat());
    }
    client.exchange("GET /echo?secret HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;

    let transcript = server.transcript(RUN).await;
    let told = exchanges(&transcript);
    assert_eq!(told.len(), 2);
    for (exchange, n) in told.into_iter().zip([0, 2]) {
        assert_eq!(whole(exchange.request.as_ref()), request(RUN, n, "héllo").as_bytes());
        assert_eq!(whole(exchange.response.as_ref()), responses[n as usize]);
        assert_eq!(
            (exchange.method.as_str(), exchange.status, exchange.protocol.as_str()),
            ("POST", Some(200), "http/1.1")
        );
        assert_eq!((&exchange.frames_in, &exchange.frames_out), (&None, &None));
        let pieces = &exchange.request.as_ref().expect("a request").pieces;
        assert!(pieces.iter().all(|piece| exchange.began <= piece.at && Some(piece.at) <= exchange.received));
    }
}

#[tokio::test]
async fn a_request_that_is_pipelined_behind_one_of_a_run_is_not_told_with_it() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let both = [request(RUN, 1, "mine"), request(RunId(7), 2, "another's")].concat();
    client.send(both.as_bytes()).await;
    assert_eq!(client.response(false).await.body, b"mine");
    assert_eq!(client.response(false).await.body, b"another's");
    for run in [RUN, RunId(7)] {
        let transcript = server.transcript(run).await;
        let told = exchanges(&transcript)[0];
        let pieces = told.request.iter().flat_map(|capture| &capture.pieces);
        assert_eq!(pieces.count(), 0, "where one ends and the other begins is not known");
    }
}

#[tokio::test]
async fn a_websocket_has_its_handshake_and_its_frames_masking_keys_and_all() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let response = client.upgrade(&format!("run={RUN}"), "").await;
    client.send_frame(0x81, b"Hello").await;
    assert_eq!(client.frame().await, (0x81, b"Hello".to_vec()));
    client.send_frame(0x88, &1000_u16.to_be_bytes()).await;
    assert_eq!(client.close().await.0, 1000);

    let transcript = server.transcript(RUN).await;
    let told = exchanges(&transcript);
    let sent = [frame(0x81, b"Hello"), frame(0x88, &1000_u16.to_be_bytes())].concat();
    assert_eq!(whole(told[0].request.as_ref()), handshake(&format!("run={RUN}"), "").as_bytes());
    assert_eq!(whole(told[0].response.as_ref()), response.head.as_bytes());
    assert_eq!(whole(told[0].frames_in.as_ref()), sent);
    assert_eq!(whole(told[0].frames_out.as_ref()), b"\x81\x05Hello\x88\x02\x03\xe8");
    assert!(told[0].upgraded);
}

#[tokio::test]
async fn frames_that_come_with_the_handshake_are_told_from_it() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let request = handshake(&format!("run={RUN}"), "");
    client.send(&[request.as_bytes(), &frame(0x81, b"early")].concat()).await;
    assert_eq!(client.response(false).await.status, 101);
    assert_eq!(client.frame().await, (0x81, b"early".to_vec()));
    let transcript = server.transcript(RUN).await;
    let told = exchanges(&transcript);
    assert_eq!(whole(told[0].request.as_ref()), request.as_bytes());
    assert_eq!(whole(told[0].frames_in.as_ref()), frame(0x81, b"early"));
}

#[tokio::test]
async fn a_handshake_that_fails_and_a_request_that_breaks_off_are_told_too() {
    let server = TestServer::start().await;
    let refused = handshake(&format!("run={RUN}&n=1"), "").replace("Version: 13", "Version: 12");
    let response = server.connect().await.exchange(&refused, b"").await;
    assert_eq!(response.status, 426);
    let broken = request(RUN, 2, "half of it and no more").replace("Content-Length: ", "Content-Length: 9");
    let mut client = server.connect().await;
    client.send(broken.as_bytes()).await;
    // It is a part of the run from when its head was read.
    let knows_both = |transcript: &Transcript| exchanges(transcript).len() == 2;
    server.transcript_when(RUN, knows_both).await;
    client.tcp.set_zero_linger().expect("it is a socket");
    drop(client);
    let is_over = |transcript: &Transcript| transcript.connections.iter().all(|connection| connection.closed.is_some());
    let transcript = server.transcript_when(RUN, is_over).await;
    let told = exchanges(&transcript);
    assert_eq!(whole(told[0].request.as_ref()), refused.as_bytes());
    assert_eq!(whole(told[0].response.as_ref()), [response.head.as_bytes(), &response.body].concat());
    assert_eq!(whole(told[1].request.as_ref()), broken.as_bytes());
    assert_eq!((told[1].received, told[1].response.as_ref()), (None, None));
}

#[tokio::test]
async fn what_is_beyond_the_limits_is_counted() {
    let limits = TapLimits { per_connection: 4000, in_all: 1 << 20 };
    let server = TestServer::start_with(|config| config.tap = Some(limits)).await;
    let response = server.connect().await.exchange(&request(RUN, 1, &"x".repeat(5000)), b"").await;
    let transcript = server.transcript(RUN).await;
    let told = exchanges(&transcript)[0].clone();
    for (capture, length) in [(told.request, told.request_bytes), (told.response, Some(response.length()))] {
        let capture = capture.expect("something crossed");
        let kept: usize = capture.pieces.iter().map(|piece| piece.bytes.len()).sum();
        assert_eq!(kept, 1000, "a quarter of a connection's");
        assert_eq!(Some(kept as u64 + capture.dropped), length);
    }
}

#[tokio::test]
async fn the_bytes_can_be_left_out_and_need_not_be_kept() {
    let server = TestServer::start().await;
    server.connect().await.echo(&format!("run={RUN}"), b"x").await;
    let without: Transcript = server.get(&format!("/transcript/{RUN}?bytes=0")).await.json();
    assert_eq!(exchanges(&without)[0].request, None);
    let keeps_none = TestServer::start_with(|config| config.tap = None).await;
    keeps_none.connect().await.echo(&format!("run={RUN}"), b"x").await;
    assert_eq!(exchanges(&keeps_none.transcript(RUN).await)[0].request, None);
}

#[tokio::test]
async fn the_oldest_bytes_make_room_for_the_newest() {
    let limits = TapLimits { per_connection: 40_000, in_all: 30_000 };
    let server = TestServer::start_with(|config| config.tap = Some(limits)).await;
    let body = "x".repeat(8_000);
    for n in 1..=4 {
        let mut client: RawClient = server.connect().await;
        client.exchange(&request(RUN, n, &body), b"").await;
        let is_closed = |transcript: &Transcript| transcript.connections.iter().all(|its| its.closed.is_some());
        drop(client);
        server.transcript_when(RUN, is_closed).await;
    }
    let transcript = server.transcript(RUN).await;
    let dropped = |at: usize| exchanges(&transcript)[at].request.as_ref().expect("a request").dropped;
    assert!(dropped(0) > 8_000 && dropped(3) == 0, "{} {}", dropped(0), dropped(3));
}

#[tokio::test]
async fn an_exchange_of_which_nothing_was_kept_tells_how_much_it_was() {
    let limits = TapLimits { per_connection: 1000, in_all: 1 << 20 };
    let server = TestServer::start_with(|config| config.tap = Some(limits)).await;
    let mut client = server.connect().await;
    let mut responses = Vec::new();
    for n in 0..4 {
        responses.push(client.exchange(&request(RUN, n, &"x".repeat(400)), b"").await.length());
    }
    client.exchange("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;
    let transcript = server.transcript(RUN).await;
    let last = exchanges(&transcript)[3];
    let capture = |capture: &Option<Capture>| capture.as_ref().map(|capture| (capture.pieces.len(), capture.dropped));
    assert_eq!(capture(&last.request), Some((0, last.request_bytes.expect("over HTTP/1.1"))));
    assert_eq!(capture(&last.response), Some((0, responses[3])));
}
