//! How truly the page measures, how soon it is there, and how smoothly it runs: the built page and
//! the real server in Chromium, beside a bare script that holds the same conversation by hand in the
//! same tab. `cargo xtask bench` builds what it needs and runs it.
//!
//! How to read it:
//!
//! - *Round trips*: page and bare script take turns, each as often as there are rounds. `page` and
//!   `bare` are medians of the rounds' medians; the ratio is taken round by round, and its median
//!   stands before its least and greatest. `dressed` is the bare script with what our instrument adds to
//!   the messages (a URL of its own for each request, an envelope): what the page has over `dressed` is the
//!   cost of its code, what `dressed` has over `bare` that of the instrument. A ratio below 1 says that
//!   the page measured less than the script.
//! - *From a link to the drawing*: times since the navigation began.
//! - *Long runs*: the longest task of the main thread, as the browser counts them (from 50 ms on), and
//!   the longest gap between two frames. While the run goes on, `stood still` is the share of it in which
//!   no turn was under way because the page drew. `saving` is the longest task of “Save as JSON”.
//!
//! A goal that is not met is told, and is no error. Figures of a busy machine say little: its load
//! stands in the first line, and a wide spread of the ratios shows it.

#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../end_to_end/browser.rs"]
mod browser;
mod load;
mod middle;
#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../end_to_end/server.rs"]
mod server;
#[allow(dead_code, reason = "shared with the benchmark of the drawing, which needs more of it")]
mod tab;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use duplex::analysis::{Summary, Timeline};
use duplex::lab::exchange::SIZE;
use duplex::trace::{Happening, Protocol, Trace};
use load::load;
use middle::{median, sorted};
use tab::{Bare, Tab};

/// Measures the page beside a bare script.
#[derive(Parser)]
struct Options {
    /// How often page and bare script are compared, for each number of messages.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Messages of the runs that are compared.
    #[arg(long, value_delimiter = ',', default_values_t = [200, 1_000])]
    messages: Vec<u32>,
    /// Messages of the runs that are watched for long tasks.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000])]
    long_runs: Vec<u32>,
    /// What cargo says when it runs benchmarks, and does not say when it runs tests.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.bench {
        println!("a benchmark: run it with `cargo xtask bench`");
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    let server = server::Server::start();
    let browser = browser::Chromium::start_with(&[]).await;
    let tab = Tab::open(&browser, server.origin()).await?;
    println!("{}, {}\n", tab.browser().await?, load());
    println!("Round trips of {} bytes, medians in µs, {} rounds", SIZE.default, options.rounds);
    println!(
        "{:>9}  {:10}{:>7}{:>7}{:>9}  {:26}goal: within 25 %",
        "messages", "", "page", "bare", "dressed", "page / bare"
    );
    for &messages in &options.messages {
        compare(&tab, messages, options.rounds).await?;
    }
    println!("\nFrom a link with 20 messages to the drawing, in ms, {} loads", options.rounds);
    from_link_to_drawing(&tab, options.rounds).await?;
    println!("\nLong runs");
    for &messages in &options.long_runs {
        long_run(&tab, messages).await?;
    }
    println!("\n{}", load());
    Ok(())
}

/// One protocol's medians of a round, in µs.
#[derive(Clone, Copy)]
struct Medians {
    page: f64,
    bare: f64,
    dressed: f64,
}

/// Compares the page with the bare script, and prints a line for each protocol.
async fn compare(tab: &Tab, messages: u32, rounds: u32) -> Result<()> {
    let mut of_rounds = Vec::new();
    for round in 0..rounds {
        // Who comes first changes, so that a machine that slows down or speeds up favours neither.
        let [page, bare] = if round % 2 == 0 {
            let page = page_medians(tab, messages).await?;
            [page, bare_medians(tab, messages, false).await?]
        } else {
            let bare = bare_medians(tab, messages, false).await?;
            [page_medians(tab, messages).await?, bare]
        };
        let dressed = bare_medians(tab, messages, true).await?;
        of_rounds.push([0, 1].map(|of| Medians { page: page[of], bare: bare[of], dressed: dressed[of] }));
    }
    for (of, protocol) in ["HTTP", "WebSocket"].into_iter().enumerate() {
        let all = |pick: fn(&Medians) -> f64| sorted(of_rounds.iter().map(|medians| pick(&medians[of])).collect());
        let ratios = all(|medians| medians.page / medians.bare);
        let ratio = median(&ratios);
        println!(
            "{messages:>9}  {protocol:10}{:>7.0}{:>7.0}{:>9.0}  {:26}{}",
            median(&all(|medians| medians.page)),
            median(&all(|medians| medians.bare)),
            median(&all(|medians| medians.dressed)),
            format!("{ratio:.2} [{:.2}–{:.2}]", ratios[0], ratios[ratios.len() - 1]),
            if (ratio - 1.0).abs() <= 0.25 { "met" } else { "NOT MET" },
        );
    }
    Ok(())
}

