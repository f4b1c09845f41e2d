//! What must hold of every sequence diagram, over runs of many shapes.

use duplex::analysis::Timeline;
use duplex::drawing::{Anchor, Item, Role, Scene, Shape, sequence};
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Protocol, ServerTime, Span, Trace};
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
            let mut labels: Vec<f64> = Vec::new();
            for item in &scene.items {
                let points = match &item.shape {
                    Shape::Line { from, to } | Shape::Arrow { from, to } | Shape::Lost { from, to } => vec![*from, *to],
                    Shape::Rect { at, width, height } => {
                        prop_assert!(*width > 0.0 && *height > 0.0);
                        vec![*at]
                    }
                    Shape::Text { at, anchor, .. } => {
                        if item.message.is_some() {
                            prop_assert_eq!(*anchor, Anchor::Middle);
                            labels.push(at.y);
                        }
                        vec![*at]
                    }
                    Shape::Path { points, .. } => points.clone(),
                    Shape::Dot { at, .. } => vec![*at],
                };
                for point in points {
                    prop_assert!((-1.0..=scene.width + 1.0).contains(&point.x), "{:?}", item);
                    prop_assert!((-1.0..=scene.height + 1.0).contains(&point.y), "{:?} of {}", item, scene.height);
                }
            }
            labels.sort_by(f64::total_cmp);
            let overlapping = labels.windows(2).filter(|pair| pair[1] - pair[0] < 12.0).count();
            prop_assert_eq!(overlapping, 0, "labels at {:?}", labels);
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
