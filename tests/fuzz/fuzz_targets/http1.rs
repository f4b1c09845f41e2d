//! Any bytes as HTTP/1.x, in either direction. With `cargo install cargo-fuzz` and stable Rust:
//!
//! ```text
//! cargo fuzz run --fuzz-dir tests/fuzz -s none http1 -- -max_total_time=60 -dict=tests/fuzz/http1.dict
//! ```
//!
//! Without the dictionary it hardly gets beyond a first line. The other targets are `websocket` and `cuts`. The first byte of an input chooses the decoder.
#![no_main]

use duplex_fuzz::decode::End;
use duplex_fuzz::decode::handshake::Handshake;
use duplex_fuzz::{assert_covers, http1_decoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, stream)) = input.split_first() else { return };
    let mut decoder = http1_decoder(choice);
    decoder.feed(stream);
    let reading = decoder.end(if choice < 128 { End::Closed } else { End::Unknown });
    assert_covers(&reading.spans, stream.len());
    let length = stream.len() as u64;
    for message in &reading.messages {
        let body: u64 = reading.body(message).map(|span| span.len()).sum();
        assert_eq!(body, message.body_bytes, "the spans of a body are all of it");
        for field in message.fields.iter().chain(&message.trailers) {
            assert!(field.name_at.end <= field.value_at.start && field.value_at.end <= length, "{field:?}");
        }
    }
    // Any two messages can be checked as a handshake.
    if let Some((request, response)) = reading.messages.first().zip(reading.messages.last()) {
        let handshake = Handshake::check(request, response);
        assert_eq!(handshake.expected_accept.is_some(), handshake.key.is_some());
    }
    for problem in &reading.problems {
        assert!(problem.start <= problem.end && problem.end <= length, "{problem:?} is not within the stream");
    }
});
