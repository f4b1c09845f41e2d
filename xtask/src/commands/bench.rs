//! `cargo xtask bench`: the benchmarks, on the built page in a browser.

use anyhow::Result;

use crate::{page, process, tools};

/// Builds the page and runs every benchmark.
///
/// # Errors
///
/// A tool is missing, the page could not be built, or a benchmark failed.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let trunk = tools::for_the_page()?;
    let browser = tools::Browser::ensure()?;
    let dist = page::build(&trunk)?;
    let mut command = process::cargo();
    command.args(["bench", "--features", "end-to-end", "--bench", "*", "--"]).args(arguments);
    process::run(command.env("DUPLEX_PAGE", dist).env("CHROME", browser.chrome))
}
