//! The socket over a stream in memory.

use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

use super::*;
use crate::server::shutdown::{self, Trigger};
use crate::server::websocket::frame;

impl Transport for DuplexStream {
    fn reset(&mut self) {}

    async fn client_ended(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// The server's end, the client's, and what ends the server.
fn pair(room: usize) -> (Socket<DuplexStream>, DuplexStream, Trigger) {
    let (ours, theirs) = duplex(room);
    let (trigger, shutdown) = shutdown::channel();
    let options =
        Options { max_message: 1 << 20, idle: Duration::from_secs(120), pong: Duration::from_secs(30), deflate: None };
    let clock = Clock::start();
    let socket = Socket::new(ours, &[], options, Arc::new(Meter::new(1, clock, None, None)), clock, shutdown);
    (socket, theirs, trigger)
}

fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::write_head(&mut bytes, Opcode::Text, payload.len());
    bytes[0] = first;
    bytes[1] |= 0x80;
    // With this key masked bytes are those that were masked.
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_message_may_be_given_up_at_any_byte() {
    let (mut socket, mut client, _trigger) = pair(1 << 20);
    let bytes = [client_frame(0x01, b"Hel"), client_frame(0x89, b"?"), client_frame(0x80, b"lo")].concat();
    let (last, first) = bytes.split_last().expect("there are some");
    for byte in first {
        client.write_all(&[*byte]).await.expect("it is open");
        let given_up = tokio::time::timeout(Duration::from_millis(1), socket.next()).await;
        assert!(given_up.is_err(), "{given_up:?}");
    }
    client.write_all(&[*last]).await.expect("it is open");
    let message = socket.next().await.expect("it is open").expect("there is one");
    assert_eq!((message.kind, &message.payload[..]), (Kind::Text, &b"Hello"[..]));
    assert_eq!(socket.evidence().framing, Some(12));
}

#[tokio::test(start_paused = true)]
async fn what_is_being_written_when_waiting_is_given_up_is_written_later() {
    // The client's side takes three bytes at a time.
    let (mut socket, mut client, _trigger) = pair(3);
    let ping = client_frame(0x89, b"a longer one");
    let writing = async {
        client.write_all(&ping).await.expect("it is open");
        let mut pong = vec![0; 14];
        for byte in &mut pong {
            *byte = client.read_u8().await.expect("it is open");
            // Time enough for the server to be given up between the bytes.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        pong
    };
    let waiting = async {
        loop {
            drop(tokio::time::timeout(Duration::from_millis(2), socket.next()).await);
        }
    };
    tokio::select! {
        pong = writing => assert_eq!(pong, [&[0x8A, 12], &b"a longer one"[..]].concat()),
        () = waiting => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_the_server_ends_closes_also_if_it_is_sending() {
    let (mut socket, mut client, trigger) = pair(1 << 20);
    trigger.pull();
    let given_up = tokio::time::timeout(Duration::from_millis(1), socket.next()).await;
    assert!(given_up.is_err(), "it waits for the client's close");
    let error = socket.send(Kind::Text, b"too late").await.expect_err("it is closed");
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
    let mut told = Vec::new();
    client.read_to_end(&mut told).await.expect("it ends in order");
    assert_eq!(told, [&[0x88, 17, 0x03, 0xE9], &b"the server ends"[..]].concat());
}

#[tokio::test(start_paused = true)]
async fn a_close_waits_for_the_clients_and_not_for_ever() {
    let (socket, mut client, _trigger) = pair(1 << 20);
    let begun = tokio::time::sleep(CLOSE_TIME * 2);
    tokio::select! {
        closed = socket.close(4321, "bye") => closed.expect("it ends in order"),
        () = begun => panic!("it takes too long"),
    }
    let mut told = Vec::new();
    client.read_to_end(&mut told).await.expect("it ends in order");
    assert_eq!(told, [&[0x88, 5, 0x10, 0xE1], &b"bye"[..]].concat());

    let (socket, mut client, _trigger) = pair(1 << 20);
    client.write_all(&[client_frame(0x81, b"meanwhile"), client_frame(0x88, b"")].concat()).await.expect("open");
    let at_once = tokio::time::timeout(CLOSE_TIME / 2, socket.close(1000, "")).await;
    at_once.expect("it need not wait").expect("it ends in order");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let (mut socket, _client, _trigger) = pair(1000);
    let sending = tokio::time::timeout(Duration::from_secs(149), socket.send(Kind::Binary, &[0; 20_000])).await;
    assert!(sending.is_err(), "it is waited for");
    let (mut socket, _client, _trigger) = pair(1000);
    let sending = tokio::time::timeout(Duration::from_secs(151), socket.send(Kind::Binary, &[0; 20_000])).await;
    let error = sending.expect("not for longer").expect_err("it is let go");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(socket.next().await.expect("no more to tell"), None);
}

#[tokio::test]
async fn what_rarely_happens_takes_no_room_of_an_idle_connection() {
    let (socket, _client, _trigger) = pair(1);
    let room = size_of_val(&super::super::echo(socket, super::super::Mode::Plain, None));
    assert!(room < 1500, "{room} bytes");
}
