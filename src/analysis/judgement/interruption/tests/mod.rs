//! Hand-built runs of the lab, one for each way that its claims can come out.

mod run;

use self::run::{End, Run, abnormal, happened, http, judged};
use super::*;
use crate::analysis::judgement::{self, Outcome};
use crate::trace::Closing;

const PAYLOAD: &[u8] = b"1234567890";

/// What Chromium does: a `POST` that meets its end before the head arrives once on a new connection, and twice where
/// the connection was used before; what is asked again is answered.
fn chromium() -> Run {
    let mut run = Run::new();
    http(&mut run, Fault::Close);
    let post = run.request("POST", PAYLOAD, &[(1, 1)], End::NoHead);
    run.retry(post, "POST", &[(2, 1)], End::Whole(200));
    let get = run.request("GET", b"", &[(2, 2), (3, 1)], End::NoHead);
    run.retry(get, "GET", &[(4, 1)], End::Whole(200));
    let post = run.request("POST", PAYLOAD, &[(4, 2), (5, 1)], End::NoHead);
    run.retry(post, "POST", &[(6, 1)], End::Whole(200));
    http(&mut run, Fault::Cut);
    run.request("POST", PAYLOAD, &[(7, 1)], End::Truncated(5));
    http(&mut run, Fault::Goodbye);
    run.request("POST", PAYLOAD, &[(8, 1)], End::Whole(200));
    run
}

#[test]
fn lost_for_the_page_and_yet_arrived_so_it_depends() {
    let (outcome, facts) = judged(&chromium().told(), Claim::C8);
    assert_eq!(outcome, Outcome::Depends);
    let reached = |carrier, times| Reached { carrier, times: Some(times) };
    let (new, used) = (reached(Carrier::New, 1), reached(Carrier::Used, 2));
    let told = |fault, requests, posts, learned, reached| {
        let faults = vec![fault];
        Fact::Interrupted { faults, requests, posts, learned, reached }
    };
    let half = Learned::Truncated { came: Bytes::of(5), of: None };
    assert_eq!(
        facts,
        [
            told(Fault::Close, 3, 2, Learned::NoHead, vec![new, used]),
            told(Fault::Cut, 1, 1, half, vec![new]),
            told(Fault::Goodbye, 1, 1, Learned::Whole { status: 200 }, vec![new]),
            Fact::SentAgainByBrowser { requests: 2, posts: 1, used: 2 },
            Fact::AskedAgain { failed: 1, answered: 1, tries: 1 },
            Fact::Duplicated { failed: 2, twice: 2, arrivals: 5 },
            Fact::Below,
        ]
    );
}

/// What is told of requests that met faults.
fn groups(run: Run) -> Vec<(Vec<Fault>, u32, Learned, Vec<Reached>)> {
    let told = happened(&run.told()).into_iter().filter_map(|fact| match fact {
        Fact::Interrupted { faults, requests, learned, reached, .. } => Some((faults, requests, learned, reached)),
        _ => None,
    });
    told.collect()
}

#[test]
fn faults_that_came_out_the_same_are_told_as_one_with_the_fewest_and_the_most_bytes() {
    let mut run = Run::new();
    http(&mut run, Fault::Cut);
    run.request("POST", PAYLOAD, &[(1, 1)], End::Truncated(5));
    http(&mut run, Fault::Short);
    run.request("POST", PAYLOAD, &[(2, 1)], End::Truncated(0));
    run.request("POST", PAYLOAD, &[(2, 2)], End::Whole(200));
    run.request("POST", PAYLOAD, &[(2, 3)], End::Whole(503));
    let reached = |carrier| vec![Reached { carrier, times: Some(1) }];
    assert_eq!(
        groups(run),
        [
            (
                vec![Fault::Cut, Fault::Short],
                2,
                Learned::Truncated { came: Bytes { least: 0, most: 5 }, of: None },
                reached(Carrier::New)
            ),
            (vec![Fault::Short], 1, Learned::Whole { status: 200 }, reached(Carrier::Used)),
            (vec![Fault::Short], 1, Learned::Whole { status: 503 }, reached(Carrier::Used)),
        ]
    );
}

#[test]
fn what_did_not_reach_the_server_equally_often_on_like_connections_is_told_apart() {
    let mut run = Run::new();
    http(&mut run, Fault::Close);
    run.request("GET", b"", &[(1, 2), (2, 1)], End::NoHead);
    run.request("POST", PAYLOAD, &[(3, 2)], End::NoHead);
    let told = |times| {
        let reached = Reached { carrier: Carrier::Used, times: Some(times) };
        (vec![Fault::Close], 1, Learned::NoHead, vec![reached])
    };
    assert_eq!(groups(run), [told(2), told(1)]);
}

