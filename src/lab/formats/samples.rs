//! One payload of each format, small and the same in each run.

use crate::analysis::judgement::formats::Format;

/// A payload and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What it is.
    pub format: Format,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const HTML: &str = "<!DOCTYPE html>\n<html lang=\"en\"><title>Duplex</title><p>Hello, <em>world</em>!</p></html>\n";
const JSON: &str = "{\"greeting\":\"Hello, world!\",\"numbers\":[1,2.5,-3e8],\"yes\":true,\"nothing\":null}";
const XML: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<greeting to=\"world\"><text>Hello &amp; welcome</text></greeting>\n";
/// Characters of one, two, three and four bytes in UTF-8.
const TEXT: &str = "Hello. Grüße. Χαῖρε. Привет. 你好。🌍\n";

/// A sample of each format; the one of random bytes has `size` of them, of which the first makes it no UTF-8.
#[must_use]
pub fn samples(size: u32) -> Vec<Sample> {
    let sample = |format| {
        let bytes = match format {
            Format::Html => HTML.into(),
            Format::Json => JSON.into(),
            Format::Xml => XML.into(),
            Format::Text => TEXT.into(),
            Format::Image => png(),
            Format::Bytes => random(size as usize),
        };
        Sample { format, bytes }
    };
    Format::ALL.map(sample).into()
}

/// Bytes of a fixed generator (xorshift, Marsaglia 2003), so that each run sends the same. The first is 0xFF,
/// which no UTF-8 text has (RFC 3629 §3).
fn random(size: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    std::iter::once(0xFF).chain(std::iter::repeat_with(next)).take(size).collect()
}

/// Pixels each way of the image.
const SIDE: u8 = 8;

/// A chequered square in grey (PNG specification, third edition).
fn png() -> Vec<u8> {
    let side = u32::from(SIDE).to_be_bytes();
    // Width, height, 8 bits of grey, and the only compression, filtering and interlacing that need no more words.
    let header = [&side[..], &side, &[8, 0, 0, 0, 0]].concat();
    let row = |y: u8| {
        let pixel = move |x: u8| if (x / 2 + y / 2).is_multiple_of(2) { 0x20 } else { 0xE0 };
        std::iter::once(0).chain((0..SIDE).map(pixel))
    };
    let rows: Vec<u8> = (0..SIDE).flat_map(row).collect();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &zlib_stored(&rows));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A PNG chunk: length, type, data, and a CRC of the latter two (§5.3).
fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let named = [&name[..], data].concat();
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(&named);
    file.extend(crc32(&named).to_be_bytes());
}

/// A zlib stream with its data in one block that is not compressed (RFC 1950 §2.2, RFC 1951 §3.2.4).
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    let register = bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)));
    !register
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_their_published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn the_image_is_a_whole_png() {
        let png = png();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"));
        // An empty last chunk always has this CRC.
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
        assert!(std::str::from_utf8(&png).is_err());
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn the_image_can_be_inflated() {
        let png = png();
        let stream = &png[8 + 25 + 8..];
        let mut rows = [0; 100];
        let mut inflate = flate2::Decompress::new(true);
        let status = inflate.decompress(stream, &mut rows, flate2::FlushDecompress::Finish);
        assert_eq!(status.expect("its checksum is right"), flate2::Status::StreamEnd);
        assert_eq!(inflate.total_out(), 8 * 9);
    }

    #[test]
    fn all_are_text_but_the_image_and_the_random_bytes_and_these_have_the_size_asked_for() {
        for size in [1, 2, 1024] {
            let samples = samples(size);
            let texts: Vec<bool> = samples.iter().map(|it| std::str::from_utf8(&it.bytes).is_ok()).collect();
            assert_eq!(texts, [true, true, true, true, false, false]);
            assert_eq!(samples[5].bytes.len(), size as usize);
        }
        assert_eq!(samples(64), samples(64));
    }

    #[test]
    fn json_is_json_and_the_text_has_characters_of_every_length() {
        assert!(serde_json::from_str::<serde_json::Value>(JSON).is_ok());
        for bytes in 1..=4 {
            assert!(TEXT.chars().any(|character| character.len_utf8() == bytes));
        }
    }
}
