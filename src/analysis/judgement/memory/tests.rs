//! Each outcome of each claim, on records made by hand.

use std::collections::BTreeMap;

use super::part::{CONNECTION, NEW_CONNECTION, WITH_TOKEN, WITHOUT_TOKEN};
use super::*;
use crate::analysis::judgement::by_hand::{ByHand, Exchanged};
use crate::analysis::judgement::{Fact as AnyFact, Outcome, judge};
use crate::trace::{Protocol, Speaks, Turn};
use crate::wire::{MemoryAnswer, MemoryCommand, MemoryRequest};

/// A server whose way of remembering a test chooses. The state is kept under a key; a key of its own is made for each
/// thing that shall not be remembered.
#[derive(Default)]
struct Server {
    kept: BTreeMap<String, MemoryState>,
    forgotten: u32,
}

impl Server {
    /// A key under which nothing will be found again.
    fn nowhere(&mut self) -> String {
        self.forgotten += 1;
        format!("nowhere {}", self.forgotten)
    }

    fn obey(&mut self, key: &str, command: &MemoryCommand) -> MemoryState {
        let state = self.kept.entry(key.to_owned()).or_default();
        match command {
            MemoryCommand::Count => state.counter += 1,
            MemoryCommand::Put { what } => *state.cart.entry(what.clone()).or_default() += 1,
            MemoryCommand::Take { .. } | MemoryCommand::Show => {}
        }
        state.clone()
    }
}

fn commands(client: u32) -> [MemoryCommand; 3] {
    let what = if client == 0 { "pear" } else { "fig" }.to_owned();
    [MemoryCommand::Count, MemoryCommand::Put { what }, MemoryCommand::Show]
}

fn both_in_turn() -> impl Iterator<Item = (u32, MemoryCommand)> {
    (0..3).flat_map(|step| [0, 1].map(|client| (client, commands(client)[step].clone())))
}

/// The state as a token, and back.
fn token(state: &MemoryState) -> String {
    serde_json::to_string(state).expect("a state is JSON")
}

fn ask(record: &mut ByHand, client: u32, command: MemoryCommand, carried: Option<String>, state: MemoryState) {
    let state_bytes = Some(carried.as_ref().map_or(0, |token| token.len() as u64));
    let given = Some(token(&state));
    let answer = MemoryAnswer { state, connection: Some(1), problem: None, token: given, state_bytes };
    let request = MemoryRequest { command, token: carried };
    let exchange = Exchanged {
        turn: Turn::of(1).by(client),
        path: "/memory",
        asks: &serde_json::to_vec(&request).expect("a command is JSON"),
        answers: &serde_json::to_vec(&answer).expect("an answer is JSON"),
        ..Exchanged::default()
    };
    record.exchange(&exchange);
}

/// Both clients without tokens, by a server that keeps what it is told under a key.
fn without_token(record: &mut ByHand, key: impl Fn(&mut Server, u32) -> String) {
    record.part(WITHOUT_TOKEN, Protocol::Http);
    let mut server = Server::default();
    for (client, command) in both_in_turn() {
        let key = key(&mut server, client);
        let state = server.obey(&key, &command);
        ask(record, client, command, None, state);
    }
}

/// The first client with tokens, and then with its oldest again; `seen` is what the server makes of a token.
fn with_token(record: &mut ByHand, seen: impl Fn(&str, &MemoryState) -> MemoryState) {
    record.part(WITH_TOKEN, Protocol::Http);
    let mut newest = MemoryState::default();
    let mut tokens: Vec<String> = Vec::new();
    for command in commands(0) {
        let carried = tokens.last().cloned();
        let mut server = Server::default();
        if let Some(token) = &carried {
            server.kept.insert("it".into(), seen(token, &newest));
        }
        newest = server.obey("it", &command);
        tokens.push(token(&newest));
        ask(record, 0, command, carried, newest.clone());
    }
    for again in [0, 2, 0] {
        let state = seen(&tokens[again], &newest);
        ask(record, 0, MemoryCommand::Show, Some(tokens[again].clone()), state);
    }
}

fn as_carried(token: &str, _: &MemoryState) -> MemoryState {
    serde_json::from_str(token).expect("it is a state")
}

/// Both clients on a WebSocket each, and the first again, by a server that keeps what it is told under a key made of
/// the socket's number and the client's.
fn websockets(record: &mut ByHand, key: impl Fn(&mut Server, u32, u32) -> String) {
    let mut server = Server::default();
    let mut tell = |record: &mut ByHand, socket, client, (number, command): (u32, MemoryCommand)| {
        let key = key(&mut server, number, client);
        let state = server.obey(&key, &command);
        let answer = MemoryAnswer { state, connection: None, problem: None, token: None, state_bytes: None };
        let text = |json: serde_json::Result<String>| json.expect("it is JSON");
        let turn = Turn::of(1).by(client);
        let said = record.say(socket, turn, 0, &text(serde_json::to_string(&command)));
        record.hear_answer(socket, turn, said, 20, &text(serde_json::to_string(&answer)));
    };
    record.part(CONNECTION, Protocol::WebSocket);
    let sockets = [record.open(0, 0), record.open(1, 0)];
    for (client, command) in both_in_turn() {
        tell(record, sockets[client as usize], client, (client, command));
    }
    for socket in sockets {
        record.close(socket, 30);
    }
    record.part(NEW_CONNECTION, Protocol::WebSocket);
    let socket = record.open(0, 40);
    tell(record, socket, 0, (2, MemoryCommand::Show));
}

