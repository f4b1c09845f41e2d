//! The lab `closing` on the simulated network: the same script as in the browser, and how its claim can come out.

use duplex::analysis::judgement::closing::endings::{Fact as OfWebSocket, Said, Way};
use duplex::analysis::judgement::closing::http::Fact as OfHttp;
use duplex::analysis::judgement::closing::{Fact as Own, Side};
use duplex::analysis::judgement::{Outcome, answer, judge, what_happened};
use duplex::analysis::raw::{self, Grounds, Missing};
use duplex::analysis::{Claim, Fact, Finding, Timeline};
use duplex::format;
use duplex::lab::closing::{REASON, SERVER_REASON};
use duplex::lab::{Lab, ParameterError, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Fate, Kind, Message, Outcome as Ended, Span, Trace};

mod simulated;

use simulated::{record, run_lab};

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::of(Lab::Closing);
    for (name, value) in pairs {
        assert_eq!(settings.set(name, value), Ok(true), "{name}");
    }
    settings
}

fn facts(findings: Vec<Finding>) -> Vec<Own> {
    let own = findings.into_iter().map(|finding| match finding.fact {
        Fact::Closing(fact) => fact,
        other => panic!("a fact of another lab: {other:?}"),
    });
    own.collect()
}

fn verdict(trace: &Trace) -> (Outcome, Vec<OfWebSocket>) {
    let verdict = judge(Claim::C14, trace, &Timeline::of(trace));
    let reasons = facts(verdict.reasons).into_iter().map(|fact| match fact {
        Own::WebSocket(fact) => fact,
        Own::Http(other) => panic!("not of a WebSocket: {other:?}"),
    });
    (verdict.outcome, reasons.collect())
}

fn choice(trace: &Trace) -> Option<usize> {
    answer(trace, &Timeline::of(trace)).map(|answer| answer.choice)
}

fn part<'a>(trace: &'a Trace, way: &str) -> Vec<&'a Message> {
    trace.in_part(trace.part(way).expect("it was run")).collect()
}

#[test]
fn orderly_ends_are_over_for_both_and_silence_is_not() {
    let trace = run_lab(settings(&[]), Conditions::default());
    assert_eq!(trace.outcome, Some(Ended::Finished));
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Depends);
    let [half_open, close, client, client_frames, server, server_frames, cut, cut_frames] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(matches!(client, OfWebSocket::Ended { way: Way::ClientCloses, code: 4001, clean: true, .. }), "{client:?}");
    let OfWebSocket::Frames { page, server: answered, first, between, .. } = client_frames else {
        panic!("{client_frames:?}");
    };
    assert_eq!(page, &Some(Said { code: Some(4001), reason: REASON.into() }));
    assert_eq!(answered.as_ref().and_then(|said| said.code), Some(4001));
    assert_eq!(first, &Some(Side::Page));
    assert!(between.is_some_and(|between| between.0 >= 0), "{between:?}");

    let OfWebSocket::Ended { way: Way::ServerCloses, code: 1001, reason, clean: true, .. } = server else {
        panic!("{server:?}");
    };
    assert_eq!(reason, SERVER_REASON);
    let OfWebSocket::Frames { page: answered, server: said, first, between, .. } = server_frames else {
        panic!("{server_frames:?}");
    };
    assert_eq!(said, &Some(Said { code: Some(1001), reason: SERVER_REASON.into() }));
    assert_eq!(answered.as_ref().and_then(|said| said.code), Some(1001), "the browser answers by itself");
    assert_eq!((first, between), (&Some(Side::Server), &Some(Span(2_000))), "a way there and back");

    assert!(matches!(cut, OfWebSocket::Ended { way: Way::Cut, code: 1006, clean: false, .. }), "{cut:?}");
    assert!(matches!(cut_frames, OfWebSocket::Frames { page: None, server: None, .. }), "{cut_frames:?}");
    assert_eq!(half_open, &OfWebSocket::HalfOpen { waited: Span(2_000_000), sent: 5, read: Some(1) });
    assert!(matches!(close, OfWebSocket::CloseGivenUp { code: 1006, clean: false, .. }), "{close:?}");
    assert_eq!(choice(&trace), Some(0));
    assert_eq!(format::read(&format::write(&trace).expect("it is written")), Ok(trace));
}

#[test]
fn a_page_that_waits_less_than_its_browser_learns_of_no_end() {
    let trace = run_lab(settings(&[("reply-timeout", "1000")]), Conditions::default());
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons.get(1), Some(&OfWebSocket::CloseUnanswered { waited: Some(Span(1_000_000)) }));
}

