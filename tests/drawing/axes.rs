//! Axes of time, folds, density, the legend, and plans that follow a run.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Mark, Plan, Subject, View};
use duplex::drawing::{Item, Pace, Role, Scene, Shape};
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Fate, MessageId, Protocol, Span, Trace};

use crate::{arrows, arrows_by_message, draw_as, recorded, simulated};

/// A plan and its picture, folded.
fn folded(trace: &Trace, open: &[MessageId]) -> (Plan, Scene) {
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
fn a_silence_behind_a_diagrams_end_is_not_in_its_legend() {
    let conditions = Conditions { one_way: Span(20_000), ..Conditions::default() };
    let trace = simulated::run_lab(Settings::of(Lab::Closing), conditions);
    let timeline = Timeline::of(&trace);
    let is_silent = |protocol| {
        let manner = Manner { pace: Pace::Compressed, ..Manner::plain(Subject::One(protocol)) };
        Plan::of(&trace, &timeline, manner).legend(&trace, &timeline).contains(&Mark::Silence)
    };
    assert_eq!(Protocol::BOTH.map(is_silent), [false, true]);
}

#[test]
fn the_legend_names_what_occurs_and_nothing_else() {
    let trace = recorded(Parameters::default(), Conditions::default());
    let timeline = Timeline::of(&trace);
    let marks = |protocol| Plan::of(&trace, &timeline, Manner::plain(Subject::One(protocol))).legend(&trace, &timeline);
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
