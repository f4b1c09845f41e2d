//! Published comparisons beside runs of the labs on the simulated network, whose times are known beforehand: one way
//! takes 1 ms, the server thinks for 50 µs.

use duplex::analysis::Timeline;
use duplex::analysis::break_even::Missing;
use duplex::analysis::published::{Absent, Amount, Holds, Part, Preset, Repetition, What, Why};
use duplex::lab::link::{Link, Page};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Kind, Span, Trace};

mod simulated;

fn settings(repetition: &Repetition) -> Settings {
    let mut settings = Settings::of(Lab::named(repetition.lab).expect("there is such a lab"));
    for (name, value) in repetition.settings {
        assert_eq!(settings.set(name, value), Ok(true), "{name}={value}");
    }
    settings
}

fn record(repetition: &Repetition, plain: bool) -> Trace {
    simulated::record(settings(repetition), Conditions { plain, ..Conditions::default() }, None)
}

/// As a server's account would have it; and, beside it, 1,000 bytes of our instrument in each.
fn with_bytes(mut trace: Trace) -> Trace {
    for message in &mut trace.messages {
        match (message.kind, message.direction) {
            (Kind::Request, _) => message.overhead = Some(571),
            (Kind::Response { .. }, _) => message.overhead = Some(300),
            (Kind::Handshake, Direction::ToServer) => message.overhead = Some(450),
            (Kind::SwitchingProtocols, _) => message.overhead = Some(150),
            _ => {}
        }
        message.instrument = Some(1_000);
    }
    trace
}

fn all() -> impl Iterator<Item = (Preset, &'static Repetition)> {
    Preset::ALL.into_iter().flat_map(|preset| preset.repetitions().iter().map(move |it| (preset, it)))
}

#[test]
fn each_repetition_can_be_reached_by_a_link_and_is_known_again_from_its_record() {
    assert_eq!(all().count(), 4);
    for (preset, repetition) in all() {
        let lab = [("lab", repetition.lab)];
        let pairs: Vec<(String, String)> =
            lab.iter().chain(repetition.settings).map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (link, notices) = Link::read(&pairs);
        assert_eq!(
            (link.page, link.settings, notices),
            (Page::Lab(settings(repetition).lab()), settings(repetition), vec![])
        );
        let trace = record(repetition, false);
        assert_eq!(preset.repeated_by(&trace), Some(repetition));
        let others = Preset::ALL.into_iter().filter(|other| other.repeated_by(&trace).is_some());
        assert_eq!(others.collect::<Vec<_>>(), [preset]);
    }
}

#[test]
fn a_run_of_the_lab_gives_the_published_heads_where_they_are_the_same() {
    let trace = with_bytes(record(&Preset::QuantumLeap.repetitions()[0], false));
    let comparison = Preset::QuantumLeap.compare(&trace, &Timeline::of(&trace)).expect("it repeats it");
    assert_eq!(comparison.part, Part::Whole);
    let row = |what| comparison.rows.iter().find(|row| row.what == what).copied().expect("the row is there");
    // The instrument's thousand bytes are in neither.
    assert_eq!(row(What::HeadsOfAnExchange).ours, Ok(Amount::Bytes(871)));
    assert_eq!(row(What::HeadsOfAnExchange).published, Some(Amount::Bytes(871)));
    assert_eq!(
        (row(What::HeadToPage).ours, row(What::HeadToServer).ours),
        (Ok(Amount::Bytes(2)), Ok(Amount::Bytes(6)))
    );
    assert_eq!(row(What::HeadsToHead).ours, Ok(Amount::ToOne(435.5)));
    let masked = comparison.remarks.iter().find(|remark| matches!(remark.why, Why::Masked { .. }));
    assert_eq!(masked.map(|remark| remark.holds), Some(Holds::No));
}

