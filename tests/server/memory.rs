//! `/memory`: who remembers the counter and the cart.

use duplex::wire::{MemoryAnswer, MemoryState, RoomReceipt};

use crate::harness::{RUN, RawClient, TestServer};
use crate::ways::{assert_instrumented, post, post_on, receive, send_text, websocket};

const COUNT: &str = r#"{"do":"count"}"#;

fn put(what: &str) -> String {
    serde_json::json!({"do": "put", "what": what}).to_string()
}

/// A command with the token of an earlier answer.
fn with_token(command: &str, token: &str) -> String {
    let mut request: serde_json::Value = serde_json::from_str(command).expect("a command is JSON");
    request["token"] = token.into();
    request.to_string()
}

async fn say(client: &mut RawClient, command: &str) -> MemoryAnswer {
    send_text(client, command).await;
    receive(client).await
}

fn state(counter: u64, cart: &[(&str, u32)]) -> MemoryState {
    MemoryState { counter, cart: cart.iter().map(|&(what, count)| (what.to_owned(), count)).collect() }
}

#[tokio::test]
async fn http_forgets_even_on_the_same_connection() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for n in 1..=3 {
        let response = post_on(&mut client, &format!("/memory?run={RUN}&n={n}"), COUNT).await;
        assert_eq!(response.status, 200, "{response:?}");
        assert_instrumented(&response);
        let answer: MemoryAnswer = response.json();
        assert_eq!((answer.state, answer.state_bytes), (state(1, &[]), Some(0)));
        assert_eq!(answer.connection, response.evidence().connection);
    }
    assert_eq!(server.transcript(RUN).await.connections[0].exchanges.len(), 3);
}

