//! What must hold of every sequence diagram.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::drawing::{Anchor, Pace, Point, Scene, Shape};
use duplex::format;
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Protocol, Span, Time, Trace};
use proptest::prelude::*;

use crate::{arrows, arrows_by_message, crowded, draw, draw_as, recorded, simulated};

/// Any way to make a diagram.
fn manner() -> impl Strategy<Value = Manner> {
    let subjects = vec![Subject::One(Protocol::Http), Subject::One(Protocol::WebSocket), Subject::Both];
    let (subject, pace) = (prop::sample::select(subjects), prop::sample::select(Pace::ALL.to_vec()));
    (subject, pace, any::<bool>(), any::<bool>()).prop_map(|(subject, pace, wall_time, folding)| Manner {
        pace,
        wall_time,
        folding,
        ..Manner::plain(subject)
    })
}

/// The least that a text takes: from left to right, and from top to bottom.
fn extent(at: Point, anchor: Anchor, text: &str) -> [f64; 4] {
    let width = text.chars().count() as f64 * 4.6;
    let left = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - width / 2.0,
        Anchor::End => at.x - width,
    };
    [left, left + width, at.y - 8.0, at.y + 1.0]
}

/// Nothing lies outside of the paper, and no words over others.
fn fits(scene: &Scene) {
    let mut texts: Vec<([f64; 4], &str)> = Vec::new();
    for item in &scene.items {
        let points = match &item.shape {
            Shape::Line { from, to } | Shape::Arrow { from, to } | Shape::Lost { from, to } => vec![*from, *to],
            Shape::Rect { at, width, height } => {
                assert!(*width > 0.0 && *height > 0.0);
                vec![*at, Point { x: at.x + width, y: at.y + height }]
            }
            Shape::Text { at, anchor, text } => {
                let extent = extent(*at, *anchor, text);
                texts.push((extent, text));
                vec![Point { x: extent[0], y: at.y }, Point { x: extent[1], y: at.y }]
            }
            Shape::Path { points, .. } => points.clone(),
            Shape::Dot { at, .. } => vec![*at],
        };
        for point in points {
            assert!((-1.0..=scene.width + 1.0).contains(&point.x), "{item:?}");
            assert!((-1.0..=scene.height + 1.0).contains(&point.y), "{item:?} of {}", scene.height);
        }
    }
    texts.sort_by(|one, other| one.0[2].total_cmp(&other.0[2]));
    for (place, (extent, text)) in texts.iter().enumerate() {
        let below = texts[place + 1..].iter().take_while(|(other, _)| other[2] < extent[3]);
        for (other, words) in below {
            assert!(
                other[0] >= extent[1] || other[1] <= extent[0],
                "{words:?} at {other:?} over {text:?} at {extent:?}"
            );
        }
    }
}

