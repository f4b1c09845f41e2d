//! `/ws`: echo, rules and closing, with a client of another make and with frames written by hand.

use std::collections::VecDeque;
use std::time::Duration;

use duplex::wire::{Envelope, SUBPROTOCOL};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{RUN, TestServer, frame, within};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn plain(server: &TestServer) -> Client {
    connect_async(format!("ws://{}/ws", server.address)).await.expect("the handshake succeeds").0
}

async fn enveloped(server: &TestServer) -> Client {
    let mut request = format!("ws://{}/ws?run={RUN}", server.address).into_client_request().expect("a request");
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    let (client, response) = connect_async(request).await.expect("the handshake succeeds");
    assert_eq!(response.headers()["sec-websocket-protocol"], SUBPROTOCOL);
    client
}

async fn next(client: &mut Client) -> Message {
    within(client.next()).await.expect("there is a message").expect("it is right")
}

async fn send(client: &mut Client, message: Message) {
    within(client.send(message)).await.expect("the connection is open");
}

/// A request whose body lacks its last two bytes.
fn half_a_request() -> String {
    format!("POST /echo?run={RUN} HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbo")
}

#[tokio::test]
async fn messages_come_back_as_they_were_sent_and_nothing_else_does() {
    let server = TestServer::start().await;
    let mut client = plain(&server).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let sent = [
        Message::text("héllo κόσμε 🦀"),
        Message::binary(every_byte),
        Message::text(""),
        Message::binary(vec![]),
        Message::binary(vec![7; 125]),
        Message::binary(vec![7; 126]),
        Message::text("x".repeat(65535)),
        Message::binary(vec![9; 65536]),
        Message::binary(vec![1; 1 << 20]),
    ];
    for message in sent {
        send(&mut client, message.clone()).await;
        assert!(next(&mut client).await == message, "{} bytes came back as others", message.len());
    }
    within(client.close(None)).await.expect("it closes");
    assert!(matches!(within(client.next()).await, None | Some(Ok(Message::Close(None)))), "no message was left over");
}

#[tokio::test]
async fn a_message_of_the_largest_size_is_echoed() {
    let server = TestServer::start_with(|config| config.max_message = 3 << 20).await;
    let mut client = plain(&server).await;
    let largest = Message::binary(vec![3; 3 << 20]);
    send(&mut client, largest.clone()).await;
    assert!(next(&mut client).await == largest);
}

#[tokio::test]
async fn messages_that_arrive_together_come_back_in_their_order() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    let sizes = (0..400).map(|at: usize| (at * 37) % 3000).collect::<Vec<_>>();
    let frames = sizes.iter().flat_map(|&size| frame(0x82, &vec![size as u8; size])).collect::<Vec<_>>();
    client.send(&frames).await;
    for size in sizes {
        assert_eq!(client.frame().await, (0x82, vec![size as u8; size]));
    }
}

#[tokio::test]
async fn a_message_in_fragments_comes_back_whole_with_pings_answered_between() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    client.send_frame(0x01, "κό".as_bytes().split_at(3).0).await;
    client.send_frame(0x89, b"are you there?").await;
    assert_eq!(client.frame().await, (0x8A, b"are you there?".to_vec()));
    client.send_frame(0x00, "κό".as_bytes().split_at(3).1).await;
    client.send_frame(0x80, b"").await;
    assert_eq!(client.frame().await, (0x81, "κό".as_bytes().to_vec()));
}

