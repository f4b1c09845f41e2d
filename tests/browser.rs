//! The browser's side in a real browser: clock, timers, fetch, sockets, and the lab over them, against
//! an echo server whose address is known at compile time (`DUPLEX_TEST_SERVER`).
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use duplex::analysis::{Sample, Timeline, raw};
use duplex::browser::{BrowserNetwork, Plan, clock, discovery, page_address, surroundings, timer, url};
use duplex::lab::exchange::Parameters;
use duplex::lab::{self, Settings};
use duplex::network::{Network as _, Opening, Patience, Payload, Request, Service, Socket as _};
use duplex::trace::{
    Cause, Circumstances, Direction, Endpoint, Event, Failure, Fate, Inference, Kind, Protocol, Recorder, Span, Speaks,
    Time, Trace, Turn,
};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// `http://127.0.0.1:<port>` of the echo server.
const SERVER: &str = match option_env!("DUPLEX_TEST_SERVER") {
    Some(origin) => origin,
    None => "http://127.0.0.1:9000",
};

fn plan(speaks: Speaks) -> Plan {
    let endpoint = |url| Endpoint { url, speaks, instance: Some("one".into()), behind_proxy: false };
    Plan {
        run: surroundings::random_run_id(),
        http: endpoint(format!("{SERVER}/echo")),
        http_services: None,
        ws: endpoint(format!("{}/ws", SERVER.replacen("http", "ws", 1))),
        ws_services: None,
        patience: Patience { connect: Span::from_millis(5_000), reply: Span::from_millis(5_000) },
    }
}

fn network(plan: Plan) -> (BrowserNetwork, Rc<RefCell<Recorder>>) {
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    (BrowserNetwork::new(plan, recorder.clone(), || {}), recorder)
}

fn trace_of(plan: &Plan, recorder: &RefCell<Recorder>) -> Trace {
    let mut trace = Trace::new(Circumstances {
        run: plan.run,
        lab: lab::Lab::Exchange.slug().into(),
        parameters: Vec::new(),
        http: plan.http.clone(),
        ws: plan.ws.clone(),
        version: String::new(),
        browser: surroundings::browser(),
        started: clock::wall_clock(),
        origin: Time(0),
        resolution: clock::resolution(),
        isolated: surroundings::isolated(),
        secure: surroundings::secure(),
    });
    recorder.borrow_mut().take().into_iter().for_each(|event| trace.apply(event));
    trace
}

fn samples(trace: &Trace, protocol: Protocol) -> Vec<Sample> {
    Timeline::of(trace).samples(protocol).to_vec()
}

#[wasm_bindgen_test]
fn the_clock_never_runs_backwards_and_its_resolution_is_below_two_milliseconds() {
    let times: Vec<Time> = (0..1000).map(|_| clock::now()).collect();
    assert!(times.is_sorted());
    let resolution = clock::resolution();
    assert!((Span(1)..=Span(2_000)).contains(&resolution), "{resolution}");
}

#[wasm_bindgen_test]
async fn a_timer_does_not_fire_before_its_time() {
    let due = clock::now() + Span::from_millis(30);
    timer::sleep_until(due).await;
    assert!(clock::now() >= due);
}

#[wasm_bindgen_test]
async fn what_takes_longer_than_it_may_is_given_up() {
    assert_eq!(timer::within(Span::from_millis(20), std::future::pending::<()>()).await, None);
    assert_eq!(timer::within(Span::from_millis(5_000), async { 7 }).await, Some(7));
}

#[wasm_bindgen_test]
fn run_ids_differ() {
    assert_ne!(surroundings::random_run_id(), surroundings::random_run_id());
}

#[wasm_bindgen_test]
fn origins_and_addresses_are_told_apart() {
    assert_eq!(url::http_origin("wss://example.org:8443/a?b"), Some("https://example.org:8443".into()));
    assert_eq!(url::http_origin("ftp://example.org/"), None);
    assert!(url::check_url("http://127.0.0.1/echo", ["http", "https"]).is_ok());
    let error = url::check_url("127.0.0.1:9000", ["ws", "wss"]).expect_err("there is no scheme");
    assert!(error.contains("ws://"), "{error}");
}

#[wasm_bindgen_test]
async fn a_duplex_server_is_discovered_and_another_is_not() {
    let discovery = discovery::discover(SERVER).await.expect("the echo server answers");
    assert_eq!(discovery.endpoints.echo, "/echo");
    let own = page_address::own_origin().expect("the test page has an origin");
    assert_eq!(discovery::discover(&own).await, None);
}

#[wasm_bindgen_test]
async fn the_lab_runs_over_the_browser_and_its_record_is_whole() {
    let plan = plan(Speaks::Duplex);
    let (network, recorder) = network(plan.clone());
    let parameters = Parameters { messages: 25, size: 200, ..Parameters::default() };
    lab::run(&network, &Settings::from(parameters)).await.expect("the lab finishes");
    network.settle().await;
    let trace = trace_of(&plan, &recorder);
    for protocol in Protocol::BOTH {
        let samples = samples(&trace, protocol);
        assert_eq!(samples.len(), 26);
        assert!(samples.iter().all(|sample| sample.took > Span::ZERO));
    }
    let timed = trace.of(Protocol::Http).filter(|message| message.phases.is_some()).count();
    assert_eq!(timed, 26, "each exchange has its timing entry");
    assert!(trace.messages.iter().all(|message| message.overhead.is_some()), "each message's overhead is known");
    assert!(Timeline::of(&trace).clock(Protocol::Http).is_some(), "the clocks are brought together");
}

