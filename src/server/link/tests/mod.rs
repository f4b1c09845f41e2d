//! Links with both ends, on tokio's clock, which stands still but for what is waited for. Its timers
//! have a resolution of a millisecond, and so have the delays here.

mod sockets;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::alarm::Alarm;
use super::stream::{Linked, Transport};
use crate::server::clock::{Clock, timer_now};
use crate::wire::Link;

/// What lies between the socket's two ends here, in bytes.
const SOCKET: usize = 16 << 10;

/// A stream that can be reset, and that fails on demand.
struct Fake {
    stream: DuplexStream,
    fails: oneshot::Receiver<()>,
    was_reset: Arc<AtomicBool>,
}

impl Transport for Fake {
    fn reset_when_dropped(&mut self) -> io::Result<()> {
        self.was_reset.store(true, Ordering::SeqCst);
        Ok(())
    }
}

impl AsyncRead for Fake {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(Ok(())) = Pin::new(&mut self.fails).poll(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Fake {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Both ends of a link.
struct Ends {
    client: DuplexStream,
    server: Linked<Fake>,
    /// Has the socket fail.
    fail: Option<oneshot::Sender<()>>,
    was_reset: Arc<AtomicBool>,
    begin: Instant,
}

impl Ends {
    /// A link with times in ms, as it was accepted.
    fn fresh(rtt: u64, jitter: u64, rate: Option<u64>) -> Self {
        let link = Link { name: "test".to_owned(), rtt: rtt * 1_000, jitter: jitter * 1_000, rate };
        let (client, stream) = duplex(SOCKET);
        let (fail, fails) = oneshot::channel();
        let was_reset = Arc::new(AtomicBool::new(false));
        let fake = Fake { stream, fails, was_reset: Arc::clone(&was_reset) };
        let server = Linked::with_alarm(fake, &link, 1, Clock::start(), Alarm::on_tokio_time);
        Self { client, server, fail: Some(fail), was_reset, begin: timer_now() }
    }

    /// A link whose handshake is over.
    async fn open(rtt: u64, jitter: u64, rate: Option<u64>) -> Self {
        let mut ends = Self::fresh(rtt, jitter, rate);
        tokio::time::sleep(Duration::from_millis(rtt)).await;
        ends.begin = timer_now();
        ends
    }

    /// Checks that so many ms have passed, within the resolution of timers.
    #[track_caller]
    fn took(&self, ms: u64) {
        took(self.begin, ms);
    }

    fn fail(&mut self) {
        self.fail.take().expect("it fails once").send(()).expect("the socket is there");
    }
}

#[track_caller]
fn took(begin: Instant, ms: u64) {
    let passed = begin.elapsed();
    let ms = Duration::from_millis(ms);
    assert!(passed >= ms && passed <= ms + Duration::from_millis(1), "{passed:?} instead of {ms:?}");
}

/// Waits until no task is left but the test itself.
async fn no_task_is_left() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let ended = async {
        while metrics.num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(60), ended).await.expect("every task ends");
}

async fn read<const N: usize>(from: &mut (impl AsyncRead + Unpin)) -> [u8; N] {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).await.expect("the bytes arrive");
    bytes
}

async fn fill(into: &mut (impl AsyncWrite + Unpin)) -> usize {
    let mut count = 0;
    while let Ok(written) = timeout(Duration::from_secs(30), into.write(&[7; 4096])).await {
        count += written.expect("it can be written");
    }
    count
}

#[tokio::test(start_paused = true)]
async fn each_way_takes_half_the_round_trip_time() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.client.write_all(b"there").await.unwrap();
    assert_eq!(&read::<5>(&mut ends.server).await, b"there");
    ends.took(50);
    ends.server.write_all(b"back").await.unwrap();
    ends.took(50);
    assert_eq!(&read::<4>(&mut ends.client).await, b"back");
    ends.took(100);
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_meanwhile_travels_side_by_side() {
    let mut ends = Ends::open(100, 0, None).await;
    for _ in 0..4 {
        ends.client.write_all(b"x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for index in 0..4 {
        read::<1>(&mut ends.server).await;
        ends.took(50 + 10 * index);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_request_waits_for_the_handshake_and_a_further_one_does_not() {
    let mut ends = Ends::fresh(100, 0, None);
    let (from, to) = ends.server.handshake().expect("there is one");
    assert_eq!(to - from, 100_000);
    ends.client.write_all(b"1").await.unwrap();
    read::<1>(&mut ends.server).await;
    ends.took(150);
    ends.server.write_all(b"1").await.unwrap();
    read::<1>(&mut ends.client).await;
    ends.took(200);
    ends.client.write_all(b"2").await.unwrap();
    read::<1>(&mut ends.server).await;
    ends.took(250);
}

#[tokio::test(start_paused = true)]
async fn an_end_of_stream_in_the_handshake_waits_for_it_too() {
    let mut ends = Ends::fresh(100, 0, None);
    ends.client.shutdown().await.unwrap();
    assert_eq!(ends.server.read(&mut [0; 1]).await.unwrap(), 0);
    ends.took(150);
}

#[tokio::test(start_paused = true)]
async fn jitter_keeps_to_its_bounds_and_the_bytes_to_their_order() {
    let mut ends = Ends::open(100, 30, None).await;
    let (mut sent_at, mut delays) = (Vec::new(), Vec::new());
    let (mut reader, mut writer) = tokio::io::split(&mut ends.server);
    let send = async {
        for number in 0..200u8 {
            sent_at.push(timer_now());
            writer.write_all(&[number]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    };
    let receive = async {
        for number in 0..200u8 {
            assert_eq!(read::<1>(&mut ends.client).await, [number]);
            delays.push(timer_now());
        }
    };
    let ignored = async {
        // The application reads as well, as HTTP does.
        assert_eq!(timeout(Duration::from_secs(9), reader.read(&mut [0; 1])).await.ok().map(|_| ()), None);
    };
    tokio::join!(send, receive, ignored);
    let delays: Vec<_> = sent_at.iter().zip(delays).map(|(sent, seen)| (seen - *sent).as_millis()).collect();
    assert!(delays.iter().all(|delay| (20..=81).contains(delay)), "{delays:?}");
    assert!(delays.iter().any(|delay| *delay < 40) && delays.iter().any(|delay| *delay > 70), "{delays:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_makes_a_long_message_slow_and_its_first_bytes_come_early() {
    let mut ends = Ends::open(100, 0, Some(100_000)).await;
    let Ends { client, server, begin, .. } = &mut ends;
    let upload = async {
        client.write_all(&[1; 50_000]).await.unwrap();
        read::<1>(client).await;
    };
    let serve = async {
        read::<1>(server).await;
        // One packet's time after the travel.
        took(*begin, 50 + 14);
        read::<49_999>(server).await;
        took(*begin, 50 + 500);
        server.write_all(&[2; 1_000]).await.unwrap();
    };
    tokio::join!(upload, serve);
    ends.took(50 + 500 + 10 + 50);
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_the_line_can_hold_is_used_fully() {
    let rate = 5_000_000;
    let mut ends = Ends::open(200, 0, Some(rate)).await;
    let Ends { client, server, .. } = &mut ends;
    let mut all = vec![0; 10_000_000];
    tokio::join!(async { server.write_all(&vec![1; 10_000_000]).await.unwrap() }, async {
        client.read_exact(&mut all).await.unwrap();
    });
    let passed = ends.begin.elapsed().as_millis();
    assert!((2_100..=2_110).contains(&passed), "{passed} ms");
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_not_drained_pends_and_goes_on_when_it_is() {
    let mut ends = Ends::open(100, 0, None).await;
    let accepted = fill(&mut ends.server).await;
    assert!((1 << 20..=(1 << 20) + SOCKET).contains(&accepted), "{accepted}");
    // In a task of its own, so that nothing but the link wakes it.
    let writes = tokio::spawn(async move { ends.server.write_all(b"!").await });
    let mut all = vec![0; accepted + 1];
    timeout(Duration::from_secs(1), ends.client.read_exact(&mut all)).await.expect("all arrives").unwrap();
    assert_eq!(all.last(), Some(&b'!'));
    writes.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_read_is_slowed_down_and_goes_on_when_it_is() {
    let mut ends = Ends::open(100, 0, None).await;
    let accepted = fill(&mut ends.client).await;
    assert!(((1 << 20) - 4096..=(1 << 20) + SOCKET).contains(&accepted), "{accepted}");
    let writes = tokio::spawn(async move { ends.client.write_all(b"!").await });
    let mut all = vec![0; accepted + 1];
    timeout(Duration::from_secs(1), ends.server.read_exact(&mut all)).await.expect("all arrives").unwrap();
    assert_eq!(all.last(), Some(&b'!'));
    writes.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_written_travels_on_while_the_application_does_nothing() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.server.write_all(b"answer").await.unwrap();
    assert_eq!(&read::<6>(&mut ends.client).await, b"answer");
    ends.took(50);
}

#[tokio::test(start_paused = true)]
async fn the_clients_end_of_stream_travels_behind_what_it_sent() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.client.write_all(b"last").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    ends.client.shutdown().await.unwrap();
    let mut all = Vec::new();
    ends.server.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"last");
    ends.took(60);
    // The other way is open still.
    ends.server.write_all(b"yes").await.unwrap();
    assert_eq!(&read::<3>(&mut ends.client).await, b"yes");
    ends.took(110);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_is_done_when_all_has_arrived() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.server.write_all(b"last").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    ends.server.shutdown().await.unwrap();
    ends.took(60);
    let mut all = Vec::new();
    ends.client.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"last");
    assert_eq!(ends.server.write(b"more").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    // The client may still send.
    ends.client.write_all(b"too").await.unwrap();
    assert_eq!(&read::<3>(&mut ends.server).await, b"too");
    drop(ends.client);
    assert_eq!(ends.server.read(&mut [0; 1]).await.unwrap(), 0);
    no_task_is_left().await;
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_reads_and_writes_after_the_delay() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.client.write_all(b"before").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    ends.fail();
    assert_eq!(&read::<6>(&mut ends.server).await, b"before");
    ends.took(50);
    ends.server.write_all(b"into nowhere").await.expect("nothing is known of it yet");
    for _ in 0..2 {
        let error = ends.server.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        ends.took(60);
    }
    no_task_is_left().await;
    assert_eq!(ends.server.write(b"x").await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ends.server.flush().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ends.server.shutdown().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_is_heard_of_a_round_trip_later() {
    let mut ends = Ends::open(100, 0, None).await;
    // An end of stream first, so that only writing can fail.
    ends.client.shutdown().await.unwrap();
    assert_eq!(ends.server.read(&mut [0; 1]).await.unwrap(), 0);
    drop(ends.client);
    let begin = timer_now();
    let error = loop {
        match ends.server.write_all(b"x").await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    let passed = begin.elapsed().as_millis();
    assert!((100..=103).contains(&passed), "{passed}");
    no_task_is_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_pends_hears_of_an_error() {
    let mut ends = Ends::open(100, 0, None).await;
    fill(&mut ends.server).await;
    ends.begin = timer_now();
    ends.fail();
    let error = ends.server.write_all(&[0; 4096]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    ends.took(50);
}

#[tokio::test(start_paused = true)]
async fn a_reset_comes_behind_what_is_under_way() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.server.write_all(b"half of").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    ends.server.reset().unwrap();
    assert_eq!(ends.server.write(b"it").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(ends.server.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    drop(ends.server);
    assert_eq!(&read::<7>(&mut ends.client).await, b"half of");
    took(ends.begin, 50);
    assert!(!ends.was_reset.load(Ordering::SeqCst));
    assert_eq!(ends.client.read(&mut [0; 1]).await.unwrap(), 0);
    took(ends.begin, 60);
    assert!(ends.was_reset.load(Ordering::SeqCst));
    no_task_is_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_does_not_hold_up_a_reset() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.server.write_all(&[0; 2 * SOCKET]).await.unwrap();
    ends.server.reset().unwrap();
    no_task_is_left().await;
    assert!(ends.was_reset.load(Ordering::SeqCst));
    assert!(ends.begin.elapsed() < Duration::from_millis(60), "{:?}", ends.begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_arrives_when_the_stream_is_dropped() {
    let mut ends = Ends::open(100, 0, None).await;
    let bytes: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
    ends.server.write_all(&bytes).await.unwrap();
    // What nobody has read is no reason to lose it.
    ends.client.write_all(b"unread").await.unwrap();
    drop(ends.server);
    let mut all = Vec::new();
    ends.client.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, bytes);
    took(ends.begin, 50);
    assert!(!ends.was_reset.load(Ordering::SeqCst));
    no_task_is_left().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_busy_sending_gets_what_is_under_way_when_the_stream_is_dropped() {
    let mut ends = Ends::open(100, 0, None).await;
    fill(&mut ends.client).await;
    ends.server.write_all(b"enough").await.unwrap();
    drop(ends.server);
    timeout(Duration::from_millis(10), ends.client.write_all(&[7; 1 << 20])).await.expect("it is read").unwrap();
    assert_eq!(&read::<6>(&mut ends.client).await, b"enough");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_up_a_dropped_stream_for_a_while_only() {
    let mut ends = Ends::open(100, 0, None).await;
    ends.server.write_all(&[0; 2 * SOCKET]).await.unwrap();
    drop(ends.server);
    no_task_is_left().await;
    let passed = ends.begin.elapsed().as_millis();
    assert!((5_050..=5_055).contains(&passed), "{passed}");
    assert!(ends.was_reset.load(Ordering::SeqCst), "what was lost is no orderly end");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_that_was_idle_leaves_no_task() {
    let ends = Ends::open(100, 0, None).await;
    drop(ends.server);
    no_task_is_left().await;
    took(ends.begin, 50);
}

#[tokio::test(start_paused = true)]
async fn a_link_without_delay_is_no_link() {
    let mut ends = Ends::fresh(0, 0, None);
    assert_eq!(ends.server.handshake(), None);
    ends.client.write_all(b"x").await.unwrap();
    read::<1>(&mut ends.server).await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    ends.server.reset().unwrap();
    assert!(ends.was_reset.load(Ordering::SeqCst));
}
