//! WebSockets on which nothing happens: clients that are silent, and clients that do not read.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use duplex::server::Config;
use duplex::wire::Ending;
use tokio::io::AsyncWriteExt as _;

use crate::harness::{RUN, RawClient, TestServer, frame, within};

const IDLE: Duration = Duration::from_millis(150);
const PONG: Duration = Duration::from_millis(300);

fn impatient(config: &mut Config) {
    config.idle_time = IDLE;
    config.pong_time = PONG;
}

async fn open(server: &TestServer, query: &str) -> RawClient {
    let mut client = server.connect().await;
    client.upgrade(query, "").await;
    client
}

#[tokio::test]
async fn a_silent_client_is_sent_a_ping_and_kept_as_long_as_it_answers() {
    let server = TestServer::start_with(impatient).await;
    let mut client = open(&server, "").await;
    for _ in 0..3 {
        let silent = Instant::now();
        assert_eq!(client.frame().await, (0x89, vec![]));
        assert!(silent.elapsed() > IDLE / 2, "a ping comes after silence alone");
        client.send_frame(0x8A, b"").await;
    }
    client.send_frame(0x81, b"still here").await;
    assert_eq!(client.frame().await, (0x81, b"still here".to_vec()));
}

#[tokio::test]
async fn a_client_that_gives_no_sign_of_life_is_closed_with_1011() {
    let server = TestServer::start_with(impatient).await;
    let mut client = open(&server, &format!("run={RUN}")).await;
    assert_eq!(client.frame().await, (0x89, vec![]));
    let (code, reason) = client.close().await;
    assert_eq!(code, 1011);
    assert!(reason.contains("sign of life"), "{reason}");
    drop(client);
    let transcript = server.transcript_when(RUN, |transcript| transcript.connections[0].closed.is_some()).await;
    assert!(matches!(transcript.connections[0].closed, Some((_, Ending::Server))));
}

#[tokio::test]
async fn any_message_is_a_sign_of_life() {
    let server = TestServer::start_with(impatient).await;
    let mut client = open(&server, "").await;
    assert_eq!(client.frame().await, (0x89, vec![]));
    client.send_frame(0x81, b"instead of a pong").await;
    assert_eq!(client.frame().await, (0x81, b"instead of a pong".to_vec()));
    assert_eq!(client.frame().await, (0x89, vec![]), "the next sign is a ping, not a close");
}

#[tokio::test]
async fn a_url_may_say_after_how_much_silence_a_ping_is_sent() {
    let server = TestServer::start().await;
    let mut client = open(&server, "ping=100").await;
    assert_eq!(client.frame().await, (0x89, vec![]));
    client.send_frame(0x8A, b"").await;
    assert_eq!(client.frame().await, (0x89, vec![]));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let server = TestServer::start_with(impatient).await;
    let mut client = open(&server, &format!("run={RUN}")).await;
    let message = frame(0x82, &vec![7; 1 << 20]);
    // In the end it is more than the buffers of both sockets take, so the server cannot go on writing.
    let error = within(async {
        loop {
            if let Err(error) = client.tcp.write_all(&message).await {
                return error;
            }
        }
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "what waits for the client is not kept");
    let transcript = server.transcript_when(RUN, |transcript| transcript.connections[0].closed.is_some()).await;
    assert!(matches!(transcript.connections[0].closed, Some((_, Ending::Server))));
}

#[tokio::test]
async fn a_client_that_reads_late_gets_everything() {
    let server = TestServer::start().await;
    let mut client = open(&server, "").await;
    let payload = vec![5; 12 << 20];
    let message = frame(0x82, &payload);
    // The answer fills all buffers on its way before anything of it is read.
    client.send(&message).await;
    client.send_frame(0x89, b"after it").await;
    assert!(client.frame().await == (0x82, payload));
    assert_eq!(client.frame().await, (0x8A, b"after it".to_vec()));
}
