//! Each outcome of the lab's claim, from records that are told event by event.

use super::endings::{Said, Way};
use super::*;
use crate::analysis::raw::Missing;
use crate::analysis::raw::testing::{
    RECEIVED, Story, capture, close_frame, connection, exchange, frame, phases, upgrade,
};
use crate::trace::{Cause, Closing, ConnectionId, Failing, Inference, Outcome as Ended, Protocol, Span, Time};
use crate::wire::{ConnectionEntry, Ending};

const WS: &str = "ws://127.0.0.1:9000/ws";
const REASON: &str = "that was all";

/// Those of WebSockets, of which there are no others.
fn facts(findings: Vec<Finding>) -> Vec<endings::Fact> {
    let own = findings.into_iter().map(|finding| match finding.fact {
        super::super::Fact::Closing(Fact::WebSocket(fact)) => fact,
        other => panic!("a fact of another kind: {other:?}"),
    });
    own.collect()
}

/// Those of HTTP connections, of which there are no others.
fn http_facts(trace: &Trace) -> Vec<http::Fact> {
    let own = what_happened(trace, &Timeline::of(trace)).into_iter().map(|finding| match finding.fact {
        super::super::Fact::Closing(Fact::Http(fact)) => fact,
        other => panic!("a fact of another kind: {other:?}"),
    });
    own.collect()
}

fn verdict(trace: &Trace) -> (Outcome, Vec<endings::Fact>) {
    let verdict = judge(Claim::C14, trace, &Timeline::of(trace));
    assert_eq!(verdict.claim, Claim::C14);
    for reason in &verdict.reasons {
        assert!(reason.messages.iter().all(|id| trace.message(*id).is_some()), "evidence that is there: {reason:?}");
    }
    (verdict.outcome, facts(verdict.reasons))
}

fn chosen(trace: &Trace) -> Option<usize> {
    answer(trace, &Timeline::of(trace)).map(|answer| answer.choice)
}

/// A run, and what its server will tell.
struct Run {
    story: Story,
    entries: Vec<ConnectionEntry>,
}

impl Run {
    fn new() -> Self {
        Self { story: Story::of("closing"), entries: Vec::new() }
    }

    fn open(&mut self, way: Way) -> (ConnectionId, u32) {
        self.story.part(way.part(), Some(Protocol::WebSocket));
        self.story.open(WS)
    }

    /// The tap keeps these frames of the connection: when they crossed, and their bytes.
    fn tap(&mut self, number: u32, to_server: &[(u64, &[u8])], to_page: &[(u64, &[u8])]) {
        let kept = |pieces: &[(u64, &[u8])]| capture(pieces).filter(|_| !pieces.is_empty());
        let id = self.entries.len() as u64 + 1;
        self.entries.push(connection(id, None, vec![upgrade(number, kept(to_server), kept(to_page))]));
    }

    /// The page closes with 4001, and the server answers.
    fn client_closes(&mut self) {
        let (socket, number) = self.open(Way::ClientCloses);
        self.story.echo(socket, b"hello");
        let asked = self.story.ask_close(socket, 4001, REASON);
        self.story.close_event(socket, 4001, REASON, true, Some(asked));
        let (page, server) = (close_frame(4001, REASON, true), close_frame(4001, REASON, false));
        self.tap(
            number,
            &[(1_200, &frame(0x82, b"hello", true)), (2_000, &page)],
            &[(1_250, &frame(0x82, b"hello", false)), (2_040, &server)],
        );
    }

    /// The server closes with 1001, and the browser answers by itself.
    fn server_closes(&mut self) {
        let (socket, number) = self.open(Way::ServerCloses);
        self.story.send(socket, b"hello");
        self.story.close_event(socket, 1001, REASON, true, None);
        let (page, server) = (close_frame(1001, REASON, true), close_frame(1001, REASON, false));
        self.tap(number, &[(1_200, &frame(0x82, b"hello", true)), (2_300, &page)], &[(2_000, &server)]);
    }

    /// The server resets the connection.
    fn cut(&mut self) {
        let (socket, number) = self.open(Way::Cut);
        self.story.send(socket, b"hello");
        self.story.close_event(socket, 1006, "", false, None);
        self.tap(number, &[(1_200, &frame(0x82, b"hello", true))], &[]);
    }

    /// The server reads one message and no more; the page sends three, then closes, and its network gives it up.
    fn vanishes(&mut self) {
        let (socket, number) = self.open(Way::Vanishes);
        for payload in [b"one", b"two", b"six"] {
            let message = self.story.send(socket, payload);
            self.story.recorder.unanswered(message);
        }
        self.story.ask_close(socket, 4001, REASON);
        let (_, at) = self.story.next();
        self.story.recorder.closed(socket, at, Closing::GivenUp);
        self.tap(number, &[(1_200, &frame(0x82, b"one", true))], &[]);
    }

