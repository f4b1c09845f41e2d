//! `cargo xtask test`: every check of the project, each announced, each run even if one before it
//! failed, and a line of counts at the end.
//!
//! Flags are chosen so that a fresh checkout compiles each dependency as seldom as it can be: once
//! for the host's checks, once for its tests, and the same for WebAssembly. Cargo gives dependencies
//! other features where development dependencies take part, and compiles them anew; `--examples`,
//! of which there are none, is how a command that needs no development dependencies comes to share
//! what those that do have compiled.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::arguments::Layer;
use crate::counts::Counts;
use crate::echo_server::{DEFAULT_ADDRESS, EchoServer};
use crate::{page, process, project, tools};

/// The page's target.
const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// How clippy's warnings become errors.
const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

/// The environment variable that tells the browser tests which echo server to speak to, at compile
/// time: there is no environment in a browser.
const TEST_SERVER: &str = "DUPLEX_TEST_SERVER";

/// What the tests' browser is started with. The second half keeps it from asking for hosts on the
/// internet while tests run.
const BROWSER_ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Seconds that all tests of one program may take in the browser.
const BROWSER_TEST_LIMIT: &str = "300";

/// Runs layers of checks, prints what failed and the counts, and gives whether all passed.
pub(crate) fn test(layers: &[Layer]) -> bool {
    let mut report = Report::default();
    for layer in layers {
        let done = match layer {
            Layer::Lints => lints(&mut report),
            Layer::Native => native(&mut report),
            Layer::Browser => browser(&mut report),
            Layer::EndToEnd => end_to_end(&mut report),
        };
        if let Err(error) = done {
            eprintln!("xtask: {error:#}");
            report.failed(layer.name());
        }
    }
    report.finish()
}

/// Format, clippy and documentation, for both targets.
fn lints(report: &mut Report) -> Result<()> {
    tools::for_lints()?;
    report.check("format", process::cargo().args(["fmt", "--all", "--check"]));

    let mut host = process::cargo();
    host.args(["clippy", "--workspace", "--all-targets", "--features", "end-to-end"]);
    report.check("clippy, host", host.args(DENY_WARNINGS));

    let mut page = process::cargo();
    page.arg("clippy").args(WASM).args(["--lib", "--bin", "page", "--test", "browser"]);
    // The browser tests want a server's name; nothing is asked of it here.
    page.env(TEST_SERVER, format!("http://{DEFAULT_ADDRESS}"));
    report.check("clippy, page", page.args(DENY_WARNINGS));

    for (name, target) in [("documentation, host", &[][..]), ("documentation, page", &WASM)] {
        let mut docs = process::cargo();
        docs.args(["doc", "--no-deps", "--lib", "--examples"]).args(target);
        report.check(name, docs.env("RUSTDOCFLAGS", "-D warnings"));
    }
    Ok(())
}

/// The tests on the host, those in the documentation included.
fn native(report: &mut Report) -> Result<()> {
    report.tests(Layer::Native, process::cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// The tests in a browser, against an echo server on a free port.
fn browser(report: &mut Report) -> Result<()> {
    let runner = tools::for_browser_tests()?;
    let browser = tools::Browser::ensure()?;
    process::run(process::cargo().args(["build", "--bin", "duplex", "--examples"]))?;
    let server = EchoServer::start(&project::built("debug", "duplex")?)?;
    let mut command = process::cargo();
    command.arg("test").args(WASM).args(["--test", "browser"]);
    command.env(TEST_SERVER, server.origin());
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner.program);
    command.env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TEST_LIMIT);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", write_capabilities(&browser)?);
    // Another driver that is named in the environment would be taken before this one.
    for other in ["GECKODRIVER", "SAFARIDRIVER", "GECKODRIVER_REMOTE", "SAFARIDRIVER_REMOTE", "CHROMEDRIVER_REMOTE"] {
        command.env_remove(other);
    }
    report.tests(Layer::Browser, command.env("CHROMEDRIVER", &browser.driver))
}

