//! What must hold of every sequence diagram, over runs of many shapes.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Mark, Plan, Subject, View};
use duplex::drawing::{Anchor, Item, Pace, Point, Role, Scene, Shape};
use duplex::format;
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{
    Closed, Closing, Direction, Failing, Fate, Inference, Kind, Moment, Outcome, Protocol, Recorder, ServerTime, Span,
    Time, Trace, Turn,
};
use proptest::prelude::*;

mod simulated;

fn recorded(parameters: Parameters, conditions: Conditions) -> Trace {
    simulated::record(parameters, conditions, None)
}

/// A protocol's diagram in true proportion, in its own time; a stretch of it or the whole.
fn draw(trace: &Trace, protocol: Protocol, scale: f64, visible: Option<(f64, f64)>) -> Scene {
    draw_as(trace, Manner::plain(Subject::One(protocol)), scale, visible)
}

fn draw_as(trace: &Trace, manner: Manner, scale: f64, visible: Option<(f64, f64)>) -> Scene {
    let timeline = Timeline::of(trace);
    let plan = Plan::of(trace, &timeline, manner);
    let whole = View::whole(&plan, trace, &timeline, scale, 480.0);
    sequence::sequence(&plan, trace, &timeline, View { visible: visible.unwrap_or(whole.visible), ..whole })
}

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
        scale in 0.05f64..50.0, manner in manner(), top in 0.0f64..1.0, played in 0.0f64..1.5, dense: bool,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::stop_lab(crowded(lab), conditions, Time(stopped_at));
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, manner);
        let whole = View::whole(&plan, &trace, &timeline, scale, 480.0);
        let height = whole.height;
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

