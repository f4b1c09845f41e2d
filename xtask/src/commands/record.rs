//! `cargo xtask record`: the recorded runs that come with the page, made anew.

use anyhow::Result;

use crate::{page, process, tools};

/// Builds the page, has a browser run each lab against a server on this machine, and puts what it recorded into
/// `docs/recordings`.
///
/// # Errors
///
/// A tool is missing, the page could not be built, or a run did not finish.
pub(crate) fn record() -> Result<()> {
    let trunk = tools::for_the_page()?;
    let browser = tools::Browser::ensure()?;
    let dist = page::build(&trunk, &[])?;
    let mut command = process::cargo();
    command.args(["bench", "--features", "end-to-end", "--bench", "record"]);
    process::run(command.env("DUPLEX_PAGE", dist).env("CHROME", browser.chrome))
}
