//! The decoder: a head is gathered until it is whole, the payload is read as it comes.

use super::{Close, CloseCode, Frame, LengthForm, Message, Opcode, Part, Reading, Sender, Violation};
use crate::decode::utf8::Checker;
use crate::decode::{extend, push};

/// The longest payload of a control frame (RFC 6455 §5.5).
const LONGEST_CONTROL: u64 = 125;

/// Decodes the frames of one direction.
///
/// ```
/// use duplex::decode::websocket::{Decoder, Opcode, Sender};
///
/// let mut decoder = Decoder::new(Sender::Server, false);
/// decoder.feed(b"\x81\x05Hel");
/// decoder.feed(b"lo");
/// let reading = decoder.end();
/// assert_eq!(reading.frames[0].opcode, Opcode::Text);
/// assert_eq!(reading.frames[0].payload, b"Hello");
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    sender: Sender,
    compression: bool,
    /// Where the first byte is that is not among the spans.
    at: u64,
    /// The bytes from there on: of a head that is not complete.
    head: Vec<u8>,
    /// Bytes of the last frame's payload that are to come.
    left: u64,
    /// The message that is not complete, as an index.
    open: Option<usize>,
    /// How its text reads until now.
    text: Checker,
    closed: bool,
    reading: Reading,
}

impl Decoder {
    /// For what `sender` sends behind the opening handshake. With `compression`, permessage-deflate was
    /// agreed on (RFC 7692), and RSV1 marks messages that are compressed.
    #[must_use]
    pub fn new(sender: Sender, compression: bool) -> Self {
        let (head, text, reading) = (Vec::new(), Checker::new(), Reading::default());
        Self { sender, compression, at: 0, head, left: 0, open: None, text, closed: false, reading }
    }

    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Each step takes at least one byte.
            let taken = if self.left > 0 { self.payload(bytes) } else { self.gather(bytes) };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// What was read until now.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Ends the stream, for whatever reason: what is incomplete is told so, and a connection that ends
    /// without a close frame breaks no rule of framing.
    #[must_use]
    pub fn end(mut self) -> Reading {
        push(&mut self.reading.spans, self.at, self.head.len(), Part::Incomplete);
        self.reading.incomplete_head = self.head.len() as u64;
        if let Some(frame) = self.reading.frames.last_mut()
            && frame.opcode == Opcode::Close
            && frame.close.is_none()
        {
            frame.close = Some(said(&frame.payload));
        }
        self.reading
    }

    /// Takes bytes of a head, and reads it once it is whole.
    fn gather(&mut self, bytes: &[u8]) -> usize {
        let lacking = head_bytes(&self.head).saturating_sub(self.head.len());
        let taken = bytes.get(..lacking).unwrap_or(bytes);
        self.head.extend_from_slice(taken);
        // With its second byte a head may turn out to be longer.
        if self.head.len() == head_bytes(&self.head) {
            let head = std::mem::take(&mut self.head);
            if let [first, second, rest @ ..] = head.as_slice() {
                self.begin(*first, *second, rest);
            }
        }
        taken.len()
    }

    fn begin(&mut self, first: u8, second: u8, rest: &[u8]) {
        let start = self.at;
        let length_form = LengthForm::of(second);
        let (extended, key) = rest.split_at_checked(length_form.extended_bytes()).unwrap_or((rest, &[]));
        let length = match length_form {
            LengthForm::Bits7 => u64::from(second & 0x7F),
            LengthForm::Bits16 | LengthForm::Bits64 => {
                extended.iter().fold(0, |length, &byte| length << 8 | u64::from(byte))
            }
        };
        for (count, part) in [
            (1, Part::FinAndOpcode),
            (1, Part::MaskAndLength),
            (extended.len(), Part::ExtendedLength),
            (key.len(), Part::MaskingKey),
        ] {
            push(&mut self.reading.spans, self.at, count, part);
            self.at += count as u64;
        }
        let mut frame = Frame {
            start,
            is_final: first & 0x80 != 0,
            reserved: [first & 0x40 != 0, first & 0x20 != 0, first & 0x10 != 0],
            opcode: Opcode::of(first),
            length_form,
            length,
            masking_key: key.try_into().ok(),
            payload: Vec::new(),
            close: None,
            violations: Vec::new(),
        };
        self.judge_head(&mut frame);
        self.place(&mut frame);
        self.left = length;
        self.reading.frames.push(frame);
        if length == 0 {
            self.complete();
        }
    }

