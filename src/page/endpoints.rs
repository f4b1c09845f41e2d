//! Whom to talk to: the page's own server, one on this machine, or what the visitor types.

use super::state::LabState;
use crate::browser::{discovery, surroundings};
use crate::lab::link::Link;
use crate::trace::{Endpoint, Speaks};
use crate::wire::{DEFAULT_ADDRESS, Discovery};
use leptos::prelude::*;

/// What came of looking for an echo server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Not known yet.
    Looking,
    /// There is one.
    Server {
        /// Where requests go.
        http: String,
        /// Where the WebSocket goes.
        ws: String,
        /// The id that it took at its start.
        instance: String,
    },
    /// There is none.
    Nothing,
}

/// Looks for an echo server: where the page came from, then, for a page from this machine, at the
/// usual place. A page from elsewhere never probes a visitor's own machine.
pub(super) async fn look() -> Found {
    let usual = surroundings::on_loopback().then(|| format!("http://{DEFAULT_ADDRESS}"));
    for origin in surroundings::own_origin().into_iter().chain(usual) {
        if let Some(discovery) = discovery::discover(&origin).await {
            let Discovery { endpoints, instance, .. } = discovery;
            let ws = format!("{}{}", origin.replacen("http", "ws", 1), endpoints.ws);
            return Found::Server { http: format!("{origin}{}", endpoints.echo), ws, instance };
        }
    }
    Found::Nothing
}

/// The endpoints of a run.
///
/// # Errors
/// When one is missing or no address; the error is a sentence.
pub(super) async fn resolve(state: LabState) -> Result<(Endpoint, Endpoint), String> {
    let Link { http: typed_http, ws: typed_ws, .. } = state.link.get_untracked();
    if let Some(url) = &typed_http {
        surroundings::check_url(url, ["http", "https"])
            .map_err(|why| format!("The HTTP endpoint cannot be used: {why}"))?;
    }
    if let Some(url) = &typed_ws {
        surroundings::check_url(url, ["ws", "wss"])
            .map_err(|why| format!("The WebSocket endpoint cannot be used: {why}"))?;
    }
    if typed_http.is_none() || typed_ws.is_none() {
        // It may have been started, or started anew, meanwhile.
        state.found.set(look().await);
    }
    let found = state.found.get_untracked();
    let http = match (typed_http, &found) {
        (Some(url), _) => typed(url).await,
        (None, Found::Server { http, instance, .. }) => own(http, instance),
        (None, _) => return Err(NOTHING_FOUND.to_owned()),
    };
    let ws = match (typed_ws, &found) {
        (Some(url), _) => typed(url).await,
        (None, Found::Server { ws, instance, .. }) => own(ws, instance),
        (None, _) => return Err(NOTHING_FOUND.to_owned()),
    };
    Ok((http, ws))
}

/// What to do where no echo server is.
pub(super) const NOTHING_FOUND: &str = "No echo server was found. Start one with “cargo xtask serve”, or type the addresses of an HTTP echo and a WebSocket echo under “Endpoints and time limits”.";

fn own(url: &str, instance: &str) -> Endpoint {
    Endpoint { url: url.to_owned(), speaks: Speaks::Duplex, instance: Some(instance.to_owned()) }
}

/// Asks a typed endpoint's origin whether it is a Duplex server that has this very endpoint.
async fn typed(url: String) -> Endpoint {
    let discovery = match surroundings::http_origin(&url).filter(|_| !surroundings::mixed_content(&url)) {
        Some(origin) => discovery::discover(&origin).await,
        None => None,
    };
    let path = surroundings::path(&url);
    match discovery.filter(|found| path == found.endpoints.echo || path == found.endpoints.ws) {
        Some(Discovery { instance, .. }) => own(&url, &instance),
        None => Endpoint { url, speaks: Speaks::Plain, instance: None },
    }
}

/// Both endpoints are such that a link may start a run by itself: found ones, or the page's own.
pub(super) fn may_start_unasked(link: &Link) -> bool {
    [&link.http, &link.ws].into_iter().flatten().all(|url| surroundings::same_origin(url))
}
