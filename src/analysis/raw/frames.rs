//! Which frames carried a WebSocket message, and which one closed it.
//!
//! A connection keeps the order of what is sent on it, each way. So the first data message among the
//! frames is the first that the page sent, or received, and so on; and each is then compared with what the
//! page recorded: its kind, the turn that its envelope names, its length, its payload. A close frame needs no
//! place: each side sends one at most (RFC 6455 §5.5.1); its code and its reason are compared.

use super::{Missing, Taken, compresses, taken, why_not_here, why_not_told};
use crate::decode::Span;
use crate::decode::websocket::{Close, Decoder, Frame, Message as Found, Opcode, Part, Reading, Sender};
use crate::trace::{Connection, Direction, Kind, Message, MessageId, Raw, ServerTime, Trace};

/// So many frames of one message are taken apart; more would be a curiosity.
const MOST_FRAMES: usize = 64;

/// What carried a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its first frames, in order; of the last one some bytes may be missing.
    pub frames: Vec<CarriedFrame>,
    /// How many frames it has, as far as they are here.
    pub frame_count: usize,
    /// What all of its frames carry together, unmasked; compressed if the message is.
    pub payload: Vec<u8>,
    /// Where in `payload` the application's part begins, behind our envelope; `None` where that cannot be
    /// seen.
    pub application_from: Option<usize>,
    /// It is compressed (RFC 7692).
    pub compressed: bool,
    /// All of its bytes are here.
    pub complete: bool,
    /// How it is known that these are the frames.
    pub grounds: Grounds,
}

/// How it is known that these frames carried this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// They are in its place, and carry its payload, byte for byte as far as it is here.
    Payload,
    /// They are in its place and have its length; the page kept no copy of the payload.
    Length,
    /// They are in its place; what they carry cannot be compared: it is compressed, or too little of it
    /// is here.
    Order,
    /// It is its sender's close frame, and says what the page recorded: the same code and reason, or, where the
    /// page kept no copy of the reason, one as long.
    Close,
}

/// A frame as it crossed the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedFrame {
    /// What it says.
    pub frame: Frame,
    /// Its bytes, masked as they were sent.
    pub bytes: Vec<u8>,
    /// What each of these is; offsets count from its first byte.
    pub spans: Vec<Span<Part>>,
    /// The reads or writes that took it.
    pub taken: Vec<Taken>,
    /// Bytes of it that are not here.
    pub missing: u64,
}

/// The frames that carried a WebSocket message.
///
/// # Errors
/// When they cannot be had, or cannot be told with certainty.
pub fn carried(trace: &Trace, message: &Message) -> Result<Carried, Missing> {
    let connection = message.connection.and_then(|id| trace.connection(id));
    let Some(connection) = connection else { return Err(why_not_told(trace, message)) };
    let raw = raw(connection, message.direction).ok_or_else(|| why_not_told(trace, message))?;
    let reading = read(connection, message.direction, raw);
    if let Kind::Close { code } = message.kind {
        return close_frame(message, code, &reading, raw);
    }
    let place = place(trace, message);
    let Some(found) = reading.messages.get(place) else {
        return Err(if raw.missing() > 0 { why_not_here(raw) } else { Missing::NeverSeen });
    };
    let is_of_its_kind =
        matches!((message.kind, found.opcode), (Kind::Text, Opcode::Text) | (Kind::Binary, Opcode::Binary));
    if !is_of_its_kind {
        return Err(Missing::Differs);
    }
    let payload = reading.payload(found);
    // An envelope is one line: without its end there is nothing to compare.
    let is_told = found.complete || !connection.is_enveloped() || payload.contains(&b'\n');
    let (application_from, grounds) = if found.compressed || !is_told {
        (None, Grounds::Order)
    } else {
        let from = message.payload_in(&payload, connection.is_enveloped(), found.complete);
        let grounds = if message.copy.is_some() { Grounds::Payload } else { Grounds::Length };
        (Some(from.ok_or(Missing::Differs)?), grounds)
    };
    let stream = raw.bytes();
    let frames = found.frames.iter().take(MOST_FRAMES).filter_map(|&index| reading.frames.get(index));
    let frames = frames.map(|frame| CarriedFrame::of(frame, &reading, raw, &stream)).collect();
    Ok(Carried {
        frames,
        frame_count: found.frames.len(),
        payload,
        application_from,
        compressed: found.compressed,
        complete: found.complete,
        grounds,
    })
}

