//! Each remark both ways, on costs and records made by hand.

use super::*;
use crate::analysis::break_even::{
    Connecting, Cost, Events, Exchange, Figure, Handshake, Messages, Source as FigureSource,
};
use crate::trace::{Asked, Circumstances, Kind, Moment, Protocol, Recorder, Reply, Speaks, Time, Turn, testing};
use crate::wire::Evidence;

fn known(value: u64) -> Cost {
    Figure::new(value, FigureSource::Server)
}

/// Requests with heads of so many bytes, and responses; frames as the standard has them.
fn costs(request: u64, response: u64) -> Costs {
    let exchange = Exchange { round_trip: known(1_000), to_server: known(request), to_page: known(response) };
    Costs {
        connecting: Connecting { time: known(500), bytes: known(0) },
        keep_alive: exchange,
        close: exchange,
        handshake: Handshake { time: known(1_500), to_server: known(450), to_page: known(150), connecting: known(0) },
        message: Messages {
            round_trip: known(900),
            to_server: known(6),
            to_page: known(2),
            at_payload: 20,
            ping: known(8),
        },
        events: Events {
            time: known(1_000),
            to_server: known(request),
            to_page: known(response),
            framing: known(8),
            comment: known(8),
        },
        emulated: false,
    }
}

fn holds(remarks: &[Remark], pick: impl Fn(&Why) -> bool) -> Option<Holds> {
    remarks.iter().find(|remark| pick(&remark.why)).map(|remark| remark.holds)
}

fn ours(rows: &[Row], what: What) -> Result<Amount, Absent> {
    rows.iter().find(|row| row.what == what).expect("the row is there").ours
}

fn published(rows: &[Row], what: What) -> Option<Amount> {
    rows.iter().find(|row| row.what == what).expect("the row is there").published
}

#[test]
fn the_arithmetic_of_2010_is_done_again_with_our_bytes() {
    let (rows, remarks) = quantum_leap::compare(&costs(600, 300));
    assert_eq!(ours(&rows, What::HeadsOfAnExchange), Ok(Amount::Bytes(900)));
    assert_eq!(ours(&rows, What::HeadsToHead), Ok(Amount::ToOne(450.0)));
    let polling = What::Polling { clients: 1_000 };
    assert_eq!(published(&rows, polling), Some(Amount::BitsPerSecond(6_968_000.0)));
    assert_eq!(ours(&rows, polling), Ok(Amount::BitsPerSecond(7_200_000.0)));
    assert_eq!(ours(&rows, What::Pushing { clients: 100_000 }), Ok(Amount::BitsPerSecond(1_600_000.0)));
    assert_eq!(ours(&rows, What::Handshake), Ok(Amount::Bytes(600)));
    assert_eq!(holds(&remarks, |why| matches!(why, Why::HowMuchMore { .. })), Some(Holds::Yes));
    assert_eq!(holds(&remarks, |why| matches!(why, Why::HeadsAsPublished { .. })), Some(Holds::Yes));
    assert_eq!(holds(&remarks, |why| *why == Why::Masked { to_server: 6, published: 2 }), Some(Holds::No));
    // 600 + 2 n against 900 n.
    let left_out = Why::HandshakeLeftOut { bytes: 600, paid_after: 1 };
    assert_eq!(holds(&remarks, |why| *why == left_out), Some(Holds::InPart));
    // `data: ` and two line feeds, and `1c` with two line ends around 28 bytes.
    let events = Why::EventStream { each: 14, web_socket: 2 };
    assert_eq!(holds(&remarks, |why| *why == events), Some(Holds::InPart));
}

#[test]
fn with_small_heads_the_arithmetic_of_2010_holds_in_part_or_not() {
    let ratio = |request, response| {
        let (_, remarks) = quantum_leap::compare(&costs(request, response));
        let heads = holds(&remarks, |why| matches!(why, Why::HeadsAsPublished { .. }));
        (holds(&remarks, |why| matches!(why, Why::HowMuchMore { .. })), heads)
    };
    assert_eq!(ratio(60, 40), (Some(Holds::InPart), Some(Holds::InPart)));
    assert_eq!(ratio(9, 9), (Some(Holds::No), Some(Holds::InPart)));
}

