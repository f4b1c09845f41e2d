//! Each outcome of each claim of the lab, from records that are told event by event.

use super::*;
use crate::analysis::raw::testing::{SWITCHING, Story, UPGRADE, capture, connection, exchange, frame, phases, upgrade};
use crate::trace::{Closing, Failing, Inference, Outcome as Ended, Protocol, Time};
use crate::wire::Ending;

const WS: &str = "ws://127.0.0.1:9000/ws";

fn verdict(claim: Claim, trace: &Trace) -> (Outcome, Vec<Fact>) {
    let verdict = judge(claim, trace, &Timeline::of(trace));
    assert_eq!(verdict.claim, claim);
    for reason in &verdict.reasons {
        assert!(reason.messages.iter().all(|id| trace.message(*id).is_some()), "evidence that is there: {reason:?}");
    }
    (verdict.outcome, facts(verdict.reasons))
}

fn facts(findings: Vec<Finding>) -> Vec<Fact> {
    let own = findings.into_iter().map(|finding| match finding.fact {
        super::super::Fact::Opening(fact) => fact,
        other => panic!("a fact of another lab: {other:?}"),
    });
    own.collect()
}

fn carried(way: Way, requests: u32, connections: u32, already_open: u32, ended_by_server: u32) -> Fact {
    Fact::Carried { way, requests, connections, already_open, ended_by_server }
}

/// Three requests with `Connection: close`, on these connections.
fn with_close(story: &mut Story, connections: [u64; 3]) {
    story.part("close", Some(Protocol::Http));
    for id in connections {
        story.exchange(id, 1);
    }
}

/// Three requests without, all on this one.
fn kept_alive(story: &mut Story, on: u64) {
    story.part("keep-alive", Some(Protocol::Http));
    for ordinal in 1..=3 {
        story.exchange(on, ordinal);
    }
}

#[test]
fn c3_depends_where_close_takes_a_connection_each_and_keep_alive_one_for_all() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 2, 3]);
    kept_alive(&mut story, 4);
    let ended = |id| connection(id, Some((1_200, Ending::Server)), vec![exchange(u32::try_from(id).unwrap() - 1, 1)]);
    story.account([1, 2, 3].map(ended).to_vec());
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons, [carried(Way::Close, 3, 3, 0, 3), carried(Way::KeepAlive, 3, 1, 0, 0)]);
    let answer = answer(&trace, &Timeline::of(&trace)).expect("both were run");
    assert_eq!(answer.choice, 1);
    assert_eq!(facts(vec![answer.finding]), [Fact::SideBySide { close: (3, 3), keep_alive: (1, 3) }]);
}

#[test]
fn c3_is_supported_where_close_alone_was_run() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 2, 3]);
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Supported);
    assert!(reasons.contains(&Fact::NotTried { way: Way::KeepAlive, impossible: false }), "{reasons:?}");
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn c3_is_refuted_where_keep_alive_alone_was_run() {
    let mut story = Story::of("opening");
    kept_alive(&mut story, 4);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(reasons, [Fact::NotTried { way: Way::Close, impossible: false }, carried(Way::KeepAlive, 3, 1, 0, 0)]);
}

#[test]
fn c3_is_supported_where_even_keep_alive_takes_a_connection_each() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 2, 3]);
    story.part("keep-alive", Some(Protocol::Http));
    for id in [4, 5, 6] {
        story.exchange(id, 1);
    }
    let trace = story.finished();
    assert_eq!(verdict(Claim::C3, &trace).0, Outcome::Supported);
    assert_eq!(answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice), Some(0));
}

#[test]
fn c3_marks_connections_that_were_open_before_and_shows_those_of_requests_at_once() {
    let mut story = Story::of("opening");
    story.part("keep-alive", Some(Protocol::Http));
    // The browser had it in its pool: this is not its first request.
    for ordinal in 7..=9 {
        story.exchange(1, ordinal);
    }
    story.part("parallel", Some(Protocol::Http));
    story.exchange(1, 10);
    story.exchange(2, 1);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(reasons[1..], [carried(Way::KeepAlive, 3, 1, 1, 0), carried(Way::Parallel, 2, 2, 1, 0)]);
}

