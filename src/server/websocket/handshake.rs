//! The server's side of the opening handshake: what a request must bring, and the answer's proof.

use axum::http::{HeaderMap, HeaderValue, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use thiserror::Error;

use crate::decode::handshake::accept_key;

/// Why a request opens no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// It does not ask for an upgrade.
    #[error(
        "This address speaks WebSocket: ask with the headers “Connection: Upgrade” and “Upgrade: websocket”, as \
         `new WebSocket(…)` does."
    )]
    NoUpgrade,
    /// It asks for another version.
    #[error("This server speaks version 13 of the WebSocket protocol: send “Sec-WebSocket-Version: 13”.")]
    Version,
    /// It has no usable key.
    #[error("A handshake has exactly one Sec-WebSocket-Key: 16 random bytes in base64.")]
    Key,
    /// It is older than HTTP/1.1.
    #[error("A WebSocket is opened with HTTP/1.1.")]
    HttpVersion,
}

/// Checks a handshake's request (RFC 6455 §4.2.1) and returns the `Sec-WebSocket-Accept`.
///
/// # Errors
/// When it opens no WebSocket.
pub(crate) fn accept(version: Version, headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    if !lists(headers, &CONNECTION, "upgrade") || !lists(headers, &UPGRADE, "websocket") {
        return Err(Refusal::NoUpgrade);
    }
    if version < Version::HTTP_11 {
        return Err(Refusal::HttpVersion);
    }
    if single(headers, &SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Refusal::Version);
    }
    let key = single(headers, &SEC_WEBSOCKET_KEY).ok_or(Refusal::Key)?;
    let is_16_bytes = STANDARD.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == 16);
    if !is_16_bytes {
        return Err(Refusal::Key);
    }
    let key = key.to_str().map_err(|_| Refusal::Key)?;
    HeaderValue::try_from(accept_key(key)).map_err(|_| Refusal::Key)
}

/// Whether the client offers a subprotocol (RFC 6455 §4.1, item 10). Names are compared exactly.
pub(crate) fn offers(headers: &HeaderMap, subprotocol: &str) -> bool {
    elements(headers, &SEC_WEBSOCKET_PROTOCOL).any(|offered| offered == subprotocol)
}

fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    elements(headers, name).any(|element| element.eq_ignore_ascii_case(wanted))
}

/// The elements of a header that is a list (RFC 9110 §5.6.1), of all its lines.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',').map(str::trim))
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handshake of RFC 6455 §1.3.
    fn example() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat, superchat"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers
    }

    #[test]
    fn the_standards_example_is_accepted_with_its_proof() {
        let accepted = accept(Version::HTTP_11, &example());
        assert_eq!(accepted, Ok(HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
        assert!(offers(&example(), "superchat"));
        assert!(!offers(&example(), "super"));
    }

    #[test]
    fn a_request_that_lacks_something_is_refused_with_what_it_lacks() {
        let without = |name: HeaderName| {
            let mut headers = example();
            headers.remove(name);
            accept(Version::HTTP_11, &headers)
        };
        assert_eq!(without(CONNECTION), Err(Refusal::NoUpgrade));
        assert_eq!(without(UPGRADE), Err(Refusal::NoUpgrade));
        assert_eq!(without(SEC_WEBSOCKET_VERSION), Err(Refusal::Version));
        assert_eq!(without(SEC_WEBSOCKET_KEY), Err(Refusal::Key));
        assert_eq!(accept(Version::HTTP_10, &example()), Err(Refusal::HttpVersion));
    }

    #[test]
    fn a_key_of_another_length_or_two_of_them_are_refused() {
        for key in ["", "c2hvcnQ=", "not base64 at all!!!!!!!", "dGhlIHNhbXBsZSBub25jZSBpcyB0b28gbG9uZw=="] {
            let mut headers = example();
            headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
            assert_eq!(accept(Version::HTTP_11, &headers), Err(Refusal::Key), "{key}");
        }
        let mut headers = example();
        headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(accept(Version::HTTP_11, &headers), Err(Refusal::Key));
    }
}