/// The close frame that a message of the record stands for.
fn close_frame(message: &Message, code: Option<u16>, reading: &Reading, raw: &Raw) -> Result<Carried, Missing> {
    let Some(frame) = reading.frames.iter().find(|frame| frame.opcode == Opcode::Close) else {
        return Err(if raw.missing() > 0 { why_not_here(raw) } else { Missing::NeverSeen });
    };
    let complete = frame.is_complete();
    let said = frame.close.as_ref().is_none_or(|close| says(close, message, code, complete));
    if !said {
        return Err(Missing::Differs);
    }
    Ok(Carried {
        frames: vec![CarriedFrame::of(frame, reading, raw, &raw.bytes())],
        frame_count: 1,
        payload: frame.payload.clone(),
        application_from: None,
        compressed: false,
        complete,
        grounds: Grounds::Close,
    })
}

/// Whether a close frame, as far as it is here, says what the page recorded.
fn says(close: &Close, message: &Message, code: Option<u16>, whole: bool) -> bool {
    if !whole {
        // Of a code that was cut in two nothing can be told.
        return close.code.is_none_or(|told| Some(told.0) == code);
    }
    let reason = match &message.copy {
        Some(copy) => close.reason.as_bytes() == copy.0,
        None => close.reason.len() as u64 == message.payload,
    };
    close.code.map(|told| told.0) == code && reason
}

/// The first frame each way behind the handshake, the page's and the server's, as far as they are here.
#[must_use]
pub fn first(connection: &Connection) -> [Option<CarriedFrame>; 2] {
    each_way(connection, |_| true)
}

/// The close frames of a WebSocket: the page's and the server's, as far as they are here.
#[must_use]
pub fn closing(connection: &Connection) -> [Option<CarriedFrame>; 2] {
    each_way(connection, |frame| frame.opcode == Opcode::Close)
}

/// The first frame of that kind each way.
fn each_way(connection: &Connection, wanted: impl Fn(&Frame) -> bool) -> [Option<CarriedFrame>; 2] {
    [Direction::ToServer, Direction::ToPage].map(|direction| {
        let raw = raw(connection, direction)?;
        let reading = read(connection, direction, raw);
        let found = reading.frames.iter().find(|frame| wanted(frame))?;
        Some(CarriedFrame::of(found, &reading, raw, &raw.bytes()))
    })
}

/// The pings and pongs that crossed a connection: which way, whether it is a ping, and when the server had read it, or
/// began to write it, on its own clock.
#[must_use]
pub fn pings_and_pongs(connection: &Connection) -> Vec<(Direction, bool, ServerTime)> {
    let mut all = Vec::new();
    for direction in [Direction::ToServer, Direction::ToPage] {
        let Some(raw) = raw(connection, direction) else { continue };
        let reading = read(connection, direction, raw);
        let control = reading.frames.iter().filter(|frame| matches!(frame.opcode, Opcode::Ping | Opcode::Pong));
        all.extend(control.filter_map(|frame| {
            let offset = if direction == Direction::ToServer { frame.end() - 1 } else { frame.start };
            Some((direction, frame.opcode == Opcode::Ping, taken(raw, offset, offset + 1).first()?.at))
        }));
    }
    all
}

/// When the server had read each message of a WebSocket whole, or began to write it, on its own clock. From the first
/// message on that cannot be told with certainty, none is told.
pub(in crate::analysis) fn server_times(trace: &Trace, connection: &Connection) -> Vec<(MessageId, ServerTime)> {
    let mut times = Vec::new();
    for direction in [Direction::ToServer, Direction::ToPage] {
        let Some(raw) = raw(connection, direction) else { continue };
        let reading = read(connection, direction, raw);
        let mut ends = Vec::with_capacity(raw.pieces.len());
        for piece in &raw.pieces {
            ends.push(ends.last().copied().unwrap_or(0) + piece.bytes.0.len() as u64);
        }
        let taken_at = |offset: u64| Some(raw.pieces.get(ends.partition_point(|&end| end <= offset))?.at);
        let told = data(trace, connection, direction).zip(&reading.messages).map_while(|(message, found)| {
            let frame = |index: Option<&usize>| reading.frames.get(*index?);
            let (first, last) = (frame(found.frames.first())?, frame(found.frames.last())?);
            let offset = if direction == Direction::ToServer { last.end() - 1 } else { first.start };
            is_found(message, found, connection, &reading).then_some((message.id, taken_at(offset)?))
        });
        times.extend(told);
    }
    times
}

