//! WebSocket frames by example: those of RFC 6455 §5.7, and what frames may not be.

use duplex::decode::Span;
use duplex::decode::websocket::{
    Close, CloseCode, Decoder, Frame, LengthForm, Message, Opcode, Part, Reading, Sender, Violation,
};

use crate::assert_covers;

fn read(sender: Sender, stream: &[u8]) -> Reading {
    read_with(Decoder::new(sender, false), stream)
}

fn read_with(mut decoder: Decoder, stream: &[u8]) -> Reading {
    decoder.feed(stream);
    let reading = decoder.end();
    assert_covers(&reading.spans, stream.len());
    reading
}

fn server(stream: &[u8]) -> Reading {
    read(Sender::Server, stream)
}

fn frame(sender: Sender, stream: &[u8]) -> Frame {
    let reading = read(sender, stream);
    let [frame] = reading.frames.as_slice() else { panic!("one frame: {:?}", reading.frames) };
    assert!(frame.is_complete() && frame.end() == stream.len() as u64, "{frame:?}");
    frame.clone()
}

fn violations(reading: &Reading) -> Vec<(usize, Violation)> {
    let of = |(index, frame): (usize, &Frame)| frame.violations.iter().map(|&one| (index, one)).collect::<Vec<_>>();
    reading.frames.iter().enumerate().flat_map(of).collect()
}

#[test]
fn the_standards_single_unmasked_text() {
    let stream = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let expected = Frame {
        start: 0,
        is_final: true,
        reserved: [false; 3],
        opcode: Opcode::Text,
        length_form: LengthForm::Bits7,
        length: 5,
        masking_key: None,
        payload: b"Hello".to_vec(),
        close: None,
        violations: vec![],
    };
    assert_eq!(frame(Sender::Server, &stream), expected);
}

#[test]
fn the_standards_single_masked_text() {
    let stream = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let reading = read(Sender::Client, &stream);
    assert_eq!(reading.frames[0].payload, b"Hello");
    assert_eq!(reading.frames[0].masking_key, Some([0x37, 0xfa, 0x21, 0x3d]));
    assert_eq!(violations(&reading), []);
    let parts: Vec<(Part, u64)> = reading.spans.iter().map(|span| (span.part, span.len())).collect();
    assert_eq!(parts, [(Part::FinAndOpcode, 1), (Part::MaskAndLength, 1), (Part::MaskingKey, 4), (Part::Payload, 5)]);
    let framing: u64 = reading.spans.iter().filter(|span| !span.part.is_payload()).map(Span::len).sum();
    assert_eq!((framing, reading.frames[0].head_bytes()), (6, 6));
}

#[test]
fn the_standards_fragmented_unmasked_text() {
    let stream = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    let reading = server(&stream);
    let heads: Vec<_> = reading.frames.iter().map(|frame| (frame.is_final, frame.opcode, frame.start)).collect();
    assert_eq!(heads, [(false, Opcode::Text, 0), (true, Opcode::Continuation, 5)]);
    let [message] = reading.messages.as_slice() else { panic!("one message: {:?}", reading.messages) };
    let (frames, complete) = (vec![0, 1], true);
    assert_eq!(*message, Message { opcode: Opcode::Text, frames, compressed: false, complete, not_utf8_at: None });
    assert_eq!(reading.payload(message), b"Hello");
    assert_eq!(violations(&reading), []);
}