    fn finished(self) -> Trace {
        self.ended(Ended::Finished)
    }

    fn ended(mut self, outcome: Ended) -> Trace {
        self.story.account(self.entries);
        self.story.ended(outcome)
    }
}

fn said(code: u16) -> Option<Said> {
    Some(Said { code: Some(code), reason: REASON.into() })
}

fn half_open() -> [endings::Fact; 2] {
    [
        endings::Fact::HalfOpen { waited: Span(3_000), sent: 3, read: Some(1) },
        endings::Fact::CloseUnanswered { waited: Some(Span(1_000)) },
    ]
}

#[test]
fn c14_depends_where_orderly_ends_are_over_for_both_and_silence_is_not() {
    let mut run = Run::new();
    run.client_closes();
    run.server_closes();
    run.cut();
    run.vanishes();
    let trace = run.finished();
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Depends);
    let ended = |way, code, reason: &str, clean, lived, after| endings::Fact::Ended {
        way,
        code,
        reason: reason.into(),
        clean,
        lived: Span(lived),
        after: Span(after),
    };
    let [open, unanswered] = half_open();
    let expected = [
        ended(Way::ClientCloses, 4001, REASON, true, 4_000, 1_000),
        endings::Fact::Frames {
            way: Way::ClientCloses,
            page: said(4001),
            server: said(4001),
            first: Some(Side::Page),
            between: Some(Span(40)),
        },
        ended(Way::ServerCloses, 1001, REASON, true, 2_000, 1_000),
        endings::Fact::Frames {
            way: Way::ServerCloses,
            page: said(1001),
            server: said(1001),
            first: Some(Side::Server),
            between: Some(Span(300)),
        },
        ended(Way::Cut, 1006, "", false, 2_000, 1_000),
        endings::Fact::Frames { way: Way::Cut, page: None, server: None, first: None, between: None },
        open,
        unanswered,
    ];
    let mut silence_first = expected.clone();
    silence_first.rotate_right(2);
    assert_eq!(reasons, silence_first, "what contradicts the claim is told first");
    assert_eq!(chosen(&trace), Some(0));
    assert_eq!(facts(what_happened(&trace, &Timeline::of(&trace))), expected);
}

#[test]
fn c14_is_supported_by_a_plain_echo_that_the_page_closes() {
    let mut run = Run { story: Story::of("closing").plain(), ..Run::new() };
    let (socket, _) = run.open(Way::ClientCloses);
    run.story.echo(socket, b"hello");
    let asked = run.story.ask_close(socket, 4001, REASON);
    run.story.close_event(socket, 4001, REASON, true, Some(asked));
    let trace = run.story.finished();
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(reasons[1], endings::Fact::FramesUnseen { way: Way::ClientCloses, why: Missing::Plain });
    let offered: Vec<_> =
        [Way::ServerCloses, Way::Cut, Way::Vanishes].map(|way| endings::Fact::NotOffered { way }).into();
    assert_eq!(reasons[2..], offered);
    assert_eq!(chosen(&trace), None);
}

#[test]
fn c14_is_supported_where_even_the_silence_is_noticed() {
    let mut run = Run::new();
    run.server_closes();
    let (socket, number) = run.open(Way::Vanishes);
    run.story.send(socket, b"one");
    run.story.send(socket, b"two");
    run.story.close_event(socket, 1006, "", false, None);
    run.tap(number, &[], &[]);
    let trace = run.finished();
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(reasons.last(), Some(&endings::Fact::Noticed { after: Span(2_000), code: 1006, clean: false }));
    assert_eq!(chosen(&trace), Some(1));
}

#[test]
fn c14_is_refuted_where_no_end_is_over_for_both() {
    let mut run = Run::new();
    let (socket, number) = run.open(Way::ClientCloses);
    run.story.ask_close(socket, 4001, REASON);
    let (_, at) = run.story.next();
    run.story.recorder.closed(socket, at, Closing::GivenUp);
    run.tap(number, &[(2_000, &close_frame(4001, REASON, true))], &[]);
    run.vanishes();
    let (outcome, reasons) = verdict(&run.finished());
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(reasons[0], endings::Fact::NotEnded { way: Way::ClientCloses });
    let frames =
        endings::Fact::Frames { way: Way::ClientCloses, page: said(4001), server: None, first: None, between: None };
    assert_eq!(reasons[1], frames);
}

