//! How soon pictures are there, beside Mermaid and uPlot in the same tab; whether a long run opens, pans and zooms
//! without a wait; and whether drawing disturbs what is measured. `cargo xtask bench drawing` builds what it needs and
//! runs it.
//!
//! How to read it:
//!
//! - *Sequence diagrams*: the diagram of an HTTP conversation, recorded on the simulated network: all its arrows, one
//!   step a message; nothing folded, no arrow left out. Mermaid gets the same arrows with the same words. Timed is, for
//!   all alike and in the same document, from data in memory (for us a record that has been read, for Mermaid its text)
//!   until the main thread has laid out and painted the frame with the whole picture. `words` is the
//!   diagram as it is saved, with every message's words. `window` are all arrows in one window of the page, and the
//!   words that have room. The ratios are taken round by round.
//! - *A long run*: the built page opens it as a file. Timed is from the choice of the file until the frame with both
//!   diagrams is painted. What takes how long on the way is measured apart, by the same code outside of the page. While
//!   wheel events come, the gaps between frames are counted.
//! - *Charts*: as the diagrams, the chart of each exchange's time and uPlot's of the same two series. Both have the
//!   samples as they need them.
//! - *Live*: the page runs and draws; the same code runs, records and draws nothing, in a document without a page: the
//!   script, the network and the recorder are those of the page, and so are its pauses for drawing, which are empty. The
//!   ratio of the medians is taken round by round.
//!
//! A goal that is not met is told, and is no error. Figures of a busy machine say little: its load stands in the
//! first line, and a wide spread of the ratios shows it.

#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../../end_to_end/browser.rs"]
mod browser;
mod live;
#[path = "../load.rs"]
mod load;
mod long;
#[path = "../middle.rs"]
mod middle;
mod peers;
mod recorded;
#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../../end_to_end/server.rs"]
mod server;
#[path = "../../simulated/mod.rs"]
mod simulated;
#[allow(dead_code, reason = "shared with the benchmark of round trips, which needs more of it")]
#[path = "../tab.rs"]
mod tab;

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use load::load;
use middle::{median, sorted};
use tab::Tab;

/// Measures the drawing beside other libraries, and what it costs the measurement.
#[derive(Parser)]
struct Options {
    /// What is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [Part::Sequence, Part::Long, Part::Chart, Part::Live].map(|part| part.name().to_owned()))]
    parts: Vec<String>,
    /// How often each is compared.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Messages of the sequence diagrams, even numbers.
    #[arg(long, value_delimiter = ',', default_values_t = [50, 500, 2_000], value_parser = clap::value_parser!(u32).range(4..))]
    messages: Vec<u32>,
    /// Messages of the long run.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(8..))]
    long_run: u32,
    /// Points of the chart.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(8..))]
    points: u32,
    /// Messages that each protocol carries in the runs that are drawn live.
    #[arg(long, default_value_t = 10_000)]
    live: u32,
    /// What cargo says when it runs benchmarks, and does not say when it runs tests.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy)]
enum Part {
    Sequence,
    Long,
    Chart,
    Live,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Sequence => "sequence",
            Self::Long => "long",
            Self::Chart => "chart",
            Self::Live => "live",
        }
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.bench {
        println!("a benchmark: run it with `cargo xtask bench drawing`");
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    let folder =
        env::var_os("DUPLEX_PAGE").map(PathBuf::from).context("`cargo xtask bench drawing` names the folder")?;
    let folder = folder.join("bench");
    let server = server::Server::start();
    let browser = browser::Chromium::start_with(&[]).await;
    let tab = Tab::open(&browser, server.origin()).await?;
    println!("{}, {}", tab.browser().await?, load());
    let is_wanted = |part: Part| options.parts.iter().any(|name| name == part.name());
    if is_wanted(Part::Sequence) {
        peers::sequences(&tab, &folder, options).await?;
    }
    if is_wanted(Part::Long) {
        long::measure(&tab, &folder, options.long_run, options.rounds).await?;
    }
    if is_wanted(Part::Chart) {
        peers::charts(&tab, &folder, options).await?;
    }
    if is_wanted(Part::Live) {
        live::compare(&tab, options.live, options.rounds).await?;
    }
    println!("\n{}", load());
    Ok(())
}

/// The middle of some samples, with the least and the greatest.
fn spread(samples: Vec<f64>, decimals: usize) -> (f64, String) {
    let samples = sorted(samples);
    let middle = median(&samples);
    let [least, greatest] = [samples.first(), samples.last()].map(|end| end.copied().unwrap_or(f64::NAN));
    (middle, format!("{middle:.decimals$} [{least:.decimals$}–{greatest:.decimals$}]"))
}

const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}
