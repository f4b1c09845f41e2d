//! Faults on `/ws`: each is committed with the message that was asked for, and is what it says, byte for
//! byte.

use std::time::{Duration, Instant};

use duplex::wire::{Envelope, SUBPROTOCOL};
use tokio::io::AsyncWriteExt as _;

use crate::harness::{End, RUN, RawClient, Response, TestServer, handshake, within};

async fn open(server: &TestServer, query: &str) -> RawClient {
    let mut client = server.connect().await;
    client.upgrade(&format!("run={RUN}&{query}"), "").await;
    client
}

/// A WebSocket whose first message is echoed and whose second meets the fault.
async fn second(server: &TestServer, query: &str) -> RawClient {
    let mut client = open(server, &format!("at=2&{query}")).await;
    client.send_frame(0x82, b"the first").await;
    assert_eq!(client.frame().await, (0x82, b"the first".to_vec()));
    client
}

/// Asserts that nothing is on its way to a client, once the server had time to write it: it answered
/// another client meanwhile.
async fn assert_silent(server: &TestServer, client: &mut RawClient) {
    server.connect().await.echo("", b"").await;
    let mut byte = [0];
    let read = client.tcp.try_read(&mut byte);
    assert!(read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "nothing comes");
}

async fn bytes_in(server: &TestServer) -> u64 {
    server.transcript(RUN).await.connections[0].bytes_in
}

#[tokio::test]
async fn close_ends_the_stream_instead_of_an_answer() {
    let server = TestServer::start().await;
    for mut client in [open(&server, "fault=close").await, second(&server, "fault=close").await] {
        client.send_frame(0x81, b"hello").await;
        assert_eq!(client.end().await, (vec![], End::InOrder));
    }
}

#[tokio::test]
async fn reset_resets_the_connection_instead_of_an_answer() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=reset").await;
    client.send_frame(0x81, b"hello").await;
    assert_eq!(client.end().await, (vec![], End::Reset));
}

#[tokio::test]
async fn cut_resets_the_connection_in_the_middle_of_the_answer() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=cut").await;
    client.send_frame(0x81, b"12345678").await;
    assert_eq!(client.end().await, (b"\x81\x081234".to_vec(), End::Reset));
}

#[tokio::test]
async fn short_ends_the_stream_in_the_middle_of_what_was_announced() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=short").await;
    client.send_frame(0x82, &[7; 1000]).await;
    let expected = [&[0x82, 126, 0x03, 0xE8], &[7; 500][..]].concat();
    assert_eq!(client.end().await, (expected, End::InOrder));
}

#[tokio::test]
async fn stall_stops_in_the_middle_and_heeds_nothing_until_the_client_ends() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=stall").await;
    client.send_frame(0x81, b"12345678").await;
    assert_eq!(client.take(6).await, b"\x81\x081234");
    client.send_frame(0x89, b"are you there?").await;
    client.send_frame(0x88, b"").await;
    assert_silent(&server, &mut client).await;
    client.tcp.shutdown().await.expect("it is open");
    assert_eq!(client.end().await.0, b"", "nor written");
    server.transcript_when(RUN, |transcript| transcript.connections[0].closed.is_some()).await;
}

#[tokio::test]
async fn drip_brings_the_whole_answer_a_few_bytes_at_a_time() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=drip").await;
    let asked = Instant::now();
    client.send_frame(0x81, b"twenty-two characters.").await;
    assert_eq!(client.frame().await, (0x81, b"twenty-two characters.".to_vec()));
    // 24 bytes are six pieces with 50 ms between them.
    assert!(asked.elapsed() >= Duration::from_millis(250), "{:?}", asked.elapsed());
    client.send_frame(0x81, b"and on").await;
    assert_eq!(client.frame().await, (0x81, b"and on".to_vec()));
}

#[tokio::test]
async fn a_server_that_ends_stops_dripping() {
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_secs(60)).await;
    let mut client = open(&server, "fault=drip").await;
    client.send_frame(0x82, &[7; 100_000]).await;
    client.take(4).await;
    let ended = server.stop();
    let (rest, end) = client.end().await;
    assert!(rest.len() < 100_000 && end == End::InOrder);
    drop(client);
    within(ended).await.expect("the server ends");
}

#[tokio::test]
async fn status_answers_the_handshake_with_it() {
    let server = TestServer::start().await;
    for (query, status) in
        [("fault=status", 503), ("fault=status&status=418", 418), ("fault=status&at=3&status=599", 599)]
    {
        let mut client = server.connect().await;
        let response = client.exchange(&handshake(query, ""), b"").await;
        assert!(response.problem(status).contains("asked for"));
        assert_eq!(client.echo("", b"the connection goes on").await.body, b"the connection goes on");
    }
}

