//! Each outcome of each claim of the lab, from records that are told event by event.

use super::*;
use crate::analysis::raw::Missing;
use crate::analysis::raw::testing::Story;
use crate::trace::Protocol;

/// Facts of several kinds in one list.
macro_rules! told {
    ($($fact:expr),* $(,)?) => { vec![$(Fact::from($fact)),*] };
}

mod addresses;
mod counting;
mod sockets;

use addresses::{FTP, asks_for, bad_url};
use counting::{carried, with_close};
use sockets::{Fares, proven, websocket};

const WS: &str = "ws://127.0.0.1:9000/ws";

impl From<requests::Fact> for Fact {
    fn from(fact: requests::Fact) -> Self {
        Self::Requests(fact)
    }
}

impl From<websocket::Fact> for Fact {
    fn from(fact: websocket::Fact) -> Self {
        Self::WebSocket(fact)
    }
}

impl From<switching::Fact> for Fact {
    fn from(fact: switching::Fact) -> Self {
        Self::Switching(fact)
    }
}

impl From<schemes::Fact> for Fact {
    fn from(fact: schemes::Fact) -> Self {
        Self::Address(fact)
    }
}

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
        Fact::Requests(requests::Fact::Carried { .. }) => 0,
        Fact::WebSocket(websocket::Fact::Opened { .. }) => 1,
        Fact::WebSocket(websocket::Fact::Proven { .. }) => 2,
        Fact::WebSocket(websocket::Fact::OneConnection { .. }) => 3,
        Fact::WebSocket(websocket::Fact::StillOpen { .. }) => 4,
        Fact::Address(schemes::Fact::Refused { .. }) => 5,
        other => panic!("{other:?}"),
    };
    assert_eq!(told.iter().map(expected).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn facts_travel_in_a_file_there_and_back() {
    for fact in told![
        proven(),
        carried(requests::Way::Close, 3, 3, 1, 2),
        switching::Fact::StatusUnseen { why: Missing::Dropped(7) }
    ] {
        let text = serde_json::to_string(&fact).expect("it is written");
        assert_eq!(serde_json::from_str::<Fact>(&text).expect("it is read"), fact);
    }
}
