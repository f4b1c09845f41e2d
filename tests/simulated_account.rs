//! The simulated server's account of a run is what a real one's would be: its raw bytes are read without a complaint,
//! and they add up to what was counted.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::raw::{self, Grounds};
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Kind, Outcome, Protocol, Trace};

mod simulated;

use simulated::run_lab;

fn told(close: bool, conditions: Conditions) -> Trace {
    let trace = run_lab(Parameters { messages: 3, size: 300, close, ..Parameters::default() }, conditions);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    trace
}

#[test]
fn what_crossed_a_connection_is_what_its_messages_add_up_to() {
    for close in [false, true] {
        let trace = told(close, Conditions::default());
        for connection in &trace.connections {
            let bytes = connection.bytes.expect("the server counted");
            for (direction, counted) in [(Direction::ToServer, bytes.to_server), (Direction::ToPage, bytes.to_page)] {
                let its = trace
                    .messages
                    .iter()
                    .filter(|message| message.connection == Some(connection.id) && message.direction == direction);
                let known = its.map(|it| it.payload + it.overhead.unwrap_or(0) + it.instrument.unwrap_or(0));
                assert_eq!(known.sum::<u64>(), counted, "{:?} {direction:?}", connection.protocol);
            }
        }
    }
}

#[test]
fn raw_bytes_are_read_as_the_messages_that_they_are() {
    for conditions in [Conditions::default(), Conditions { secure_page: true, ..Conditions::default() }] {
        let trace = told(true, conditions);
        for message in &trace.messages {
            if message.kind.is_opening() {
                let handshake = raw::handshake(&trace, message).expect("both sides are there");
                assert!(handshake.holds(), "{handshake:?}");
            } else if message.protocol == Protocol::Http {
                let http = raw::http(&trace, message).expect("its bytes are there");
                assert!(http.reading.problems.is_empty(), "{:?}", http.reading.problems);
                assert_eq!(http.message().map(|read| read.body_bytes), Some(300));
            } else if matches!(message.kind, Kind::Binary) {
                let carried = raw::carried(&trace, message).expect("its frames are there");
                assert_eq!((carried.grounds, carried.complete), (Grounds::Payload, true));
            }
        }
        let socket = trace.connections.iter().find(|it| it.protocol == Protocol::WebSocket).expect("a WebSocket");
        for frame in raw::closing(socket) {
            let close = frame.and_then(|frame| frame.frame.close).expect("a close frame");
            assert_eq!(close.code.map(|code| code.0), Some(1000));
        }
        let secured = trace.connections.iter().filter(|connection| connection.tls.is_some()).count();
        assert_eq!(secured, if conditions.secure_page { trace.connections.len() } else { 0 });
    }
}

#[test]
fn whoever_keeps_no_books_tells_nothing() {
    for conditions in [
        Conditions { plain: true, ..Conditions::default() },
        Conditions { behind_proxy: true, ..Conditions::default() },
    ] {
        let trace = told(false, conditions);
        assert!(trace.messages.iter().all(|message| message.raw.is_none() && message.arrivals.is_none()));
        assert!(trace.connections.iter().all(|connection| connection.bytes.is_none()));
    }
}
