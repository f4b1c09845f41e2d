//! Files in the form in which browsers write them.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::drawing::{Role, Shape};
use duplex::format::{har, mermaid};
use duplex::trace::{Cause, Direction, Fate, Kind, Message, Moment, Protocol, Span, Time, Trace};
use serde_json::{Value, json};

use super::{entries, read, value, written};

const CHROMIUM: &str = include_str!("chromium.har");
const FIREFOX: &str = include_str!("firefox.har");

pub(crate) fn chromium() -> Value {
    value(CHROMIUM)
}

fn kinds(trace: &Trace) -> Vec<(Kind, Option<i64>)> {
    trace.messages.iter().map(|message| (message.kind, message.page_time().map(|at| at.0))).collect()
}

fn copy(message: &Message) -> &[u8] {
    message.copy.as_ref().map(|copy| copy.0.as_slice()).expect("a copy")
}

#[test]
fn chromiums_entries_become_messages_in_the_order_of_time() {
    let trace = read(CHROMIUM);
    let expected = [
        (Kind::Request, Some(0)),
        (Kind::Response { status: 200 }, Some(61_500)),
        (Kind::Request, Some(100_000)),
        (Kind::Response { status: 201 }, Some(132_000)),
        (Kind::Handshake, Some(200_000)),
        // Chromium counts as waiting all the time to the last message: when the 101 came is not in the file.
        (Kind::SwitchingProtocols, None),
        (Kind::Text, Some(250_000)),
        (Kind::Binary, Some(287_125)),
        (Kind::Text, Some(1_500_000)),
        (Kind::Request, Some(2_000_000)),
    ];
    assert_eq!(kinds(&trace), expected);
    let known = &trace.circumstances;
    assert!(known.is_imported() && duplex::lab::Lab::named(&known.lab).is_none());
    assert_eq!((known.parameter("written-by"), known.parameter("left-out")), (Some("WebInspector 537.36"), Some("1")));
    assert_eq!((known.started, known.http.url.as_str()), (1_795_168_800_000.0, "https://app.example/"));
    assert_eq!(known.ws.url, "wss://live.example/feed");
}

#[test]
fn what_a_message_carried_and_asked_for_is_there() {
    let trace = read(CHROMIUM);
    let [first, _, posted, created, _, _, hello, bytes, ..] = &trace.messages[..] else { panic!("too few") };
    let target = |message: &Message| message.target.as_deref().map(|target| target.path.to_string());
    assert_eq!((target(first).as_deref(), target(posted).as_deref()), (Some("/?q=1"), Some("/api")));
    assert_eq!((copy(posted), copy(created)), (&b"hello"[..], &[0, 255, 1][..]));
    assert_eq!((copy(hello), copy(bytes)), ("hällo".as_bytes(), &[0, 1, 2, 3][..]));
    assert_eq!((hello.payload, hello.overhead, hello.direction), (6, Some(6), Direction::ToServer));
    assert_eq!((bytes.payload, bytes.overhead, bytes.direction), (4, Some(2), Direction::ToPage));
    // Of another host: the name has to be seen.
    assert_eq!(target(trace.messages.last().expect("one")).as_deref(), Some("http://127.0.0.1:9/none"));
    // Over HTTP/2 nobody knows what the heads took.
    assert_eq!((first.overhead, created.media_type.as_deref()), (None, Some("application/octet-stream")));
}

#[test]
fn what_a_file_cannot_tell_is_unknown() {
    let trace = read(CHROMIUM);
    for message in &trace.messages {
        let at_server = if message.direction == Direction::ToServer { message.received } else { message.sent };
        assert_eq!(at_server, Moment::Unknown, "{message:?}");
        assert_eq!((message.instrument, message.raw.is_none(), message.warm_up), (None, true, false));
    }
    let failed = trace.messages.last().expect("one");
    assert_eq!((failed.fate, failed.connection, &failed.failing), (Fate::Unanswered, None, &None));
    let sent = trace.messages.iter().find(|message| message.kind == Kind::Text).expect("one");
    assert_eq!(sent.fate, Fate::InFlight, "nobody tells that it arrived");
}

