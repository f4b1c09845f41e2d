//! The lab `exchange` against the real server: the trace beside the browser's network log.

use duplex::analysis::{Sample, Summary, Timeline};
use duplex::trace::{Closing, Direction, Kind, Outcome, Protocol, Trace};
use duplex::wire::Envelope;

use crate::page::Lab;
use crate::server::Server;

/// Opens the lab with a link that starts by itself, and waits for the end of the run.
async fn finished(server: &Server, query: &str) -> (Lab, Trace) {
    let lab = Lab::open(&format!("{}/?lab=exchange&run=1&{query}", server.origin())).await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    lab.assert_no_errors().await;
    (lab, trace)
}

fn samples(trace: &Trace, protocol: Protocol) -> Vec<Sample> {
    Timeline::of(trace).samples(protocol).to_vec()
}

fn summary(trace: &Trace, protocol: Protocol) -> Summary {
    Summary::of(trace, &Timeline::of(trace), protocol)
}

/// Holds the trace against the browser's own log: requests, connections, frames, and their bytes.
async fn compare_with_the_browsers_log(lab: &Lab, trace: &Trace) {
    let run = trace.circumstances.run.to_string();
    let turns = samples(trace, Protocol::Http).len();
    let (requests, connections, sent, received) = lab
        .log
        .once(
            |log| log.echoes(&run).len() >= turns && log.sent.len() >= turns && log.received.len() >= turns,
            |log| (log.echoes(&run), log.echo_connections(&run), log.sent.clone(), log.received.clone()),
        )
        .await;
    assert_eq!(requests.len(), turns, "requests");
    assert_eq!(Some(connections), summary(trace, Protocol::Http).connections, "connections");
    assert_eq!(lab.log.once(|_| true, |log| log.sockets.len()).await, 1, "one WebSocket");
    for (direction, frames) in [(Direction::ToServer, sent), (Direction::ToPage, received)] {
        let messages: Vec<_> = trace
            .of(Protocol::WebSocket)
            .filter(|message| message.direction == direction && message.kind.is_exchanged())
            .collect();
        assert_eq!(frames.len(), messages.len(), "frames {direction:?}");
        for (frame, message) in frames.iter().zip(messages) {
            let (envelope, payload) = Envelope::split(frame).expect("each frame has its envelope");
            assert_eq!(envelope.n, message.turn);
            assert_eq!(payload.len() as u64, message.payload);
            if let Some(copy) = &message.copy {
                assert_eq!(payload, copy.0);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_runs_by_itself_and_the_page_draws_what_the_browser_did() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=20").await;
    compare_with_the_browsers_log(&lab, &trace).await;
    // 20 exchanges and a warm-up; the WebSocket's handshake and its close frames besides.
    assert_eq!(lab.arrows().await, [42, 46]);
    assert_eq!(lab.figure("n").await, ["20", "20"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_close_takes_a_new_connection_for_each_exchange() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=7&connection=close").await;
    compare_with_the_browsers_log(&lab, &trace).await;
    assert_eq!(summary(&trace, Protocol::Http).connections, Some(8));
    assert_eq!(summary(&trace, Protocol::WebSocket).connections, Some(1));
    let ended = trace.connections.iter().filter(|connection| connection.protocol == Protocol::Http);
    let ended: Vec<_> = ended.map(|connection| connection.closed.as_ref().map(|closed| &closed.how)).collect();
    assert!(ended.iter().all(|how| matches!(how, Some(Closing::ByServer | Closing::ByClient))), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_alive_needs_one_connection() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=7").await;
    compare_with_the_browsers_log(&lab, &trace).await;
    assert_eq!(summary(&trace, Protocol::Http).connections, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_and_the_largest_payload_come_back_whole() {
    let server = Server::start();
    for (query, size) in [("messages=3&size=0", 0), ("messages=3&size=1048576", 1 << 20)] {
        let (lab, trace) = finished(&server, query).await;
        compare_with_the_browsers_log(&lab, &trace).await;
        let carried = trace.messages.iter().filter(|message| message.kind.is_exchanged());
        assert!(carried.clone().count() == 16 && carried.clone().all(|message| message.payload == size));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_on_the_page_add_up_to_what_the_servers_meter_counted() {
    let server = Server::start();
    // Above 64 KiB the browser cuts a message into frames as it likes.
    for query in ["messages=12&size=300&connection=close", "messages=4&size=300000"] {
        let (_lab, trace) = finished(&server, query).await;
        compare_with_the_meter(&trace);
    }
}

fn compare_with_the_meter(trace: &Trace) {
    for connection in &trace.connections {
        let bytes = connection.bytes.expect("the server tells");
        let of = |direction| {
            let on_it = trace.messages.iter().filter(|message| message.connection == Some(connection.id));
            let that_way = on_it.filter(|message| message.direction == direction);
            that_way
                .map(|message| message.payload + message.overhead.expect("known") + message.instrument.expect("known"))
                .sum::<u64>()
        };
        let (to_server, to_page) = (of(Direction::ToServer), of(Direction::ToPage));
        match connection.protocol {
            // The last connection of the page's own loading may have carried more.
            Protocol::Http if connection.already_open => {
                assert!(bytes.to_server > to_server && bytes.to_page > to_page);
            }
            // A WebSocket's close frames are among its messages.
            Protocol::Http | Protocol::WebSocket => {
                assert_eq!((bytes.to_server, bytes.to_page), (to_server, to_page));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_in_an_order_that_causality_allows() {
    let server = Server::start();
    let (_lab, trace) = finished(&server, "messages=30").await;
    let timeline = Timeline::of(&trace);
    for message in &trace.messages {
        let (Some(sent), Some(received)) = timeline.ends(&trace, message) else { panic!("{message:?} has no ends") };
        let slack = sent.uncertainty + received.uncertainty;
        assert!(received.at + slack >= sent.at, "{message:?}");
    }
    let phases = trace.of(Protocol::Http).filter_map(|message| Some((message, message.phases.as_ref()?)));
    let mut timed = 0;
    for (message, phases) in phases {
        timed += 1;
        let called = message.sent.page().expect("the page sent it");
        assert!(phases.start + trace.circumstances.resolution >= called, "{message:?}");
        assert!(phases.request_start <= phases.response_start && phases.response_start <= phases.response_end);
    }
    assert_eq!(timed, 31, "each exchange has its timing entry");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_and_its_101_are_in_the_trace_and_the_socket_closes_cleanly() {
    let server = Server::start();
    let (_lab, trace) = finished(&server, "messages=2").await;
    let opening: Vec<Kind> =
        trace.messages.iter().map(|message| message.kind).filter(|kind| kind.is_opening()).collect();
    assert_eq!(opening, [Kind::Handshake, Kind::SwitchingProtocols]);
    let socket = trace.connections.iter().find(|connection| connection.protocol == Protocol::WebSocket);
    let socket = socket.expect("there is a WebSocket");
    assert_eq!((socket.subprotocol.as_str(), socket.extensions.as_str()), ("duplex.v1", ""));
    let closed = socket.closed.as_ref().map(|closed| &closed.how);
    assert!(matches!(closed, Some(Closing::CloseEvent { code: 1000, clean: true, .. })), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_paces_the_turns() {
    let server = Server::start();
    let (_lab, trace) = finished(&server, "messages=4&interval=150").await;
    let began: Vec<i64> =
        samples(&trace, Protocol::Http).iter().filter(|sample| sample.counts()).map(|sample| sample.began.0).collect();
    assert!(began.windows(2).all(|pair| pair[1] - pair[0] >= 100_000), "{began:?}");
}
