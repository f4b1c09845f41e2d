//! Links that lead to one message of a run.

use crate::page::Lab;
use crate::server::Server;

/// The number of the message that the inspector shows.
const NUMBER: &str = "document.querySelector('#inspector .meta')?.dataset.number";

async fn notices(lab: &Lab) -> String {
    lab.ask("document.querySelector('.notices').textContent").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_link_makes_the_same_run_and_picks_the_message() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=2&size=40&run=1&message=5", server.origin())).await;
    lab.until_run_is("finished").await;
    lab.until(&format!("{NUMBER} === '5'")).await;
    assert!(lab.text("#inspector").await.contains("as the link asks"));
    let entries: usize = lab.ask("history.length").await;

    // Another pick is the visitor's own: the address names the message no more, and Back does not lead through picks.
    lab.click("#inspector .bar button:nth-of-type(2)").await;
    lab.until(&format!("Number({NUMBER}) > 5 && !location.search.includes('message=')")).await;
    assert_eq!(lab.ask::<usize>("history.length").await, entries);
    let number: String = lab.ask(NUMBER).await;

    // What the settings are changed to since is not what the run was made with.
    lab.fill("messages", "9").await;
    lab.until("location.search.includes('messages=9')").await;
    let address: String = lab
        .ask(
            "new Promise((done) => {
                navigator.clipboard.writeText = (text) => { done(text); return Promise.resolve(); };
                document.querySelector('#copy-link').click();
            })",
        )
        .await;
    assert!(address.starts_with(&format!("{}/?lab=exchange", server.origin())), "{address}");
    for pair in ["messages=2", "size=40", "run=1", &format!("message={number}")] {
        assert!(address.split(['?', '&']).any(|its| its == pair), "{pair} in {address}");
    }
    lab.until("/is copied/.test(document.querySelector('#inspector .share').innerText)").await;
    lab.assert_no_errors().await;

    let other = Lab::open(&address).await;
    other.until_run_is("finished").await;
    other.until(&format!("{NUMBER} === '{number}'")).await;
    other.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_run_the_link_says_what_it_will_show_and_shows_it_when_there_is_one() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=1&message=4", server.origin())).await;
    lab.until("/message 4/.test(document.querySelector('.notices').textContent)").await;
    assert!(notices(&lab).await.contains("may be another message"));
    lab.press_run().await;
    lab.until_run_is("finished").await;
    lab.until(&format!("{NUMBER} === '4'")).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_run_does_not_have_is_said_to_be_beyond_it() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=1&run=1&message=4000", server.origin())).await;
    lab.until_run_is("finished").await;
    lab.until("/leads to message 4000, and this run has [0-9]+ messages/.test(document.querySelector('.notices').textContent)").await;
    assert!(lab.ask::<bool>("document.querySelector('#inspector h3') === null").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_lets_no_page_copy_the_link_is_there_to_be_copied_by_hand() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=1&run=1&message=2", server.origin())).await;
    lab.until_run_is("finished").await;
    lab.until(&format!("{NUMBER} === '2'")).await;
    let _: bool = lab
        .ask(
            "(navigator.clipboard.writeText = () => Promise.reject(new Error('no')),
              document.execCommand = () => false,
              document.querySelector('#copy-link').click(), true)",
        )
        .await;
    lab.until("/by hand/.test(document.querySelector('#inspector .share').innerText)").await;
    let selected: String = lab
        .ask("{ const field = document.querySelector('#message-link'); field.value.slice(field.selectionStart, field.selectionEnd) }")
        .await;
    assert!(selected.contains("message=2"), "{selected}");
    lab.assert_no_errors().await;
}
