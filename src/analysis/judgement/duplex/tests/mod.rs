//! Each outcome of each claim, on records made by hand. A message takes 50 ms each way, and there is an item of news every
//! 250 ms.

mod ways;

use super::part::*;
use super::*;
use crate::analysis::judgement::by_hand::{ByHand, Exchanged, on_server, received_at};
use crate::analysis::judgement::{Fact as AnyFact, Outcome, judge};
use crate::trace::{
    ConnectionId, Direction, Kind, Message, PayloadCopy, Protocol, Raw, RawFrames, RawPiece, ServerTime, Speaks, Time,
    Turn,
};
use ways::*;

fn verdict(record: ByHand, claim: Claim, change: impl Fn(&mut Message)) -> Verdict {
    let (trace, timeline) = record.trace(change);
    judge(claim, &trace, &timeline)
}

fn facts(verdict: &Verdict) -> Vec<&Fact> {
    let facts = verdict.reasons.iter().map(|finding| match &finding.fact {
        AnyFact::Duplex(fact) => fact,
        other => panic!("{other:?} is of another lab"),
    });
    facts.collect()
}

fn news(verdict: &Verdict, wanted: Way) -> &Fact {
    let facts = facts(verdict);
    let found = facts.into_iter().find(|fact| matches!(fact, Fact::News { way, .. } if *way == wanted));
    found.unwrap_or_else(|| panic!("no {wanted:?} in {verdict:#?}"))
}

#[test]
fn news_that_lies_until_it_is_asked_for_supports_that_the_server_never_speaks_first() {
    let mut record = duplex();
    over_http(&mut record);
    let verdict = verdict(record, Claim::C1, |_| {});
    assert_eq!(verdict.outcome, Outcome::Supported, "{verdict:#?}");
    // Four exchanges, four short polls (at 0, 400, 800 and 1200 ms), four long ones, one for events, one long response.
    let answers = Fact::Answers { requests: 14, responses: 14, events: 5 };
    assert_eq!(facts(&verdict)[0], &answers);
    // Published at 250, 500, 750 and 1000 ms; asked for at 400, 800, 800 and 1200.
    let millis = |millis| Span::from_millis(millis);
    let lay = Fact::Lay { items: 4, median: millis(150), longest: millis(300) };
    assert!(facts(&verdict).contains(&&lay), "{verdict:#?}");
    assert!(facts(&verdict).contains(&&Fact::OneResponse { events: 5, requests: 1, lasted: millis(1_100) }));
    assert!(facts(&verdict).contains(&&Fact::Streamed { bytes: 4_000, pieces: 3, lasted: millis(60) }));
    assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()));
}

#[test]
fn each_way_is_told_with_its_requests_and_how_long_its_news_was_on_the_way() {
    let mut record = duplex();
    over_http(&mut record);
    let verdict = verdict(record, Claim::C1, |_| {});
    let expected = [
        (Way::ShortPolling, (4, 1), (200, 350)),
        (Way::LongPolling, (4, 0), (50, 50)),
        (Way::Events, (1, 0), (50, 50)),
    ];
    for (way, (requests, in_vain), (median, longest)) in expected {
        let Fact::News { items, of, requests: asked, in_vain: vain, waited: Some(waited), .. } = news(&verdict, way)
        else {
            panic!("{verdict:#?}")
        };
        assert_eq!((*items, *of, *asked, *vain), (4, Some(4), requests, in_vain), "{way:?}");
        for (told, truth) in [(waited.median, median), (waited.longest, longest)] {
            let off = (told - Span::from_millis(truth)).abs();
            assert!(off <= waited.uncertainty, "{way:?}: {told}, not {truth} ms");
        }
    }
}

#[test]
fn a_message_that_answers_no_request_refutes_it() {
    let is_event = |message: &Message| message.kind == Kind::Event;
    let changes: [&dyn Fn(&mut Message); 3] = [
        &|message| {
            if is_event(message) {
                message.answers = None;
            }
        },
        &|message| {
            if is_event(message) {
                message.connection = Some(ConnectionId(77));
            }
        },
        &|message| {
            if is_event(message) {
                message.received = crate::trace::Moment::Page(Time(5_999_999));
            }
        },
    ];
    for change in changes {
        let mut record = duplex();
        over_http(&mut record);
        let verdict = verdict(record, Claim::C1, change);
        assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
        assert_eq!(facts(&verdict)[0], &Fact::SpokeFirst { messages: 5 });
        assert!(!facts(&verdict).iter().any(|fact| matches!(fact, Fact::Answers { .. })));
    }
}

