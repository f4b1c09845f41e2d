//! The simulated network does what a browser with our server does.

use std::cell::RefCell;

use futures_util::future::{join, join_all};

use super::*;
use crate::network::{Events as _, Incoming, Payload, Socket as _};
use crate::trace::{Cause, Circumstances, Closing, Endpoint, Event, Fate, Inference, Kind, Moment, Speaks, Trace};
use crate::wire::{Ending, ExchangeEntry, MemoryAnswer, NewsAnswer, RoomNotice, RoomReceipt};

const PATIENCE: Patience = Patience { connect: Span::from_millis(5_000), reply: Span::from_millis(5_000) };
const TURN: Turn = Turn::of(1);
const FEED: &str = "0000000000000000000000000000000f";

fn sim() -> Sim {
    with(Conditions::default())
}

fn with(conditions: Conditions) -> Sim {
    Sim::new(conditions, PATIENCE)
}

fn trace(sim: &Sim) -> Trace {
    let place = sim.place();
    let endpoint = |url| Endpoint { url, speaks: Speaks::Duplex, instance: None, behind_proxy: false };
    let mut trace = Trace::new(Circumstances {
        run: place.run,
        lab: String::new(),
        parameters: Vec::new(),
        http: endpoint(place.http),
        ws: endpoint(place.ws),
        version: String::new(),
        browser: String::new(),
        started: 0.0,
        origin: Time(0),
        resolution: Span(5),
        isolated: true,
        secure: true,
    });
    sim.recorder().take().into_iter().for_each(|event: Event| trace.apply(event));
    trace
}

/// Runs a script that comes to its end, has the server give its account, and gives the record as well.
fn run<T>(sim: &Sim, script: impl Future<Output = T>) -> (T, Trace) {
    let result = sim.run(script, None).expect("it comes to its end");
    sim.account();
    (result, trace(sim))
}

fn exchanges(sim: &Sim) -> Vec<ExchangeEntry> {
    let told = sim.transcript().expect("it keeps books");
    told.connections.into_iter().flat_map(|connection| connection.exchanges).collect()
}

async fn echo(sim: &Sim, body: &[u8], query: &[(&str, &str)]) -> Result<Response, Failed> {
    sim.fetch(Request::echo(TURN, body).with(query)).await
}

#[test]
fn of_ten_requests_at_once_six_go_and_four_wait() {
    let sim = sim();
    let (done, trace) =
        run(&sim, join_all((0..10).map(|_| async { echo(&sim, b"x", &[]).await.map(|_| (&sim).now()) })));
    let ends: Vec<i64> = done.into_iter().map(|at| at.expect("it is answered").0).collect();
    assert_eq!(ends, [vec![4_050; 6], vec![6_100; 4]].concat());
    assert_eq!(trace.connections.len(), 6);
    let queued = trace.messages.iter().filter_map(|message| message.phases.as_deref());
    let queued = queued.filter(|phases| phases.request_start - phases.connect_end >= Span(4_050));
    assert!(queued.clone().all(|phases| !phases.connected()));
    assert_eq!(queued.count(), 4);
}

#[test]
fn over_http_2_one_connection_carries_them_at_once() {
    let sim = with(Conditions { h2: true, ..Conditions::default() });
    let close = [(crate::wire::query::CONNECTION, crate::wire::query::CLOSE)];
    let (done, trace) = run(&sim, async {
        join_all((0..10).map(|_| echo(&sim, b"x", &close))).await;
        echo(&sim, b"again", &close).await.map(|_| (&sim).now())
    });
    // Two round trips for TCP and TLS, and one for each of both.
    assert_eq!(done, Ok(Time(4_000 + 2 * 2_050)));
    let connections: Vec<_> = trace.connections.iter().map(|it| (it.protocol, it.tls.is_some())).collect();
    assert_eq!(connections, [(Protocol::Http, true)]);
    assert!(trace.messages.iter().all(|message| message.alpn.as_deref() == Some("h2")));
}

#[test]
fn a_request_is_sent_again_where_a_reused_connection_dies_and_not_on_a_fresh_one() {
    for (reused, arrivals) in [(false, 1), (true, 2)] {
        for fault in ["close", "reset"] {
            let sim = sim();
            let (failed, trace) = run(&sim, async {
                if reused {
                    echo(&sim, b"before", &[]).await.expect("it is answered");
                }
                echo(&sim, b"x", &[("fault", fault)]).await.expect_err("it fails")
            });
            assert_eq!(failed.failure.inferred_from, Inference::ProbeAnswered);
            assert_eq!(failed.failure.cause, Cause::ClosedMidway { code: None, reason: String::new() });
            let request = trace.message(failed.request.expect("it was sent")).expect("it is recorded");
            assert_eq!((request.arrivals, request.failing.is_some()), (Some(arrivals), true), "{fault} {reused}");
        }
    }
}

