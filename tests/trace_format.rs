//! Trace files are read back exactly, and damaged ones are refused with what is wrong.

use duplex::format::{FileError, read, write};
use duplex::lab::exchange::Parameters;
use duplex::lab::{self, Lab, Settings};
use duplex::network::sim::{Conditions, Sim};
use duplex::trace::{
    Cause, Circumstances, ClockFit, ConnectionBytes, Endpoint, Failure, Inference, MessageId, Outcome, PartId,
    Protocol, Span, Speaks, Time, Trace,
};
use duplex::wire::RunId;
use proptest::prelude::*;

mod simulated;

fn recorded(parameters: Parameters, conditions: Conditions) -> Trace {
    let settings = Settings::from(parameters);
    let endpoint = |url: &str| Endpoint { url: url.into(), speaks: Speaks::Plain, instance: None, behind_proxy: false };
    let mut trace = Trace::new(Circumstances {
        run: RunId(u128::MAX / 3),
        lab: settings.lab().slug().into(),
        parameters: settings.pairs(),
        http: endpoint("http://127.0.0.1:9000/echo"),
        ws: endpoint("ws://127.0.0.1:9000/ws"),
        version: "test".into(),
        browser: "“quoted” \u{0}".into(),
        started: 1_763_683_200_123.25,
        origin: Time(17),
        resolution: Span(5),
        isolated: true,
        secure: false,
    });
    let sim = Sim::new(conditions, settings.patience());
    let outcome = match sim.run(lab::run(&&sim, &settings), None) {
        Some(Err(failure)) => Outcome::Failed(failure),
        _ => Outcome::Finished,
    };
    sim.recorder().clock(Protocol::Http, ClockFit { offset: Span(-5), uncertainty: Span(3), drift_ppm: 1.5 });
    sim.recorder().end(Time(0), outcome);
    for event in sim.recorder().take() {
        trace.apply(event);
    }
    trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_was_written_is_read_back_exactly(messages in 1u32..20, size in 0u32..300, close: bool, plain: bool, dies in proptest::option::of(1u32..20)) {
        let parameters = Parameters { messages, size, close, ..Parameters::default() };
        let trace = recorded(parameters, Conditions { plain, server_dies_at: dies, ..Conditions::default() });
        let text = write(&trace).expect("a trace can be written");
        prop_assert_eq!(read(&text), Ok(trace));
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        prop_assert!(read(&text).is_err());
    }

    #[test]
    fn a_file_cut_short_is_refused(share in 0.0f64..1.0) {
        let text = write(&recorded(Parameters::default(), Conditions::default())).expect("a trace can be written");
        let end = (text.len() as f64 * share) as usize;
        let cut = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= end).last().unwrap_or(0);
        prop_assert!(matches!(read(&text[..cut]), Err(FileError::NotJson(_))));
    }
}

fn changed(from: &str, to: &str) -> Result<Trace, FileError> {
    let text = write(&recorded(Parameters::default(), Conditions::default())).expect("a trace can be written");
    assert!(text.contains(from), "{from} is not in the file");
    read(&text.replacen(from, to, 1))
}

#[test]
fn each_labs_run_is_read_back_exactly_finished_and_stopped() {
    for lab in Lab::ALL {
        let finished = simulated::run_lab(Settings::of(lab), Conditions::default());
        assert_eq!(finished.outcome, Some(Outcome::Finished), "{lab:?}");
        let stopped = simulated::stop_lab(Settings::of(lab), Conditions::default(), Time(300_000));
        for trace in [finished, stopped] {
            let text = write(&trace).expect("a trace can be written");
            assert_eq!(read(&text), Ok(trace), "{lab:?}");
        }
    }
}

#[test]
fn a_newer_file_says_so() {
    let error = changed("\"version\":1", "\"version\":2").expect_err("version 2 is not known");
    assert_eq!(error, FileError::TooNew(2));
    assert!(error.to_string().contains("newer"), "{error}");
}

#[test]
fn another_format_is_refused_by_name() {
    assert_eq!(changed("duplex-trace", "har"), Err(FileError::NotATrace));
    assert_eq!(read("[1, 2]"), Err(FileError::NotATrace));
}

#[test]
fn a_damaged_field_is_named() {
    let error = changed("\"direction\":\"to-server\"", "\"direction\":\"up\"").expect_err("there is no such direction");
    assert!(error.to_string().contains("up") && error.to_string().contains("column"), "{error}");
}

#[test]
fn ids_that_lead_astray_are_refused() {
    let error = changed("\"answers\":0", "\"answers\":999").expect_err("there is no message 999");
    assert!(error.to_string().contains("answers"), "{error}");
}

#[test]
fn times_and_counts_that_no_run_has_are_refused() {
    for (from, to) in [
        ("\"received\":{\"page\":", "\"received\":{\"page\":9200000000000000000"),
        ("\"origin\":17", "\"origin\":-17"),
        ("\"resolution\":5", "\"resolution\":0"),
        ("\"payload\":32", "\"payload\":18446744073709551615"),
        ("[\"messages\",\"10\"]", "[\"messages\",\"4294967295\"]"),
        ("\"turn\":3", "\"turn\":4000000000"),
        ("\"offset\":-5", "\"offset\":9200000000000000000"),
    ] {
        assert!(matches!(changed(from, to), Err(FileError::Damaged(_))), "{to}");
    }
}

#[test]
fn what_points_at_what_is_not_there_is_refused_in_newer_fields_too() {
    let finished = simulated::run_lab(Settings::of(Lab::Crowd), Conditions::default());
    let damaged = |damage: &dyn Fn(&mut Trace)| {
        let mut trace = finished.clone();
        damage(&mut trace);
        read(&write(&trace).expect("a trace can be written")).map_err(|error| error.to_string())
    };
    type Damage<'a> = (&'a str, &'a dyn Fn(&mut Trace));
    let refused: [Damage<'_>; 8] = [
        ("client", &|trace| trace.messages[1].client = u32::MAX),
        ("client", &|trace| trace.connections[0].client = u32::MAX),
        ("connection", &|trace| trace.connections[0].bytes = Some(ConnectionBytes { to_server: u64::MAX, to_page: 0 })),
        ("place on its connection", &|trace| trace.messages[0].ordinal = Some(u64::MAX)),
        ("part", &|trace| trace.messages[0].part = Some(PartId(99))),
        ("out of order", &|trace| trace.parts.swap(0, 1)),
        ("repeats", &|trace| trace.messages[0].retries = Some(MessageId(0))),
        // The last is no request.
        ("repeats", &|trace| trace.messages.last_mut().expect("one").retries = Some(MessageId(0))),
    ];
    for (word, damage) in refused {
        let error = damaged(damage).expect_err(word);
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(damaged(&|_| {}), Ok(finished.clone()));
}

#[test]
fn a_failure_travels_with_its_cause_and_inference() {
    let trace = recorded(Parameters::default(), Conditions { server_dies_at: Some(2), ..Conditions::default() });
    let read_back = read(&write(&trace).expect("a trace can be written")).expect("it is read back");
    let expected = Failure {
        protocol: Protocol::Http,
        turn: Some(2),
        cause: Cause::Vanished,
        inferred_from: Inference::ProbeFailed,
    };
    assert_eq!(read_back.outcome, Some(Outcome::Failed(expected)));
}
