//! The lab's page, in a user's verbs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::Page;
use chromiumoxide::cdp::js_protocol::runtime::{
    self, ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown,
};
use duplex::format;
use duplex::trace::Trace;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::browser::Chromium;
use crate::network_log::NetworkLog;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// More controls than any page has.
pub(crate) const ALL_ROUND: usize = 400;

/// What went wrong in the page.
struct Errors {
    seen: Arc<Mutex<Vec<String>>>,
}

impl Errors {
    /// Begins to follow a page's uncaught errors, and those in its console.
    async fn follow(page: &Page) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        page.execute(runtime::EnableParams::default()).await.expect("runtime events");
        let mut thrown = page.event_listener::<EventExceptionThrown>().await.expect("a listener");
        let mut told = page.event_listener::<EventConsoleApiCalled>().await.expect("a listener");
        let (first, second) = (seen.clone(), seen.clone());
        tokio::spawn(async move {
            while let Some(event) = thrown.next().await {
                first.lock().expect("the errors").push(format!("{:?}", event.exception_details));
            }
        });
        tokio::spawn(async move {
            while let Some(event) = told.next().await {
                if event.r#type == ConsoleApiCalledType::Error {
                    second.lock().expect("the errors").push(format!("{:?}", event.args));
                }
            }
        });
        Self { seen }
    }
}

/// An open lab.
pub(crate) struct Lab {
    pub(crate) tab: Page,
    pub(crate) log: NetworkLog,
    errors: Errors,
    browser: Arc<Chromium>,
}

impl Lab {
    /// Opens the page at an address, in a browser of its own.
    pub(crate) async fn open(url: &str) -> Self {
        Self::open_with(&[], url).await
    }

    /// The same, in a browser with more command line switches.
    pub(crate) async fn open_with(switches: &[&str], url: &str) -> Self {
        let browser = Arc::new(Chromium::start_with(switches).await);
        let tab = browser.tab().await;
        Self::show(browser, tab, url).await
    }

    /// The same, in a browser that has others open, with a profile of its own.
    pub(crate) async fn open_in(browser: &Arc<Chromium>, url: &str) -> Self {
        let tab = browser.tab_apart().await;
        Self::show(browser.clone(), tab, url).await
    }

    async fn show(browser: Arc<Chromium>, tab: Page, url: &str) -> Self {
        let log = NetworkLog::follow(&tab).await;
        let errors = Errors::follow(&tab).await;
        tab.goto(url).await.expect("the page opens");
        Self { tab, log, errors, browser }
    }

    /// Where this tab's DevTools protocol is spoken.
    pub(crate) fn devtools(&self) -> String {
        self.browser.devtools(&self.tab)
    }

    /// What an expression comes to, promises included.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, expression: &str) -> T {
        let ask = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true).build();
        let answer = tokio::time::timeout(PATIENCE, self.tab.evaluate(ask.expect("an expression")));
        let answer = answer.await.unwrap_or_else(|_| panic!("no answer to {expression}"));
        let answer = answer.unwrap_or_else(|error| panic!("{expression}: {error}"));
        answer.into_value().unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until an expression is true of the page; looks again whenever the document changes.
    pub(crate) async fn until(&self, condition: &str) {
        let wait = format!(
            "new Promise((done) => {{
                const check = () => {{ if ({condition}) {{ watch.disconnect(); document.removeEventListener('scroll', check, true); done(true); }} }};
                const watch = new MutationObserver(check);
                // What is scrolled is no change of the document.
                document.addEventListener('scroll', check, true);
                watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
                check();
            }})"
        );
        let _: bool = self.ask(&wait).await;
    }

    /// Waits until the run stands so: `running`, `finished`, `failed`, `stopped`.
    pub(crate) async fn until_run_is(&self, phase: &str) {
        self.until(&format!("document.documentElement.dataset.run === '{phase}'")).await;
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn press(&self, key: &str) {
        let body = self.tab.find_element("body").await.expect("a body");
        body.press_key(key).await.expect("a key");
    }

    /// Whether what has the focus fits a selector.
    pub(crate) async fn is_at(&self, selector: &str) -> bool {
        self.ask(&format!("document.activeElement.matches('{selector}')")).await
    }

    /// Goes to the next control that a selector fits, by the tabulator key alone; gives how often it was pressed.
    pub(crate) async fn tab_to(&self, selector: &str) -> usize {
        for pressed in 1..=ALL_ROUND {
            self.press("Tab").await;
            if self.is_at(selector).await {
                return pressed;
            }
        }
        panic!("the tabulator key does not lead to {selector}");
    }

    /// Goes to a control and presses it.
    pub(crate) async fn press_at(&self, selector: &str) {
        self.tab_to(selector).await;
        self.press("Enter").await;
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.tab.find_element(selector).await.expect("it is there").click().await.expect("it can be clicked");
    }

    pub(crate) async fn press_run(&self) {
        self.until("document.querySelector('button.run')?.disabled === false").await;
        self.click("button.run").await;
    }

    /// Asserts that no error was thrown that nobody caught, and none written to the console.
    pub(crate) async fn assert_no_errors(&self) {
        // What was thrown before this answer was told before it.
        let _: bool = self.ask("true").await;
        let errors = self.errors.seen.lock().expect("the errors").clone();
        assert!(errors.is_empty(), "{errors:?}");
    }

    pub(crate) async fn press_stop(&self) {
        self.click("button.stop").await;
    }

    /// Types a value over what stands in a field.
    pub(crate) async fn fill(&self, name: &str, value: &str) {
        let script = format!(
            "{{ const field = document.querySelector('[name=\"{name}\"]');
                field.value = '{value}';
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                field.dispatchEvent(new Event('change', {{ bubbles: true }}));
                true }}"
        );
        let _: bool = self.ask(&script).await;
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        self.ask(&format!("document.querySelector('{selector}').innerText")).await
    }

    /// A figure of the summary, as written for HTTP and for the WebSocket.
    pub(crate) async fn figure(&self, key: &str) -> [String; 2] {
        self.ask(&format!(
            "['http', 'ws'].map((which) => document.querySelector('[data-figure=\"{key}\"] .' + which).innerText)"
        ))
        .await
    }

    /// How many arrows are drawn for HTTP and for the WebSocket.
    pub(crate) async fn arrows(&self) -> [usize; 2] {
        self.ask("['http', 'ws'].map((which) => document.querySelectorAll('.pane.' + which + ' path.message').length)")
            .await
    }

    /// The run as the button “Save as JSON” gives it.
    pub(crate) async fn save(&self) -> Trace {
        let (_, text) = self.taken_away("button.export").await;
        format::read(&text).expect("the saved file is read back")
    }

    /// What a button saves: the file's name and its text.
    pub(crate) async fn taken_away(&self, button: &str) -> (String, String) {
        self.ask(&format!(
            "new Promise((done) => {{
                const {{ createObjectURL }} = URL;
                const {{ click }} = HTMLAnchorElement.prototype;
                let text;
                URL.createObjectURL = (blob) => {{
                    URL.createObjectURL = createObjectURL;
                    text = blob.text();
                    return createObjectURL.call(URL, blob);
                }};
                HTMLAnchorElement.prototype.click = function () {{
                    HTMLAnchorElement.prototype.click = click;
                    text.then((text) => done([this.download, text]));
                    click.call(this);
                }};
                document.querySelector({button:?}).click();
            }})"
        ))
        .await
    }
}
