//! The name of a run: 128 random bits, written as 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A run's random 128-bit id. Whoever knows it may read the run's transcript, so it is not to be
/// guessed: take it from a cryptographic source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u128);

/// Why a text is no [`RunId`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a run id is 32 hexadecimal digits, not “{0}”")]
pub struct RunIdError(String);

impl fmt::Display for RunId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        let error = || RunIdError(text.chars().take(40).collect());
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| error())
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_leading_zeros_and_read_back() {
        let id = RunId(0xbeef);
        assert_eq!(id.to_string(), "0000000000000000000000000000beef");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn refuses_signs_short_and_long_texts() {
        for text in
            ["", "beef", "+000000000000000000000000000beef", &"0".repeat(33), "gg00000000000000000000000000beef"]
        {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
