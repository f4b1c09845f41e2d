//! What holds of every such chart, and some that are known by hand.

use proptest::prelude::*;

use super::*;
use crate::analysis::break_even::{
    Connecting, Cost, Costs, Events, Exchange, Figure, Handshake, Messages, Missing, Policy, Situation, Source, Starter,
};

fn known(value: u64) -> Cost {
    Figure::new(value, Source::Server)
}

/// A handshake of 600 bytes, exchanges of 430 and frames of 6 and 2 on a link whose round trip takes 20 ms.
fn costs() -> Costs {
    let exchange = Exchange { round_trip: known(20_500), to_server: known(250), to_page: known(180) };
    Costs {
        connecting: Connecting { time: known(20_000), bytes: known(0) },
        keep_alive: exchange,
        close: Exchange { round_trip: known(40_500), to_server: known(250), to_page: known(199) },
        handshake: Handshake { time: known(40_500), to_server: known(450), to_page: known(150), connecting: known(0) },
        message: Messages {
            round_trip: known(20_200),
            to_server: known(6),
            to_page: known(2),
            at_payload: 32,
            ping: known(8),
        },
        events: Events {
            time: known(20_500),
            to_server: known(250),
            to_page: known(180),
            framing: known(8),
            comment: known(8),
        },
        emulated: false,
    }
}

fn even(costs: &Costs, starter: Starter, per_hour: u32, minutes: u32) -> BreakEven {
    let situation = Situation { per_hour, payload: 32, starter, minutes, poll_interval: 5_000 };
    BreakEven::of(costs, situation, Policy::default())
}

fn view(width: f64, measure: Measure, until: f64) -> View {
    View { width, height: 320.0, measure, along: Along::Messages, until, advised: Some(Way::WebSocket) }
}

fn texts(scene: &Scene) -> impl Iterator<Item = (Role, &str, (Point, Point))> {
    scene.items.iter().filter_map(|item| {
        let Shape::Text { at, text, anchor } = &item.shape else { return None };
        let width = text.chars().count() as f64 * LETTER;
        let x = match anchor {
            Anchor::Start => at.x,
            Anchor::Middle => at.x - width / 2.0,
            Anchor::End => at.x - width,
        };
        Some((item.role, text.as_str(), extent(text, Point { x, y: at.y })))
    })
}

fn corners(scene: &Scene) -> Vec<Point> {
    let mut corners = Vec::new();
    for item in &scene.items {
        match &item.shape {
            Shape::Line { from, to } => corners.extend([*from, *to]),
            Shape::Path { points, .. } => corners.extend(points),
            Shape::Dot { at, radius } => corners
                .extend([Point { x: at.x - radius, y: at.y - radius }, Point { x: at.x + radius, y: at.y + radius }]),
            _ => {}
        }
    }
    corners.extend(texts(scene).flat_map(|(_, _, (from, to))| [from, to]));
    corners
}

fn paths(scene: &Scene) -> impl Iterator<Item = (Way, &Vec<Point>)> {
    scene.items.iter().filter_map(|item| match (&item.shape, item.role) {
        (Shape::Path { points, .. }, Role::Way { way, .. }) => Some((way, points)),
        _ => None,
    })
}

fn crossings(scene: &Scene) -> Vec<(&str, Point)> {
    let dots = scene.items.iter().filter(|item| item.role == Role::Crossing);
    dots.map(|item| match item.shape {
        Shape::Dot { at, .. } => (item.title.as_str(), at),
        _ => panic!("a crossing is a dot"),
    })
    .collect()
}

