//! What a run comes to, as plain JSON for a host page: how it ended, the verdicts, and the main figures of each
//! protocol. What is not known is `null`.

use serde::Serialize;

use crate::analysis::judgement::{self, Fact, Outcome as Ruling};
use crate::analysis::{Claim, OneWay, Summary, Timeline};
use crate::lab::Lab;
use crate::trace::{Outcome, Protocol, Span, Trace};

/// What a run comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    /// The lab, by its name in links.
    lab: String,
    /// `finished`, `stopped` or `failed`.
    outcome: &'static str,
    /// The run's own id, which is in its URLs.
    run: String,
    /// When it began, in ms since 1970-01-01 UTC.
    started: f64,
    /// The settings that it was made with, by their names in links.
    settings: serde_json::Map<String, serde_json::Value>,
    /// The page's clock steps by this much; what is shorter than that is not told apart.
    resolution_ms: f64,
    /// What happened, in sentences.
    happened: Vec<String>,
    /// What it says of the lab's claims.
    verdicts: Vec<VerdictTold>,
    /// The figures of HTTP.
    http: Figures,
    /// The figures of the WebSocket.
    ws: Figures,
}

/// A verdict on a claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct VerdictTold {
    /// `C1` to `C16`.
    claim: String,
    /// `supported`, `depends`, `refuted` or `not-measured`.
    outcome: Ruling,
    /// Why, in sentences, the most telling first.
    reasons: Vec<String>,
}

/// A protocol's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    /// Messages in the record, of both ways, the warm-up and the opening of WebSockets included.
    messages: usize,
    /// Connections that carried them; `null` where the server does not tell.
    connections: Option<usize>,
    /// Round trips, where the lab compares them.
    round_trips: Option<RoundTrips>,
    /// Bytes that the application sent and received, without the warm-up.
    payload_bytes: u64,
    /// Bytes that the protocol added to them; `null` unless that is known of all.
    overhead_bytes: Option<u64>,
}

/// What round trips come to: the warm-up and those of a hidden tab do not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoundTrips {
    counted: usize,
    median_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    spread_ms: f64,
    jitter_ms: Option<f64>,
    total_ms: Option<f64>,
}

impl Results {
    /// Of a run that has ended; `None` while it goes on. `say` puts a fact into words.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline, say: impl Fn(&Fact) -> String) -> Option<Self> {
        let known = &trace.circumstances;
        let lab = Lab::named(&known.lab)?;
        let outcome = match trace.outcome.as_ref()? {
            Outcome::Finished => "finished",
            Outcome::Stopped => "stopped",
            Outcome::Failed(_) => "failed",
        };
        let verdict = |claim: &Claim| {
            let verdict = judgement::judge(*claim, trace, timeline);
            VerdictTold {
                claim: format!("C{}", claim.number()),
                outcome: verdict.outcome,
                reasons: verdict.reasons.iter().map(|finding| say(&finding.fact)).collect(),
            }
        };
        let setting = |(name, value): &(String, String)| (name.clone(), value.clone().into());
        Some(Self {
            lab: lab.slug().to_owned(),
            outcome,
            run: known.run.to_string(),
            started: known.started,
            settings: known.parameters.iter().map(setting).collect(),
            resolution_ms: known.resolution.as_millis(),
            happened: judgement::what_happened(trace, timeline).iter().map(|finding| say(&finding.fact)).collect(),
            verdicts: lab.claims().iter().map(verdict).collect(),
            http: Figures::of(trace, timeline, lab, Protocol::Http),
            ws: Figures::of(trace, timeline, lab, Protocol::WebSocket),
        })
    }
}

impl Figures {
    fn of(trace: &Trace, timeline: &Timeline, lab: Lab, protocol: Protocol) -> Self {
        let summary = Summary::of(trace, timeline, protocol);
        let ways = [summary.bytes.to_server, summary.bytes.to_page];
        let overhead = |way: &OneWay| (way.unknown == 0).then_some(way.overhead);
        // Elsewhere the two protocols do different things, and their times do not compare.
        let compared = summary.round_trips.as_ref().filter(|_| lab == Lab::Exchange);
        Self {
            messages: trace.of(protocol).count(),
            connections: summary.connections,
            round_trips: compared.map(|figures| RoundTrips {
                counted: figures.n,
                median_ms: figures.median.as_millis(),
                p95_ms: figures.p95.as_millis(),
                p99_ms: figures.p99.as_millis(),
                spread_ms: figures.spread.as_millis(),
                jitter_ms: figures.jitter.map(Span::as_millis),
                total_ms: summary.total.map(Span::as_millis),
            }),
            payload_bytes: ways.iter().map(|way| way.payload).sum(),
            overhead_bytes: ways.iter().map(overhead).sum(),
        }
    }
}
