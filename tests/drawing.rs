//! What must hold of every sequence diagram, over runs of many shapes.

use duplex::analysis::Timeline;
use duplex::drawing::{Anchor, Item, Point, Role, Scene, Shape, sequence};
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{
    Closed, Closing, Direction, Failing, Inference, Kind, Moment, Outcome, Protocol, Recorder, ServerTime, Span, Time,
    Trace, Turn,
};
use proptest::prelude::*;

mod simulated;

fn recorded(parameters: Parameters, conditions: Conditions) -> Trace {
    simulated::record(parameters, conditions, None)
}

fn draw(trace: &Trace, protocol: Protocol, scale: f64, visible: Option<(f64, f64)>) -> Scene {
    let timeline = Timeline::of(trace);
    let height = sequence::height(trace, &timeline, scale, false);
    let visible = visible.unwrap_or((0.0, height));
    sequence::sequence(
        trace,
        &timeline,
        protocol,
        sequence::View { scale, width: 480.0, visible, wall_time: false, selected: None },
    )
}

/// Nothing lies outside of the paper, and no label over another.
fn fits(scene: &Scene) {
    let mut labels: Vec<f64> = Vec::new();
    for item in &scene.items {
        let points = match &item.shape {
            Shape::Line { from, to } | Shape::Arrow { from, to } | Shape::Lost { from, to } => vec![*from, *to],
            Shape::Rect { at, width, height } => {
                assert!(*width > 0.0 && *height > 0.0);
                vec![*at, Point { x: at.x + width, y: at.y + height }]
            }
            Shape::Text { at, anchor, .. } => {
                if item.message.is_some() {
                    assert_eq!(*anchor, Anchor::Middle);
                    labels.push(at.y);
                }
                vec![*at]
            }
            Shape::Path { points, .. } => points.clone(),
            Shape::Dot { at, .. } => vec![*at],
        };
        for point in points {
            assert!((-1.0..=scene.width + 1.0).contains(&point.x), "{item:?}");
            assert!((-1.0..=scene.height + 1.0).contains(&point.y), "{item:?} of {}", scene.height);
        }
    }
    labels.sort_by(f64::total_cmp);
    let overlapping = labels.windows(2).filter(|pair| pair[1] - pair[0] < 12.0).count();
    assert_eq!(overlapping, 0, "labels at {labels:?}");
}

