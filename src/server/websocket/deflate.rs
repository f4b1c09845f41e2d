//! Compression of messages (RFC 7692 §7.2), for connections that agreed to it. The memory for it, some
//! 50 KiB to read and 400 KiB to write, is taken with the first message that needs it.

use std::cell::RefCell;
use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Violation;
use super::extension::Deflate;

/// What a sender leaves off at the end of a message (RFC 7692 §7.2.1): the length of an empty block
/// without compression.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];
/// An empty message (RFC 7692 §7.2.3.6): the head of such a block.
const EMPTY: [u8; 1] = [0x00];
/// Bytes that are inflated at once. A message that grows too large is noticed after each.
const CHUNK: usize = 16 << 10;
/// Bytes that are deflated at once, between which other connections have their turn.
const SLICE: usize = 256 << 10;
/// What a message may need beyond its own length.
const SPARE: usize = 64;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; CHUNK].into_boxed_slice());
}

/// Reads a client's compressed messages.
#[derive(Debug)]
pub(super) struct Inflater {
    keeps_context: bool,
    state: Option<Decompress>,
    /// The latest block was marked as the last of all (RFC 7692 §7.2.3.4). What follows begins anew.
    has_ended: bool,
}

impl Inflater {
    /// A reader of what a client sends after an agreement.
    pub(super) fn new(agreed: Deflate) -> Self {
        Self { keeps_context: !agreed.client_no_context, state: None, has_ended: false }
    }

    /// Inflates a part of a message, and hands on what comes out piece by piece.
    ///
    /// # Errors
    /// When the data are corrupt, or `take` refuses what it is given.
    pub(super) fn inflate(
        &mut self,
        mut part: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        // Also a smaller window than the largest can be read with it.
        let state = self.state.get_or_insert_with(|| Decompress::new(false));
        BUFFER.with_borrow_mut(|buffer| {
            loop {
                if self.has_ended {
                    if part.is_empty() {
                        return Ok(());
                    }
                    state.reset(false);
                    self.has_ended = false;
                }
                let (read, written) = (state.total_in(), state.total_out());
                let status = state.decompress(part, buffer, FlushDecompress::Sync).map_err(|_| Violation::corrupt())?;
                let (read, written) = (distance(read, state.total_in()), distance(written, state.total_out()));
                part = &part[read..];
                take(&buffer[..written])?;
                match status {
                    Status::StreamEnd => self.has_ended = true,
                    // There was room for more, so there is no more.
                    _ if part.is_empty() && written < buffer.len() => return Ok(()),
                    _ if read == 0 && written == 0 => return Err(Violation::corrupt()),
                    _ => {}
                }
            }
        })
    }

    /// Inflates what is left at the end of a message.
    ///
    /// # Errors
    /// As [`Inflater::inflate`].
    pub(super) fn end(&mut self, take: impl FnMut(&[u8]) -> Result<(), Violation>) -> Result<(), Violation> {
        if !self.has_ended {
            self.inflate(&TAIL, take)?;
        }
        if let Some(state) = self.state.as_mut().filter(|_| !self.keeps_context || self.has_ended) {
            state.reset(false);
            self.has_ended = false;
        }
        Ok(())
    }
}

/// Compresses the server's messages.
#[derive(Debug)]
pub(super) struct Deflater {
    keeps_context: bool,
    bits: u8,
    state: Option<Compress>,
}

impl Deflater {
    /// A writer of what a client is sent after an agreement.
    pub(super) fn new(agreed: Deflate) -> Self {
        Self { keeps_context: !agreed.server_no_context, bits: agreed.server_bits.unwrap_or(15), state: None }
    }

    /// Compresses a message of several parts.
    ///
    /// # Errors
    /// When the compressor fails, which it does not.
    pub(super) async fn deflate(&mut self, parts: [&[u8]; 2]) -> io::Result<Vec<u8>> {
        let length = parts[0].len() + parts[1].len();
        if length == 0 {
            return Ok(EMPTY.to_vec());
        }
        let bits = self.bits;
        let state =
            self.state.get_or_insert_with(|| Compress::new_with_window_bits(Compression::default(), false, bits));
        let mut out = Vec::with_capacity(length / 2 + SPARE);
        for (at, slice) in parts.iter().flat_map(|part| part.chunks(SLICE)).enumerate() {
            if at > 1 {
                tokio::task::yield_now().await;
            }
            compress(state, slice, &mut out, FlushCompress::None)?;
        }
        compress(state, &[], &mut out, FlushCompress::Sync)?;
        if out.ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        if !self.keeps_context {
            state.reset();
        }
        Ok(out)
    }
}