/// What each message of a WebSocket carried, our envelope included, as far as that is here whole, is not compressed, and
/// is certainly that message.
#[must_use]
pub fn payloads(trace: &Trace, connection: &Connection) -> Vec<(MessageId, Vec<u8>)> {
    let mut all = Vec::new();
    for direction in [Direction::ToServer, Direction::ToPage] {
        let Some(raw) = raw(connection, direction) else { continue };
        let reading = read(connection, direction, raw);
        let pairs = data(trace, connection, direction).zip(&reading.messages);
        let certain =
            pairs.filter(|(message, found)| !found.compressed && is_found(message, found, connection, &reading));
        all.extend(certain.map(|(message, found)| (message.id, reading.payload(found))));
    }
    all
}

/// The data messages that went this way on a connection, in the order of the record.
fn data<'a>(trace: &'a Trace, on: &'a Connection, direction: Direction) -> impl Iterator<Item = &'a Message> {
    trace.messages.iter().filter(move |message| {
        let is_here = message.connection == Some(on.id) && message.direction == direction;
        is_here && matches!(message.kind, Kind::Text | Kind::Binary)
    })
}

/// What was found in a message's place is that message, whole.
fn is_found(message: &Message, found: &Found, connection: &Connection, reading: &Reading) -> bool {
    let is_of_its_kind =
        matches!((message.kind, found.opcode), (Kind::Text, Opcode::Text) | (Kind::Binary, Opcode::Binary));
    let carries_it =
        || message.payload_in(&reading.payload(found), connection.is_enveloped(), true).is_some() || found.compressed;
    is_of_its_kind && found.complete && carries_it()
}

impl CarriedFrame {
    /// A frame of a stream that was read.
    fn of(frame: &Frame, reading: &Reading, raw: &Raw, stream: &[u8]) -> Self {
        let (start, end) = (frame.start, frame.end());
        let first = reading.spans.partition_point(|span| span.start < start);
        let spans = reading.spans.iter().skip(first).take_while(|span| span.end <= end);
        let relative = |span: &Span<Part>| Span { start: span.start - start, end: span.end - start, part: span.part };
        Self {
            frame: frame.clone(),
            bytes: Span { start, end, part: () }.bytes(stream).unwrap_or_default().to_vec(),
            spans: spans.map(relative).collect(),
            taken: taken(raw, start, end),
            missing: frame.length - frame.payload.len() as u64,
        }
    }
}

fn raw(connection: &Connection, direction: Direction) -> Option<&Raw> {
    let frames = connection.frames.as_deref()?;
    match direction {
        Direction::ToServer => frames.to_server.as_ref(),
        Direction::ToPage => frames.to_page.as_ref(),
    }
}

fn read(connection: &Connection, direction: Direction, raw: &Raw) -> Reading {
    let sender = match direction {
        Direction::ToServer => Sender::Client,
        Direction::ToPage => Sender::Server,
    };
    let mut decoder = Decoder::new(sender, compresses(connection));
    raw.pieces.iter().for_each(|piece| decoder.feed(&piece.bytes.0));
    decoder.end()
}

