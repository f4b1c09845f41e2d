//! From lab to lab and back, also while a run goes on.

use duplex::trace::Outcome;

use super::{run_in, until_ready};
use crate::page::Lab;
use crate::server::Server;

async fn back(lab: &Lab) {
    let _: bool = lab.ask("(history.back(), true)").await;
}

async fn forward(lab: &Lab) {
    let _: bool = lab.ask("(history.forward(), true)").await;
}

/// Waits until that page is shown, in the address and in the document.
async fn until_at(lab: &Lab, slug: &str) {
    lab.until(&format!("document.documentElement.dataset.lab === '{slug}'")).await;
    let named: bool = lab.ask(&format!("new URLSearchParams(location.search).get('lab') === '{slug}'")).await;
    assert!(named, "the address follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn back_and_forward_lead_from_lab_to_lab_and_each_keeps_its_run() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=3", server.origin())).await;
    let exchange = run_in(lab).await;
    let lab = exchange.lab;
    lab.press_at("nav a[href*=\"lab=memory\"]").await;
    until_at(&lab, "memory").await;
    let memory = run_in(lab).await;
    let lab = memory.lab;
    lab.press_at("nav li.last a").await;
    until_at(&lab, "verdict").await;
    back(&lab).await;
    until_at(&lab, "memory").await;
    lab.until_run_is("finished").await;
    assert_eq!(lab.save().await, memory.trace);
    back(&lab).await;
    until_at(&lab, "exchange").await;
    lab.until_run_is("finished").await;
    assert_eq!(lab.save().await, exchange.trace);
    let messages: String = lab.ask("document.querySelector('[name=messages]').value").await;
    assert_eq!(messages, "3", "with its settings");
    forward(&lab).await;
    until_at(&lab, "memory").await;
    assert_eq!(lab.save().await, memory.trace);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_during_a_run_ends_it_and_it_is_mixed_up_with_no_other() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=memory", server.origin())).await;
    let memory = run_in(lab).await;
    let lab = memory.lab;
    lab.press_at("nav a[href*=\"lab=duplex\"]").await;
    until_at(&lab, "duplex").await;
    lab.press_at("button.run").await;
    lab.until("document.querySelectorAll('.pane.http path.message').length > 4").await;
    // A link of the page does not lead away from a run.
    lab.tab_to("nav a[href*=\"lab=crowd\"]").await;
    let disabled: bool = lab.ask("document.activeElement.getAttribute('aria-disabled') === 'true'").await;
    assert!(disabled);
    lab.press("Enter").await;
    assert!(lab.ask::<bool>("document.documentElement.dataset.lab === 'duplex'").await);
    // Back does, and ends it.
    back(&lab).await;
    until_at(&lab, "memory").await;
    lab.until_run_is("finished").await;
    assert_eq!(lab.save().await, memory.trace, "nothing of the other run is in it");
    forward(&lab).await;
    until_at(&lab, "duplex").await;
    lab.until_run_is("stopped").await;
    let stopped = lab.save().await;
    assert_eq!((stopped.circumstances.lab.as_str(), &stopped.outcome), ("duplex", &Some(Outcome::Stopped)));
    assert!(stopped.messages.len() > 4, "what was measured is kept");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_all_labs_run_ends_them_all() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=memory", server.origin())).await;
    until_ready(&lab).await;
    lab.press_at("nav li.last a").await;
    until_at(&lab, "verdict").await;
    lab.press_at("button.run").await;
    lab.until("document.querySelector('.status').textContent.includes('Lab 2 of 8')").await;
    back(&lab).await;
    until_at(&lab, "memory").await;
    lab.until_run_is("idle").await;
    let lab = run_in(lab).await.lab;
    lab.assert_no_errors().await;
}
