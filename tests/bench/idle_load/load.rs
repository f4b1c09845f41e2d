//! A closed loop: each connection sends a message, waits for its echo, compares it, and sends the next.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::client::{BINARY, Client};

/// What one protocol's connections did.
pub(crate) struct Figures {
    pub(crate) protocol: &'static str,
    time: Duration,
    /// Round trips in µs, sorted.
    round_trips: Vec<u32>,
}

impl Figures {
    /// How many messages came back.
    pub(crate) fn count(&self) -> usize {
        self.round_trips.len()
    }

    /// How many a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() as f64 / self.time.as_secs_f64()
    }

    /// The round trip that this share of all did not exceed, in µs.
    pub(crate) fn quantile(&self, share: f64) -> u32 {
        let last = self.round_trips.len().saturating_sub(1);
        self.round_trips.get((last as f64 * share).round() as usize).copied().unwrap_or(0)
    }
}

const HTTP: &str = "HTTP keep-alive";
const WEBSOCKET: &str = "WebSocket";

/// Runs `connections` of each protocol for `time`.
///
/// # Errors
/// When a message is lost or comes back changed, or a connection ends.
pub(crate) async fn run(address: SocketAddr, connections: u32, time: Duration) -> Result<[Figures; 2]> {
    let mut running = JoinSet::new();
    let until = Instant::now() + time;
    for number in 0..connections {
        for protocol in [HTTP, WEBSOCKET] {
            running.spawn(async move {
                let done = one(address, protocol, number, until).await;
                done.map(|round_trips| (protocol, round_trips)).with_context(|| format!("{protocol} {number}"))
            });
        }
    }
    let mut figures = [HTTP, WEBSOCKET].map(|protocol| Figures { protocol, time, round_trips: Vec::new() });
    while let Some(done) = running.join_next().await {
        let (protocol, round_trips) = done??;
        figures[usize::from(protocol == WEBSOCKET)].round_trips.extend(round_trips);
    }
    figures.iter_mut().for_each(|figures| figures.round_trips.sort_unstable());
    Ok(figures)
}

async fn one(address: SocketAddr, protocol: &str, number: u32, until: Instant) -> Result<Vec<u32>> {
    let is_http = protocol == HTTP;
    let mut client = if is_http { Client::connect(address).await? } else { Client::websocket(address, "").await? };
    let mut round_trips = Vec::new();
    for turn in 0_usize.. {
        let sent = Instant::now();
        if sent >= until {
            break;
        }
        // Of another length and content each time, so that an answer to another message is noticed.
        let payload = format!("{protocol} {number} {turn} ").repeat(1 + turn % 20);
        if is_http {
            client.echo_over_http(payload.as_bytes()).await?;
        } else {
            client.exchange(BINARY, BINARY, payload.as_bytes()).await?;
        }
        round_trips.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(round_trips)
}
