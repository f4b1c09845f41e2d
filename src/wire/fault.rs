//! Faults that a client may ask the server for, the same list over HTTP and over WebSocket.
//!
//! A fault belongs to the exchange, not to the attempt: it is named in the URL, so a browser that
//! silently sends a request again meets it again, and the ledger tells how often the request
//! arrived.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The server ends the connection in order (FIN) before it reads the body, or instead of answering a
    /// message: without a response, without a close frame.
    Close,
    /// The server resets the connection (RST) instead of answering.
    Reset,
    /// The answer begins; half-way through its payload the connection is reset.
    Cut,
    /// The answer ends in order (FIN) after half of what it announced: a body shorter than its
    /// `Content-Length`, a frame shorter than its length.
    Short,
    /// The answer begins; half-way through its payload nothing more comes, and the connection stays
    /// open.
    Stall,
    /// The answer comes whole, a few bytes at a time.
    Drip,
    /// The answer has another status: that of the response, or of the answer to the handshake.
    Status,
    /// The server says goodbye in order: over WebSocket a close frame with a code and a reason, over
    /// HTTP a response with `Connection: close`.
    Goodbye,
    /// The server neither reads nor writes any more, and the connection stays open.
    Vanish,
    /// The answer breaks the framing: over HTTP a chunk whose size is no number, over WebSocket a frame
    /// with a reserved opcode.
    BadFrame,
    /// The answer is a text that is not UTF-8. HTTP does not mind; over WebSocket it is not allowed
    /// (RFC 6455 §8.1).
    BadUtf8,
}

/// Why a text names no [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "a fault is one of close, reset, cut, short, stall, drip, status, goodbye, vanish, bad-frame and bad-utf8, not “{0}”"
)]
pub struct FaultError(String);

impl Fault {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Close,
        Self::Reset,
        Self::Cut,
        Self::Short,
        Self::Stall,
        Self::Drip,
        Self::Status,
        Self::Goodbye,
        Self::Vanish,
        Self::BadFrame,
        Self::BadUtf8,
    ];

    /// Its name in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Short => "short",
            Self::Stall => "stall",
            Self::Drip => "drip",
            Self::Status => "status",
            Self::Goodbye => "goodbye",
            Self::Vanish => "vanish",
            Self::BadFrame => "bad-frame",
            Self::BadUtf8 => "bad-utf8",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let named = Self::ALL.into_iter().find(|fault| fault.name() == text);
        named.ok_or_else(|| FaultError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_by_the_name_that_it_is_written_with() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert_eq!(serde_json::to_string(&fault).expect("a fault can be written"), format!("\"{fault}\""));
        }
        let error = "explode".parse::<Fault>().expect_err("no fault");
        assert!(error.to_string().contains("bad-frame"), "{error}");
    }
}