#[wasm_bindgen_test]
async fn the_servers_account_brings_the_bytes_that_the_browser_sent_and_hides() {
    let plan = plan(Speaks::Duplex);
    let (network, recorder) = network(plan.clone());
    let parameters = Parameters { messages: 5, size: 300, ..Parameters::default() };
    lab::run(&network, &Settings::from(parameters)).await.expect("the lab finishes");
    network.settle().await;
    let trace = trace_of(&plan, &recorder);
    for message in &trace.messages {
        if message.protocol == Protocol::WebSocket && !message.kind.is_opening() {
            let carried = raw::carried(&trace, message).expect("its frame is there");
            let is_close = matches!(message.kind, Kind::Close { .. });
            let grounds = if is_close { raw::Grounds::Close } else { raw::Grounds::Payload };
            assert_eq!((carried.grounds, carried.frame_count), (grounds, 1));
            let masked = carried.frames[0].frame.masking_key.is_some();
            assert_eq!(masked, message.direction == Direction::ToServer);
        } else {
            let http = raw::http(&trace, message).expect("its bytes are there");
            let head = http.message().expect("it has a head");
            assert!(head.end.is_some() && http.reading.problems.is_empty());
            if message.answers.is_none() {
                assert_eq!(head.single("user-agent").as_deref(), Some(surroundings::browser().as_str()));
            }
        }
    }
    let opening = trace.messages.iter().find(|message| message.kind.is_opening()).expect("a WebSocket was opened");
    assert!(raw::handshake(&trace, opening).expect("both sides are there").holds());
}

#[wasm_bindgen_test]
async fn without_a_subprotocol_messages_come_back_as_they_are() {
    let plan = plan(Speaks::Plain);
    let (network, recorder) = network(plan.clone());
    let socket = network.open(Opening::of(Turn::WARM_UP, Service::Echo)).await.expect("it opens");
    let sent = socket.send(Turn::of(1), Payload::Binary(b"\x00\xffplain")).expect("it is open");
    let came = socket.next(Turn::of(1), None).await.expect("it comes back");
    assert_eq!((came.answers, came.payload.as_slice()), (Some(sent), b"\x00\xffplain".as_slice()));
    socket.close(1000, "").await.expect("it closes");
    let trace = trace_of(&plan, &recorder);
    assert!(trace.messages.iter().all(|message| message.instrument.unwrap_or(0) < 60), "no envelope travels");
}

#[wasm_bindgen_test]
async fn two_tasks_that_wait_on_one_socket_are_both_woken() {
    let (network, _recorder) = network(plan(Speaks::Plain));
    let socket = network.open(Opening::of(Turn::of(1), Service::Echo)).await.expect("it opens");
    let began = clock::now();
    // The one that waits last is not the one that something comes for.
    let message = async { socket.next(Turn::of(1), None).await.map(|came| came.payload) };
    let end = async { socket.closed(Span::from_millis(1_000)).await };
    let mut tasks = FuturesUnordered::new();
    tasks.push(message.map(|came| came.is_ok_and(|payload| payload == b"wake up")).boxed_local());
    tasks.push(end.map(|closed| closed.is_none()).boxed_local());
    socket.send(Turn::of(1), Payload::Binary(b"wake up")).expect("it is open");
    assert_eq!(tasks.next().await, Some(true));
    assert!(clock::now() - began < Span::from_millis(900), "the message was waited for, not the other's time limit");
    assert_eq!(tasks.next().await, Some(true), "nobody closed it");
}

#[wasm_bindgen_test]
async fn what_came_before_a_socket_was_dropped_has_arrived() {
    let plan = plan(Speaks::Duplex);
    let (network, recorder) = network(plan.clone());
    let socket = network.open(Opening::of(Turn::of(1), Service::Echo)).await.expect("it opens");
    for turn in [1, 2] {
        socket.send(Turn::of(turn), Payload::Binary(b"back and forth")).expect("it is open");
    }
    socket.next(Turn::of(1), None).await.expect("it comes back");
    // Both were sent at once, so the second is there soon, and stays in the inbox.
    timer::sleep(Span::from_millis(300)).await;
    drop(socket);
    let trace = trace_of(&plan, &recorder);
    let sent = trace.messages.iter().filter(|it| it.kind == Kind::Binary && it.direction == Direction::ToServer);
    assert!(sent.map(|message| message.fate).eq([Fate::Delivered; 2]));
    let answers = trace.messages.iter().filter(|it| it.kind == Kind::Binary && it.answers.is_some());
    assert!(answers.map(|answer| answer.turn).eq([1, 2]));
}

#[wasm_bindgen_test]
async fn a_fetch_that_is_given_up_is_recorded_as_unanswered() {
    let (network, recorder) = network(plan(Speaks::Duplex));
    {
        let body = vec![0; 1 << 20];
        let exchange = network.fetch(Request::echo(Turn::of(1), &body));
        assert!(timer::within(Span::ZERO, exchange).await.is_none(), "it cannot be done in no time");
    }
    let events = recorder.borrow_mut().take();
    assert!(events.iter().any(|event| matches!(event, Event::Unanswered(_))), "{events:?}");
}

#[wasm_bindgen_test]
async fn an_address_where_nobody_listens_is_told_with_how_that_is_known() {
    let mut plan = plan(Speaks::Plain);
    // The last of the registered ports, which is assigned to nobody.
    plan.http.url = "http://127.0.0.1:49151/nobody".into();
    let (network, _recorder) = network(plan);
    let failure = network.fetch(Request::echo(Turn::of(1), b"")).await.expect_err("nobody is there").failure;
    let expected = Failure {
        protocol: Protocol::Http,
        turn: Some(1),
        cause: Cause::NoAnswer,
        inferred_from: Inference::ProbeFailed,
    };
    assert_eq!(failure, expected);
}
