//! Of the labs `closing` and `interruption`.

use super::{Sample, check, samples};
use crate::analysis::Fact as Any;
use crate::analysis::judgement::closing::endings::{Fact as Ending, Said, Way};
use crate::analysis::judgement::closing::http::Fact as Http;
use crate::analysis::judgement::closing::{Fact as Closing, Side};
use crate::analysis::judgement::interruption::{Account, Bytes, Carrier, Fact, Learned, Missing, Reached};
use crate::analysis::raw;
use crate::trace::{Cause, Protocol, Span};
use crate::wire::Fault;
use crate::words::labs;

#[test]
fn endings() {
    let ended = |way, code, reason: &str, clean| Ending::Ended {
        way,
        code,
        reason: reason.into(),
        clean,
        lived: Span(25_700),
        after: Span(12_200),
    };
    let said = |code, reason: &str| Some(Said { code, reason: reason.into() });
    let frames = |page, server, first, between: Option<i64>| Ending::Frames {
        way: Way::ServerCloses,
        page,
        server,
        first,
        between: between.map(Span),
    };
    let (half, cut) = (Span(2_000_000), Way::Cut);
    check(samples![
        |fact| Any::Closing(Closing::WebSocket(fact)), Ending;
        Ended => [
            ended(Way::ClientCloses, 4_001, "", true);
            ended(Way::ServerCloses, 1_001, "all said", true);
            ended(cut, 1_006, "", false), hiding "lived";
            ended(Way::Vanishes, 1_006, "", false), hiding "lived";
        ],
        NotEnded => [Ending::NotEnded { way: Way::ClientCloses }; Ending::NotEnded { way: cut }],
        Frames => [
            frames(said(Some(4_001), "bye"), said(Some(4_002), ""), Some(Side::Page), Some(110));
            frames(said(None, ""), said(Some(1_001), "bye"), Some(Side::Server), Some(1_140));
            frames(said(Some(4_001), ""), None, None, None);
            frames(None, said(Some(1_001), ""), None, None);
            frames(None, None, None, None);
        ],
        FramesUnseen => [Ending::FramesUnseen { way: cut, why: raw::Missing::BehindProxy }],
        HalfOpen => [
            Ending::HalfOpen { waited: half, sent: 5, read: Some(1) }; Ending::HalfOpen { waited: half, sent: 1, read: None };
        ],
        Noticed => [Ending::Noticed { after: half, code: 1_006, clean: false }],
        CloseUnanswered => [
            Ending::CloseUnanswered { waited: Some(Span(3_000_000)) }; Ending::CloseUnanswered { waited: None };
        ],
        CloseGivenUp => [Ending::CloseGivenUp { after: half, code: 1_006, clean: false }],
        NotOpened => [Ending::NotOpened { way: cut, cause: Cause::NoAnswer }],
        NotReached => [Ending::NotReached { way: Way::Vanishes }],
        NotOffered => [Ending::NotOffered { way: Way::ServerCloses }],
    ]);
    let ended = |by, asked| Http::Ended { by, after: Some(Span(131)), asked };
    check(samples![
        |fact| Any::Closing(Closing::Http(fact)), Http;
        Ended => [
            ended(Some(Side::Server), true); ended(Some(Side::Page), false);
            Http::Ended { by: None, after: None, asked: true };
        ],
        StaysOpen => [Http::StaysOpen { asked: true }; Http::StaysOpen { asked: false }],
        Untold => [Http::Untold { why: raw::Missing::Plain }],
        Multiplexed => [Http::Multiplexed],
    ]);
}