async fn page_medians(tab: &Tab, messages: u32) -> Result<[f64; 2]> {
    tab.run_in_page(messages, false, Duration::from_secs(120)).await?;
    let trace = tab.saved_run().await?;
    let [http, ws] = Protocol::BOTH.map(|protocol| {
        let figures = Summary::of(&trace, &Timeline::of(&trace), protocol).round_trips;
        figures.map(|figures| figures.median.0 as f64)
    });
    Ok([http.context("the page counted no HTTP exchange")?, ws.context("the page counted no WebSocket message")?])
}

async fn bare_medians(tab: &Tab, messages: u32, dressed: bool) -> Result<[f64; 2]> {
    let Bare { http, ws } = tab.run_bare(messages, SIZE.default, dressed).await?;
    Ok([http, ws].map(|samples| median(&sorted(samples)) * 1_000.0))
}

/// How long it takes from a link with `run=1` until all is drawn.
async fn from_link_to_drawing(tab: &Tab, rounds: u32) -> Result<()> {
    let mut steps: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds {
        let seen = tab.run_in_page(20, false, Duration::from_secs(60)).await?;
        let first_arrow = seen.first_arrow.context("no arrow was drawn")?;
        for (step, at) in steps.iter_mut().zip([seen.phases.running, first_arrow, seen.phases.finished]) {
            step.push(at);
        }
    }
    let words = ["the run begins", "first arrow in the document", "finished (goal: within 2000)"];
    for (what, times) in words.into_iter().zip(steps) {
        let times = sorted(times);
        let worst = times[times.len() - 1];
        let verdict = match what.contains("goal") {
            true if worst <= 2_000.0 => "met",
            true => "NOT MET",
            false => "",
        };
        println!("  {what:32}{:>7.0} [{:.0}–{worst:.0}]  {verdict}", median(&times), times[0]);
    }
    Ok(())
}

/// A long run, watched for long tasks.
async fn long_run(tab: &Tab, messages: u32) -> Result<()> {
    let seen = tab.run_in_page(messages, true, Duration::from_secs(590)).await?;
    let memory = tab.memory().await?;
    let (began, ended) = (seen.phases.running, seen.phases.finished);
    let trace = tab.saved_run().await?;
    let saving = tab.seen().await?.long_tasks_within(ended + SETTLED, f64::INFINITY);
    let long_tasks = seen.long_tasks_within(began, ended + SETTLED);
    let longest = longest(&long_tasks);
    let took = ended - began;
    let still = 100.0 * drawing(&trace) / took;
    let verdict = if longest <= 200.0 { "met" } else { "NOT MET" };
    println!("  {messages} messages over each protocol");
    println!("  {:34}{:>9.1} s, of which {still:.0} % stood still", "the run", took / 1_000.0);
    println!("  {:34}{:>12}  {verdict}", "longest task (goal: within 200 ms)", task(longest));
    println!("  {:34}{:>9}", "tasks over 50 ms", long_tasks.len());
    println!("  {:34}{:>9.0} ms", "longest gap between frames", seen.longest_frame);
    println!("  {:34}{:>12}", "longest task of saving", task(self::longest(&saving)));
    println!(
        "  {:34}{:>9.1} MiB of WebAssembly, {:.1} MiB of JavaScript",
        "memory",
        memory.wasm / MIB,
        memory.script / MIB
    );
    Ok(())
}

/// So long after the end of a run its figures and its whole diagram are drawn, in ms.
const SETTLED: f64 = 1_000.0;

fn longest(tasks: &[f64]) -> f64 {
    tasks.iter().copied().fold(0.0, f64::max)
}

/// The browser tells tasks from 50 ms on.
fn task(longest: f64) -> String {
    if longest < 50.0 { "under 50 ms".to_owned() } else { format!("{longest:.0} ms") }
}

const MIB: f64 = 1024.0 * 1024.0;

/// How long a run stood still for drawing, in ms.
fn drawing(trace: &Trace) -> f64 {
    let drawings = trace.marks.iter().filter(|mark| mark.what == Happening::Drawing);
    drawings.map(|mark| (mark.until - mark.from).as_millis()).sum()
}
