//! What must hold of every chart, over runs of many shapes: all within its frame, no words over others, what it says is
//! what the analysis says, and the two protocols are treated alike.

use std::sync::Arc;

use duplex::analysis::{Bytes, Statistics, Timeline};
use duplex::drawing::charts::bytes::{self, CumulativeBytes};
use duplex::drawing::charts::distribution::{self, Distribution};
use duplex::drawing::charts::round_trips::{self, RoundTrips};
use duplex::drawing::charts::waterfall::{self, Rows, Waterfall};
use duplex::drawing::charts::{Chart, Event, Layer, Piece, Recorded, Sign, occurring, picked, reading};
use duplex::drawing::{Anchor, Item, Point, Role, Scene, Shape};
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{
    Asked, Direction, Happening, Kind, Mark, Message, MessageId, Phases, Protocol, Recorder, Reply, Span, Time, Trace,
    Turn,
};
use proptest::prelude::*;

mod simulated;

const WIDTHS: [f64; 4] = [240.0, 358.0, 690.0, 1400.0];

fn points(item: &Item) -> Vec<Point> {
    match &item.shape {
        Shape::Line { from, to } | Shape::Arrow { from, to } | Shape::Lost { from, to } => vec![*from, *to],
        Shape::Rect { at, width, height } => {
            assert!(*width > 0.0 && *height >= 0.0, "{item:?}");
            vec![*at, Point { x: at.x + width, y: at.y + height }]
        }
        Shape::Text { at, .. } | Shape::Dot { at, .. } => vec![*at],
        Shape::Path { points, .. } => points.clone(),
    }
}

/// The upper left and the lower right corner of a text, taken as narrow as digits are.
fn extent(item: &Item) -> Option<(Point, Point)> {
    let Shape::Text { at, text, anchor } = &item.shape else { return None };
    let width = text.chars().count() as f64 * 5.5;
    let left = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - width / 2.0,
        Anchor::End => at.x - width,
    };
    Some((Point { x: left, y: at.y - 8.0 }, Point { x: left + width, y: at.y + 2.0 }))
}

/// Nothing lies outside of the picture, and no words over others.
fn fits(scene: &Scene) {
    for item in &scene.items {
        for point in points(item) {
            assert!(
                point.x.is_finite() && (-0.5..=scene.width + 0.5).contains(&point.x),
                "{item:?} of {}",
                scene.width
            );
            assert!(
                point.y.is_finite() && (-0.5..=scene.height + 0.5).contains(&point.y),
                "{item:?} of {}",
                scene.height
            );
        }
    }
    let texts: Vec<(&Item, (Point, Point))> =
        scene.items.iter().filter_map(|item| Some((item, extent(item)?))).collect();
    for (place, (item, (from, to))) in texts.iter().enumerate() {
        assert!(from.x >= -1.0 && to.x <= scene.width + 1.0, "{item:?} leaves a picture of {}", scene.width);
        for (other, (other_from, other_to)) in &texts[place + 1..] {
            let apart = to.x <= other_from.x || other_to.x <= from.x || to.y <= other_from.y || other_to.y <= from.y;
            assert!(apart, "{item:?} over {other:?}");
        }
    }
}

/// Everything that can be read out lies within the plot, is found again, and has the numbers that the table has.
fn reads_out(chart: &dyn Chart, of: Recorded<'_>) {
    for place in 0..chart.count() {
        let datum = chart.datum(of, place).expect("each place has a datum");
        for at in &datum.at {
            let (from, to) = chart.plot(*at);
            assert!(
                at.x >= from.x - 0.5 && at.x <= to.x + 0.5 && at.y >= from.y - 0.5 && at.y <= to.y + 0.5,
                "{datum:?}"
            );
        }
        fits(&reading(chart, of, place));
        if let Some(message) = datum.message {
            assert!(chart.find(of, message).is_some(), "{datum:?} can be found");
            fits(&picked(chart, of, message));
        }
    }
    assert!(chart.datum(of, chart.count()).is_none());
    for place in 0..chart.rows() {
        assert_eq!(chart.row(of, place).len(), chart.columns().len());
    }
    for x in [-5.0, 0.0, 100.0, 5_000.0] {
        let nearest = chart.nearest(of, Point { x, y: 60.0 });
        assert_eq!(nearest.is_some(), chart.count() > 0);
        assert!(nearest.is_none_or(|place| place < chart.count()));
    }
}

