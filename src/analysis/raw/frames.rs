//! Which frames carried a WebSocket message.
//!
//! A connection keeps the order of what is sent on it, each way. So the first data message among the
//! frames is the first that the page sent, or received, and so on; and each is then compared with what the
//! page recorded: its kind, the turn that its envelope names, its length, its payload.

use super::{Missing, Taken, compresses, taken, why_not_here, why_not_told};
use crate::decode::Span;
use crate::decode::websocket::{Decoder, Frame, Message as Found, Opcode, Part, Reading, Sender};
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

/// The close frames of a WebSocket: the page's and the server's, as far as they are here.
#[must_use]
pub fn closing(connection: &Connection) -> [Option<CarriedFrame>; 2] {
    [Direction::ToServer, Direction::ToPage].map(|direction| {
        let raw = raw(connection, direction)?;
        let reading = read(connection, direction, raw);
        let close = reading.frames.iter().find(|frame| frame.opcode == Opcode::Close)?;
        Some(CarriedFrame::of(close, &reading, raw, &raw.bytes()))
    })
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
        let data = |message: &&Message| {
            let is_here = message.connection == Some(connection.id) && message.direction == direction;
            is_here && matches!(message.kind, Kind::Text | Kind::Binary)
        };
        let told = trace.messages.iter().filter(data).zip(&reading.messages).map_while(|(message, found)| {
            let frame = |index: Option<&usize>| reading.frames.get(*index?);
            let (first, last) = (frame(found.frames.first())?, frame(found.frames.last())?);
            let offset = if direction == Direction::ToServer { last.end() - 1 } else { first.start };
            is_found(message, found, connection, &reading).then_some((message.id, taken_at(offset)?))
        });
        times.extend(told);
    }
    times
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
        other.connection == message.connection && other.direction == message.direction && !other.kind.is_opening()
    };
    before.filter(alike).count()
}
