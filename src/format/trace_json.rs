//! The trace file: a run as JSON, complete, versioned, and read back exactly.
//!
//! `{"format":"duplex-trace","version":1,"trace":{…}}`, where `trace` is a [`Trace`] field by field.
//! `docs/trace-format.md` describes it for other programs.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::trace::{ClockFit, Connection, Kind, Message, Moment, Phases, Raw, ServerTime, Time, Trace};

/// What the field `format` says.
pub const FORMAT: &str = "duplex-trace";

/// The version that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// Why a file cannot be read as a trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// It is no JSON, or ends too early.
    #[error("this is no complete JSON file: {0}")]
    NotJson(String),
    /// It is JSON, but no trace file.
    #[error("this is no trace file: its field “format” should say “{FORMAT}”")]
    NotATrace,
    /// It was written by a newer version.
    #[error("this trace file has version {0}; this page reads up to version {VERSION}: open it with a newer Duplex")]
    TooNew(u32),
    /// It is a trace file, but something in it is wrong.
    #[error("this trace file is damaged: {0}")]
    Damaged(String),
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    trace: &'a Trace,
}

#[derive(Deserialize)]
struct Whole {
    format: String,
    version: u32,
    trace: Trace,
}

#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct Body {
    trace: Trace,
}

/// A trace as the text of a file.
///
/// # Errors
/// When the trace cannot be expressed in JSON, which no trace of this version does.
pub fn write(trace: &Trace) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written { format: FORMAT, version: VERSION, trace })
}

/// Reads a file's text back.
///
/// # Errors
/// When it is no trace file of a version that is known, or contradicts itself.
pub fn read(text: &str) -> Result<Trace, FileError> {
    // Where all is well, which it nearly always is, a long text is gone through once.
    if let Ok(Whole { format, version: VERSION, trace }) = serde_json::from_str(text)
        && format == FORMAT
    {
        check(&trace)?;
        return Ok(trace);
    }
    // Something is wrong. Only the head is looked at first, and all else passed over.
    let head: Head = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => FileError::NotATrace,
        _ => FileError::NotJson(error.to_string()),
    })?;
    if head.format.as_deref() != Some(FORMAT) {
        return Err(FileError::NotATrace);
    }
    match head.version {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(FileError::TooNew(newer)),
        _ => return Err(FileError::Damaged("its field “version” should be a number from 1".into())),
    }
    let body: Body = serde_json::from_str(text).map_err(|error| FileError::Damaged(error.to_string()))?;
    check(&body.trace)?;
    Ok(body.trace)
}

/// The greatest time in µs, and the greatest count of bytes, that a trace can hold: all whole numbers up
/// to here are exact in a JSON number.
const MOST: i64 = 1 << 53;

/// What holds of every trace that was recorded, and what drawing and counting rely on.
pub(super) fn check(trace: &Trace) -> Result<(), FileError> {
    circumstances(trace).map_err(|what| FileError::Damaged(what.to_owned()))?;
    for (place, connection) in trace.connections.iter().enumerate() {
        let ends = [connection.asked, connection.accepted, connection.opened];
        let closed = connection.closed.as_ref().map(|closed| closed.at);
        let in_order = connection.id.0 as usize == place;
        problem(in_order, ends.into_iter().chain(closed), "connection", place)?;
        connection_of(connection).map_err(|what| FileError::Damaged(format!("connection {place} {what}")))?;
    }
    for (place, message) in trace.messages.iter().enumerate() {
        let head = message.head.map(Moment::Page);
        let phases = message.phases.as_deref().into_iter().flat_map(phase_times);
        let failing = message.failing.as_deref().map(|failing| failing.at);
        let others = phases.chain(message.pieces.iter().map(|(at, _)| *at)).chain(failing).map(Moment::Page);
        let times = [message.sent, message.received].into_iter().chain(head).chain(others);
        problem(message.id.0 as usize == place, times, "message", place)?;
        message_of(trace, message).map_err(|what| FileError::Damaged(format!("message {place} {what}")))?;
    }
    // Parts are named by numbers of 16 bits.
    if trace.parts.len() > usize::from(u16::MAX) + 1 {
        return Err(FileError::Damaged("it has more parts than can be named".into()));
    }
    for (place, part) in trace.parts.iter().enumerate() {
        let in_order = place == 0 || trace.parts[place - 1].from <= part.from;
        problem(in_order, [Moment::Page(part.from)], "part", place)?;
    }
    for (place, mark) in trace.marks.iter().enumerate() {
        let in_order = mark.from <= mark.until;
        problem(in_order, [Moment::Page(mark.from), Moment::Page(mark.until)], "mark", place)?;
    }
    // Whoever picks a message has these decoded.
    if trace.raw_bytes() > Raw::MAX {
        return Err(FileError::Damaged(format!("it has more than {} raw bytes", Raw::MAX)));
    }
    Ok(())
}