#[test]
fn interrupted_requests_and_sockets() {
    let reached = |carrier, times| Reached { carrier, times };
    let one = |fault, carrier, learned, times| Fact::Interrupted {
        faults: vec![fault],
        requests: 1,
        posts: 1,
        learned,
        reached: vec![reached(carrier, times)],
    };
    let several = |learned| Fact::Interrupted {
        faults: vec![Fault::Cut, Fault::Short, Fault::BadFrame],
        requests: 4,
        posts: 2,
        learned,
        reached: vec![reached(Carrier::New, Some(1)), reached(Carrier::Used, Some(2))],
    };
    let between = |least, most| Bytes { least, most };
    let truncated = |came, of| Learned::Truncated { came, of };
    let timed_out = |came| Learned::TimedOut { after: Span(1_500_000), came: Bytes::of(came) };
    let (fault, account) = (Fault::Cut, |arrived, twice| Account { sent: 31, arrived, lost: 13, twice });
    let broke = |faults, [sent, answered]: [u32; 2], read| Fact::Broke {
        faults,
        code: 1_006,
        clean: false,
        sent,
        answered,
        read,
    };
    let stalled = |faults| Fact::Stalled { faults, silent: Span(1_500_000), sent: 5, answered: 2, read: Some(3) };
    let mut all: Vec<Sample> = samples![
        Any::Interruption, Fact;
        Interrupted => [
            one(Fault::Close, Carrier::Used, Learned::NoHead, Some(2)), hiding "requests" "posts";
            one(Fault::Stall, Carrier::Unknown, timed_out(0), None), hiding "requests" "posts" "came";
            one(Fault::Cut, Carrier::Unknown, truncated(Bytes::of(0), Some(Bytes::of(64))), None), hiding "requests" "posts" "came";
            one(Fault::Cut, Carrier::Unknown, truncated(Bytes::of(0), Some(Bytes::of(1))), None), hiding "requests" "posts" "came";
            one(Fault::Cut, Carrier::Unknown, truncated(Bytes::of(0), None), None), hiding "requests" "posts" "came";
            one(Fault::Drip, Carrier::New, Learned::Whole { status: 200 }, Some(0)), hiding "requests" "posts";
            several(truncated(between(0, 32), Some(Bytes::of(64)))); several(truncated(between(26, 32), Some(between(53, 64)))); several(timed_out(7));
            several(truncated(Bytes::of(1), None)); several(truncated(between(0, 1), Some(Bytes::of(1))));
        ],
        SentAgainByBrowser => [
            Fact::SentAgainByBrowser { requests: 2, posts: 1, used: 2 }; Fact::SentAgainByBrowser { requests: 3, posts: 3, used: 2 };
            Fact::SentAgainByBrowser { requests: 1, posts: 0, used: 1 }, hiding "posts";
        ],
        NotSentAgain => [Fact::NotSentAgain { requests: 1 }; Fact::NotSentAgain { requests: 3 }],
        PostArrivals => [
            Fact::PostArrivals { new: Some(1), used: Some(2), unknown: None };
            Fact::PostArrivals { new: None, used: None, unknown: Some(3) };
        ],
        AskedAgain => [Fact::AskedAgain { failed: 6, answered: 5, tries: 7 }; Fact::AskedAgain { failed: 1, answered: 0, tries: 1 }, hiding "answered"],
        Duplicated => [
            Fact::Duplicated { failed: 6, twice: 5, arrivals: 13 }; Fact::Duplicated { failed: 1, twice: 0, arrivals: 1 }, hiding "twice";
            Fact::Duplicated { failed: 1, twice: 1, arrivals: 2 };
        ],
        OrderedAgain => [Fact::OrderedAgain { after: Span(2_690), times: 2 }],
        GivenUp => [
            Fact::GivenUp { requests: 1, arrived: Some(0) }, hiding "arrived"; Fact::GivenUp { requests: 3, arrived: Some(2) };
            Fact::GivenUp { requests: 3, arrived: None };
        ],
        TooQuick => [Fact::TooQuick { requests: 1 }],
        FaultsRefused => [
            Fact::FaultsRefused { requests: 4, alpn: Some("h2".into()) }; Fact::FaultsRefused { requests: 1, alpn: None };
        ],
        EventSource => [Fact::EventSource { arrivals: 1 }, hiding "arrivals"; Fact::EventSource { arrivals: 2 }],
        Broke => [
            broke(vec![fault], [5, 2], Some(3)); broke(vec![fault, Fault::Short], [5, 2], Some(1));
            broke(vec![fault], [5, 0], Some(0)), hiding "answered" "read";
            Fact::Broke { faults: vec![Fault::Goodbye], code: 1_000, clean: true, sent: 1, answered: 0, read: None }, hiding "answered";
        ],
        Stalled => [
            stalled(vec![fault]); stalled(vec![fault, Fault::Vanish]);
        ],
        Survived => [Fact::Survived { fault, messages: 5 }],
        NotOpened => [Fact::NotOpened { fault }],
        Left => [Fact::Left { sent: 5, answered: 2 }],
        StayedClosed => [
            Fact::StayedClosed { waited: Span(1_600_000), arrivals: Some(1) };
            Fact::StayedClosed { waited: Span(1_600_000), arrivals: None };
        ],
        ReopenedByBrowser => [Fact::ReopenedByBrowser { arrivals: 2 }],
        Reconnected => [
            Fact::Reconnected { waits: vec![Span(102_000), Span(200_000)], refused: 1, opened: true };
            Fact::Reconnected { waits: vec![Span(102_000)], refused: 3, opened: false };
            Fact::Reconnected { waits: vec![Span(102_000)], refused: 0, opened: true }, hiding "refused";
        ],
        SentAgain => [
            Fact::SentAgain { messages: 6, answered: 5, twice: Some(4) };
            Fact::SentAgain { messages: 1, answered: 1, twice: Some(0) }, hiding "twice";
            Fact::SentAgain { messages: 6, answered: 5, twice: None };
        ],
        Resumed => [
            Fact::Resumed { after: 2, missed: 3, came: 4, twice: 0 }, hiding "twice";
            Fact::Resumed { after: 2, missed: 1, came: 4, twice: 5 };
        ],
        BegunAgain => [Fact::BegunAgain { came: 5, twice: 2 }],
        Account => [
            Fact::Account(Protocol::Http, account(Some(30), Some(12))); Fact::Account(Protocol::WebSocket, account(None, None));
        ],
        Below => [Fact::Below],
        Missing => [
            Fact::Missing(Missing::HttpFaults); Fact::Missing(Missing::WebSocketFaults); Fact::Missing(Missing::Account);
            Fact::Missing(Missing::SharedConnections);
        ],
    ];
    for fault in Fault::ALL {
        let both = [Fact::NotOpened { fault }, one(fault, Carrier::New, Learned::NoHead, Some(1))];
        let hidden = vec!["requests", "posts"];
        all.extend(both.map(|fact| Sample { fact: Any::Interruption(fact), hidden: hidden.clone() }));
    }
    check(all);
}

