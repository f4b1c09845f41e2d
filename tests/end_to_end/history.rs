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

/// What the page says of results that were made with other settings; empty where they are its own.
async fn of_other_settings(lab: &Lab) -> String {
    lab.ask("{ const said = document.querySelector('.other-settings'); said.hidden ? '' : said.innerText }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_beneath_settings_is_theirs_or_is_said_to_be_anothers() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=3&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    assert_eq!(of_other_settings(&lab).await, "");

    // In the form, then to another lab and back, which has the defaults.
    lab.fill("messages", "4").await;
    lab.until("!document.querySelector('.other-settings').hidden").await;
    let said = of_other_settings(&lab).await;
    assert!(said.contains("3 (above: 4)") && said.contains("Press Run"), "{said}");
    lab.press_run().await;
    lab.until("/Finished: 4/.test(document.querySelector('.status').textContent)").await;
    assert_eq!(of_other_settings(&lab).await, "");
    let four = lab.save().await;
    lab.click("nav.labs a[href*='lab=memory']").await;
    lab.until("document.documentElement.dataset.lab === 'memory'").await;
    lab.click("nav.labs a[href*='lab=exchange']").await;
    lab.until("!(document.querySelector('.other-settings')?.hidden ?? true)").await;
    assert!(of_other_settings(&lab).await.contains("4 (above: 10)"), "{}", of_other_settings(&lab).await);
    assert_eq!(lab.save().await, four, "nothing is lost");

    // A preset is a link with settings of its own.
    lab.click("nav li.last a").await;
    lab.until("document.querySelector('.published') !== null").await;
    lab.click(".published article:nth-of-type(3) a.button").await;
    lab.until("!(document.querySelector('.other-settings')?.hidden ?? true)").await;
    assert!(of_other_settings(&lab).await.contains("4 (above: 50)"), "{}", of_other_settings(&lab).await);

    lab.press_run().await;
    lab.until("/Finished: 50/.test(document.querySelector('.status').textContent)").await;

    // Back to settings that were run: their own run is there, though another one is newer.
    for (page, differs) in [("verdict", None), ("exchange", Some(true)), ("memory", None), ("exchange", Some(false))] {
        let _: bool = lab.ask("(history.back(), true)").await;
        lab.until(&format!("document.documentElement.dataset.lab === '{page}'")).await;
        if let Some(differs) = differs {
            lab.until("document.querySelector('.other-settings') !== null").await;
            assert_eq!(!of_other_settings(&lab).await.is_empty(), differs, "{}", lab.text(".status").await);
        }
    }
    assert_eq!(lab.save().await, four);
    lab.assert_no_errors().await;
}