/// All charts of a record, however they can be looked at.
fn all_charts(of: Recorded<'_>, width: f64, wall: bool, turns: Option<u32>, visit: &mut dyn FnMut(&dyn Chart)) {
    let along = turns.map_or(round_trips::Along::Time { wall }, round_trips::Along::Turns);
    for switch in [false, true] {
        visit(&RoundTrips::of(of, round_trips::View { width, height: 280.0, along, logarithmic: switch }));
        visit(&Distribution::of(of, distribution::View { width, height: 400.0, logarithmic: switch }));
        for along in [bytes::Along::Messages, bytes::Along::Time { wall }] {
            visit(&CumulativeBytes::of(of, bytes::View { width, height: 460.0, along, split: switch }));
        }
    }
    let rows = Arc::new(Rows::of(of, wall));
    for first in [0, rows.len() / 2, rows.len()] {
        visit(&Waterfall::of(of, &rows, waterfall::View { width, height: 350.0, first }));
    }
}

/// A lab with its defaults.
fn settings(lab: Lab) -> Settings {
    Settings::of(lab)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn nothing_leaves_the_frame_no_words_lie_over_others_and_all_can_be_read_out(
        messages in 1u32..30, one_way in 1i64..50_000, thinking in 0i64..5_000, close: bool, plain: bool,
        dies in proptest::option::of(1u32..30), width in prop::sample::select(WIDTHS.to_vec()), wall: bool, account: bool,
    ) {
        let conditions = Conditions {
            one_way: Span(one_way), thinking: Span(thinking), plain, server_dies_at: dies, ..Conditions::default()
        };
        let parameters = Parameters { messages, close, ..Parameters::default() };
        let trace = if account { simulated::run_lab(parameters, conditions) } else { simulated::record(parameters, conditions, None) };
        let timeline = Timeline::of(&trace);
        let of = Recorded { trace: &trace, timeline: &timeline };
        all_charts(of, width, wall, Some(messages), &mut |chart| {
            fits(chart.scene());
            reads_out(chart, of);
        });
    }

    #[test]
    fn every_labs_charts_fit_whenever_it_is_stopped(
        lab in prop::sample::select(Lab::ALL.to_vec()), one_way in 1i64..80_000, stopped_at in 1i64..20_000_000,
        width in prop::sample::select(WIDTHS.to_vec()), wall: bool,
    ) {
        let conditions = Conditions { one_way: Span(one_way), ..Conditions::default() };
        let trace = simulated::stop_lab(settings(lab), conditions, Time(stopped_at));
        let timeline = Timeline::of(&trace);
        let of = Recorded { trace: &trace, timeline: &timeline };
        all_charts(of, width, wall, None, &mut |chart| {
            fits(chart.scene());
            reads_out(chart, of);
        });
    }

    #[test]
    fn the_distribution_and_the_bytes_say_what_the_analysis_says(
        took in prop::collection::vec((1i64..3_000_000, 1i64..3_000_000), 1..80), hidden_from in 0i64..1_000_000,
        logarithmic: bool,
    ) {
        let trace = told(&took, Some((hidden_from, hidden_from + 400_000)));
        let timeline = Timeline::of(&trace);
        let of = Recorded { trace: &trace, timeline: &timeline };
        let chart = Distribution::of(of, distribution::View { width: 690.0, height: 400.0, logarithmic });
        let carried = CumulativeBytes::of(of, bytes::View {
            width: 690.0, height: 300.0, along: bytes::Along::Messages, split: false,
        });
        for (which, protocol) in Protocol::BOTH.into_iter().enumerate() {
            let counted: Vec<Span> = timeline.samples(protocol).iter().filter(|it| it.counts()).map(|it| it.took).collect();
            prop_assert_eq!(chart.figures()[which], Statistics::of(&counted));
            // Each sample that counts stands in one row, and the last one has all of them before it.
            let cell = |row: usize, column: usize| chart.row(of, row)[column].clone();
            let counts: usize = (0..chart.rows()).map(|row| cell(row, 1 + 2 * which).parse::<usize>().expect("a count")).sum();
            prop_assert_eq!(counts, counted.len());
            if !counted.is_empty() {
                prop_assert_eq!(cell(chart.rows() - 1, 2 + 2 * which), "100 %");
            }
            let summed = Bytes::of(&trace, protocol);
            let totals = carried.totals(protocol);
            let all = [summed.to_server, summed.to_page, summed.opening];
            let sum = |of: fn(&duplex::analysis::OneWay) -> u64| all.iter().map(of).sum::<u64>();
            let layer = |layer: usize| totals[0].layers[layer] + totals[1].layers[layer];
            prop_assert_eq!([layer(0), layer(1), layer(2)], [sum(|it| it.payload), sum(|it| it.overhead), sum(|it| it.instrument)]);
            prop_assert_eq!(totals[0].unknown + totals[1].unknown, sum(|it| it.unknown));
        }
    }

    #[test]
    fn swapping_the_protocols_mirrors_the_histogram(
        took in prop::collection::vec((1i64..90_000, 1i64..90_000), 1..60), logarithmic: bool,
    ) {
        let swapped: Vec<(i64, i64)> = took.iter().map(|(http, ws)| (*ws, *http)).collect();
        let bars = |took: &[(i64, i64)], protocol: Protocol| {
            let trace = told(took, None);
            let timeline = Timeline::of(&trace);
            let of = Recorded { trace: &trace, timeline: &timeline };
            let chart = Distribution::of(of, distribution::View { width: 690.0, height: 400.0, logarithmic });
            let its = chart.scene().items.iter().filter(|item| item.role == Role::Bar(protocol));
            let bars = its.filter_map(|item| match item.shape {
                Shape::Rect { at, width, height } => Some([at.x, width, height].map(|px| (px * 10.0).round() as i64)),
                _ => None,
            });
            bars.collect::<Vec<_>>()
        };
        prop_assert_eq!(bars(&took, Protocol::Http), bars(&swapped, Protocol::WebSocket));
        prop_assert_eq!(bars(&took, Protocol::WebSocket), bars(&swapped, Protocol::Http));
    }
}

