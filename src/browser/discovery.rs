//! What is to be known before a run: what the page's host has beside the page, and whether a Duplex server is there.

use gloo_net::http::{Method, Request};
use web_sys::RequestMode;

use super::fetch::{Body, Fetch, Progress};
use super::{page_address, timer};
use crate::trace::Span;
use crate::wire::{DISCOVERY_PATH, Discovery, HOSTING_FILE, Hosting, Transcript};

/// How long an origin may take to describe itself.
const PATIENCE: Span = Span::from_millis(2_500);
/// How long a file beside the page may take.
const FILE_PATIENCE: Span = Span::from_millis(30_000);
/// How long a server may take to tell a run's ledger.
const LEDGER_PATIENCE: Span = Span::from_millis(5_000);

/// What the server at an origin (`scheme://host:port`) says of itself; `None` when it is no Duplex
/// server, or does not answer.
pub async fn discover(origin: &str) -> Option<Discovery> {
    let discovery: Discovery = json(&format!("{origin}{DISCOVERY_PATH}"), PATIENCE).await?;
    (discovery.software == Discovery::SOFTWARE).then_some(discovery)
}

/// What the page's host says of the echo servers that there are; `None` when it does not say.
pub async fn hosting() -> Option<Hosting> {
    serde_json::from_str(&beside(HOSTING_FILE).await?).ok()
}

/// The text of a file beside the page; `None` when there is none, or it does not come. It may come from the browser's
/// cache: nothing of it is measured.
pub async fn beside(name: &str) -> Option<String> {
    let file = async {
        let response = Request::get(&page_address::beside(name)?).send().await.ok()?;
        if response.ok() { response.text().await.ok() } else { None }
    };
    timer::within(FILE_PATIENCE, file).await?
}

/// A run's ledger.
pub(super) async fn transcript(url: &str) -> Option<Transcript> {
    json(url, LEDGER_PATIENCE).await
}

async fn json<T: serde::de::DeserializeOwned>(url: &str, patience: Span) -> Option<T> {
    let fetch = Fetch::new(url, &[], Method::GET, RequestMode::Cors, None, None).ok()?;
    let (_, response) = fetch.call(Body::Whole, &Progress::default());
    let read = timer::within(patience, response).await?.ok()?;
    if read.begun.status != 200 {
        return None;
    }
    serde_json::from_slice(&read.body).ok()
}
