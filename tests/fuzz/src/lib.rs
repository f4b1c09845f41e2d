//! What the fuzz targets share. The decoders are taken in as source: they depend on nothing else in the
//! crate, and so the echo server need not be built, and is not instrumented, to fuzz them.

#[path = "../../../src/decode/mod.rs"]
pub mod decode;

use std::fmt::Debug;

use decode::websocket::Sender;
use decode::{Span, http1, websocket};

/// The decoder of HTTP/1.x that a number names.
pub fn http1_decoder(number: u8) -> http1::Decoder {
    let answering = |method| {
        let mut decoder = http1::Decoder::responses();
        decoder.answers(method);
        decoder
    };
    match number % 5 {
        0 => http1::Decoder::requests(),
        1 => http1::Decoder::requests_upgraded(),
        2 => answering("GET"),
        3 => answering("HEAD"),
        _ => answering("CONNECT"),
    }
}

/// The decoder of WebSocket frames that a number names.
pub fn websocket_decoder(number: u8) -> websocket::Decoder {
    let sender = if number & 1 == 0 { Sender::Client } else { Sender::Server };
    websocket::Decoder::new(sender, number & 2 != 0)
}

/// Asserts that spans cover a stream of `length` bytes, without gap, overlap or empty span.
pub fn assert_covers<P: Debug>(spans: &[Span<P>], length: usize) {
    let mut at = 0;
    for span in spans {
        assert!(span.start == at && !span.is_empty(), "{span:?} does not begin at {at}, or is empty");
        at = span.end;
    }
    assert_eq!(at, length as u64, "the spans end elsewhere than the stream");
}