#[test]
fn the_account_of_http_counts_what_was_sent_arrived_lost_and_came_twice() {
    let facts = happened(&chromium().told());
    let account = Account { sent: 8, arrived: Some(8), lost: 4, twice: Some(3) };
    assert!(facts.contains(&Fact::Account(Protocol::Http, account)), "{facts:?}");
    let facts = happened(&chromium().untold());
    let account = Account { sent: 8, arrived: None, lost: 4, twice: None };
    assert!(facts.contains(&Fact::Account(Protocol::Http, account)), "{facts:?}");
    assert!(facts.contains(&Fact::Missing(Missing::Account)));
}

#[test]
fn were_all_lost_and_nothing_arrived_the_claim_would_be_supported() {
    let mut run = Run::new();
    http(&mut run, Fault::Close);
    let get = run.request("GET", b"", &[], End::NoHead);
    run.retry(get, "GET", &[], End::NoHead);
    let trace = run.told();
    let (outcome, facts) = judged(&trace, Claim::C8);
    assert_eq!(outcome, Outcome::Supported);
    assert!(facts.contains(&Fact::AskedAgain { failed: 1, answered: 0, tries: 1 }));
    assert!(trace.messages.iter().all(|message| message.arrivals == Some(0)));
}

#[test]
fn were_an_interrupted_exchange_not_lost_it_would_be_refuted() {
    let mut run = Run::new();
    http(&mut run, Fault::Reset);
    run.request("GET", b"", &[(1, 1), (2, 1)], End::Whole(200));
    assert_eq!(judged(&run.told(), Claim::C8).0, Outcome::Refuted);
}

#[test]
fn an_answer_to_the_second_try_is_enough_where_nobody_tells_of_arrivals() {
    let mut run = Run::new();
    http(&mut run, Fault::Close);
    let get = run.request("GET", b"", &[], End::NoHead);
    run.retry(get, "GET", &[], End::Whole(200));
    assert_eq!(judged(&run.untold(), Claim::C8).0, Outcome::Depends);
}

#[test]
fn without_faults_nothing_is_judged_and_what_is_missing_is_said() {
    let mut run = Run::plain();
    run.part(part::GIVEN_UP);
    let order = run.request("POST", b"order 1", &[], End::TimedOut(0));
    run.retry(order, "POST", &[], End::Whole(200));
    run.part(part::LEFT);
    let socket = run.open(7, &[]);
    let sent: Vec<_> = (7..=9).map(|turn| run.send(&socket, turn, false)).collect();
    run.answer(&socket, sent[0], 7);
    run.ends(&socket, abnormal(), &sent[1..]);
    let trace = run.untold();
    let (outcome, facts) = judged(&trace, Claim::C8);
    assert_eq!(outcome, Outcome::NotMeasured);
    assert_eq!(
        facts,
        [
            Fact::GivenUp { requests: 1, arrived: None },
            Fact::Missing(Missing::HttpFaults),
            Fact::Missing(Missing::WebSocketFaults),
        ]
    );
    let (outcome, facts) = judged(&trace, Claim::C9);
    assert_eq!((outcome, &facts[0]), (Outcome::NotMeasured, &Fact::Left { sent: 3, answered: 1 }));
}

#[test]
fn over_http2_the_faults_of_the_connection_are_refused() {
    let mut run = Run::new();
    http(&mut run, Fault::Cut);
    run.request("POST", PAYLOAD, &[(1, 1)], End::Whole(400));
    let mut trace = run.told();
    trace.messages[0].alpn = Some("h2".into());
    let (outcome, facts) = judged(&trace, Claim::C8);
    assert_eq!(outcome, Outcome::NotMeasured);
    let refused = Fact::FaultsRefused { requests: 1, alpn: Some("h2".into()) };
    assert_eq!(facts, [refused, Fact::Missing(Missing::SharedConnections)]);
}

#[test]
fn a_status_that_was_asked_for_is_no_refusal() {
    let mut run = Run::new();
    http(&mut run, Fault::Status);
    run.request("GET", b"", &[(1, 1)], End::Whole(503));
    let facts = happened(&run.told());
    assert!(matches!(facts[0], Fact::Interrupted { learned: Learned::Whole { status: 503 }, .. }), "{facts:?}");
}

#[test]
fn a_browser_that_sends_nothing_again_is_told_so() {
    let mut run = Run::new();
    http(&mut run, Fault::Close);
    run.request("POST", PAYLOAD, &[(1, 2)], End::NoHead);
    assert!(happened(&run.told()).contains(&Fact::NotSentAgain { requests: 1 }));
}

#[test]
fn a_response_that_stalls_is_given_up_with_what_there_was() {
    let mut run = Run::new();
    http(&mut run, Fault::Stall);
    run.request("POST", PAYLOAD, &[(1, 1)], End::TimedOut(5));
    let learned = Learned::TimedOut { after: Span(500), came: Bytes::of(5) };
    let facts = happened(&run.told());
    assert!(matches!(&facts[0], Fact::Interrupted { learned: it, .. } if *it == learned), "{facts:?}");
}

