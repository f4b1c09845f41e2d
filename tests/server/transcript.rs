//! The transcript against what a client really wrote and read.

use duplex::wire::{ConnectionEntry, Ending, ExchangeEntry, RunId, Transcript};

use crate::harness::{RUN, TestServer, handshake};

/// Bytes of each exchange, both ways.
fn bytes(connection: &ConnectionEntry) -> Vec<(u64, u64)> {
    connection
        .exchanges
        .iter()
        .map(|exchange| (exchange.request_bytes.unwrap_or(0), exchange.response_bytes.unwrap_or(0)))
        .collect()
}

fn only(transcript: &Transcript) -> &ConnectionEntry {
    assert_eq!(transcript.connections.len(), 1, "{transcript:?}");
    &transcript.connections[0]
}

#[tokio::test]
async fn each_exchange_has_the_bytes_that_its_client_wrote_and_read() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let query = format!("run={RUN}");
    let mut expected = Vec::new();
    for (n, size) in [0, 1, 5, 100_000, 1 << 20, 3].into_iter().enumerate() {
        let before = client.written;
        let response = client.echo(&format!("{query}&n={n}"), &vec![b'x'; size]).await;
        expected.push((client.written - before, response.length()));
    }
    let chunked = format!("POST /echo?{query}&n=6 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    let before = client.written;
    let response = client.exchange(&chunked, b"5\r\nhello\r\n0\r\n\r\n").await;
    expected.push((client.written - before, response.length()));
    let before = client.written;
    let response = client.exchange(&format!("HEAD /echo?{query}&n=7 HTTP/1.1\r\nHost: test\r\n\r\n"), b"").await;
    expected.push((client.written - before, response.length()));

    let transcript = server.transcript(RUN).await;
    let connection = only(&transcript);
    assert_eq!(bytes(connection), expected);
    assert_eq!(
        connection.exchanges.iter().map(|exchange| exchange.n).collect::<Vec<_>>(),
        (0..8).map(Some).collect::<Vec<_>>()
    );
    assert_eq!(
        connection.exchanges.iter().map(|exchange| exchange.ordinal).collect::<Vec<_>>(),
        (1..9).collect::<Vec<_>>()
    );
    assert_eq!(connection.bytes_in, client.written);
    assert_eq!(connection.bytes_out, expected.iter().map(|(_, response)| response).sum::<u64>());
    assert_eq!((connection.requests, connection.closed), (8, None));
    let (first_read, last_read) = connection.read.expect("something was read");
    let (first_written, last_written) = connection.written.expect("something was written");
    assert_eq!(first_read, connection.exchanges[0].began);
    assert_eq!(Some(last_read), connection.exchanges[7].received);
    assert!(Some(first_written) >= connection.exchanges[0].sent && Some(last_written) >= connection.exchanges[7].sent);
}

#[tokio::test]
async fn an_interim_response_belongs_to_its_exchange() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let first = client.echo(&format!("run={RUN}&n=1"), b"before").await;
    let before = client.written;
    let head =
        format!("POST /echo?run={RUN}&n=2 HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    let interim = client.exchange(&head, b"").await;
    assert_eq!(interim.status, 100);
    client.send(b"body").await;
    let response = client.response(false).await;
    assert_eq!(response.body, b"body");
    let second = (client.written - before, interim.length() + response.length());
    let third = client.echo(&format!("run={RUN}&n=3"), b"after").await;

    let transcript = server.transcript(RUN).await;
    let bytes = bytes(only(&transcript));
    assert_eq!(bytes.len(), 3);
    assert_eq!(bytes[0].1, first.length());
    assert_eq!(bytes[1], second);
    assert_eq!(bytes[2].1, third.length());
}

#[tokio::test]
async fn a_handshake_has_its_own_bytes_and_the_connection_those_of_the_frames_too() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let response = client.upgrade(&format!("run={RUN}&n=9"), "").await;
    let handshake = (client.written, response.length());
    let mut frames = 0;
    for size in [5, 1000, 100_000] {
        client.send_frame(0x82, &vec![1; size]).await;
        let (_, payload) = client.frame().await;
        assert_eq!(payload.len(), size);
        frames += size as u64
            + if size < 126 {
                2
            } else if size < 65536 {
                4
            } else {
                10
            };
    }
    let transcript = server.transcript(RUN).await;
    let connection = only(&transcript);
    assert_eq!(bytes(connection), [handshake]);
    assert!(connection.exchanges[0].upgraded);
    assert_eq!(connection.exchanges[0].n, Some(9));
    assert_eq!((connection.bytes_in, connection.bytes_out), (client.written, response.length() + frames));
}

