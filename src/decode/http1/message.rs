//! What an HTTP/1.x message says, with where in the stream it says it.

use std::borrow::Cow;
use std::ops::Range;

/// A request or a response, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The offset of its first byte.
    pub start: u64,
    /// The offset behind the empty line that ends its head, once it was there.
    pub head_end: Option<u64>,
    /// The offset behind its last byte; `None` while it is incomplete.
    pub end: Option<u64>,
    /// Its first line.
    pub start_line: StartLine,
    /// Its header fields, in order; lines that are malformed are among the spans only.
    pub fields: Vec<Field>,
    /// How its body's end is found, once its head is complete.
    pub framing: Option<Framing>,
    /// Bytes of its body until now, without their framing.
    pub body_bytes: u64,
    /// The fields behind a chunked body (RFC 9112 §7.1.2), in order.
    pub trailers: Vec<Field>,
}

/// A message's first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// That of a request (RFC 9112 §3).
    Request {
        /// The method, such as `GET`.
        method: String,
        /// The target as it was sent; bytes that are not UTF-8 are replaced.
        target: String,
        /// The version is 1 and this.
        minor_version: u8,
    },
    /// That of a response (§4).
    Status {
        /// The version is 1 and this.
        minor_version: u8,
        /// The status code, 0 to 999.
        code: u16,
        /// The reason phrase; bytes that are not UTF-8 are replaced.
        reason: String,
    },
}

impl StartLine {
    /// The version is 1 and this.
    #[must_use]
    pub const fn minor_version(&self) -> u8 {
        match self {
            Self::Request { minor_version, .. } | Self::Status { minor_version, .. } => *minor_version,
        }
    }
}

/// A header or trailer field (RFC 9112 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name as it was sent; names are compared without regard to case.
    pub name: String,
    /// Its value without the white space around it; lines that were folded are joined by a space.
    pub value: Vec<u8>,
    /// Where the name is.
    pub name_at: Range<u64>,
    /// Where the value is, folds included; empty where there is none.
    pub value_at: Range<u64>,
}

impl Field {
    /// Its value as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }

    /// Whether this is its name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// How the end of a message's body is found (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// It has so many bytes.
    ContentLength(u64),
    /// It comes in chunks, of which the last is empty.
    Chunked,
    /// It ends with the stream.
    UntilClose,
    /// There is no body, and all that follows belongs to another protocol.
    Upgraded,
    /// It cannot be found.
    Unknown,
}

impl Message {
    /// The header fields of this name, in order.
    pub fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// The elements of a header field that is a list, of all its lines (RFC 9110 §5.6.1). A comma
    /// within a quoted string parts elements as well; none of the lists that are asked for here has
    /// quoted commas.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let lines = self.fields(name).map(|field| field.text().into_owned());
        let elements =
            lines.flat_map(|line| line.split(',').map(|element| element.trim().to_owned()).collect::<Vec<_>>());
        elements.filter(|element| !element.is_empty()).collect()
    }

    /// The value of a header field, if there is exactly one of this name.
    #[must_use]
    pub fn single(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut found = self.fields.iter().filter(|field| field.is(name));
        found.next().filter(|_| found.next().is_none()).map(Field::text)
    }

    /// A response with a status of 1xx other than 101: another one follows (RFC 9110 §15.2).
    #[must_use]
    pub const fn is_interim(&self) -> bool {
        matches!(self.start_line, StartLine::Status { code: 100 | 102..=199, .. })
    }
}