#[test]
fn its_own_figures_do_not_give_the_ratio_that_it_names() {
    let (_, remarks) = quantum_leap::compare(&costs(600, 300));
    let ratio = Why::ItsRatio { gives: 435.5, says: 500.0 };
    assert_eq!(holds(&remarks, |why| *why == ratio), Some(Holds::No));
}

#[test]
fn where_heads_are_unknown_their_rows_say_why_and_nothing_is_said_of_them() {
    let mut costs = costs(600, 300);
    costs.keep_alive.to_page = Err(Missing::Plain);
    let (rows, remarks) = quantum_leap::compare(&costs);
    assert_eq!(ours(&rows, What::HeadsOfAnExchange), Err(Absent::Missing(Missing::Plain)));
    assert_eq!(ours(&rows, What::HeadToServer), Ok(Amount::Bytes(6)));
    assert_eq!(holds(&remarks, |why| matches!(why, Why::HeadsAsPublished { .. } | Why::HowMuchMore { .. })), None);
    let (rows, _) = seven_bytes::compare(&costs);
    assert_eq!(ours(&rows, What::WholeRequest), Ok(Amount::Bytes(605)));
    assert_eq!(ours(&rows, What::SavingBothWays { payload: 5 }), Err(Absent::Missing(Missing::Plain)));
}

#[test]
fn a_frame_to_the_server_has_eleven_bytes_not_seven() {
    let (rows, remarks) = seven_bytes::compare(&costs(595, 300));
    assert_eq!(ours(&rows, What::WholeRequest), Ok(Amount::Bytes(600)));
    assert_eq!(ours(&rows, What::WholeFrameToPage), Ok(Amount::Bytes(7)));
    assert_eq!(ours(&rows, What::WholeFrameToServer), Ok(Amount::Bytes(11)));
    assert_eq!(holds(&remarks, |why| *why == Why::Masked { to_server: 11, published: 7 }), Some(Holds::No));
    // 1 - 11 / 600.
    let Ok(Amount::Percent(saved)) = ours(&rows, What::SavingOneWay) else { panic!("a percentage") };
    assert!((saved - 98.1667).abs() < 1e-3, "{saved}");
    assert_eq!(holds(&remarks, |why| matches!(why, Why::Saving { .. })), Some(Holds::Yes));
}

#[test]
fn what_is_saved_depends_on_the_heads_and_on_the_payload() {
    let saving = |request| {
        let (_, remarks) = seven_bytes::compare(&costs(request, 100));
        holds(&remarks, |why| matches!(why, Why::Saving { .. }))
    };
    assert_eq!([195, 45].map(saving), [Some(Holds::InPart), Some(Holds::No)]);
    let (rows, remarks) = seven_bytes::compare(&costs(595, 300));
    // 1 - (8 + 4 + 2048) / (895 + 2048), and 1 - (14 + 10 + 131072) / (895 + 131072).
    for (payload, expected) in [(1 << 10, 30.003), (1 << 16, 0.660)] {
        let Ok(Amount::Percent(saved)) = ours(&rows, What::SavingBothWays { payload }) else { panic!("a percentage") };
        assert!((saved - expected).abs() < 1e-2, "{saved}");
        let why = Why::PayloadDilutes { payload, saved };
        assert_eq!(holds(&remarks, |other| *other == why), Some(Holds::InPart));
    }
}

#[test]
fn fewer_bytes_are_not_as_much_less_waiting_unless_they_are() {
    let waiting = |web_socket: u64| {
        let mut costs = costs(595, 300);
        costs.message.round_trip = known(web_socket);
        let (_, remarks) = seven_bytes::compare(&costs);
        holds(&remarks, |why| matches!(why, Why::BytesAreNotTime { .. }))
    };
    assert_eq!([900, 50].map(waiting), [Some(Holds::No), Some(Holds::Yes)]);
}