fn record() -> ByHand {
    ByHand::of("memory", Speaks::Duplex)
}

fn facts(verdict: &Verdict) -> Vec<&Fact> {
    let fact = |finding: &'_ Finding| match &finding.fact {
        AnyFact::Memory(_) => true,
        other => panic!("{other:?} is of another lab"),
    };
    assert!(verdict.reasons.iter().all(fact));
    let facts = verdict.reasons.iter().filter_map(|finding| match &finding.fact {
        AnyFact::Memory(fact) => Some(fact),
        _ => None,
    });
    facts.collect()
}

fn verdict(record: ByHand, claim: Claim) -> Verdict {
    let (trace, timeline) = record.trace(|_| {});
    judge(claim, &trace, &timeline)
}

fn held(counter: u64, things: u64) -> Held {
    Held { counter, things }
}

#[test]
fn answers_that_come_from_their_requests_alone_support_that_http_is_stateless() {
    let mut record = record();
    without_token(&mut record, |server, _| server.nowhere());
    with_token(&mut record, as_carried);
    let verdict = verdict(record, Claim::C10);
    assert_eq!(verdict.outcome, Outcome::Supported, "{verdict:#?}");
    let facts = facts(&verdict);
    let all_on_one = Fact::NothingCarried { requests: 6, connections: Some(1), on_one: Some(6) };
    assert!(facts.contains(&&all_on_one), "{facts:#?}");
    assert!(facts.contains(&&Fact::WentOn { clients: vec![0], held: held(1, 1) }), "{facts:#?}");
    assert!(facts.contains(&&Fact::OldToken { old: held(1, 0), newest: held(1, 1) }), "{facts:#?}");
    // Without state: the counts and the looks of both clients, and the first client's count with a token; with the
    // oldest token, both looks at the end; with the newest, none but the one.
    let Some(Fact::EqualAnswers { same_connection, requests }) =
        facts.iter().find(|fact| matches!(fact, Fact::EqualAnswers { .. }))
    else {
        panic!("{facts:#?}")
    };
    assert!(*requests >= 7 && *same_connection == Some(*requests), "{facts:#?}");
    assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()));
}

#[test]
fn the_bytes_of_the_state_that_is_carried_are_counted_for_each_request() {
    let mut record = record();
    without_token(&mut record, |server, _| server.nowhere());
    with_token(&mut record, as_carried);
    let verdict = verdict(record, Claim::C10);
    let (small, large) = (
        token(&MemoryState { counter: 1, ..MemoryState::default() }).len() as u64,
        token(&MemoryState { counter: 1, cart: [("pear".to_owned(), 1)].into() }).len() as u64,
    );
    // The second command, the third, and the three looks.
    let expected = Fact::Carried { requests: 5, least: small, most: large, all: 3 * small + 2 * large };
    assert!(facts(&verdict).contains(&&expected), "{:#?}", facts(&verdict));
}

#[test]
fn a_server_that_remembers_over_http_refutes_that_it_is_stateless() {
    for shared in [true, false] {
        let mut record = record();
        without_token(&mut record, |_, client| if shared { "all".into() } else { client.to_string() });
        with_token(&mut record, as_carried);
        let verdict = verdict(record, Claim::C10);
        assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
        let facts = facts(&verdict);
        let told = |fact: &&Fact| matches!(fact, Fact::NotFromRequest { told, expected, .. } if told != expected);
        assert!(facts.iter().any(told), "{facts:#?}");
        let forgetful = |fact: &&Fact| matches!(fact, Fact::NothingCarried { .. } | Fact::EqualAnswers { .. });
        assert!(!facts.iter().any(forgetful), "{facts:#?}");
    }
}

#[test]
fn a_token_that_only_names_what_the_server_keeps_refutes_it_too() {
    let mut record = record();
    without_token(&mut record, |server, _| server.nowhere());
    with_token(&mut record, |_, newest| newest.clone());
    let verdict = verdict(record, Claim::C10);
    assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
    assert!(!facts(&verdict).iter().any(|fact| matches!(fact, Fact::OldToken { .. })));
}

#[test]
fn without_tokens_whether_http_is_stateless_is_measured_in_part_only() {
    let mut record = record();
    without_token(&mut record, |server, _| server.nowhere());
    let verdict = verdict(record, Claim::C10);
    assert_eq!(verdict.outcome, Outcome::NotMeasured);
    let missing = Fact::Missing { what: Stretch::WithToken, why: Why::NotReached };
    assert!(facts(&verdict).contains(&&missing), "{verdict:#?}");
}

