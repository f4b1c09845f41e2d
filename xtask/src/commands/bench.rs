//! `cargo xtask bench`: the benchmarks.

use anyhow::{Result, bail};

use crate::{page, process, tools};

/// The benchmark of the page in a browser.
const PAGE: &str = "round_trip";
/// The benchmark of what is drawn, beside other libraries. It takes minutes.
const DRAWING: &str = "drawing";
/// The benchmark of the server beside others.
const ECHO: &str = "echo_throughput";
/// The benchmark of the server with many idle connections and with attackers. It takes minutes.
const IDLE: &str = "idle_load";

/// Runs the benchmarks that the first words name, or all quick ones, with what they need put in place. Further words, from
/// the first one with a hyphen on, go to each of them.
///
/// # Errors
///
/// A word names no benchmark, a tool is missing, the page could not be built, or a benchmark failed.
pub(crate) fn bench(words: &[String]) -> Result<()> {
    let (names, options) = words.split_at(words.iter().position(|word| word.starts_with('-')).unwrap_or(words.len()));
    if let Some(name) = names.iter().find(|name| ![PAGE, DRAWING, ECHO, IDLE].contains(&name.as_str())) {
        bail!(
            "there is no benchmark “{name}”: there are {PAGE}, {DRAWING}, {ECHO} and {IDLE}; options begin with a hyphen"
        );
    }
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    if is_wanted(PAGE) {
        let trunk = tools::for_the_page()?;
        let browser = tools::Browser::ensure()?;
        let dist = page::build(&trunk, &[])?;
        let mut command = process::cargo();
        command.args(["bench", "--features", "end-to-end", "--bench", PAGE, "--"]).args(options);
        process::run(command.env("DUPLEX_PAGE", dist).env("CHROME", browser.chrome))?;
    }
    if names.iter().any(|name| name == DRAWING) {
        let trunk = tools::for_the_page()?;
        let browser = tools::Browser::ensure()?;
        let folder = tools::drawing_bench(&page::build(&trunk, &[])?)?;
        let mut command = process::cargo();
        command.args(["bench", "--features", "end-to-end", "--bench", DRAWING, "--"]).args(options);
        process::run(command.env("DUPLEX_PAGE", folder).env("CHROME", browser.chrome))?;
    }
    if is_wanted(ECHO) {
        let mut command = process::cargo();
        command.args(["bench", "--bench", ECHO, "--"]).args(options);
        process::run(command.envs(tools::echo_servers()?))?;
    }
    if names.iter().any(|name| name == IDLE) {
        let mut command = process::cargo();
        command.args(["bench", "--bench", IDLE, "--"]).args(options);
        process::run(&mut command)?;
    }
    Ok(())
}
