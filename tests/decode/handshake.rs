//! The opening handshake: the example of RFC 6455 §1.3, and what may be wrong with one.

use duplex::decode::End;
use duplex::decode::handshake::{Handshake, Requirement, accept_key};
use duplex::decode::http1::{Decoder, Message};

/// The handshake of RFC 6455 §1.2, whose key is that of §1.3.
const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

fn message(mut decoder: Decoder, text: &str) -> Message {
    decoder.feed(text.as_bytes());
    decoder.end(End::Unknown).messages.into_iter().next().expect("a message")
}

fn check(request: &str, response: &str) -> Handshake {
    Handshake::check(&message(Decoder::requests(), request), &message(Decoder::responses(), response))
}

fn broken(handshake: &Handshake) -> Vec<Requirement> {
    handshake.checks.iter().filter(|check| !check.holds).map(|check| check.requirement).collect()
}

#[test]
fn the_standards_key_gives_the_standards_accept() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn the_standards_handshake_meets_every_requirement() {
    let handshake = check(REQUEST, RESPONSE);
    assert_eq!(broken(&handshake), []);
    assert!(handshake.holds() && !handshake.compresses());
    assert_eq!(handshake.expected_accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(handshake.accept, handshake.expected_accept);
    assert_eq!(handshake.offered_subprotocols, ["chat", "superchat"]);
    assert_eq!(handshake.subprotocol.as_deref(), Some("chat"));
    let said = handshake.checks.iter().find(|check| check.requirement == Requirement::Method);
    assert_eq!(said.and_then(|check| check.said.as_deref()), Some("GET"));
}

#[test]
fn each_requirement_that_is_not_met_is_told_and_no_other() {
    use Requirement as R;
    for (from, to, requirement) in [
        ("GET", "POST", R::Method),
        ("/chat HTTP/1.1", "/chat HTTP/1.0", R::HttpVersion),
        ("Host: server.example.com\r\n", "", R::Host),
        ("Upgrade: websocket\r\n", "", R::RequestUpgrade),
        ("Connection: Upgrade", "Connection: close", R::RequestConnection),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", R::WebSocketVersion),
        ("Sec-WebSocket-Protocol: chat, superchat\r\n", "", R::Subprotocol),
    ] {
        assert!(REQUEST.contains(from));
        let handshake = check(&REQUEST.replace(from, to), RESPONSE);
        assert_eq!(broken(&handshake), [requirement], "{requirement}");
        assert!(!handshake.holds());
    }
    for (from, to, requirement) in [
        ("101 Switching Protocols", "200 OK", R::Status),
        ("Upgrade: websocket\r\n", "Upgrade: websocket, x\r\n", R::ResponseUpgrade),
        ("Connection: Upgrade\r\n", "", R::ResponseConnection),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=", R::Accept),
        ("Protocol: chat", "Protocol: other", R::Subprotocol),
        ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", R::Extensions),
    ] {
        assert!(RESPONSE.contains(from));
        assert_eq!(broken(&check(REQUEST, &RESPONSE.replace(from, to))), [requirement], "{requirement}");
    }
}

#[test]
fn a_key_that_is_not_sixteen_bytes_is_told_and_hashed_as_it_is() {
    let handshake = check(&REQUEST.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), RESPONSE);
    assert_eq!(broken(&handshake), [Requirement::Key, Requirement::Accept]);
    assert_eq!(handshake.expected_accept, Some(accept_key("c2hvcnQ=")));
    // Of two keys neither counts.
    let twice = REQUEST.replace("Origin:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin:");
    let handshake = check(&twice, RESPONSE);
    assert_eq!(broken(&handshake), [Requirement::Key, Requirement::Accept]);
    assert_eq!(handshake.expected_accept, None);
}

#[test]
fn an_agreed_extension_is_one_that_was_offered() {
    let line = "Sec-WebSocket-Extensions: x, permessage-deflate; client_max_window_bits\r\n\r\n";
    let request = REQUEST.replace("\r\n\r\n", &format!("\r\n{line}"));
    let response = RESPONSE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    let handshake = check(&request, &response);
    assert!(handshake.holds() && handshake.compresses(), "{:?}", broken(&handshake));
    assert_eq!(handshake.offered_extensions, ["x", "permessage-deflate; client_max_window_bits"]);
}

#[test]
fn messages_that_are_no_handshake_are_checked_all_the_same() {
    let handshake = check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n");
    assert!(!handshake.holds());
    assert_eq!((handshake.key, handshake.expected_accept, handshake.accept), (None, None, None));
}
