//! A parameter of a lab: a whole number with a range, a default and a unit, or one of a few words.

use thiserror::Error;

/// What a numeric parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its name, in the URL and in files.
    pub name: &'static str,
    /// The least value.
    pub least: u32,
    /// The greatest value.
    pub most: u32,
    /// What it is unless told otherwise.
    pub default: u32,
    /// What it counts.
    pub unit: &'static str,
}

/// What a parameter may be that is one of a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name, in the URL and in files.
    pub name: &'static str,
    /// The words.
    pub options: &'static [&'static str],
    /// What it is unless told otherwise.
    pub default: &'static str,
}

/// A parameter of a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A whole number.
    Number(Range),
    /// One of a few words.
    Choice(Choice),
}

impl Parameter {
    /// Its name, in the URL and in files.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Number(range) => range.name,
            Self::Choice(choice) => choice.name,
        }
    }
}

/// How long to wait for a connection.
pub const CONNECT_TIMEOUT: Range =
    Range { name: "connect-timeout", least: 100, most: 60_000, default: 5_000, unit: "ms" };
/// How long to wait for a reply.
pub const REPLY_TIMEOUT: Range = Range { name: "reply-timeout", least: 100, most: 60_000, default: 10_000, unit: "ms" };

/// Why a value is none that a lab can take.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// It is no whole number, or outside the range.
    #[error("the setting {name} takes a whole number from {least} to {most} ({unit}), not “{given}”", name = range.name, least = range.least, most = range.most, unit = range.unit)]
    OutOfRange {
        /// What it may be.
        range: Range,
        /// What was given.
        given: String,
    },
    /// It is none of the words that it may be.
    #[error("the setting {name} takes one of {allowed}, not “{given}”")]
    NoSuchWord {
        /// The parameter.
        name: &'static str,
        /// The words that it may be.
        allowed: String,
        /// What was given.
        given: String,
    },
    /// A page may not close a WebSocket with that code (WebSockets standard, `close()`).
    #[error("a page may close a WebSocket with code 1000 or 3000 to 4999, not with {code}")]
    NotForPages {
        /// The close code.
        code: u32,
    },
    /// All messages together are too much.
    #[error(
        "{messages} messages of {size} bytes are {total} MiB together; at most {most} MiB go: take fewer or smaller messages"
    )]
    TooMuch {
        /// How many messages.
        messages: u32,
        /// How many bytes each.
        size: u32,
        /// What they come to, in MiB, rounded up.
        total: u64,
        /// The most, in MiB.
        most: u64,
    },
    /// The run would take too long.
    #[error(
        "{items} items, one every {interval} ms, take {total} s; at most {most} s go: take fewer, or a shorter interval"
    )]
    TooLong {
        /// How many items.
        items: u32,
        /// Milliseconds from one to the next.
        interval: u32,
        /// What they come to, in seconds, rounded up.
        total: u64,
        /// The most, in seconds.
        most: u64,
    },
}

impl Range {
    /// Reads a value.
    ///
    /// # Errors
    /// When it is no whole number in the range; the error names the range.
    pub fn read(&self, given: &str) -> Result<u32, ParameterError> {
        let error = || ParameterError::OutOfRange { range: *self, given: given.chars().take(40).collect() };
        let value = given.trim().parse::<u32>().map_err(|_| error())?;
        if (self.least..=self.most).contains(&value) { Ok(value) } else { Err(error()) }
    }
}

impl Choice {
    /// Reads a value.
    ///
    /// # Errors
    /// When it is none of the words; the error names them.
    pub fn read(&self, given: &str) -> Result<&'static str, ParameterError> {
        let found = self.options.iter().find(|option| **option == given);
        found.copied().ok_or_else(|| ParameterError::NoSuchWord {
            name: self.name,
            allowed: self.options.join(", "),
            given: given.chars().take(40).collect(),
        })
    }
}
