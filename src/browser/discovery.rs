//! Asks an origin whether a Duplex server is there.

use gloo_net::http::Method;
use web_sys::RequestMode;

use super::fetch::{Body, Fetch, Progress};
use super::timer;
use crate::trace::Span;
use crate::wire::{DISCOVERY_PATH, Discovery, Transcript};

/// How long an origin may take to describe itself.
const PATIENCE: Span = Span::from_millis(2_500);
/// How long a server may take to tell a run's ledger.
const LEDGER_PATIENCE: Span = Span::from_millis(5_000);

/// What the server at an origin (`scheme://host:port`) says of itself; `None` when it is no Duplex
/// server, or does not answer.
pub async fn discover(origin: &str) -> Option<Discovery> {
    let discovery: Discovery = json(&format!("{origin}{DISCOVERY_PATH}"), PATIENCE).await?;
    (discovery.software == Discovery::SOFTWARE).then_some(discovery)
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