#[test]
fn of_a_body_that_breaks_off_what_came_is_recorded() {
    for fault in ["cut", "short", "stall", "bad-frame"] {
        let sim = sim();
        let (failed, trace) = run(&sim, async {
            let request = Request { streamed: true, ..Request::echo(TURN, b"0123456789") };
            (&sim).fetch(request.with(&[("fault", fault)])).await.expect_err("it breaks off")
        });
        let broken = trace.messages.iter().find(|message| message.fate == Fate::Broken).expect("it is recorded");
        let expected: &[u8] = if fault == "bad-frame" { b"0123456789" } else { b"01234" };
        assert_eq!(broken.copy.as_ref().map(|copy| &copy.0[..]), Some(expected), "{fault}");
        assert_eq!((broken.kind, broken.pieces.len()), (Kind::Response { status: 200 }, 1));
        let inferred = if fault == "stall" { Inference::Timer } else { Inference::BodyRejected };
        assert_eq!(failed.failure.inferred_from, inferred);
        let ending = sim.transcript().expect("books").connections[0].closed.map(|(_, by)| by);
        assert_eq!(ending, Some(if fault == "stall" { Ending::Client } else { Ending::Server }), "{fault}");
    }
}

#[test]
fn raw_bytes_are_those_of_the_messages() {
    let sim = sim();
    let ((), trace) = run(&sim, async {
        echo(&sim, b"over http", &[]).await.expect("it is answered");
        let socket = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        socket.send(TURN, Payload::Text("over ws")).expect("it is open");
        socket.next(TURN, None).await.expect("it comes back");
        socket.close(3000, "bye").await;
    });
    for message in &trace.messages {
        match message.protocol {
            Protocol::Http => {
                let bytes = message.raw.as_ref().expect("raw bytes").bytes();
                assert!(bytes.ends_with(b"\r\n\r\nover http"), "{}", String::from_utf8_lossy(&bytes));
                let length = message.payload + message.overhead.unwrap_or(0) + message.instrument.unwrap_or(0);
                assert_eq!(bytes.len() as u64, length);
            }
            Protocol::WebSocket if message.kind.is_opening() => assert!(message.raw.is_some()),
            Protocol::WebSocket => assert_eq!(message.fate, Fate::Delivered),
        }
    }
    let socket = trace.connections.iter().find(|it| it.protocol == Protocol::WebSocket).expect("a WebSocket");
    let how = Closing::CloseEvent { code: 3000, reason: String::new(), clean: true };
    assert_eq!(socket.closed.as_ref().map(|closed| &closed.how), Some(&how));
    let frames = socket.frames.as_deref().expect("raw frames");
    let to_page = frames.to_page.as_ref().expect("frames to the page").bytes();
    assert!(to_page.ends_with(&[0x88, 2, 0x0b, 0xb8]), "the server answers with the code alone");
    assert_eq!(socket.server_id, Some(2));
}

