//! HAR, there and back: what is written is valid and says what the record says, what tools write is read, and what
//! is wrong is refused with its place.
#![cfg(not(target_arch = "wasm32"))]

mod foreign;
mod hostile;
mod recorded;
mod schema;
#[path = "../simulated/mod.rs"]
mod simulated;
mod there_and_back;

use duplex::analysis::Timeline;
use duplex::format::har;
use duplex::trace::Trace;
use serde_json::Value;

/// A record as the text of a HAR file, which has to be valid.
fn written(trace: &Trace) -> String {
    let text = har::write(trace, &Timeline::of(trace)).expect("it is written");
    let problems = schema::problems(&value(&text));
    assert!(problems.is_empty(), "against HAR 1.2:\n{}", problems.join("\n"));
    text
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

fn read(text: &str) -> Trace {
    let trace = har::read(text).unwrap_or_else(|error| panic!("{error}"));
    // What was read is a record like any other.
    let file = duplex::format::write(&trace).expect("it is written");
    assert_eq!(duplex::format::read(&file).as_ref(), Ok(&trace));
    trace
}

fn entries(har: &Value) -> &[Value] {
    har["log"]["entries"].as_array().expect("a list")
}