#[test]
fn connections_are_those_that_the_file_names() {
    let trace = read(CHROMIUM);
    let [http, socket] = &trace.connections[..] else { panic!("{:?}", trace.connections) };
    assert_eq!((http.asked, http.opened), (Moment::Page(Time(11_500)), Moment::Page(Time(31_500))));
    assert!(!http.undated && http.server_id.is_none(), "the number is the browser's");
    let carried = trace.of(Protocol::Http).filter(|message| message.connection == Some(http.id)).count();
    assert_eq!(carried, 4);
    assert_eq!((socket.asked, socket.opened, socket.undated), (Moment::Page(Time(200_000)), Moment::Unknown, true));
    assert_eq!((&*socket.url, socket.extensions.as_str()), ("wss://live.example/feed?k=1", "permessage-deflate"));
    let phases = trace.messages[0].phases.as_deref().expect("they are told");
    let points = [phases.start, phases.domain_lookup_start, phases.connect_start, phases.request_start];
    assert_eq!(points.map(|at| at.0), [0, 1_500, 11_500, 31_500]);
    assert_eq!((phases.secure_connection_start, phases.response_start), (Some(Time(19_500)), Time(57_500)));
    let reused = trace.messages[2].phases.as_deref().expect("they are told");
    assert!(!reused.connected());
}

#[test]
fn a_connection_that_the_browser_names_may_serve_several_hosts() {
    let mut har = chromium();
    let entries = har["log"]["entries"].as_array_mut().expect("entries");
    for entry in &mut entries[..2] {
        entry["_connectionId"] = json!("812");
    }
    entries[1]["request"]["url"] = json!("https://img.example/a.png");
    let trace = read(&har.to_string());
    let both = [0, 2].map(|id| trace.messages[id].connection);
    assert!(both[0].is_some() && both[0] == both[1], "{both:?}");
    // What else is written there are names of each host's own.
    for entry in &mut har["log"]["entries"].as_array_mut().expect("entries")[..2] {
        entry.as_object_mut().expect("an entry").remove("_connectionId");
        entry["connection"] = json!("812");
    }
    let trace = read(&har.to_string());
    let both = [0, 2].map(|id| trace.messages[id].connection);
    assert!(both[0].is_some() && both[1].is_some() && both[0] != both[1], "{both:?}");
}

#[test]
fn a_websocket_that_was_refused_tells_its_status_and_one_that_nobody_answered_does_not() {
    for (status, refused, fate) in
        [(403, Some(403), Fate::Delivered), (200, Some(200), Fate::Delivered), (0, None, Fate::Unanswered)]
    {
        let mut har = chromium();
        let socket = &mut har["log"]["entries"][3];
        socket.as_object_mut().expect("an entry").remove("_webSocketMessages");
        socket["response"]["status"] = json!(status);
        let trace = read(&har.to_string());
        let handshake = trace.messages.iter().find(|message| message.kind == Kind::Handshake).expect("one");
        let cause = handshake.failing.as_ref().map(|failing| failing.cause.clone());
        assert_eq!(cause, refused.map(|status| Cause::Status { status }));
        assert_eq!((handshake.fate, trace.of(Protocol::WebSocket).count()), (fate, 1));
        let again = value(&written(&trace));
        let written = entries(&again).iter().find(|entry| entry["_resourceType"] == "websocket").expect("a WebSocket");
        assert_eq!(written["response"]["status"], status);
    }
    // Over HTTP/2 success is agreement.
    let mut har = chromium();
    let socket = &mut har["log"]["entries"][3];
    socket.as_object_mut().expect("an entry").remove("_webSocketMessages");
    socket["response"]["status"] = json!(200);
    socket["response"]["httpVersion"] = json!("h2");
    let trace = read(&har.to_string());
    assert!(trace.messages.iter().all(|message| message.kind != Kind::Handshake || message.failing.is_none()));
}

#[test]
fn as_mermaid_text_what_has_no_time_stands_where_the_file_has_it() {
    let trace = read(CHROMIUM);
    let timeline = Timeline::of(&trace);
    let plan = Plan::of(&trace, &timeline, Manner::plain(Subject::Both));
    let text = mermaid::sequence_diagram(&plan, &trace, &timeline);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("POST") < at("Upgrade") && at("Upgrade") < at("101"), "{text}");
    assert!(!text.contains("nobody tells since when opens"), "{text}");
    // Of messages from the page nobody tells that they arrived; the 101 was received.
    let line = |what: &str| text.lines().find(|line| line.contains(what)).expect("a line").to_owned();
    assert!(line("101").contains("-->>"), "{text}");
}

#[test]
fn without_messages_the_handshake_is_what_was_waited_for() {
    let mut har = chromium();
    har["log"]["entries"][3].as_object_mut().expect("an entry").remove("_webSocketMessages");
    let trace = read(&har.to_string());
    let socket = trace.connections.iter().find(|known| known.protocol == Protocol::WebSocket).expect("a WebSocket");
    assert_eq!((socket.opened, socket.undated), (Moment::Page(Time(1_500_000)), false));
    assert_eq!(trace.of(Protocol::WebSocket).count(), 2);
}

