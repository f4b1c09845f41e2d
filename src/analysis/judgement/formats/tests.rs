//! Hand-built runs of the lab, one for each way that its claims can come out.

use super::*;
use crate::analysis::judgement;
use crate::trace::{
    Asked, Cause, Closing, ConnectionId, Failing, Inference, Kind, Protocol, Recorder, Reply, Speaks, Time, Turn,
    testing,
};
use crate::wire::{RunId, Transcript};

/// The payloads: of each format in the order of [`Format::ALL`].
const PAYLOADS: [&[u8]; 6] = [b"<p>", b"{}", b"<x/>", "Grüße".as_bytes(), b"\x89PNG", b"\xff\x00\x01"];

/// A run that is being built.
struct Run {
    recorder: Recorder,
    now: i64,
    trace: Trace,
}

impl Run {
    fn new() -> Self {
        let trace = Trace::new(testing::circumstances("formats", Speaks::Duplex));
        Self { recorder: Recorder::default(), now: 0, trace }
    }

    fn tick(&mut self) -> Time {
        self.now += 1_000;
        Time(self.now)
    }

    /// A request and, unless it fails, its answer.
    fn exchange(&mut self, turn: u32, payload: &[u8], answer: Option<(u16, &[u8], Option<&str>)>) -> MessageId {
        let (number, at, turn) = (self.recorder.next_number(), self.tick(), Turn::of(turn));
        let asked = Asked { turn, at, number, method: "POST", path: "/echo", payload, ..Asked::default() };
        let request = self.recorder.request(&asked);
        let at = self.tick();
        match answer {
            Some((status, payload, media_type)) => {
                let reply = Reply { at, head: Some(at), payload, media_type, ..Reply::default() };
                self.recorder.response(request, turn, status, &reply);
            }
            None => {
                let failing = Failing { at, cause: Cause::Cors, inferred_from: Inference::ProbeAnswered };
                self.recorder.failed(request, failing);
            }
        }
        request
    }

    /// The part `http`; `answer` says what comes back of each format.
    fn http<'a>(mut self, answer: impl Fn(Format, &'a [u8]) -> Option<(u16, &'a [u8], Option<&'a str>)>) -> Self {
        let at = self.tick();
        self.recorder.part(part::HTTP, Some(Protocol::Http), at);
        for ((turn, format), payload) in (1..).zip(Format::ALL).zip(PAYLOADS) {
            self.exchange(turn, payload, answer(format, payload));
        }
        self
    }

    fn preflight(mut self, with: Option<(u16, &[u8], Option<&str>)>, told: Option<bool>) -> Self {
        let at = self.tick();
        self.recorder.part(part::PREFLIGHT, Some(Protocol::Http), at);
        self.exchange(7, b"{}", Some((200, b"{}", None)));
        let request = self.exchange(8, b"{}", with);
        let mut trace = self.follow();
        if let Some(asked) = told {
            let message = &mut trace.messages[request.0 as usize];
            (message.preflight, message.arrivals) = (asked, Some(1));
        }
        self.trace = trace;
        self
    }

    /// A request's body that says it is UTF-8, and is not.
    fn bad_text_over_http(mut self) -> Self {
        let at = self.tick();
        self.recorder.part(part::BAD_TEXT_OVER_HTTP, Some(Protocol::Http), at);
        self.exchange(10, b"text", Some((200, b"text\xff", Some("text/plain; charset=utf-8"))));
        self
    }

    fn open(&mut self, name: &str) -> ConnectionId {
        let (at, number, turn) = (self.tick(), self.recorder.next_number(), Turn::WARM_UP);
        self.recorder.part(name, Some(Protocol::WebSocket), at);
        let (connection, handshake) = self.recorder.opening(turn, at, number, "ws://here/ws", 0);
        let at = self.tick();
        self.recorder.opened(connection, handshake, turn, at, String::new(), String::new());
        connection
    }

    /// The part `websocket`; `answer` says what comes back of each message.
    fn socket<'a>(mut self, answer: impl Fn(Format, Kind, &'a [u8]) -> Option<&'a [u8]>) -> Self {
        let connection = self.open(part::WEBSOCKET);
        for ((turn, format), payload) in (1..).map(Turn::of).zip(Format::ALL).zip(PAYLOADS) {
            let text = std::str::from_utf8(payload).ok().map(|_| Kind::Text);
            for kind in text.into_iter().chain([Kind::Binary]) {
                let at = self.tick();
                let sent = self.recorder.sent(connection, turn, kind, at, payload, 0);
                let at = self.tick();
                match answer(format, kind, payload) {
                    Some(payload) => {
                        let reply = Reply { at, payload, ..Reply::default() };
                        self.recorder.answered(connection, turn, kind, sent, &reply, 0);
                    }
                    None => self.recorder.unanswered(sent),
                }
            }
        }
        self
    }

    /// The part `bad text`: how the connection ended, or what the page was given.
    fn bad_text(mut self, end: Result<Closing, &[u8]>) -> Self {
        let connection = self.open(part::BAD_TEXT);
        let (turn, at) = (Turn::of(9), self.tick());
        let sent = self.recorder.sent(connection, turn, Kind::Text, at, b"text", 0);
        let at = self.tick();
        match end {
            Ok(how) => {
                self.recorder.unanswered(sent);
                self.recorder.closed(connection, at, how);
            }
            Err(payload) => {
                let reply = Reply { at, payload, ..Reply::default() };
                self.recorder.answered(connection, turn, Kind::Text, sent, &reply, 0);
            }
        }
        self
    }

    /// The server's account of the handshake with that number: the frames that it read.
    fn frames_in(mut self, number: u32, frames: &str) -> Self {
        let told = format!(
            r#"{{"run":"{run}","now":9,"dropped":0,"connections":[{{"id":5,"opened":0,"closed":null,"bytes_in":0,
            "bytes_out":0,"requests":1,"exchanges":[{{"n":{number},"ordinal":1,"began":1,"received":2,"sent":3,
            "request_bytes":100,"response_bytes":100,"response_instrument_bytes":0,"upgraded":true,"method":"GET",
            "frames_in":{{"pieces":[{{"at":4,"bytes":"{frames}"}}],"dropped":0}}}}]}}]}}"#,
            run = RunId(1)
        );
        let transcript: Transcript = serde_json::from_str(&told).expect("a transcript");
        self.recorder.ledger(Time(0), vec![Protocol::WebSocket], transcript);
        self
    }

    fn follow(&mut self) -> Trace {
        let mut trace = self.trace.clone();
        self.recorder.take().into_iter().for_each(|event| trace.apply(event));
        trace
    }

    fn judged(mut self, claim: Claim) -> (Outcome, Vec<Fact>) {
        let trace = self.follow();
        let verdict = judgement::judge(claim, &trace, &Timeline::of(&trace));
        (verdict.outcome, facts(verdict.reasons))
    }

    fn told(mut self) -> Vec<Fact> {
        let trace = self.follow();
        facts(judgement::what_happened(&trace, &Timeline::of(&trace)))
    }

    fn answered(mut self) -> Option<usize> {
        let trace = self.follow();
        judgement::answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice)
    }
}

