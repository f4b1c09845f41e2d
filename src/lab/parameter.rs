//! A parameter of a lab: a whole number with a range, a default and a unit.

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

/// Why a value is none that a lab can take.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// It is no whole number, or outside the range.
    #[error("{name} is a whole number from {least} to {most} ({unit}), not “{given}”", name = range.name, least = range.least, most = range.most, unit = range.unit)]
    OutOfRange {
        /// What it may be.
        range: Range,
        /// What was given.
        given: String,
    },
    /// It is none of the words that it may be.
    #[error("{name} is one of {allowed}, not “{given}”")]
    NoSuchWord {
        /// The parameter.
        name: &'static str,
        /// The words that it may be.
        allowed: &'static str,
        /// What was given.
        given: String,
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