fn ordered(times: usize) -> Trace {
    let mut run = Run::new();
    run.part(part::GIVEN_UP);
    let order = run.request("POST", b"order 1", &[(1, 1)], End::TimedOut(0));
    run.retry(order, "POST", &[(2, 1)], End::Whole(200));
    let items = vec![r#"{"number":1,"published":2,"text":"order 1"}"#; times].join(",");
    run.get(&format!(r#"{{"feed":"{}","now":1,"items":[{items}],"last":1,"ended":false}}"#, crate::wire::RunId(1)));
    run.told()
}

#[test]
fn an_order_that_was_given_up_and_sent_again_stands_twice_in_the_feed() {
    assert!(happened(&ordered(2)).contains(&Fact::OrderedAgain { after: Span(500), times: 2 }));
    assert!(happened(&ordered(1)).contains(&Fact::GivenUp { requests: 1, arrived: Some(1) }));
}

#[test]
fn answers_that_come_before_patience_ends_are_told() {
    let mut run = Run::new();
    run.part(part::GIVEN_UP);
    run.request("POST", b"order 1", &[(1, 1)], End::Whole(200));
    assert!(happened(&run.told()).contains(&Fact::TooQuick { requests: 1 }));
}

#[test]
fn an_event_source_that_comes_back_is_seen_by_the_server() {
    let mut run = Run::new();
    run.part(part::EVENT_SOURCE);
    run.listen(&[(1, 4), (1, 5)]);
    assert!(judged(&run.told(), Claim::C9).1.contains(&Fact::EventSource { arrivals: 2 }));
}

fn answered(run: Run) -> Option<usize> {
    let trace = run.told();
    judgement::answer(&trace, &Timeline::of(&trace)).map(|answer| answer.choice)
}

#[test]
fn the_answer_is_how_often_the_server_got_the_post() {
    assert_eq!(answered(chromium()), Some(3));
    for (arrivals, choice) in [(&[][..], 0), (&[(1, 1)], 1), (&[(1, 2), (2, 1)], 2)] {
        let mut run = Run::new();
        http(&mut run, Fault::Close);
        run.request("POST", PAYLOAD, arrivals, End::NoHead);
        assert_eq!(answered(run), Some(choice));
    }
    assert_eq!(answered(Run::new()), None);
    let trace = chromium().untold();
    assert_eq!(judgement::answer(&trace, &Timeline::of(&trace)), None, "nobody tells");
}

/// Five messages on a WebSocket, of which two are answered and four are read; then its end.
fn cut(how: Closing) -> (Run, Vec<u32>) {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Cut));
    let turns: Vec<u32> = (0..5).map(|_| run.turn()).collect();
    let socket = run.open(turns[0], &[(10, 1)]);
    let sent: Vec<_> = (0..5).map(|place| run.send(&socket, turns[place], place < 4)).collect();
    run.answer(&socket, sent[0], turns[0]);
    run.answer(&socket, sent[1], turns[1]);
    if how == Closing::GivenUp {
        run.pass(1_500_000);
    }
    run.ends(&socket, how, &sent[2..]);
    (run, turns[2..].to_vec())
}

/// The script reconnects, with one try that is refused; the server reads what is sent again, and answers so many.
fn reconnected((mut run, left): (Run, Vec<u32>), answers: usize) -> Run {
    run.pass(1_500_000);
    run.back_off(100);
    run.refused(left[0]);
    run.back_off(200);
    let socket = run.open(left[0], &[(11, 1)]);
    let sent: Vec<_> = left.iter().map(|turn| (run.send(&socket, *turn, true), *turn)).collect();
    for (message, turn) in &sent[..answers] {
        run.answer(&socket, *message, *turn);
    }
    run
}

#[test]
fn what_a_break_lost_and_the_application_got_back_depends() {
    let (outcome, facts) = judged(&reconnected(cut(abnormal()), 3).told(), Claim::C9);
    assert_eq!(outcome, Outcome::Depends);
    let broke = Fact::Broke { faults: vec![Fault::Cut], code: 1006, clean: false, sent: 5, answered: 2, read: Some(2) };
    let waits = vec![Span::from_millis(100), Span::from_millis(200)];
    assert_eq!(
        facts,
        [
            broke,
            Fact::StayedClosed { waited: Span(1_601_000), arrivals: Some(1) },
            Fact::Reconnected { waits, refused: 1, opened: true },
            Fact::SentAgain { messages: 3, answered: 3, twice: Some(2) },
        ]
    );
}

#[test]
fn what_stays_lost_refutes_it() {
    let (outcome, facts) = judged(&reconnected(cut(abnormal()), 1).told(), Claim::C9);
    assert_eq!(outcome, Outcome::Refuted);
    assert!(facts.contains(&Fact::SentAgain { messages: 3, answered: 1, twice: Some(2) }));
    let (run, _) = cut(abnormal());
    assert_eq!(judged(&run.told(), Claim::C9).0, Outcome::Refuted, "nobody reconnected");
}

#[test]
fn were_nothing_lost_it_would_be_supported() {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Cut));
    let turn = run.turn();
    let socket = run.open(turn, &[(10, 1)]);
    let sent = run.send(&socket, turn, true);
    run.answer(&socket, sent, turn);
    let (outcome, facts) = judged(&run.told(), Claim::C9);
    assert_eq!((outcome, facts), (Outcome::Supported, vec![Fact::Survived { fault: Fault::Cut, messages: 1 }]));
}

