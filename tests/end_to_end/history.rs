//! Back and Forward, while nothing goes on and while a run does.

use duplex::trace::{Outcome, Protocol};

use crate::network_log::Log;
use crate::page::Lab;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn back_during_a_run_stops_it_and_leaves_each_labs_run_its_own() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=3", server.origin())).await;
    lab.until("document.querySelector('[name=messages]') !== null").await;
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let before = lab.save().await;

    lab.click("nav.labs a[href*='lab=crowd']").await;
    lab.until("document.documentElement.dataset.lab === 'crowd'").await;
    lab.fill("clients", "50").await;
    lab.fill("hold", "2000").await;
    lab.press_run().await;
    lab.until_run_is("running").await;
    // Requests are under way, and held for two seconds.
    let asked = |log: &Log| log.requests.values().filter(|url| url.contains("/news")).count() >= 6;
    lab.log.once(asked, |_| ()).await;
    let _: bool = lab.ask("(history.back(), true)").await;
    lab.until("document.documentElement.dataset.lab === 'exchange'").await;
    lab.until_run_is("finished").await;
    assert_eq!(lab.save().await, before, "the run that was shown before is as it was");

    let _: bool = lab.ask("(history.forward(), true)").await;
    lab.until("document.documentElement.dataset.lab === 'crowd'").await;
    lab.until_run_is("stopped").await;
    let stopped = lab.save().await;
    assert_eq!((stopped.circumstances.lab.as_str(), &stopped.outcome), ("crowd", &Some(Outcome::Stopped)));
    assert!(stopped.of(Protocol::Http).count() >= 50, "what was under way is kept");
    lab.assert_no_errors().await;
}
