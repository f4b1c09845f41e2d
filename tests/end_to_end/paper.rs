//! The page on paper: laid out for a sheet, without what only works on a screen, and as before when that is over.

use chromiumoxide::cdp::browser_protocol::emulation::SetEmulatedMediaParams;

use crate::page::Lab;
use crate::server::Server;

/// Has the tab show what paper would, or the screen again.
async fn show_as(lab: &Lab, media: &str) {
    // As a browser does when it prints: the page is told before it is laid out for paper.
    let tell = |event: &str| format!("dispatchEvent(new Event('{event}'))");
    if media == "print" {
        let _: bool = lab.ask(&tell("beforeprint")).await;
    }
    lab.tab.execute(SetEmulatedMediaParams::builder().media(media).build()).await.expect("the media is taken");
    if media.is_empty() {
        let _: bool = lab.ask(&tell("afterprint")).await;
    }
}

/// Whether something of what a selector fits is there to be seen.
async fn is_seen(lab: &Lab, selector: &str) -> bool {
    lab.ask(&format!(
        "[...document.querySelectorAll({selector:?})].some((element) => element.checkVisibility() && element.getClientRects().length > 0)"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_is_printed_with_its_pictures_and_where_they_come_from_and_nothing_to_press() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=5&theme=dark&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let width = "document.querySelector('.pane.http .paper svg').getAttribute('width')";
    let (before, ground): (String, String) =
        lab.ask(&format!("[{width}, getComputedStyle(document.querySelector('.pane .window')).backgroundColor]")).await;
    let of_the_screen =
        ["nav", ".controls", ".replay", ".tools", ".take-away", ".save", "#chart-times .read-out", ".inspector"];
    let of_both = [
        "h2",
        ".pane.http .paper svg",
        ".pane.ws .paper svg",
        ".legend",
        "#chart-times svg",
        ".findings li",
        ".claim-card",
        ".figures td",
    ];
    for selector in of_the_screen.into_iter().chain(of_both) {
        assert!(is_seen(&lab, selector).await, "{selector} on the screen");
    }
    assert!(!is_seen(&lab, ".on-paper").await && !is_seen(&lab, ".claim-card details li").await);
    show_as(&lab, "print").await;
    lab.until("document.querySelector('.colophon .address').textContent.includes('lab=exchange')").await;
    lab.until(&format!("{width} === '328'")).await;
    for selector in of_the_screen {
        assert!(!is_seen(&lab, selector).await, "{selector} on paper");
    }
    for selector in of_both.into_iter().chain([".colophon", ".claim-card details li"]) {
        assert!(is_seen(&lab, selector).await, "{selector} on paper");
    }
    assert!(!is_seen(&lab, "button:not(.message-link)").await);
    let colophon = lab.text(".colophon").await;
    for told in ["messages=5", "Recorded 20", "/ws", "by Duplex"] {
        assert!(colophon.contains(told), "{colophon}");
    }
    // Light, whatever the page is on the screen; each diagram whole, and nothing of it scrolled away.
    let (paper, scrolled): (String, Vec<String>) = lab
        .ask(
            "[getComputedStyle(document.querySelector('.pane .window')).backgroundColor,
              [...document.querySelectorAll('.window, .holder')]
                  .filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.className)]",
        )
        .await;
    assert_eq!(paper, "rgb(255, 255, 255)");
    assert!(paper != ground && scrolled.is_empty(), "{ground} and {paper}, scrolled: {scrolled:?}");
    // As wide as a sheet of A4 within its margins.
    let widest: String = lab.ask("document.querySelector('#chart-times .stack svg').getAttribute('width')").await;
    assert_eq!(widest, "672");
    show_as(&lab, "").await;
    lab.until(&format!("{width} === {before:?}")).await;
    assert!(is_seen(&lab, "nav").await && !is_seen(&lab, ".on-paper").await);
    lab.until("document.querySelector('.claim-card details').open === false").await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sheet_does_not_carry_is_said_on_it() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=300&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    lab.click("input.folding").await;
    lab.until("!document.querySelector('input.folding').checked").await;
    let _: f64 = lab.ask("(document.querySelector('.pane.http .window').scrollTop = 900)").await;
    lab.until("document.querySelector('.pane.ws .window').scrollTop === 900").await;
    show_as(&lab, "print").await;
    lab.until("document.querySelector('.pane.http .on-paper').textContent.includes('as much as a sheet carries')")
        .await;
    lab.until("document.querySelector('#chart-waterfall .on-paper').textContent.includes('rows 1 to 36 of 604')").await;
    assert!(!lab.text(".pane.http .on-paper").await.contains("from 0"), "from where it is scrolled to");
    let heights: Vec<f64> = lab
        .ask("[...document.querySelectorAll('.paper svg')].map((picture) => Number(picture.getAttribute('height')))")
        .await;
    assert_eq!(heights, [760.0, 760.0]);
    show_as(&lab, "").await;
    lab.until("[...document.querySelectorAll('.pane .window')].every((window) => window.scrollTop === 900)").await;
    lab.assert_no_errors().await;
}