/// A run of the lab `crowd`: 50 requests at once over so many connections, one round of 101 ms after another, and 50
/// messages at once, back after `socket` ms.
fn crowd(connections: u32, alpn: &str, socket: i64) -> Trace {
    let settings = [("clients", "50"), ("hold", "0"), ("size", "16"), ("reply-timeout", "10000")];
    let mut trace = Trace::new(Circumstances {
        parameters: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..testing::circumstances("crowd", Speaks::Duplex)
    });
    let mut recorder = Recorder::default();
    recorder.part("http", Some(Protocol::Http), Time(0));
    let turn = |client| Turn::of(1).by(client);
    let asked = |client| Asked { turn: turn(client), number: client, method: "GET", path: "/news", ..Asked::default() };
    let requests: Vec<_> = (0..50).map(|client| recorder.request(&asked(client))).collect();
    for (client, request) in (0u32..).zip(requests) {
        let at = Time(i64::from(client / connections + 1) * 101_000);
        let connection = Some(u64::from(client % connections) + 1);
        let ordinal = u64::from(client / connections) + 1;
        let evidence = Evidence { connection, ordinal, opened: 0, received: 0, sent: 0, framing: None };
        let reply = Reply { at, evidence: Some(evidence), ..Reply::default() };
        recorder.response(request, turn(client), 204, &reply);
    }
    recorder.part("websocket", Some(Protocol::WebSocket), Time(6_000_000));
    let sent_at = Time(7_000_000);
    let sockets: Vec<_> = (0..50)
        .map(|client| {
            let (socket, handshake) = recorder.opening(turn(client), Time(6_000_000), 100 + client, "", 0);
            recorder.opened(socket, handshake, turn(client), Time(6_500_000), String::new(), String::new());
            (socket, recorder.sent(socket, turn(client), Kind::Binary, sent_at, &[0; 16], 0))
        })
        .collect();
    for (client, (id, message)) in (0u32..).zip(sockets) {
        let reply = Reply { at: sent_at + Span(socket * 1_000), payload: &[0; 16], ..Reply::default() };
        recorder.answered(id, turn(client), Kind::Binary, message, &reply, 0);
    }
    recorder.take().into_iter().for_each(|event| trace.apply(event));
    for message in trace.messages.iter_mut().filter(|message| message.kind == Kind::Request) {
        message.alpn = Some(alpn.into());
    }
    trace
}

fn compared(trace: &Trace) -> Comparison {
    Preset::FiftyRequests.compare(trace, &Timeline::of(trace)).expect("it repeats the preset")
}

#[test]
fn fifty_requests_wait_for_six_connections_as_long_as_that_explains() {
    let Comparison { part, rows, remarks, .. } = compared(&crowd(6, "http/1.1", 20));
    assert_eq!(part, Part::AtOnce);
    // Nine rounds of 101 ms.
    assert_eq!(ours(&rows, What::AtOnceOverHttp), Ok(Amount::Time(Span(909_000))));
    assert_eq!(published(&rows, What::AtOnceOverHttp), Some(Amount::Time(Span(5_000_000))));
    assert_eq!(ours(&rows, What::AtOnceOverWebSocket), Ok(Amount::Time(Span(20_000))));
    assert_eq!(ours(&rows, What::RateOverWebSocket), Ok(Amount::PerSecond(2_500.0)));
    assert_eq!(ours(&rows, What::Connections), Ok(Amount::Count(6)));
    assert_eq!(ours(&rows, What::OneOverHttp), Err(Absent::InAnotherRun(Part::OneByOne)));
    let used = Why::Connections { used: 6, published: 6, shared: false };
    assert_eq!(holds(&remarks, |why| *why == used), Some(Holds::Yes));
    let queueing = Why::Queueing {
        requests: 50,
        connections: 6,
        shortest: Span(101_000),
        explained: Span(909_000),
        took: Span(909_000),
    };
    assert_eq!(holds(&remarks, |why| *why == queueing), Some(Holds::Yes));
    assert_eq!(holds(&remarks, |why| matches!(why, Why::AtOnce { .. })), Some(Holds::Yes));
}