/// How many data messages went the same way on the same connection before this one.
fn place(trace: &Trace, message: &Message) -> usize {
    let before = trace.messages.iter().take(message.id.0 as usize);
    let alike = |other: &&Message| {
        other.connection == message.connection
            && other.direction == message.direction
            && matches!(other.kind, Kind::Text | Kind::Binary)
    };
    before.filter(alike).count()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Story, capture, close_frame, connection, frame, upgrade};
    use super::*;
    use crate::trace::MessageId;

    const REASON: &str = "that was all";

    /// A message and its echo, then a close that the page asks for with 4001 and the server answers; what crossed is
    /// given.
    fn closed(to_server: &[u8], to_page: &[u8], missing: u64) -> Trace {
        let mut story = Story::of("closing");
        let (socket, number) = story.open("ws://127.0.0.1:9000/ws");
        story.echo(socket, b"hello");
        let asked = story.ask_close(socket, 4001, REASON);
        story.close_event(socket, 4001, REASON, true, Some(asked));
        let frames = |bytes, missing| {
            let mut capture = capture(&[(2_000, bytes)]).expect("a capture");
            capture.dropped = missing;
            Some(capture)
        };
        let exchange = upgrade(number, frames(to_server, missing), frames(to_page, missing));
        story.account(vec![connection(7, None, vec![exchange])]);
        story.finished()
    }

    fn close_messages(trace: &Trace) -> Vec<&Message> {
        trace.messages.iter().filter(|message| matches!(message.kind, Kind::Close { .. })).collect()
    }

    fn with_hello(close: &[u8], masked: bool) -> Vec<u8> {
        [frame(0x82, b"hello", masked).as_slice(), close].concat()
    }

    #[test]
    fn a_close_message_finds_its_frame_each_way() {
        let to_server = with_hello(&close_frame(4001, REASON, true), true);
        let to_page = with_hello(&close_frame(4001, REASON, false), false);
        let trace = closed(&to_server, &to_page, 0);
        let messages = close_messages(&trace);
        assert_eq!(messages.len(), 2);
        for message in messages {
            let carried = carried(&trace, message).expect("its frame is there");
            assert_eq!((carried.grounds, carried.complete, carried.frame_count), (Grounds::Close, true, 1));
            assert_eq!(carried.payload, [&4001u16.to_be_bytes(), REASON.as_bytes()].concat());
            assert_eq!(carried.frames[0].frame.masking_key.is_some(), message.direction == Direction::ToServer);
            assert_eq!(carried.frames[0].taken.iter().map(|taken| taken.at.0).collect::<Vec<_>>(), [2_000]);
        }
    }

    #[test]
    fn a_close_frame_that_says_something_else_is_not_taken_for_the_message() {
        let to_server = with_hello(&close_frame(1000, REASON, true), true);
        let to_page = with_hello(&close_frame(4001, "something else", false), false);
        let trace = closed(&to_server, &to_page, 0);
        for message in close_messages(&trace) {
            assert_eq!(carried(&trace, message), Err(Missing::Differs));
        }
    }

    #[test]
    fn without_a_copy_of_the_reason_its_length_is_compared() {
        let to_server = with_hello(&close_frame(4001, REASON, true), true);
        let to_page = with_hello(&close_frame(4001, "longer than that was all", false), false);
        let mut trace = closed(&to_server, &to_page, 0);
        trace.messages.iter_mut().for_each(|message| message.copy = None);
        let found: Vec<_> = close_messages(&trace).iter().map(|message| carried(&trace, message).map(|_| ())).collect();
        assert_eq!(found, [Ok(()), Err(Missing::Differs)]);
    }

    #[test]
    fn a_close_frame_that_never_crossed_or_was_not_kept_is_told_as_such() {
        let only_hello = frame(0x82, b"hello", true);
        for (missing, why) in [(0, Missing::NeverSeen), (20, Missing::Dropped(20))] {
            let trace = closed(&only_hello, &frame(0x82, b"hello", false), missing);
            for message in close_messages(&trace) {
                assert_eq!(carried(&trace, message), Err(why));
            }
        }
    }

    #[test]
    fn of_a_close_frame_that_was_cut_its_code_is_compared() {
        let whole = with_hello(&close_frame(4001, REASON, true), true);
        let trace = closed(&whole[..whole.len() - 3], &[], 3);
        let carried = carried(&trace, close_messages(&trace)[0]).expect("its beginning is there");
        assert!(!carried.complete);
        assert_eq!(carried.frames[0].missing, 3);
    }

    #[test]
    fn closing_takes_no_place_among_the_data() {
        let to_server = with_hello(&close_frame(4001, REASON, true), true);
        let mut trace = closed(&to_server, &[], 0);
        // The page's message may stand behind its close in the record, where callbacks came late.
        let message = trace.messages.iter().position(|message| message.kind == Kind::Binary).expect("a message");
        let mut late = trace.messages[message].clone();
        trace.messages[message].kind = Kind::Close { code: Some(4001) };
        late.id = MessageId(trace.messages.len() as u32);
        trace.messages.push(late.clone());
        assert_eq!(carried(&trace, &late).map(|carried| carried.grounds), Ok(Grounds::Payload));
    }

    #[test]
    fn the_first_frame_each_way_is_found() {
        let trace = closed(&with_hello(&[], true), &frame(0x89, b"ping", false), 0);
        let [page, server] = first(&trace.connections[0]).map(|frame| frame.expect("a frame"));
        assert_eq!((page.frame.opcode, server.frame.opcode), (Opcode::Binary, Opcode::Ping));
    }
}