#[tokio::test]
async fn frames_sent_without_waiting_for_the_101_are_not_the_handshakes() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let request = handshake(&format!("run={RUN}"), "");
    let frame = crate::harness::frame(0x81, b"eager");
    client.send(&[request.as_bytes(), &frame].concat()).await;
    let response = client.response(false).await;
    assert_eq!(client.frame().await, (0x81, b"eager".to_vec()));
    let transcript = server.transcript(RUN).await;
    assert_eq!(bytes(only(&transcript)), [(request.len() as u64, response.length())]);
}

#[tokio::test]
async fn the_instruments_header_lines_are_counted_apart() {
    const BARE: [&str; 6] = ["content-type", "content-length", "date", "connection", "upgrade", "sec-websocket-accept"];
    let server = TestServer::start().await;
    let mut heads = Vec::new();
    let mut client = server.connect().await;
    heads.push(client.echo(&format!("run={RUN}"), b"hello").await.head);
    let preflight = format!(
        "OPTIONS /echo?run={RUN} HTTP/1.1\r\nHost: test\r\nOrigin: http://a\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
    );
    heads.push(client.exchange(&preflight, b"").await.head);
    heads.push(client.upgrade(&format!("run={RUN}"), "Sec-WebSocket-Protocol: duplex.v1\r\n").await.head);
    let counted = heads.iter().map(|head| {
        let lines = head.split_inclusive("\r\n").skip(1).filter(|line| *line != "\r\n");
        let instrument = lines.filter(|line| BARE.iter().all(|bare| !line.starts_with(&format!("{bare}: "))));
        instrument.map(|line| line.len() as u64).sum::<u64>()
    });
    let transcript = server.transcript(RUN).await;
    let told = only(&transcript).exchanges.iter().map(|exchange| exchange.response_instrument_bytes);
    assert_eq!(told.collect::<Vec<_>>(), counted.collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_request_carries_for_the_instruments_sake_is_counted_apart() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let no_cache = "Pragma: no-cache\r\nCache-Control: no-cache\r\n";
    let request = format!("GET /echo?run={RUN}&n=1 HTTP/1.1\r\nHost: test\r\n{no_cache}\r\n");
    client.exchange(&request, b"").await;
    client.echo(&format!("run={RUN}&n=2"), b"").await;
    client.upgrade(&format!("run={RUN}"), no_cache).await;
    let transcript = server.transcript(RUN).await;
    let told: Vec<u64> = only(&transcript).exchanges.iter().map(|exchange| exchange.request_instrument_bytes).collect();
    assert_eq!(told, [no_cache.len() as u64, 0, 0]);
}

#[tokio::test]
async fn a_run_is_told_its_own_exchanges_and_no_others() {
    let server = TestServer::start().await;
    let other = RunId(RUN.0 + 1);
    let mut shared = server.connect().await;
    for run in [RUN, other, RUN] {
        shared.echo(&format!("run={run}&n=1"), b"").await;
    }
    shared.echo("n=2", b"").await;
    server.connect().await.echo(&format!("run={other}&n=3"), b"").await;

    let transcript = server.transcript(RUN).await;
    let connection = only(&transcript);
    assert_eq!(connection.exchanges.iter().map(|exchange| exchange.ordinal).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(connection.requests, 4, "the connection's own counters tell of all that it carried");
    let connections = server.transcript(other).await.connections;
    assert_eq!(connections.iter().map(|connection| connection.exchanges.len()).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn an_exchange_has_the_times_of_its_evidence() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let evidence = client.echo(&format!("run={RUN}"), b"").await.evidence();
    let transcript = server.transcript(RUN).await;
    let connection = only(&transcript);
    let ExchangeEntry { began, received, sent, .. } = connection.exchanges[0];
    assert_eq!((Some(connection.id), connection.opened), (evidence.connection, evidence.opened));
    assert_eq!((received, sent), (Some(evidence.received), Some(evidence.sent)));
    assert!(
        connection.opened <= began && began <= evidence.received && evidence.sent <= transcript.now,
        "{transcript:?}"
    );
}

#[tokio::test]
async fn who_ended_a_connection_is_told() {
    let server = TestServer::start().await;
    let mut by_server = server.connect().await;
    by_server.echo(&format!("run={RUN}&connection=close"), b"").await;
    by_server.rest().await;
    let mut by_client = server.connect().await;
    by_client.echo(&format!("run={RUN}"), b"").await;
    drop(by_client);
    let mut broken = server.connect().await;
    broken.echo(&format!("run={RUN}"), b"").await;
    broken.tcp.set_zero_linger().expect("it is a socket");
    drop(broken);
    let mut open = server.connect().await;
    open.echo(&format!("run={RUN}"), b"").await;

    let ended =
        |transcript: &Transcript| transcript.connections[..3].iter().all(|connection| connection.closed.is_some());
    let transcript = server.transcript_when(RUN, ended).await;
    let endings: Vec<_> = transcript.connections.iter().map(|connection| connection.closed.map(|(_, by)| by)).collect();
    assert_eq!(endings, [Some(Ending::Server), Some(Ending::Client), Some(Ending::Broken), None]);
    for connection in &transcript.connections[..3] {
        let (closed, _) = connection.closed.expect("it ended");
        assert!(connection.exchanges[0].sent.is_some_and(|sent| sent <= closed) && closed <= transcript.now);
    }
}

#[tokio::test]
async fn a_request_that_was_broken_off_is_told_as_such() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client
        .send(format!("POST /echo?run={RUN}&n=4 HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nhalf").as_bytes())
        .await;
    // It is told while it is under way, too.
    server.knows(RUN).await;
    let transcript = server.transcript(RUN).await;
    assert_eq!(only(&transcript).exchanges[0].received, None);
    let written = client.written;
    drop(client);
    let ended = |transcript: &Transcript| only(transcript).closed.is_some();
    let transcript = server.transcript_when(RUN, ended).await;
    let exchange = &only(&transcript).exchanges[0];
    assert_eq!((exchange.n, exchange.received, exchange.request_bytes), (Some(4), None, Some(written)));
}

#[tokio::test]
async fn many_exchanges_on_one_connection_are_all_told() {
    const MANY: u32 = 3000;
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for n in 0..MANY {
        client.echo(&format!("run={RUN}&n={n}"), b"x").await;
    }
    let transcript = server.transcript(RUN).await;
    let numbers = only(&transcript).exchanges.iter().map(|exchange| exchange.n);
    assert!(numbers.eq((0..MANY).map(Some)));
    assert_eq!(transcript.dropped, 0);
}

#[tokio::test]
async fn a_preflight_is_an_exchange_of_its_run_whatever_address_it_is_for() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for (n, target) in ["/echo", "/memory", "/news", "/room/0123456789abcdef0123456789abcdef"].into_iter().enumerate() {
        let preflight = format!(
            "OPTIONS {target}?run={RUN}&n={n} HTTP/1.1\r\nHost: test\r\nOrigin: http://a\r\n\
             Access-Control-Request-Method: PUT\r\n\r\n"
        );
        assert_eq!(client.exchange(&preflight, b"").await.status, 204, "{target}");
    }
    let told = &server.transcript(RUN).await.connections[0].exchanges;
    assert_eq!(told.iter().map(|exchange| exchange.n).collect::<Vec<_>>(), [0, 1, 2, 3].map(Some));
}

#[tokio::test]
async fn who_does_not_read_transcripts_keeps_others_waiting_only_until_it_is_let_go() {
    let server = TestServer::start_with(|config| config.idle_time = std::time::Duration::from_millis(300)).await;
    // A transcript that is larger than the buffers of both sockets.
    for _ in 0..40 {
        server.connect().await.echo(&format!("run={RUN}"), &vec![b'x'; 1 << 20]).await;
    }
    let mut greedy = Vec::new();
    for _ in 0..8 {
        let mut client = crate::harness::RawClient::connect_with_little_room(server.address).await;
        client.send(format!("GET /transcript/{RUN} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await;
        greedy.push(client);
    }
    assert_eq!(server.transcript(RUN).await.connections.len(), 40);
}
