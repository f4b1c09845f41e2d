//! Where the focus is: a visitor with a keyboard goes through each page in the order in which it is read, sees where
//! the focus is, and does not lose it when something is pressed.

use serde::Deserialize;

use crate::page::{ALL_ROUND, Lab};
use crate::server::Server;

/// All pages, by their slug.
const PAGES: [&str; 9] =
    ["exchange", "opening", "duplex", "memory", "formats", "interruption", "closing", "crowd", "verdict"];
async fn open(server: &Server, query: &str) -> Lab {
    let lab = Lab::open(&format!("{}/?{query}", server.origin())).await;
    lab.until("document.querySelector('.status')?.textContent.includes('Ready')").await;
    lab
}

/// What the tabulator key leads to.
#[derive(Deserialize)]
struct Stop {
    /// What it is, in short.
    what: String,
    /// Its place among all elements, in the order of the document.
    place: usize,
    /// Its top and its left edge, in pixels of the document.
    at: (f64, f64),
    /// It is on the screen, and has a mark around it.
    seen: bool,
}

/// Goes through the page from its beginning, with the tabulator key alone.
async fn walk(lab: &Lab) -> Vec<Stop> {
    // Before all else, and nothing that the tabulator key leads to.
    let _: bool = lab
        .ask(
            "(window.first = null, window.begin = document.createElement('i'), begin.tabIndex = -1, \
             document.body.prepend(begin), begin.focus(), true)",
        )
        .await;
    let mut stops = Vec::new();
    for _ in 0..ALL_ROUND {
        lab.press("Tab").await;
        let stop: Vec<Stop> = lab
            .ask(
                "(() => {
                    const it = document.activeElement;
                    if (it === document.body || it === window.first) return [];
                    window.first ??= it;
                    // The input that chooses a file is unseen within its label, which looks like a button.
                    const shown = it.closest('label.button') ?? it;
                    const box = shown.getBoundingClientRect();
                    const marked = (it) => it && getComputedStyle(it).outlineStyle !== 'none'
                        && parseFloat(getComputedStyle(it).outlineWidth) >= 1;
                    const onScreen = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
                        && box.right > 0 && box.left < innerWidth && getComputedStyle(shown).clipPath === 'none';
                    return [{
                        what: it.outerHTML.slice(0, 120),
                        place: [...document.querySelectorAll('*')].indexOf(it),
                        at: [box.top + scrollY, box.left],
                        seen: onScreen && marked(shown),
                    }];
                })()",
            )
            .await;
        if stop.is_empty() {
            return stops;
        }
        stops.extend(stop);
    }
    panic!("the walk comes to no end");
}

