//! The claims, one by one: a lab is run on the built page by keyboard, against the real server, and its verdict is
//! the one that the evidence asks for, both ways that it can come out.

use std::collections::BTreeMap;

use chromiumoxide::Element;

use crate::page::Lab;
use crate::server::Server;

/// The outcome of each claim on the page that is shown.
async fn outcomes(lab: &Lab) -> BTreeMap<String, String> {
    lab.ask(
        "Object.fromEntries([...document.querySelectorAll('[data-claim]')].map((it) => \
         [it.dataset.claim, it.dataset.outcome]))",
    )
    .await
}

async fn focused(lab: &Lab) -> Element {
    lab.tab.find_element(":focus").await.expect("something has the focus")
}

/// Opens a lab, goes to its Run button by the tabulator key alone, presses it, and waits for the end.
async fn run_by_keyboard(origin: &str, query: &str) -> Lab {
    let lab = Lab::open(&format!("{origin}/?{query}")).await;
    lab.until("document.querySelector('.status').textContent.includes('Ready')").await;
    let body = lab.tab.find_element("body").await.expect("a body");
    body.press_key("Tab").await.expect("a key");
    for _ in 0..60 {
        let is_run: bool = lab.ask("document.activeElement.matches('button.run')").await;
        if is_run {
            break;
        }
        focused(&lab).await.press_key("Tab").await.expect("a key");
    }
    focused(&lab).await.press_key("Enter").await.expect("a key");
    lab.until_run_is("finished").await;
    lab.assert_no_errors().await;
    lab
}
