//! Every kind of message has its sentence, every close code and every field of a frame what it means.

use crate::analysis::raw::{CarriedFrame, Field, FieldName, Glyph, Step, head};
use crate::decode::websocket::{CloseCode, Decoder, Sender};
use crate::trace::{Asked, Cause, Direction, Failing, Fate, Inference, Kind, Message, Recorder, Speaks, Time, testing};
use crate::words::inspector;

/// A message of some kind, in which nothing is special.
fn message(kind: Kind, direction: Direction) -> Message {
    let mut recorder = Recorder::default();
    let request = recorder.request(&Asked { method: "GET", path: "/echo", ..Asked::default() });
    let trace = testing::told(testing::circumstances("exchange", Speaks::Duplex), &mut recorder);
    Message { kind, direction, ..trace.message(request).expect("it was recorded").clone() }
}

/// One or more of each kind: with one missing, the match is not exhaustive.
fn every_kind() -> Vec<Message> {
    use Direction::{ToPage, ToServer};
    #[allow(clippy::match_same_arms, reason = "it is there to be exhaustive")]
    const fn each_is_here(kind: Kind) {
        match kind {
            Kind::Request | Kind::Response { .. } | Kind::Handshake | Kind::SwitchingProtocols => {}
            Kind::Binary | Kind::Text | Kind::Event | Kind::Close { .. } => {}
        }
    }
    let mut all = vec![
        message(Kind::Request, ToServer),
        message(Kind::Handshake, ToServer),
        message(Kind::SwitchingProtocols, ToPage),
        message(Kind::Event, ToPage),
    ];
    for direction in [ToServer, ToPage] {
        all.extend([Kind::Binary, Kind::Text].map(|kind| message(kind, direction)));
        all.extend([None, Some(1000), Some(4001)].map(|code| message(Kind::Close { code }, direction)));
    }
    all.extend((100..600).map(|status| message(Kind::Response { status }, ToPage)));
    all.push(Message { preflight: true, ..message(Kind::Request, ToServer) });
    all.push(Message { retries: Some(all[0].id), ..message(Kind::Request, ToServer) });
    all.push(Message {
        media_type: Some("text/event-stream".into()),
        ..message(Kind::Response { status: 200 }, ToPage)
    });
    all.iter().for_each(|message| each_is_here(message.kind));
    all
}

fn is_sentence(text: &str) {
    assert!(text.starts_with(char::is_uppercase) || text.starts_with('“'), "{text}");
    assert!(text.ends_with(['.', ')', '”']) && !text.contains("  ") && !text.contains(".."), "{text}");
    assert!(text.len() > 20, "{text}");
}

#[test]
fn no_kind_of_message_is_without_a_sentence() {
    for message in every_kind() {
        is_sentence(&inspector::explanation(&message));
    }
}

#[test]
fn a_message_that_nobody_asked_for_is_told_from_an_answer() {
    let unasked = message(Kind::Text, Direction::ToPage);
    let answer = Message { answers: Some(unasked.id), ..unasked.clone() };
    assert!(inspector::explanation(&unasked).contains("speaks first"));
    assert!(!inspector::explanation(&answer).contains("speaks first"));
}

#[test]
fn what_did_not_arrive_or_failed_is_said_and_nothing_else() {
    let sent = message(Kind::Request, Direction::ToServer);
    let with = |fate| Message { fate, ..sent.clone() };
    assert_eq!(inspector::fate(&with(Fate::Delivered), true), None);
    let said =
        [Fate::InFlight, Fate::Unanswered, Fate::Broken, Fate::Lost].map(|fate| inspector::fate(&with(fate), true));
    said.iter().for_each(|said| is_sentence(said.as_deref().expect("a sentence")));
    let failing = Failing { at: Time(1), cause: Cause::NoAnswer, inferred_from: Inference::ProbeFailed };
    let failed = Message { failing: Some(Box::new(failing)), ..sent.clone() };
    assert!(inspector::fate(&failed, true).is_some_and(|said| said.contains("not running")));
    let twice = Message { arrivals: Some(2), ..with(Fate::Delivered) };
    assert!(inspector::fate(&twice, true).is_some_and(|said| said.contains("2 times")));
}

#[test]
fn every_close_code_has_a_name_a_meaning_and_the_range_that_it_is_in() {
    for code in [0, 999, 1000, 1006, 1012, 2999, 3000, 3500, 3999, 4000, 4999, 5000, u16::MAX] {
        let [name, meaning, range] = inspector::close_code(code);
        assert!(!name.is_empty(), "{code}");
        is_sentence(&meaning);
        is_sentence(&range);
        assert_eq!(range.contains("may not stand"), !CloseCode(code).may_be_sent(), "{code}");
        let bounds = range.split(' ').nth(1).and_then(|bounds| bounds.split_once('–'));
        if let Some((first, last)) = bounds {
            let bounds = first.parse().expect("a code")..=last.parse::<u16>().expect("a code");
            assert!(bounds.contains(&code), "{code}: {range}");
        } else {
            assert!(code >= 5000, "{code}: {range}");
        }
    }
}

#[test]
fn every_field_of_every_head_has_a_name_and_a_meaning() {
    for bytes in
        [&[0x81, 0x85, 1, 2, 3, 4, 5][..], &[0x42, 126, 1, 0], &[0xb9, 127, 0, 0, 0, 0, 0, 1, 0, 0], &[0x30, 0]]
    {
        let mut decoder = Decoder::new(Sender::Client, false);
        decoder.feed(bytes);
        let frame = decoder.end().frames[0].clone();
        let fields: Vec<Field> = head(&frame);
        let carried = CarriedFrame { frame, bytes: bytes.to_vec(), spans: Vec::new(), taken: Vec::new(), missing: 0 };
        for field in &fields {
            let [name, value, meaning] = inspector::head_field(field, &carried);
            assert_eq!(name, inspector::field_name(field.name));
            assert!(meaning.starts_with(char::is_uppercase) && meaning.ends_with('.'), "{meaning}");
            match field.name {
                FieldName::MaskingKey => assert_eq!(value, "01 02 03 04"),
                _ => assert_eq!(value, field.value.to_string()),
            }
            // What stands in a box is no wider than the box, at 10 pixels a bit and 6.1 a letter.
            let letters = inspector::in_its_box(field, carried.frame.opcode).chars().count() as f64;
            assert!(letters * 6.1 <= f64::from(field.width.min(16)) * 10.3, "{name}");
        }
    }
}

#[test]
fn a_step_is_told_with_all_three_bytes() {
    let step = Step { index: 5, masked: 0x9f, key_place: 1, key: 0xfa, plain: 0x65 };
    let told = inspector::unmasking_step(&step, 12, Glyph::Character('e'));
    assert_eq!(told, "Byte 5 of 12: 9f XOR fa (byte 5 mod 4 = 1 of the key) is 65, “e”.");
    assert!(inspector::glyph_in_its_box(Glyph::NoText).chars().count() <= 4);
}
