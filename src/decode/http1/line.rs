//! The lines of a head, taken apart: each function reads one line, without its end, and leaves the spans
//! and the problems in the reading.

use super::message::{Field, StartLine};
use super::{Part, Problem, Reading, Span};
use crate::decode::push;

/// A line that is taken apart from its front.
pub(super) struct Line<'a> {
    rest: &'a [u8],
    at: u64,
    reading: &'a mut Reading,
}

impl<'a> Line<'a> {
    pub(super) const fn new(content: &'a [u8], at: u64, reading: &'a mut Reading) -> Self {
        Self { rest: content, at, reading }
    }

    /// Takes up to `count` bytes as this part.
    fn take(&mut self, count: usize, part: Part) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        push(&mut self.reading.spans, self.at, taken.len(), part);
        self.at += taken.len() as u64;
        self.rest = rest;
        taken
    }

    /// Takes bytes as long as they are of a kind.
    fn take_while(&mut self, is_kind: impl Fn(u8) -> bool, part: Part) -> &'a [u8] {
        self.take(count_while(self.rest, is_kind), part)
    }

    /// Takes all that is left, apart from white space at its end.
    fn take_trimmed(&mut self, part: Part) -> &'a [u8] {
        self.take(trim_end(self.rest).len(), part)
    }

    fn take_rest(&mut self, part: Part) -> &'a [u8] {
        self.take(self.rest.len(), part)
    }

    /// Gives the line up: none of what is left is understood.
    pub(super) fn malformed(&mut self, problem: Problem) {
        self.note(self.at, self.rest.len(), problem);
        self.take_rest(Part::Malformed(problem));
    }

    fn note(&mut self, start: u64, count: usize, part: Problem) {
        self.reading.problems.push(Span { start, end: start + count as u64, part });
    }

    /// Says of a text that ends here if it has control characters, the first of each kind.
    fn note_controls(&mut self, text: &[u8]) {
        let start = self.at - text.len() as u64;
        if let Some(cr) = text.iter().position(|&byte| byte == b'\r') {
            self.note(start + cr as u64, 1, Problem::BareCr);
        }
        let control = |&byte: &u8| byte.is_ascii_control() && byte != b'\t' && byte != b'\r';
        if let Some(at) = text.iter().position(control) {
            self.note(start + at as u64, 1, Problem::ControlByte);
        }
    }

    /// Takes white space of the first line, which is to be one space.
    fn take_separator(&mut self) {
        let at = self.at;
        let space = self.take_while(is_space, Part::Whitespace);
        if space != b" " {
            self.note(at, space.len(), Problem::StartLineSpace);
        }
    }

    /// Reads a request line (RFC 9112 §3): `None` if it is none.
    pub(super) fn request(mut self) -> Option<StartLine> {
        let target_and_version = self.rest.get(count_while(self.rest, is_token)..).unwrap_or_default();
        let trimmed = trim_end(trim_start(target_and_version));
        let version = trimmed.rsplit(|&byte| is_space(byte)).next().unwrap_or_default();
        let target = trimmed.len().checked_sub(version.len()).and_then(|end| trimmed.get(..end)).unwrap_or_default();
        let is_apart = target_and_version.first().is_some_and(|&byte| is_space(byte));
        let minor_version = match minor_version(version) {
            Ok(minor) if is_apart && !target.is_empty() => minor,
            Ok(_) => return self.refuse(Problem::StartLine),
            Err(problem) => return self.refuse(problem),
        };
        let method = self.take_while(is_token, Part::Method);
        self.take_separator();
        let target = self.take(trim_end(target).len(), Part::Target);
        let target_at = self.at - target.len() as u64;
        if target.iter().any(|&byte| is_space(byte)) {
            self.note(target_at, target.len(), Problem::SpaceInTarget);
        }
        if target.iter().any(|&byte| !byte.is_ascii_graphic() && !is_space(byte)) {
            self.note(target_at, target.len(), Problem::TargetByte);
        }
        self.take_separator();
        self.take(version.len(), Part::Version);
        self.take_end_of_start_line();
        Some(StartLine::Request { method: text(method), target: text(target), minor_version })
    }

    /// Reads a status line (RFC 9112 §4): `None` if it is none.
    pub(super) fn status(mut self) -> Option<StartLine> {
        let version = self.rest.get(..count_while(self.rest, |byte| !is_space(byte))).unwrap_or_default();
        let minor_version = match minor_version(version) {
            Ok(minor) => minor,
            Err(problem) => return self.refuse(problem),
        };
        let behind = trim_start(self.rest.get(version.len()..).unwrap_or_default());
        let digits = behind.get(..count_while(behind, |byte| !is_space(byte))).unwrap_or_default();
        let code =
            std::str::from_utf8(digits).ok().filter(|_| digits.len() == 3 && digits.iter().all(u8::is_ascii_digit));
        let Some(code) = code.and_then(|digits| digits.parse().ok()) else {
            return self.refuse(Problem::StartLine);
        };
        self.take(version.len(), Part::Version);
        self.take_separator();
        self.take(digits.len(), Part::StatusCode);
        if !(100..=599).contains(&code) {
            self.note(self.at - 3, 3, Problem::StatusOutOfRange);
        }
        // One space, and all else is the phrase, which may begin with white space.
        if self.take(1, Part::Whitespace).is_empty() {
            self.note(self.at, 0, Problem::NoSpaceBehindStatus);
        }
        let reason = self.take_rest(Part::ReasonPhrase);
        self.note_controls(reason);
        Some(StartLine::Status { minor_version, code, reason: text(reason) })
    }

    fn refuse<T>(mut self, problem: Problem) -> Option<T> {
        self.malformed(problem);
        None
    }

    fn take_end_of_start_line(&mut self) {
        if !self.rest.is_empty() {
            self.note(self.at, self.rest.len(), Problem::StartLineSpace);
            self.take_rest(Part::Whitespace);
        }
    }

    /// Reads a field line (RFC 9112 §5) into the message that was read last. Returns whether it is one.
    pub(super) fn field(mut self, trailer: bool) -> bool {
        let Some(colon) = self.rest.iter().position(|&byte| byte == b':') else {
            self.malformed(Problem::NoColon);
            return false;
        };
        let before = self.rest.get(..colon).unwrap_or_default();
        let name = trim_end(before);
        let spaces = before.len() - name.len();
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            self.malformed(Problem::FieldName);
            return false;
        }
        let name_at = self.at..self.at + name.len() as u64;
        self.take(name.len(), Part::FieldName);
        if spaces > 0 {
            self.note(self.at, spaces, Problem::SpaceBeforeColon);
            self.take(spaces, Part::Whitespace);
        }
        self.take(1, Part::Colon);
        self.take_while(is_space, Part::Whitespace);
        let value_start = self.at;
        let value = self.take_value();
        let value_at = value_start..value_start + value.len() as u64;
        let field = Field { name: text(name), value: value.to_vec(), name_at, value_at };
        if let Some(fields) = self.fields(trailer) {
            fields.push(field);
        }
        true
    }

    /// Where the fields of the message go that was read last.
    fn fields(&mut self, trailer: bool) -> Option<&mut Vec<Field>> {
        let message = self.reading.messages.last_mut()?;
        Some(if trailer { &mut message.trailers } else { &mut message.fields })
    }

    /// Reads a line that goes on with the field above it (obs-fold, RFC 9112 §5.2).
    pub(super) fn fold(mut self, trailer: bool) {
        let (start, count) = (self.at, self.rest.len());
        self.note(start, count, Problem::ObsFold);
        self.take_while(is_space, Part::Fold);
        let value = self.take_value();
        let end = self.at;
        if let Some(field) = self.fields(trailer).and_then(|fields| fields.last_mut())
            && !value.is_empty()
        {
            if field.value.is_empty() {
                field.value_at.start = end - value.len() as u64;
            } else {
                field.value.push(b' ');
            }
            field.value.extend_from_slice(value);
            field.value_at.end = end;
        }
    }

    /// Gives up a line that begins with white space and has nothing above it to go on with.
    pub(super) fn refuse_fold(mut self) {
        self.malformed(Problem::FoldOfNothing);
    }

    /// Takes a value and the white space behind it.
    fn take_value(&mut self) -> &'a [u8] {
        let value = self.take_trimmed(Part::FieldValue);
        self.note_controls(value);
        self.take_rest(Part::Whitespace);
        value
    }

    /// Reads the line before a chunk's data (RFC 9112 §7.1): its size, or `None` if it is none.
    pub(super) fn chunk_size(mut self) -> Option<u64> {
        let spaces = count_while(self.rest, is_space);
        let behind = self.rest.get(spaces..).unwrap_or_default();
        let digits = behind.get(..count_while(behind, |byte| byte.is_ascii_hexdigit())).unwrap_or_default();
        let after = behind.get(digits.len()..).unwrap_or_default();
        let more_spaces = count_while(after, is_space);
        // The size, and then nothing or extensions.
        let ends_well = matches!(after.get(more_spaces), None | Some(b';'));
        let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let Some(size) = size.filter(|_| ends_well) else {
            return self.refuse(Problem::ChunkSize);
        };
        for (count, part) in
            [(spaces, Part::Whitespace), (digits.len(), Part::ChunkSize), (more_spaces, Part::Whitespace)]
        {
            if part == Part::Whitespace && count > 0 {
                self.note(self.at, count, Problem::ChunkSizeSpace);
            }
            self.take(count, part);
        }
        let extensions = self.take_rest(Part::ChunkExtension);
        self.note_controls(extensions);
        Some(size)
    }
}

fn count_while(bytes: &[u8], is_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| is_kind(byte)).count()
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    bytes.get(count_while(bytes, is_space)..).unwrap_or_default()
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let trailing = bytes.iter().rev().take_while(|&&byte| is_space(byte)).count();
    bytes.get(..bytes.len() - trailing).unwrap_or_default()
}

/// The white space of RFC 9110 §5.6.3.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A character of a token (RFC 9110 §5.6.2).
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// The minor version of `HTTP/1.x` (RFC 9112 §2.3).
fn minor_version(version: &[u8]) -> Result<u8, Problem> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit() => Ok(minor - b'0'),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(Problem::OtherVersion),
        _ => Err(Problem::StartLine),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