/// Compresses all of some bytes; a flush brings out all that there is.
fn compress(state: &mut Compress, mut bytes: &[u8], out: &mut Vec<u8>, flush: FlushCompress) -> io::Result<()> {
    loop {
        if out.capacity() - out.len() < SPARE {
            out.reserve(out.len().max(SPARE));
        }
        let before = state.total_in();
        state.compress_vec(bytes, out, flush).map_err(io::Error::other)?;
        bytes = &bytes[distance(before, state.total_in())..];
        // There was room for more, so there is no more.
        if bytes.is_empty() && out.len() < out.capacity() {
            return Ok(());
        }
    }
}

fn distance(before: u64, after: u64) -> usize {
    // Of one call, and so of what is in memory.
    usize::try_from(after - before).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agreed(no_context: bool, bits: u8) -> Deflate {
        Deflate {
            server_no_context: no_context,
            client_no_context: no_context,
            server_bits: Some(bits),
            client_bits: None,
        }
    }

    fn inflate(inflater: &mut Inflater, bytes: &[u8], size: usize) -> Result<Vec<u8>, Violation> {
        let mut out = Vec::new();
        let mut take = |part: &[u8]| {
            out.extend_from_slice(part);
            Ok(())
        };
        for part in bytes.chunks(size) {
            inflater.inflate(part, &mut take)?;
        }
        inflater.end(&mut take)?;
        Ok(out)
    }

    fn deflate(deflater: &mut Deflater, front: &[u8], payload: &[u8]) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(deflater.deflate([front, payload])).expect("it compresses")
    }

    #[test]
    fn the_standards_examples_are_read() {
        // RFC 7692 §7.2.3.1 to §7.2.3.6: one block; the same again with the context kept; a block without
        // compression; a block that is marked as the last; two blocks; nothing.
        let mut inflater = Inflater::new(agreed(false, 15));
        for (bytes, text) in [
            (&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00][..], &b"Hello"[..]),
            (&[0xF2, 0x00, 0x11, 0x00, 0x00], b"Hello"),
            (&[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], b"Hello"),
            (&[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], b"Hello"),
            (&[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], b"Hello"),
            (&[0x00], b""),
            // Without the octet that the standard has behind a last block.
            (&[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], b"Hello"),
            (&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], b"Hello"),
        ] {
            for size in [1, 99] {
                assert_eq!(inflate(&mut inflater, bytes, size).as_deref(), Ok(text), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn the_standards_examples_are_written() {
        let mut deflater = Deflater::new(agreed(false, 15));
        assert_eq!(deflate(&mut deflater, b"Hel", b"lo"), [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]);
        assert_eq!(deflate(&mut deflater, b"", b"Hello"), [0xF2, 0x00, 0x11, 0x00, 0x00]);
        assert_eq!(deflate(&mut deflater, b"", b""), [0x00]);
        let mut deflater = Deflater::new(agreed(true, 15));
        for _ in 0..2 {
            assert_eq!(deflate(&mut deflater, b"", b"Hello"), [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]);
        }
    }

    #[test]
    fn corrupt_data_are_told() {
        for bytes in [&[0xFF; 20][..], &[0x00, 0x05, 0x00, 0x00, 0x00, 0x48], b"Hello, this is no deflate"] {
            let mut inflater = Inflater::new(agreed(false, 15));
            assert_eq!(inflate(&mut inflater, bytes, 99), Err(Violation::corrupt()), "{bytes:x?}");
        }
    }

    #[test]
    fn a_window_is_not_larger_than_agreed() {
        // The same 400 bytes again, too far back for a window of 512 bytes and not for one of 2048.
        let noise: Vec<u8> = (0..400_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        let message = [&noise[..], &[0; 600], &noise].concat();
        let small = deflate(&mut Deflater::new(agreed(false, 9)), b"", &message);
        let large = deflate(&mut Deflater::new(agreed(false, 11)), b"", &message);
        assert!(small.len() > large.len() + 200, "{} and {}", small.len(), large.len());
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in(
            messages in prop::collection::vec((any::<Vec<u8>>(), prop_oneof![
                any::<Vec<u8>>(),
                (any::<u8>(), 0..100_000_usize).prop_map(|(byte, count)| vec![byte; count]),
                "[a-c ]{0,3000}".prop_map(String::into_bytes),
            ]), 1..5),
            no_context: bool, bits in 9_u8..=15, size in 1_usize..2000,
        ) {
            let agreed = agreed(no_context, bits);
            let (mut deflater, mut inflater) = (Deflater::new(agreed), Inflater::new(agreed));
            for (front, payload) in messages {
                let compressed = deflate(&mut deflater, &front, &payload);
                let inflated = inflate(&mut inflater, &compressed, size);
                prop_assert_eq!(inflated, Ok([front, payload].concat()));
            }
        }

        #[test]
        fn any_bytes_are_inflated_or_refused_the_same_however_they_are_cut(bytes: Vec<u8>, size in 1_usize..9) {
            let at_once = inflate(&mut Inflater::new(agreed(false, 15)), &bytes, usize::MAX);
            let in_parts = inflate(&mut Inflater::new(agreed(false, 15)), &bytes, size);
            prop_assert_eq!(in_parts, at_once);
        }
    }
}
