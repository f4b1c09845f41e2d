//! What is drawn of messages and connections, and where.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Plan, Subject};
use duplex::drawing::{Item, Role, Scene, Shape};
use duplex::lab::Lab;
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{
    Closed, Closing, Direction, Failing, Inference, Kind, Moment, Outcome, Protocol, Recorder, ServerTime, Span, Time,
    Trace, Turn,
};

use crate::{arrows, crowded, draw, recorded, simulated};

#[test]
fn arrows_slant_by_their_time_in_flight() {
    let trace = recorded(
        Parameters::default(),
        Conditions { one_way: Span(4_000), thinking: Span(0), ..Conditions::default() },
    );
    let scene = draw(&trace, Protocol::WebSocket, 10.0, None);
    for (item, from, to) in arrows(&scene) {
        let message = item.message.and_then(|id| trace.message(id)).expect("an arrow shows a message");
        if !message.kind.is_opening() {
            assert!((to - from - 40.0).abs() < 1.0, "{} px", to - from);
        }
    }
}

#[test]
fn an_emulated_handshake_is_a_segment_of_its_own_as_long_as_it_took() {
    let mut trace = recorded(Parameters::default(), Conditions::default());
    let connection = trace.connections.iter_mut().find(|connection| connection.protocol == Protocol::WebSocket);
    let connection = connection.expect("a WebSocket");
    let accepted = connection.accepted.server().expect("the server tells");
    connection.emulated_handshake = Some((accepted, ServerTime(accepted.0 + 1_500)));
    let segments = |protocol| {
        let scene = draw(&trace, protocol, 20.0, None);
        let segments = scene.items.into_iter().filter(|item| matches!(item.role, Role::EmulatedHandshake(_)));
        segments.map(|item| (item.shape, item.title)).collect::<Vec<_>>()
    };
    assert_eq!(segments(Protocol::Http), []);
    let [(Shape::Rect { height, .. }, title)] = &segments(Protocol::WebSocket)[..] else { panic!("one segment") };
    assert!((height - 30.0).abs() < 0.1, "{height} px");
    assert!(title.contains("emulated handshake, 1.50 ms"), "{title}");
}

#[test]
fn each_message_has_its_arrow() {
    let trace = recorded(Parameters { messages: 20, ..Parameters::default() }, Conditions::default());
    // A WebSocket has two more to open it, and two to close it.
    for (protocol, expected) in [(Protocol::Http, 2 * 21), (Protocol::WebSocket, 2 * 21 + 4)] {
        let scene = draw(&trace, protocol, 10.0, None);
        assert_eq!(arrows(&scene).count(), expected);
        let to_server = arrows(&scene).filter(|(item, ..)| {
            item.message
                .and_then(|id| trace.message(id))
                .is_some_and(|message| message.direction == Direction::ToServer)
        });
        assert_eq!(to_server.count(), expected / 2);
    }
}

#[test]
fn of_a_large_run_only_what_is_in_view_is_laid_out() {
    let trace = recorded(Parameters { messages: 5_000, size: 0, ..Parameters::default() }, Conditions::default());
    let scene = draw(&trace, Protocol::Http, 10.0, Some((50_000.0, 50_700.0)));
    assert!((20..120).contains(&arrows(&scene).count()), "{} arrows", arrows(&scene).count());
    let inside = arrows(&scene).filter(|(_, from, to)| *to >= 50_000.0 && *from <= 50_700.0).count();
    assert!(inside >= 60, "{inside} arrows in view");
}

#[test]
fn each_of_a_hundred_clients_has_its_connection_in_view_as_long_as_it_is_open() {
    let trace = simulated::run_lab(crowded(Lab::Crowd), Conditions::default());
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    let timeline = Timeline::of(&trace);
    let bars = |visible| {
        let scene = draw(&trace, Protocol::WebSocket, 10.0, visible);
        // Of a hundred, each is as thin as a line; edges are lines across.
        let is_bar = |item: &&Item| match (item.role, &item.shape) {
            (Role::ConnectionEnd(_), Shape::Rect { .. }) => true,
            (Role::ConnectionEnd(_), Shape::Line { from, to }) => from.x == to.x,
            _ => false,
        };
        scene.items.iter().filter(is_bar).count()
    };
    // One at each end; of one connection for the echo, and one as a member of the room.
    assert_eq!(bars(None), 2 * 200);
    // All are open while one speaks to all.
    let spoken = trace.messages.iter().rfind(|message| {
        message.protocol == Protocol::WebSocket
            && message.direction == Direction::ToServer
            && message.turn == 2
            && !matches!(message.kind, Kind::Close { .. })
    });
    let spoken = spoken.expect("one spoke");
    let plan = Plan::of(&trace, &timeline, Manner::plain(Subject::One(Protocol::WebSocket)));
    let y = plan.place(&trace, &timeline, spoken.id, 10.0).expect("it was sent");
    assert_eq!(bars(Some((y, y + 1.0))), 2 * 100);
}