#[test]
fn messages_cross_on_the_way_and_keep_their_order() {
    let sim = with(Conditions { one_way: Span(50_000), ..Conditions::default() });
    let query = [("feed", FEED), ("interval", "10"), ("items", "30")];
    let (came, trace) = run(&sim, async {
        let news = (&sim).open(Opening::of(TURN, Service::News).with(&query)).await.expect("it opens");
        let echo = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        for number in 1..=5 {
            echo.send(Turn::of(number), Payload::Binary(&[number as u8])).expect("it is open");
        }
        let mut came: Vec<Incoming> = Vec::new();
        for _ in 0..5 {
            came.push(echo.next(TURN, None).await.expect("it comes"));
        }
        for _ in 1..=30 {
            let item = news.next(TURN, None).await.expect("it comes");
            assert_eq!((item.answers, item.kind), (None, Kind::Text));
        }
        let closed = news.closed(Span::from_millis(9_000)).await;
        assert!(matches!(closed, Some(Closing::CloseEvent { code: 1000, clean: true, .. })), "{closed:?}");
        came
    });
    assert_eq!(came.iter().map(|it| it.payload[0]).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(came.iter().all(|it| it.answers.is_some()));
    // All were sent before the first came back.
    assert!(came.windows(2).all(|pair| pair[1].at - pair[0].at == Span(50)));
    let pushed = trace.messages.iter().filter(|it| it.protocol == Protocol::WebSocket && it.sent.server().is_some());
    assert!(pushed.count() >= 30);
}

#[test]
fn handshakes_go_one_by_one_and_do_not_wait_for_the_six() {
    let sim = sim();
    let (opened, _) = run(&sim, async {
        let busy = join_all((0..6).map(|_| echo(&sim, b"0123456789", &[("fault", "stall")])));
        let opening = join_all((0..3).map(|_| async {
            let socket = (&sim).open(Opening::of(TURN, Service::Echo)).await;
            (socket.is_ok(), (&sim).now())
        }));
        join(opening, busy).await.0
    });
    assert_eq!(opened, [(true, Time(4_050)), (true, Time(8_100)), (true, Time(12_150))]);
}

/// What becomes of a socket whose second message meets a fault, and the last frame that the page sent.
fn broken(query: &[(&str, &str)]) -> (Closing, Option<Vec<u8>>) {
    let sim = sim();
    let (how, trace) = run(&sim, async {
        let socket = (&sim).open(Opening::of(TURN, Service::Echo).with(query)).await.expect("it opens");
        socket.send(TURN, Payload::Text("first")).expect("it is open");
        assert_eq!(socket.next(TURN, None).await.expect("it comes back").payload, b"first");
        socket.send(Turn::of(2), Payload::Text("second")).expect("it is open");
        match socket.next(Turn::of(2), Some(Span::from_millis(500))).await.map_err(|failure| failure.cause) {
            Err(Cause::ReplyTimeout { .. }) => socket.close(1000, "").await.expect("the browser gives up"),
            Err(Cause::ClosedMidway { .. }) => socket.closed(Span::ZERO).await.expect("it is closed"),
            other => panic!("{other:?}"),
        }
    });
    let frames = trace.connections[0].frames.as_deref().and_then(|frames| frames.to_server.clone());
    let last = frames.and_then(|raw| raw.pieces.last().map(|piece| piece.bytes.0.clone()));
    (how, last.filter(|frame| frame[0] == 0x88))
}

#[test]
fn each_fault_over_websocket_is_the_close_that_belongs_to_it() {
    let unclean = Closing::CloseEvent { code: 1006, reason: String::new(), clean: false };
    for fault in ["close", "reset", "cut", "short"] {
        assert_eq!(broken(&[("fault", fault), ("at", "2")]), (unclean.clone(), None), "{fault}");
    }
    for fault in ["bad-frame", "bad-utf8"] {
        let (how, close) = broken(&[("fault", fault), ("at", "2")]);
        assert_eq!(how, unclean, "{fault}");
        let close = close.expect("the browser says why");
        let code = [close[6] ^ close[2], close[7] ^ close[3]];
        assert_eq!(u16::from_be_bytes(code), 1002, "{fault}");
    }
    for fault in ["stall", "vanish"] {
        let (how, close) = broken(&[("fault", fault), ("at", "2")]);
        assert_eq!((how, close.is_some()), (unclean.clone(), fault == "stall"), "{fault}: who vanishes reads nothing");
    }
    let goodbye = [("fault", "goodbye"), ("at", "2"), ("code", "4321"), ("reason", "so long")];
    let (how, close) = broken(&goodbye);
    assert_eq!(how, Closing::CloseEvent { code: 4321, reason: "so long".into(), clean: true });
    assert!(close.is_some(), "the browser answers by itself");
    assert_eq!(broken(&[("fault", "goodbye"), ("at", "2"), ("code", "1006")]).0, unclean);
}

#[test]
fn openings_fail_for_the_reason_that_a_page_can_find_out() {
    let open = |conditions: Conditions, url: Option<&str>, query: &[(&str, &str)]| {
        let sim = with(conditions);
        let script = async {
            let failed = (&sim).open(Opening { url, query, ..Opening::of(TURN, Service::Echo) }).await;
            (failed.expect_err("it fails"), (&sim).now())
        };
        let ((failure, at), trace) = run(&sim, script);
        assert_eq!(trace.messages[0].failing.as_ref().map(|why| why.cause.clone()), Some(failure.cause.clone()));
        ((failure.cause, failure.inferred_from), at)
    };
    let (plain, secure) = (Conditions::default(), Conditions { secure_page: true, ..Conditions::default() });
    let refused = (Cause::HandshakeRefused, Inference::ProbeAnswered);
    assert_eq!(open(plain, None, &[("fault", "status"), ("at", "0")]).0, refused);
    assert_eq!(open(plain, None, &[("fault", "reset"), ("at", "0")]).0, refused);
    assert_eq!(open(Conditions { refuses_upgrade: true, ..plain }, None, &[]).0, refused);
    let nobody = (Cause::NoAnswer, Inference::ProbeFailed);
    assert_eq!(open(plain, Some("ws://nobody.invalid/ws"), &[]).0, nobody);
    let mixed = (Cause::MixedContent, Inference::Thrown);
    assert_eq!(open(secure, Some("ws://nobody.invalid/ws"), &[]), (mixed, Time(0)));
    let late = (Cause::ConnectTimeout { after: PATIENCE.connect }, Inference::Timer);
    assert_eq!(open(plain, None, &[("fault", "stall"), ("at", "0")]).0, late);
    let sim = with(secure);
    let both = sim.run(
        async {
            let with_tls = (&sim).open(Opening::of(TURN, Service::Echo)).await.is_ok();
            let url = Some("ws://127.0.0.1:9000/ws");
            (with_tls, (&sim).open(Opening { url, ..Opening::of(TURN, Service::Echo) }).await.is_ok())
        },
        None,
    );
    assert_eq!(both, Some((true, true)));
}

#[test]
fn news_come_the_same_by_polling_and_as_events() {
    let sim = sim();
    let begin = [("feed", FEED), ("interval", "100"), ("items", "3"), ("size", "4")];
    let ((polled, events), trace) = run(&sim, async {
        let events = (&sim).listen(Request::get(TURN, Service::NewsEvents).with(&begin)).await.expect("it begins");
        let request = Request::get(TURN, Service::News);
        let short = (&sim).fetch(request.with(&[("feed", FEED)])).await.expect("it is answered");
        let short: NewsAnswer = serde_json::from_slice(&short.body).expect("it is an answer");
        assert!(short.items.is_empty() && !short.ended);
        let mut polled = Vec::new();
        while polled.len() < 3 {
            let after = polled.len().to_string();
            let query = [("feed", FEED), ("after", after.as_str()), ("wait", "60000")];
            let answer = (&sim).fetch(request.with(&query)).await.expect("it is answered");
            let answer: NewsAnswer = serde_json::from_slice(&answer.body).expect("it is an answer");
            polled.extend(answer.items);
        }
        let mut heard = Vec::new();
        loop {
            let event = events.next(None).await.expect("it comes");
            if event.name == "end" {
                break;
            }
            heard.push(serde_json::from_str(&event.data).expect("an item"));
        }
        events.close();
        (polled, heard)
    });
    assert_eq!(polled, events);
    assert!(polled.windows(2).all(|pair| pair[1].published - pair[0].published == 100_000));
    let heard: Vec<_> = trace.messages.iter().filter(|message| message.kind == Kind::Event).collect();
    assert_eq!(heard.len(), 4);
    assert!(heard[..3].iter().all(|event| matches!(event.sent, Moment::Server(_))));
    let request = heard[0].answers.expect("it belongs to a request");
    let ends = trace.messages.iter().filter(|it| it.answers == Some(request) && it.kind != Kind::Event);
    assert_eq!(ends.map(|end| (end.kind, end.payload)).collect::<Vec<_>>(), [(Kind::Response { status: 200 }, 0)]);
    assert_eq!(trace.message(request).and_then(|request| request.arrivals), Some(1));
}

#[test]
fn an_event_source_comes_back_and_goes_on_from_the_last_event() {
    let sim = sim();
    let begin = [("feed", FEED), ("interval", "100"), ("items", "2")];
    let (names, trace) = run(&sim, async {
        let events = (&sim).listen(Request::get(TURN, Service::NewsEvents).with(&begin)).await.expect("it begins");
        let mut names = Vec::new();
        while let Ok(event) = events.next(Some(Span::from_millis(3_000))).await {
            names.push(event.name);
        }
        names
    });
    assert_eq!(names, ["news", "news", "end"], "the second time there is nothing, and no third time");
    assert_eq!(trace.messages[0].arrivals, Some(2));
    assert_eq!(exchanges(&sim)[1].status, Some(204));
}

#[test]
fn memory_is_the_requests_or_the_connections() {
    let sim = sim();
    let count = "{\"do\":\"count\"}";
    let ((), trace) = run(&sim, async {
        let ask = async |body: String| {
            let request = Request { service: Service::Memory, ..Request::echo(TURN, body.as_bytes()) };
            let response = (&sim).fetch(request).await.expect("it is answered");
            (response.status, serde_json::from_slice::<MemoryAnswer>(&response.body).ok())
        };
        let first = ask(count.into()).await.1.expect("an answer");
        let again = ask(count.into()).await.1.expect("an answer");
        assert_eq!((first.state.counter, again.state.counter, again.state_bytes), (1, 1, Some(0)));
        let token = first.token.expect("a token");
        let carried = ask(format!("{{\"do\":\"count\",\"token\":\"{token}\"}}")).await.1.expect("an answer");
        assert_eq!((carried.state.counter, carried.state_bytes), (2, Some(token.len() as u64)));
        assert_eq!(ask(format!("{{\"do\":\"count\",\"token\":\"{token}x\"}}")).await.0, 403);
        for _ in 0..2 {
            let socket = (&sim).open(Opening::of(TURN, Service::Memory)).await.expect("it opens");
            for counter in 1..=2 {
                let sent = socket.send(TURN, Payload::Text(count)).expect("it is open");
                let answer = socket.next(TURN, None).await.expect("it comes");
                let told: MemoryAnswer = serde_json::from_slice(&answer.payload).expect("an answer");
                assert_eq!((answer.answers, told.state.counter), (Some(sent), counter));
            }
        }
    });
    assert_eq!(trace.connections.len(), 3);
}

#[test]
fn what_one_says_in_a_room_all_hear() {
    let sim = sim();
    let heard = RefCell::new(Vec::new());
    let (receipt, _) = run(&sim, async {
        let member = async || (&sim).open(Opening::of(TURN, Service::Room)).await;
        let (first, second) = (member().await.expect("it opens"), member().await.expect("it opens"));
        let listener = (&sim).listen(Request::get(TURN, Service::RoomEvents)).await.expect("it begins");
        second.send(TURN, Payload::Text("hello")).expect("it is open");
        let request = Request { service: Service::Room, ..Request::echo(TURN, b"from outside") };
        let receipt = (&sim).fetch(request).await.expect("it is answered");
        for socket in [&first, &second] {
            while let Ok(told) = socket.next(TURN, Some(Span::from_millis(100))).await {
                heard.borrow_mut().push(String::from_utf8(told.payload).expect("text"));
            }
        }
        while let Ok(event) = listener.next(Some(Span::from_millis(100))).await {
            heard.borrow_mut().push(event.data);
        }
        serde_json::from_slice::<RoomReceipt>(&receipt.body).expect("a receipt")
    });
    assert_eq!((receipt.number, receipt.members), (2, 3));
    let notices: Vec<RoomNotice> =
        heard.take().iter().map(|told| serde_json::from_str(told).expect("a notice")).collect();
    for text in ["hello", "from outside"] {
        let hears = |notice: &&RoomNotice| matches!(notice, RoomNotice::Message(message) if message.text == text);
        assert_eq!(notices.iter().filter(hears).count(), 3);
    }
    assert!(notices.contains(&RoomNotice::Members { members: 3 }));
}

#[test]
fn what_is_asked_of_another_origin_needs_permission_unless_it_is_safelisted() {
    let sim = with(Conditions { cross_origin: true, ..Conditions::default() });
    let ((), trace) = run(&sim, async {
        for media_type in [None, Some("text/plain"), Some("application/json")] {
            let request = Request { media_type, ..Request::echo(TURN, b"{}") };
            (&sim).fetch(request).await.expect("it is answered");
        }
    });
    let asked: Vec<_> = trace.messages.iter().filter(|it| it.kind == Kind::Request).map(|it| it.preflight).collect();
    assert_eq!(asked, [false, false, true]);
}

#[test]
fn a_connection_that_was_there_is_told_as_such_and_a_proxy_tells_none() {
    let first = |conditions| {
        let sim = with(conditions);
        run(&sim, async { echo(&sim, b"x", &[]).await.expect("it is answered") }).1
    };
    let there = first(Conditions { preconnected: true, ..Conditions::default() });
    assert_eq!(there.connections.iter().map(|it| it.already_open).collect::<Vec<_>>(), [true]);
    assert!(there.messages[0].phases.as_ref().is_some_and(|phases| !phases.connected()));
    let proxied = first(Conditions { behind_proxy: true, ..Conditions::default() });
    assert!(proxied.connections.is_empty() && proxied.messages[0].received.server().is_some());
}

#[test]
fn a_server_that_dies_closes_what_is_open_and_answers_nobody() {
    let sim = with(Conditions { server_dies_at: Some(2), ..Conditions::default() });
    let (closed, trace) = run(&sim, async {
        let socket = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        let failed = (&sim).fetch(Request::echo(Turn::of(2), b"x")).await.expect_err("nobody is there");
        assert_eq!(failed.failure.cause, Cause::NoAnswer);
        socket.closed(Span::from_millis(10)).await
    });
    assert!(matches!(closed, Some(Closing::CloseEvent { code: 1006, clean: false, .. })));
    assert_eq!(trace.messages.iter().filter(|message| message.arrivals.is_some()).count(), 0);
}
