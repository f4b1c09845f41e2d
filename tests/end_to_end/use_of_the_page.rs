//! The page in use: links, bad input, keyboard, other people's endpoints, files.

use duplex::analysis::{Summary, Timeline};
use duplex::trace::{Outcome, Protocol, Speaks};

use crate::echoes;
use crate::page::Lab;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn bad_values_in_a_link_give_a_notice_and_the_default() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=0&size=huge&colour=red", server.origin())).await;
    lab.until("document.querySelectorAll('.notices li').length === 3").await;
    let notices = lab.text(".notices").await;
    assert!(
        notices.contains("from 1 to 100000") && notices.contains("huge") && notices.contains("colour"),
        "{notices}"
    );
    let messages: String = lab.ask("document.querySelector('[name=messages]').value").await;
    assert_eq!(messages, "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_gets_wrong_is_still_told_when_it_runs_by_itself() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=3&size=huge&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    assert!(lab.text(".notices").await.contains("huge"));
    assert_eq!(lab.figure("payload-to-server").await[0], "96 B");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_out_of_range_is_refused_at_the_control_with_the_range() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    lab.until("document.querySelector('[name=messages]') !== null").await;
    lab.fill("messages", "100001").await;
    lab.until("document.querySelector('button.run').disabled").await;
    assert!(lab.text("#messages-hint").await.contains("from 1 to 100000"));
    lab.fill("messages", "5").await;
    lab.press_run().await;
    lab.until_run_is("finished").await;
    assert_eq!(lab.figure("n").await, ["5", "5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_256_mib_in_all_is_refused_with_what_would_be_right() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    lab.until("document.querySelector('[name=messages]') !== null").await;
    lab.fill("messages", "1000").await;
    lab.fill("size", "1048576").await;
    lab.until("document.querySelector('.controls .error').innerText.includes('256 MiB')").await;
    let blocked: bool = lab.ask("document.querySelector('button.run').disabled").await;
    assert!(blocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_in_the_address() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    lab.until("document.querySelector('[name=messages]') !== null").await;
    lab.fill("messages", "17").await;
    lab.until("location.search.includes('messages=17')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_other_endpoints_waits_for_run() {
    let server = Server::start();
    let other = Server::start();
    let url = format!("{}/?messages=2&run=1&http={}/echo&ws={}/ws", server.origin(), other.origin(), other.ws_origin());
    let lab = Lab::open(&url).await;
    lab.until("document.querySelectorAll('.notices li').length === 1").await;
    assert!(lab.text(".notices").await.contains("press Run"));
    let asked = lab.log.once(|_| true, |log| log.requests.values().any(|url| url.starts_with(other.origin()))).await;
    assert!(!asked, "nobody else is asked before Run is pressed");
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    assert_eq!(trace.circumstances.http.speaks, Speaks::Duplex, "the other server is recognised as one of ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn against_other_peoples_echoes_the_page_shows_what_a_page_alone_can_see() {
    let server = Server::start();
    let (http, ws) = (echoes::http_echo(true).await, echoes::ws_echo().await);
    let url = format!("{}/?messages=4&http=http://{http}/anything&ws=ws://{ws}/", server.origin());
    let lab = Lab::open(&url).await;
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    let summary = Summary::of(&trace, &Timeline::of(&trace), Protocol::Http);
    assert_eq!((summary.connections, summary.bytes.to_server.known_overhead()), (None, None));
    assert_eq!(lab.figure("overhead-to-server").await[0], "unknown");
    assert_eq!(lab.figure("connections").await[0], "not told");
    let dashed: usize = lab.ask("document.querySelectorAll('.pane.http path.message.unknown').length").await;
    assert_eq!(dashed, 10, "every arrow whose server end is unknown is marked as such");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_picked_and_read_by_keyboard_alone() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=3&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let window = lab.tab.find_element(".pane.ws .window").await.expect("the diagram");
    window.focus().await.expect("it takes the focus");
    for _ in 0..3 {
        window.press_key("ArrowDown").await.expect("a key");
    }
    window.press_key("Enter").await.expect("a key");
    lab.until("document.activeElement.id === 'inspector'").await;
    let words = lab.text("#inspector").await;
    assert!(
        words.contains("Binary message") && words.contains("Duplex") && words.contains("measured in this page"),
        "{words}"
    );
    let marked: usize = lab.ask("document.querySelectorAll('.pane.ws path.message.selected').length").await;
    assert_eq!(marked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clicking_an_arrow_shows_its_message() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=3&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let _: bool = lab
        .ask(
            "{ const arrow = document.querySelectorAll('.pane.http path.message')[2];
               arrow.dispatchEvent(new MouseEvent('click', { bubbles: true })); true }",
        )
        .await;
    lab.until("document.querySelector('#inspector h3') !== null").await;
    let words = lab.text("#inspector").await;
    assert!(words.contains("Request") && words.contains("turn 1"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_run_is_opened_again_and_a_bad_file_says_what_is_wrong() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=6&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    let before = lab.figure("median").await;
    let text = duplex::format::write(&trace).expect("it is written");

    let again = Lab::open(server.origin()).await;
    again.until("document.querySelector('input[type=file]') !== null").await;
    choose_file(&again, "{\"format\":\"har\"}").await;
    again.until("document.querySelectorAll('.notices li').length === 1").await;
    assert!(again.text(".notices").await.contains("duplex-trace"));
    choose_file(&again, &text).await;
    again.until("document.querySelector('[data-figure=median]') !== null").await;
    let status = again.text(".status").await;
    assert!(status.contains("Recorded earlier") && status.contains(server.origin()), "{status}");
    assert!(again.text(".figures .hint").await.contains("in the page that recorded them"));
    let phase: String = again.ask("document.documentElement.dataset.run").await;
    assert_eq!(phase, "idle", "nothing was run here");
    assert_eq!(again.figure("median").await, before);
    assert_eq!(again.arrows().await, [14, 18], "two of them close the WebSocket");
}

async fn choose_file(lab: &Lab, text: &str) {
    let text = serde_json::to_string(text).expect("a string");
    let script = format!(
        "{{ const files = new DataTransfer();
            files.items.add(new File([{text}], 'run.json', {{ type: 'application/json' }}));
            const input = document.querySelector('input[type=file]');
            input.files = files.files;
            input.dispatchEvent(new Event('change', {{ bubbles: true }}));
            true }}"
    );
    let _: bool = lab.ask(&script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_nobody_but_its_own_server_and_throws_no_error() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=2&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let urls =
        lab.log.once(|log| !log.requests.is_empty(), |log| log.requests.values().cloned().collect::<Vec<_>>()).await;
    assert!(urls.iter().all(|url| url.starts_with(server.origin())), "{urls:?}");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_accounts_are_not_mixed_up() {
    let (server, other) = (Server::start(), Server::start());
    // Both count their connections from 1, so that ids collide.
    let url = format!(
        "{}/?messages=3&connection=close&http={}/echo&ws={}/ws",
        server.origin(),
        server.origin(),
        other.ws_origin()
    );
    let lab = Lab::open(&url).await;
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    let websocket = trace.connections.iter().find(|known| known.protocol == Protocol::WebSocket).expect("a WebSocket");
    let carried = trace.messages.iter().filter(|message| message.connection == Some(websocket.id));
    let payload: u64 = carried.map(|message| message.payload).sum();
    let bytes = websocket.bytes.expect("its own server tells");
    assert!(bytes.to_server + bytes.to_page > payload && bytes.to_server < 2_000, "{bytes:?}");
    assert!(trace.messages.iter().all(|message| message.overhead.is_some()), "every head was counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_fails_the_run_with_what_would_be_right_and_shows_nothing_old() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=2&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    lab.fill("http", "ftp://example.org/").await;
    lab.press_run().await;
    lab.until_run_is("failed").await;
    let status = lab.text(".status").await;
    assert!(status.contains("http:// or https://") && status.contains("ftp://example.org/"), "{status}");
    assert_eq!(lab.arrows().await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_while_the_page_is_still_finding_out_whom_to_talk_to() {
    let server = Server::start();
    let silent = echoes::silent_everywhere().await;
    let url = format!("{}/?messages=2&http=http://{silent}/echo&ws=ws://{silent}/ws", server.origin());
    let lab = Lab::open(&url).await;
    lab.press_run().await;
    lab.until_run_is("running").await;
    lab.press_stop().await;
    lab.until_run_is("idle").await;
    assert!(lab.text(".notices").await.contains("Stopped before the run began"));
    let echo = format!("http://{silent}/echo");
    let asked = lab.log.once(|_| true, |log| log.requests.values().any(|url| url.starts_with(&echo))).await;
    assert!(!asked, "no exchange was begun");
}
