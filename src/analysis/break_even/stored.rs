//! The costs of a run with when, where and how it was made, to be kept while the page is away: so that what is advised
//! later says what it rests on.

use serde::{Deserialize, Serialize};

use super::Costs;
use crate::analysis::Timeline;
use crate::trace::Trace;

/// The costs that a run told, and which run that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredCosts {
    /// What each thing cost.
    pub costs: Costs,
    /// When the run began, in ms since 1970-01-01 UTC, by the machine's own clock.
    pub started: f64,
    /// What the browser called itself.
    pub browser: String,
    /// The HTTP endpoint.
    pub http: String,
    /// The WebSocket endpoint.
    pub ws: String,
    /// The lab's parameters, by name.
    pub parameters: Vec<(String, String)>,
    /// The names of the emulated links that carried it; empty for none.
    pub links: Vec<String>,
}

impl StoredCosts {
    /// The costs that a run of the lab `exchange` tells; `None` for one of another lab.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline) -> Option<Self> {
        let known = &trace.circumstances;
        if known.lab != "exchange" {
            return None;
        }
        let mut links: Vec<String> =
            trace.connections.iter().filter_map(|connection| Some(connection.link.as_deref()?.name.clone())).collect();
        links.sort_unstable();
        links.dedup();
        Some(Self {
            costs: Costs::of(trace, timeline),
            started: known.started,
            browser: known.browser.clone(),
            http: known.http.url.clone(),
            ws: known.ws.url.clone(),
            parameters: known.parameters.clone(),
            links,
        })
    }
}
