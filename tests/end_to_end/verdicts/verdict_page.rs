//! The verdict's page: all labs in a row, what is kept of them, the break-even, and published numbers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{outcomes, run_by_keyboard, run_in, until_ready};
use crate::page::Lab;
use crate::server::Server;

/// How long all labs may take.
const ALL_LABS: Duration = Duration::from_secs(120);
const NOT_MEASURED: &str = "not-measured";

async fn open(server: &Server) -> Lab {
    let lab = Lab::open(&format!("{}/?lab=verdict", server.origin())).await;
    until_ready(&lab).await;
    lab
}

async fn reload(lab: &Lab) {
    lab.tab.reload().await.expect("the page opens again");
    until_ready(lab).await;
}

fn not_measured(outcomes: &BTreeMap<String, String>) -> Vec<&str> {
    outcomes.iter().filter(|(_, outcome)| *outcome == NOT_MEASURED).map(|(claim, _)| claim.as_str()).collect()
}

async fn until_progress_says(lab: &Lab, words: &str) {
    lab.until(&format!("document.querySelector('.status').textContent.includes('{words}')")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_labs_fill_the_table_which_survives_a_reload_until_it_is_forgotten() {
    let server = Server::start();
    let lab = open(&server).await;
    assert_eq!(not_measured(&outcomes(&lab).await).len(), 16);
    lab.tab_to("button.run").await;
    let began = Instant::now();
    lab.press("Enter").await;
    until_progress_says(&lab, "Lab 2 of 8").await;
    until_progress_says(&lab, "Lab 6 of 8").await;
    lab.until_run_is("finished").await;
    assert!(began.elapsed() < ALL_LABS, "it took {:?}", began.elapsed());
    lab.assert_no_errors().await;
    let filled = outcomes(&lab).await;
    assert_eq!(filled.len(), 16);
    // Each can be measured from a page that came by http, with the server's default links.
    assert!(not_measured(&filled).is_empty(), "{filled:?}");
    let counts = lab.text("section.claims > p").await;
    assert!(counts.contains("0 not measured yet"), "{counts}");

    reload(&lab).await;
    assert_eq!(outcomes(&lab).await, filled);
    let whys: usize = lab.ask("document.querySelectorAll('table.claims details li').length").await;
    assert!(whys > 16, "{whys} reasons are kept too");
    lab.press_at("section.claims > .buttons button").await;
    lab.until("document.querySelectorAll('[data-outcome=not-measured][data-claim]').length === 16").await;
    assert!(lab.ask::<bool>("localStorage.getItem('duplex') === null").await);
    reload(&lab).await;
    assert_eq!(not_measured(&outcomes(&lab).await).len(), 16);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_in_the_middle_keeps_what_is_there() {
    let server = Server::start();
    let lab = open(&server).await;
    lab.press_at("button.run").await;
    until_progress_says(&lab, "Lab 3 of 8").await;
    lab.press_at("button.stop").await;
    lab.until_run_is("stopped").await;
    let kept = outcomes(&lab).await;
    for claim in ["C16", "C3", "C4", "C5", "C13"] {
        assert_ne!(kept[claim], NOT_MEASURED, "{claim}: its lab was over");
    }
    for claim in ["C6", "C10", "C14", "C15"] {
        assert_eq!(kept[claim], NOT_MEASURED, "{claim}: its lab was not begun");
    }
    reload(&lab).await;
    assert_eq!(outcomes(&lab).await, kept);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_while_the_servers_account_is_waited_for_begins_no_further_lab() {
    let server = Server::start();
    let lab = open(&server).await;
    // The account never comes.
    let _: bool = lab
        .ask(
            "{ const real = window.fetch; \
             window.fetch = (what, how) => String(what.url ?? what).includes('/transcript/') \
             ? new Promise(() => {}) : real.call(window, what, how); true }",
        )
        .await;
    lab.press_at("button.run").await;
    until_progress_says(&lab, "Asking the server for its account").await;
    lab.press_at("button.stop").await;
    lab.until("document.documentElement.dataset.run !== 'running'").await;
    assert!(lab.text(".notices").await.contains("was not waited for"), "{}", lab.text(".status").await);
    let kept = outcomes(&lab).await;
    assert_eq!((kept["C3"].as_str(), kept["C15"].as_str()), (NOT_MEASURED, NOT_MEASURED), "no further lab was begun");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_and_cannot_be_read_is_ignored_without_an_error() {
    let server = Server::start();
    let lab = open(&server).await;
    let kept = |version: u32, claim: &str, outcome: &str| {
        format!(
            "{{\"version\":{version},\"verdicts\":[{{\"claim\":\"{claim}\",\"outcome\":\"{outcome}\",\"reasons\":[],\
             \"lab\":\"crowd\",\"settings\":[],\"finished\":true,\"http\":\"http://a/\",\"ws\":\"ws://a/\",\"at\":1}}]}}"
        )
    };
    // The control: what is right is read.
    let rows = [
        (kept(2, "C15", "supported"), 15),
        // What it rests on was not kept then.
        (kept(1, "C15", "supported"), 16),
        (kept(3, "C15", "supported"), 16),
        (kept(2, "C15", "certain"), 16),
        (kept(2, "C99", "supported"), 16),
        ("garbage".to_owned(), 16),
        ("[]".to_owned(), 16),
        (String::new(), 16),
        ("{\"version\":2,\"guesses\":{\"opening\":99,\"nonsense\":1}}".to_owned(), 16),
    ];
    for (stored, open) in rows {
        let quoted = serde_json::to_string(&stored).expect("a string");
        let _: bool = lab.ask(&format!("(localStorage.setItem('duplex', {quoted}), true)")).await;
        reload(&lab).await;
        assert_eq!(not_measured(&outcomes(&lab).await).len(), open, "{stored}");
        lab.assert_no_errors().await;
    }
    // A guess that is none of the choices is no guess.
    lab.tab.goto(format!("{}/?lab=opening", server.origin())).await.expect("the page opens");
    until_ready(&lab).await;
    assert!(lab.ask::<bool>("[...document.querySelectorAll('[name=prediction]')].every((it) => !it.checked)").await);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_with_different_settings_add_up_and_a_lesser_one_displaces_nothing() {
    let server = Server::start();
    let mut lab = run_by_keyboard(server.origin(), "lab=opening&connection=close").await.lab;
    for (query, claim, expected) in [
        ("lab=opening&connection=keep-alive", "C3", "depends"),
        ("lab=crowd&clients=2", "C15", "supported"),
        // One client cannot tell, and takes nothing away.
        ("lab=crowd&clients=1", "C15", "supported"),
    ] {
        lab.tab.goto(format!("{}/?{query}", server.origin())).await.expect("the page opens");
        until_ready(&lab).await;
        lab = run_in(lab).await.lab;
        lab.tab.goto(format!("{}/?lab=verdict", server.origin())).await.expect("the page opens");
        until_ready(&lab).await;
        let row = lab.text(&format!("tr[data-claim={claim}] .measured")).await;
        assert_eq!(outcomes(&lab).await[claim], expected, "{query}: {row}");
        let other: bool =
            lab.ask(&format!("document.querySelector('tr[data-claim={claim}] .other-runs li') !== null")).await;
        assert_eq!(other, query != "lab=crowd&clients=2", "{query}: each run is told of");
    }
    assert!(lab.text("tr[data-claim=C3] .outcome").await.contains("in one run and not in another"));
    lab.assert_no_errors().await;
}

/// The preset of that link shows what was published beside what the run came to.
async fn has_comparison(lab: &Lab, place: usize) {
    let preset = format!("document.querySelectorAll('.published a.button')[{place}].closest('article')");
    let rows: Vec<[String; 3]> = lab
        .ask(&format!(
            "[...{preset}.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((it) => it.innerText))"
        ))
        .await;
    assert!(rows.len() >= 3, "{place}: {rows:?}");
    for [what, published, ours] in rows {
        let is_figure = |text: &str| text.starts_with(|first: char| first.is_ascii_digit() || first == '<');
        assert!(is_figure(&published) || published == "—", "{what}: {published}");
        assert!(is_figure(&ours) || ours.starts_with("see “Run 50"), "{what}: {ours}");
    }
    let remarks: usize = lab.ask(&format!("{preset}.querySelectorAll('ul.findings li').length")).await;
    assert!(remarks > 0, "what holds of it");
}

/// Moves a slider to one of its ends, by keyboard.
async fn slide(lab: &Lab, id: &str, key: &str) {
    lab.tab_to(&format!("#{id}")).await;
    lab.press(key).await;
}

async fn advised(lab: &Lab) -> String {
    lab.ask("document.querySelector('.advice').dataset.advised").await
}

#[tokio::test(flavor = "multi_thread")]
async fn published_numbers_are_run_again_and_the_break_even_follows_the_sliders() {
    let server = Server::start();
    let mut lab = open(&server).await;
    assert!(lab.text("#break-even").await.contains("This needs to know"), "nothing was measured yet");
    let links: Vec<String> =
        lab.ask("[...document.querySelectorAll('.published a.button')].map((it) => it.getAttribute('href'))").await;
    assert_eq!(links.len(), 4, "{links:?}");
    for (place, link) in links.iter().enumerate() {
        let _: bool =
            lab.ask(&format!("(document.querySelectorAll('.published a.button')[{place}].focus(), true)")).await;
        lab.press("Enter").await;
        lab.until("document.querySelector('form.controls') !== null").await;
        let address: String = lab.ask("location.pathname + location.search").await;
        assert_eq!(&address, link, "it leads to the lab with its settings");
        let judged = run_in(lab).await;
        let query = link.split_once('?').expect("a query").1;
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let known = &judged.trace.circumstances;
            let is_set = known.parameters.iter().any(|(n, v)| n == name && v == value);
            assert!(is_set || (name, value) == ("lab", &known.lab), "{name}={value}: {:?}", known.parameters);
        }
        lab = judged.lab;
        lab.click("nav li.last a").await;
        lab.until("document.querySelector('.published') !== null").await;
        has_comparison(&lab, place).await;
    }

    // Rarely and for a minute, then often and for a day.
    lab.until("document.querySelector('.advice[data-advised]') !== null").await;
    slide(&lab, "even-how-often", "Home").await;
    slide(&lab, "even-session", "Home").await;
    let rarely = advised(&lab).await;
    let sentence = lab.text(".advice p").await;
    let _: bool = lab.ask("(document.querySelector('#even-how-often').focus(), true)").await;
    lab.press("End").await;
    slide(&lab, "even-session", "End").await;
    lab.until(&format!("document.querySelector('.advice').dataset.advised !== '{rarely}'")).await;
    assert_eq!(advised(&lab).await, "web-socket", "instead of {rarely}");
    assert_ne!(lab.text(".advice p").await, sentence);
    let marked: Vec<String> =
        lab.ask("[...document.querySelectorAll('table.ways tr.advised')].map((it) => it.dataset.way)").await;
    assert_eq!(marked, ["web-socket"], "the table marks the same");
    lab.assert_no_errors().await;
}
