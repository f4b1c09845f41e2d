//! Our drawing and others', in one document.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use duplex::trace::Trace;
use serde::Deserialize;

use crate::recorded;
use crate::tab::Tab;
use crate::{Options, spread, verdict};

/// How long a drawing may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// The recorded run, as the document finds it.
const FILE: &str = "run.json";
/// How often more quickly than Mermaid, and of how many messages.
const GOAL: (f64, u32) = (50.0, 2_000);

#[derive(Debug, Deserialize)]
struct Drawn {
    took: f64,
    /// As many arrows as are in the document; a chart has none.
    arrows: Option<u32>,
}

/// Opens the document in which all draw.
pub(crate) async fn open(tab: &Tab) -> Result<()> {
    tab.go("/bench/index.html").await?;
    tab.ask::<bool>("window.bench.prepare()", Duration::from_secs(60)).await?;
    Ok(())
}

/// Has it read a recorded run.
async fn read(tab: &Tab, trace: &Trace, folder: &Path) -> Result<()> {
    recorded::save(trace, &folder.join(FILE))?;
    let messages: usize = tab.ask(&format!("window.bench.read('{FILE}')"), PATIENCE).await?;
    ensure!(messages == trace.messages.len(), "{messages} of {} messages were read", trace.messages.len());
    Ok(())
}

async fn draw(tab: &Tab, way: &str) -> Result<Drawn> {
    tab.ask(&format!("window.bench.draw('{way}')"), PATIENCE).await
}

/// Sequence diagrams beside Mermaid's.
pub(crate) async fn sequences(tab: &Tab, folder: &Path, options: &Options) -> Result<()> {
    let (goal, of) = GOAL;
    println!("\nSequence diagrams from data in memory to the painted frame, medians in ms, {} rounds", options.rounds);
    println!(
        "words: with every message's words, as Mermaid; window: in one window, where some words have no room\n\
         {:>9}{:>9}{:>9}{:>9}  {:20}{:20}goal: at least {goal} at {of}",
        "messages", "words", "window", "Mermaid", "Mermaid / words", "Mermaid / window"
    );
    open(tab).await?;
    for &messages in &options.messages {
        read(tab, &recorded::of_http_messages(messages), folder).await?;
        let labels: u32 = tab.ask("window.bench.write()", PATIENCE).await?;
        ensure!(labels == messages / 2 * 2, "{labels} of {messages} messages have their words");
        let all = rounds(tab, ["words", "window", "mermaid"], options.rounds, labels).await?;
        let middle = |of: usize| spread(all.iter().map(|took| took[of]).collect(), 1).0;
        let ratios = [0, 1].map(|of| spread(all.iter().map(|took| took[2] / took[of]).collect(), 0));
        print!("{labels:>9}{:>9.1}{:>9.1}{:>9.0}  ", middle(0), middle(1), middle(2));
        ratios.iter().for_each(|(_, words)| print!("{words:20}"));
        match messages >= of {
            true => println!("{}", ratios.map(|(ratio, _)| verdict(ratio >= goal)).join(", ")),
            false => println!(),
        }
    }
    Ok(())
}

/// What each way took in each round, after one that does not count: what is compiled and laid in store at the first
/// time is not measured. Who comes first changes.
async fn rounds<const N: usize>(tab: &Tab, ways: [&str; N], rounds: u32, arrows: u32) -> Result<Vec<[f64; N]>> {
    let mut all = Vec::new();
    for round in 0..=rounds as usize {
        let mut took = [0.0; N];
        for place in (0..N).map(|place| (place + round) % N) {
            let drawn = draw(tab, ways[place]).await?;
            let seen = drawn.arrows.unwrap_or(arrows);
            ensure!(seen == arrows, "{} drew {seen} of {arrows} arrows", ways[place]);
            took[place] = drawn.took;
        }
        if round > 0 {
            all.push(took);
        }
    }
    Ok(all)
}

/// The chart of each exchange's time beside uPlot's.
pub(crate) async fn charts(tab: &Tab, folder: &Path, options: &Options) -> Result<()> {
    println!(
        "\nChart of two series from data in memory to the painted frame, medians in ms, {} rounds",
        options.rounds
    );
    println!("{:>9}{:>9}{:>9}  {:24}goal: no slower", "points", "ours", "uPlot", "ours / uPlot");
    let mut trace = recorded::of_turns(options.points / 2);
    // What they carried is not in the chart.
    trace.messages.iter_mut().for_each(|message| (message.copy, message.raw) = (None, None));
    open(tab).await?;
    read(tab, &trace, folder).await?;
    let points: u32 = tab.ask("window.bench.plain()", PATIENCE).await?;
    let all = rounds(tab, ["chart", "uPlot"], options.rounds, 0).await?;
    let middle = |of: usize| spread(all.iter().map(|took| took[of]).collect(), 1).0;
    let (ratio, words) = spread(all.iter().map(|took| took[0] / took[1]).collect(), 2);
    println!("{:>9}{:>9.1}{:>9.1}  {words:24}{}", points * 2, middle(0), middle(1), verdict(ratio <= 1.0));
    Ok(())
}
