//! The decoder: lines are gathered until they are whole, everything else is read as it comes.

use std::collections::VecDeque;

use super::framing::{self, Answered};
use super::line::{Line, is_space, is_token};
use super::message::{Framing, Message, StartLine};
use super::{Part, Problem, Reading, Span};
use crate::decode::{End, extend, push};

/// The longest line that is read, in bytes, its end included; behind a longer one nothing is.
pub const LONGEST_LINE: usize = 65_536;

/// Decodes one direction of an HTTP/1.x connection.
///
/// ```
/// use duplex::decode::{End, http1::{Decoder, Framing}};
///
/// let mut decoder = Decoder::responses();
/// decoder.answers("GET");
/// decoder.feed(b"HTTP/1.1 200 OK\r\nContent-Le");
/// decoder.feed(b"ngth: 2\r\n\r\nhi");
/// let reading = decoder.end(End::Unknown);
/// assert_eq!(reading.messages[0].framing, Some(Framing::ContentLength(2)));
/// assert!(reading.messages[0].end.is_some() && reading.problems.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    direction: Direction,
    state: State,
    /// The line field above the present line may be continued.
    may_fold: bool,
    /// Where the first byte is that is not among the spans.
    at: u64,
    /// The bytes from there on: a line, or the end of a chunk, that is not complete.
    pending: Vec<u8>,
    reading: Reading,
}

#[derive(Clone, Debug)]
enum Direction {
    /// And whether a request for an upgrade was granted.
    Requests { upgraded: bool },
    /// And what they answer, as far as it is known.
    Responses { to: VecDeque<Answered> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    StartLine,
    Fields,
    /// A body with so many bytes to come: at least one.
    Body(u64),
    BodyUntilClose,
    ChunkSize,
    /// A chunk with so many bytes to come: at least one.
    Chunk(u64),
    ChunkEnd,
    Trailers,
    Upgraded,
    Lost,
}

impl Decoder {
    /// For what a client sends.
    #[must_use]
    pub fn requests() -> Self {
        Self::new(Direction::Requests { upgraded: false })
    }

    /// For what a client sends that asks for another protocol, and is granted it: what follows the first
    /// request with an `Upgrade` field, or with the method CONNECT, is no HTTP/1.x.
    #[must_use]
    pub fn requests_upgraded() -> Self {
        Self::new(Direction::Requests { upgraded: true })
    }

    /// For what a server sends. What it answers is told with [`Decoder::answers`].
    #[must_use]
    pub fn responses() -> Self {
        Self::new(Direction::Responses { to: VecDeque::new() })
    }

    fn new(direction: Direction) -> Self {
        let state = State::StartLine;
        Self { direction, state, may_fold: false, at: 0, pending: Vec::new(), reading: Reading::default() }
    }

