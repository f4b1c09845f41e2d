//! Any bytes, cut in any places, are read as they are in one piece:
//!
//! ```text
//! cargo fuzz run --fuzz-dir tests/fuzz -s none cuts -- -max_total_time=60 -dict=tests/fuzz/http1.dict
//! ```
//!
//! The first byte of an input chooses the decoder, the second says how many bytes of lengths follow.
#![no_main]

use duplex_fuzz::decode::End;
use duplex_fuzz::{http1_decoder, websocket_decoder};
use libfuzzer_sys::fuzz_target;

/// The stream in pieces of these lengths, over and over; in single bytes where there are none.
fn pieces<'a>(mut stream: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    // Of a length of 0 an empty piece is fed, and a byte behind it, so that there is an end.
    for &length in lengths.iter().chain([&1]).cycle() {
        let (piece, rest) = stream.split_at(usize::from(length).min(stream.len()));
        pieces.push(piece);
        stream = rest;
        if stream.is_empty() {
            break;
        }
    }
    pieces
}

fuzz_target!(|input: &[u8]| {
    let [choice, count, rest @ ..] = input else { return };
    let (lengths, stream) = rest.split_at(usize::from(*count).min(rest.len()));
    let pieces = pieces(stream, lengths);
    if choice & 0x80 == 0 {
        let (mut whole, mut cut) = (http1_decoder(*choice), http1_decoder(*choice));
        whole.feed(stream);
        pieces.iter().for_each(|piece| cut.feed(piece));
        assert_eq!(whole.reading(), cut.reading());
        assert_eq!(whole.end(End::Closed), cut.end(End::Closed));
    } else {
        let (mut whole, mut cut) = (websocket_decoder(*choice), websocket_decoder(*choice));
        whole.feed(stream);
        pieces.iter().for_each(|piece| cut.feed(piece));
        assert_eq!(whole.reading(), cut.reading());
        assert_eq!(whole.end(), cut.end());
    }
});
