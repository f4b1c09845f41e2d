//! Whether drawing disturbs what is measured: the page's runs, and the same runs that nobody draws.

use std::time::Duration;

use anyhow::{Context as _, Result};
use duplex::analysis::{Summary, Timeline};
use duplex::format;
use duplex::trace::{Protocol, Trace};

use crate::tab::Tab;
use crate::{peers, spread, verdict};

const PATIENCE: Duration = Duration::from_secs(590);
/// The medians may move by so much.
const GOAL: f64 = 0.05;

pub(crate) async fn compare(tab: &Tab, messages: u32, rounds: u32) -> Result<()> {
    println!(
        "\nLive: {messages} messages over each protocol, drawn as they come and not drawn, medians in µs, {rounds} rounds"
    );
    println!("  {:10}{:>8}{:>10}  {:26}goal: within {:.0} %", "", "drawn", "undrawn", "drawn / undrawn", GOAL * 100.0);
    let mut all = Vec::new();
    for round in 0..rounds {
        // Who comes first changes, so that a machine that slows down or speeds up favours neither.
        let [drawn, undrawn] = if round % 2 == 0 {
            let drawn = drawn(tab, messages).await?;
            [drawn, self::undrawn(tab, messages).await?]
        } else {
            let undrawn = undrawn(tab, messages).await?;
            [self::drawn(tab, messages).await?, undrawn]
        };
        all.push([0, 1].map(|of| [drawn[of], undrawn[of]]));
    }
    for (of, protocol) in ["HTTP", "WebSocket"].into_iter().enumerate() {
        let middle = |which: usize| spread(all.iter().map(|round| round[of][which]).collect(), 0).0;
        let (ratio, words) = spread(all.iter().map(|round| round[of][0] / round[of][1]).collect(), 3);
        println!(
            "  {protocol:10}{:>8.0}{:>10.0}  {words:26}{}",
            middle(0),
            middle(1),
            verdict((ratio - 1.0).abs() < GOAL)
        );
    }
    Ok(())
}

async fn drawn(tab: &Tab, messages: u32) -> Result<[f64; 2]> {
    tab.run_in_page(messages, false, PATIENCE).await?;
    medians(&tab.saved_run().await?)
}

async fn undrawn(tab: &Tab, messages: u32) -> Result<[f64; 2]> {
    peers::open(tab).await?;
    let text: String = tab.ask(&format!("window.bench.undrawn({messages})"), PATIENCE).await?;
    medians(&format::read(&text)?)
}

/// HTTP's and the WebSocket's median round trip, in µs.
fn medians(trace: &Trace) -> Result<[f64; 2]> {
    let timeline = Timeline::of(trace);
    let [http, ws] = Protocol::BOTH.map(|protocol| Summary::of(trace, &timeline, protocol).round_trips);
    let median = |figures: Option<duplex::analysis::Statistics>| figures.map(|figures| figures.median.0 as f64);
    Ok([median(http).context("no HTTP exchange was counted")?, median(ws).context("no WebSocket message was counted")?])
}
