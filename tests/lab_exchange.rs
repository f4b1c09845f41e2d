//! The lab `exchange` on the simulated network: the same script as in the browser, with times that
//! are known beforehand.

use duplex::analysis::{Opening, Sample, Summary, Timeline};
use duplex::lab::Settings;
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Cause, Closing, Fate, Kind, Moment, Outcome, Protocol, Span, Time, Trace};

mod simulated;

use simulated::record;

const ONE_WAY: Span = Span(1_000);
const THINKING: Span = Span(50);
const ROUND_TRIP: Span = Span(2_050);

fn samples(trace: &Trace, protocol: Protocol) -> Vec<Sample> {
    Timeline::of(trace).samples(protocol).to_vec()
}

fn ten() -> Parameters {
    Parameters { messages: 10, size: 32, ..Parameters::default() }
}

#[test]
fn each_protocol_carries_the_messages_asked_for_and_a_warm_up() {
    let trace = record(ten(), Conditions::default(), None);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    for protocol in Protocol::BOTH {
        let samples = samples(&trace, protocol);
        assert_eq!(samples.len(), 11);
        assert_eq!(samples.iter().filter(|sample| sample.counts()).count(), 10);
        assert!(samples.iter().filter(|sample| sample.counts()).all(|sample| sample.took == ROUND_TRIP));
    }
}

#[test]
fn the_protocols_take_turns() {
    let trace = record(ten(), Conditions::default(), None);
    let order: Vec<(Protocol, u32)> = trace
        .messages
        .iter()
        .filter(|message| message.answers.is_none() && !message.warm_up)
        .map(|message| (message.protocol, message.turn))
        .collect();
    let expected: Vec<(Protocol, u32)> =
        (1..=10).flat_map(|turn| Protocol::BOTH.map(|protocol| (protocol, turn))).collect();
    assert_eq!(order, expected);
}

#[test]
fn keep_alive_uses_one_connection_and_close_one_for_each_exchange() {
    let count = |close| {
        let trace = record(Parameters { close, ..ten() }, Conditions::default(), None);
        let timeline = Timeline::of(&trace);
        Protocol::BOTH.map(|protocol| Summary::of(&trace, &timeline, protocol).connections)
    };
    assert_eq!(count(false), [Some(1), Some(1)]);
    assert_eq!(count(true), [Some(11), Some(1)]);
}

#[test]
fn server_times_land_where_they_truly_were_on_the_pages_clock() {
    let trace = record(ten(), Conditions::default(), None);
    let timeline = Timeline::of(&trace);
    let fit = timeline.clock(Protocol::Http).expect("there is evidence");
    let truth = Conditions::default().server_clock_ahead;
    assert!((fit.offset + truth).abs() <= fit.uncertainty, "{fit:?}");
    for message in trace.messages.iter().filter(|message| message.kind == Kind::Binary && message.answers.is_none()) {
        let (sent, received) = timeline.ends(&trace, message);
        let (sent, received) = (sent.expect("the page sent it"), received.expect("the server received it"));
        let flight = received.at - sent.at;
        assert!((flight - ONE_WAY).abs() <= fit.uncertainty, "{flight} in flight");
    }
}

#[test]
fn a_clocks_fit_that_was_settled_stays_until_a_message_comes() {
    let mut trace = record(Parameters { messages: 200, ..ten() }, Conditions::default(), None);
    // A server's clock that runs fast by 300 ppm.
    let fast = |moment: &mut Moment| {
        if let Moment::Server(at) = moment {
            at.0 += at.0 * 3 / 10_000;
        }
    };
    for message in &mut trace.messages {
        fast(&mut message.sent);
        fast(&mut message.received);
    }
    let mut timeline = Timeline::of(&trace);
    let settled = Protocol::BOTH.map(|protocol| timeline.clock(protocol));
    let mut unsettled = Timeline::default();
    unsettled.follow(&trace);
    assert_ne!(Protocol::BOTH.map(|protocol| unsettled.clock(protocol)), settled);
    timeline.follow(&trace);
    assert_eq!(Protocol::BOTH.map(|protocol| timeline.clock(protocol)), settled);
}

