//! Links over real sockets, in real time.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::stream::Linked;
use super::{no_task_is_left, read};
use crate::server::clock::{Clock, timer_now};
use crate::wire::Link;

/// Both ends of a link over a socket.
async fn sockets(link: &Link) -> (TcpStream, Linked<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    (client, Linked::new(server, link, 1, Clock::start()))
}

#[tokio::test]
async fn over_a_socket_nothing_is_early_and_the_median_is_hardly_late() {
    let link = Link { name: "test".to_owned(), rtt: 5_000, jitter: 0, rate: None };
    let (mut client, mut server) = sockets(&link).await;
    let echo = async {
        for _ in 0..60 {
            let byte = read::<1>(&mut server).await;
            server.write_all(&byte).await.unwrap();
        }
    };
    let ask = async {
        let mut times = Vec::new();
        for number in 0..60 {
            let begin = timer_now();
            client.write_all(&[number]).await.unwrap();
            assert_eq!(read::<1>(&mut client).await, [number]);
            times.push(begin.elapsed().as_micros());
        }
        times
    };
    let ((), mut times) = tokio::join!(echo, ask);
    assert!(times[0] >= 10_000, "the first has the handshake before it: {} µs", times[0]);
    times.remove(0);
    times.sort_unstable();
    assert!(times[0] >= 5_000, "{times:?}");
    println!("round trips of 5000 µs take a median of {} µs", times[times.len() / 2]);
    // With tokio's timers it would be 7 ms; so wide because a test machine may be busy.
    assert!(times[times.len() / 4] <= 6_500, "{times:?}");
}

#[tokio::test]
async fn over_a_socket_a_reset_is_a_reset_and_what_came_before_can_be_read() {
    let link = Link { name: "test".to_owned(), rtt: 4_000, jitter: 1_000, rate: None };
    let (mut client, mut server) = sockets(&link).await;
    server.write_all(b"half").await.unwrap();
    server.reset().unwrap();
    drop(server);
    assert_eq!(&read::<4>(&mut client).await, b"half");
    assert_eq!(client.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn over_a_socket_large_messages_arrive_whole_both_ways_at_once() {
    let link = Link { name: "test".to_owned(), rtt: 2_000, jitter: 1_000, rate: Some(200_000_000) };
    let (client, server) = sockets(&link).await;
    let bytes: Vec<u8> = (0..3_000_000u32).map(|number| (number * 7 / 3) as u8).collect();
    let whole = |stream| async {
        let (mut reader, mut writer) = tokio::io::split::<Box<dyn Both>>(stream);
        let mut all = Vec::new();
        let write = async {
            writer.write_all(&bytes).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let ((), read) = tokio::join!(write, reader.read_to_end(&mut all));
        read.unwrap();
        assert!(all == bytes);
    };
    tokio::join!(whole(Box::new(client)), whole(Box::new(server)));
    no_task_is_left().await;
}

trait Both: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Both for T {}