/// In the order of the document, each seen, and each control that can be pressed among them.
async fn assert_all_is_reached(lab: &Lab, page: &str) {
    let stops = walk(lab).await;
    for stop in &stops {
        assert!(stop.seen, "{page}: the focus is not seen at {}", stop.what);
    }
    for pair in stops.windows(2) {
        assert!(
            pair[0].place < pair[1].place,
            "{page}: out of the document's order: {} {}",
            pair[0].what,
            pair[1].what
        );
    }
    // Of a group of choices one is reached; what is folded away, hidden or out of use is not, nor what is there for the
    // clipboard alone.
    let pressable: Vec<usize> = lab
        .ask(
            "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]\
             .filter((it) => !it.matches(':disabled, .unseen[tabindex=\"-1\"]') && it.checkVisibility({ visibilityProperty: true }))\
             .filter((it, place, all) => it.type !== 'radio' \
                 || all.findIndex((other) => other.type === 'radio' && other.name === it.name) === place)\
             .map((it) => [...document.querySelectorAll('*')].indexOf(it))",
        )
        .await;
    let reached: Vec<usize> = stops.iter().map(|stop| stop.place).collect();
    for place in pressable {
        let what: String = lab.ask(&format!("document.querySelectorAll('*')[{place}].outerHTML.slice(0, 120)")).await;
        assert!(reached.contains(&place), "{page}: not reached: {what}");
    }
    // What is set and pressed comes from top to bottom, and in a row from left to right.
    let form: Vec<&Stop> = {
        let inside: Vec<usize> =
            lab.ask("[...document.querySelectorAll('.controls *')].map((it) => [...document.querySelectorAll('*')].indexOf(it))").await;
        stops.iter().filter(|stop| inside.contains(&stop.place)).collect()
    };
    for pair in form.windows(2) {
        let ((top, left), (next_top, next_left)) = (pair[0].at, pair[1].at);
        // Controls of one row differ a little in height.
        let one_row = (next_top - top).abs() < 30.0;
        assert!(
            if one_row { next_left > left } else { next_top > top },
            "{page}: not as it is read: {} {}",
            pair[0].what,
            pair[1].what
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tabulator_key_leads_through_each_page_as_it_is_read_and_the_focus_is_seen() {
    let server = Server::start();
    let lab = open(&server, "").await;
    for page in PAGES {
        lab.tab.goto(format!("{}/?lab={page}", server.origin())).await.expect("the page opens");
        lab.until("document.querySelector('.status')?.textContent.includes('Ready')").await;
        assert_all_is_reached(&lab, page).await;
    }
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_too_with_the_evidence_the_table_and_the_picked_message() {
    let server = Server::start();
    let lab = open(&server, "lab=opening&requests=2&parallel=0&messages=1&idle=0").await;
    lab.tab_to(".controls summary").await;
    lab.press("Enter").await;
    lab.tab_to("#run").await;
    lab.press("Enter").await;
    lab.until_run_is("finished").await;
    lab.tab_to(".as-table summary").await;
    lab.press("Enter").await;
    lab.tab_to(".message-link").await;
    lab.press("Enter").await;
    lab.until("document.querySelector('#inspector h3') !== null").await;
    assert_all_is_reached(&lab, "opening").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_tab_offers_to_skip_the_navigation_and_a_link_of_it_leads_to_the_beginning_of_its_page() {
    let server = Server::start();
    let lab = open(&server, "lab=memory").await;
    lab.press("Tab").await;
    assert!(lab.is_at(".skip").await);
    lab.press("Enter").await;
    assert!(lab.is_at("main").await);
    let address: String = lab.ask("location.search + location.hash").await;
    assert_eq!(address, "?lab=memory", "the address is the page's state");
    lab.press("Tab").await;
    assert!(lab.ask::<bool>("document.activeElement.closest('main') !== null").await, "and goes on from there");

    lab.tab_to("nav a[href*=\"lab=crowd\"]").await;
    lab.press("Enter").await;
    lab.until("document.documentElement.dataset.lab === 'crowd'").await;
    assert!(lab.is_at("main").await);
    assert!(lab.ask::<String>("document.title").await.starts_with("Crowd"));
    lab.press("Tab").await;
    assert!(lab.is_at("[name=prediction]").await);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_runs_and_stops_by_keyboard_stays_where_that_is_done() {
    let server = Server::start();
    for (query, other) in [("lab=exchange&messages=100000&connection=close", "messages"), ("lab=verdict", "")] {
        let lab = open(&server, query).await;
        lab.tab_to("#run").await;
        lab.press("Enter").await;
        lab.until_run_is("running").await;
        assert!(lab.is_at("#run").await, "{query}");
        if !other.is_empty() {
            // Stopped before that, it would not have begun.
            lab.until("document.querySelector('path.message')").await;
        }
        // Pressed once more, nothing begins; the next one is Stop.
        lab.press("Enter").await;
        lab.press("Tab").await;
        assert!(lab.is_at("#stop").await, "{query}");
        lab.press("Enter").await;
        if other.is_empty() {
            // Of all labs in a row, the one that was last may have been at its end.
            lab.until("!['running', 'waiting'].includes(document.documentElement.dataset.run)").await;
        } else {
            lab.until_run_is("stopped").await;
        }
        assert!(lab.is_at("#run").await, "{query}: Stop is out of use");
        if !other.is_empty() {
            // Enter in a field begins a run too, and the field is out of use then.
            lab.tab_to(&format!("[name={other}]")).await;
            for key in ["3", "Enter"] {
                lab.press(key).await;
            }
            lab.until_run_is("finished").await;
            assert!(lab.is_at("#run").await);
        }
        lab.assert_no_errors().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picked_message_gives_the_focus_back_to_what_opened_it() {
    let server = Server::start();
    let lab = open(&server, "lab=opening&requests=2&parallel=0&messages=1&idle=0").await;
    lab.tab_to("#run").await;
    lab.press("Enter").await;
    lab.until_run_is("finished").await;
    lab.tab_to("#ws-diagram").await;
    lab.press("Enter").await;
    lab.until("document.activeElement.id === 'inspector'").await;
    lab.press("Escape").await;
    assert!(lab.is_at("#ws-diagram").await);
    lab.tab_to(".as-table summary").await;
    lab.press("Enter").await;
    lab.until("document.querySelector('.as-table tbody button') !== null").await;
    for opener in [".as-table tbody button", ".happened .message-link", ".claim-card .message-link"] {
        lab.tab_to(opener).await;
        let _: bool = lab.ask("(window.opener_ = document.activeElement, true)").await;
        lab.press("Enter").await;
        lab.until("document.activeElement.id === 'inspector'").await;
        // Previous, Next, Close.
        for key in ["Tab", "Tab", "Enter", "Tab", "Enter"] {
            lab.press(key).await;
        }
        lab.until("document.querySelector('#inspector h3') === null").await;
        assert!(lab.ask::<bool>("document.activeElement === window.opener_").await, "{opener}");
    }
    lab.assert_no_errors().await;
}