#[tokio::test]
async fn goodbye_closes_with_the_code_and_the_reason_that_were_asked_for() {
    let server = TestServer::start().await;
    for (query, code, reason) in [
        ("fault=goodbye", 1000, ""),
        ("fault=goodbye&code=4321&reason=so+long%2C+%F0%9F%90%9F", 4321, "so long, 🐟"),
        ("fault=goodbye&code=1005", 1005, ""),
        ("fault=goodbye&code=1006&reason=not+to+be+sent", 1006, "not to be sent"),
        ("fault=goodbye&code=2999", 2999, ""),
    ] {
        let mut client = second(&server, query).await;
        client.send_frame(0x81, b"hello").await;
        let (first, payload) = client.frame().await;
        assert_eq!((first, payload), (0x88, [&u16::to_be_bytes(code), reason.as_bytes()].concat()));
        client.send_frame(0x88, &u16::to_be_bytes(code)).await;
        assert_eq!(client.end().await, (vec![], End::InOrder));
    }
}

#[tokio::test]
async fn vanish_says_nothing_more_whatever_the_client_does() {
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_secs(60)).await;
    let mut client = second(&server, "fault=vanish").await;
    client.send_frame(0x81, b"hello?").await;
    // The message with which it vanishes is read, and what comes later is not.
    let before = client.written;
    within(async { while bytes_in(&server).await < before {} }).await;
    client.send_frame(0x88, b"\x03\xe8").await;
    client.tcp.shutdown().await.expect("it is open");
    assert_silent(&server, &mut client).await;
    assert_eq!(bytes_in(&server).await, before);
    assert!(server.transcript(RUN).await.connections[0].closed.is_none(), "the connection stays open");
    let ended = server.stop();
    assert_eq!(client.end().await.0, b"");
    within(ended).await.expect("a server that ends does not wait for it");
}

#[tokio::test]
async fn bad_frame_has_a_reserved_opcode() {
    let server = TestServer::start().await;
    let mut client = second(&server, "fault=bad-frame").await;
    client.send_frame(0x81, b"hello").await;
    assert_eq!(client.frame().await, (0x83, b"hello".to_vec()));
    client.send_frame(0x88, b"\x03\xea").await;
    assert_eq!(client.close().await, (1002, String::new()));
}

#[tokio::test]
async fn bad_utf8_is_a_text_that_is_none() {
    let server = TestServer::start().await;
    for first in [0x81, 0x82] {
        let mut client = second(&server, "fault=bad-utf8").await;
        client.send_frame(first, b"hello").await;
        assert_eq!(client.frame().await, (0x81, b"hello\xff".to_vec()));
        client.send_frame(0x88, b"\x03\xef").await;
        assert_eq!(client.close().await, (1007, String::new()));
    }
}

#[tokio::test]
async fn enveloped_answers_meet_the_same_faults() {
    let server = TestServer::start().await;
    let asked = [Envelope { n: 7, evidence: None }.line().as_bytes(), &[b'x'; 200]].concat();
    for (query, end) in [("fault=cut", End::Reset), ("fault=short", End::InOrder)] {
        let mut client = server.connect().await;
        client.upgrade(query, &format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n")).await;
        client.send_frame(0x81, &asked).await;
        let (half, ended) = client.end().await;
        assert_eq!(ended, end);
        assert_eq!(half[..2], [0x81, 126]);
        let announced = usize::from(u16::from_be_bytes([half[2], half[3]]));
        assert_eq!(half.len() - 4, announced / 2);
        assert!(half[4..].starts_with(b"{\"n\":7"));
    }
    let mut client = server.connect().await;
    client.upgrade("fault=bad-utf8", &format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n")).await;
    client.send_frame(0x81, &asked).await;
    let (_, answer) = client.frame().await;
    let (envelope, payload) = Envelope::split(&answer).expect("the envelope is right");
    assert_eq!((envelope.n, payload), (7, &[&[b'x'; 200], &b"\xff"[..]].concat()[..]));
}

#[tokio::test]
async fn answers_that_were_collected_leave_before_the_fault() {
    let server = TestServer::start().await;
    let mut client = open(&server, "fault=reset&at=3").await;
    let frames: Vec<u8> = [b"1", b"2", b"3"].iter().flat_map(|payload| crate::harness::frame(0x81, *payload)).collect();
    client.send(&frames).await;
    assert_eq!(client.end().await, (b"\x81\x011\x81\x012".to_vec(), End::Reset));
}

#[tokio::test]
async fn what_cannot_be_had_is_told_with_what_can() {
    let server = TestServer::start().await;
    async fn ask(server: &TestServer, query: &str) -> Response {
        server.connect().await.exchange(&handshake(query, ""), b"").await
    }
    for (query, right) in [
        ("fault=explode", "bad-frame"),
        ("fault=close&at=first", "0 for the handshake"),
        ("fault=status&status=199", "200 to 599"),
        ("fault=status&status=600", "200 to 599"),
        ("fault=goodbye&code=999", "1000 to 4999"),
        ("fault=goodbye&code=5000", "1000 to 4999"),
        (&format!("fault=goodbye&reason={}", "x".repeat(124)), "123 bytes"),
        ("fault=cut&at=0", "not offered at the handshake"),
        ("fault=bad-utf8&at=0", "not offered at the handshake"),
    ] {
        let detail = ask(&server, query).await.problem(400);
        assert!(detail.contains(right), "{query}: {detail}");
    }
}
