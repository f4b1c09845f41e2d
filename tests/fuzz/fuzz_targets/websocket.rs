//! Any bytes as WebSocket frames of either side:
//!
//! ```text
//! cargo fuzz run --fuzz-dir tests/fuzz -s none websocket -- -max_total_time=60
//! ```
#![no_main]

use duplex_fuzz::decode::websocket::{Opcode, Violation};
use duplex_fuzz::{assert_covers, websocket_decoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, stream)) = input.split_first() else { return };
    let mut decoder = websocket_decoder(choice);
    decoder.feed(stream);
    let reading = decoder.end();
    assert_covers(&reading.spans, stream.len());
    let mut at = 0;
    for frame in &reading.frames {
        assert_eq!(frame.start, at, "a frame begins where the one before it ends");
        at = frame.end();
    }
    assert_eq!(at + reading.incomplete_head, stream.len() as u64);
    for message in &reading.messages {
        let payload = reading.payload(message);
        let noted = message.frames.iter().any(|&index| reading.frames[index].violations.contains(&Violation::NotUtf8));
        assert_eq!(noted, message.not_utf8_at.is_some());
        if message.complete && message.opcode == Opcode::Text && !message.compressed {
            assert_eq!(noted, std::str::from_utf8(&payload).is_err(), "a text is judged as the standard library does");
        }
    }
});