#[test]
fn c3_over_http2_is_refuted_by_one_connection_that_close_cannot_be_asked_of() {
    let mut story = Story::of("opening");
    for part in ["close", "keep-alive"] {
        story.part(part, Some(Protocol::Http));
        for ordinal in 1..=3 {
            let request = story.exchange(1, ordinal);
            story.recorder.phases(request, phases(false, "h2"));
        }
    }
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Refuted);
    let multiplexed = |way| Fact::Multiplexed { way, requests: 3, connections: Some(1) };
    assert_eq!(reasons, [multiplexed(Way::Close), multiplexed(Way::KeepAlive)]);
    assert_eq!(answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice), Some(2));
}

#[test]
fn c3_of_a_plain_endpoint_rests_on_resource_timing() {
    for (new, expected) in [([true, false, false], Outcome::Refuted), ([false, true, true], Outcome::Supported)] {
        let mut story = Story::of("opening").plain();
        story.part("keep-alive", Some(Protocol::Http));
        for new in new {
            story.timed_exchange(new);
        }
        let (outcome, reasons) = verdict(Claim::C3, &story.finished());
        assert_eq!(outcome, expected);
        let new = new.into_iter().map(u32::from).sum();
        assert_eq!(
            reasons,
            [
                Fact::NotTried { way: Way::Close, impossible: true },
                Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::Plain },
                Fact::NewByTiming { way: Way::KeepAlive, requests: 3, new },
            ]
        );
    }
}

#[test]
fn c3_is_not_measured_where_nobody_tells_of_connections() {
    let mut story = Story::of("opening").plain();
    story.part("keep-alive", Some(Protocol::Http));
    for _ in 0..3 {
        let (request, _) = story.request();
        story.response(request, None);
    }
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(reasons.contains(&Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::Plain }), "{reasons:?}");
}

#[test]
fn c3_is_not_measured_behind_a_proxy_whatever_resource_timing_says() {
    let mut story = Story::of("opening").proxied();
    for part in ["close", "keep-alive"] {
        story.part(part, Some(Protocol::Http));
        for ordinal in 1..=3 {
            let (request, _) = story.request();
            story.response(request, Some((None, ordinal)));
            story.recorder.phases(request, phases(false, "http/1.1"));
        }
    }
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::NotMeasured);
    let told = Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::BehindProxy };
    assert!(reasons.contains(&told), "{reasons:?}");
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn c3_is_not_measured_by_one_request_nor_by_none() {
    let mut story = Story::of("opening");
    story.part("keep-alive", Some(Protocol::Http));
    story.exchange(1, 1);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(reasons.contains(&Fact::OneRequest { way: Way::KeepAlive }), "{reasons:?}");
    assert_eq!(verdict(Claim::C3, &Story::of("opening").finished()).0, Outcome::NotMeasured);
}

#[test]
fn c3_counts_what_was_answered_before_the_requests_broke_off() {
    let mut story = Story::of("opening");
    kept_alive(&mut story, 4);
    let (request, _) = story.request();
    let failing = Failing { at: Time(50_000), cause: Cause::Vanished, inferred_from: Inference::ProbeFailed };
    story.fail(request, failing);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::Refuted);
    let broke_off = Fact::BrokeOff { way: Way::KeepAlive, answered: 3, cause: Cause::Vanished };
    assert_eq!(reasons[1..], [broke_off, carried(Way::KeepAlive, 3, 1, 0, 0)]);
}

/// How the WebSocket of a story fares.
#[derive(Clone, Copy, Default)]
struct Fares {
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

fn websocket(story: &mut Story, fares: Fares) {
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

fn proven() -> Fact {
    Fact::Proven { key: "dGhlIHNhbXBsZSBub25jZQ==".into(), accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into(), checks: 13 }
}

#[test]
fn c4_is_supported_by_the_handshake_and_a_connection_that_outlives_its_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares::default()));
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(
        reasons,
        [
            proven(),
            Fact::Opened { took: Span(1_000) },
            Fact::OneConnection { messages: 4, server_id: Some(7), found: Some(4) },
            Fact::StillOpen { idle: Span(1_000), after: 1 },
        ]
    );
}