fn facts(findings: Vec<Finding>) -> Vec<Fact> {
    let fact = |finding: Finding| match finding.fact {
        judgement::Fact::Formats(fact) => Some(fact),
        _ => None,
    };
    findings.into_iter().filter_map(fact).collect()
}

fn echoed(format: Format, payload: &[u8]) -> Option<(u16, &[u8], Option<&str>)> {
    Some((200, payload, Some(format.media_type())))
}

fn back(_: Format, _: Kind, payload: &[u8]) -> Option<&[u8]> {
    Some(payload)
}

fn abnormal() -> Closing {
    Closing::CloseEvent { code: 1006, reason: String::new(), clean: false }
}

#[test]
fn http_carries_the_three_and_the_others_so_it_depends() {
    let (outcome, facts) = Run::new().http(echoed).bad_text_over_http().judged(Claim::C6);
    assert_eq!(outcome, Outcome::Depends);
    let bytes = PAYLOADS.iter().map(|payload| payload.len() as u64).sum();
    assert_eq!(
        facts,
        [
            Fact::Intact { over: Over::Http, formats: Format::ALL.into(), bytes },
            Fact::MediaTypes { kept: 6, of: 6, asked: true },
            Fact::BadTextOverHttp { bytes: 5 },
        ]
    );
}

#[test]
fn were_only_the_three_carried_the_claim_would_be_supported() {
    let only = |format: Format, payload| match format.is_claimed() {
        true => echoed(format, payload),
        false => Some((415, &b"no"[..], None)),
    };
    let (outcome, facts) = Run::new().http(only).judged(Claim::C6);
    assert_eq!(outcome, Outcome::Supported);
    assert!(facts.contains(&Fact::Refused { format: Format::Image, status: 415 }));
}

#[test]
fn a_web_page_that_comes_back_changed_refutes_it() {
    let spoilt = |format, payload| match format {
        Format::Html => Some((200, &b"<div>"[..], None)),
        _ => echoed(format, payload),
    };
    let (outcome, facts) = Run::new().http(spoilt).judged(Claim::C6);
    assert_eq!(outcome, Outcome::Refuted);
    assert!(facts.contains(&Fact::Differs { over: Over::Http, format: Format::Html, sent: 3, came: 5 }));
    assert_eq!(Run::new().http(spoilt).answered(), Some(0));
}

#[test]
fn nothing_is_judged_without_an_echo() {
    let (outcome, facts) = Run::new().http(|_, _| None).judged(Claim::C6);
    assert_eq!((outcome, facts), (Outcome::NotMeasured, vec![Fact::Missing(Missing::Http)]));
    let (outcome, facts) = Run::new().http(|_, _| Some((200, b"hello", None))).judged(Claim::C6);
    assert_eq!((outcome, facts), (Outcome::NotMeasured, vec![Fact::Missing(Missing::HttpEcho)]));
    let (outcome, _) = Run::new().judged(Claim::C6);
    assert_eq!(outcome, Outcome::NotMeasured);
    let half = |format, payload| echoed(format, payload).filter(|_| format != Format::Xml);
    assert_eq!(Run::new().http(half).judged(Claim::C6).0, Outcome::NotMeasured, "one of the three is missing");
}