/// A record in which each turn took so long over HTTP and over the WebSocket; it may be hidden meanwhile.
fn told(took: &[(i64, i64)], hidden: Option<(i64, i64)>) -> Trace {
    let mut recorder = Recorder::default();
    let mut now = 1_000;
    let (socket, handshake) = recorder.opening(Turn::of(0), Time(now), 1, "ws://h/ws", 0);
    recorder.opened(socket, handshake, Turn::of(0), Time(now + 500), String::new(), String::new());
    now += 1_000;
    for (number, (http, ws)) in (1..).zip(took) {
        let turn = Turn::of(number);
        let request = recorder.request(&Asked {
            turn,
            at: Time(now),
            number,
            method: "POST",
            path: "/echo",
            payload: b"twelve bytes",
            ..Asked::default()
        });
        now += http;
        recorder.response(request, turn, 200, &Reply { at: Time(now), payload: b"twelve bytes", ..Reply::default() });
        let message = recorder.sent(socket, turn, Kind::Binary, Time(now), b"twelve bytes", 0);
        now += ws;
        recorder.answered(
            socket,
            turn,
            Kind::Binary,
            message,
            &Reply { at: Time(now), payload: b"twelve bytes", ..Reply::default() },
            0,
        );
    }
    if let Some((from, until)) = hidden {
        recorder.mark(Time(from), Time(until), Happening::Hidden);
    }
    let mut trace = simulated::record(Parameters { messages: 1, ..Parameters::default() }, Conditions::default(), None);
    trace = Trace::new(trace.circumstances);
    recorder.take().into_iter().for_each(|event| trace.apply(event));
    trace
}