/// The same run with the protocols' names exchanged.
fn swapped(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    trace.messages.iter_mut().for_each(|message| message.protocol = message.protocol.other());
    trace.connections.iter_mut().for_each(|connection| connection.protocol = connection.protocol.other());
    for part in &mut trace.parts {
        part.protocol = part.protocol.map(Protocol::other);
    }
    let known = &mut trace.circumstances;
    std::mem::swap(&mut known.http, &mut known.ws);
    trace
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_lab_stays_on_the_paper_whenever_it_is_stopped(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, stopped_at in 1i64..20_000_000,
        scale in 0.05f64..50.0, manner in manner(), top in 0.0f64..1.0, played in 0.0f64..1.5, dense: bool,
        below in 0.0f64..600.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::stop_lab(crowded(lab), conditions, Time(stopped_at));
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, manner);
        // Of two diagrams side by side the shorter one has the paper of the other.
        let whole = View::whole(&plan, &trace, &timeline, scale, 480.0);
        let height = whole.height + below;
        let whole = View { height, ..whole };
        let origin = trace.circumstances.origin;
        let length = (plan.last(&trace, &timeline) - origin).0 as f64 * played;
        let until = (played < 1.0).then_some(Time(origin.0 + length as i64));
        let most = if dense { 10 } else { usize::MAX };
        for visible in [(0.0, height), (top * height, top * height + 700.0)] {
            fits(&sequence::sequence(&plan, &trace, &timeline, View { visible, until, most, ..whole }));
        }
        fits(&sequence::participants(&plan, 480.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_run_that_was_saved_and_opened_is_drawn_the_same(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, manner in manner(), scale in 0.05f64..50.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::run_lab(Settings::of(lab), conditions);
        let opened = format::read(&format::write(&trace).expect("it can be written")).expect("it can be read");
        prop_assert!(draw_as(&trace, manner.clone(), scale, None) == draw_as(&opened, manner, scale, None));
    }

    #[test]
    fn the_picture_is_the_same_whichever_protocol_it_is_of(
        messages in 1u32..30, one_way in 1i64..50_000, thinking in 0i64..5_000, manner in manner(), scale in 0.5f64..50.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), thinking: Span(thinking), ..Conditions::default() };
        let trace = recorded(Parameters { messages, ..Parameters::default() }, conditions);
        let other = match manner.subject {
            Subject::One(protocol) => Subject::One(protocol.other()),
            Subject::Both => Subject::Both,
        };
        let one = draw_as(&trace, manner.clone(), scale, None);
        let two = draw_as(&swapped(&trace), Manner { subject: other, ..manner }, scale, None);
        prop_assert_eq!(arrows_by_message(&one), arrows_by_message(&two));
    }

    #[test]
    fn what_is_in_view_is_drawn_as_in_the_whole_picture(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, manner in manner(), scale in 0.05f64..20.0,
        top in 0.0f64..1.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::run_lab(crowded(lab), conditions);
        let whole = draw_as(&trace, manner.clone(), scale, None);
        let window = (whole.height * top, whole.height * top + 300.0);
        let slice = draw_as(&trace, manner, scale, Some(window));
        let in_window = |(_, shape): &(_, Shape)| match shape {
            Shape::Arrow { from, to } | Shape::Line { from, to } | Shape::Lost { from, to } => {
                from.y.max(to.y) > window.0 + 1.0 && from.y.min(to.y) < window.1 - 1.0
            }
            _ => false,
        };
        let inside = |scene: &Scene| arrows_by_message(scene).into_iter().filter(in_window).collect::<Vec<_>>();
        prop_assert_eq!(inside(&slice), inside(&whole));
    }

    #[test]
    fn a_run_that_is_played_shows_nothing_that_lies_ahead_and_in_the_end_all(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, wall_time: bool, share in 0.0f64..1.0,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::run_lab(Settings::of(lab), conditions);
        let timeline = Timeline::of(&trace);
        for protocol in Protocol::BOTH {
            let plan = Plan::of(&trace, &timeline, Manner { wall_time, ..Manner::plain(Subject::One(protocol)) });
            let whole = View::whole(&plan, &trace, &timeline, 1.0, 480.0);
            let (origin, last) = (trace.circumstances.origin, plan.last(&trace, &timeline));
            let until = Time(origin.0 + ((last - origin).0 as f64 * share) as i64);
            let edge = plan.px(until, 1.0) + 1.0;
            let played = sequence::sequence(&plan, &trace, &timeline, View { until: Some(until), ..whole });
            for (_, shape) in arrows_by_message(&played) {
                let (Shape::Arrow { from, to } | Shape::Line { from, to } | Shape::Lost { from, to }) = shape else { continue };
                // What is drawn beyond its end, as nobody knows more, reaches a little further.
                prop_assert!(from.y <= edge && to.y <= edge + 8.0, "{:?} to {:?} beyond {}", from, to, edge);
            }
            let end = View { until: Some(Time(last.0 + 10_000_000)), ..whole };
            let all = sequence::sequence(&plan, &trace, &timeline, end);
            prop_assert_eq!(arrows_by_message(&all), arrows_by_message(&sequence::sequence(&plan, &trace, &timeline, whole)));
        }
    }
}