#[test]
fn media_types_that_do_not_come_back_are_counted() {
    let untyped = |_, payload| Some((200, payload, Some("text/plain")));
    let (outcome, facts) = Run::new().http(untyped).judged(Claim::C6);
    assert_eq!(outcome, Outcome::Depends);
    assert!(facts.contains(&Fact::MediaTypes { kept: 0, of: 6, asked: true }));
    let spaced = |_, payload| Some((200, payload, Some("TEXT/plain; charset=UTF-8")));
    assert!(Run::new().http(spaced).told().contains(&Fact::MediaTypes { kept: 1, of: 6, asked: true }));
}

#[test]
fn a_websocket_takes_any_bytes_and_only_texts_that_are_utf8() {
    let (outcome, facts) = Run::new().socket(back).bad_text(Ok(abnormal())).judged(Claim::C7);
    assert_eq!(outcome, Outcome::Depends);
    let four = Format::ALL[..4].to_vec();
    let sum = |count: usize| PAYLOADS.iter().take(count).map(|payload| payload.len() as u64).sum();
    assert_eq!(
        facts,
        [
            Fact::Intact { over: Over::Text, formats: four, bytes: sum(4) },
            Fact::Intact { over: Over::Binary, formats: Format::ALL.into(), bytes: sum(6) },
            Fact::OnlyBinary { formats: vec![Format::Image, Format::Bytes] },
            Fact::NoMediaType { messages: 10 },
            Fact::BadTextEnded { code: 1006, clean: false, browser_sent: None, tapped: false },
        ]
    );
}

#[test]
fn the_browsers_close_frame_is_told_where_the_server_saw_it() {
    // A text message, then a close frame with 1002; both masked with zeros.
    let frames = "gYQAAAAAdGV4dIiCAAAAAAPq";
    let facts = Run::new().bad_text(Ok(abnormal())).frames_in(0, frames).told();
    assert!(
        facts.contains(&Fact::BadTextEnded { code: 1006, clean: false, browser_sent: Some(1002), tapped: true }),
        "{facts:?}"
    );
}

#[test]
fn were_bad_text_taken_there_would_be_no_limit() {
    let (outcome, facts) = Run::new().socket(back).bad_text(Err("text\u{fffd}".as_bytes())).judged(Claim::C7);
    assert_eq!(outcome, Outcome::Supported);
    assert!(facts.contains(&Fact::BadTextTaken { bytes: 7 }));
}

#[test]
fn a_binary_message_that_comes_back_changed_refutes_it() {
    let spoilt = |format, kind, payload| match (format, kind) {
        (Format::Image, Kind::Binary) => Some(&b"\x89JPG"[..]),
        _ => Some(payload),
    };
    let (outcome, facts) = Run::new().socket(spoilt).bad_text(Ok(abnormal())).judged(Claim::C7);
    assert_eq!(outcome, Outcome::Refuted);
    assert!(facts.contains(&Fact::Differs { over: Over::Binary, format: Format::Image, sent: 4, came: 4 }));
}

#[test]
fn without_bad_text_the_limit_is_not_measured_and_the_rest_is_told() {
    let (outcome, facts) = Run::new().socket(back).judged(Claim::C7);
    assert_eq!((outcome, facts.len()), (Outcome::NotMeasured, 5));
    assert_eq!(facts[4], Fact::Missing(Missing::BadText));
    let (outcome, facts) = Run::new().socket(|_, _, _| None).judged(Claim::C7);
    assert_eq!((outcome, &facts[0]), (Outcome::NotMeasured, &Fact::Missing(Missing::WebSocket)));
    let given_up = Run::new().socket(back).bad_text(Ok(Closing::GivenUp)).judged(Claim::C7);
    assert_eq!(given_up.0, Outcome::NotMeasured, "nothing came of the bad text");
}

#[test]
fn a_preflight_is_told_with_what_it_cost() {
    let answer = Some((200, &b"{}"[..], None));
    let (took, without) = (Span(1_000), Some(Span(1_000)));
    let told = |told| Run::new().http(echoed).preflight(answer, told).told();
    assert!(told(Some(true)).contains(&Fact::Preflight { took, without }));
    assert!(told(Some(false)).contains(&Fact::NoPreflight { took, without }));
    assert!(told(None).contains(&Fact::PreflightUnknown { took, without }));
    assert!(Run::new().http(echoed).preflight(None, None).told().contains(&Fact::TypeNotAllowed));
}

#[test]
fn the_answer_is_what_an_http_response_could_not_carry() {
    assert_eq!(Run::new().http(echoed).answered(), Some(3));
    let no_image = |format, payload| match format {
        Format::Image => Some((415, &b"no"[..], None)),
        _ => echoed(format, payload),
    };
    assert_eq!(Run::new().http(no_image).answered(), Some(1));
    assert_eq!(Run::new().http(|_, _| None).answered(), None);
    assert_eq!(Run::new().answered(), None);
}