#[tokio::test]
async fn a_client_that_carries_the_state_is_remembered_on_any_connection() {
    let server = TestServer::start().await;
    let mut carried = String::new();
    let steps = [
        (COUNT.to_owned(), state(1, &[])),
        (put("pear"), state(1, &[("pear", 1)])),
        (put("pear"), state(1, &[("pear", 2)])),
        (COUNT.to_owned(), state(2, &[("pear", 2)])),
        (r#"{"do":"take","what":"pear"}"#.to_owned(), state(2, &[("pear", 1)])),
        (r#"{"do":"show"}"#.to_owned(), state(2, &[("pear", 1)])),
    ];
    for (command, expected) in steps {
        let request = if carried.is_empty() { command.clone() } else { with_token(&command, &carried) };
        let answer: MemoryAnswer = post(&server, "/memory", &request).await.json();
        assert_eq!((answer.state, answer.state_bytes), (expected, Some(carried.len() as u64)), "{command}");
        carried = answer.token.expect("there is a token");
    }
}

#[tokio::test]
async fn a_connection_is_closed_after_the_answer_if_that_is_asked_for() {
    let server = TestServer::start().await;
    for target in ["/memory", "/room/000000000000000000000000000000ab"] {
        let mut client = server.connect().await;
        assert_eq!(post_on(&mut client, &format!("{target}?connection=close"), COUNT).await.status, 200);
        assert_eq!(client.rest().await, b"");
    }
}

#[tokio::test]
async fn behind_a_proxy_no_connection_is_told() {
    let server = TestServer::start_with(|config| config.behind_proxy = true).await;
    let answer: MemoryAnswer = post(&server, "/memory", COUNT).await.json();
    assert_eq!(answer.connection, None);
    let mut client = websocket(&server, "/memory/ws").await;
    assert_eq!(say(&mut client, COUNT).await.connection, None);
    let receipt: RoomReceipt = post(&server, "/room/000000000000000000000000000000ab", "hello").await.json();
    assert_eq!(receipt.from, None);
}

#[tokio::test]
async fn a_websocket_remembers_and_forgets_with_its_connection() {
    let server = TestServer::start().await;
    let mut one = websocket(&server, &format!("/memory/ws?run={RUN}")).await;
    let mut other = websocket(&server, "/memory/ws").await;
    assert_eq!(say(&mut one, COUNT).await.state, state(1, &[]));
    assert_eq!(say(&mut one, &put("pear")).await.state, state(1, &[("pear", 1)]));
    let answer = say(&mut one, COUNT).await;
    assert_eq!((answer.state, answer.token, answer.state_bytes), (state(2, &[("pear", 1)]), None, None));
    assert_eq!(answer.connection, Some(server.transcript(RUN).await.connections[0].id));
    let others = say(&mut other, COUNT).await;
    assert_eq!(others.state, state(1, &[]), "the state is the connection's");
    assert_ne!(others.connection, answer.connection);

    one.send_frame(0x88, b"").await;
    assert_eq!(one.frame().await, (0x88, vec![]));
    let mut again = websocket(&server, "/memory/ws").await;
    assert_eq!(say(&mut again, r#"{"do":"show"}"#).await.state, state(0, &[]));
}

#[tokio::test]
async fn what_cannot_be_done_changes_nothing() {
    let server = TestServer::start().await;
    let mut client = websocket(&server, "/memory/ws").await;
    say(&mut client, COUNT).await;
    let answer = say(&mut client, r#"{"do":"take","what":"pear"}"#).await;
    assert_eq!(answer.state, state(1, &[]));
    assert!(answer.problem.expect("there is one").contains("pear"));
    assert_eq!(say(&mut client, COUNT).await.problem, None);

    let detail = post(&server, "/memory", r#"{"do":"take","what":"pear"}"#).await.problem(409);
    assert!(detail.contains("pear"), "{detail}");
    assert!(post(&server, "/memory", &put(&"x".repeat(65))).await.problem(400).contains("64 bytes"));
}

#[tokio::test]
async fn a_full_cart_takes_no_more_and_still_fits_into_a_request() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    // The longest names, each of them another, and such that JSON escapes every character.
    let name = |at: usize| format!("{}{}", "\"".repeat(61), char::from(b'!' + at as u8).to_string().repeat(3));
    let mut request = put(&name(0));
    for at in 1..=100 {
        let answer: MemoryAnswer = post_on(&mut client, "/memory", &request).await.json();
        request = with_token(&put(&name(at % 90)), &answer.token.expect("there is a token"));
    }
    assert!(post_on(&mut client, "/memory", &request).await.problem(409).contains("100 things"));
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let server = TestServer::start().await;
    let answer: MemoryAnswer = post(&server, "/memory", &put("pear")).await.json();
    let token = answer.token.expect("there is a token");
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let richer: MemoryAnswer = post(&server, "/memory", &put("gold")).await.json();
    let gold = richer.token.expect("there is a token");
    let gold = gold.split('.').nth(1).expect("a token has three parts");
    for (changed, status, told) in [
        (format!("{header}.{gold}.{signature}"), 403, "signature"),
        (format!("{header}.{payload}."), 403, "signature"),
        (format!("{header}.{payload}"), 400, "three parts"),
        (String::new(), 400, "three parts"),
    ] {
        let response = post(&server, "/memory", &with_token(COUNT, &changed)).await;
        assert_instrumented(&response);
        assert!(response.problem(status).contains(told), "{changed}");
    }
    let answer: MemoryAnswer = post(&server, "/memory", &with_token(COUNT, &token)).await.json();
    assert_eq!(answer.state, state(1, &[("pear", 1)]));
}

#[tokio::test]
async fn a_token_from_before_a_restart_is_told_from_a_forged_one() {
    let before = TestServer::start().await;
    let answer: MemoryAnswer = post(&before, "/memory", COUNT).await.json();
    let after = TestServer::start().await;
    let request = with_token(COUNT, &answer.token.expect("there is a token"));
    assert!(post(&after, "/memory", &request).await.problem(403).contains("started anew"));
}

#[tokio::test]
async fn what_is_no_command_is_told_what_would_be_one() {
    let server = TestServer::start().await;
    for wrong in ["", "count", "{}", r#"{"do":"dance"}"#, r#"{"do":"put"}"#, r#"{"do":"count","token":7}"#] {
        assert!(post(&server, "/memory", wrong).await.problem(400).contains(r#"{"do":"count"}"#), "{wrong}");
    }
    post(&server, "/memory", &"x".repeat(65_537)).await.problem(413);
    let response = server.get("/memory").await;
    response.problem(405);
    assert_eq!(response.header("allow"), Some("POST"));
    for wrong in ["count", r#"{"do":"dance"}"#] {
        let mut client = websocket(&server, "/memory/ws").await;
        send_text(&mut client, wrong).await;
        let (first, payload) = client.frame().await;
        assert_eq!((first, &payload[..2]), (0x88, &1008_u16.to_be_bytes()[..]));
    }
}
