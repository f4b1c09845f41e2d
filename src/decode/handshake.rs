//! The opening handshake of a WebSocket (RFC 6455 §4): what each side has to say, and the proof that the
//! server read the client's key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::http1::{Message, StartLine};

/// What is appended to the key before it is hashed (RFC 6455 §1.3).
pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key`: the SHA-1 of the key, as it was sent,
/// and of [`GUID`], in base64 (RFC 6455 §1.3).
///
/// ```
/// let accept = duplex::decode::handshake::accept_key("dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn accept_key(key: &str) -> String {
    STANDARD.encode(accept_digest(key))
}

/// The step before: the 20 bytes of the SHA-1, not yet in base64.
#[must_use]
pub fn accept_digest(key: &str) -> [u8; 20] {
    Sha1::new().chain_update(key).chain_update(GUID).finalize().into()
}

/// Something that a handshake requires (RFC 6455 §4.1 for the client, §4.2 for the server).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The request's method is GET.
    Method,
    /// The request is of HTTP/1.1 or a later 1.x.
    HttpVersion,
    /// The request has one `Host`.
    Host,
    /// The request's `Upgrade` has `websocket`.
    RequestUpgrade,
    /// The request's `Connection` has `Upgrade`.
    RequestConnection,
    /// The request has one `Sec-WebSocket-Key`, of 16 bytes in base64.
    Key,
    /// The request's `Sec-WebSocket-Version` is 13.
    WebSocketVersion,
    /// The response's status is 101.
    Status,
    /// The response's `Upgrade` is `websocket`.
    ResponseUpgrade,
    /// The response's `Connection` has `Upgrade`.
    ResponseConnection,
    /// The response's `Sec-WebSocket-Accept` is the one that belongs to the key.
    Accept,
    /// The response names no subprotocol, or one that the request offers.
    Subprotocol,
    /// The response names no extension that the request does not offer.
    Extensions,
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Method => "the request’s method is GET",
            Self::HttpVersion => "the request is of HTTP/1.1",
            Self::Host => "the request has one Host",
            Self::RequestUpgrade => "the request asks with “Upgrade: websocket”",
            Self::RequestConnection => "the request says “Connection: Upgrade”",
            Self::Key => "the request has one Sec-WebSocket-Key: 16 bytes in base64",
            Self::WebSocketVersion => "the request says “Sec-WebSocket-Version: 13”",
            Self::Status => "the response’s status is 101",
            Self::ResponseUpgrade => "the response says “Upgrade: websocket”",
            Self::ResponseConnection => "the response says “Connection: Upgrade”",
            Self::Accept => "the response’s Sec-WebSocket-Accept is the one that belongs to the key",
            Self::Subprotocol => "the response names no subprotocol, or one that was offered",
            Self::Extensions => "the response names only extensions that were offered",
        })
    }
}

/// Whether a requirement is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is required.
    pub requirement: Requirement,
    /// Whether it is so.
    pub holds: bool,
    /// What was said, lines of the same field joined by a comma; `None` if nothing was.
    pub said: Option<String>,
}

/// What a request and its response make of the opening handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The client's key, if there is exactly one.
    pub key: Option<String>,
    /// The accept that was recomputed from it.
    pub expected_accept: Option<String>,
    /// The server's `Sec-WebSocket-Accept`, if there is exactly one.
    pub accept: Option<String>,
    /// The subprotocols that the client offers, in its order of preference.
    pub offered_subprotocols: Vec<String>,
    /// The one that the server chose.
    pub subprotocol: Option<String>,
    /// The extensions that the client offers, each with its parameters.
    pub offered_extensions: Vec<String>,
    /// Those that the server agreed to.
    pub extensions: Vec<String>,
    /// Each requirement, the request's first.
    pub checks: Vec<Check>,
}

impl Handshake {
    /// Checks a request and the response to it. Any two messages may be given; those that are no handshake
    /// have checks that do not hold.
    #[must_use]
    pub fn check(request: &Message, response: &Message) -> Self {
        let key = request.single(KEY).map(Into::into);
        let expected_accept = key.as_deref().map(accept_key);
        let mut handshake = Self {
            key,
            expected_accept,
            accept: response.single(ACCEPT).map(Into::into),
            offered_subprotocols: request.list(PROTOCOL),
            subprotocol: response.single(PROTOCOL).map(Into::into),
            offered_extensions: request.list(EXTENSIONS),
            extensions: response.list(EXTENSIONS),
            checks: Vec::new(),
        };
        handshake.check_request(request);
        handshake.check_response(response);
        handshake
    }

