//! The head of an HTTP message, as far as the raw bytes that a server told have it.

use super::model::Pair;
use crate::analysis::raw;
use crate::decode::http1::{self, StartLine};
use crate::trace::{Message, Trace};

/// What a head says.
#[derive(Clone, Default)]
pub(super) struct Head {
    /// Whether there is one: all else is empty where there is none.
    pub(super) known: bool,
    pub(super) version: String,
    /// A request's target, as it was sent.
    pub(super) target: Option<String>,
    /// A response's reason phrase.
    pub(super) reason: String,
    pub(super) headers: Vec<Pair>,
    /// Bytes from its beginning to behind the empty line, where that is here.
    pub(super) size: Option<u64>,
    /// Bytes of the body, without their framing, where it is here whole.
    pub(super) body: Option<u64>,
}

impl Head {
    pub(super) fn of(trace: &Trace, message: &Message) -> Self {
        let Ok(bytes) = raw::http(trace, message) else { return Self::default() };
        bytes.message().map(Self::read).unwrap_or_default()
    }

    fn read(message: &http1::Message) -> Self {
        let (target, reason) = match &message.start_line {
            StartLine::Request { target, .. } => (Some(target.clone()), String::new()),
            StartLine::Status { reason, .. } => (None, reason.clone()),
        };
        let headers = message.fields.iter();
        let headers = headers.map(|field| Pair { name: field.name.clone(), value: field.text().into_owned() });
        Self {
            known: true,
            version: format!("HTTP/1.{}", message.start_line.minor_version()),
            target,
            reason,
            headers: headers.collect(),
            size: message.head_end.map(|end| end - message.start),
            body: message.end.map(|_| message.body_bytes),
        }
    }

    /// The value of the first header of that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|pair| pair.name.eq_ignore_ascii_case(name)).map(|pair| pair.value.as_str())
    }

    /// The cookies that a header of that name carries: each line up to its first semicolon, or all of its elements.
    pub(super) fn cookies(&self, header: &str, first_only: bool) -> Vec<Pair> {
        let lines = self.headers.iter().filter(|pair| pair.name.eq_ignore_ascii_case(header));
        let elements = lines.flat_map(|line| line.value.split(';').take(if first_only { 1 } else { usize::MAX }));
        let pairs = elements.filter_map(|element| element.trim().split_once('='));
        pairs.map(|(name, value)| Pair { name: name.to_owned(), value: value.to_owned() }).collect()
    }
}