#[test]
fn a_server_that_does_not_heed_tokens_is_not_taken_to_remember() {
    let mut record = record();
    without_token(&mut record, |server, _| server.nowhere());
    with_token(&mut record, |_, _| MemoryState::default());
    let verdict = verdict(record, Claim::C10);
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
    let missing = Fact::Missing { what: Stretch::WithToken, why: Why::NothingCame };
    assert!(facts(&verdict).contains(&&missing), "{verdict:#?}");
}

#[test]
fn an_echo_has_nothing_to_remember_and_that_is_said() {
    for (claim, stretches) in [
        (Claim::C10, [Stretch::WithoutToken, Stretch::WithToken]),
        (Claim::C11, [Stretch::Connection, Stretch::NewConnection]),
    ] {
        let verdict = verdict(ByHand::of("memory", Speaks::Plain), claim);
        assert_eq!(verdict.outcome, Outcome::NotMeasured);
        let expected = stretches.map(|what| Fact::Missing { what, why: Why::NotOffered });
        assert_eq!(facts(&verdict), expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_websocket_that_remembers_until_it_ends_supports_that_it_is_stateful() {
    let mut record = record();
    websockets(&mut record, |_, socket, _| socket.to_string());
    let verdict = verdict(record, Claim::C11);
    assert_eq!(verdict.outcome, Outcome::Supported, "{verdict:#?}");
    let expected = [
        Fact::Remembered { clients: vec![0, 1], answers: 2, held: held(1, 1) },
        Fact::NewConnection { before: held(1, 1), after: held(0, 0) },
    ];
    assert_eq!(facts(&verdict), expected.iter().collect::<Vec<_>>());
    assert!(verdict.reasons.iter().all(|finding| !finding.messages.is_empty()));
}

#[test]
fn a_websocket_server_that_forgets_refutes_that_it_is_stateful() {
    let mut record = record();
    websockets(&mut record, |server, _, _| server.nowhere());
    let verdict = verdict(record, Claim::C11);
    assert_eq!(verdict.outcome, Outcome::Refuted, "{verdict:#?}");
    assert!(facts(&verdict).contains(&&Fact::Forgot { answers: 4 }), "{verdict:#?}");
}

#[test]
fn where_a_new_connection_finds_the_state_of_the_old_one_it_depends_on_where_the_server_keeps_it() {
    let mut record = record();
    websockets(&mut record, |_, _, client| client.to_string());
    let verdict = verdict(record, Claim::C11);
    assert_eq!(verdict.outcome, Outcome::Depends, "{verdict:#?}");
    let kept = Fact::NewConnection { before: held(1, 1), after: held(1, 1) };
    assert!(facts(&verdict).contains(&&kept), "{verdict:#?}");
}

#[test]
fn where_two_sockets_share_a_memory_it_is_not_the_connections() {
    let mut record = record();
    websockets(&mut record, |_, _, _| "all".into());
    let verdict = verdict(record, Claim::C11);
    assert_eq!(verdict.outcome, Outcome::Depends, "{verdict:#?}");
    let foreign = |fact: &&&Fact| matches!(fact, Fact::NotOfConnection { .. });
    assert!(facts(&verdict).iter().find(foreign).is_some(), "{verdict:#?}");
}

#[test]
fn without_the_new_connection_it_is_not_known_whether_the_server_forgets() {
    let mut record = record();
    record.part(CONNECTION, Protocol::WebSocket);
    let socket = record.open(0, 0);
    for (at, counter) in [(0, 1), (50, 2)] {
        let said = record.say(socket, Turn::of(1), at, r#"{"do":"count"}"#);
        let answer = format!(r#"{{"counter":{counter},"cart":{{}},"connection":null}}"#);
        record.hear_answer(socket, Turn::of(1), said, at + 20, &answer);
    }
    let verdict = verdict(record, Claim::C11);
    assert_eq!(verdict.outcome, Outcome::NotMeasured, "{verdict:#?}");
    let missing = Fact::Missing { what: Stretch::NewConnection, why: Why::NotReached };
    assert!(facts(&verdict).contains(&&missing), "{verdict:#?}");
}

#[test]
fn the_answer_is_what_the_counter_shows_on_the_new_connection() {
    type Key = fn(&mut Server, u32, u32) -> String;
    let keys: [(Key, usize); 2] = [(|_, socket, _| socket.to_string(), 0), (|_, _, client| client.to_string(), 1)];
    for (key, choice) in keys {
        let mut record = record();
        websockets(&mut record, key);
        let (trace, timeline) = record.trace(|_| {});
        let answer = answer(&trace, &timeline).expect("the run came that far");
        assert_eq!(answer.choice, choice);
    }
    // Somebody else has counted in between.
    let mut record = record();
    websockets(&mut record, |_, _, client| client.to_string());
    let (trace, timeline) = record.trace(|message| {
        if let Some(copy) = message.copy.as_mut().filter(|_| message.part == Some(crate::trace::PartId(1))) {
            copy.0 = String::from_utf8_lossy(&copy.0).replace("\"counter\":1", "\"counter\":9").into_bytes();
        }
    });
    assert_eq!(answer(&trace, &timeline).map(|answer| answer.choice), Some(2));
}
