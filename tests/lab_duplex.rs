//! The lab `duplex` on the simulated network: the same script as in the browser, and what is judged of it.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::judgement::duplex::{Fact, Proof, Waited, Way, What, Why, part};
use duplex::analysis::judgement::{Claim, Fact as AnyFact, Outcome as Judged, Verdict, answer, judge, what_happened};
use duplex::analysis::{Bytes, Summary, Timeline};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Closing, Direction, Fate, Kind, Outcome, Protocol, Span, Trace};

mod simulated;

use simulated::run_lab;

/// As over the link `mobile`.
const ONE_WAY: Span = Span::from_millis(50);

fn mobile() -> Conditions {
    Conditions { one_way: ONE_WAY, ..Conditions::default() }
}

/// The page speaks at times that never fall together with those of the news: on a network that knows no chance, what happens
/// at the same time would happen in whichever order the simulation takes.
const APART: (&str, u32) = ("send", 290);

fn settings(parameters: &[(&str, u32)]) -> Settings {
    let mut settings = Settings::of(Lab::Duplex);
    for (name, value) in parameters {
        assert_eq!(settings.set(name, &value.to_string()), Ok(true));
    }
    settings
}

fn verdict(trace: &Trace, claim: Claim) -> Verdict {
    judge(claim, trace, &Timeline::of(trace))
}

fn facts(verdict: &Verdict) -> Vec<&Fact> {
    let facts = verdict.reasons.iter().filter_map(|finding| match &finding.fact {
        AnyFact::Duplex(fact) => Some(fact),
        _ => None,
    });
    facts.collect()
}