/// Phases that begin at this time, each a millisecond longer than the one before.
fn phases(start: i64) -> Phases {
    let at = |millis: i64| Time(start + millis * 1_000);
    Phases {
        start: at(0),
        domain_lookup_start: at(1),
        domain_lookup_end: at(3),
        connect_start: at(3),
        secure_connection_start: Some(at(6)),
        connect_end: at(10),
        request_start: at(10),
        response_start: at(15),
        response_end: at(21),
        protocol: "http/1.1".into(),
    }
}

#[test]
fn a_rows_phases_are_those_that_resource_timing_tells_and_unknown_ones_are_drawn_as_such() {
    let mut trace = told(&[(22_000, 5_000), (9_000, 5_000)], None);
    let first = trace.messages.iter().position(|message| message.kind == Kind::Request).expect("a request");
    let sent = trace.messages[first].sent.page().expect("it was sent");
    trace.messages[first].phases = Some(Box::new(phases(sent.0)));
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    let rows = Arc::new(Rows::of(of, false));
    let chart = Waterfall::of(of, &rows, waterfall::View { width: 1400.0, height: 350.0, first: 0 });
    let its = |message: &Message| {
        let id = message.id;
        let items = chart.scene().items.iter().filter(move |item| item.message == Some(id));
        let pieces = items.filter_map(|item| match (item.role, &item.shape) {
            (Role::Piece { piece, .. }, Shape::Rect { at, width, .. }) => Some((piece, at.x, *width)),
            (Role::Piece { piece, .. }, Shape::Line { from, to }) => Some((piece, from.x, to.x - from.x)),
            _ => None,
        });
        pieces.collect::<Vec<_>>()
    };
    let told = its(&trace.messages[first]);
    let kinds: Vec<Piece> = told.iter().map(|(piece, ..)| *piece).collect();
    let expected = [
        Piece::Stalled,
        Piece::NameLookup,
        Piece::Connect,
        Piece::Tls,
        Piece::Waiting,
        Piece::Download,
        Piece::Delivery,
    ];
    assert_eq!(kinds, expected);
    for (place, pair) in told.windows(2).enumerate() {
        assert!((pair[0].1 + pair[0].2 - pair[1].1).abs() < 0.01, "stretches follow one another: {pair:?}");
        let millis = told[0].2;
        assert!(place == 5 || (pair[1].2 - millis * (place + 2) as f64).abs() < 0.1, "in proportion: {told:?}");
    }
    let second = trace.messages.iter().filter(|message| message.kind == Kind::Request).nth(1).expect("another");
    assert_eq!(its(second).into_iter().map(|(piece, ..)| piece).collect::<Vec<_>>(), [Piece::Undivided]);
    let place = chart.find(of, trace.messages[first].id).expect("its row");
    let row = chart.row(of, place);
    assert_eq!(row[3..], ["22.0 ms", "1.00 ms", "2.00 ms", "3.00 ms", "4.00 ms", "5.00 ms", "6.00 ms", "1.00 ms", ""]);
    let text = chart.datum(of, place).expect("it is read out").text;
    for cell in row[3..].iter().filter(|cell| !cell.is_empty()) {
        assert!(text.contains(cell.as_str()), "{text} has {cell}");
    }
}

#[test]
fn each_exchange_opening_and_closing_has_one_row() {
    let trace = simulated::run_lab(Parameters { messages: 20, ..Parameters::default() }, Conditions::default());
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    // With the warm-up 21 exchanges each, an opening and a closing.
    assert_eq!(Rows::of(of, false).len(), 2 * 21 + 2);
}

