//! The lab `interruption` on the simulated network: each way that its claims can come out there, and a true account
//! under every fault of the list.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::judgement::interruption::{Account, Carrier, Fact, Learned, Missing, Reached};
use duplex::analysis::judgement::{self, Claim};
use duplex::analysis::{Fact as AnyFact, Finding, Timeline, VerdictOutcome};
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Message, Outcome, Protocol, Span, Time, Trace};
use duplex::wire::Fault;

mod simulated;

use simulated::{record, run_lab};

fn settings(changes: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::of(Lab::Interruption);
    for (name, value) in changes {
        assert_eq!(settings.set(name, value), Ok(true), "{name}");
    }
    settings
}

fn run(changes: &[(&str, &str)], conditions: Conditions) -> Trace {
    let trace = run_lab(settings(changes), conditions);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    trace
}

fn facts(findings: Vec<Finding>) -> Vec<Fact> {
    let fact = |finding: Finding| match finding.fact {
        AnyFact::Interruption(fact) => Some(fact),
        _ => None,
    };
    findings.into_iter().filter_map(fact).collect()
}

fn happened(trace: &Trace) -> Vec<Fact> {
    facts(judgement::what_happened(trace, &Timeline::of(trace)))
}

fn reasons(trace: &Trace, claim: Claim) -> Vec<Fact> {
    facts(judgement::judge(claim, trace, &Timeline::of(trace)).reasons)
}

fn judged(trace: &Trace) -> [VerdictOutcome; 2] {
    [Claim::C8, Claim::C9].map(|claim| judgement::judge(claim, trace, &Timeline::of(trace)).outcome)
}

