//! Small screens: a phone's, and the narrowest frame that embedding promises to fit.

use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;
use duplex::lab::Lab as Subject;

use crate::page::Lab;
use crate::server::Server;

/// What is wider than the screen, but for what scrolls by itself.
const TOO_WIDE: &str = "document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName}.${one.className}`)";

/// The link of the page that is shown is within the part of the list that can be seen.
const IS_IN_SIGHT: &str = "(() => {
    const [link, list] = ['nav.labs [aria-current]', 'nav.labs ol']
        .map((what) => document.querySelector(what)?.getBoundingClientRect());
    return link && link.left >= list.left - 1 && link.right <= list.right + 1;
})()";

async fn open_on(size: (i64, i64), url: &str) -> Lab {
    let lab = Lab::open("about:blank").await;
    let size = SetDeviceMetricsOverrideParams::new(size.0, size.1, 1.0, true);
    lab.tab.execute(size).await.expect("a screen of that size");
    lab.tab.goto(url).await.expect("the page opens");
    lab
}

/// The recording with all that came of it, so that everything a page can hold is there.
async fn show_all(lab: &Lab) {
    lab.until("document.querySelector('aside.recording button.whole')").await;
    lab.click("aside.recording button.whole").await;
    lab.until("document.querySelector('.findings li')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_no_page_is_wider_than_the_screen_and_the_navigation_shows_where_one_is() {
    let server = Server::start();
    let lab = open_on((390, 844), server.origin()).await;
    for subject in Subject::ALL.map(Subject::slug) {
        lab.tab.goto(format!("{}/?lab={subject}", server.origin())).await.expect("the page opens");
        show_all(&lab).await;
        lab.until("document.querySelector('.chart svg')").await;
        let too_wide: Vec<String> = lab.ask(TOO_WIDE).await;
        assert!(too_wide.is_empty(), "{subject}: {too_wide:?}");
        assert!(lab.ask::<bool>(IS_IN_SIGHT).await, "{subject}");
    }
    // By the navigation itself.
    lab.click("nav.labs li:last-child a").await;
    lab.until("document.documentElement.dataset.lab === 'capture'").await;
    let frame = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))";
    assert!(lab.ask::<bool>(frame).await);
    assert!(lab.ask::<bool>(IS_IN_SIGHT).await, "the last of all");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_labs_fit_the_narrowest_frame() {
    let server = Server::start();
    let lab = open_on((360, 640), server.origin()).await;
    for subject in Subject::ALL.map(Subject::slug) {
        lab.tab.goto(format!("{}/?lab={subject}&embed=1", server.origin())).await.expect("the page opens");
        show_all(&lab).await;
        lab.click("details.further > summary").await;
        lab.until("document.querySelector('.chart svg')").await;
        let too_wide: Vec<String> = lab.ask(TOO_WIDE).await;
        assert!(too_wide.is_empty(), "{subject}: {too_wide:?}");
    }
    lab.assert_no_errors().await;
}
