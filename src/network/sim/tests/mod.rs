//! The simulated network does what a browser with our server does.

mod services;

use futures_util::future::{join, join_all};

use super::*;
use crate::network::{Incoming, Payload, Socket as _};
use crate::trace::{Cause, Circumstances, Closing, Endpoint, Event, Fate, Inference, Kind, Moment, Speaks, Trace};
use crate::wire::{Ending, ExchangeEntry};

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
fn several_are_sent_before_the_first_comes_back_and_keep_their_order() {
    let sim = with(Conditions { one_way: Span(50_000), ..Conditions::default() });
    let (came, _) = run(&sim, async {
        let echo = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        for number in 1..=5 {
            echo.send(Turn::of(number), Payload::Binary(&[number as u8])).expect("it is open");
        }
        let mut came: Vec<Incoming> = Vec::new();
        for _ in 0..5 {
            came.push(echo.next(TURN, None).await.expect("it comes"));
        }
        came
    });
    assert_eq!(came.iter().map(|it| it.payload[0]).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(came.iter().all(|it| it.answers.is_some()));
    // The server takes them one after another; the network does not hold one up for the other.
    assert!(came.windows(2).all(|pair| pair[1].at - pair[0].at == Span(50)));
}

#[test]
fn what_is_pushed_meets_what_is_sent_half_way() {
    let conditions = Conditions { one_way: Span(50_000), server_clock_ahead: Span::ZERO, ..Conditions::default() };
    let sim = with(conditions);
    let query = [("feed", FEED), ("interval", "30"), ("items", "10")];
    let ((), trace) = run(&sim, async {
        let news = (&sim).open(Opening::of(TURN, Service::News).with(&query)).await.expect("it opens");
        for number in 0..10u32 {
            let item = news.next(TURN, None).await.expect("it comes");
            assert_eq!((item.answers, item.kind), (None, Kind::Text));
            if number == 2 {
                // It is further than this already; so it goes back, and says some twice.
                news.send(TURN, Payload::Text("{\"after\":3}")).expect("it is open");
            }
        }
        let numbers = news.next(TURN, None).await.map(|item| item.payload);
        assert!(numbers.is_ok(), "{numbers:?}");
        let closed = news.closed(Span::from_millis(9_000)).await;
        assert!(matches!(closed, Some(Closing::CloseEvent { code: 1000, clean: true, .. })), "{closed:?}");
    });
    let sent = trace.messages.iter().find(|it| it.kind == Kind::Text && it.sent.page().is_some());
    let sent = sent.and_then(|it| it.sent.page()).expect("it was sent");
    let on_the_way = trace.messages.iter().filter(|it| {
        let (from, until) = (it.sent.server(), it.received.page());
        from.zip(until).is_some_and(|(from, until)| from.0 < sent.0 + 50_000 && until > sent)
    });
    assert!(on_the_way.count() >= 2, "they cross");
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
