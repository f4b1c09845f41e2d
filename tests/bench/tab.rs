//! A tab in which the page and the bare script take turns.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::browser::GetVersionParams;
use chromiumoxide::cdp::browser_protocol::network::DisableParams;
use chromiumoxide::cdp::browser_protocol::page::{
    AddScriptToEvaluateOnNewDocumentParams, RemoveScriptToEvaluateOnNewDocumentParams, ScriptIdentifier,
};
use chromiumoxide::cdp::js_protocol::heap_profiler::CollectGarbageParams;
use chromiumoxide::cdp::js_protocol::runtime::{EvaluateParams, GetHeapUsageParams};
use duplex::format;
use duplex::trace::Trace;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::browser::Chromium;

const BARE: &str = include_str!("bare.js");
const WATCH: &str = include_str!("watch.js");

/// A tab of the browser; the only one in front, so that it is never hidden.
pub(crate) struct Tab {
    pub(crate) page: Page,
    origin: String,
    /// A document of the server without scripts, isolated like the page.
    plain: String,
}

/// What [`WATCH`] wrote down; times in ms since the navigation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    pub(crate) phases: Phases,
    pub(crate) first_arrow: Option<f64>,
    /// When each began and how long it was.
    pub(crate) long_tasks: Vec<(f64, f64)>,
    /// The longest time between two frames while it ran; 0 where frames were not counted.
    pub(crate) longest_frame: f64,
}

/// When `data-run` first had each value.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Phases {
    pub(crate) running: f64,
    pub(crate) finished: f64,
}

impl Seen {
    /// How long the long tasks were that began in that stretch.
    pub(crate) fn long_tasks_within(&self, from: f64, until: f64) -> Vec<f64> {
        let within = self.long_tasks.iter().filter(|(began, _)| (from..until).contains(began));
        within.map(|(_, took)| *took).collect()
    }
}

/// What the bare script measured: round trips in ms.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Bare {
    pub(crate) http: Vec<f64>,
    pub(crate) ws: Vec<f64>,
}

/// A tab's memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Used by JavaScript's objects, after a garbage collection.
    pub(crate) script: f64,
    /// The page's WebAssembly memory, which never shrinks.
    pub(crate) wasm: f64,
}

impl Tab {
    pub(crate) async fn open(browser: &Chromium, origin: &str) -> Result<Self> {
        let page = browser.tab().await;
        // Telling us of each frame and request would be measured as well.
        page.execute(DisableParams::default()).await?;
        let mut tab = Self { page, origin: origin.to_owned(), plain: String::new() };
        tab.page.goto(format!("{origin}/")).await?;
        tab.plain = tab.ask("document.querySelector('link[rel=stylesheet]').href", Duration::from_secs(10)).await?;
        Ok(tab)
    }

    /// Opens another document of the server.
    pub(crate) async fn go(&self, path: &str) -> Result<()> {
        self.page.goto(format!("{}{path}", self.origin)).await?;
        Ok(())
    }

    /// What the browser calls itself.
    pub(crate) async fn browser(&self) -> Result<String> {
        Ok(self.page.execute(GetVersionParams::default()).await?.result.product.clone())
    }

    /// What an expression comes to, promises included.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, expression: &str, patience: Duration) -> Result<T> {
        let ask = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true);
        let ask = ask.build().map_err(anyhow::Error::msg)?;
        let beginning = || expression.chars().take(60).collect::<String>();
        let answer = tokio::time::timeout(patience, self.page.evaluate(ask)).await;
        let answer = answer.with_context(|| format!("no answer within {patience:?} to {}", beginning()))?;
        Ok(answer.with_context(beginning)?.into_value()?)
    }

    /// Loads the page with a run of that many messages, and waits until it has finished.
    pub(crate) async fn run_in_page(&self, messages: u32, count_frames: bool, patience: Duration) -> Result<Seen> {
        let watch = self.put_in_front(&format!("({WATCH})({count_frames})")).await?;
        let url = format!("{}/?lab=exchange&messages={messages}&run=1", self.origin);
        self.page.goto(url).await?;
        let phase = self.ended(patience).await.context("the run in the page does not end")?;
        ensure!(phase == "finished", "the run in the page {phase}, after {messages} messages were asked for");
        let seen = self.seen().await?;
        self.page.execute(RemoveScriptToEvaluateOnNewDocumentParams::new(watch)).await?;
        Ok(seen)
    }

    /// Waits until the run that the page makes has ended, and says how.
    pub(crate) async fn ended(&self, patience: Duration) -> Result<String> {
        let ended = "new Promise((done) => {
            const check = () => {
                const phase = document.documentElement.dataset.run;
                if (['finished', 'failed', 'stopped'].includes(phase)) { ends.disconnect(); done(phase); }
            };
            const ends = new MutationObserver(check);
            ends.observe(document.documentElement, { attributes: true });
            check();
        })";
        self.ask(ended, patience).await
    }

    /// What was written down about the run that the page shows, until now.
    pub(crate) async fn seen(&self) -> Result<Seen> {
        // Entries of tasks are told in tasks of their own; a frame and a while later all are there.
        let seen = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.benchmark), 100)))";
        self.ask(seen, Duration::from_secs(30)).await
    }

    async fn put_in_front(&self, script: &str) -> Result<ScriptIdentifier> {
        let added = self.page.execute(AddScriptToEvaluateOnNewDocumentParams::new(script)).await?;
        Ok(added.result.identifier)
    }

    /// The run that the page shows, as its button “Save as JSON” gives it; nothing is downloaded.
    pub(crate) async fn saved_run(&self) -> Result<Trace> {
        let save = "new Promise((done) => {
            const { createObjectURL } = URL;
            const { click } = HTMLAnchorElement.prototype;
            HTMLAnchorElement.prototype.click = () => {};
            URL.createObjectURL = (blob) => { blob.text().then(done); return createObjectURL.call(URL, blob); };
            document.querySelector('button.export').click();
            URL.createObjectURL = createObjectURL;
            HTMLAnchorElement.prototype.click = click;
        })";
        let text: String = self.ask(save, Duration::from_secs(60)).await?;
        Ok(format::read(&text)?)
    }

    /// Runs the bare script on a document without scripts.
    pub(crate) async fn run_bare(&self, messages: u32, size: u32, dressed: bool) -> Result<Bare> {
        self.page.goto(&self.plain).await?;
        let isolated: bool = self.ask("crossOriginIsolated", Duration::from_secs(10)).await?;
        ensure!(isolated, "the plain document is not isolated, so its clock is coarser than the page's");
        self.ask(&format!("({BARE})({messages}, {size}, {dressed})"), Duration::from_secs(120)).await
    }

    /// What the page holds now.
    pub(crate) async fn memory(&self) -> Result<Memory> {
        self.page.execute(CollectGarbageParams::default()).await?;
        let usage = self.page.execute(GetHeapUsageParams::default()).await?;
        let wasm = self.ask("window.wasmMemory.buffer.byteLength", Duration::from_secs(10)).await?;
        Ok(Memory { script: usage.result.used_size, wasm })
    }
}