#[test]
fn firefoxs_ports_are_no_connections_and_its_order_is_put_right() {
    let trace = read(FIREFOX);
    let expected = [
        (Kind::Handshake, Some(0)),
        (Kind::SwitchingProtocols, Some(5_000)),
        (Kind::Request, Some(40_000)),
        (Kind::Response { status: 200 }, Some(47_000)),
        (Kind::Request, Some(990_000)),
    ];
    assert_eq!(kinds(&trace), expected);
    assert!(trace.of(Protocol::Http).all(|message| message.connection.is_none()), "9000 is the server's port");
    assert_eq!((trace.messages[2].overhead, trace.messages[3].overhead), (Some(310), Some(120)));
    assert_eq!(trace.messages[3].payload, 2, "not the bytes with the head");
    assert_eq!(trace.circumstances.started, 1_795_168_800_010.0);
    assert!(trace.messages[4].phases.is_none(), "nothing is told of its time");
    assert_eq!(trace.circumstances.browser, "Firefox 140.0");
}

#[test]
fn an_imported_record_is_drawn_with_its_unknown_ends_marked() {
    let trace = read(CHROMIUM);
    let timeline = Timeline::of(&trace);
    for subject in [Subject::One(Protocol::Http), Subject::One(Protocol::WebSocket), Subject::Both] {
        let plan = Plan::of(&trace, &timeline, Manner::plain(subject));
        let scene = sequence::sequence(&plan, &trace, &timeline, View::whole(&plan, &trace, &timeline, 100.0, 480.0));
        let of = |message: &&Message| match subject {
            Subject::One(protocol) => message.protocol == protocol,
            Subject::Both => true,
        };
        // All but the 101 of which no time is known.
        let timed = trace.messages.iter().filter(of).filter(|message| message.page_time().is_some()).count();
        let arrows = scene.items.iter().filter(|item| matches!(item.role, Role::Message { .. }));
        let arrows: Vec<_> = arrows.collect();
        assert_eq!(arrows.len(), timed, "{subject:?}");
        for arrow in arrows {
            assert!(matches!(arrow.role, Role::Message { provenance: duplex::analysis::Provenance::Unknown, .. }));
            let (Shape::Arrow { from, to } | Shape::Line { from, to } | Shape::Lost { from, to }) = arrow.shape else {
                panic!("{:?}", arrow.shape)
            };
            assert!([from.x, from.y, to.x, to.y].iter().all(|at| at.is_finite()));
        }
        let bars = scene.items.iter().filter(|item| matches!(item.role, Role::ConnectionEnd(_)));
        let undated = bars.clone().filter(|bar| bar.title.contains("nobody tells since when")).count();
        let dated = bars.count() - undated;
        assert_eq!(
            (dated > 0, undated > 0),
            match subject {
                Subject::One(protocol) => (protocol == Protocol::Http, protocol == Protocol::WebSocket),
                Subject::Both => (true, true),
            }
        );
    }
    assert_eq!(timeline.first_on(trace.connections[1].id), Some(Time(200_000)));
}

#[test]
fn messages_in_our_envelopes_are_known_as_such_whoever_recorded_them() {
    let mut har = chromium();
    let entry = &mut har["log"]["entries"][3];
    entry["response"]["headers"] = json!([{ "name": "Sec-WebSocket-Protocol", "value": "duplex.v1" }]);
    entry["_webSocketMessages"][0]["data"] = json!("{\"n\":7}\nhello");
    let trace = read(&har.to_string());
    let message = trace.messages.iter().find(|message| message.kind == Kind::Text).expect("one");
    assert_eq!((copy(message), message.turn, message.instrument), (&b"hello"[..], 7, Some(8)));
    let other = trace.messages.iter().find(|message| message.kind == Kind::Binary).expect("one");
    assert_eq!((other.payload, other.instrument), (4, None));
}

#[test]
fn what_was_imported_can_be_exported_and_comes_back_alike() {
    for file in [CHROMIUM, FIREFOX] {
        let first = read(file);
        let second = read(&written(&first));
        assert_eq!(kinds(&first), kinds(&second));
        let figures = |trace: &Trace| -> Vec<_> {
            trace.messages.iter().map(|message| (message.payload, message.copy.clone(), message.answers)).collect()
        };
        assert_eq!(figures(&first), figures(&second));
    }
}

#[test]
fn the_same_file_gives_the_same_record_and_a_byte_order_mark_changes_nothing() {
    assert_eq!(har::read(FIREFOX), har::read(FIREFOX));
    let marked = har::read(&format!("\u{feff}{FIREFOX}"));
    assert_eq!(marked, har::read(FIREFOX));
    assert_ne!(read(FIREFOX).circumstances.run, read(CHROMIUM).circumstances.run);
    assert_eq!(read(FIREFOX).circumstances.resolution, Span(1_000));
}