fn arrows(scene: &Scene) -> impl Iterator<Item = (&Item, f64, f64)> {
    scene.items.iter().filter_map(|item| match item.shape {
        Shape::Arrow { from, to } => Some((item, from.y, to.y)),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_outside_the_frame_no_label_over_another_and_no_arrow_back_in_time(
        messages in 1u32..40, one_way in 1i64..50_000, thinking in 0i64..5_000, close: bool, plain: bool,
        dies in proptest::option::of(1u32..40), scale in 0.5f64..200.0,
    ) {
        let conditions = Conditions {
            one_way: Span(one_way), thinking: Span(thinking), plain, server_dies_at: dies, ..Conditions::default()
        };
        let trace = recorded(Parameters { messages, close, ..Parameters::default() }, conditions);
        for protocol in Protocol::BOTH {
            let scene = draw(&trace, protocol, scale, None);
            fits(&scene);
            for (item, from, to) in arrows(&scene) {
                let slack = scale * Timeline::of(&trace).clock(protocol).map_or(0.0, |fit| fit.uncertainty.as_millis()) + 1e-6;
                prop_assert!(to >= from - slack, "{:?}", item);
            }
        }
    }
}

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

/// A lab with its defaults, but for a crowd as large as it may be.
fn crowded(lab: Lab) -> Settings {
    let mut settings = Settings::of(lab);
    if lab == Lab::Crowd {
        settings.set("clients", "100").expect("so many may be");
    }
    settings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_lab_stays_on_the_paper_whenever_it_is_stopped(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, stopped_at in 1i64..20_000_000,
        scale in 0.05f64..50.0, wall_time: bool, top in 0.0f64..1.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::stop_lab(crowded(lab), conditions, Time(stopped_at));
        let timeline = Timeline::of(&trace);
        let height = sequence::height(&trace, &timeline, scale, wall_time);
        for protocol in Protocol::BOTH {
            for visible in [(0.0, height), (top * height, top * height + 700.0)] {
                let view = sequence::View { scale, width: 480.0, visible, wall_time, selected: None };
                fits(&sequence::sequence(&trace, &timeline, protocol, view));
            }
        }
    }
}

#[test]
fn each_of_a_hundred_clients_has_its_connection_in_view_as_long_as_it_is_open() {
    let trace = simulated::run_lab(crowded(Lab::Crowd), Conditions::default());
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    let timeline = Timeline::of(&trace);
    let height = sequence::height(&trace, &timeline, 10.0, false);
    let channels = |visible| {
        let scene = draw(&trace, Protocol::WebSocket, 10.0, Some(visible));
        scene.items.iter().filter(|item| matches!(item.role, Role::Connection(_))).count()
    };
    // One for the echo, and one as a member of the room.
    assert_eq!(channels((0.0, height)), 200);
    // All are open while one speaks to all.
    let spoken = trace.messages.iter().rfind(|message| {
        message.protocol == Protocol::WebSocket
            && message.direction == Direction::ToServer
            && message.turn == 2
            && !matches!(message.kind, Kind::Close { .. })
    });
    let at = spoken.and_then(|message| message.sent.page()).expect("one spoke");
    let y = sequence::place(&trace, &timeline, Protocol::WebSocket, 10.0, false, at);
    assert_eq!(channels((y, y + 1.0)), 100);
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
                let channels = scene.items.iter().filter_map(|item| match (&item.role, &item.shape) {
                    (Role::Connection(_), Shape::Path { points, .. }) => Some(points),
                    _ => None,
                });
                let ends = channels.map(|points| {
                    let ys = points.iter().map(|point| point.y);
                    (ys.clone().fold(f64::INFINITY, f64::min), ys.fold(0.0, f64::max))
                });
                ends.filter(|(from, until)| *until >= window.0 && *from <= window.1).count()
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
    for top in (0..40).map(|step| f64::from(step) * 300.0 + 7.0) {
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

/// A record of a WebSocket that the test tells itself.
fn told(tell: impl FnOnce(&mut Recorder)) -> Scene {
    let mut trace = recorded(Parameters::default(), Conditions::default());
    let circumstances = trace.circumstances.clone();
    trace = Trace::new(circumstances);
    let mut recorder = Recorder::default();
    tell(&mut recorder);
    recorder.end(Time(100_000), Outcome::Finished);
    recorder.take().into_iter().for_each(|event| trace.apply(event));
    draw(&trace, Protocol::WebSocket, 10.0, None)
}

#[test]
fn what_the_browser_refused_is_drawn_at_the_page_alone() {
    let scene = told(|recorder| {
        let (_, handshake) = recorder.opening(Turn::of(1), Time(10_000), 0, "ws://nobody.invalid/", 0);
        let cause = duplex::trace::Cause::MixedContent;
        recorder.failed(handshake, Failing { at: Time(10_000), cause, inferred_from: Inference::Thrown });
    });
    let refused =
        scene.items.iter().find(|item| item.message.is_some() && !item.title.is_empty()).expect("it is drawn");
    let Shape::Lost { from, to } = refused.shape else { panic!("{refused:?}") };
    assert!(to.x - from.x < 30.0 && to.y == from.y, "{refused:?}");
    assert!(refused.title.contains("nothing left the page"), "{}", refused.title);
}

#[test]
fn of_a_message_that_was_sent_nobody_knows_when_no_time_in_flight_is_told() {
    let scene = told(|recorder| {
        let (socket, handshake) = recorder.opening(Turn::of(1), Time(1_000), 0, "ws://h/", 0);
        recorder.opened(socket, handshake, Turn::of(1), Time(9_000), String::new(), String::new());
        recorder.pushed(socket, Turn::of(1), Kind::Text, Time(50_000), Moment::Unknown, b"hello");
    });
    let pushed = scene.items.iter().find(|item| item.title.starts_with("pushed")).expect("it is drawn");
    assert!(pushed.title.ends_with("when it was sent is unknown"), "{}", pushed.title);
    let unknown = matches!(pushed.role, Role::Message { provenance: duplex::analysis::Provenance::Unknown, .. });
    assert!(unknown, "{:?}", pushed.role);
}