/// The built page, driven in a browser. Two tests at a time: mostly they wait.
fn end_to_end(report: &mut Report) -> Result<()> {
    let trunk = tools::for_the_page()?;
    let browser = tools::Browser::ensure()?;
    let firefox = tools::firefox()?;
    announce("the page, as it is published");
    let dist = page::build(&trunk, &[])?;
    announce("the page within the server");
    let mut within = process::cargo();
    within.args(["test", "--features", "embed-page", "--test", "server", "page::embedded"]);
    report.tests(Layer::EndToEnd, &mut within)?;
    let mut command = process::cargo();
    command.args(["test", "--features", "end-to-end", "--test", "end_to_end", "--", "--test-threads=2"]);
    report
        .tests(Layer::EndToEnd, command.env("DUPLEX_PAGE", dist).env("CHROME", browser.chrome).env("FIREFOX", firefox))
}

/// Writes what the driver is asked for (WebDriver, capabilities) and gives the file's path.
fn write_capabilities(browser: &tools::Browser) -> Result<PathBuf> {
    let file = project::target()?.join("webdriver.json");
    let program = browser.chrome.to_str().context("the browser's path is not Unicode text")?;
    fs::write(&file, capabilities(program)).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

/// The capabilities, as JSON, for a browser at a path.
fn capabilities(program: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let arguments = BROWSER_ARGUMENTS.map(quoted).join(", ");
    format!("{{\"goog:chromeOptions\": {{\"binary\": {}, \"args\": [{arguments}]}}}}\n", quoted(program))
}

/// What became of the checks.
#[derive(Debug, Default)]
struct Report {
    counts: Counts,
    /// The names of what failed.
    failures: Vec<String>,
}

impl Report {
    /// Runs a check that is one thing: it passes or fails.
    fn check(&mut self, name: &str, command: &mut Command) {
        announce(name);
        match process::run(command) {
            Ok(()) => self.counts += Counts::PASSED,
            Err(error) => {
                eprintln!("xtask: {error:#}");
                self.failed(name);
            }
        }
    }

    /// Runs tests and counts them by what their runner prints.
    fn tests(&mut self, layer: Layer, command: &mut Command) -> Result<()> {
        announce(&format!("tests, {}", layer.name()));
        let mut counts = Counts::default();
        let status = process::run_reading(command, |line| {
            if let Some(more) = Counts::from_line(line) {
                counts += more;
            }
        })?;
        let counts = counts.of_run(status.success());
        if counts.failed > 0 {
            eprintln!("xtask: `{}`: {counts} ({status})", process::line_of(command));
            self.failures.push(layer.name().to_owned());
        }
        self.counts += counts;
        Ok(())
    }

    /// Counts one failure.
    fn failed(&mut self, name: &str) {
        self.counts += Counts::FAILED;
        self.failures.push(name.to_owned());
    }

    /// Prints the counts, on a line of their own and last, and gives whether all passed.
    fn finish(self) -> bool {
        if !self.failures.is_empty() {
            println!("\nfailed: {}", self.failures.join(", "));
        }
        println!("\n{}", self.counts);
        self.counts.failed == 0
    }
}

fn announce(what: &str) {
    println!("\n── {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_counts_as_one_and_a_failure_is_named() {
        let mut report = Report::default();
        report.check("that which works", &mut Command::new("true"));
        report.check("that which does not", &mut Command::new("false"));
        report.check("that which is not there", &mut Command::new("no-such-program-anywhere"));
        assert_eq!(report.counts, Counts { passed: 1, failed: 2, skipped: 0 });
        assert_eq!(report.failures, ["that which does not", "that which is not there"]);
        assert!(!report.finish());
    }

    #[test]
    fn tests_are_counted_by_what_they_print() {
        let mut report = Report::default();
        let result = "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        report.tests(Layer::Native, Command::new("echo").arg(result)).expect("echo can be started");
        assert_eq!(report.counts, Counts { passed: 4, failed: 0, skipped: 1 });
        assert!(report.finish());
    }

    #[test]
    fn a_layer_without_tests_fails() {
        let mut report = Report::default();
        report.tests(Layer::Browser, Command::new("echo").arg("no tests to run!")).expect("echo can be started");
        assert_eq!(report.counts, Counts::FAILED);
        assert_eq!(report.failures, ["browser"]);
    }

    #[test]
    fn capabilities_quote_the_browsers_path() {
        let json = capabilities(r#"C:\"Chrome"\chrome.exe"#);
        assert!(json.contains(r#""binary": "C:\\\"Chrome\"\\chrome.exe""#), "{json}");
        assert!(json.contains(r#""args": ["--headless=new", "#), "{json}");
    }
}