fn any_costs() -> impl Strategy<Value = Costs> {
    let cost = prop_oneof![6 => (0u64..2_000).prop_map(known), 2 => (0u64..3_000_000).prop_map(known), 1 => Just(Err(Missing::NotTold))];
    prop::collection::vec(cost, 16).prop_map(|cost| {
        let mut costs = costs();
        costs.connecting = Connecting { time: cost[0], bytes: cost[1] };
        costs.keep_alive = Exchange { round_trip: cost[2], to_server: cost[3], to_page: cost[4] };
        costs.close = Exchange { round_trip: cost[5], to_server: cost[6], to_page: cost[7] };
        costs.handshake = Handshake { time: cost[8], to_server: cost[9], to_page: cost[10], connecting: cost[11] };
        costs.message = Messages { round_trip: cost[12], to_server: cost[13], to_page: cost[14], ..costs.message };
        costs.events.time = cost[15];
        costs
    })
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let starter = prop::sample::select(&Starter::ALL[..]);
    (1u32..=360_000, 0u32..=1 << 20, starter, 1u32..=1_440, 100u32..=3_600_000).prop_map(
        |(per_hour, payload, starter, minutes, poll_interval)| Situation {
            per_hour,
            payload,
            starter,
            minutes,
            poll_interval,
        },
    )
}

proptest! {
    #[test]
    fn everything_lies_in_the_box_and_no_two_labels_overlap(
        costs in any_costs(), situation in any_situation(), width in prop_oneof![Just(320.0), Just(900.0), 280.0..1600.0],
        height in 180.0..500.0, time: bool, minutes: bool, whole: bool,
    ) {
        let even = BreakEven::of(&costs, situation, Policy::default());
        let measure = if time { Measure::Time } else { Measure::Bytes };
        let along = if minutes { Along::Minutes } else { Along::Messages };
        let near = near_crossings(&even, measure).filter(|_| !whole);
        let until = near.unwrap_or_else(|| even.situation.messages().as_f64());
        let scene = lines(&even, View { width, height, measure, along, until, advised: None });
        for Point { x, y } in corners(&scene) {
            prop_assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{} {} in {} {}", x, y, width, height);
        }
        let texts: Vec<_> = texts(&scene).collect();
        for (place, (_, one, extent)) in texts.iter().enumerate() {
            for (_, other, further) in &texts[place + 1..] {
                prop_assert!(apart(*extent, *further), "“{}” and “{}”: {:?} {:?}", one, other, extent, further);
            }
        }
    }

    #[test]
    fn lines_rise_to_the_right(costs in any_costs(), situation in any_situation(), time: bool) {
        let even = BreakEven::of(&costs, situation, Policy::default());
        let measure = if time { Measure::Time } else { Measure::Bytes };
        let scene = lines(&even, view(900.0, measure, even.situation.messages().as_f64()));
        let expected = even.outlooks.iter().filter(|outlook| outlook.line(measure).is_ok()).count();
        prop_assert_eq!(paths(&scene).count(), expected);
        for (way, points) in paths(&scene) {
            prop_assert!(points.is_sorted_by(|a, b| a.x <= b.x && a.y >= b.y), "{:?} {:?}", way, points);
        }
    }

    #[test]
    fn a_crossing_lies_on_both_lines(costs in any_costs(), situation in any_situation()) {
        let even = BreakEven::of(&costs, situation, Policy::default());
        let scene = lines(&even, view(900.0, Measure::Bytes, even.situation.messages().as_f64()));
        for (title, at) in crossings(&scene) {
            let through = paths(&scene).filter(|(_, points)| distance(points, at) < 1.5).count();
            prop_assert!(through >= 2, "{}: {} lines at {:?}", title, through, at);
        }
    }
}