fn connection_of(connection: &Connection) -> Result<(), &'static str> {
    let frames = connection.frames.as_deref();
    frames.into_iter().flat_map(|frames| [&frames.to_server, &frames.to_page]).flatten().try_for_each(raw)?;
    let possible = |(from, until): (ServerTime, ServerTime)| 0 <= from.0 && from <= until && until.0 <= MOST;
    if !connection.emulated_handshake.is_none_or(possible) {
        return Err("has an emulated handshake that ends before it begins");
    }
    let bytes = connection.bytes.map(|bytes| bytes.to_server.max(bytes.to_page));
    if bytes.is_some_and(|count| count > MOST.cast_unsigned()) {
        return Err("has a count of bytes that no connection has");
    }
    if connection.client > exchange_messages::MOST {
        return Err("belongs to a client that no run has");
    }
    Ok(())
}

fn raw(raw: &Raw) -> Result<(), &'static str> {
    if !raw.pieces.iter().all(|piece| (0..=MOST).contains(&piece.at.0)) {
        return Err("has raw bytes with a time that no clock shows");
    }
    if raw.dropped.max(raw.left_out) > MOST.cast_unsigned() {
        return Err("misses more raw bytes than there can be");
    }
    Ok(())
}

fn problem(in_order: bool, times: impl IntoIterator<Item = Moment>, what: &str, place: usize) -> Result<(), FileError> {
    let possible = |moment| match moment {
        Moment::Page(Time(at)) | Moment::Server(ServerTime(at)) => (0..=MOST).contains(&at),
        Moment::Unknown => true,
    };
    if !in_order {
        return Err(FileError::Damaged(format!("{what} {place} is out of order")));
    }
    if !times.into_iter().all(possible) {
        return Err(FileError::Damaged(format!("{what} {place} has a time that no clock shows")));
    }
    Ok(())
}

fn circumstances(trace: &Trace) -> Result<(), &'static str> {
    let known = &trace.circumstances;
    let messages = known.parameters.iter().find(|(name, _)| name == exchange_messages::NAME);
    let asked = messages.map(|(_, value)| value.parse::<u32>());
    if !asked.is_none_or(|asked| asked.is_ok_and(|asked| (1..=exchange_messages::MOST).contains(&asked))) {
        return Err("its parameter “messages” is out of range");
    }
    if !(0..=MOST).contains(&known.origin.0) || !(1..=1_000_000).contains(&known.resolution.0) {
        return Err("its circumstances name a clock that there is not");
    }
    let fits = |fit: &ClockFit| {
        fit.offset.abs().0 <= MOST && (0..=MOST).contains(&fit.uncertainty.0) && fit.drift_ppm.abs() <= 10_000.0
    };
    if trace.forgotten > MOST.cast_unsigned() {
        return Err("it says that more exchanges were forgotten than there can be");
    }
    if !trace.clocks.iter().all(|(_, fit)| fits(fit)) {
        return Err("its clocks cannot be brought together so");
    }
    Ok(())
}

/// What the format says of the parameter `messages`, whichever lab wrote it.
mod exchange_messages {
    pub(super) const NAME: &str = "messages";
    pub(super) const MOST: u32 = 100_000;
}

fn message_of(trace: &Trace, message: &Message) -> Result<(), &'static str> {
    let bytes = [Some(message.payload), message.overhead, message.instrument];
    if bytes.into_iter().flatten().any(|count| count > MOST.cast_unsigned()) {
        return Err("has a count of bytes that no message has");
    }
    message.raw.as_deref().map_or(Ok(()), raw)?;
    if message.turn > exchange_messages::MOST {
        return Err("has a turn that no run has");
    }
    if message.client > exchange_messages::MOST {
        return Err("belongs to a client that no run has");
    }
    if message.ordinal.is_some_and(|ordinal| ordinal > MOST.cast_unsigned()) {
        return Err("has a place on its connection that no request has");
    }
    if message.connection.is_some_and(|id| trace.connection(id).is_none()) {
        return Err("came on a connection that is not there");
    }
    if message.part.is_some_and(|part| usize::from(part.0) >= trace.parts.len()) {
        return Err("belongs to a part that is not there");
    }
    if !message.pieces.is_sorted() || message.pieces.iter().any(|(_, count)| *count > MOST.cast_unsigned()) {
        return Err("was read in pieces that are out of order");
    }
    if let Some(earlier) = message.retries {
        let repeated = trace.message(earlier).filter(|_| earlier < message.id).map(|repeated| repeated.kind);
        if message.kind != Kind::Request || repeated != Some(Kind::Request) {
            return Err("repeats what is no request before it");
        }
    }
    let Some(request) = message.answers else { return Ok(()) };
    match trace.message(request).filter(|_| request < message.id) {
        None => Err("answers one that is not before it"),
        Some(request) if request.protocol != message.protocol || request.direction == message.direction => {
            Err("answers one that it cannot answer")
        }
        Some(_) => Ok(()),
    }
}

fn phase_times(phases: &Phases) -> impl Iterator<Item = Time> {
    let Phases { start, domain_lookup_start, domain_lookup_end, connect_start, connect_end, .. } = *phases;
    let Phases { request_start, response_start, response_end, secure_connection_start, .. } = *phases;
    [
        start,
        domain_lookup_start,
        domain_lookup_end,
        connect_start,
        connect_end,
        request_start,
        response_start,
        response_end,
    ]
    .into_iter()
    .chain(secure_connection_start)
}