#[test]
fn c4_rests_on_the_open_event_where_raw_bytes_cannot_be_had() {
    let mut story = Story::of("opening").plain();
    websocket(&mut story, Fares { untold: true, ..Fares::default() });
    let (outcome, reasons) = verdict(Claim::C4, &story.finished());
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(reasons[0], Fact::HandshakeUnseen { why: Missing::Plain });
    assert_eq!(reasons[2], Fact::OneConnection { messages: 4, server_id: None, found: None });
}

#[test]
fn c4_depends_where_the_connection_did_not_outlive_its_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { closed: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert!(matches!(reasons[3], Fact::ClosedEarly { code: Some(1006), lived: Span(3_000), .. }), "{reasons:?}");
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { silent: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[3], Fact::SilentAfterIdle { idle: Span(1_000) });
}

const NO_PROOF: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";

#[test]
fn c4_depends_or_is_refuted_where_the_handshake_proves_nothing() {
    let response = Some(NO_PROOF);
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { response, ..Fares::default() }));
    assert_eq!(outcome, Outcome::Depends);
    assert!(matches!(&reasons[0], Fact::Unproven { broken: 1, first } if first.contains("Accept")), "{reasons:?}");
    let fares = Fares { response, closed: true, ..Fares::default() };
    assert_eq!(verdict(Claim::C4, &with_websocket(fares)).0, Outcome::Refuted);
}

#[test]
fn c4_is_not_measured_without_an_idle_time() {
    let (outcome, reasons) = verdict(Claim::C4, &with_websocket(Fares { busy: true, ..Fares::default() }));
    assert_eq!(outcome, Outcome::NotMeasured);
    assert_eq!(reasons.last(), Some(&Fact::NotIdle));
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
            (Outcome::NotMeasured, vec![Fact::NotOpened { cause: cause.clone() }]),
            "{claim:?}"
        );
        assert_eq!(verdict(claim, &never), (Outcome::NotMeasured, vec![Fact::NotReached]), "{claim:?}");
    }
}

#[test]
fn c5_is_supported_by_the_status_line_and_the_first_frame_behind_it() {
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares::default()));
    assert_eq!(outcome, Outcome::Supported);
    let bytes = SWITCHING.len() as u64;
    assert_eq!(
        reasons,
        [
            Fact::StatusLine { status: 101, reason: "Switching Protocols".into(), bytes },
            Fact::FirstFrame { opcode: "binary".into(), from_page: true, after: Span(150), server_id: Some(7) },
        ]
    );
}

#[test]
fn c5_is_refuted_by_another_status_and_over_http2() {
    let response: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let trace = with_websocket(Fares { response: Some(response), ..Fares::default() });
    let (outcome, reasons) = verdict(Claim::C5, &trace);
    assert_eq!(outcome, Outcome::Refuted);
    assert!(matches!(reasons[0], Fact::StatusLine { status: 200, .. }), "{reasons:?}");
    let mut trace = with_websocket(Fares { untold: true, ..Fares::default() });
    trace.messages[0].alpn = Some("h2".into());
    assert_eq!(verdict(Claim::C5, &trace), (Outcome::Refuted, vec![Fact::OverHttp2]));
}

#[test]
fn c5_is_not_measured_without_the_head_or_without_a_frame() {
    let mut story = Story::of("opening").plain();
    websocket(&mut story, Fares { untold: true, ..Fares::default() });
    let unseen = vec![Fact::StatusUnseen { why: Missing::Plain }];
    assert_eq!(verdict(Claim::C5, &story.finished()), (Outcome::NotMeasured, unseen));
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares { frameless: true, ..Fares::default() }));
    assert_eq!((outcome, reasons.last()), (Outcome::NotMeasured, Some(&Fact::NoFrame)));
    // The head was cut before its end: only its status line would be there.
    let cut = Some(&SWITCHING[..20]);
    let (outcome, reasons) = verdict(Claim::C5, &with_websocket(Fares { response: cut, ..Fares::default() }));
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(matches!(reasons[..], [Fact::StatusUnseen { .. }]), "{reasons:?}");
    assert!(UPGRADE.starts_with(b"GET"));
}

/// Opens an address that should be refused; `None` opens it.
fn asks_for(story: &mut Story, url: &str, refused: Option<(Cause, Inference)>) {
    match refused {
        Some((cause, inferred_from)) => {
            let (_, handshake, _) = story.opening(url);
            story.fail(handshake, Failing { at: Time(90_000), cause, inferred_from });
        }
        None => {
            story.open(url);
        }
    }
}

