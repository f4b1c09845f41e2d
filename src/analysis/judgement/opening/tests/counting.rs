//! C3: how many connections the requests needed.

use super::super::requests::{Untold, Way};
use super::*;
use crate::analysis::raw::testing::{connection, exchange, phases};
use crate::trace::{Cause, Failing, Inference, Time};
use crate::wire::Ending;

pub(super) fn carried(
    way: Way,
    requests: u32,
    connections: u32,
    already_open: u32,
    ended_by_server: u32,
) -> requests::Fact {
    requests::Fact::Carried { way, requests, connections, already_open, ended_by_server }
}

/// Three requests with `Connection: close`, on these connections.
pub(super) fn with_close(story: &mut Story, connections: [u64; 3]) {
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
    let ended = |(n, id)| connection(id, Some((1_200, Ending::Server)), vec![exchange(n, 1)]);
    story.account((0..).zip([1, 2, 3]).map(ended).collect());
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Depends);
    let side_by_side = requests::Fact::SideBySide { close: (3, 3), keep_alive: (1, 3) };
    let expected = told![side_by_side.clone(), carried(Way::Close, 3, 3, 0, 3), carried(Way::KeepAlive, 3, 1, 0, 0)];
    assert_eq!(reasons, expected);
    let answer = answer(&trace, &Timeline::of(&trace)).expect("both were run");
    assert_eq!(answer.choice, 1);
    assert_eq!(facts(vec![answer.finding]), told![side_by_side]);
}

#[test]
fn c3_is_supported_where_close_alone_was_run() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 2, 3]);
    let trace = story.finished();
    let (outcome, reasons) = verdict(Claim::C3, &trace);
    assert_eq!(outcome, Outcome::Supported);
    assert!(
        reasons.contains(&Fact::from(requests::Fact::NotTried { way: Way::KeepAlive, impossible: false })),
        "{reasons:?}"
    );
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn c3_is_refuted_where_keep_alive_alone_was_run() {
    let mut story = Story::of("opening");
    kept_alive(&mut story, 4);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(
        reasons,
        told![requests::Fact::NotTried { way: Way::Close, impossible: false }, carried(Way::KeepAlive, 3, 1, 0, 0)]
    );
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
    assert_eq!(reasons[1..], told![carried(Way::KeepAlive, 3, 1, 1, 0), carried(Way::Parallel, 2, 2, 1, 0)]);
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
    let multiplexed = |way| requests::Fact::Multiplexed { way, requests: 3, connections: Some(1) };
    assert_eq!(reasons[1..], told![multiplexed(Way::Close), multiplexed(Way::KeepAlive)]);
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
            told![
                requests::Fact::NotTried { way: Way::Close, impossible: true },
                requests::Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::Plain },
                requests::Fact::NewByTiming { way: Way::KeepAlive, requests: 3, new },
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
    assert!(
        reasons.contains(&Fact::from(requests::Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::Plain })),
        "{reasons:?}"
    );
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
    let told = requests::Fact::NotTold { way: Way::KeepAlive, requests: 3, why: Untold::BehindProxy };
    assert!(reasons.contains(&Fact::from(told)), "{reasons:?}");
    assert_eq!(answer(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn c3_is_not_measured_by_one_request_nor_by_none() {
    let mut story = Story::of("opening");
    story.part("keep-alive", Some(Protocol::Http));
    story.exchange(1, 1);
    let (outcome, reasons) = verdict(Claim::C3, &story.finished());
    assert_eq!(outcome, Outcome::NotMeasured);
    assert!(reasons.contains(&Fact::from(requests::Fact::OneRequest { way: Way::KeepAlive })), "{reasons:?}");
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
    let broke_off = requests::Fact::BrokeOff { way: Way::KeepAlive, answered: 3, cause: Cause::Vanished };
    assert_eq!(reasons[1..], told![broke_off, carried(Way::KeepAlive, 3, 1, 0, 0)]);
}

#[test]
fn c3_is_not_measured_by_close_alone_over_http2_where_it_cannot_be_asked_for() {
    let mut story = Story::of("opening");
    with_close(&mut story, [1, 1, 1]);
    let mut trace = story.finished();
    trace.messages.iter_mut().for_each(|message| message.alpn = Some("h2".into()));
    assert_eq!(verdict(Claim::C3, &trace).0, Outcome::NotMeasured);
}
