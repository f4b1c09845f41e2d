//! WebSocket frames in general: any bytes, any cuts, and what a writer wrote.

use duplex::decode::websocket::{Decoder, LengthForm, Opcode, Reading, Sender};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{assert_covers, pieces};

fn read<'a>(mut decoder: Decoder, parts: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    parts.into_iter().for_each(|part| decoder.feed(part));
    decoder.end()
}

#[derive(Clone, Debug)]
struct Written {
    first: u8,
    form: LengthForm,
    key: Option<[u8; 4]>,
    payload: Vec<u8>,
}

fn written() -> impl Strategy<Value = Written> {
    let payload = prop_oneof![
        20 => prop::collection::vec(any::<u8>(), 0..130),
        5 => any::<String>().prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 130..700),
        1 => (65_530_usize..65_540, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ];
    let forms = select(vec![LengthForm::Bits7, LengthForm::Bits16, LengthForm::Bits64]);
    (any::<u8>(), forms, any::<Option<[u8; 4]>>(), payload).prop_map(|(first, form, key, payload)| {
        let form = match (form, payload.len()) {
            (LengthForm::Bits7, 0..=125) => LengthForm::Bits7,
            (LengthForm::Bits7 | LengthForm::Bits16, 0..=65_535) => LengthForm::Bits16,
            _ => LengthForm::Bits64,
        };
        Written { first, form, key, payload }
    })
}

impl Written {
    fn write(&self, out: &mut Vec<u8>) {
        let mask_bit = if self.key.is_some() { 0x80 } else { 0 };
        let length = self.payload.len();
        out.push(self.first);
        match self.form {
            LengthForm::Bits7 => out.push(mask_bit | u8::try_from(length).expect("up to 125")),
            LengthForm::Bits16 => {
                out.push(mask_bit | 126);
                out.extend_from_slice(&u16::try_from(length).expect("up to 65,535").to_be_bytes());
            }
            LengthForm::Bits64 => {
                out.push(mask_bit | 127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        out.extend(self.key.iter().flatten());
        let key = self.key.unwrap_or_default();
        out.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_covered_and_read_the_same_however_they_are_cut(
        stream in prop_oneof![
            any::<Vec<u8>>(),
            // Short frames of all kinds, so that many follow one another.
            prop::collection::vec((any::<u8>(), 0_u8..6, any::<[u8; 5]>()), 0..12).prop_map(|frames| {
                frames.iter().flat_map(|(first, length, rest)| [&[*first, *length][..], rest].concat()).collect()
            }),
        ],
        cuts: Vec<Index>, from_client: bool, compression: bool,
    ) {
        let sender = if from_client { Sender::Client } else { Sender::Server };
        let decoder = Decoder::new(sender, compression);
        let whole = read(decoder.clone(), [stream.as_slice()]);
        assert_covers(&whole.spans, stream.len());
        prop_assert_eq!(&read(decoder.clone(), pieces(&stream, &cuts)), &whole);
        prop_assert_eq!(&read(decoder, stream.chunks(1)), &whole);
        // Heads and payloads are all there is.
        let bytes: u64 = whole.frames.iter().map(|frame| frame.head_bytes() + frame.payload.len() as u64).sum();
        prop_assert_eq!(bytes + whole.incomplete_head, stream.len() as u64);
    }

    #[test]
    fn what_was_written_is_read(frames in prop::collection::vec(written(), 0..6), cuts: Vec<Index>) {
        let mut stream = Vec::new();
        frames.iter().for_each(|frame| frame.write(&mut stream));
        let reading = read(Decoder::new(Sender::Client, false), pieces(&stream, &cuts));
        assert_covers(&reading.spans, stream.len());
        prop_assert_eq!(reading.frames.len(), frames.len());
        let mut start = 0;
        for (read, written) in reading.frames.iter().zip(&frames) {
            prop_assert_eq!((read.start, read.is_complete()), (start, true));
            start = read.end();
            prop_assert_eq!(read.is_final, written.first & 0x80 != 0);
            prop_assert_eq!(read.reserved, [0x40, 0x20, 0x10].map(|bit| written.first & bit != 0));
            prop_assert_eq!(read.opcode, Opcode::of(written.first));
            prop_assert_eq!(read.opcode.number(), written.first & 0x0F);
            prop_assert_eq!(read.length_form, written.form);
            prop_assert_eq!(read.masking_key, written.key);
            prop_assert_eq!(&read.payload, &written.payload);
        }
        prop_assert_eq!(start, stream.len() as u64);
    }

    #[test]
    fn a_text_is_judged_as_the_standard_library_judges_it(
        text in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)], cuts: Vec<Index>,
    ) {
        let parts = pieces(&text, &cuts);
        let last = parts.len() - 1;
        let mut stream = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let first = u8::from(index == 0) | if index == last { 0x80 } else { 0 };
            Written { first, form: LengthForm::Bits16, key: None, payload: part.to_vec() }.write(&mut stream);
        }
        let reading = read(Decoder::new(Sender::Server, false), [stream.as_slice()]);
        prop_assert_eq!(reading.messages.len(), 1);
        prop_assert_eq!(reading.payload(&reading.messages[0]), text.clone());
        prop_assert_eq!(reading.messages[0].not_utf8_at.is_none(), std::str::from_utf8(&text).is_ok());
    }
}