#[test]
fn connections_that_cross_the_view_are_drawn_whichever_was_used_last() {
    let mut trace = simulated::run_lab(crowded(Lab::Crowd), Conditions::default());
    // The browser keeps one of its connections, and ends the others.
    let kept = trace.connections.iter().position(|it| it.protocol == Protocol::Http).expect("a connection");
    let last = Timeline::of(&trace).last(&trace, Protocol::Http).expect("there were responses");
    let at = Moment::Page(last - Span(1_000));
    for connection in trace.connections.iter_mut().skip(kept + 1).filter(|it| it.protocol == Protocol::Http) {
        connection.closed = Some(Closed { at, how: Closing::ByClient });
    }
    for protocol in Protocol::BOTH {
        let whole = draw(&trace, protocol, 10.0, None);
        for top in (0..60).map(|step| f64::from(step) * 100.0 + 7.0) {
            let window = (top, top + 20.0);
            let crossing = |scene: &Scene| {
                let bars = scene.items.iter().filter_map(|item| match (&item.role, &item.shape) {
                    (Role::ConnectionEnd(_), Shape::Rect { at, height, .. }) => Some((at.y, at.y + height)),
                    (Role::ConnectionEnd(_), Shape::Line { from, to }) if from.x == to.x => Some((from.y, to.y)),
                    _ => None,
                });
                bars.filter(|(from, until)| *until >= window.0 && *from <= window.1).count()
            };
            let seen = draw(&trace, protocol, 10.0, Some(window));
            assert_eq!(crossing(&seen), crossing(&whole), "{protocol:?} at {top}");
        }
    }
}

#[test]
fn of_a_crowd_all_arrows_that_cross_the_view_are_drawn() {
    let conditions = Conditions { one_way: Span(50_000), ..Conditions::default() };
    let trace = simulated::run_lab(crowded(Lab::Crowd), conditions);
    let whole = draw(&trace, Protocol::WebSocket, 10.0, None);
    let mut crossing = 0;
    for top in (0..40).map(|step| f64::from(step) * whole.height / 40.0 + 7.0) {
        let window = (top, top + 20.0);
        let seen = draw(&trace, Protocol::WebSocket, 10.0, Some(window));
        let inside = |scene: &Scene| {
            let inside = arrows(scene).filter(|(_, from, to)| from.max(*to) >= window.0 && from.min(*to) <= window.1);
            inside.count()
        };
        assert_eq!(inside(&seen), inside(&whole), "at {top}");
        crossing += inside(&whole);
    }
    assert!(crossing > 200, "{crossing} arrows");
}

/// A record of a WebSocket that the test tells itself: each message as it is drawn, and what it says.
fn told(tell: impl FnOnce(&mut Recorder)) -> Vec<(Item, String)> {
    let mut trace = recorded(Parameters::default(), Conditions::default());
    let circumstances = trace.circumstances.clone();
    trace = Trace::new(circumstances);
    let mut recorder = Recorder::default();
    tell(&mut recorder);
    recorder.end(Time(100_000), Outcome::Finished);
    recorder.take().into_iter().for_each(|event| trace.apply(event));
    let timeline = Timeline::of(&trace);
    let messages = draw(&trace, Protocol::WebSocket, 10.0, None).items.into_iter();
    let messages = messages.filter(|item| matches!(item.role, Role::Message { .. }));
    messages.map(|item| (item.clone(), sequence::said(&item, &trace, &timeline))).collect()
}

#[test]
fn what_the_browser_refused_is_drawn_at_the_page_alone() {
    let messages = told(|recorder| {
        let (_, handshake) = recorder.opening(Turn::of(1), Time(10_000), 0, "ws://nobody.invalid/", 0);
        let cause = duplex::trace::Cause::MixedContent;
        recorder.failed(handshake, Failing { at: Time(10_000), cause, inferred_from: Inference::Thrown });
    });
    let [(refused, said)] = &messages[..] else { panic!("one message") };
    let Shape::Lost { from, to } = refused.shape else { panic!("{refused:?}") };
    assert!(to.x - from.x < 30.0 && to.y == from.y, "{refused:?}");
    assert!(said.contains("nothing left the page"), "{said}");
}

#[test]
fn of_a_message_that_was_sent_nobody_knows_when_no_time_in_flight_is_told() {
    let messages = told(|recorder| {
        let (socket, handshake) = recorder.opening(Turn::of(1), Time(1_000), 0, "ws://h/", 0);
        recorder.opened(socket, handshake, Turn::of(1), Time(9_000), String::new(), String::new());
        recorder.pushed(socket, Turn::of(1), Kind::Text, Time(50_000), Moment::Unknown, b"hello");
    });
    let (pushed, said) = messages.iter().find(|(_, said)| said.starts_with("pushed")).expect("it is drawn");
    assert!(said.ends_with("when it was sent is unknown"), "{said}");
    let unknown = matches!(pushed.role, Role::Message { provenance: duplex::analysis::Provenance::Unknown, .. });
    assert!(unknown, "{:?}", pushed.role);
}
