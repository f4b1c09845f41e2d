//! Where a service is, and what stands in its URL: run id and number are the instrument's, and so is what an
//! echo is asked for the experiment's sake.

use super::Plan;
use crate::browser::url;
use crate::network::Service;
use crate::trace::{Endpoint, Protocol};
use crate::wire::{Endpoints, RunId, query};

impl Plan {
    /// The URL of a service, without what the network adds; `None` where it is not offered.
    pub(super) fn address(&self, service: Service, over: Protocol) -> Option<String> {
        let (endpoint, services) = match over {
            Protocol::Http => (&self.http, &self.http_services),
            Protocol::WebSocket => (&self.ws, &self.ws_services),
        };
        if service == Service::Echo {
            return Some(without_fragment(&endpoint.url).to_owned());
        }
        let path = path(services.as_ref()?, service, over, self.run)?;
        Some(format!("{}{path}", origin(endpoint, over)?))
    }
}

/// `scheme://host:port` of an endpoint, in the scheme of the protocol.
fn origin(endpoint: &Endpoint, over: Protocol) -> Option<String> {
    let origin = url::http_origin(&endpoint.url)?;
    Some(match over {
        Protocol::Http => origin,
        Protocol::WebSocket => origin.replacen("http", "ws", 1),
    })
}

fn path(services: &Endpoints, service: Service, over: Protocol, run: RunId) -> Option<String> {
    let Endpoints { news, memory, room, .. } = services;
    let room = || Some(format!("{}/{run}", room.as_ref()?));
    let below = |path: String, rest: &str| Some(format!("{path}/{rest}"));
    match (service, over) {
        (Service::Echo, _) => None,
        (Service::News, Protocol::Http) => news.clone(),
        (Service::News, Protocol::WebSocket) => below(news.clone()?, "ws"),
        (Service::NewsEvents, Protocol::Http) => below(news.clone()?, "events"),
        (Service::Memory, Protocol::Http) => memory.clone(),
        (Service::Memory, Protocol::WebSocket) => below(memory.clone()?, "ws"),
        (Service::Room, Protocol::Http) => room(),
        (Service::Room, Protocol::WebSocket) => below(room()?, "ws"),
        (Service::RoomEvents, Protocol::Http) => below(room()?, "events"),
        (Service::NewsEvents | Service::RoomEvents, Protocol::WebSocket) => None,
    }
}

/// The parameters of an exchange's URL, taken apart: what the application asks, and what the instrument
/// adds.
pub(super) struct Query {
    application: Vec<(String, String)>,
    instrument: Vec<(String, String)>,
}

impl Query {
    /// The script's parameters, and those by which the run's exchanges are known.
    pub(super) fn new(service: Service, asked: &[(&str, &str)], run: RunId, number: u32) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        // What an echo is asked is there for the experiment: another echo would not be asked it.
        let is_experiment = |name: &str| service == Service::Echo || name == query::CONNECTION;
        let (instrument, application): (Vec<_>, Vec<_>) =
            asked.iter().map(owned).partition(|(name, _)| is_experiment(name));
        let mut query = Self { application, instrument };
        query.instrument.push((query::RUN.to_owned(), run.to_string()));
        // Last, so that it is easily found in a timing entry's name.
        query.instrument.push((query::NUMBER.to_owned(), number.to_string()));
        query
    }

    /// The address as the application would ask for it, and as it is asked for.
    pub(super) fn urls(&self, address: &str) -> (String, String) {
        let plain = url::with_query(address, &self.application);
        let whole = url::with_query(&plain, &self.instrument);
        (plain, whole)
    }

    /// All parameters, in the order in which they are asked for.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        let all = self.application.iter().chain(&self.instrument);
        all.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}
