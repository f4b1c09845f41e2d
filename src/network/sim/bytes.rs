//! What crosses a connection, byte for byte: heads of HTTP/1.1 messages as a browser and our server write
//! them, and WebSocket frames.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::connection::Asked;
use crate::network::Method;
use crate::wire::{EVIDENCE_HEADER, Evidence, SUBPROTOCOL};

/// What is appended to the key before it is hashed (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// What every frame of the page is masked with; a browser takes another for each.
pub const MASKING_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The bit that says that a frame is the last of its message (RFC 6455 §5.2).
pub(super) const FIN: u8 = 0x80;
/// Lines that a browser sends because a measuring page asks that no cache be used.
const NO_CACHE: &str = "Pragma: no-cache\r\nCache-Control: no-cache\r\n";
const USER_AGENT: &str = "User-Agent: Simulated/1.0\r\n";

/// Bytes, and how many of them are there for the instrument's sake alone.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) instrument: u64,
}

/// A request of HTTP/1.1, its body included.
pub(super) fn request(asked: &Asked) -> Written {
    let (method, target, host) = (asked.method, &asked.target, &asked.host);
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
    let mut instrument = 0;
    if let Some(number) = asked.upgrade {
        let key = key(number);
        head.push_str("Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n");
        head.push_str(USER_AGENT);
        head.push_str("Upgrade: websocket\r\nOrigin: http://127.0.0.1:9000\r\nSec-WebSocket-Version: 13\r\n");
        head.push_str(&format!("Sec-WebSocket-Key: {key}\r\n"));
        if asked.enveloped {
            head.push_str(&format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"));
        }
    } else {
        head.push_str("Connection: keep-alive\r\n");
        if method != Method::Get.name() && method != "OPTIONS" {
            head.push_str(&format!("Content-Length: {}\r\n", asked.body.len()));
        }
        if method == "OPTIONS" {
            head.push_str("Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n");
        } else {
            head.push_str(NO_CACHE);
            instrument = NO_CACHE.len() as u64;
        }
        head.push_str(USER_AGENT);
        if let Some(media_type) = &asked.media_type {
            head.push_str(&format!("Content-Type: {media_type}\r\n"));
        }
        if let Some(id) = asked.last_event_id {
            head.push_str(&format!("Last-Event-ID: {id}\r\n"));
        }
        head.push_str(if asked.events { "Accept: text/event-stream\r\n" } else { "Accept: */*\r\n" });
    }
    head.push_str("\r\n");
    Written { bytes: [head.as_bytes(), &asked.body].concat(), instrument }
}

/// How a response's body ends.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    /// It has none, as a 204 has.
    None,
    /// After so many bytes.
    Length(usize),
    /// With a chunk of no bytes (RFC 9112 §7.1).
    Chunked,
}

/// The head of a response of HTTP/1.1.
pub(super) fn response_head(
    status: u16,
    media_type: &str,
    framing: Framing,
    evidence: Option<&Evidence>,
    close: bool,
) -> Written {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    if !media_type.is_empty() {
        head.push_str(&format!("content-type: {media_type}\r\n"));
    }
    if close {
        head.push_str("connection: close\r\n");
    }
    match framing {
        Framing::None => {}
        Framing::Length(length) => head.push_str(&format!("content-length: {length}\r\n")),
        Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n"),
    }
    let before = head.len();
    if let Some(evidence) = evidence {
        let evidence = serde_json::to_string(evidence).unwrap_or_default();
        head.push_str(&format!("{EVIDENCE_HEADER}: {evidence}\r\n"));
        head.push_str("access-control-allow-origin: *\r\n");
        head.push_str(&format!("access-control-expose-headers: {EVIDENCE_HEADER}\r\n"));
        head.push_str("timing-allow-origin: *\r\ncross-origin-resource-policy: cross-origin\r\n");
        head.push_str("cache-control: no-store\r\ncontent-security-policy: sandbox\r\n");
        head.push_str("x-content-type-options: nosniff\r\n");
    }
    let instrument = (head.len() - before) as u64;
    head.push_str("date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
    Written { bytes: head.into_bytes(), instrument }
}

/// The response that makes a WebSocket of a connection (RFC 6455 §4.2.2).
pub(super) fn switching(number: u32, enveloped: bool) -> Written {
    let mut head = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n".to_owned();
    head.push_str(&format!("sec-websocket-accept: {}\r\n", accept(&key(number))));
    let line = if enveloped { format!("sec-websocket-protocol: {SUBPROTOCOL}\r\n") } else { String::new() };
    head.push_str(&line);
    head.push_str("date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
    Written { bytes: head.into_bytes(), instrument: line.len() as u64 }
}

/// A chunk (RFC 9112 §7.1); the last one has no data.
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// A frame (RFC 6455 §5.2), its head in the shortest form, from the page if `masked`. `first` is its first byte.
#[must_use]
pub fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let bit = if masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(bit | length as u8),
        length @ 126..=0xffff => {
            bytes.push(bit | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(bit | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if masked {
        bytes.extend(MASKING_KEY);
        bytes.extend(payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// What a close frame carries (RFC 6455 §5.5.1).
pub(super) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// The code and the reason in a close frame, if it carries any.
pub(super) fn close_said(payload: &[u8]) -> (Option<u16>, String) {
    match payload {
        [high, low, reason @ ..] => {
            (Some(u16::from_be_bytes([*high, *low])), String::from_utf8_lossy(reason).into_owned())
        }
        _ => (None, String::new()),
    }
}

/// A key of 16 bytes, another for each handshake; a browser takes random ones.
fn key(number: u32) -> String {
    let mut bytes = *b"simulated sim000";
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    STANDARD.encode(bytes)
}

fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        418 => "I'm a teapot",
        426 => "Upgrade Required",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