    /// Names the method of the next request that is answered, in the order of the requests: a response to
    /// HEAD has no body, one to CONNECT may begin a tunnel. Where nothing was named, it is taken for
    /// another method. For requests this does nothing.
    pub fn answers(&mut self, method: &str) {
        if let Direction::Responses { to } = &mut self.direction {
            to.push_back(match method {
                "HEAD" => Answered::Head,
                "CONNECT" => Answered::Connect,
                _ => Answered::Other,
            });
        }
    }

    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Each step takes at least one byte.
            let taken = self.step(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// What was read until now.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Ends the stream: what is left over is [`Part::Incomplete`], and a body that ends with the connection
    /// is complete if it was [`End::Closed`].
    #[must_use]
    pub fn end(mut self, end: End) -> Reading {
        push(&mut self.reading.spans, self.at, self.pending.len(), Part::Incomplete);
        let within_message = !matches!(self.state, State::StartLine | State::Upgraded | State::Lost);
        if end == End::Closed && self.state == State::BodyUntilClose {
            self.complete();
        } else if end == End::Closed && (within_message || !self.pending.is_empty()) {
            let after = self.at + self.pending.len() as u64;
            self.reading.problems.push(Span { start: self.at, end: after, part: Problem::CutShort });
        }
        self.reading
    }

    fn step(&mut self, bytes: &[u8]) -> usize {
        match self.state {
            State::Body(left) => {
                let taken = self.body(bytes, left);
                match left - taken as u64 {
                    0 => self.complete(),
                    left => self.state = State::Body(left),
                }
                taken
            }
            State::Chunk(left) => {
                let taken = self.body(bytes, left);
                self.state = match left - taken as u64 {
                    0 => State::ChunkEnd,
                    left => State::Chunk(left),
                };
                taken
            }
            State::BodyUntilClose => self.body(bytes, u64::MAX),
            State::Upgraded => self.run(bytes.len(), Part::Upgraded),
            State::Lost => self.run(bytes.len(), Part::Unframed),
            State::ChunkEnd => self.chunk_end(bytes),
            State::StartLine if self.pending.is_empty() && !bytes.first().is_some_and(|&byte| may_begin(byte)) => {
                self.reading.problems.push(Span { start: self.at, end: self.at + 1, part: Problem::NotHttp });
                self.state = State::Lost;
                self.run(1, Part::Malformed(Problem::NotHttp))
            }
            State::StartLine | State::Fields | State::ChunkSize | State::Trailers => self.gather(bytes),
        }
    }

    /// Takes bytes that need not be whole to be understood.
    fn run(&mut self, count: usize, part: Part) -> usize {
        extend(&mut self.reading.spans, self.at, count, part);
        self.at += count as u64;
        count
    }

    fn body(&mut self, bytes: &[u8], left: u64) -> usize {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        if let Some(message) = self.reading.messages.last_mut() {
            message.body_bytes += count as u64;
        }
        self.run(count, Part::Body)
    }

    /// Takes the CR LF behind a chunk's data, byte by byte.
    fn chunk_end(&mut self, bytes: &[u8]) -> usize {
        self.pending.extend(bytes.first());
        match self.pending.as_slice() {
            b"\r" => return 1,
            b"\n" | b"\r\n" => {
                let ending = std::mem::take(&mut self.pending);
                self.line_end(ending.len());
                self.state = State::ChunkSize;
            }
            _ => self.give_up_line(Problem::ChunkEnd),
        }
        1
    }

    /// Takes bytes up to the end of a line, and reads the line once it is whole.
    fn gather(&mut self, bytes: &[u8]) -> usize {
        let room = LONGEST_LINE.saturating_sub(self.pending.len());
        let window = bytes.get(..room).unwrap_or(bytes);
        let ends = window.iter().position(|&byte| byte == b'\n');
        let taken = ends.map_or(window.len(), |at| at + 1);
        self.pending.extend_from_slice(window.get(..taken).unwrap_or(window));
        if ends.is_some() {
            let line = std::mem::take(&mut self.pending);
            let content = line.strip_suffix(b"\n").unwrap_or(&line);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            self.line(content, line.len() - content.len());
        } else if self.pending.len() >= LONGEST_LINE {
            self.give_up_line(Problem::LineTooLong);
        }
        taken
    }

    /// Gives up all that is pending, and with it the framing.
    fn give_up_line(&mut self, problem: Problem) {
        let pending = std::mem::take(&mut self.pending);
        Line::new(&pending, self.at, &mut self.reading).malformed(problem);
        self.at += pending.len() as u64;
        self.state = State::Lost;
    }

    /// Reads a whole line, of which the end has so many bytes.
    fn line(&mut self, content: &[u8], ending: usize) {
        let line = Line::new(content, self.at, &mut self.reading);
        self.at += content.len() as u64;
        match self.state {
            State::StartLine if content.is_empty() => {
                let end = self.at + ending as u64;
                self.reading.problems.push(Span { start: self.at, end, part: Problem::EmptyLine });
                self.line_end(ending);
            }
            State::StartLine => {
                let start = self.at - content.len() as u64;
                let start_line = match self.direction {
                    Direction::Requests { .. } => line.request(),
                    Direction::Responses { .. } => line.status(),
                };
                self.line_end(ending);
                self.begin(start, start_line);
            }
            State::ChunkSize => {
                let size = line.chunk_size();
                self.line_end(ending);
                self.may_fold = false;
                self.state = match size {
                    Some(0) => State::Trailers,
                    Some(size) => State::Chunk(size),
                    None => State::Lost,
                };
            }
            State::Trailers if content.is_empty() => {
                self.line_end(ending);
                self.complete();
            }
            State::Fields if content.is_empty() => {
                self.line_end(ending);
                self.head_complete();
            }
            // Fields and trailers; no other state gathers lines.
            _ => {
                self.may_fold = field(line, content, self.may_fold, self.state == State::Trailers);
                self.line_end(ending);
            }
        }
    }

    fn line_end(&mut self, count: usize) {
        if count == 1 {
            self.reading.problems.push(Span { start: self.at, end: self.at + 1, part: Problem::BareLf });
        }
        push(&mut self.reading.spans, self.at, count, Part::LineEnd);
        self.at += count as u64;
    }

    /// Begins a message behind its first line, or gives up where there is none.
    fn begin(&mut self, start: u64, start_line: Option<StartLine>) {
        let Some(start_line) = start_line else {
            self.state = State::Lost;
            return;
        };
        let (fields, trailers) = (Vec::new(), Vec::new());
        let message =
            Message { start, head_end: None, end: None, start_line, fields, framing: None, body_bytes: 0, trailers };
        self.reading.messages.push(message);
        self.may_fold = false;
        self.state = State::Fields;
    }

    fn head_complete(&mut self) {
        let is_interim = self.reading.messages.last().is_some_and(Message::is_interim);
        let answered = match &mut self.direction {
            // An interim response leaves the request unanswered.
            Direction::Responses { to } if !is_interim => to.pop_front().unwrap_or(Answered::Other),
            Direction::Responses { .. } | Direction::Requests { .. } => Answered::Other,
        };
        let framing = framing::find(&mut self.reading, answered);
        if let Some(message) = self.reading.messages.last_mut() {
            message.head_end = Some(self.at);
            message.framing = Some(framing);
        }
        match framing {
            Framing::None | Framing::ContentLength(0) | Framing::Upgraded => self.complete(),
            Framing::ContentLength(length) => self.state = State::Body(length),
            Framing::Chunked => self.state = State::ChunkSize,
            Framing::UntilClose => self.state = State::BodyUntilClose,
            Framing::Unknown => self.state = State::Lost,
        }
    }

    fn complete(&mut self) {
        let Some(message) = self.reading.messages.last_mut() else { return };
        message.end = Some(self.at);
        let upgraded = match self.direction {
            Direction::Requests { upgraded } => upgraded && asks_for_another_protocol(message),
            Direction::Responses { .. } => message.framing == Some(Framing::Upgraded),
        };
        self.state = if upgraded { State::Upgraded } else { State::StartLine };
        self.reading.upgraded_at = upgraded.then_some(self.at);
    }
}

/// Reads a line of fields. Returns whether the next line may continue it.
fn field(line: Line<'_>, content: &[u8], may_fold: bool, trailer: bool) -> bool {
    if content.first().is_some_and(|&byte| is_space(byte)) {
        if may_fold {
            line.fold(trailer);
        } else {
            line.refuse_fold();
        }
        return may_fold;
    }
    line.field(trailer)
}

fn asks_for_another_protocol(message: &Message) -> bool {
    let connects = matches!(&message.start_line, StartLine::Request { method, .. } if method == "CONNECT");
    connects || message.fields("upgrade").next().is_some()
}

/// Whether a first line, or an empty one before it, may begin with this byte.
const fn may_begin(byte: u8) -> bool {
    is_token(byte) || matches!(byte, b'\r' | b'\n')
}
