//! The negotiation of permessage-deflate (RFC 7692 §5 and §7): what a client offers in
//! `Sec-WebSocket-Extensions`, and what is agreed.

use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderValue};
use hyper::header::SEC_WEBSOCKET_EXTENSIONS;

const NAME: &str = "permessage-deflate";
const SERVER_NO_CONTEXT: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// What a window's size may be, as the exponent of 2 (RFC 7692 §7.1.2).
const BITS: RangeInclusive<u8> = 8..=15;
/// The smallest window that zlib can compress with: raw DEFLATE with one of 256 bytes is beyond it.
const SMALLEST_OF_ZLIB: u8 = 9;

/// What was agreed on permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deflate {
    /// The server compresses each message for itself (§7.1.1.1).
    pub(super) server_no_context: bool,
    /// The client does (§7.1.1.2).
    pub(super) client_no_context: bool,
    /// The server's window, from 9 to 15, if it was limited (§7.1.2.1).
    pub(super) server_bits: Option<u8>,
    /// The client's window, from 8 to 15, if it said what it can limit it to (§7.1.2.2).
    pub(super) client_bits: Option<u8>,
}

impl Deflate {
    /// Agrees to the first of the client's offers that is right and can be kept; `None` if there is none.
    pub(crate) fn agree(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
        // Several lines are one list (RFC 9110 §5.3).
        let offers = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| split(line, ','));
        offers.filter_map(Self::accept).next()
    }

    /// The answer's `Sec-WebSocket-Extensions`.
    pub(crate) fn answer(self) -> HeaderValue {
        let mut answer = NAME.to_owned();
        for (name, is_agreed) in
            [(SERVER_NO_CONTEXT, self.server_no_context), (CLIENT_NO_CONTEXT, self.client_no_context)]
        {
            if is_agreed {
                answer.extend(["; ", name]);
            }
        }
        for (name, bits) in [(SERVER_BITS, self.server_bits), (CLIENT_BITS, self.client_bits)] {
            if let Some(bits) = bits {
                answer.push_str(&format!("; {name}={bits}"));
            }
        }
        HeaderValue::try_from(answer).unwrap_or_else(|_| HeaderValue::from_static(NAME))
    }

    /// Accepts one offer, or declines it: it is of another extension, has a parameter that is unknown,
    /// there twice or has a wrong value (§7), or asks for what cannot be kept.
    fn accept(offer: &str) -> Option<Self> {
        let mut parts = split(offer, ';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut agreed =
            Self { server_no_context: false, client_no_context: false, server_bits: None, client_bits: None };
        let mut seen = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                (SERVER_NO_CONTEXT, None) => agreed.server_no_context = true,
                (CLIENT_NO_CONTEXT, None) => agreed.client_no_context = true,
                (SERVER_BITS, Some(value)) => {
                    agreed.server_bits = Some(bits(value).filter(|&bits| bits >= SMALLEST_OF_ZLIB)?);
                }
                // The client can limit its window, and leaves it to the server whether it shall. It need not:
                // the server can read with the largest one.
                (CLIENT_BITS, None) => {}
                (CLIENT_BITS, Some(value)) => agreed.client_bits = Some(bits(value)?),
                _ => return None,
            }
        }
        Some(agreed)
    }
}

/// A window's size: a decimal number without leading zeros (§7.1.2).
fn bits(value: &str) -> Option<u8> {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    value.parse().ok().filter(|bits| is_number && BITS.contains(bits))
}

/// A parameter's value, which may be quoted (RFC 6455 §9.1).
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// Splits at a separator that is not within quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |letter| {
        is_quoted ^= letter == '"';
        letter == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(line));
        }
        let agreed = Deflate::agree(&headers)?;
        Some(agreed.answer().to_str().expect("it is text").to_owned())
    }

    #[test]
    fn what_browsers_offer_is_agreed_to() {
        let agreed = answer(&["permessage-deflate; client_max_window_bits"]);
        assert_eq!(agreed.as_deref(), Some("permessage-deflate"));
        assert_eq!(answer(&["permessage-deflate"]).as_deref(), Some("permessage-deflate"));
        assert_eq!(answer(&[]), None);
        assert_eq!(answer(&["x-webkit-deflate-frame"]), None);
    }

    #[test]
    fn what_is_asked_for_is_kept_and_said() {
        for (offer, agreed) in [
            ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
            ("permessage-deflate;client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
            ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"),
            ("permessage-deflate; server_max_window_bits=\"15\"", "permessage-deflate; server_max_window_bits=15"),
            ("permessage-deflate; client_max_window_bits = 8", "permessage-deflate; client_max_window_bits=8"),
            (
                "permessage-deflate; client_max_window_bits=12; server_max_window_bits=10; client_no_context_takeover; \
                 server_no_context_takeover",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                 server_max_window_bits=10; client_max_window_bits=12",
            ),
        ] {
            assert_eq!(answer(&[offer]).as_deref(), Some(agreed), "{offer}");
        }
    }

    #[test]
    fn wrong_offers_are_declined() {
        for offer in [
            "permessage-deflate; unknown",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=ten",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover=\"\"",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
            "permessage-deflate; a=\"; server_max_window_bits=9\"",
            "permessage-deflate;",
        ] {
            assert_eq!(answer(&[offer]), None, "{offer}");
        }
    }

    #[test]
    fn a_window_that_zlib_cannot_have_is_declined_and_the_next_offer_taken() {
        assert_eq!(answer(&["permessage-deflate; server_max_window_bits=8"]), None);
        let offers = "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9";
        assert_eq!(answer(&[offers]).as_deref(), Some("permessage-deflate; server_max_window_bits=9"));
        let lines = ["other; a=\"x, permessage-deflate\", permessage-deflate; wrong", "permessage-deflate"];
        assert_eq!(answer(&lines).as_deref(), Some("permessage-deflate"));
    }
}