#[test]
fn close_messages_find_their_frames_and_what_fell_into_the_silence_never_crossed() {
    let trace = run_lab(settings(&[]), Conditions::default());
    for way in ["client closes", "server closes"] {
        let messages = part(&trace, way);
        let closes: Vec<_> = messages.iter().filter(|message| matches!(message.kind, Kind::Close { .. })).collect();
        assert_eq!(closes.len(), if way == "client closes" { 2 } else { 1 }, "{way}");
        for message in closes {
            let carried = raw::carried(&trace, message).expect("its frame is there");
            assert_eq!((carried.grounds, carried.complete), (Grounds::Close, true), "{way}");
        }
    }
    let silent = part(&trace, "vanishes");
    let sent = silent.iter().filter(|message| message.direction == Direction::ToServer);
    let sent: Vec<_> = sent.filter(|message| !message.kind.is_opening()).collect();
    assert_eq!(sent.len(), 6, "five messages and a close");
    assert!(raw::carried(&trace, sent[0]).is_ok());
    assert!(sent[1..].iter().all(|message| raw::carried(&trace, message) == Err(Missing::NeverSeen)));
    assert!(sent.iter().all(|message| message.fate != Fate::Delivered && message.fate != Fate::InFlight), "{sent:?}");
}

#[test]
fn http_connections_end_by_the_server_when_asked_and_else_stay() {
    let trace = run_lab(settings(&[]), Conditions::default());
    let http: Vec<_> = facts(what_happened(&trace, &Timeline::of(&trace)))
        .into_iter()
        .filter_map(|fact| match fact {
            Own::Http(fact) => Some(fact),
            Own::WebSocket(_) => None,
        })
        .collect();
    let [OfHttp::Ended { by: Some(Side::Server), after: Some(after), asked: true }, stays] = &http[..] else {
        panic!("{http:?}");
    };
    assert!(after.0 >= 0, "{after}");
    assert_eq!(stays, &OfHttp::StaysOpen { asked: false });
}

#[test]
fn somebody_elses_echo_can_only_be_closed_by_the_page() {
    let trace = run_lab(settings(&[("code", "1000")]), Conditions { plain: true, ..Conditions::default() });
    assert_eq!(trace.outcome, Some(Ended::Finished));
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Supported);
    assert!(matches!(reasons[0], OfWebSocket::Ended { code: 1000, clean: true, .. }), "{reasons:?}");
    assert_eq!(reasons[1], OfWebSocket::FramesUnseen { way: Way::ClientCloses, why: Missing::Plain });
    let missing = [Way::ServerCloses, Way::Cut, Way::Vanishes].map(|way| OfWebSocket::NotOffered { way });
    assert_eq!(reasons[2..], missing);
    assert_eq!(choice(&trace), None);
}

#[test]
fn behind_a_proxy_the_pages_own_view_is_enough_for_the_verdict() {
    let trace = run_lab(settings(&[]), Conditions { behind_proxy: true, ..Conditions::default() });
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Depends);
    assert!(reasons.contains(&OfWebSocket::HalfOpen { waited: Span(2_000_000), sent: 5, read: None }), "{reasons:?}");
    let told = facts(what_happened(&trace, &Timeline::of(&trace)));
    assert_eq!(told.last(), Some(&Own::Http(OfHttp::Untold { why: Missing::BehindProxy })));
}

#[test]
fn a_server_whose_end_is_noticed_leaves_nothing_half_open() {
    // It ends with the page's second message into the silence, and its connections with it.
    let trace = record(settings(&[]), Conditions { server_dies_at: Some(9), ..Conditions::default() }, None);
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Supported);
    let noticed = reasons.last().expect("a reason");
    assert!(matches!(noticed, OfWebSocket::Noticed { code: 1006, clean: false, .. }), "{noticed:?}");
    assert_eq!(choice(&trace), Some(1));
}

#[test]
fn a_run_that_is_stopped_in_the_silence_gives_no_verdict_on_it() {
    let whole = run_lab(settings(&[]), Conditions::default());
    let part = whole.part("vanishes").expect("it was run");
    let stop = whole.parts[usize::from(part.0)].from + Span(1_000_000);
    let trace = record(settings(&[]), Conditions::default(), Some(stop));
    assert_eq!(trace.outcome, Some(Ended::Stopped));
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::Supported, "what was orderly was");
    assert_eq!(reasons.last(), Some(&OfWebSocket::NotReached { way: Way::Vanishes }));
    assert_eq!(choice(&trace), None);
}

#[test]
fn where_nobody_answers_the_run_fails_and_nothing_is_judged() {
    let trace = record(settings(&[]), Conditions { server_dies_at: Some(1), ..Conditions::default() }, None);
    assert!(matches!(trace.outcome, Some(Ended::Failed(_))), "{:?}", trace.outcome);
    let (outcome, reasons) = verdict(&trace);
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(reasons.iter().all(|fact| matches!(fact, OfWebSocket::NotOpened { .. })), "{reasons:?}");
}

#[test]
fn a_code_that_a_page_may_not_use_is_refused_before_the_run() {
    for (code, fits) in [(1000, true), (1001, false), (2999, false), (3000, true), (4999, true)] {
        let settings = settings(&[("code", &code.to_string())]);
        let expected = if fits { Ok(()) } else { Err(ParameterError::NotForPages { code }) };
        assert_eq!(settings.check(), expected);
    }
}
