//! Under which circumstances a run is made: against whom, where, with what, and on which clocks.

use serde::{Deserialize, Serialize};

use super::message::is_false;
use super::{Span, Time};
use crate::wire::RunId;

/// How much an endpoint tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speaks {
    /// It is a Duplex server: evidence and a transcript can be had.
    Duplex,
    /// It is some other echo: only what a page alone can see is known.
    Plain,
}

/// One of the two endpoints of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its URL, without the query that the instrument adds.
    pub url: String,
    /// How much it tells.
    pub speaks: Speaks,
    /// The id that a Duplex server took at its start: tells whose clock its times are of.
    pub instance: Option<String>,
    /// Connections and bytes are a proxy's, so the server tells none.
    #[serde(default, skip_serializing_if = "is_false")]
    pub behind_proxy: bool,
}

/// Under which circumstances a run was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The run's id.
    pub run: RunId,
    /// The lab's slug.
    pub lab: String,
    /// The lab's parameters, by name.
    pub parameters: Vec<(String, String)>,
    /// The HTTP endpoint.
    pub http: Endpoint,
    /// The WebSocket endpoint.
    pub ws: Endpoint,
    /// The version of Duplex that made the run.
    pub version: String,
    /// What the browser calls itself (`navigator.userAgent`).
    pub browser: String,
    /// When the run began, in ms since 1970-01-01 UTC, by the machine's own clock.
    pub started: f64,
    /// When the run began, on the page's clock.
    pub origin: Time,
    /// The resolution of the page's clock, as probed.
    pub resolution: Span,
    /// The page was cross-origin isolated.
    pub isolated: bool,
    /// The page was a secure context.
    pub secure: bool,
}

impl Circumstances {
    /// What stands in the place of a lab's slug where the record was made from a HAR file. No lab has this name.
    pub const IMPORTED: &str = "har";

    /// No lab of ours made the record: it was made from another tool's file.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.lab == Self::IMPORTED
    }

    /// The browser's name and version, from what it calls itself. One that is not known by it is given as it calls
    /// itself, without a version.
    #[must_use]
    pub fn browser_known_as(&self) -> (&str, &str) {
        // The order matters: most of them also claim to be those behind them.
        const KNOWN: [(&str, &str); 6] = [
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("HeadlessChrome/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Version/", "Safari"),
        ];
        let known = KNOWN.into_iter().find_map(|(token, name)| {
            let (_, behind) = self.browser.split_once(token)?;
            Some((name, behind.split([' ', ';', ')']).next().unwrap_or_default()))
        });
        known.unwrap_or((&self.browser, ""))
    }

    /// Who wrote the file that the record was made from, where no lab of ours made it.
    #[must_use]
    pub fn imported_from(&self) -> Option<&str> {
        self.is_imported().then(|| self.parameter("written-by").unwrap_or("a tool without a name"))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How the server's clock lies to the page's clock: page = server + offset + drift × server.
/// *Derived* from causality (see `analysis::clock`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockFit {
    /// What is added to a server time to get a page time.
    pub offset: Span,
    /// The true offset lies within this much of `offset`, either way.
    pub uncertainty: Span,
    /// How much faster the page's clock runs, in parts per million; 0 unless causality asked for it.
    pub drift_ppm: f64,
}

#[cfg(test)]
mod tests {
    use super::Speaks;
    use crate::trace::testing::circumstances;

    #[test]
    fn browsers_are_known_by_what_they_alone_say() {
        let chromium =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let mut known = circumstances("exchange", Speaks::Duplex);
        for (user_agent, name, version) in [
            (chromium, "Chrome", "156.0.0.0"),
            (&format!("{chromium} Edg/156.0.1.2"), "Edge", "156.0.1.2"),
            ("nothing known", "nothing known", ""),
        ] {
            known.browser = user_agent.to_owned();
            assert_eq!(known.browser_known_as(), (name, version));
        }
    }
}
