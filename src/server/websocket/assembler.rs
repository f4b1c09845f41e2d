//! From a client's bytes to messages: frames are unmasked where they lie, checked and inflated as they
//! arrive, and put together (RFC 6455 §5.4 to §5.6, RFC 7692 §6.2).

use bytes::{Buf, BytesMut};

use super::Violation;
use super::deflate::Inflater;
use super::extension::Deflate;
use super::frame::{self, Head, Opcode};
use crate::decode::utf8::Checker;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A whole message.
    Message(Kind, BytesMut),
    /// A ping with its payload.
    Ping(BytesMut),
    /// A pong; nothing needs to be done.
    Pong,
    /// A close with its code, if it has one.
    Close(Option<u16>),
}

/// Of which of the two kinds a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

impl Kind {
    /// The opcode of its first frame.
    pub(crate) fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

/// Puts frames together.
#[derive(Debug)]
pub(crate) struct Assembler {
    max_message: u64,
    frame: Option<Frame>,
    message: Option<Message>,
    /// For compressed messages, if they were agreed on.
    inflater: Option<Box<Inflater>>,
    /// Bytes of the frame heads of the message that is being, or was last, put together.
    framing: u64,
}

/// A frame whose head was read and whose payload is at the front of the input.
#[derive(Debug)]
struct Frame {
    head: Head,
    length: usize,
    /// Bytes of the payload that are unmasked and checked.
    done: usize,
}

/// A message of which frames are still to come.
#[derive(Debug)]
struct Message {
    kind: Kind,
    is_compressed: bool,
    /// The most bytes that it may have.
    max: u64,
    payload: BytesMut,
    checker: Checker,
}

impl Assembler {
    /// An assembler of messages of up to `max_message` bytes, which may be compressed if that was agreed
    /// on; then the limit is of what they are inflated to.
    pub(crate) fn new(max_message: u64, agreed: Option<Deflate>) -> Self {
        Self { max_message, frame: None, message: None, inflater: agreed.map(Inflater::new).map(Box::new), framing: 0 }
    }

    /// Takes the next event from the front of `input`, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// As soon as the bytes break a rule. The connection is to be closed then.
    pub(crate) fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Violation> {
        loop {
            if self.frame.is_none() {
                let Some((head, head_length)) = Head::read(input, self.inflater.is_some())? else {
                    return Ok(None);
                };
                input.advance(head_length);
                match head.opcode {
                    Opcode::Text | Opcode::Binary => self.framing = head_length as u64,
                    Opcode::Continuation => self.framing += head_length as u64,
                    Opcode::Ping | Opcode::Pong | Opcode::Close => {}
                }
                self.frame = Some(self.begin(head)?);
            }
            let Some(frame) = &mut self.frame else { return Ok(None) };
            let head = frame.head;
            let payload = match self.message.as_mut().filter(|_| !head.opcode.is_control()) {
                Some(message) => match self.inflater.as_mut().filter(|_| message.is_compressed) {
                    Some(inflater) => frame.inflate(input, inflater, message)?,
                    None => frame.take(input, |part| message.check(part))?,
                },
                None => frame.take(input, |_| Ok(()))?,
            };
            let Some(payload) = payload else { return Ok(None) };
            self.frame = None;
            if let Some(event) = self.end(head, payload)? {
                return Ok(Some(event));
            }
        }
    }

    /// Bytes of the heads of all frames of the message that was last completed.
    pub(crate) fn framing(&self) -> u64 {
        self.framing
    }

    /// For how many bytes more of the frame that has begun there must be room. What is inflated as it comes
    /// needs none.
    pub(crate) fn missing(&self) -> usize {
        let kept = self.frame.as_ref().filter(|_| self.message.as_ref().is_none_or(|message| !message.is_compressed));
        kept.map_or(0, |frame| frame.length - frame.done)
    }

    /// Checks a head against what came before it, and begins a message if it does.
    fn begin(&mut self, head: Head) -> Result<Frame, Violation> {
        let kind = match head.opcode {
            Opcode::Text => Some(Kind::Text),
            Opcode::Binary => Some(Kind::Binary),
            _ => None,
        };
        match (kind, &self.message) {
            (Some(_), Some(_)) => {
                return Err(Violation::protocol("a message begins before the one before it has ended"));
            }
            (None, None) if head.opcode == Opcode::Continuation => {
                return Err(Violation::protocol("a continuation without a message that it continues"));
            }
            (Some(kind), None) => {
                self.message = Some(Message {
                    kind,
                    is_compressed: head.is_compressed,
                    max: self.max_message,
                    payload: BytesMut::new(),
                    checker: Checker::new(),
                });
            }
            (None, _) => {}
        }
        // How large a compressed message is shows as it is inflated.
        if let Some(message) = self.message.as_ref().filter(|its| !head.opcode.is_control() && !its.is_compressed) {
            let before = message.payload.len() as u64;
            if before.saturating_add(head.length) > self.max_message {
                return Err(Violation::too_big(self.max_message));
            }
        }
        let length = usize::try_from(head.length).map_err(|_| Violation::too_big(self.max_message))?;
        Ok(Frame { head, length, done: 0 })
    }