/// From a point to the nearest of a path.
fn distance(points: &[Point], at: Point) -> f64 {
    let to_piece = |pair: &[Point]| {
        let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let share = ((at.x - pair[0].x) * dx + (at.y - pair[0].y) * dy) / (dx * dx + dy * dy).max(1e-12);
        let share = share.clamp(0.0, 1.0);
        (pair[0].x + share * dx - at.x).hypot(pair[0].y + share * dy - at.y)
    };
    points.windows(2).map(to_piece).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_handshake_has_paid_for_itself_where_the_lines_cross() {
    let even = even(&costs(), Starter::Client, 60, 10);
    let scene = lines(&even, view(900.0, Measure::Bytes, 10.0));
    let titles: Vec<&str> = crossings(&scene).into_iter().map(|(title, _)| title).collect();
    // 600 + 72 n against 494 n, and against 513 n: below from the second message on.
    assert_eq!(
        titles,
        [
            "From message 2 on, WebSocket has cost less than keep-alive.",
            "From message 2 on, WebSocket has cost less than close.",
        ]
    );
    assert!(texts(&scene).any(|(role, text, _)| role == Role::CrossingLabel && text == "2"));
}

#[test]
fn a_line_that_would_press_the_others_flat_leaves_at_the_upper_edge_and_says_its_total() {
    // A poll each 5 s for one news in an hour: 720 exchanges against one.
    let even = even(&costs(), Starter::Server, 1, 600);
    let scene = lines(&even, view(900.0, Measure::Bytes, 10.0));
    let end = |way| paths(&scene).find(|(other, _)| *other == way).and_then(|(_, points)| points.last().copied());
    let (polling, socket) = (end(Way::ShortPolling).expect("a line"), end(Way::WebSocket).expect("a line"));
    assert!(polling.x < socket.x && polling.y <= socket.y, "{polling:?} {socket:?}");
    assert!(texts(&scene).any(|(_, text, _)| text.starts_with("short polling") && text.ends_with("MiB")));
}

#[test]
fn only_where_the_session_is_long_is_there_something_to_go_nearer_to() {
    assert_eq!(near_crossings(&even(&costs(), Starter::Client, 600, 60), Measure::Bytes), Some(10.0));
    assert_eq!(near_crossings(&even(&costs(), Starter::Client, 6, 60), Measure::Bytes), None);
}

#[test]
fn without_costs_the_picture_says_so() {
    let mut costs = costs();
    costs.keep_alive.to_server = Err(Missing::Plain);
    costs.close.to_server = Err(Missing::Plain);
    costs.handshake.to_server = Err(Missing::Plain);
    let scene = lines(&even(&costs, Starter::Client, 60, 10), view(320.0, Measure::Bytes, 10.0));
    assert_eq!(texts(&scene).map(|(_, text, _)| text).collect::<Vec<_>>(), ["No way has known costs here."]);
    assert_eq!(paths(&scene).count(), 0);
}

#[test]
fn ticks_read_as_people_write_them() {
    assert_eq!([0.0, 250.0, 20_000.0, 1_250_000.0].map(short), ["0", "250", "20k", "1.25M"]);
    assert_eq!(amount(Measure::Time, 40_500.0), "40.5 ms");
    assert_eq!(amount(Measure::Time, 7.2e9), "2.0 h");
    assert_eq!(amount(Measure::Bytes, 2.0 * GIB), "2.0 GiB");
}

proptest! {
    #[test]
    fn what_is_read_out_lies_on_the_lines_and_has_their_numbers(
        x in -50.0f64..1_500.0, width in 280.0f64..1_400.0, per_hour in 1u32..36_000, bytes: bool,
    ) {
        let even = even(&costs(), Starter::Both, per_hour, 60);
        let session = even.situation.messages().as_f64();
        let measure = if bytes { Measure::Bytes } else { Measure::Time };
        let view = view(width, measure, session);
        let messages = messages_at(&even, view, x);
        prop_assert!((1.0..=session.max(1.0)).contains(&messages));
        let (scene, words) = read_out(&even, view, messages).expect("costs are known");
        for item in &scene.items {
            let (Shape::Dot { at, .. } | Shape::Line { from: at, .. }) = item.shape else { panic!("{item:?}") };
            prop_assert!((0.0..=width).contains(&at.x) && (0.0..=view.height).contains(&at.y), "{:?}", item);
        }
        // At the right edge it says what the table's total says.
        let (_, words_at_end) = read_out(&even, view, session).expect("costs are known");
        for outlook in &even.outlooks {
            let Ok(line) = outlook.line(measure) else { continue };
            let said = format!("{} {}", name(outlook.way, true), amount(measure, after(&line, messages)));
            prop_assert!(words.contains(&said), "{} has {}", words, said);
            let total = amount(measure, even.total(measure, outlook.way).expect("it has a line").as_f64());
            prop_assert!(session < 1.0 || words_at_end.contains(&format!("{} {total}", name(outlook.way, true))), "{}", words_at_end);
        }
    }
}