#[test]
fn a_stall_is_told_as_the_silence_until_the_page_gave_up() {
    let facts = happened(&cut(Closing::GivenUp).0.told());
    let silent = Span(1_501_000);
    let stalled = Fact::Stalled { faults: vec![Fault::Cut], silent, sent: 5, answered: 2, read: Some(2) };
    assert_eq!(facts[0], stalled);
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::StayedClosed { .. })));
}

#[test]
fn a_websocket_that_never_opened_is_told_and_its_messages_are_not_sent_again() {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Status));
    run.refused(1);
    let socket = run.open(1, &[(11, 1)]);
    let sent = run.send(&socket, 1, true);
    run.answer(&socket, sent, 1);
    let trace = run.told();
    let facts = happened(&trace);
    assert_eq!(facts[0], Fact::NotOpened { fault: Fault::Status });
    let (outcome, reasons) = judged(&trace, Claim::C9);
    assert!(!reasons.iter().any(|fact| matches!(fact, Fact::SentAgain { .. })));
    assert_eq!(outcome, Outcome::NotMeasured);
}

#[test]
fn a_browser_that_reopened_it_would_be_seen() {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Cut));
    let socket = run.open(1, &[(10, 1), (12, 1)]);
    let sent = run.send(&socket, 1, true);
    run.ends(&socket, abnormal(), &[sent]);
    assert!(happened(&run.told()).contains(&Fact::ReopenedByBrowser { arrivals: 2 }));
}

#[test]
fn the_account_of_websocket_counts_what_was_sent_arrived_lost_and_came_twice() {
    let facts = happened(&reconnected(cut(abnormal()), 3).told());
    let account = Account { sent: 8, arrived: Some(7), lost: 3, twice: Some(2) };
    assert!(facts.contains(&Fact::Account(Protocol::WebSocket, account)), "{facts:?}");
    let facts = happened(&reconnected(cut(abnormal()), 3).untold());
    let account = Account { sent: 8, arrived: None, lost: 3, twice: None };
    assert!(facts.contains(&Fact::Account(Protocol::WebSocket, account)), "{facts:?}");
}

#[test]
fn where_the_tap_kept_no_frames_nothing_is_said_of_what_was_read() {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Cut));
    let socket = run.open(1, &[(10, 1)]);
    let sent = run.send(&socket, 1, false);
    run.ends(&socket, abnormal(), &[sent]);
    let facts = happened(&run.told());
    assert!(matches!(facts[0], Fact::Broke { read: None, .. }), "{facts:?}");
}

#[test]
fn a_reader_that_comes_back_with_a_number_gets_what_it_missed_and_nothing_twice() {
    let mut run = Run::new();
    run.part(part::AWAY);
    let socket = run.open(1, &[(10, 1)]);
    (1..=2).for_each(|item| run.published(item));
    (1..=2).for_each(|item| run.push(&socket, item));
    (3..=5).for_each(|item| run.published(item));
    run.part(part::RESUMED);
    let socket = run.open(1, &[(11, 1)]);
    (3..=5).for_each(|item| run.push(&socket, item));
    run.part(part::BEGUN_AGAIN);
    let socket = run.open(1, &[(12, 1)]);
    (1..=5).for_each(|item| run.push(&socket, item));
    let (_, facts) = judged(&run.told(), Claim::C9);
    assert!(facts.contains(&Fact::Resumed { after: 2, missed: 3, came: 3, twice: 0 }), "{facts:?}");
    assert!(facts.contains(&Fact::BegunAgain { came: 5, twice: 2 }));
}

#[test]
fn a_run_that_was_stopped_midway_tells_of_no_end() {
    let mut run = Run::new();
    run.part(&part::websocket(Fault::Stall));
    let socket = run.open(1, &[(10, 1)]);
    run.send(&socket, 1, true);
    let facts = happened(&run.told());
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Stalled { .. } | Fact::Broke { .. })), "{facts:?}");
}
