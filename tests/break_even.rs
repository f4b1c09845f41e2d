//! Costs from the record of the lab `exchange`, run on the simulated network, whose times are known beforehand: one
//! way takes 1 ms, the server thinks for 50 µs, so a round trip takes 2.05 ms and TCP's handshake 2 ms.

use duplex::analysis::Timeline;
use duplex::analysis::break_even::{
    BreakEven, Cost, Costs, Crossing, Derivation, Figure, Gap, Measure, Missing, Part, Policy, Rule, Situation, Source,
    Starter, StoredCosts, Way,
};
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Kind, Moment, Outcome, Protocol, Time, TlsEntry, Trace};

mod simulated;

fn record(parameters: Parameters, plain: bool) -> Trace {
    recorded(parameters, Conditions { plain, ..Conditions::default() })
}

fn recorded(parameters: Parameters, conditions: Conditions) -> Trace {
    let trace = simulated::record(parameters, conditions, None);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    trace
}

/// As a server's account would have it: 250 bytes a request, 180 a response (19 more with the line that closes), a
/// handshake of 450 and 150; and, beside them, 1,000 bytes of our instrument in each.
fn with_bytes(mut trace: Trace, close: bool) -> Trace {
    for message in &mut trace.messages {
        let overhead = match (message.kind, message.direction) {
            (Kind::Request, _) => 250,
            (Kind::Response { .. }, _) => 180 + if close { 19 } else { 0 },
            (Kind::Handshake, _) => 450,
            (Kind::SwitchingProtocols, _) => 150,
            (_, Direction::ToServer | Direction::ToPage) => continue,
        };
        message.overhead = Some(overhead);
        message.instrument = Some(1_000);
    }
    trace
}

/// As Resource Timing would have it: connecting took 2 ms.
fn with_connecting(mut trace: Trace) -> Trace {
    for connection in trace.connections.iter_mut().filter(|connection| connection.protocol == Protocol::Http) {
        connection.asked = Moment::Page(Time(0));
        connection.opened = Moment::Page(Time(2_000));
    }
    trace
}

fn costs(trace: &Trace) -> Costs {
    Costs::of(trace, &Timeline::of(trace))
}

fn kept() -> Trace {
    with_bytes(record(Parameters::default(), false), false)
}

fn closed() -> Trace {
    with_bytes(record(Parameters { close: true, ..Parameters::default() }, false), true)
}

fn figure(value: u64, source: Source) -> Cost {
    Figure::new(value, source)
}

#[test]
fn a_run_on_a_kept_connection_tells_the_costs_of_both_kinds() {
    let costs = costs(&with_connecting(kept()));
    let derived = Source::Derived(Derivation::KeepAliveAndConnecting);
    assert_eq!(costs.connecting.time, figure(2_000, Source::Page));
    assert_eq!(costs.connecting.bytes, figure(0, Source::Standard(Rule::NoTls)));
    assert_eq!(costs.keep_alive.round_trip, figure(2_050, Source::Page));
    assert_eq!(costs.keep_alive.to_server, figure(250, Source::Server));
    assert_eq!(costs.keep_alive.to_page, figure(180, Source::Server));
    assert_eq!(costs.close.round_trip, figure(4_050, derived));
    assert_eq!(costs.close.to_page, figure(199, derived));
    assert_eq!(costs.handshake.time, figure(4_050, Source::Page));
    assert_eq!(costs.handshake.to_server, figure(450, Source::Server));
    assert_eq!(costs.message.round_trip, figure(2_050, Source::Page));
    // The envelope is our instrument's: of a bare message of 32 bytes the heads have 6 and 2.
    assert_eq!(costs.message.to_server, figure(6, Source::Standard(Rule::FrameHead)));
    assert_eq!(costs.message.to_page, figure(2, Source::Standard(Rule::FrameHead)));
    assert_eq!(costs.message.at_payload, 32);
    assert_eq!(costs.events.to_page, figure(180, Source::Derived(Derivation::AsExchange)));
}

#[test]
fn a_run_that_closes_tells_the_costs_of_both_kinds() {
    let costs = costs(&with_connecting(closed()));
    let derived = Source::Derived(Derivation::CloseLessConnecting);
    assert_eq!(costs.close.round_trip, figure(4_050, Source::Page));
    assert_eq!(costs.close.to_page, figure(199, Source::Server));
    assert_eq!(costs.keep_alive.round_trip, figure(2_050, derived));
    assert_eq!(costs.keep_alive.to_page, figure(180, derived));
}

#[test]
fn the_instrument_does_not_enter() {
    let trace = with_connecting(kept());
    let mut other = trace.clone();
    other.messages.iter_mut().for_each(|message| message.instrument = Some(1 << 40));
    assert_eq!(costs(&trace), costs(&other));
}

#[test]
fn connecting_is_derived_where_the_connection_was_open_and_the_server_is_the_same() {
    let conditions = Conditions { preconnected: true, ..Conditions::default() };
    let mut trace = with_bytes(recorded(Parameters::default(), conditions), false);
    assert_eq!((trace.connections[0].protocol, trace.connections[0].already_open), (Protocol::Http, true));
    let derived = figure(2_000, Source::Derived(Derivation::OpeningLessExchange));
    assert_eq!(costs(&trace).connecting.time, derived);
    trace.circumstances.ws.url = "ws://elsewhere/ws".into();
    assert_eq!(costs(&trace).connecting.time, Err(Missing::AlreadyOpen));
    assert_eq!(costs(&trace).close.round_trip, Err(Missing::AlreadyOpen));
}

