//! Whom to talk to: the page's own server, one on this machine, or what the visitor types.

use super::state::LabState;
use crate::browser::{discovery, page_address, url};
use crate::lab::Lab;
use crate::lab::link::Link;
use crate::trace::{Endpoint, Speaks};
use crate::wire::{DEFAULT_ADDRESS, Discovery, Endpoints as Services};
use leptos::prelude::*;

/// What came of looking for an echo server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Not known yet.
    Looking,
    /// There is one.
    Server(Server),
    /// There is none.
    Nothing,
}

/// A Duplex server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// Where it is: `scheme://host:port`.
    origin: String,
    /// What it says of itself.
    pub(super) discovery: Discovery,
}

impl Server {
    /// Where requests and where the WebSocket go, over an emulated link if one is named.
    ///
    /// # Errors
    /// When there is no such link; the error is a sentence.
    pub(super) fn addresses(&self, link: Option<&str>) -> Result<(String, String), String> {
        let origin = match link {
            None => self.origin.clone(),
            Some(name) => self.over(name).ok_or_else(|| self.no_link(name))?,
        };
        let Services { echo, ws, .. } = &self.discovery.endpoints;
        Ok((format!("{origin}{echo}"), format!("{}{ws}", origin.replacen("http", "ws", 1))))
    }

    /// The same for a lab, whose own link is left out where it is not offered.
    pub(super) fn addresses_for(&self, lab: Lab, link: Option<&str>) -> Result<(String, String), String> {
        let offered = link.filter(|name| self.over(name).is_some() || Some(*name) != lab.default_link());
        self.addresses(offered)
    }

    /// The origin behind an emulated link.
    fn over(&self, name: &str) -> Option<String> {
        let offer = self.discovery.links.iter().find(|offer| offer.link.name == name)?;
        let port = if self.origin.starts_with("https:") { offer.tls_port? } else { offer.port };
        url::at_port(&self.origin, port)
    }

    fn no_link(&self, name: &str) -> String {
        let names: Vec<_> = self.discovery.links.iter().map(|offer| offer.link.name.as_str()).collect();
        let offered = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        format!("The echo server has no emulated link “{name}”. It offers: {offered}.")
    }
}

/// Looks for an echo server: those that the page's host names, be they none. Where it says nothing: where the page came
/// from, then, for a page from this machine, at the usual place. A page from elsewhere probes a visitor's own machine
/// only when it is told to.
pub(super) async fn look(on_this_machine: bool) -> Found {
    let usual = || format!("http://{DEFAULT_ADDRESS}");
    let mut origins: Vec<String> = match discovery::hosting().await {
        Some(hosting) => {
            let urls = hosting.servers.iter().filter_map(|url| page_address::resolved(url));
            urls.filter_map(|url| url::http_origin(&url)).collect()
        }
        None => page_address::own_origin().into_iter().chain(page_address::on_loopback().then(usual)).collect(),
    };
    if on_this_machine && !origins.contains(&usual()) {
        origins.push(usual());
    }
    for origin in origins {
        if let Some(discovery) = discovery::discover(&origin).await {
            return Found::Server(Server { origin, discovery });
        }
    }
    Found::Nothing
}

/// The emulated link that a run is to go over.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) name: String,
    /// Nobody asked for it: the lab takes it where it is offered.
    pub(super) by_default: bool,
}

/// Where a run goes.
pub(super) struct Endpoints {
    /// The emulated link that the found server's addresses lead over.
    pub(super) over: Option<String>,
    pub(super) http: Endpoint,
    /// What else the HTTP endpoint's server has.
    pub(super) http_services: Option<Services>,
    pub(super) ws: Endpoint,
    /// What else the WebSocket endpoint's server has.
    pub(super) ws_services: Option<Services>,
}