#[test]
fn more_than_one_response_to_a_request_makes_it_depend_on_the_request() {
    let mut record = duplex();
    over_http(&mut record);
    let exchange = Exchanged { at: at_once(9_000_000), ..Exchanged::default() };
    let (request, _) = record.exchange(&exchange);
    record.response(request, &exchange);
    let verdict = verdict(record, Claim::C1, |_| {});
    assert_eq!(verdict.outcome, Outcome::Depends, "{verdict:#?}");
    assert!(facts(&verdict).contains(&&Fact::SeveralResponses { requests: 1 }));
}

#[test]
fn a_server_without_news_is_no_test_of_who_speaks_first_and_that_is_said() {
    let mut record = ByHand::of("duplex", Speaks::Plain);
    exchanges(&mut record, b"hello");
    let verdict = verdict(record, Claim::C1, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let missing = [Way::ShortPolling, Way::LongPolling, Way::Events]
        .map(|way| Fact::Missing { what: What::News(way), why: Why::NotOffered });
    let expected: Vec<Fact> =
        [Fact::Answers { requests: 4, responses: 4, events: 0 }].into_iter().chain(missing).collect();
    assert_eq!(facts(&verdict), expected.iter().collect::<Vec<_>>());
}

#[test]
fn without_server_sent_events_the_hardest_case_is_missing() {
    let mut record = duplex();
    exchanges(&mut record, b"hello");
    short_polling(&mut record, 2_000_000);
    long_polling(&mut record, 4_000_000);
    record.part(EVENTS, Protocol::Http);
    record.request(&Exchanged { at: at_once(6_000_000), ..Exchanged::default() });
    let verdict = verdict(record, Claim::C1, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
    let missing = Fact::Missing { what: What::News(Way::Events), why: Why::NothingCame };
    assert!(facts(&verdict).contains(&&missing));
}

#[test]
fn messages_that_cross_unasked_support_that_a_websocket_is_full_duplex() {
    let mut record = duplex();
    crossing_websocket(&mut record);
    let verdict = verdict(record, Claim::C2, |_| {});
    assert_eq!(verdict.outcome, Outcome::Supported, "{verdict:#?}");
    let Fact::Crossed { pairs: 1, bytes, proof: Proof::SentAgain } = facts(&verdict)[0] else { panic!("{verdict:#?}") };
    assert_eq!(*bytes, (r#"{"after":2}"#.len() as u64, json(&item(0, 3)).len() as u64));
    // Items 1, 2 and 3: between items 1 and 2 the page had said something, and it may be that item 2 answers it; item 3
    // was crossed.
    assert!(facts(&verdict).contains(&&Fact::Unasked { items: 4, beyond_doubt: 3 }), "{verdict:#?}");
}

/// When the page's messages arrived at the server.
fn arriving(message: &mut Message) {
    if message.direction == Direction::ToServer
        && message.kind == Kind::Text
        && let Some(sent) = message.sent.page()
    {
        message.received = received_at(sent.0 + ONE_WAY);
    }
}

#[test]
fn times_of_the_servers_own_clock_prove_a_crossing_though_the_clocks_are_far_apart() {
    // Item 2 is on its way from 500 to 550 ms. What is said at 510 arrives at 560; at 440, at 490, before it was sent; at
    // 551, after it had come.
    for (at, crosses) in [(510_000, true), (440_000, false), (551_000, false)] {
        let mut record = duplex();
        // Without an exchange the clocks cannot be brought together at all; with this one, to ± 50 ms.
        exchanges(&mut record, b"hello");
        websocket(&mut record, 0, &[1, 2, 3, 4], &[(at, 2)]);
        let verdict = verdict(record, Claim::C2, arriving);
        let expected = if crosses { Outcome::Supported } else { Outcome::NotMeasured };
        assert_eq!(verdict.outcome, expected, "{at}: {verdict:#?}");
        let found = matches!(facts(&verdict)[0], Fact::Crossed { pairs: 1, proof: Proof::Times, .. });
        assert_eq!(found, crosses, "{at}");
    }
}

/// A text message in one frame (RFC 6455 §5.2), short, with a masking key of zeros if it is masked.
fn frame(message: &Message) -> Vec<u8> {
    let payload = &message.copy.as_ref().expect("there is a copy").0;
    let length = u8::try_from(payload.len()).expect("it is short");
    match message.direction {
        Direction::ToServer => [&[0x81, 0x80 | length, 0, 0, 0, 0], payload.as_slice()].concat(),
        Direction::ToPage => [&[0x81, length], payload.as_slice()].concat(),
    }
}

#[test]
fn the_servers_tap_tells_when_messages_arrived_that_tell_it_not_themselves() {
    for (arrived, crosses) in [(560_000, true), (499_000, false)] {
        let mut record = duplex();
        exchanges(&mut record, b"hello");
        let socket = websocket(&mut record, 0, &[1, 2, 3, 4], &[(310_000, 1), (410_000, 1)]);
        let (mut trace, _) = record.trace(|_| {});
        let texts = |direction| {
            let of = move |message: &&Message| message.kind == Kind::Text && message.direction == direction;
            trace.messages.iter().filter(of).map(frame).collect::<Vec<_>>()
        };
        let piece = |(at, bytes): (i64, Vec<u8>)| {
            let at = ServerTime(on_server(at).cast_signed());
            RawPiece { at, bytes: PayloadCopy(bytes) }
        };
        let raw = |times: &[i64], frames: Vec<Vec<u8>>| {
            let pieces = times.iter().copied().zip(frames).map(piece).collect();
            Some(Raw { pieces, dropped: 0, left_out: 0 })
        };
        let to_server = raw(&[360_000, arrived], texts(Direction::ToServer));
        let to_page = raw(&[250_000, 500_000, 750_000, 1_000_000], texts(Direction::ToPage));
        trace.connections[socket.0 as usize].frames = Some(Box::new(RawFrames { to_server, to_page }));
        let timeline = Timeline::of(&trace);
        let verdict = judge(Claim::C2, &trace, &timeline);
        assert_eq!(verdict.outcome == Outcome::Supported, crosses, "{verdict:#?}");
        let mut said = trace
            .messages
            .iter()
            .filter(|message| message.kind == Kind::Text && message.direction == Direction::ToServer);
        let (_, first) = timeline.ends(&trace, said.next().expect("the page spoke"));
        let first = first.expect("the tap saw it");
        assert!((first.at - Time(360_000)).abs() <= first.uncertainty, "{first:?}");
    }
}

#[test]
fn a_crossing_that_nobody_can_tell_of_is_not_claimed() {
    let mut record = duplex();
    exchanges(&mut record, b"hello");
    websocket(&mut record, 0, &[1, 2, 3, 4], &[(510_000, 1)]);
    // Nobody tells when the page's message arrived, nor did the server send anything again.
    let verdict = verdict(record, Claim::C2, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
    let none = Fact::NoneCrossed { round_trip: Some(Span::from_millis(100)) };
    assert_eq!(facts(&verdict)[0], &none);
}

#[test]
fn what_the_page_said_after_it_had_an_item_did_not_cross_it_though_it_came_again() {
    let mut record = duplex();
    // The page had item 2 at 550 ms, and said at 560 that it had item 1: it was asked for again.
    websocket(&mut record, 0, &[1, 2, 2, 3, 4], &[(560_000, 1)]);
    let verdict = verdict(record, Claim::C2, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
}

#[test]
fn an_item_that_is_sent_again_is_not_taken_to_be_sent_when_it_was_published() {
    let mut record = duplex();
    exchanges(&mut record, b"hello");
    let socket = websocket(&mut record, 0, &[1, 2], &[]);
    // It had item 2 at 550 ms, and asks for it again at 560; that arrives at 610 and is answered at once.
    say(&mut record, socket, 560_000, 1);
    record.hear(socket, 500_000, 660_000, &json(&item(0, 2)));
    let verdict = verdict(record, Claim::C2, arriving);
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
}

#[test]
fn what_is_written_down_as_an_answer_is_neither_unasked_nor_crossed() {
    let mut record = duplex();
    exchanges(&mut record, b"hello");
    record.part(WEBSOCKET, Protocol::WebSocket);
    let socket = record.open(0, 0);
    for number in 1..=2 {
        let at = i64::from(number) * INTERVAL;
        let said = record.say(socket, Turn::of(1), at, r#"{"after":0}"#);
        record.hear_answer(socket, Turn::of(1), said, at + 2 * ONE_WAY, &json(&item(0, number)));
    }
    let said = record.say(socket, Turn::of(1), 700_000, r#"{"after":2}"#);
    say(&mut record, socket, 740_000, 2);
    for (number, at) in [(3, 760_000), (4, 790_000)] {
        record.hear_answer(socket, Turn::of(1), said, at, &json(&item(0, number)));
    }
    let verdict = verdict(record, Claim::C2, arriving);
    assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
}

#[test]
fn of_several_that_say_the_same_the_last_one_crossed() {
    let mut record = duplex();
    websocket(&mut record, 0, &[1, 2, 2, 3, 4], &[(310_000, 1), (540_000, 1)]);
    let (trace, timeline) = record.trace(|_| {});
    let run = Run::of(&trace, &timeline);
    let crossed = run.crossed().expect("the page and the server spoke");
    let sent: Vec<_> = crossed.messages.iter().filter_map(|id| trace.message(*id)?.page_time()).collect();
    assert_eq!(sent, [Time(540_000), Time(550_000)]);
}

#[test]
fn a_server_that_says_nothing_but_after_the_page_refutes_it() {
    let mut record = duplex();
    record.part(WEBSOCKET, Protocol::WebSocket);
    let socket = record.open(0, 0);
    for number in 1..=4 {
        let at = i64::from(number) * INTERVAL;
        say(&mut record, socket, at, number - 1);
        record.hear(socket, at + ONE_WAY, at + 2 * ONE_WAY, &json(&item(0, number)));
    }
    let verdict = verdict(record, Claim::C2, |_| {});
    assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
    assert!(facts(&verdict).contains(&&Fact::OnlyAnswered { messages: 4 }));
}

#[test]
fn an_echo_is_not_taken_for_a_server_that_speaks_unasked() {
    let mut record = ByHand::of("duplex", Speaks::Plain);
    record.part(WEBSOCKET_ECHO, Protocol::WebSocket);
    let socket = record.open(0, 0);
    for at in [0, 300_000, 600_000] {
        let said = record.say(socket, Turn::of(1), at, "hello");
        record.hear_answer(socket, Turn::of(1), said, at + 2 * ONE_WAY, "hello");
    }
    let verdict = verdict(record, Claim::C2, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let missing = Fact::Missing { what: What::News(Way::WebSocket), why: Why::NotOffered };
    assert_eq!(facts(&verdict), [&Fact::EchoOnly { said: 3, echoed: 3, besides: 0 }, &missing]);
}

#[test]
fn data_both_ways_in_each_exchange_makes_one_direction_depend_on_what_is_meant() {
    let mut record = duplex();
    over_http(&mut record);
    crossing_websocket(&mut record);
    let verdict = verdict(record, Claim::C12, |_| {});
    assert_eq!(verdict.outcome, Outcome::Depends, "{verdict:#?}");
    // The warm-up is not counted.
    assert_eq!(facts(&verdict)[0], &Fact::BothWays { exchanges: 3, to_server: 15, to_page: 15 });
    assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()));
}

#[test]
fn responses_that_carry_nothing_would_support_that_http_goes_in_one_direction() {
    let mut record = duplex();
    exchanges(&mut record, b"");
    short_polling(&mut record, 2_000_000);
    crossing_websocket(&mut record);
    let verdict = verdict(record, Claim::C12, |_| {});
    assert_eq!(verdict.outcome, Outcome::Supported, "{verdict:#?}");
    assert_eq!(facts(&verdict)[0], &Fact::OneWayOnly { exchanges: 3, to_server: 15, to_page: 0 });
}

#[test]
fn a_server_that_starts_over_http_would_refute_it() {
    let mut record = duplex();
    over_http(&mut record);
    crossing_websocket(&mut record);
    let verdict = verdict(record, Claim::C12, |message| {
        if message.kind == Kind::Event {
            message.answers = None;
        }
    });
    assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
}

#[test]
fn with_exchanges_alone_it_is_not_known_who_may_start() {
    let mut record = ByHand::of("duplex", Speaks::Plain);
    exchanges(&mut record, b"hello");
    let verdict = verdict(record, Claim::C12, |_| {});
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    assert!(matches!(facts(&verdict)[0], Fact::BothWays { exchanges: 3, .. }));
    for way in [Way::ShortPolling, Way::WebSocket] {
        assert!(facts(&verdict).contains(&&Fact::Missing { what: What::News(way), why: Why::NotOffered }));
    }
}

#[test]
fn the_ways_are_compared_on_one_clock() {
    let mut record = duplex();
    over_http(&mut record);
    crossing_websocket(&mut record);
    let (trace, timeline) = record.trace(|_| {});
    let behind = what_happened(&trace, &timeline).into_iter().filter_map(|finding| match finding.fact {
        AnyFact::Duplex(Fact::Behind { ways }) => Some(ways),
        _ => None,
    });
    // Two clocks are never placed exactly, but the error is the same for all ways.
    let truth =
        vec![(Way::ShortPolling, Span::from_millis(150)), (Way::LongPolling, Span::ZERO), (Way::Events, Span::ZERO)];
    assert_eq!(behind.collect::<Vec<_>>(), [truth]);
}

#[test]
fn ways_at_different_addresses_are_not_compared_and_one_is_not_judged_by_the_others_round_trip() {
    let mut record = duplex();
    record.web_socket_at("ws://elsewhere:9000/ws");
    over_http(&mut record);
    crossing_websocket(&mut record);
    let (trace, timeline) = record.trace(|_| {});
    let told: Vec<_> = what_happened(&trace, &timeline).into_iter().map(|finding| finding.fact).collect();
    assert!(!told.iter().any(|fact| matches!(fact, AnyFact::Duplex(Fact::Behind { .. }))), "{told:#?}");
    assert!(told.contains(&AnyFact::Duplex(Fact::Elsewhere)), "{told:#?}");

    let mut record = duplex();
    record.web_socket_at("ws://elsewhere:9000/ws");
    exchanges(&mut record, b"hello");
    websocket(&mut record, 0, &[1, 2, 3, 4], &[(510_000, 1)]);
    let verdict = verdict(record, Claim::C2, |_| {});
    // Requests took 100 ms, but not there.
    assert_eq!(facts(&verdict)[0], &Fact::NoneCrossed { round_trip: None });
}

#[test]
fn the_answer_is_how_often_the_page_asked_for_events() {
    let mut record = duplex();
    events(&mut record, 0);
    let (trace, timeline) = record.trace(|_| {});
    assert_eq!(answer(&trace, &timeline).map(|answer| answer.choice), Some(1));
    for (requests, choice) in [(4, 2), (3, 3)] {
        let mut record = duplex();
        record.part(EVENTS, Protocol::Http);
        let asked: Vec<_> =
            (0..requests).map(|at| record.request(&Exchanged { at: [at; 4], ..Exchanged::default() })).collect();
        for (place, number) in (1..=ITEMS).enumerate() {
            record.event(asked[place.min(asked.len() - 1)], 100_000, &json(&item(0, number)));
        }
        let (trace, timeline) = record.trace(|_| {});
        assert_eq!(answer(&trace, &timeline).map(|answer| answer.choice), Some(choice));
    }
    let mut record = duplex();
    record.part(EVENTS, Protocol::Http);
    let request = record.request(&Exchanged::default());
    record.event(request, 100_000, &json(&item(0, 1)));
    let (trace, timeline) = record.trace(|_| {});
    assert_eq!(answer(&trace, &timeline), None, "three items are missing");
}