#[test]
fn the_standards_unmasked_ping_and_masked_pong() {
    let ping = frame(Sender::Server, &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!((ping.opcode, ping.payload.as_slice(), ping.violations), (Opcode::Ping, &b"Hello"[..], vec![]));
    let pong = frame(Sender::Client, &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    assert_eq!((pong.opcode, pong.payload.as_slice(), pong.violations), (Opcode::Pong, &b"Hello"[..], vec![]));
}

#[test]
fn the_standards_256_bytes_and_64_kib_in_one_frame() {
    let mut medium = vec![0x82, 0x7E, 0x01, 0x00];
    medium.resize(4 + 256, 7);
    let read = frame(Sender::Server, &medium);
    assert_eq!((read.opcode, read.length_form, read.length), (Opcode::Binary, LengthForm::Bits16, 256));
    assert_eq!((read.payload.as_slice(), read.violations), (&medium[4..], vec![]));

    let mut long = vec![0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0];
    long.resize(10 + 65_536, 7);
    let read = frame(Sender::Server, &long);
    assert_eq!((read.opcode, read.length_form, read.length), (Opcode::Binary, LengthForm::Bits64, 65_536));
    assert_eq!((read.payload.as_slice(), read.violations), (&long[10..], vec![]));
}

#[test]
fn each_of_the_sixteen_opcodes_has_its_name() {
    for number in 0..16 {
        let opcode = Opcode::of(0xF0 | number);
        assert_eq!(opcode.number(), number);
        assert_eq!(opcode.is_control(), number >= 8);
        let is_reserved = matches!(number, 3..=7 | 11..=15);
        assert_eq!((opcode.is_reserved(), opcode.to_string().contains("reserved")), (is_reserved, is_reserved));
    }
}

#[test]
fn what_a_head_may_not_say_is_noted_and_reading_goes_on() {
    use Violation as V;
    let long_ping = [&[0x89, 0x7E, 0, 126][..], &[0; 126]].concat();
    for (sender, stream, expected) in [
        (Sender::Server, vec![0xC2, 0], vec![V::ReservedBit(1)]),
        (Sender::Server, vec![0xA2, 0], vec![V::ReservedBit(2)]),
        (Sender::Server, vec![0x92, 0], vec![V::ReservedBit(3)]),
        (Sender::Server, vec![0x83, 0], vec![V::ReservedOpcode]),
        (Sender::Server, vec![0x8F, 0], vec![V::ReservedOpcode]),
        (Sender::Server, vec![0x09, 0], vec![V::FragmentedControl]),
        (Sender::Server, long_ping, vec![V::LongControl]),
        (Sender::Server, vec![0x82, 126, 0, 1, 9], vec![V::LengthNotMinimal]),
        (Sender::Server, vec![0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 9], vec![V::LengthNotMinimal]),
        (Sender::Server, vec![0x82, 0x80, 1, 2, 3, 4], vec![V::Masked]),
        (Sender::Client, vec![0x82, 0], vec![V::NotMasked]),
        (Sender::Server, vec![0x80, 0], vec![V::ContinuationOfNothing]),
        (
            Sender::Client,
            vec![0x7B, 0],
            vec![
                V::ReservedBit(1),
                V::ReservedBit(2),
                V::ReservedBit(3),
                V::ReservedOpcode,
                V::FragmentedControl,
                V::NotMasked,
            ],
        ),
    ] {
        assert_eq!(frame(sender, &stream).violations, expected, "{stream:02x?}");
        // The frame behind it is read as if nothing had been.
        let behind: &[u8] = if sender == Sender::Server { &[0x8A, 0] } else { &[0x8A, 0x80, 0, 0, 0, 0] };
        let reading = read(sender, &[&stream, behind].concat());
        assert_eq!((reading.frames.len(), reading.frames[1].opcode), (2, Opcode::Pong), "{stream:02x?}");
        assert_eq!(reading.frames[1].violations, [], "{stream:02x?}");
    }
}

#[test]
fn each_form_of_length_has_a_smallest_length_that_needs_it() {
    for (form, length, is_minimal) in [(126, 125, false), (126, 126, true), (127, 65_535, false), (127, 65_536, true)] {
        let width = if form == 126 { 2 } else { 8 };
        let mut stream = vec![0x82, form];
        stream.extend_from_slice(&u64::to_be_bytes(length)[8 - width..]);
        stream.extend(std::iter::repeat_n(0, usize::try_from(length).expect("a small number")));
        let expected: &[Violation] = if is_minimal { &[] } else { &[Violation::LengthNotMinimal] };
        assert_eq!(frame(Sender::Server, &stream).violations, expected, "{length} in {width} bytes");
    }
}

#[test]
fn a_length_with_its_highest_bit_takes_all_that_follows() {
    let reading = server(&[0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]);
    assert_eq!(violations(&reading), [(0, Violation::LengthHighestBit)]);
    assert_eq!((reading.frames[0].length, reading.frames[0].payload.as_slice()), (u64::MAX, &[1, 2, 3][..]));
    assert!(!reading.frames[0].is_complete() && !reading.messages[0].complete);
}

#[test]
fn control_frames_come_between_the_parts_of_a_message() {
    let reading = server(&[0x01, 1, b'a', 0x89, 1, b'!', 0x00, 1, b'b', 0x8A, 0, 0x80, 1, b'c']);
    assert_eq!(violations(&reading), []);
    assert_eq!(reading.messages.len(), 1);
    assert_eq!(reading.messages[0].frames, [0, 2, 4]);
    assert_eq!(reading.payload(&reading.messages[0]), b"abc");
}

#[test]
fn a_message_within_another_leaves_that_incomplete() {
    let reading = server(&[0x01, 1, b'a', 0x82, 1, b'b', 0x80, 1, b'c']);
    assert_eq!(violations(&reading), [(1, Violation::MessageWithinMessage), (2, Violation::ContinuationOfNothing)]);
    let told: Vec<_> = reading.messages.iter().map(|message| (message.opcode, message.complete)).collect();
    assert_eq!(told, [(Opcode::Text, false), (Opcode::Binary, true)]);
}

#[test]
fn text_is_judged_over_the_whole_message() {
    // The two bytes of “κ” in two frames, with a ping of what is no text between them.
    let reading = server(&[0x01, 1, 0xCE, 0x89, 1, 0xFF, 0x80, 1, 0xBA]);
    assert_eq!(violations(&reading), []);
    // Wrong in the second frame, at its second byte.
    let reading = server(&[0x01, 1, 0xCE, 0x00, 2, 0xBA, 0xFF, 0x80, 1, 0xFF]);
    assert_eq!(violations(&reading), [(1, Violation::NotUtf8)]);
    assert_eq!(reading.messages[0].not_utf8_at, Some(6));
    // It breaks off within a character, which shows at its end, here that of an empty frame.
    let reading = server(&[0x01, 1, 0xCE, 0x80, 0]);
    assert_eq!(violations(&reading), [(1, Violation::NotUtf8)]);
    assert_eq!(reading.messages[0].not_utf8_at, Some(5));
    // Binary data are not judged, nor does one message's text concern the next.
    let reading = server(&[0x82, 1, 0xCE, 0x81, 1, b'a']);
    assert_eq!(violations(&reading), []);
    let reading = server(&[0x81, 1, 0xCE, 0x81, 1, b'a']);
    assert_eq!(violations(&reading), [(0, Violation::NotUtf8)]);
}

#[test]
fn masked_text_is_judged_unmasked() {
    let reading = read(Sender::Client, &[0x81, 0x81, 1, 0, 0, 0, 0xFE]);
    assert_eq!(reading.frames[0].payload, [0xFF]);
    assert_eq!(violations(&reading), [(0, Violation::NotUtf8)]);
}

#[test]
fn a_close_frame_tells_its_code_and_reason() {
    let reading = server(&[0x88, 5, 0x03, 0xE9, b'b', b'y', b'e']);
    let reason = "bye".to_owned();
    assert_eq!(reading.frames[0].close, Some(Close { code: Some(CloseCode(1001)), reason }));
    let parts: Vec<(Part, u64)> = reading.spans.iter().map(|span| (span.part, span.len())).collect();
    let expected = [(Part::FinAndOpcode, 1), (Part::MaskAndLength, 1), (Part::CloseCode, 2), (Part::CloseReason, 3)];
    assert_eq!(parts, expected);
    assert_eq!(CloseCode(1001).name(), "Going Away");

    let empty = frame(Sender::Server, &[0x88, 0]);
    assert_eq!((empty.close, empty.violations), (Some(Close { code: None, reason: String::new() }), vec![]));
}

#[test]
fn what_a_close_frame_may_not_say_is_noted() {
    assert_eq!(frame(Sender::Server, &[0x88, 1, 3]).violations, [Violation::CloseOfOneByte]);
    assert_eq!(frame(Sender::Server, &[0x88, 3, 3, 0xE8, 0xFF]).violations, [Violation::ReasonNotUtf8]);
    // RFC 6455 §7.4.1 and §7.4.2.
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let [high, low] = u16::to_be_bytes(code);
        let expected = [Violation::CloseCode(CloseCode(code))];
        assert_eq!(frame(Sender::Server, &[0x88, 2, high, low]).violations, expected);
    }
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        let [high, low] = u16::to_be_bytes(code);
        assert_eq!(frame(Sender::Server, &[0x88, 2, high, low]).violations, [], "{code}");
    }
}