    /// Whether every requirement is met: the connection is a WebSocket.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }

    /// Whether permessage-deflate was agreed on (RFC 7692).
    #[must_use]
    pub fn compresses(&self) -> bool {
        self.extensions.iter().any(|extension| extension_name(extension).eq_ignore_ascii_case("permessage-deflate"))
    }

    fn check_request(&mut self, request: &Message) {
        let (method, version) = match &request.start_line {
            StartLine::Request { method, minor_version, .. } => (Some(method.clone()), Some(*minor_version)),
            StartLine::Status { .. } => (None, None),
        };
        let key_is_right =
            self.key.as_ref().is_some_and(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16));
        self.note(Requirement::Method, method.as_deref() == Some("GET"), method);
        let version_words = version.map(|minor| format!("HTTP/1.{minor}"));
        self.note(Requirement::HttpVersion, version.is_some_and(|minor| minor >= 1), version_words);
        self.note(Requirement::Host, request.single("host").is_some(), said(request, "host"));
        self.note(Requirement::RequestUpgrade, lists(request, UPGRADE, "websocket"), said(request, UPGRADE));
        self.note(Requirement::RequestConnection, lists(request, CONNECTION, "upgrade"), said(request, CONNECTION));
        self.note(Requirement::Key, key_is_right, said(request, KEY));
        let is_13 = request.single(VERSION).is_some_and(|version| version == "13");
        self.note(Requirement::WebSocketVersion, is_13, said(request, VERSION));
    }

    fn check_response(&mut self, response: &Message) {
        let status = match response.start_line {
            StartLine::Status { code, .. } => Some(code),
            StartLine::Request { .. } => None,
        };
        self.note(Requirement::Status, status == Some(101), status.map(|code| code.to_string()));
        // Here it is to be exactly this value (§4.1, item 2 of what the response must have).
        let upgrades = response.single(UPGRADE).is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
        self.note(Requirement::ResponseUpgrade, upgrades, said(response, UPGRADE));
        self.note(Requirement::ResponseConnection, lists(response, CONNECTION, "upgrade"), said(response, CONNECTION));
        let proves = self.accept.is_some() && self.accept == self.expected_accept;
        self.note(Requirement::Accept, proves, said(response, ACCEPT));
        let was_offered = match &self.subprotocol {
            Some(chosen) => self.offered_subprotocols.contains(chosen),
            None => response.fields(PROTOCOL).next().is_none(),
        };
        self.note(Requirement::Subprotocol, was_offered, said(response, PROTOCOL));
        let offered = |agreed: &String| {
            let mut offers = self.offered_extensions.iter();
            offers.any(|offer| extension_name(offer).eq_ignore_ascii_case(extension_name(agreed)))
        };
        let all_offered = self.extensions.iter().all(offered);
        self.note(Requirement::Extensions, all_offered, said(response, EXTENSIONS));
    }

    fn note(&mut self, requirement: Requirement, holds: bool, said: Option<String>) {
        self.checks.push(Check { requirement, holds, said });
    }
}

const UPGRADE: &str = "upgrade";
const CONNECTION: &str = "connection";
const KEY: &str = "sec-websocket-key";
const ACCEPT: &str = "sec-websocket-accept";
const VERSION: &str = "sec-websocket-version";
const PROTOCOL: &str = "sec-websocket-protocol";
const EXTENSIONS: &str = "sec-websocket-extensions";

fn lists(message: &Message, name: &str, wanted: &str) -> bool {
    message.list(name).iter().any(|element| element.eq_ignore_ascii_case(wanted))
}

/// The values of a field, lines joined by a comma.
fn said(message: &Message, name: &str) -> Option<String> {
    let values: Vec<_> = message.fields(name).map(|field| field.text().into_owned()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// An extension without its parameters (RFC 6455 §9.1).
fn extension_name(extension: &str) -> &str {
    extension.split(';').next().unwrap_or_default().trim()
}