/// What each message looks like: its arrow, and whether it has words.
fn arrows_by_message(scene: &Scene) -> Vec<(duplex::trace::MessageId, Shape)> {
    let is_arrow = |item: &&Item| matches!(item.role, Role::Message { .. });
    let mut all: Vec<_> =
        scene.items.iter().filter(is_arrow).filter_map(|item| Some((item.message?, item.shape.clone()))).collect();
    all.sort_by_key(|(id, _)| *id);
    all
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

/// A plan and its picture, folded.
fn folded(trace: &Trace, open: &[duplex::trace::MessageId]) -> (Plan, Scene) {
    let timeline = Timeline::of(trace);
    let open = open.iter().copied().collect();
    let manner = Manner { folding: true, open, ..Manner::plain(Subject::One(Protocol::Http)) };
    let plan = Plan::of(trace, &timeline, manner);
    let view = View::whole(&plan, trace, &timeline, 10.0, 480.0);
    let scene = sequence::sequence(&plan, trace, &timeline, view);
    (plan, scene)
}

#[test]
fn what_repeats_is_folded_with_its_count_and_its_median_and_opens() {
    let conditions = Conditions { one_way: Span(2_000), thinking: Span(0), ..Conditions::default() };
    let trace = recorded(Parameters { messages: 100, ..Parameters::default() }, conditions);
    let (plan, scene) = folded(&trace, &[]);
    let [fold] = plan.folds() else { panic!("{:?}", plan.folds()) };
    let timeline = Timeline::of(&trace);
    let took: Vec<Span> = timeline.samples(Protocol::Http)[2..100].iter().map(|sample| sample.took).collect();
    let median = duplex::analysis::Statistics::of(&took).expect("some").median;
    assert_eq!((fold.times, &fold.medians[..]), (98, &[(Protocol::Http, median)][..]));
    // The warm-up, the first and the last are there.
    assert_eq!(arrows(&scene).count(), 6);
    let is_named =
        |item: &Item| matches!(&item.shape, Shape::Text { text, .. } if *text == format!("× 98, median {median}"));
    assert!(scene.items.iter().any(is_named), "no words at the fold");
    let (plan, opened) = folded(&trace, &[fold.first]);
    assert_eq!(arrows(&opened).count(), 202);
    assert!(
        opened.items.iter().any(|item| item.role == Role::Unfolded(plan.folds()[0].first)),
        "it can be folded again"
    );
    assert!(opened.height > scene.height + 100.0);
}

#[test]
fn what_went_wrong_is_never_folded() {
    let mut trace = recorded(Parameters { messages: 60, ..Parameters::default() }, Conditions::default());
    let odd = trace.messages.iter().find(|message| message.protocol == Protocol::Http && message.turn == 30);
    let odd = odd.expect("turn 30").id;
    trace.messages[odd.0 as usize].arrivals = Some(2);
    let (plan, scene) = folded(&trace, &[]);
    assert_eq!(plan.folds().len(), 2);
    assert!(!plan.is_hidden(odd) && arrows(&scene).any(|(item, ..)| item.message == Some(odd)));
}

#[test]
fn a_long_silence_is_shrunk_with_its_length_said() {
    let parameters = Parameters { messages: 5, interval: 2_000, ..Parameters::default() };
    let conditions = Conditions { one_way: Span(1_000), thinking: Span(0), ..Conditions::default() };
    let trace = recorded(parameters, conditions);
    let of = |pace| {
        let manner = Manner { pace, wall_time: true, ..Manner::plain(Subject::One(Protocol::Http)) };
        draw_as(&trace, manner, 1.0, None)
    };
    let (linear, compressed) = (of(Pace::Linear), of(Pace::Compressed));
    assert!(linear.height > 8_000.0 && compressed.height < 700.0, "{} and {}", linear.height, compressed.height);
    let silences = compressed.items.iter().filter(|item| matches!(item.role, Role::Silence));
    assert!(silences.clone().count() >= 4, "{}", silences.count());
    let said = |item: &Item| matches!(&item.shape, Shape::Text { text, .. } if text.ends_with("s of silence"));
    assert!(compressed.items.iter().any(said));
    // What was under way keeps its true proportion.
    for (item, from, to) in arrows(&compressed) {
        let message = item.message.and_then(|id| trace.message(id)).expect("a message");
        if !message.warm_up {
            assert!((to - from - 1.0).abs() < 0.6, "{} px", to - from);
        }
    }
}

#[test]
fn on_an_ordinal_axis_each_message_has_a_step() {
    let trace = recorded(Parameters { messages: 10, ..Parameters::default() }, Conditions::default());
    let timeline = Timeline::of(&trace);
    let manner = Manner { pace: Pace::Ordinal, ..Manner::plain(Subject::One(Protocol::WebSocket)) };
    let plan = Plan::of(&trace, &timeline, manner);
    let places: Vec<f64> = plan.shown().iter().filter_map(|id| plan.place(&trace, &timeline, *id, 20.0)).collect();
    assert_eq!(places.len(), timeline.messages(Protocol::WebSocket).len());
    assert!(places.windows(2).all(|pair| (pair[1] - pair[0] - 20.0).abs() < 1e-6), "{places:?}");
}

#[test]
fn of_more_than_can_be_told_apart_the_density_is_drawn_and_nothing_odd_is_lost() {
    let mut trace = recorded(Parameters { messages: 5_000, size: 0, ..Parameters::default() }, Conditions::default());
    let odd = trace.messages.iter().find(|message| message.protocol == Protocol::Http && message.turn == 2_500);
    let odd = odd.expect("turn 2500").id;
    trace.messages[odd.0 as usize].fate = Fate::Lost;
    let timeline = Timeline::of(&trace);
    let plan = Plan::of(&trace, &timeline, Manner::plain(Subject::One(Protocol::Http)));
    let last = (plan.last(&trace, &timeline) - trace.circumstances.origin).as_millis();
    let whole = View::whole(&plan, &trace, &timeline, 600.0 / last, 480.0);
    let scene = sequence::sequence(&plan, &trace, &timeline, View { most: View::MOST, ..whole });
    assert!(scene.items.len() < 600, "{} shapes", scene.items.len());
    assert!(scene.items.iter().any(|item| matches!(item.role, Role::Density { .. })));
    assert!(scene.items.iter().any(|item| item.message == Some(odd)), "what was lost is lost in the crowd");
    let said: usize = scene
        .items
        .iter()
        .filter(|item| matches!(item.role, Role::Density { .. }))
        .map(|item| item.title.split(' ').next().and_then(|number| number.parse::<usize>().ok()).expect("a number"))
        .sum();
    assert_eq!(said, timeline.messages(Protocol::Http).len());
}

#[test]
fn the_legend_names_what_occurs_and_nothing_else() {
    let trace = recorded(Parameters::default(), Conditions::default());
    let timeline = Timeline::of(&trace);
    let marks = |protocol| Plan::of(&trace, &timeline, Manner::plain(Subject::One(protocol))).legend(&timeline);
    let http = marks(Protocol::Http);
    assert!(http.contains(&Mark::Message(Protocol::Http)) && http.contains(&Mark::WarmUp) && http.contains(&Mark::Cut));
    assert!(!http.contains(&Mark::Opening) && !http.contains(&Mark::Lost) && !http.contains(&Mark::Fold), "{http:?}");
    let ws = marks(Protocol::WebSocket);
    assert!(ws.contains(&Mark::Opening) && ws.contains(&Mark::Close) && !ws.contains(&Mark::Message(Protocol::Http)));
}

#[test]
fn a_plan_that_follows_a_run_comes_to_the_same_as_that_of_the_whole() {
    let trace = recorded(Parameters { messages: 400, ..Parameters::default() }, Conditions::default());
    let mut grown = Trace::new(trace.circumstances.clone());
    let mut timeline = Timeline::default();
    let manner = Manner::plain(Subject::One(Protocol::WebSocket));
    let mut plan = Plan::of(&grown, &timeline, manner.clone());
    grown.connections.clone_from(&trace.connections);
    for message in &trace.messages {
        grown.messages.push(message.clone());
        timeline.follow(&grown);
        plan.follow(&grown, &timeline);
    }
    timeline.settle();
    let whole = Plan::of(&grown, &timeline, manner);
    let draw = |plan: &Plan| {
        let view = View::whole(plan, &grown, &timeline, 5.0, 480.0);
        arrows_by_message(&sequence::sequence(plan, &grown, &timeline, view))
    };
    assert_eq!(plan.shown(), whole.shown());
    assert_eq!(draw(&plan), draw(&whole));
}