#[test]
fn nine_rounds_of_its_single_exchange_are_not_its_five_seconds() {
    let Comparison { remarks, .. } = compared(&crowd(6, "http/1.1", 20));
    let six = Why::ItsSixConnections { rounds: 9, explained: Span(963_000), says: Span(5_000_000) };
    assert_eq!(holds(&remarks, |why| *why == six), Some(Holds::No));
    let singles = Why::ItsSingles { requests: 50, in_turn: Span(5_350_000), says: Span(5_000_000) };
    assert_eq!(holds(&remarks, |why| *why == singles), Some(Holds::NotShown));
    let rate = holds(&remarks, |why| matches!(why, Why::ItsRate { gives, .. } if (gives - 277.8).abs() < 0.1));
    assert_eq!(rate, Some(Holds::No));
}

#[test]
fn another_number_of_connections_and_http_2_are_told_apart() {
    let connections = |trace: &Trace| {
        let remarks = compared(trace).remarks;
        let queueing = holds(&remarks, |why| matches!(why, Why::Queueing { .. })).is_some();
        (holds(&remarks, |why| matches!(why, Why::Connections { .. })), queueing)
    };
    assert_eq!(connections(&crowd(10, "http/1.1", 20)), (Some(Holds::No), true));
    assert_eq!(connections(&crowd(1, "h2", 20)), (Some(Holds::InPart), false));
}

#[test]
fn time_that_the_rounds_do_not_explain_is_not_explained_by_them() {
    let mut trace = crowd(6, "http/1.1", 20);
    let last = trace.messages.iter_mut().rfind(|message| matches!(message.kind, Kind::Response { .. }));
    last.expect("there are responses").received = Moment::Page(Time(5_000_000));
    let remarks = compared(&trace).remarks;
    assert_eq!(holds(&remarks, |why| matches!(why, Why::Queueing { .. })), Some(Holds::InPart));
}

#[test]
fn slower_sockets_are_told_and_connections_that_nobody_tells_are_not_counted() {
    let remarks = compared(&crowd(6, "http/1.1", 2_000)).remarks;
    assert_eq!(holds(&remarks, |why| matches!(why, Why::AtOnce { .. })), Some(Holds::No));
    let mut trace = crowd(6, "http/1.1", 20);
    trace.circumstances.http.speaks = Speaks::Plain;
    trace.messages.iter_mut().for_each(|message| message.connection = None);
    let Comparison { rows, remarks, .. } = compared(&trace);
    assert_eq!(ours(&rows, What::Connections), Err(Absent::Missing(Missing::Plain)));
    assert_eq!(holds(&remarks, |why| matches!(why, Why::Connections { .. } | Why::Queueing { .. })), None);
}

#[test]
fn a_run_without_answers_has_no_times() {
    let mut trace = crowd(6, "http/1.1", 20);
    trace.messages.retain(|message| message.answers.is_none());
    let Comparison { rows, .. } = compared(&trace);
    assert_eq!(ours(&rows, What::AtOnceOverHttp), Err(Absent::Missing(Missing::NotMeasured)));
    assert_eq!(ours(&rows, What::RateOverHttp), Err(Absent::Missing(Missing::NotMeasured)));
}

#[test]
fn a_run_with_other_settings_repeats_nothing() {
    let mut trace = crowd(6, "http/1.1", 20);
    trace.circumstances.parameters[0].1 = "12".into();
    assert!(Preset::ALL.into_iter().all(|preset| preset.compare(&trace, &Timeline::of(&trace)).is_none()));
}
