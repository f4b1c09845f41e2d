//! C4 and C5: how the WebSocket was opened, whether it stayed open, and what marked the change.

use super::*;
use crate::analysis::raw::testing::{SWITCHING, capture, connection, frame, upgrade};
use crate::trace::{Cause, Closing, Failing, Inference, Outcome as Ended, Span, Time};

/// How the WebSocket of a story fares.
#[derive(Clone, Copy, Default)]
pub(super) struct Fares {
    /// The server closes it in the idle time.
    closed: bool,
    /// Nobody answers after it.
    silent: bool,
    /// The script does not wait.
    busy: bool,
    /// The head of the response, where it is not the right one.
    response: Option<&'static [u8]>,
    /// The server tells no raw bytes.
    untold: bool,
    /// No frame crossed, as far as the tap tells.
    frameless: bool,
}

pub(super) fn websocket(story: &mut Story, fares: Fares) {
    story.part("websocket", Some(Protocol::WebSocket));
    let (socket, number) = story.open(WS);
    story.echo(socket, b"before");
    let mut said = vec![b"before".as_slice()];
    if fares.closed {
        story.close_event(socket, 1006, "", false, None);
    }
    if !fares.busy {
        story.wait();
    }
    match fares {
        Fares { closed: true, .. } => {}
        Fares { silent: true, .. } => {
            let lost = story.send(socket, b"after");
            story.recorder.unanswered(lost);
        }
        _ => {
            story.echo(socket, b"after");
            said.push(b"after");
            let asked = story.ask_close(socket, 1000, "");
            story.close_event(socket, 1000, "", true, Some(asked));
        }
    }
    if fares.untold {
        return;
    }
    let frames = |masked, at| {
        let bytes: Vec<u8> = said.iter().flat_map(|payload| frame(0x82, payload, masked)).collect();
        capture(&[(at, bytes.as_slice())]).filter(|_| !fares.frameless)
    };
    let mut exchange = upgrade(number, frames(true, 1_250), frames(false, 1_300));
    exchange.response = fares.response.map_or(exchange.response, |response| capture(&[(1_100, response)]));
    story.account(vec![connection(7, None, vec![exchange])]);
}

fn with_websocket(fares: Fares) -> Trace {
    let mut story = Story::of("opening");
    websocket(&mut story, fares);
    story.finished()
}

pub(super) fn proven() -> websocket::Fact {
    websocket::Fact::Proven {
        key: "dGhlIHNhbXBsZSBub25jZQ==".into(),
        accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into(),
        checks: 13,
    }
}

#[test]
fn c4_is_supported_by_the_handshake_and_a_connection_that_outlives_its_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares::default()));
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(
        reasons,
        told![
            proven(),
            websocket::Fact::Opened { took: Span(1_000) },
            websocket::Fact::OneConnection { messages: 4, server_id: Some(7), found: Some(4) },
            websocket::Fact::StillOpen { idle: Span(1_000), after: 1 },
        ]
    );
}

#[test]
fn c4_rests_on_the_open_event_where_raw_bytes_cannot_be_had() {
    let mut story = Story::of("opening").plain();
    websocket(&mut story, Fares { untold: true, ..Fares::default() });
    let (outcome, reasons) = verdict(Claim::C4, &story.finished());
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(reasons[0], Fact::from(websocket::Fact::HandshakeUnseen { why: Missing::Plain }));
    assert_eq!(reasons[2], Fact::from(websocket::Fact::OneConnection { messages: 4, server_id: None, found: None }));
}

#[test]
fn c4_depends_where_the_connection_did_not_outlive_its_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { closed: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert!(
        matches!(
            reasons[3],
            Fact::WebSocket(websocket::Fact::ClosedEarly { code: Some(1006), lived: Span(3_000), .. })
        ),
        "{reasons:?}"
    );
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { silent: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[3], Fact::from(websocket::Fact::SilentAfterIdle { idle: Span(1_000) }));
}

const NO_PROOF: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";

