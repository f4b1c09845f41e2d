//! Files as two tools wrote them of the same small page, in Chromium 156: the developer tools' own export
//! (`devtools.har`), and Playwright 1.65 (`playwright.har`). Only the stacks that say which script asked were taken out.
//! The page redirects, posts, misses, takes parts over several connections, is refused, aborts, reads from the cache, from
//! a `data:` URL and from another host, listens to a stream of events, and opens two WebSockets, one of which is refused.

use std::collections::BTreeSet;

use duplex::analysis::Timeline;
use duplex::drawing::Role;
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::format;
use duplex::trace::{Fate, Kind, Message, Protocol, Time, Trace};

use super::{read, written};

const DEVTOOLS: &str = include_str!("devtools.har");
const PLAYWRIGHT: &str = include_str!("playwright.har");

fn target(message: &Message) -> &str {
    message.target.as_deref().map_or("", |target| &*target.path)
}

/// The request for a target, and what came of it.
fn exchange<'a>(trace: &'a Trace, of: &str) -> (&'a Message, Option<&'a Message>) {
    let request = trace.messages.iter().find(|message| target(message) == of);
    let request = request.unwrap_or_else(|| panic!("no request for {of}"));
    let is_it = |it: &&Message| it.answers == Some(request.id) && matches!(it.kind, Kind::Response { .. });
    (request, trace.messages.iter().find(is_it))
}

fn count(trace: &Trace, is_it: impl Fn(&Message) -> bool) -> usize {
    trace.messages.iter().filter(|message| is_it(message)).count()
}

fn data(trace: &Trace) -> Vec<(Kind, &[u8])> {
    let data = trace.messages.iter().filter(|message| matches!(message.kind, Kind::Text | Kind::Binary));
    data.map(|message| (message.kind, message.copy.as_ref().expect("it is kept").0.as_slice())).collect()
}

#[test]
fn both_tools_files_have_the_exchanges_failures_and_messages_of_the_page() {
    let json = "{\"type\":\"subscribe\",\"channel\":\"prices\"}".as_bytes();
    let messages = [(Kind::Text, "héllo".as_bytes()), (Kind::Binary, &[0, 1, 2, 255]), (Kind::Text, json)];
    for file in [DEVTOOLS, PLAYWRIGHT] {
        let trace = read(file);
        assert_eq!(format::open(file).as_ref(), Ok(&trace), "it is known for what it is");
        for (of, status, payload) in
            [("/redirect", 302, 0), ("/data.json", 200, 13), ("/api", 201, 8), ("/nothing", 204, 0)]
        {
            let (request, response) = exchange(&trace, of);
            let response = response.unwrap_or_else(|| panic!("no answer to {of}"));
            assert_eq!((response.kind, response.payload), (Kind::Response { status }, payload), "{of}");
            assert_eq!((request.fate, response.fate), (Fate::Delivered, Fate::Delivered));
        }
        let posted = exchange(&trace, "/api").0;
        assert_eq!(posted.copy.as_ref().map(|copy| copy.0.as_slice()), Some("{\"name\":\"Zoë\"}".as_bytes()));
        for failed in ["http://127.0.0.1:28498/refused", "/slow"] {
            let (request, response) = exchange(&trace, failed);
            assert_eq!((request.fate, response.is_none()), (Fate::Unanswered, true), "{failed}");
        }
        assert!(exchange(&trace, "http://localhost:28431/other").1.is_some(), "another host is named");
        assert_eq!(data(&trace), messages.repeat(2));
        // The stream was aborted by the page.
        assert_eq!(exchange(&trace, "/events").1.map(|response| response.fate), Some(Fate::Broken));
        let last = trace.messages.iter().filter_map(Message::page_time).max();
        assert!(last.is_some_and(|last| last < Time(2_000_000)), "all of it took less than two seconds: {last:?}");
    }
}

#[test]
fn the_developer_tools_name_connections_and_events_and_what_took_no_connection_is_left_out() {
    let trace = read(DEVTOOLS);
    // The data: URL, what came from the cache, and the refused WebSocket, which bears no date.
    assert_eq!(trace.circumstances.parameter("left-out"), Some("3"));
    assert_eq!(trace.messages.len(), 37);
    let events = trace.messages.iter().filter(|message| message.kind == Kind::Event);
    let texts: Vec<_> = events.map(|event| event.copy.as_ref().expect("it is kept").0.as_slice()).collect();
    assert_eq!(texts, [b"event 0", b"event 1", b"event 2"]);
    let answered =
        trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request && message.fate == Fate::Delivered);
    let carried: Vec<_> = answered.map(|request| request.connection).collect();
    assert!(carried.iter().all(Option::is_some), "each has its connection: {carried:?}");
    assert_eq!(carried.iter().collect::<BTreeSet<_>>().len(), 4);
    let parts = ["/part?n=1", "/part?n=2", "/part?n=3"].map(|of| exchange(&trace, of).0.connection);
    assert!(parts[0] != parts[1] && parts[1] != parts[2], "at once over three: {parts:?}");
    assert!(exchange(&trace, "/part?n=2").0.phases.as_deref().is_some_and(duplex::trace::Phases::connected));
}

#[test]
fn playwrights_own_ways_are_known() {
    let trace = read(PLAYWRIGHT);
    // Milliseconds where the developer tools have seconds, -1 for no status, and a length of TLS where there is none.
    assert_eq!(count(&trace, |message| message.kind == Kind::Handshake), 2);
    assert_eq!(count(&trace, |message| message.kind == Kind::SwitchingProtocols), 1);
    assert!(trace.messages.iter().filter_map(|it| it.phases.as_deref()).all(|it| it.secure_connection_start.is_none()));
    assert!(trace.of(Protocol::Http).all(|message| message.connection.is_none()), "it names none");
    assert_eq!(trace.circumstances.parameter("written-by"), Some("Playwright 1.65.1"));
}

#[test]
fn nothing_is_drawn_as_sent_unasked_and_all_of_it_is_drawn() {
    for file in [DEVTOOLS, PLAYWRIGHT] {
        let trace = read(file);
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, Manner::plain(Subject::Both));
        let scene = sequence::sequence(&plan, &trace, &timeline, View::whole(&plan, &trace, &timeline, 2.0, 640.0));
        let arrows = scene.items.iter().filter(|item| matches!(item.role, Role::Message { .. })).count();
        assert_eq!(arrows, count(&trace, |message| message.page_time().is_some()));
        assert!(!scene.items.iter().any(|item| matches!(item.role, Role::Message { unasked: true, .. })));
        let legend = plan.legend(&trace, &timeline);
        assert!(!legend.contains(&sequence::Mark::Unasked), "{legend:?}");
        // What is taken away of it says where it is from.
        let text = format::mermaid::sequence_diagram(&plan, &trace, &timeline);
        let picture = format::standalone::provenance(&trace, &timeline);
        for said in [&text, &picture] {
            assert!(said.contains("Imported from a HAR file by") && !said.contains("by Duplex"), "{said}");
        }
        assert!(!text.contains("pushed"), "{text}");
        // What is taken away again is a valid file.
        assert_eq!(read(&written(&trace)).messages.len(), trace.messages.len());
    }
}