#[test]
fn c14_is_not_measured_where_nothing_was_opened_or_reached() {
    let mut run = Run::new();
    run.story.part(Way::ClientCloses.part(), Some(Protocol::WebSocket));
    let (_, handshake, _) = run.story.opening(WS);
    let cause = Cause::NoAnswer;
    run.story.fail(handshake, Failing { at: Time(9_000), cause: cause.clone(), inferred_from: Inference::ProbeFailed });
    let trace = run.finished();
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::NotMeasured);
    let rest = [Way::ServerCloses, Way::Cut, Way::Vanishes].map(|way| endings::Fact::NotReached { way });
    assert_eq!(reasons[0], endings::Fact::NotOpened { way: Way::ClientCloses, cause });
    assert_eq!(reasons[1..], rest);
    assert_eq!(chosen(&trace), None);
}

#[test]
fn c14_is_not_measured_where_the_run_was_stopped_in_the_middle() {
    for way in [Way::ServerCloses, Way::Vanishes] {
        let mut run = Run::new();
        let (socket, _) = run.open(way);
        run.story.send(socket, b"hello");
        let (_, at) = run.story.next();
        run.story.recorder.closed(socket, at, Closing::GivenUp);
        let (outcome, reasons) = verdict(&run.ended(Ended::Stopped));
        assert_eq!(outcome, Outcome::NotMeasured);
        assert!(reasons.iter().all(|fact| matches!(fact, endings::Fact::NotReached { .. })), "{reasons:?}");
    }
}

#[test]
fn a_browser_that_gives_a_half_open_connection_up_later_does_not_make_it_over_before() {
    let mut run = Run::new();
    let (socket, _) = run.open(Way::Vanishes);
    run.story.send(socket, b"one");
    run.story.ask_close(socket, 4001, REASON);
    run.story.close_event(socket, 1006, "", false, None);
    let trace = run.story.finished();
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(
        reasons[..2],
        [
            endings::Fact::HalfOpen { waited: Span(1_000), sent: 1, read: None },
            endings::Fact::CloseGivenUp { after: Span(1_000), code: 1006, clean: false },
        ]
    );
    assert_eq!(chosen(&trace), Some(0));
}

/// Two requests on the connections 1 and 2, of which the server tells that.
fn http(closed: [Option<(u64, Ending)>; 2]) -> Vec<http::Fact> {
    let mut story = Story::of("closing");
    story.part("http", Some(Protocol::Http));
    story.exchange(1, 1);
    story.exchange(2, 1);
    let entry = |(n, closed): (u32, _)| connection(u64::from(n) + 1, closed, vec![exchange(n, 1)]);
    story.account((0..).zip(closed).map(entry).collect());
    let trace = story.finished();
    http_facts(&trace)
}

#[test]
fn who_ends_an_http_connection_is_told_by_the_servers_account() {
    assert_eq!(
        http([Some((RECEIVED + 150, Ending::Server)), None]),
        [
            http::Fact::Ended { by: Some(Side::Server), after: Some(Span(50)), asked: true },
            http::Fact::StaysOpen { asked: false },
        ]
    );
    assert_eq!(
        http([Some((RECEIVED + 300, Ending::Client)), Some((RECEIVED + 400, Ending::Broken))]),
        [
            http::Fact::Ended { by: Some(Side::Page), after: Some(Span(200)), asked: true },
            http::Fact::Ended { by: None, after: Some(Span(300)), asked: false },
        ]
    );
}

#[test]
fn what_becomes_of_http_connections_is_not_told_by_others_nor_over_http2() {
    let told = |mut story: Story, on: Option<(Option<u64>, u64)>, h2: bool| {
        story.part("http", Some(Protocol::Http));
        let (request, _) = story.request();
        story.response(request, on);
        story.recorder.phases(request, phases(true, "http/1.1"));
        let mut trace = story.finished();
        if h2 {
            trace.messages.iter_mut().for_each(|message| message.alpn = Some("h2".into()));
        }
        http_facts(&trace)
    };
    let ours = Some((Some(1), 1));
    assert_eq!(told(Story::of("closing").plain(), None, false), [http::Fact::Untold { why: Missing::Plain }]);
    let proxied = told(Story::of("closing").proxied(), Some((None, 1)), false);
    assert_eq!(proxied, [http::Fact::Untold { why: Missing::BehindProxy }]);
    assert_eq!(told(Story::of("closing"), ours, false), [http::Fact::Untold { why: Missing::NotTold }]);
    assert_eq!(told(Story::of("closing"), ours, true), [http::Fact::Multiplexed]);
}

#[test]
fn facts_travel_in_a_file_there_and_back() {
    let frames =
        endings::Fact::Frames { way: Way::Cut, page: said(1000), server: None, first: None, between: Some(Span(-3)) };
    for fact in
        half_open().into_iter().chain([frames]).map(Fact::WebSocket).chain([Fact::Http(http::Fact::Multiplexed)])
    {
        let text = serde_json::to_string(&fact).expect("it is written");
        assert_eq!(serde_json::from_str::<Fact>(&text).expect("it is read"), fact);
    }
}