#[test]
fn singles_one_after_another_are_compared_and_the_rest_is_left_to_the_other_run() {
    let trace = with_bytes(record(&Preset::FiftyRequests.repetitions()[0], false));
    let comparison = Preset::FiftyRequests.compare(&trace, &Timeline::of(&trace)).expect("it repeats it");
    assert_eq!(comparison.part, Part::OneByOne);
    let ours = |what| comparison.rows.iter().find(|row| row.what == what).expect("the row is there").ours;
    assert_eq!(ours(What::OneOverHttp), Ok(Amount::Time(Span(2_050))));
    assert_eq!(ours(What::InTurnOverHttp), Ok(Amount::Time(Span(50 * 2_050))));
    assert_eq!(ours(What::AtOnceOverHttp), Err(Absent::InAnotherRun(Part::AtOnce)));
    assert_eq!(ours(What::BytesOverHttp), Ok(Amount::Bytes(871 + 32)));
    assert_eq!(ours(What::BytesOverWebSocket), Ok(Amount::Bytes(6 + 2 + 32)));
    // On this network both take as long.
    let singles = comparison.remarks.iter().find(|remark| matches!(remark.why, Why::Singles { .. }));
    assert_eq!(singles.map(|remark| remark.holds), Some(Holds::InPart));
}

#[test]
fn against_an_endpoint_that_tells_nothing_bytes_are_unknown_and_times_are_not() {
    let trace = record(&Preset::FiftyRequests.repetitions()[0], true);
    let comparison = Preset::FiftyRequests.compare(&trace, &Timeline::of(&trace)).expect("it repeats it");
    let ours = |what| comparison.rows.iter().find(|row| row.what == what).expect("the row is there").ours;
    assert_eq!(ours(What::OneOverWebSocket), Ok(Amount::Time(Span(2_050))));
    assert_eq!(ours(What::BytesOverHttp), Err(Absent::Missing(Missing::Plain)));
}

#[test]
fn fifty_at_once_over_six_connections_take_nine_rounds_and_not_five_seconds() {
    let repetition = &Preset::FiftyRequests.repetitions()[1];
    // A round trip of 100 ms, as about in the source.
    let far = Conditions { one_way: Span::from_millis(50), ..Conditions::default() };
    let trace = simulated::run_lab(settings(repetition), far);
    let comparison = Preset::FiftyRequests.compare(&trace, &Timeline::of(&trace)).expect("it repeats it");
    assert_eq!(comparison.part, Part::AtOnce);
    let ours = |what| comparison.rows.iter().find(|row| row.what == what).expect("the row is there").ours;
    assert_eq!(ours(What::Connections), Ok(Amount::Count(6)));
    let Ok(Amount::Time(took)) = ours(What::AtOnceOverHttp) else { panic!("a time") };
    assert!((Span(900_000)..Span(1_200_000)).contains(&took), "{took}");
    let Ok(Amount::Time(over_sockets)) = ours(What::AtOnceOverWebSocket) else { panic!("a time") };
    assert!(over_sockets < Span(110_000), "{over_sockets}");
    let queueing = comparison.remarks.iter().find(|remark| matches!(remark.why, Why::Queueing { .. }));
    assert_eq!(queueing.map(|remark| remark.holds), Some(Holds::Yes), "{queueing:?}");
}

#[test]
fn over_http_2_fifty_at_once_share_a_connection_and_need_no_rounds() {
    let repetition = &Preset::FiftyRequests.repetitions()[1];
    let trace = simulated::run_lab(settings(repetition), Conditions { h2: true, ..Conditions::default() });
    let comparison = Preset::FiftyRequests.compare(&trace, &Timeline::of(&trace)).expect("it repeats it");
    let shared = Why::Connections { used: 1, published: 6, shared: true };
    let found = comparison.remarks.iter().find(|remark| remark.why == shared);
    assert_eq!(found.map(|remark| remark.holds), Some(Holds::InPart), "{:?}", comparison.remarks);
    assert!(!comparison.remarks.iter().any(|remark| matches!(remark.why, Why::Queueing { .. })));
}
