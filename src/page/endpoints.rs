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
            let Discovery { endpoints, .. } = discovery;
            let ws = format!("{}{}", origin.replacen("http", "ws", 1), endpoints.ws);
            return Found::Server { http: format!("{origin}{}", endpoints.echo), ws };
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
    if (typed_http.is_none() || typed_ws.is_none()) && !matches!(state.found.get_untracked(), Found::Server { .. }) {
        // It may have been started meanwhile.
        state.found.set(look().await);
    }
    let found = match state.found.get_untracked() {
        Found::Server { http, ws } => Some((http, ws)),
        Found::Looking | Found::Nothing => None,
    };
    let missing = || {
        "No echo server was found. Start one with “cargo xtask serve”, or type the addresses of an HTTP and a WebSocket echo."
            .to_owned()
    };
    let http = match typed_http {
        Some(url) => Endpoint { speaks: how_it_speaks(&url).await, url },
        None => Endpoint { url: found.clone().ok_or_else(missing)?.0, speaks: Speaks::Duplex },
    };
    let ws = match typed_ws {
        Some(url) => Endpoint { speaks: how_it_speaks(&url).await, url },
        None => Endpoint { url: found.ok_or_else(missing)?.1, speaks: Speaks::Duplex },
    };
    Ok((http, ws))
}

/// Asks a typed endpoint's origin whether it is a Duplex server that has this very endpoint.
async fn how_it_speaks(url: &str) -> Speaks {
    let Some(origin) = surroundings::http_origin(url) else {
        return Speaks::Plain;
    };
    if surroundings::mixed_content(url) {
        return Speaks::Plain;
    }
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match discovery::discover(&origin).await {
        Some(Discovery { endpoints, .. }) if path == endpoints.echo || path == endpoints.ws => Speaks::Duplex,
        _ => Speaks::Plain,
    }
}

/// Both endpoints are such that a link may start a run by itself: the page's own or found ones.
pub(super) fn may_start_unasked(link: &Link) -> bool {
    link.http.is_none() && link.ws.is_none()
}
