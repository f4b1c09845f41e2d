//! Of the lab `opening`.

use super::{check, samples};
use crate::analysis::Fact as Any;
use crate::analysis::judgement::opening::Fact;
use crate::analysis::judgement::opening::requests::{Fact as Requests, Untold, Way};
use crate::analysis::judgement::opening::schemes::Fact as Address;
use crate::analysis::judgement::opening::switching::Fact as Switching;
use crate::analysis::judgement::opening::websocket::Fact as WebSocket;
use crate::analysis::raw::Missing;
use crate::trace::{Cause, Span};

#[test]
fn requests() {
    let carried = |way, requests, connections, already_open, ended_by_server| Requests::Carried {
        way,
        requests,
        connections,
        already_open,
        ended_by_server,
    };
    check(samples![
        |fact| Any::Opening(Fact::Requests(fact)), Requests;
        Carried => [
            carried(Way::Close, 10, 10, 2, 9);
            carried(Way::Close, 1, 1, 0, 0), hiding "already_open" "ended_by_server";
            carried(Way::KeepAlive, 10, 1, 1, 0), hiding "already_open" "ended_by_server";
            carried(Way::Parallel, 6, 4, 3, 2), hiding "ended_by_server";
        ],
        Multiplexed => [
            Requests::Multiplexed { way: Way::Close, requests: 10, connections: Some(1) };
            Requests::Multiplexed { way: Way::Parallel, requests: 6, connections: None };
        ],
        NotTold => [
            Requests::NotTold { way: Way::Close, requests: 1, why: Untold::Plain };
            Requests::NotTold { way: Way::KeepAlive, requests: 9, why: Untold::BehindProxy };
            Requests::NotTold { way: Way::Parallel, requests: 6, why: Untold::NoEvidence };
        ],
        NewByTiming => [Requests::NewByTiming { way: Way::KeepAlive, requests: 10, new: 2 }],
        OneRequest => [Requests::OneRequest { way: Way::Close }],
        NotTried => [
            Requests::NotTried { way: Way::Close, impossible: true };
            Requests::NotTried { way: Way::KeepAlive, impossible: false };
        ],
        BrokeOff => [Requests::BrokeOff { way: Way::Close, answered: 1, cause: Cause::NoAnswer }],
        SideBySide => [
            Requests::SideBySide { close: (10, 11), keep_alive: (1, 12) };
            Requests::SideBySide { close: (1, 11), keep_alive: (2, 12) };
        ],
    ]);
}

#[test]
fn web_socket() {
    let closed = |code, idle| WebSocket::ClosedEarly { lived: Span(1_500_000), code, idle };
    let handshake_unseen = |why| WebSocket::HandshakeUnseen { why };
    check(samples![
        |fact| Any::Opening(Fact::WebSocket(fact)), WebSocket;
        Opened => [WebSocket::Opened { took: Span(4_320) }],
        NotOpened => [WebSocket::NotOpened { cause: Cause::HandshakeRefused }],
        NotReached => [WebSocket::NotReached],
        Proven => [WebSocket::Proven { key: "7tI3Vet".into(), accept: "T7F3BF0".into(), checks: 13 }],
        Unproven => [WebSocket::Unproven { broken: 1, first: "the status is 101".into() }],
        HandshakeUnseen => [
            handshake_unseen(Missing::Plain); handshake_unseen(Missing::BehindProxy); handshake_unseen(Missing::NotTold);
            handshake_unseen(Missing::Shared); handshake_unseen(Missing::Dropped(700)); handshake_unseen(Missing::LeftOut(800));
        ],
        OneConnection => [
            WebSocket::OneConnection { messages: 12, server_id: Some(22), found: Some(12) };
            WebSocket::OneConnection { messages: 12, server_id: Some(22), found: Some(7) };
            WebSocket::OneConnection { messages: 1, server_id: None, found: None };
        ],
        StillOpen => [
            WebSocket::StillOpen { idle: Span(1_000_000), after: 3 }; WebSocket::StillOpen { idle: Span(1_000_000), after: 1 };
        ],
        ClosedEarly => [closed(Some(1_006), true); closed(None, false)],
        SilentAfterIdle => [WebSocket::SilentAfterIdle { idle: Span(1_000_000) }],
        NotIdle => [WebSocket::NotIdle],
    ]);
}

#[test]
fn switching_and_addresses() {
    let frame = |from_page, server_id| Switching::FirstFrame {
        opcode: "binary".into(),
        from_page,
        after: Span(2_370),
        server_id,
    };
    check(samples![
        |fact| Any::Opening(Fact::Switching(fact)), Switching;
        StatusLine => [Switching::StatusLine { status: 101, reason: "Switching Protocols".into(), bytes: 201 }],
        FirstFrame => [frame(true, Some(22)); frame(false, None)],
        NoFrame => [Switching::NoFrame],
        OverHttp2 => [Switching::OverHttp2],
        StatusUnseen => [Switching::StatusUnseen { why: Missing::Plain }],
    ]);
    let opened = |scheme: &str| Address::Opened { scheme: scheme.into() };
    let url = "ws://duplex.invalid/";
    check(samples![
        |fact| Any::Opening(Fact::Address(fact)), Address;
        Opened => [opened("ws"); opened("wss"); opened("http")],
        Refused => [
            Address::Refused { scheme: "ftp".into(), at_once: true }; Address::Refused { scheme: "ftp".into(), at_once: false };
        ],
        MixedContentRefused => [Address::MixedContentRefused { url: url.into(), at_once: true }],
        MixedContentTried => [
            Address::MixedContentTried { cause: None }; Address::MixedContentTried { cause: Some(Cause::NoAnswer) };
        ],
        SecureNotMeasured => [Address::SecureNotMeasured],
        MixedContentNotMeasured => [Address::MixedContentNotMeasured],
    ]);
}
