//! How the end of a message's body is found (RFC 9112 §6.3).

use super::message::{Framing, Message, StartLine};
use super::{Problem, Reading, Span};

/// What a response answers, as far as it matters for its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Head,
    Connect,
    Other,
}

/// Finds the framing of the message whose head was read last, and says what is wrong with it.
pub(super) fn find(reading: &mut Reading, answered: Answered) -> Framing {
    let Some(message) = reading.messages.last() else { return Framing::Unknown };
    let mut problems = Vec::new();
    let framing = without_body(message, answered).unwrap_or_else(|| announced(message, &mut problems));
    reading.problems.append(&mut problems);
    framing
}

/// The responses that have no body, whatever their head announces (items 1 and 2).
fn without_body(message: &Message, answered: Answered) -> Option<Framing> {
    let StartLine::Status { code, .. } = message.start_line else { return None };
    match (code, answered) {
        (101, _) | (200..=299, Answered::Connect) => Some(Framing::Upgraded),
        (100..=199 | 204 | 304, _) | (_, Answered::Head) => Some(Framing::None),
        _ => None,
    }
}

/// What the head announces (items 3 to 8).
fn announced(message: &Message, problems: &mut Vec<Span<Problem>>) -> Framing {
    let is_request = matches!(message.start_line, StartLine::Request { .. });
    let encoding = at(message, "transfer-encoding");
    let lengths = at(message, "content-length");
    let Some((start, end)) = encoding else {
        return match lengths {
            Some(place) => content_length(message, place, problems),
            None if is_request => Framing::None,
            None => Framing::UntilClose,
        };
    };
    let mut note = |problem| problems.push(Span { start, end, part: problem });
    if message.start_line.minor_version() == 0 {
        note(Problem::TransferEncodingIn10);
    }
    if lengths.is_some() {
        note(Problem::BothLengths);
    }
    let codings = message.list("transfer-encoding");
    let chunked = codings.iter().filter(|coding| coding.eq_ignore_ascii_case("chunked")).count();
    let ends_so = codings.last().is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    match (ends_so, chunked) {
        (true, 1) => Framing::Chunked,
        // Not chunked at all: a response then ends with the connection.
        (false, 0) if !is_request => Framing::UntilClose,
        _ => {
            note(Problem::TransferEncoding);
            Framing::Unknown
        }
    }
}

fn content_length(message: &Message, (start, end): (u64, u64), problems: &mut Vec<Span<Problem>>) -> Framing {
    let values = message.list("content-length");
    let read = |value: &String| match value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => value.parse::<u64>().ok(),
        false => None,
    };
    let numbers: Option<Vec<u64>> = values.iter().map(read).collect();
    let (framing, problem) = match numbers.as_deref() {
        Some([length]) => (Framing::ContentLength(*length), None),
        Some([length, others @ ..]) if others.iter().all(|other| other == length) => {
            (Framing::ContentLength(*length), Some(Problem::ContentLengthRepeated))
        }
        Some([_, ..]) => (Framing::Unknown, Some(Problem::ContentLengthsDiffer)),
        Some([]) | None => (Framing::Unknown, Some(Problem::ContentLength)),
    };
    problems.extend(problem.map(|part| Span { start, end, part }));
    framing
}

/// Where the values of the fields of this name are: from the first to the last.
fn at(message: &Message, name: &str) -> Option<(u64, u64)> {
    let mut fields = message.fields(name);
    let first = fields.next()?;
    Some((first.value_at.start, fields.last().unwrap_or(first).value_at.end))
}
