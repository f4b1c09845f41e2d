//! The decoders from outside: the standards' own examples, what is wrong told as what it is, and what
//! holds for any bytes: nothing panics, every byte is covered, and how a stream is cut changes nothing.
#![cfg(not(target_arch = "wasm32"))]

mod handshake;
mod http1;
mod http1_properties;
mod websocket;
mod websocket_properties;

use duplex::decode::Span;

/// Asserts that spans cover a stream of `length` bytes, without gap, overlap or empty span.
fn assert_covers<P: std::fmt::Debug>(spans: &[Span<P>], length: usize) {
    let mut at = 0;
    for span in spans {
        assert_eq!(span.start, at, "{span:?} begins elsewhere than the one before it ends");
        assert!(!span.is_empty(), "{span:?} is empty");
        at = span.end;
    }
    assert_eq!(at, length as u64, "the spans end elsewhere than the stream");
}

/// The stream in pieces that end at these places; empty pieces included.
fn pieces<'a>(stream: &'a [u8], cuts: &[proptest::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for place in places.into_iter().chain([stream.len()]) {
        pieces.push(&stream[from..place]);
        from = place;
    }
    pieces
}