/// The endpoints of a run, over an emulated link if one is named. One that a lab has merely as its default is left out
/// where the server does not offer it, and typed addresses are what they are.
///
/// # Errors
/// When one is missing or no address; the error is a sentence.
pub(super) async fn resolve(state: LabState, over: Option<Over>) -> Result<Endpoints, String> {
    let Link { http: typed_http, ws: typed_ws, .. } = state.link.get_untracked();
    if let Some(url) = &typed_http {
        url::check_url(url, ["http", "https"]).map_err(|why| format!("The HTTP endpoint cannot be used: {why}"))?;
    }
    if let Some(url) = &typed_ws {
        url::check_url(url, ["ws", "wss"]).map_err(|why| format!("The WebSocket endpoint cannot be used: {why}"))?;
    }
    if typed_http.is_none() || typed_ws.is_none() {
        // It may have been started, or started anew, meanwhile.
        state.found.set(look(state.on_this_machine.get_untracked()).await);
    }
    let mut over_name = None;
    let own = match (state.found.get_untracked(), &typed_http, &typed_ws) {
        (_, Some(_), Some(_)) => None,
        (Found::Server(server), ..) => {
            over_name = over.and_then(|over| {
                if over.by_default && server.over(&over.name).is_none() {
                    state.notice(format!("{} The run goes without it.", server.no_link(&over.name)));
                    return None;
                }
                Some(over.name)
            });
            Some((server.addresses(over_name.as_deref())?, server.discovery))
        }
        _ => return Err(NOTHING_FOUND.to_owned()),
    };
    let found = |url: &str, known: &Discovery| (self::own(url, known), Some(known.endpoints.clone()));
    let (own_http, own_ws) = match own {
        Some(((http, ws), known)) => (Some(found(&http, &known)), Some(found(&ws, &known))),
        None => (None, None),
    };
    let (http, http_services) = match typed_http {
        Some(url) => typed(url).await,
        None => own_http.ok_or_else(|| NOTHING_FOUND.to_owned())?,
    };
    let (ws, ws_services) = match typed_ws {
        Some(url) => typed(url).await,
        None => own_ws.ok_or_else(|| NOTHING_FOUND.to_owned())?,
    };
    Ok(Endpoints { http, http_services, ws, ws_services, over: over_name })
}

/// What to do where no echo server is.
pub(super) const NOTHING_FOUND: &str = "No echo server was found, so nothing can be run from here as it is. Start one with “cargo xtask serve” on your own machine, or type the addresses of an HTTP echo and a WebSocket echo under “Endpoints and time limits”.";

fn own(url: &str, known: &Discovery) -> Endpoint {
    let Discovery { instance, behind_proxy, .. } = known;
    Endpoint {
        url: url.to_owned(),
        speaks: Speaks::Duplex,
        instance: Some(instance.clone()),
        behind_proxy: *behind_proxy,
    }
}

/// Asks a typed endpoint's origin whether it is a Duplex server that has this very endpoint.
async fn typed(url: String) -> (Endpoint, Option<Services>) {
    let discovery = match url::http_origin(&url).filter(|_| !page_address::mixed_content(&url)) {
        Some(origin) => discovery::discover(&origin).await,
        None => None,
    };
    let path = url::path(&url);
    match discovery.filter(|found| path == found.endpoints.echo || path == found.endpoints.ws) {
        Some(known) => (own(&url, &known), Some(known.endpoints)),
        None => (Endpoint { url, speaks: Speaks::Plain, instance: None, behind_proxy: false }, None),
    }
}

/// Both endpoints are such that a link may start a run by itself: those of the found server. The page's own origin is not
/// enough, since there may be more than an echo on it.
pub(super) fn may_start_unasked(link: &Link, found: &Found) -> bool {
    let is_found = |url: &str| match found {
        Found::Server(server) => url::http_origin(url).as_ref() == Some(&server.origin),
        Found::Looking | Found::Nothing => false,
    };
    [&link.http, &link.ws].into_iter().flatten().all(|url| is_found(url))
}
