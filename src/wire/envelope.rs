//! How a message of the subprotocol `duplex.v1` is built: one line of JSON, a line feed, then the
//! payload untouched. It is the same for text and binary messages, and can be read with the naked
//! eye in a browser's developer tools.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the server says of one exchange: which connection it came on, and when.
///
/// Travels in the response header `duplex-evidence`, and in the envelope of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The TCP connection's id, unique in the server's life. `None` where the server is behind a proxy, whose
    /// connections say nothing about the page's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// Which request (HTTP) or data message (WebSocket) this was on its connection, from 1.
    pub ordinal: u64,
    /// When the connection was accepted, in µs of the server's clock.
    pub opened: u64,
    /// When the last bytes of the request were read from the socket, in µs of the server's clock.
    pub received: u64,
    /// When the reply was handed to the connection, in µs of the server's clock.
    pub sent: u64,
    /// For a WebSocket message: bytes of the heads of all frames that it came in (RFC 6455 §5.2, §5.4). A
    /// browser cuts a long message into frames as it likes, and does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framing: Option<u64>,
}

/// The first line of a `duplex.v1` message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The exchange's number in its run; a reply repeats the number of what it answers.
    pub n: u32,
    /// In the server's messages: what it saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// Why a message is no `duplex.v1` message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// There is no line feed.
    #[error("a duplex.v1 message begins with one line of JSON; this one has no line feed")]
    NoLine,
    /// The first line is not the JSON of an envelope.
    #[error("the first line of a duplex.v1 message is its envelope as JSON: {0}")]
    NotJson(String),
}

impl Envelope {
    /// The longest first line that is looked at, in bytes.
    const LONGEST: usize = 1024;

    /// The envelope as its line, line feed included.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// Splits a message into its envelope and its payload.
    ///
    /// # Errors
    /// When the message does not begin with the line of an envelope.
    pub fn split(message: &[u8]) -> Result<(Self, &[u8]), EnvelopeError> {
        let line_end =
            message.iter().take(Self::LONGEST).position(|&byte| byte == b'\n').ok_or(EnvelopeError::NoLine)?;
        let envelope =
            serde_json::from_slice(&message[..line_end]).map_err(|error| EnvelopeError::NotJson(error.to_string()))?;
        Ok((envelope, &message[line_end + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn envelope_and_payload_come_apart_as_they_were_put_together(
            n: u32, seen: Option<[u64; 5]>, framing: Option<u64>, payload: Vec<u8>,
        ) {
            let evidence = seen.map(|[connection, ordinal, opened, received, sent]| Evidence { connection: Some(connection), ordinal, opened, received, sent, framing });
            let envelope = Envelope { n, evidence };
            let mut message = envelope.line().into_bytes();
            message.extend_from_slice(&payload);
            prop_assert_eq!(Envelope::split(&message), Ok((envelope, payload.as_slice())));
        }

        #[test]
        fn any_bytes_are_split_or_refused(message: Vec<u8>) {
            if let Ok((_, payload)) = Envelope::split(&message) {
                prop_assert!(payload.len() < message.len());
            }
        }
    }

    #[test]
    fn a_message_without_envelope_is_refused_with_what_would_be_right() {
        assert_eq!(Envelope::split(b"hello"), Err(EnvelopeError::NoLine));
        let error = Envelope::split(b"hello\nworld").expect_err("no envelope");
        assert!(error.to_string().contains("first line"), "{error}");
    }
}