fn bad_url() -> Option<(Cause, Inference)> {
    Some((Cause::BadUrl { why: "SyntaxError".into() }, Inference::Thrown))
}

const ELSEWHERE: &str = "ws://duplex.invalid/";
const FTP: &str = "ftp://duplex.invalid/";

/// A WebSocket at that address, and what came of `ws:` from an https page (if it was asked for) and of `ftp:`.
fn schemes(
    url: &str,
    mixed: Option<Option<(Cause, Inference)>>,
    ftp: Option<(Cause, Inference)>,
) -> (Outcome, Vec<Fact>) {
    let mut story = Story::of("opening");
    story.part("websocket", Some(Protocol::WebSocket));
    story.open(url);
    story.part("schemes", Some(Protocol::WebSocket));
    if let Some(refused) = mixed {
        asks_for(&mut story, ELSEWHERE, refused);
    }
    asks_for(&mut story, FTP, ftp);
    verdict(Claim::C13, &story.finished())
}

#[test]
fn c13_is_supported_by_ws_alone_and_says_what_was_not_measured() {
    let (outcome, reasons) = schemes(WS, None, bad_url());
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(
        reasons,
        [
            Fact::SchemeOpened { scheme: "ws".into() },
            Fact::SchemeRefused { scheme: "ftp".into(), at_once: true },
            Fact::SecureNotMeasured,
            Fact::MixedContentNotMeasured,
        ]
    );
}

#[test]
fn c13_is_supported_by_wss_and_by_ws_refused_from_an_https_page() {
    for (inferred_from, at_once) in [(Inference::Thrown, true), (Inference::Schemes, false)] {
        let mixed = Some(Some((Cause::MixedContent, inferred_from)));
        let (outcome, reasons) = schemes("wss://127.0.0.1:9443/ws", mixed, bad_url());
        assert_eq!(outcome, Outcome::Supported);
        assert_eq!(
            reasons,
            [
                Fact::SchemeOpened { scheme: "wss".into() },
                Fact::MixedContentRefused { url: ELSEWHERE.into(), at_once },
                Fact::SchemeRefused { scheme: "ftp".into(), at_once: true },
            ]
        );
    }
}

#[test]
fn c13_depends_where_an_https_page_may_try_ws_or_another_scheme_opens() {
    let tried = Some(Some((Cause::NoAnswer, Inference::ProbeFailed)));
    let (outcome, reasons) = schemes("wss://127.0.0.1:9443/ws", tried, bad_url());
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[1], Fact::MixedContentTried { cause: Some(Cause::NoAnswer) });
    let (outcome, reasons) = schemes(WS, None, None);
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[1], Fact::SchemeOpened { scheme: "ftp".into() });
}

#[test]
fn c13_is_refuted_where_no_scheme_was_the_right_one() {
    let (outcome, reasons) = schemes("http://127.0.0.1:9000/ws", None, None);
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(reasons[0], Fact::SchemeOpened { scheme: "http".into() });
}

#[test]
fn what_happened_tells_each_part_in_order() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 2, 3]);
    websocket(&mut story, Fares::default());
    story.part("schemes", Some(Protocol::WebSocket));
    asks_for(&mut story, FTP, bad_url());
    let trace = story.finished();
    let told = facts(what_happened(&trace, &Timeline::of(&trace)));
    let expected = |fact: &Fact| match fact {
        Fact::Carried { .. } => 0,
        Fact::Opened { .. } => 1,
        Fact::Proven { .. } => 2,
        Fact::OneConnection { .. } => 3,
        Fact::StillOpen { .. } => 4,
        Fact::SchemeRefused { .. } => 5,
        other => panic!("{other:?}"),
    };
    assert_eq!(told.iter().map(expected).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn facts_travel_in_a_file_there_and_back() {
    for fact in [proven(), carried(Way::Close, 3, 3, 1, 2), Fact::StatusUnseen { why: Missing::Dropped(7) }] {
        let text = serde_json::to_string(&fact).expect("it is written");
        assert_eq!(serde_json::from_str::<Fact>(&text).expect("it is read"), fact);
    }
}