/// Of a way: items, requests, requests in vain, and how long the items were on the way.
fn news(trace: &Trace, wanted: Way) -> (u32, u32, u32, Waited) {
    let findings = what_happened(trace, &Timeline::of(trace));
    let found = findings.iter().find_map(|finding| match finding.fact {
        AnyFact::Duplex(Fact::News { way, items, requests, in_vain, waited, .. }) if way == wanted => {
            Some((items, requests, in_vain, waited.expect("the clocks can be brought together")))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {wanted:?} in {findings:#?}"))
}

#[test]
fn all_claims_come_out_as_the_evidence_has_it() {
    let trace = run_lab(settings(&[]), mobile());
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    for (claim, expected) in
        [(Claim::C1, Judged::Supported), (Claim::C2, Judged::Supported), (Claim::C12, Judged::Depends)]
    {
        let verdict = verdict(&trace, claim);
        assert_eq!(verdict.outcome, expected, "{verdict:#?}");
        assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()), "{verdict:#?}");
    }
}

#[test]
fn every_way_brings_every_item_and_needs_its_own_number_of_requests() {
    let trace = run_lab(settings(&[]), mobile());
    for way in Way::ALL {
        assert_eq!(news(&trace, way).0, 8, "{way:?}");
    }
    let requests = Way::ALL.map(|way| news(&trace, way).1);
    // Eight items in two seconds: every 400 ms a poll, for each item one that is held, one for the events, one handshake.
    assert!((5..=7).contains(&requests[0]), "{requests:?}");
    assert_eq!(requests[1..], [8, 1, 1]);
    // The feed begins with the first poll, so that there is no news then.
    assert!(news(&trace, Way::ShortPolling).2 >= 1);
    assert_eq!(news(&trace, Way::LongPolling).2, 0);
}

#[test]
fn short_polling_hears_last_and_the_others_as_soon_as_the_websocket() {
    let trace = run_lab(settings(&[]), mobile());
    let [short, long, events, socket] = Way::ALL.map(|way| news(&trace, way).3);
    assert!((socket.median - ONE_WAY).abs() <= socket.uncertainty + Span(5), "{socket:?}");
    assert!(short.median - socket.median > ONE_WAY, "{short:?} {socket:?}");
    for other in [long, events] {
        assert!((other.median - socket.median).abs() < Span::from_millis(2), "{other:?} {socket:?}");
    }
}

#[test]
fn long_polling_falls_behind_where_news_comes_faster_than_a_round_trip() {
    let trace = run_lab(settings(&[("interval", 70), ("items", 20)]), mobile());
    let [_, long, _, socket] = Way::ALL.map(|way| news(&trace, way).3);
    assert!(long.median - socket.median >= Span::from_millis(20), "{long:?} {socket:?}");
    assert_eq!(verdict(&trace, Claim::C1).outcome, Judged::Supported);
}

#[test]
fn messages_cross_where_they_travel_for_long_and_not_where_they_are_there_at_once() {
    for (one_way, expected) in [(ONE_WAY, Judged::Supported), (Span(100), Judged::NotMeasured)] {
        let trace = run_lab(settings(&[]), Conditions { one_way, ..Conditions::default() });
        let verdict = verdict(&trace, Claim::C2);
        assert_eq!(verdict.outcome, expected, "{verdict:#?}");
        let crossed = facts(&verdict).iter().any(|fact| matches!(fact, Fact::Crossed { .. }));
        assert_eq!(crossed, expected == Judged::Supported);
    }
}

#[test]
fn crossing_arrows_cross_in_the_picture_too() {
    let trace = run_lab(settings(&[APART]), mobile());
    let timeline = Timeline::of(&trace);
    let verdict = judge(Claim::C2, &trace, &timeline);
    assert!(matches!(facts(&verdict)[0], Fact::Crossed { proof: Proof::Times, .. }), "{verdict:#?}");
    let pair = &verdict.reasons[0].messages[..2];
    let ends: Vec<_> = pair
        .iter()
        .map(|id| {
            let message = trace.message(*id).expect("it is in the record");
            let (sent, received) = timeline.ends(&trace, message);
            (message.direction, sent.expect("it was sent").at, received.expect("it arrived").at)
        })
        .collect();
    let [(Direction::ToServer, left, arrived), (Direction::ToPage, sent, had)] = ends[..] else { panic!("{ends:?}") };
    assert!(left < had && sent < arrived, "{ends:?}");
}

#[test]
fn what_the_page_says_of_its_own_accord_is_not_missed_where_it_was_seen_to_arrive() {
    let unanswered = |conditions| {
        let trace = run_lab(settings(&[APART, ("items", 4)]), conditions);
        Summary::of(&trace, &Timeline::of(&trace), Protocol::WebSocket).unanswered
    };
    assert_eq!(unanswered(mobile()), 0);
    // The server gives no account: nobody can tell.
    assert!(unanswered(Conditions { behind_proxy: true, ..mobile() }) > 0);
}

#[test]
fn behind_a_proxy_a_crossing_is_still_known_by_what_the_server_sent_again() {
    let trace = run_lab(settings(&[APART]), Conditions { behind_proxy: true, ..mobile() });
    let verdict = verdict(&trace, Claim::C2);
    assert_eq!(verdict.outcome, Judged::Supported, "{verdict:#?}");
    assert!(matches!(facts(&verdict)[0], Fact::Crossed { proof: Proof::SentAgain, .. }), "{verdict:#?}");
}

#[test]
fn the_page_hears_again_what_it_crossed_and_nothing_else() {
    let figures = |conditions| {
        let trace = run_lab(settings(&[APART]), conditions);
        let findings = what_happened(&trace, &Timeline::of(&trace));
        let crossed = findings.iter().find_map(|finding| match finding.fact {
            AnyFact::Duplex(Fact::Crossed { pairs, .. }) => Some(pairs),
            _ => None,
        });
        let again = findings.iter().find_map(|finding| match finding.fact {
            AnyFact::Duplex(Fact::CameAgain { messages }) => Some(messages),
            _ => None,
        });
        (crossed, again)
    };
    // The page speaks 290 ms after the first item, and so on: items 6, 7 and 8 (1250, 1500 and 1750 ms after it) are on their
    // way at 1160, 1450 and 1740 ms and 50 ms to either side of that. After the last one the server has closed.
    assert_eq!(figures(mobile()), (Some(3), Some(2)));
    assert_eq!(figures(Conditions::default()), (None, None));
}

#[test]
fn the_server_closes_when_all_is_told() {
    let trace = run_lab(settings(&[]), mobile());
    let socket = trace.connections.iter().find(|connection| connection.protocol == Protocol::WebSocket);
    let closed = socket.and_then(|socket| socket.closed.as_ref()).map(|closed| &closed.how);
    assert!(matches!(closed, Some(Closing::CloseEvent { code: 1000, clean: true, .. })), "{closed:?}");
}

#[test]
fn a_plain_echo_is_spoken_to_and_what_is_missing_is_said() {
    let trace = run_lab(settings(&[("items", 4)]), Conditions { plain: true, ..mobile() });
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    let names: Vec<&str> = trace.parts.iter().map(|part| &*part.name).collect();
    assert_eq!(names, [part::EXCHANGES, part::STREAMED, part::WEBSOCKET_ECHO]);
    for claim in [Claim::C1, Claim::C2, Claim::C12] {
        let verdict = verdict(&trace, claim);
        assert_eq!(verdict.outcome, Judged::NotMeasured, "{verdict:#?}");
        let missing = |fact: &&&Fact| matches!(fact, Fact::Missing { what: What::News(_), why: Why::NotOffered });
        assert!(facts(&verdict).iter().any(|fact| missing(&fact)), "{verdict:#?}");
    }
    assert!(facts(&verdict(&trace, Claim::C2)).contains(&&Fact::EchoOnly { said: 4, echoed: 4, besides: 0 }));
}

#[test]
fn what_events_carried_is_counted_once() {
    let trace = run_lab(settings(&[]), mobile());
    let to_page = Bytes::of(&trace, Protocol::Http).to_page;
    assert_eq!(to_page.unknown, 0);
    let part = trace.part(part::EVENTS).expect("it is a part");
    let events: u64 =
        trace.in_part(part).filter(|message| message.kind == Kind::Event).map(|message| message.payload).sum();
    let response = trace.in_part(part).find(|message| matches!(message.kind, Kind::Response { .. })).expect("it ended");
    // `id`, `event`, `data` and the empty line of nine events, and the head.
    let overhead = response.overhead.expect("the server counted it");
    assert!(events > 300 && overhead < 1_000, "{events} carried, {overhead} around it");
}

#[test]
fn without_a_long_response_that_part_is_left_out() {
    let trace = run_lab(settings(&[("stream", 0)]), mobile());
    assert_eq!(trace.part(part::STREAMED), None);
    assert_eq!(verdict(&trace, Claim::C1).outcome, Judged::Supported);
}

#[test]
fn with_one_item_the_script_comes_to_its_end() {
    let trace = run_lab(settings(&[("items", 1)]), mobile());
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    for way in Way::ALL {
        assert_eq!(news(&trace, way).0, 1, "{way:?}");
    }
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None, "once and once for each item are the same");
}

#[test]
fn the_answer_is_that_one_request_is_enough_for_events() {
    let trace = run_lab(settings(&[]), mobile());
    let answer = answer(&trace, &Timeline::of(&trace)).expect("all items came");
    assert_eq!(answer.choice, 1);
}

#[test]
fn a_server_that_dies_or_falls_silent_ends_each_part_with_a_true_account() {
    for conditions in
        [Conditions { server_dies_at: Some(3), ..mobile() }, Conditions { server_stalls_at: Some(3), ..mobile() }]
    {
        let trace = run_lab(settings(&[("reply-timeout", 700)]), conditions);
        let Some(Outcome::Failed(_)) = &trace.outcome else { panic!("{:?}", trace.outcome) };
        for claim in [Claim::C1, Claim::C2, Claim::C12] {
            let verdict = verdict(&trace, claim);
            assert_eq!(verdict.outcome, Judged::NotMeasured, "{verdict:#?}");
        }
        assert!(trace.messages.iter().all(|message| message.fate != Fate::InFlight || message.kind != Kind::Request));
    }
}

#[test]
fn over_http2_and_without_websockets_the_rest_is_measured() {
    let trace = run_lab(settings(&[]), Conditions { h2: true, ..mobile() });
    assert_eq!(verdict(&trace, Claim::C1).outcome, Judged::Supported);
    let trace = run_lab(settings(&[]), Conditions { refuses_upgrade: true, ..mobile() });
    assert_eq!(verdict(&trace, Claim::C1).outcome, Judged::Supported);
    let refused = verdict(&trace, Claim::C2);
    assert_eq!(refused.outcome, Judged::NotMeasured);
    let missing = Fact::Missing { what: What::News(Way::WebSocket), why: Why::NothingCame };
    assert!(facts(&refused).contains(&&missing), "{refused:#?}");
}