    /// Takes in a frame that is complete.
    fn end(&mut self, head: Head, payload: BytesMut) -> Result<Option<Event>, Violation> {
        match head.opcode {
            Opcode::Ping => Ok(Some(Event::Ping(payload))),
            Opcode::Pong => Ok(Some(Event::Pong)),
            Opcode::Close => close_code(&payload).map(|code| Some(Event::Close(code))),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                if let Some(message) = self.message.as_mut().filter(|message| !message.is_compressed) {
                    message.append(payload);
                }
                if !head.is_final {
                    return Ok(None);
                }
                self.message.take().map(Message::end).transpose()
            }
        }
    }
}

impl Frame {
    /// Unmasks and checks what arrived of the payload, and takes it when it is whole.
    fn take(
        &mut self,
        input: &mut BytesMut,
        check: impl FnOnce(&[u8]) -> Result<(), Violation>,
    ) -> Result<Option<BytesMut>, Violation> {
        let arrived = input.len().min(self.length);
        let part = &mut input[self.done..arrived];
        frame::mask(part, self.head.key, self.done);
        self.done = arrived;
        check(part)?;
        Ok((arrived == self.length).then(|| input.split_to(self.length)))
    }

    /// Unmasks and inflates what arrived of the payload into its message. Nothing is left to be taken when
    /// it is whole.
    fn inflate(
        &mut self,
        input: &mut BytesMut,
        inflater: &mut Inflater,
        message: &mut Message,
    ) -> Result<Option<BytesMut>, Violation> {
        let arrived = input.len().min(self.length - self.done);
        let part = &mut input[..arrived];
        frame::mask(part, self.head.key, self.done);
        self.done += arrived;
        inflater.inflate(part, |inflated| message.append_inflated(inflated))?;
        input.advance(arrived);
        if self.done < self.length {
            return Ok(None);
        }
        if self.head.is_final {
            inflater.end(|inflated| message.append_inflated(inflated))?;
        }
        Ok(Some(BytesMut::new()))
    }
}

impl Message {
    fn check(&mut self, part: &[u8]) -> Result<(), Violation> {
        match self.kind {
            Kind::Text if self.checker.feed(part).is_some() => Err(Violation::not_utf8()),
            Kind::Text | Kind::Binary => Ok(()),
        }
    }

    fn append(&mut self, payload: BytesMut) {
        if self.payload.is_empty() {
            // The first frame is mostly the only one, and need not be copied.
            self.payload = payload;
        } else {
            self.payload.extend_from_slice(&payload);
        }
    }

    fn append_inflated(&mut self, part: &[u8]) -> Result<(), Violation> {
        self.check(part)?;
        if (self.payload.len() + part.len()) as u64 > self.max {
            return Err(Violation::too_big(self.max));
        }
        self.payload.extend_from_slice(part);
        Ok(())
    }

    fn end(self) -> Result<Event, Violation> {
        if !self.checker.is_whole() {
            return Err(Violation::not_utf8());
        }
        Ok(Event::Message(self.kind, self.payload))
    }
}

