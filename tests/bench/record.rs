//! Makes the recorded runs that come with the page: the built page in Chromium, against the real server on this machine,
//! one run of each lab as its link with no settings asks for it. `cargo xtask record` builds what it needs and runs it.
//!
//! It is a benchmark to cargo, which builds those and the server for release.

#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../end_to_end/browser.rs"]
mod browser;
#[allow(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
#[path = "../end_to_end/server.rs"]
mod server;
#[allow(dead_code, reason = "shared with the benchmarks, which need more of it")]
mod tab;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use duplex::format;
use duplex::lab::Lab;
use duplex::trace::Outcome;
use tab::Tab;

/// Where they are kept, seen from the project's folder.
const FOLDER: &str = "docs/recordings";
/// How long a lab may take.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() -> Result<()> {
    // What cargo says when it runs benchmarks, and does not say when it runs tests.
    if !std::env::args().any(|word| word == "--bench") {
        println!("no test: `cargo xtask record` runs it");
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(record())
}

async fn record() -> Result<()> {
    let server = server::Server::start();
    for lab in Lab::ALL {
        // A browser of its own for each: none finds connections that another has left open.
        let browser = browser::Chromium::start_with(&[]).await;
        let tab = Tab::open(&browser, server.origin()).await?;
        tab.go(&format!("/?lab={}&run=1", lab.slug())).await?;
        let phase = tab.ended(PATIENCE).await.with_context(|| format!("the run of {} does not end", lab.slug()))?;
        ensure!(phase == "finished", "the run of {} {phase}", lab.slug());
        let trace = tab.saved_run().await?;
        ensure!(trace.outcome == Some(Outcome::Finished), "the run of {} did not finish", lab.slug());
        let path = Path::new(FOLDER).join(format!("{}.json", lab.slug()));
        let text = format!("{}\n", format::write(&trace)?);
        fs::write(&path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
        println!("{}: {} messages, {} KB", path.display(), trace.messages.len(), text.len() / 1000);
    }
    Ok(())
}
