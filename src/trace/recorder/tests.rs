//! What is written down follows from what a network tells.

use super::*;
use crate::trace::{Speaks, testing};

/// Whether a connection that was accepted at that server time counts as open before the run, of which the first
/// request was sent at page time 1,000 and received at 51,000 by the server's clock, 50,000 ahead.
fn already_open(accepted: u64, ordinal: u64) -> bool {
    let mut recorder = Recorder::default();
    let request = recorder.request(&Asked { turn: Turn::of(1), at: Time(1_000), ..Asked::default() });
    let evidence =
        Evidence { connection: Some(1), ordinal, opened: accepted, received: 51_100, sent: 51_200, framing: None };
    let reply = Reply { at: Time(1_300), head: Some(Time(1_300)), evidence: Some(evidence), ..Reply::default() };
    recorder.response(request, Turn::of(1), 200, &reply);
    recorder.take().iter().any(|event| matches!(event, Event::Connection(found) if found.already_open))
}

#[test]
fn a_connection_counts_as_open_before_the_run_only_where_that_is_certain() {
    assert!(already_open(40_000, 1), "opened ahead, and not used until now");
    assert!(already_open(40_000, 7), "used before");
    assert!(!already_open(51_050, 1), "made for this request");
    assert!(!already_open(51_050, 2), "made by a request that nobody heard of again");
}

#[test]
fn copies_stop_when_the_room_is_used_up_and_that_is_told_once() {
    // Whether or not the last copy fills it to the last byte.
    for room in [4, 5] {
        let mut recorder = Recorder { room_for_copies: Some(room), ..Recorder::default() };
        for payload in [b"1234".as_slice(), b"567", b"8"] {
            recorder.request(&Asked { turn: Turn::of(1), at: Time(7), payload, ..Asked::default() });
        }
        let events = recorder.take();
        let copies =
            events.iter().filter(|event| matches!(event, Event::Message(Message { copy: Some(_), .. }))).count();
        let told = events
            .iter()
            .filter(|event| matches!(event, Event::Mark(Mark { what: Happening::CopiesFull, .. })))
            .count();
        assert_eq!((copies, told), (1, 1));
    }
}

#[test]
fn a_close_frame_is_unanswered_once_its_connection_ended_without_an_answer() {
    for answered in [true, false] {
        let mut recorder = Recorder::default();
        let (socket, _) = recorder.opening(Turn::of(1), Time(1), 0, "ws://h/", 0);
        let asked = recorder.close_sent(socket, Turn::of(1), Time(2), 1000, "");
        if answered {
            recorder.close_received(socket, Turn::of(1), Time(3), Some(1000), "", Some(asked));
        }
        recorder.closed(socket, Time(3), Closing::GivenUp);
        let told = recorder.take().contains(&Event::Unanswered(asked));
        assert_eq!(told, !answered);
    }
}

#[test]
fn once_the_run_has_ended_nothing_is_under_way() {
    let mut recorder = Recorder::default();
    let (socket, _) = recorder.opening(Turn::of(1), Time(1), 0, "ws://h/room/ws", 0);
    recorder.sent(socket, Turn::of(1), Kind::Text, Time(2), b"to all", 0);
    recorder.end(Time(9), Outcome::Finished);
    let trace = testing::told(testing::circumstances("crowd", Speaks::Duplex), &mut recorder);
    let fates: Vec<Fate> = trace.messages.iter().map(|message| message.fate).collect();
    assert_eq!(fates, [Fate::Unanswered, Fate::Unanswered]);
}

#[test]
fn a_hidden_tab_is_marked_until_it_is_shown_or_the_run_ends() {
    let mut recorder = Recorder::default();
    recorder.visibility(Time(1), true);
    recorder.visibility(Time(2), true);
    recorder.end(Time(9), Outcome::Stopped);
    let expected = Mark { from: Time(1), until: Time(9), what: Happening::Hidden };
    assert_eq!(recorder.take().first(), Some(&Event::Mark(expected)));
}
