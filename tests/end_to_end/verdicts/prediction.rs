//! What a visitor expects before a run, and the evidence that the sentences after it lead to.

use super::{run_by_keyboard, run_in, until_ready};
use crate::page::Lab;
use crate::server::Server;

const QUICK: &str = "lab=opening&requests=2&parallel=0&messages=1&idle=0";

/// Which choice is chosen, from 0; -1 for none.
async fn chosen(lab: &Lab) -> i32 {
    lab.ask("[...document.querySelectorAll('[name=prediction]')].findIndex((it) => it.checked)").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_by_keyboard_is_held_against_the_run_kept_and_taken_back() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?{QUICK}", server.origin())).await;
    until_ready(&lab).await;
    lab.tab_to("[name=prediction]").await;
    lab.press(" ").await;
    assert_eq!(chosen(&lab).await, 0);
    lab.press("ArrowDown").await;
    assert_eq!(chosen(&lab).await, 1);
    let lab = run_in(lab).await.lab;
    let right: Vec<usize> = lab
        .ask(
            "[...document.querySelectorAll('.prediction .choice')].flatMap((it, place) => \
             it.classList.contains('right') ? [place] : [])",
        )
        .await;
    assert_eq!(right, [1]);
    assert!(lab.text(".prediction .choice.right").await.contains("so it was"));
    let told = lab.text(".prediction .told").await;
    assert!(told.starts_with("You were right. ") && told.contains('2') && told.contains('1'), "{told}");

    lab.tab.reload().await.expect("the page opens again");
    until_ready(&lab).await;
    assert_eq!(chosen(&lab).await, 1, "it is kept");
    assert_eq!(lab.text(".prediction .told").await, "", "the run is not");
    lab.press_at(".prediction button").await;
    lab.until("document.querySelector('.prediction button') === null").await;
    assert_eq!(chosen(&lab).await, -1);

    lab.tab.reload().await.expect("the page opens again");
    until_ready(&lab).await;
    assert_eq!(chosen(&lab).await, -1, "what was taken back is not kept");
    lab.tab_to("[name=prediction]").await;
    lab.press(" ").await;
    let lab = run_in(lab).await.lab;
    let told = lab.text(".prediction .told").await;
    assert!(told.starts_with("Not as you thought. "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_guess_the_answer_is_told_all_the_same() {
    let server = Server::start();
    let lab = run_by_keyboard(server.origin(), QUICK).await.lab;
    let told = lab.text(".prediction .told").await;
    assert!(!told.is_empty() && !told.contains("You were right") && !told.contains("Not as you"), "{told}");
    assert_eq!(chosen(&lab).await, -1);
    assert!(lab.text(".prediction .choice.right").await.contains("so it was"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_link_of_evidence_selects_its_message_which_has_the_same_number_in_the_table() {
    let server = Server::start();
    let lab = run_by_keyboard(server.origin(), QUICK).await.lab;
    let links: usize = lab.ask("document.querySelectorAll('.message-link').length").await;
    assert!(links >= 10, "{links}");
    let _: bool =
        lab.ask("(document.querySelectorAll('details.as-table').forEach((it) => { it.open = true; }), true)").await;
    lab.until("[...document.querySelectorAll('details.as-table')].every((it) => it.querySelector('tbody tr'))").await;
    for place in 0..links {
        let click = format!(
            "{{ const link = document.querySelectorAll('.message-link')[{place}]; link.click(); link.textContent }}"
        );
        let number: String = lab.ask(&click).await;
        let id = number.trim_start_matches('#').parse::<u32>().expect("a number") - 1;
        lab.until(&format!(
            "document.querySelector('path.message.selected')?.dataset.message === '{id}' \
             && document.querySelector('#inspector h3') !== null && document.activeElement.id === 'inspector'"
        ))
        .await;
        let row: String = lab.ask("document.querySelector('.as-table tr.selected td').innerText.trim()").await;
        assert_eq!(format!("#{row}"), number);
    }
    // By keyboard as well.
    lab.press_at(".findings .message-link").await;
    lab.until("document.activeElement.id === 'inspector'").await;
    lab.assert_no_errors().await;
}