#[test]
fn nothing_may_follow_a_close_frame() {
    let reading = server(&[0x88, 0, 0x81, 1, b'a']);
    assert_eq!(violations(&reading), [(1, Violation::AfterClose)]);
    assert_eq!(reading.payload(&reading.messages[0]), b"a");
}

#[test]
fn with_permessage_deflate_the_first_frame_of_a_message_says_compressed() {
    let compressed = |stream: &[u8]| read_with(Decoder::new(Sender::Server, true), stream);
    // RFC 7692 §7.2.3.1: “Hello” in two fragments.
    let reading = compressed(&[0x41, 3, 0xf2, 0x48, 0xcd, 0x80, 4, 0xc9, 0xc9, 0x07, 0x00]);
    assert_eq!(violations(&reading), []);
    assert!(reading.messages[0].compressed && reading.messages[0].complete);
    // A message may also go uncompressed, and is then judged.
    let reading = compressed(&[0x81, 1, 0xFF]);
    assert!(!reading.messages[0].compressed);
    assert_eq!(violations(&reading), [(0, Violation::NotUtf8)]);
    for stream in [&[0xC9, 0][..], &[0xC0, 0], &[0xC3, 0]] {
        let noted = violations(&compressed(stream));
        assert!(noted.contains(&(0, Violation::MisplacedCompression)), "{stream:02x?}: {noted:?}");
    }
}

#[test]
fn what_is_incomplete_is_told_so() {
    for head in [&[0x81][..], &[0x81, 0xFE], &[0x81, 0xFE, 1], &[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 9, 9, 9]] {
        let reading = read(Sender::Client, head);
        assert_eq!((reading.frames.len(), reading.incomplete_head), (0, head.len() as u64), "{head:02x?}");
        assert_eq!(reading.spans, [Span { start: 0, end: head.len() as u64, part: Part::Incomplete }]);
    }
    let reading = server(&[0x81, 5, b'H', b'e']);
    assert_eq!((reading.frames[0].is_complete(), reading.frames[0].payload.as_slice()), (false, &b"He"[..]));
    assert_eq!((reading.messages[0].complete, reading.incomplete_head), (false, 0));
    // Of a close frame what is there is told, and a code of which half is missing is not.
    let reading = server(&[0x88, 9, 0x03, 0xE8, b'o']);
    assert_eq!(reading.frames[0].close, Some(Close { code: Some(CloseCode(1000)), reason: "o".to_owned() }));
    let reading = server(&[0x88, 9, 0x03]);
    assert_eq!(reading.frames[0].close, Some(Close { code: None, reason: String::new() }));
    assert_eq!(violations(&reading), []);
}