#[tokio::test]
async fn bytes_that_come_one_by_one_make_a_message_too() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    for byte in frame(0x81, &[b'a'; 130]) {
        client.send(&[byte]).await;
    }
    assert_eq!(client.frame().await, (0x81, vec![b'a'; 130]));
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_ends_the_connection() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    client.send_frame(0x88, b"\x0f\xa0bye").await;
    client.send_frame(0x81, b"too late").await;
    assert_eq!(client.close().await, (4000, String::new()));

    let mut client = server.connect().await;
    client.upgrade("", "").await;
    client.send_frame(0x88, b"").await;
    assert_eq!(client.frame().await, (0x88, vec![]));
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_broken_rule_is_answered_with_its_close_code() {
    let server = TestServer::start_with(|config| config.max_message = 1000).await;
    let unmasked = [0x81, 0x01, b'a'];
    for (what, bytes, code) in [
        ("a reserved bit", frame(0xC1, b"a"), 1002),
        ("a reserved opcode", frame(0x83, b"a"), 1002),
        ("no mask", unmasked.to_vec(), 1002),
        ("a continuation of nothing", frame(0x80, b"a"), 1002),
        ("a ping of 126 bytes", frame(0x89, &[0; 126]), 1002),
        ("a pong in fragments", frame(0x0A, b""), 1002),
        ("a close with one byte", frame(0x88, b"\x03"), 1002),
        ("a close with 1005", frame(0x88, &1005_u16.to_be_bytes()), 1002),
        ("a close whose reason is not UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007),
        ("text that is not UTF-8", frame(0x81, b"a\xffb"), 1007),
        ("text that ends within a character", frame(0x81, "κ".as_bytes().split_at(1).0), 1007),
        ("text that is not UTF-8, before the rest of it came", frame(0x81, b"a\xff bbbbbbb")[..10].to_vec(), 1007),
        ("a message that is too big", frame(0x82, &[0; 1001]), 1009),
        ("a frame that says it is too big", frame(0x82, &vec![0; 70_000])[..14].to_vec(), 1009),
        ("fragments that together are too big", [frame(0x02, &[0; 600]), frame(0x80, &[0; 600])].concat(), 1009),
    ] {
        let mut client = server.connect().await;
        client.upgrade("", "").await;
        client.send_frame(0x81, b"all is well").await;
        client.send(&bytes).await;
        assert_eq!(client.frame().await, (0x81, b"all is well".to_vec()), "{what}");
        let (told, reason) = client.close().await;
        assert_eq!(told, code, "{what}: {reason}");
        assert!(!reason.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn enveloped_messages_come_back_with_evidence() {
    let server = TestServer::start().await;
    let mut client = enveloped(&server).await;
    let mut before = 0;
    for (ordinal, payload) in (1..).zip([&b"hello"[..], b"", b"line\nfeeds\n", &[b'z'; 40_000]]) {
        let n = 100 + ordinal as u32;
        let message = [Envelope { n, evidence: None }.line().as_bytes(), payload].concat();
        let as_text = ordinal % 2 == 0;
        let message =
            if as_text { Message::text(String::from_utf8(message).expect("text")) } else { Message::binary(message) };
        send(&mut client, message).await;
        let reply = next(&mut client).await;
        assert_eq!(reply.is_text(), as_text);
        let reply = reply.into_data();
        let (envelope, echoed) = Envelope::split(&reply).expect("a reply has an envelope");
        assert!(echoed == payload);
        let evidence = envelope.evidence.expect("and evidence");
        assert_eq!((envelope.n, evidence.ordinal, evidence.connection), (n, ordinal, Some(1)));
        assert!(
            before <= evidence.received && evidence.opened <= evidence.received && evidence.received <= evidence.sent
        );
        assert!(evidence.framing.is_some_and(|framing| framing >= 6), "each frame has a head and a mask");
        before = evidence.sent;
    }
    let transcript = server.transcript(RUN).await;
    assert!(transcript.connections[0].id == 1 && transcript.connections[0].exchanges[0].upgraded);
}

#[tokio::test]
async fn a_message_is_received_with_its_last_byte() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.upgrade("", "Sec-WebSocket-Protocol: other, duplex.v1\r\n").await;
    let bytes = frame(0x82, b"{\"n\":1}\npayload");
    client.send(&bytes[..bytes.len() - 1]).await;
    let between = server.connect().await.echo("", b"").await.evidence();
    client.send(&bytes[bytes.len() - 1..]).await;
    let (_, reply) = client.frame().await;
    let (envelope, _) = Envelope::split(&reply).expect("a reply has an envelope");
    assert!(between.sent <= envelope.evidence.expect("and evidence").received);
}

#[tokio::test]
async fn a_message_without_its_envelope_is_refused() {
    let server = TestServer::start().await;
    for message in ["hello", "hello\nworld", "{\"n\":-1}\n", &format!("{{\"{}\n", "é".repeat(300))] {
        let mut client = server.connect().await;
        client.upgrade("", "Sec-WebSocket-Protocol: duplex.v1\r\n").await;
        client.send_frame(0x81, message.as_bytes()).await;
        let (code, reason) = client.close().await;
        assert_eq!(code, 1008);
        assert!(reason.contains("JSON"), "{reason}");
    }
}

#[tokio::test]
async fn a_server_that_ends_closes_with_1001_and_finishes_what_runs() {
    let server = TestServer::start().await;
    let mut client = plain(&server).await;
    send(&mut client, Message::text("before")).await;
    next(&mut client).await;
    let mut idle = server.connect().await;
    idle.echo("", b"").await;
    let mut busy = server.connect().await;
    busy.send(half_a_request().as_bytes()).await;
    server.knows(RUN).await;
    let address = server.address;

    let ended = server.stop();
    let close = CloseFrame { code: CloseCode::Away, reason: "the server ends".into() };
    assert_eq!(next(&mut client).await, Message::Close(Some(close)));
    assert_eq!(idle.rest().await, b"");
    busy.send(b"dy").await;
    assert_eq!(busy.response(false).await.body, b"body");
    assert!(within(client.next()).await.is_none(), "the connection ends after the close");
    within(ended).await.expect("the server ends");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_client_that_does_not_close_does_not_keep_the_server_from_ending() {
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_millis(300)).await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    let mut half = server.connect().await;
    half.send(half_a_request().as_bytes()).await;
    server.knows(RUN).await;
    within(server.stop()).await.expect("the server ends");
    assert_eq!(client.frame().await.0, 0x88);
}

#[tokio::test]
async fn many_websockets_at_once_each_get_their_own_messages() {
    let server = TestServer::start().await;
    let mut clients = VecDeque::new();
    for _ in 0..50 {
        clients.push_back(plain(&server).await);
    }
    for round in 0..3 {
        for (at, client) in clients.iter_mut().enumerate() {
            send(client, Message::text(format!("{round} {at}"))).await;
        }
        for (at, client) in clients.iter_mut().enumerate() {
            assert_eq!(next(client).await, Message::text(format!("{round} {at}")));
        }
    }
}

#[tokio::test]
async fn a_server_that_ends_closes_also_with_a_client_that_never_pauses() {
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_secs(60)).await;
    let mut client = server.connect().await;
    client.upgrade("", "").await;
    let (mut reader, mut writer) = client.tcp.into_split();
    let flood = tokio::spawn(async move {
        let frames = frame(0x82, &[7; 1000]).repeat(200);
        while writer.write_all(&frames).await.is_ok() {}
    });
    let mut answers = vec![0; 1 << 20];
    within(reader.read_exact(&mut answers)).await.expect("it echoes");
    let ended = server.stop();
    let mut last = Vec::new();
    within(async {
        loop {
            let count = reader.read(&mut answers).await.expect("it ends in order");
            if count == 0 {
                return;
            }
            last.extend_from_slice(&answers[..count]);
            last.drain(..last.len().saturating_sub(19));
        }
    })
    .await;
    assert_eq!(last, [&[0x88, 17, 0x03, 0xE9], &b"the server ends"[..]].concat());
    drop(reader);
    within(flood).await.expect("it ends with the connection");
    within(ended).await.expect("the server ends");
}
