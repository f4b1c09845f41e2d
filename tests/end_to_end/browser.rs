//! A headless Chromium of its own for each test, with a fresh profile.

use std::env;
use std::path::PathBuf;

use chromiumoxide::cdp::browser_protocol::network::EnableParams;
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A browser; closed when dropped.
pub(crate) struct Chromium {
    browser: Browser,
    handler: JoinHandle<()>,
    _profile: TempDir,
}

impl Chromium {
    /// One with more command line switches (without their hyphens).
    pub(crate) async fn start_with(switches: &[&str]) -> Self {
        let profile = TempDir::new().expect("a folder for the profile");
        // Where no browser is named, the usual places are searched.
        let mut config = BrowserConfig::builder();
        if let Some(chrome) = env::var_os("CHROME") {
            config = config.chrome_executable(PathBuf::from(chrome));
        }
        let config = config
            .user_data_dir(profile.path())
            .new_headless_mode()
            .no_sandbox()
            .window_size(1440, 1000)
            .args(["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"])
            .args(["disable-component-update", "disable-sync"])
            .args(switches.to_vec())
            .build()
            .expect("a configuration");
        let (browser, mut events) = Browser::launch(config).await.expect("Chromium starts");
        let handler = tokio::spawn(async move { while events.next().await.is_some() {} });
        Self { browser, handler, _profile: profile }
    }

    /// Where a tab's DevTools protocol is spoken, as a WebSocket's address.
    pub(crate) fn devtools(&self, tab: &Page) -> String {
        let (origin, _) = self.browser.websocket_address().split_once("/devtools/").expect("an address of DevTools");
        format!("{origin}/devtools/page/{}", tab.target_id().inner())
    }

    /// A blank tab whose network events are on.
    pub(crate) async fn tab(&self) -> Page {
        self.open(CreateTargetParams::new("about:blank")).await
    }

    /// One in a window and a profile of its own, so that what goes on in others is neither shared nor waited for. A window
    /// takes the browser longer than a tab.
    pub(crate) async fn tab_apart(&self) -> Page {
        let profile = self.browser.create_browser_context(CreateBrowserContextParams::default()).await;
        let profile = profile.expect("a profile");
        let blank = CreateTargetParams::builder().url("about:blank").browser_context_id(profile).new_window(true);
        self.open(blank.build().expect("a blank tab")).await
    }

    async fn open(&self, blank: CreateTargetParams) -> Page {
        let page = self.browser.new_page(blank).await.expect("a tab");
        page.execute(EnableParams::default()).await.expect("network events");
        page
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.handler.abort();
    }
}