    /// Notes what the head alone shows.
    fn judge_head(&self, frame: &mut Frame) {
        let is_control = frame.opcode.is_control();
        let begins = matches!(frame.opcode, Opcode::Text | Opcode::Binary);
        let [rsv1, rsv2, rsv3] = frame.reserved;
        let broken = [
            (self.closed, Violation::AfterClose),
            (rsv1 && !self.compression, Violation::ReservedBit(1)),
            (rsv1 && self.compression && !begins, Violation::MisplacedCompression),
            (rsv2, Violation::ReservedBit(2)),
            (rsv3, Violation::ReservedBit(3)),
            (frame.opcode.is_reserved(), Violation::ReservedOpcode),
            (is_control && !frame.is_final, Violation::FragmentedControl),
            (self.sender == Sender::Client && frame.masking_key.is_none(), Violation::NotMasked),
            (self.sender == Sender::Server && frame.masking_key.is_some(), Violation::Masked),
            (is_control && frame.length > LONGEST_CONTROL, Violation::LongControl),
            (frame.length < frame.length_form.smallest(), Violation::LengthNotMinimal),
            (frame.length >> 63 != 0, Violation::LengthHighestBit),
        ];
        frame.violations.extend(broken.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, violation)| violation));
    }

    /// Puts a data frame into its message.
    fn place(&mut self, frame: &mut Frame) {
        let index = self.reading.frames.len();
        match frame.opcode {
            Opcode::Text | Opcode::Binary => {
                if self.open.is_some() {
                    frame.violations.push(Violation::MessageWithinMessage);
                }
                let [compressed, ..] = frame.reserved.map(|bit| bit && self.compression);
                self.open = Some(self.reading.messages.len());
                self.text = Checker::new();
                let (opcode, frames) = (frame.opcode, vec![index]);
                self.reading.messages.push(Message { opcode, frames, compressed, complete: false, not_utf8_at: None });
            }
            Opcode::Continuation => match self.open.and_then(|open| self.reading.messages.get_mut(open)) {
                Some(message) => message.frames.push(index),
                None => frame.violations.push(Violation::ContinuationOfNothing),
            },
            Opcode::Close => self.closed = true,
            _ => {}
        }
    }

    /// Takes bytes of the last frame's payload.
    fn payload(&mut self, bytes: &[u8]) -> usize {
        let Some(frame) = self.reading.frames.last_mut() else { return bytes.len() };
        let read = frame.payload.len();
        let (part, longest) = match (frame.opcode, read) {
            (Opcode::Close, 0 | 1) => (Part::CloseCode, 2 - read),
            (Opcode::Close, _) => (Part::CloseReason, usize::MAX),
            _ => (Part::Payload, usize::MAX),
        };
        let longest = longest.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let taken = bytes.get(..longest).unwrap_or(bytes);
        match frame.masking_key {
            Some(key) => {
                let key = key.iter().cycle().skip(read % key.len());
                frame.payload.extend(taken.iter().zip(key).map(|(byte, key)| byte ^ key));
            }
            None => frame.payload.extend_from_slice(taken),
        }
        if matches!(frame.opcode, Opcode::Text | Opcode::Continuation)
            && let Some(message) = self.open.and_then(|open| self.reading.messages.get_mut(open))
            && is_judged(message)
            && let Some(wrong) = self.text.feed(frame.payload.get(read..).unwrap_or_default())
        {
            message.not_utf8_at = Some(self.at + wrong as u64);
            frame.violations.push(Violation::NotUtf8);
        }
        extend(&mut self.reading.spans, self.at, taken.len(), part);
        self.at += taken.len() as u64;
        self.left -= taken.len() as u64;
        if self.left == 0 {
            self.complete();
        }
        taken.len()
    }

    /// The last frame is whole.
    fn complete(&mut self) {
        let Some(frame) = self.reading.frames.last_mut() else { return };
        if frame.opcode == Opcode::Close {
            judge_close(frame);
        }
        let ends_message = frame.is_final && !frame.opcode.is_control() && !frame.opcode.is_reserved();
        if !ends_message {
            return;
        }
        let Some(message) = self.open.take().and_then(|open| self.reading.messages.get_mut(open)) else { return };
        message.complete = true;
        if is_judged(message) && !self.text.is_whole() {
            message.not_utf8_at = Some(self.at);
            frame.violations.push(Violation::NotUtf8);
        }
    }
}

/// Whether it is of interest if a message's next bytes are UTF-8.
fn is_judged(message: &Message) -> bool {
    message.opcode == Opcode::Text && !message.compressed && message.not_utf8_at.is_none()
}

/// How long a head is that begins like this: 2 bytes until the second is known, 14 at most.
fn head_bytes(head: &[u8]) -> usize {
    let Some(&second) = head.get(1) else { return 2 };
    2 + LengthForm::of(second).extended_bytes() + if second & 0x80 == 0 { 0 } else { 4 }
}

/// Reads a close frame's payload.
fn said(payload: &[u8]) -> Close {
    match payload {
        [high, low, reason @ ..] => Close {
            code: Some(CloseCode(u16::from_be_bytes([*high, *low]))),
            reason: String::from_utf8_lossy(reason).into_owned(),
        },
        _ => Close { code: None, reason: String::new() },
    }
}

fn judge_close(frame: &mut Frame) {
    let close = said(&frame.payload);
    if frame.payload.len() == 1 {
        frame.violations.push(Violation::CloseOfOneByte);
    }
    if let Some(code) = close.code.filter(|code| !code.may_be_sent()) {
        frame.violations.push(Violation::CloseCode(code));
    }
    if std::str::from_utf8(frame.payload.get(2..).unwrap_or_default()).is_err() {
        frame.violations.push(Violation::ReasonNotUtf8);
    }
    frame.close = Some(close);
}