fn account(facts: &[Fact], of: Protocol) -> Account {
    let found = facts.iter().find_map(|fact| match fact {
        Fact::Account(protocol, account) if *protocol == of => Some(*account),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("an account of {of:?}: {facts:?}"))
}

#[test]
fn a_post_arrives_once_on_a_new_connection_and_twice_on_a_used_one() {
    let trace = run(&[], Conditions { preconnected: true, ..Conditions::default() });
    let facts = happened(&trace);
    let reached = |carrier, times| Reached { carrier, times: Some(times) };
    let fact = Fact::Interrupted {
        faults: vec![Fault::Close],
        requests: 4,
        posts: 2,
        learned: Learned::NoHead,
        reached: vec![reached(Carrier::New, 1), reached(Carrier::Used, 2)],
    };
    assert!(facts.contains(&fact), "{facts:?}");
    assert!(facts.contains(&Fact::SentAgainByBrowser { requests: 2, posts: 1, used: 2 }));
    let answer = judgement::answer(&trace, &Timeline::of(&trace)).expect("it was measured");
    assert_eq!(answer.choice, 3);
    let AnyFact::Interruption(Fact::PostArrivals { new, used, unknown }) = answer.finding.fact else { panic!() };
    assert_eq!((new, used, unknown), (Some(1), Some(2), None));
}

#[test]
fn both_claims_depend_and_the_sums_are_right() {
    let trace = run(&[], Conditions::default());
    assert_eq!(judged(&trace), [VerdictOutcome::Depends; 2]);
    let facts = happened(&trace);
    // Four faults with four requests each, of which three fail and are asked again; an order, the same again, and a
    // look at the feed.
    let expected = Account { sent: 16 + 12 + 3, arrived: Some(31), lost: 12 + 1, twice: Some(12 + 1) };
    assert_eq!(account(&facts, Protocol::Http), expected);
    // Twice five messages, of which three each are not answered and sent again.
    let expected = Account { sent: 10 + 6, arrived: Some(16), lost: 6, twice: Some(6) };
    assert_eq!(account(&facts, Protocol::WebSocket), expected);
    assert!(facts.iter().any(|fact| matches!(fact, Fact::OrderedAgain { times: 2, .. })), "{facts:?}");
}

#[test]
fn a_cut_is_noticed_at_once_and_a_stall_only_by_the_pages_timer() {
    let facts = happened(&run(&[("in-flight", "8"), ("wait", "700")], Conditions::default()));
    let broke = Fact::Broke { faults: vec![Fault::Cut], code: 1006, clean: false, sent: 8, answered: 4, read: Some(4) };
    assert!(facts.contains(&broke), "{facts:?}");
    let silent = Span::from_millis(700);
    let stalled = Fact::Stalled { faults: vec![Fault::Stall], silent, sent: 8, answered: 4, read: Some(4) };
    assert!(facts.contains(&stalled), "{facts:?}");
}

#[test]
fn nothing_reconnects_but_the_script_with_growing_waits() {
    let facts = reasons(&run(&[("back-off", "40")], Conditions::default()), Claim::C9);
    let stayed = facts.iter().find_map(|fact| match fact {
        Fact::StayedClosed { waited, arrivals } => Some((*waited, *arrivals)),
        _ => None,
    });
    assert_eq!(stayed, Some((Span::from_millis(1_540), Some(1))));
    let waits = [40, 80].map(Span::from_millis).to_vec();
    assert!(facts.contains(&Fact::Reconnected { waits, refused: 1, opened: true }), "{facts:?}");
}

#[test]
fn an_event_source_comes_back_by_itself_and_a_reader_of_news_with_its_number() {
    let facts = reasons(&run(&[], Conditions::default()), Claim::C9);
    assert!(facts.contains(&Fact::EventSource { arrivals: 2 }), "{facts:?}");
    assert!(facts.contains(&Fact::Resumed { after: 2, missed: 3, came: 3, twice: 0 }));
    assert!(facts.contains(&Fact::BegunAgain { came: 5, twice: 2 }));
}

#[test]
fn under_every_fault_of_the_list_there_is_a_true_account() {
    let trace = run(&[("faults", "all"), ("in-flight", "5"), ("wait", "300")], Conditions::default());
    let facts = happened(&trace);
    for fault in Fault::ALL {
        let over_http =
            facts.iter().any(|fact| matches!(fact, Fact::Interrupted { faults, .. } if faults.contains(&fault)));
        assert!(over_http, "{fault} over HTTP: {facts:?}");
        let end = facts.iter().find(|fact| match fact {
            Fact::Broke { faults, .. } | Fact::Stalled { faults, .. } => faults.contains(&fault),
            Fact::Survived { fault: it, .. } | Fact::NotOpened { fault: it } => *it == fault,
            _ => false,
        });
        let end = end.unwrap_or_else(|| panic!("{fault} over WebSocket: {facts:?}"));
        let is_right = match fault {
            Fault::Status => matches!(end, Fact::NotOpened { .. }),
            Fault::Drip => matches!(end, Fact::Survived { messages: 5, .. }),
            Fault::Stall | Fault::Vanish => matches!(end, Fact::Stalled { answered: 2, .. }),
            Fault::Goodbye => matches!(end, Fact::Broke { code: 1000, clean: true, answered: 2, .. }),
            _ => matches!(end, Fact::Broke { code: 1006, clean: false, answered: 2, .. }),
        };
        assert!(is_right, "{end:?}");
    }
    let http = account(&facts, Protocol::Http);
    // Seven faults of eleven break the exchange off; each of their four requests is asked again.
    assert_eq!((http.sent, http.lost), (44 + 28 + 3, 28 + 1));
    let websocket = account(&facts, Protocol::WebSocket);
    // Ten times five messages, and nine times three again; where the handshake was refused, five for the first time.
    assert_eq!((websocket.sent, websocket.lost, websocket.twice), (50 + 27 + 5, 27, Some(27)));
}

#[test]
fn over_http2_the_faults_are_refused_and_that_is_said() {
    let trace = run(&[], Conditions { h2: true, secure_page: true, ..Conditions::default() });
    let [http, websocket] = judged(&trace);
    assert_eq!((http, websocket), (VerdictOutcome::NotMeasured, VerdictOutcome::Depends));
    let facts = happened(&trace);
    assert!(facts.contains(&Fact::FaultsRefused { requests: 12, alpn: Some("h2".to_owned()) }), "{facts:?}");
    assert!(facts.contains(&Fact::Missing(Missing::SharedConnections)));
}

#[test]
fn behind_a_proxy_nothing_is_said_of_arrivals() {
    let trace = run(&[], Conditions { behind_proxy: true, ..Conditions::default() });
    assert_eq!(judged(&trace), [VerdictOutcome::Depends; 2], "what was lost was got back by asking again");
    let facts = happened(&trace);
    for protocol in Protocol::BOTH {
        let Account { arrived, twice, lost, .. } = account(&facts, protocol);
        assert_eq!((arrived, twice), (None, None));
        assert!(lost > 0);
    }
    assert!(facts.contains(&Fact::Missing(Missing::Account)));
    assert_eq!(judgement::answer(&trace, &Timeline::of(&trace)), None);
}

#[test]
fn at_a_plain_echo_the_rest_is_shown_and_what_is_missing_is_said() {
    let trace = run(&[], Conditions { plain: true, ..Conditions::default() });
    assert_eq!(judged(&trace), [VerdictOutcome::NotMeasured; 2]);
    let facts = happened(&trace);
    assert!(facts.contains(&Fact::GivenUp { requests: 3, arrived: None }), "{facts:?}");
    assert!(facts.contains(&Fact::Left { sent: 5, answered: 0 }), "{facts:?}");
    assert!(facts.contains(&Fact::Missing(Missing::HttpFaults)));
    assert!(facts.contains(&Fact::Missing(Missing::WebSocketFaults)));
}

#[test]
fn a_server_that_dies_gets_nothing_and_what_it_lost_stays_lost() {
    // The first turn is that of the first request that is to be interrupted.
    let trace = run_lab(settings(&[("retries", "2")]), Conditions { server_dies_at: Some(1), ..Conditions::default() });
    assert_eq!(judged(&trace)[0], VerdictOutcome::Supported, "{:?}", happened(&trace));
    // Turns 1 to 16 are those of HTTP, one or two are orders, one is the event source's: it dies with the WebSocket.
    let of = |fault: &str| {
        let whole = run(&[], Conditions::default());
        let part = whole.part(fault).expect("there is such a part");
        whole.in_part(part).map(|message| message.turn).find(|turn| *turn > 0).expect("it has messages")
    };
    let dies = Conditions { server_dies_at: Some(of("websocket cut") + 3), ..Conditions::default() };
    let trace = run(&[], dies);
    assert_eq!(judged(&trace), [VerdictOutcome::Depends, VerdictOutcome::Refuted], "{:?}", happened(&trace));
}

#[test]
fn with_nobody_there_the_lab_cannot_go_on() {
    let conditions = Conditions { server_dies_at: Some(0), ..Conditions::default() };
    let trace = run_lab(settings(&[("retries", "1")]), conditions);
    assert!(matches!(trace.outcome, Some(Outcome::Failed(_))), "{:?}", trace.outcome);
    assert_eq!(judged(&trace), [VerdictOutcome::NotMeasured; 2]);
}

#[test]
fn stopping_midway_tells_only_what_was_seen() {
    let whole = run(&[], Conditions::default());
    let last = whole.messages.last().and_then(Message::page_time).expect("there are messages");
    for part in 1..20 {
        let until = Time(last.0 * part / 20);
        let trace = record(settings(&[]), Conditions::default(), Some(until));
        assert_eq!(trace.outcome, Some(Outcome::Stopped));
        let lost = |facts: &[Fact]| facts.iter().filter(|fact| matches!(fact, Fact::Stalled { .. })).count();
        assert!(lost(&happened(&trace)) <= lost(&happened(&whole)));
    }
}

#[test]
fn one_message_and_one_try_are_enough() {
    let trace = run(&[("in-flight", "1"), ("retries", "1")], Conditions::default());
    assert_eq!(judged(&trace), [VerdictOutcome::Depends; 2]);
    let facts = reasons(&trace, Claim::C9);
    let waits = vec![Span::from_millis(100)];
    assert!(facts.contains(&Fact::Reconnected { waits, refused: 0, opened: true }), "{facts:?}");
}