#[test]
fn a_plain_endpoint_tells_times_and_no_bytes() {
    let costs = costs(&record(Parameters::default(), true));
    assert_eq!(costs.keep_alive.round_trip, figure(2_050, Source::Page));
    assert_eq!(costs.keep_alive.to_server, Err(Missing::Plain));
    assert_eq!(costs.handshake.to_page, Err(Missing::Plain));
    let situation = Situation { per_hour: 60, payload: 32, starter: Starter::Both, minutes: 10, poll_interval: 5_000 };
    let even = BreakEven::of(&costs, situation, Policy::default());
    let gap = Gap::Missing { part: Part::HandshakeToServer, why: Missing::Plain };
    assert_eq!(even.outlook(Way::WebSocket).bytes, Err(gap));
    assert!(even.outlook(Way::WebSocket).time.is_ok());
}

#[test]
fn compression_hides_what_frames_add() {
    let mut trace = kept();
    for connection in trace.connections.iter_mut().filter(|connection| connection.protocol == Protocol::WebSocket) {
        connection.extensions = "permessage-deflate".into();
    }
    assert_eq!(costs(&trace).message.to_page, Err(Missing::Compressed));
    assert!(costs(&trace).handshake.to_page.is_ok());
}

#[test]
fn a_handshake_of_tls_is_paid_with_each_connection() {
    let mut trace = with_connecting(kept());
    trace.circumstances.http.url = "https://127.0.0.1:9000/echo".into();
    assert_eq!(costs(&trace).connecting.bytes, Err(Missing::NotTold));
    let tls = TlsEntry {
        version: "TLS 1.3".into(),
        resumed: false,
        established: 0,
        handshake_bytes: (600, 1_400),
        wire_bytes: (0, 0),
    };
    trace.connections[0].tls = Some(Box::new(tls));
    assert_eq!(costs(&trace).connecting.bytes, figure(2_000, Source::Server));
}

#[test]
fn a_run_that_took_no_turn_tells_no_round_trip() {
    let mut trace = kept();
    let first = trace.messages.iter().position(|message| message.turn == 1).expect("there are turns");
    trace.messages.truncate(first);
    let costs = costs(&trace);
    assert_eq!(costs.message.round_trip, Err(Missing::NotMeasured));
    assert_eq!(costs.keep_alive.to_page, Err(Missing::NotMeasured));
}

#[test]
fn figures_that_no_message_has_are_none() {
    let mut trace = kept();
    trace.messages.iter_mut().for_each(|message| message.overhead = Some(1 << 40));
    assert_eq!(costs(&trace).keep_alive.to_page, Err(Missing::Implausible));
}

#[test]
fn from_a_run_follows_after_how_many_messages_the_handshake_has_paid_for_itself() {
    let costs = costs(&with_connecting(kept()));
    let situation =
        Situation { per_hour: 3_600, payload: 32, starter: Starter::Client, minutes: 10, poll_interval: 5_000 };
    let even = BreakEven::of(&costs, situation, Policy::default());
    // 600 + 8 n against 430 n, payload on both sides.
    assert_eq!(even.crossing(Measure::Bytes, Way::WebSocket, Way::KeepAlive), Ok(Crossing::From(2)));
    // 4.05 + 2.05 n ms against 4.05 n.
    assert_eq!(even.crossing(Measure::Time, Way::WebSocket, Way::Close), Ok(Crossing::From(3)));
}

#[test]
fn what_was_kept_comes_back_with_the_run_that_it_is_of() {
    let mut trace = with_connecting(kept());
    let stored = StoredCosts::of(&trace, &Timeline::of(&trace)).expect("it is of the lab");
    assert_eq!(stored.costs, costs(&trace));
    assert_eq!((stored.http.as_str(), stored.links.len()), ("http://127.0.0.1:9000/echo", 0));
    let text = serde_json::to_string(&stored).expect("it can be written");
    assert_eq!(serde_json::from_str::<StoredCosts>(&text).ok(), Some(stored));
    // A figure that none can be is not read.
    let damaged = text.replace("\"value\":2050", "\"value\":1073741824");
    assert!(damaged != text && serde_json::from_str::<StoredCosts>(&damaged).is_err(), "{text}");
    trace.circumstances.lab = "crowd".into();
    assert_eq!(StoredCosts::of(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn a_line_rests_on_the_figures_without_which_it_would_not_be() {
    let costs = costs(&with_connecting(kept()));
    let situation =
        Situation { per_hour: 3_600, payload: 32, starter: Starter::Client, minutes: 10, poll_interval: 5_000 };
    let rests_on = |measure, way| BreakEven::rests_on(&costs, situation, Policy::default(), measure, way);
    let bytes = [Part::ConnectingBytes, Part::ExchangeToServer, Part::ExchangeToPage];
    assert_eq!(rests_on(Measure::Bytes, Way::KeepAlive), bytes);
    assert_eq!(rests_on(Measure::Time, Way::WebSocket), [Part::HandshakeTime, Part::MessageRoundTrip]);
    // The client starts all: nothing is polled for.
    assert_eq!(rests_on(Measure::Bytes, Way::ShortPolling), []);
    assert!(bytes.iter().all(|part| part.measure() == Measure::Bytes));
}