#[test]
fn unknown_overhead_is_said_and_not_taken_for_nothing() {
    let trace = told(&[(5_000, 5_000)], None);
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    let view = bytes::View { width: 690.0, height: 300.0, along: bytes::Along::Messages, split: false };
    let chart = CumulativeBytes::of(of, view);
    let overhead = Role::Layer { protocol: Protocol::Http, layer: Layer::Overhead };
    assert!(chart.scene().items.iter().all(|item| item.role != overhead));
    assert!(chart.scene().items.iter().any(|item| item.role == Role::AtLeast(Protocol::Http)));
    let says =
        |item: &Item| matches!(&item.shape, Shape::Text { text, .. } if text == "overhead of 2 of 2 messages unknown");
    assert!(chart.scene().items.iter().any(says));
    assert_eq!(chart.row(of, 1)[2], "unknown");
    assert!(chart.datum(of, 1).is_some_and(|datum| datum.text.contains("overhead unknown")));
}

#[test]
fn events_are_marked_at_the_turn_in_which_they_were() {
    let mut trace =
        simulated::run_lab(Parameters { messages: 12, close: true, ..Parameters::default() }, Conditions::default());
    let timeline = Timeline::of(&trace);
    let fifth = timeline.samples(Protocol::Http)[5];
    trace.marks.push(Mark { from: fifth.began, until: fifth.began + Span(1), what: Happening::Hidden });
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    let along = round_trips::Along::Turns(12);
    let chart = RoundTrips::of(of, round_trips::View { width: 690.0, height: 280.0, along, logarithmic: false });
    let events = occurring(chart.scene()).into_iter().filter(|sign| matches!(sign.sign, Sign::Event(_)));
    let events: Vec<(Sign, [bool; 2])> = events.map(|sign| (sign.sign, sign.of)).collect();
    assert_eq!(events, [(Sign::Event(Event::Opened), [true, true]), (Sign::Event(Event::Hidden), [false, false])]);
    let marks = |protocol: Protocol, what: Event| {
        let role = Role::Event { protocol, what };
        chart
            .scene()
            .items
            .iter()
            .filter(move |item| item.role == role)
            .map(|item| points(item)[0].x)
            .collect::<Vec<_>>()
    };
    // A connection for each request, but one for the WebSocket.
    assert_eq!((marks(Protocol::Http, Event::Opened).len(), marks(Protocol::WebSocket, Event::Opened).len()), (13, 1));
    let sign = |item: &&Item| item.message == Some(fifth.request);
    let at = points(chart.scene().items.iter().find(sign).expect("its sign"))[0];
    assert_eq!(marks(Protocol::Http, Event::Hidden), [at.x]);
}

#[test]
fn what_is_picked_is_marked_where_its_datum_lies_request_and_reply_alike() {
    let trace = simulated::run_lab(Parameters { messages: 9, ..Parameters::default() }, Conditions::default());
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    let sample = timeline.samples(Protocol::WebSocket)[4];
    all_charts(of, 690.0, false, Some(9), &mut |chart| {
        let marked = |message: MessageId| picked(chart, of, message).items.len();
        assert!(marked(sample.request) > 0 || chart.columns()[0] == "Protocol", "{:?}", chart.columns());
        assert!(chart.find(of, sample.request).is_some() && chart.find(of, sample.reply).is_some());
    });
}

#[test]
fn a_large_run_costs_columns_and_rows_in_view_not_messages() {
    let took: Vec<(i64, i64)> = (0..20_000).map(|turn| (900 + turn % 700, 300 + turn % 90)).collect();
    let trace = told(&took, None);
    let timeline = Timeline::of(&trace);
    let of = Recorded { trace: &trace, timeline: &timeline };
    assert_eq!(trace.messages.iter().filter(|message| message.direction == Direction::ToServer).count(), 40_001);
    all_charts(of, 690.0, false, Some(20_000), &mut |chart| {
        let count: usize = chart.scene().items.iter().map(|item| points(item).len()).sum();
        assert!(count < 9_000, "{count} points in {:?}", chart.columns());
        fits(chart.scene());
    });
}