#[test]
fn own_time_leaves_the_others_turns_out() {
    let trace = record(ten(), Conditions::default(), None);
    let timeline = Timeline::of(&trace);
    for protocol in Protocol::BOTH {
        let samples = timeline.samples(protocol);
        let own = |sample: &Sample| timeline.cuts(protocol).own(sample.began);
        assert_eq!(own(&samples[10]) - own(&samples[1]), Span(9 * ROUND_TRIP.0), "{protocol:?}");
        let total = Summary::of(&trace, &timeline, protocol).total;
        assert_eq!(total, Some(Span(10 * ROUND_TRIP.0)), "{protocol:?}");
    }
}

#[test]
fn with_an_interval_turns_begin_when_they_are_due() {
    let parameters = Parameters { messages: 5, interval: 20, ..Parameters::default() };
    let trace = record(parameters, Conditions::default(), None);
    let began: Vec<i64> =
        samples(&trace, Protocol::Http).iter().filter(|sample| sample.counts()).map(|sample| sample.began.0).collect();
    let steps: Vec<i64> = began.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps, [20_000; 4]);
}

#[test]
fn opening_a_websocket_takes_a_round_trip_for_tcp_and_one_for_the_handshake() {
    let trace = record(ten(), Conditions::default(), None);
    let summary = Summary::of(&trace, &Timeline::of(&trace), Protocol::WebSocket);
    assert_eq!(summary.opening, Opening::Took { count: 1, median: Span(4 * ONE_WAY.0 + THINKING.0) });
}

#[test]
fn stopping_keeps_what_was_measured() {
    let trace = record(ten(), Conditions::default(), Some(Time(20_000)));
    assert_eq!(trace.outcome, Some(Outcome::Stopped));
    let counted = samples(&trace, Protocol::Http).iter().filter(|sample| sample.counts()).count();
    assert!((1..10).contains(&counted), "{counted} samples");
}

#[test]
fn a_server_that_dies_ends_the_run_as_failed_with_all_until_then() {
    let conditions = Conditions { server_dies_at: Some(4), ..Conditions::default() };
    let trace = record(ten(), conditions, None);
    let Some(Outcome::Failed(failure)) = &trace.outcome else { panic!("{:?}", trace.outcome) };
    assert_eq!((failure.turn, &failure.cause), (Some(4), &Cause::Vanished));
    assert_eq!(samples(&trace, Protocol::WebSocket).iter().filter(|sample| sample.counts()).count(), 3);
    let unanswered: Vec<u32> =
        trace.messages.iter().filter(|message| message.fate == Fate::Unanswered).map(|message| message.turn).collect();
    assert_eq!(unanswered, [4]);
}

#[test]
fn a_silent_server_ends_the_run_when_patience_does() {
    let conditions = Conditions { server_stalls_at: Some(2), ..Conditions::default() };
    let mut settings = Settings::from(ten());
    settings.set("reply-timeout", "700").expect("it is in the range");
    let trace = record(settings, conditions, None);
    let Some(Outcome::Failed(failure)) = &trace.outcome else { panic!("{:?}", trace.outcome) };
    assert_eq!(failure.cause, Cause::ReplyTimeout { after: Span::from_millis(700) });
}

#[test]
fn against_a_plain_echo_nothing_is_claimed_that_a_page_cannot_see() {
    let trace = record(ten(), Conditions { plain: true, ..Conditions::default() }, None);
    let timeline = Timeline::of(&trace);
    assert_eq!(timeline.clock(Protocol::Http), None);
    let http = Summary::of(&trace, &timeline, Protocol::Http);
    assert_eq!((http.connections, http.bytes.to_server.known_overhead()), (None, None));
    assert!(http.round_trips.is_some());
}

#[test]
fn the_socket_is_closed_cleanly_at_the_end() {
    let trace = record(ten(), Conditions::default(), None);
    let socket = trace.connections.iter().find(|connection| connection.protocol == Protocol::WebSocket);
    let closed = socket.and_then(|socket| socket.closed.as_ref()).map(|closed| &closed.how);
    assert!(matches!(closed, Some(Closing::CloseEvent { code: 1000, clean: true, .. })), "{closed:?}");
}