/// The code of a close frame (RFC 6455 §5.5.1 and §7.4).
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() {
            Ok(None)
        } else {
            Err(Violation::protocol("a close frame has one byte, which is no code"))
        };
    };
    let code = u16::from_be_bytes(*code);
    // 1004 to 1006 and 1015 are never sent; 1012 to 1014 are in the IANA registry; 3000 to 4999 are
    // for libraries, frameworks and applications.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::protocol("a close frame has a code that may not be sent"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Violation::not_utf8());
    }
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        frame::write_head(&mut frame, Opcode::Text, payload.len());
        frame[0] = first;
        frame[1] |= 0x80;
        frame.extend(KEY);
        let start = frame.len();
        frame.extend(payload);
        frame::mask(&mut frame[start..], KEY, 0);
        frame
    }

    /// All events of some bytes that arrive in parts of `size`, up to a violation's code.
    fn events(bytes: &[u8], size: usize) -> (Vec<Event>, Option<u16>) {
        events_of(Assembler::new(1000, None), bytes, size)
    }

    fn events_of(mut assembler: Assembler, bytes: &[u8], size: usize) -> (Vec<Event>, Option<u16>) {
        let mut input = BytesMut::new();
        let mut events = Vec::new();
        for part in bytes.chunks(size) {
            input.extend_from_slice(part);
            loop {
                match assembler.next(&mut input) {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(violation) => return (events, Some(violation.code)),
                }
            }
        }
        (events, None)
    }

    fn message(kind: Kind, payload: &[u8]) -> Event {
        Event::Message(kind, BytesMut::from(payload))
    }

    #[test]
    fn a_message_in_parts_with_a_ping_between_is_one_message() {
        let bytes = [frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x00, b""), frame(0x80, b"lo")].concat();
        let expected = vec![Event::Ping(BytesMut::from(&b"?"[..])), message(Kind::Text, b"Hello")];
        assert_eq!(events(&bytes, usize::MAX), (expected, None));
    }

    #[test]
    fn parts_out_of_order_break_the_protocol() {
        assert_eq!(events(&frame(0x80, b"lo"), 99).1, Some(1002));
        assert_eq!(events(&[frame(0x01, b"a"), frame(0x81, b"b")].concat(), 99).1, Some(1002));
    }

    #[test]
    fn a_message_that_is_too_big_is_refused_at_the_head_that_says_so() {
        assert_eq!(events(&frame(0x82, &[0; 1000]), 99).1, None);
        assert_eq!(events(&frame(0x82, &[0; 1001])[..8], 99).1, Some(1009));
        assert_eq!(events(&[frame(0x02, &[0; 999]), frame(0x80, &[0; 2])].concat(), 99).1, Some(1009));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_before_its_frame_is_complete() {
        let bytes = frame(0x81, b"abc\xff and more that never comes");
        assert_eq!(events(&bytes[..10], 1).1, Some(1007));
        assert_eq!(
            events(&[frame(0x01, b"\xce"), frame(0x80, b"\xba")].concat(), 1).0,
            [message(Kind::Text, "κ".as_bytes())]
        );
        assert_eq!(events(&frame(0x81, b"\xce"), 99).1, Some(1007));
    }

    #[test]
    fn close_codes_are_told_from_those_that_may_not_be_sent() {
        for code in [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999_u16] {
            assert_eq!(events(&frame(0x88, &code.to_be_bytes()), 99), (vec![Event::Close(Some(code))], None));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535_u16] {
            assert_eq!(events(&frame(0x88, &code.to_be_bytes()), 99).1, Some(1002), "{code}");
        }
        assert_eq!(events(&frame(0x88, b""), 99).0, [Event::Close(None)]);
        assert_eq!(events(&frame(0x88, b"\x03"), 99).1, Some(1002));
        assert_eq!(events(&frame(0x88, b"\x03\xe8\xff"), 99).1, Some(1007));
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in_however_they_are_cut(
            messages in prop::collection::vec((any::<bool>(), prop::collection::vec(".{0,20}", 1..4)), 0..5),
            size in 1_usize..40,
        ) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for (is_text, parts) in &messages {
                let kind = if *is_text { Kind::Text } else { Kind::Binary };
                for (at, part) in parts.iter().enumerate() {
                    let opcode = if at == 0 { kind.opcode() } else { Opcode::Continuation };
                    let is_final = at == parts.len() - 1;
                    bytes.extend(frame(opcode as u8 | if is_final { 0x80 } else { 0 }, part.as_bytes()));
                }
                expected.push(message(kind, parts.concat().as_bytes()));
            }
            prop_assert_eq!(events(&bytes, size), (expected, None));
        }

        #[test]
        fn any_bytes_are_messages_or_a_violation_with_compression_too(bytes: Vec<u8>, size in 1_usize..9) {
            let agreed =
                Deflate { server_no_context: false, client_no_context: false, server_bits: None, client_bits: None };
            let assembler = || Assembler::new(1000, Some(agreed));
            let framed = [frame(0x41, &bytes), frame(0x80, &bytes), bytes].concat();
            prop_assert_eq!(events_of(assembler(), &framed, size), events_of(assembler(), &framed, usize::MAX));
        }

        #[test]
        fn any_bytes_are_messages_or_a_violation_the_same_however_they_are_cut(bytes: Vec<u8>, size in 1_usize..9) {
            prop_assert_eq!(events(&bytes, size), events(&bytes, usize::MAX));
        }
    }
}