#[test]
fn c4_depends_or_is_refuted_where_the_handshake_proves_nothing() {
    let response = Some(NO_PROOF);
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { response, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert!(
        matches!(&reasons[0], Fact::WebSocket(websocket::Fact::Unproven { broken: 1, first }) if first.contains("Accept")),
        "{reasons:?}"
    );
    let fares = Fares { response, closed: true, ..Fares::default() };
    assert_eq!(verdict(Claim::C4, &with_websocket(fares)).0, Outcome::Refuted);
}

#[test]
fn c4_is_not_measured_without_an_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { busy: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::NotMeasured);
    assert_eq!(reasons.last(), Some(&Fact::from(websocket::Fact::NotIdle)));
    // The answer was under way when the run was stopped.
    let mut story = Story::of("opening");
    websocket(&mut story, Fares { silent: true, ..Fares::default() });
    assert_eq!(verdict(Claim::C4, &story.ended(Ended::Stopped)).0, Outcome::NotMeasured);
}

#[test]
fn c4_and_c5_are_not_measured_where_the_websocket_was_refused_or_never_asked_for() {
    let mut story = Story::of("opening");
    story.part("websocket", Some(Protocol::WebSocket));
    let (socket, handshake, _) = story.opening(WS);
    story.recorder.closed(socket, Time(9_000), Closing::CloseEvent { code: 1006, reason: String::new(), clean: false });
    let cause = Cause::HandshakeRefused;
    story.fail(handshake, Failing { at: Time(9_000), cause: cause.clone(), inferred_from: Inference::ProbeAnswered });
    let refused = story.finished();
    let never = Story::of("opening").finished();
    for claim in [Claim::C4, Claim::C5, Claim::C13] {
        assert_eq!(
            verdict(claim, &refused),
            (Outcome::NotMeasured, told![websocket::Fact::NotOpened { cause: cause.clone() }]),
            "{claim:?}"
        );
        assert_eq!(verdict(claim, &never), (Outcome::NotMeasured, told![websocket::Fact::NotReached]), "{claim:?}");
    }
}

#[test]
fn c5_is_supported_by_the_status_line_and_the_first_frame_behind_it() {
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares::default()));
    assert_eq!(outcome, Outcome::Supported);
    let bytes = SWITCHING.len() as u64;
    assert_eq!(
        reasons,
        told![
            switching::Fact::StatusLine { status: 101, reason: "Switching Protocols".into(), bytes },
            switching::Fact::FirstFrame {
                opcode: "binary".into(),
                from_page: true,
                after: Span(150),
                server_id: Some(7)
            },
        ]
    );
}

#[test]
fn c5_is_refuted_by_another_status_and_over_http2() {
    let response: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let trace = with_websocket(Fares { response: Some(response), ..Fares::default() });
    let (outcome, reasons) = verdict(Claim::C5, &trace);
    assert_eq!(outcome, Outcome::Refuted);
    assert!(matches!(reasons[0], Fact::Switching(switching::Fact::StatusLine { status: 200, .. })), "{reasons:?}");
    let mut trace = with_websocket(Fares { untold: true, ..Fares::default() });
    trace.messages[0].alpn = Some("h2".into());
    assert_eq!(verdict(Claim::C5, &trace), (Outcome::Refuted, told![switching::Fact::OverHttp2]));
}

#[test]
fn c5_is_not_measured_without_the_head_or_without_a_frame() {
    let mut story = Story::of("opening").plain();
    websocket(&mut story, Fares { untold: true, ..Fares::default() });
    let unseen = told![switching::Fact::StatusUnseen { why: Missing::Plain }];
    assert_eq!(verdict(Claim::C5, &story.finished()), (Outcome::NotMeasured, unseen));
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares { frameless: true, ..Fares::default() }));
    assert_eq!((outcome, reasons.last()), (Outcome::NotMeasured, Some(&Fact::from(switching::Fact::NoFrame))));
    // The head was cut before its end: only its status line would be there.
    let cut = Some(&SWITCHING[..20]);
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares { response: cut, ..Fares::default() }));
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(matches!(reasons[..], [Fact::Switching(switching::Fact::StatusUnseen { .. })]), "{reasons:?}");
}