#[test]
fn faults_of_the_same_moment_are_told_together() {
    let told = |faults: &[Fault]| {
        labs::fact(&Any::Interruption(Fact::Broke {
            faults: faults.to_vec(),
            code: 1_006,
            clean: false,
            sent: 1,
            answered: 0,
            read: Some(1),
        }))
    };
    assert_eq!(
        told(&[Fault::Reset, Fault::Cut, Fault::Short, Fault::BadUtf8]),
        "Asked to reset the connection, or reset or end the connection within an answer, or send a text that is \
         not UTF-8, with 1 message under way each time: it had no answer, though the server had read it. The page was \
         told code 1006 (no close frame came)."
    );
}

#[test]
fn a_server_that_closes_with_a_code_that_none_may_send_is_not_said_to_have_sent_nothing() {
    let ended = |way| {
        labs::fact(&Any::Closing(Closing::WebSocket(Ending::Ended {
            way,
            code: 1_006,
            reason: String::new(),
            clean: false,
            lived: Span(2_000),
            after: Span(1_000),
        })))
    };
    let told = ended(Way::ServerCloses);
    assert!(!told.contains("Nobody") && !told.contains("no close frame came"), "{told}");
    assert!(told.ends_with("code 1006, not clean. That code stands for an end without a close frame, and none may carry it (RFC 6455 §7.4.1)."), "{told}");
    assert!(ended(Way::Cut).contains("Nobody sent that code"), "{}", ended(Way::Cut));
}
