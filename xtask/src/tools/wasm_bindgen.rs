//! wasm-bindgen's command line tools: the one that trunk calls, and the runner of tests that are
//! compiled to WebAssembly. Both must be of the version that the page is linked with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{announce, download, install};
use crate::{process, project};

/// Generates the page's JavaScript.
const TOOL: &str = "wasm-bindgen";
/// Runs tests in a browser.
const RUNNER: &str = "wasm-bindgen-test-runner";

/// Where both spend their time: reading and writing WebAssembly of many megabytes, at each build.
const HOT: [&str; 4] = ["walrus", "wasm-bindgen-cli-support", "wasm-encoder", "wasmparser"];

/// The installed runner of browser tests.
pub(crate) struct TestRunner {
    /// Where it is.
    pub(crate) program: PathBuf,
}

impl TestRunner {
    /// Finds the runner of the right version, and installs it if it is missing.
    ///
    /// # Errors
    ///
    /// It could not be installed.
    pub(super) fn ensure() -> Result<Self> {
        let version = project::wasm_bindgen_version()?;
        if let Some(program) = found(RUNNER, &version)? {
            return Ok(Self { program });
        }
        announce(&format!("{RUNNER} {version} runs the browser tests, and it is not installed"));
        obtain(&version)?;
        let program = found(RUNNER, &version)?;
        Ok(Self { program: program.with_context(|| format!("{RUNNER} was installed and is not there"))? })
    }
}

/// Installs the tool that trunk calls, if it is missing.
///
/// # Errors
///
/// It could not be installed.
pub(super) fn ensure() -> Result<()> {
    let version = project::wasm_bindgen_version()?;
    if found(TOOL, &version)?.is_none() {
        announce(&format!("{TOOL} {version} links the page, as Cargo.lock asks, and it is not installed"));
        obtain(&version)?;
    }
    Ok(())
}

/// The tool that trunk calls; [`ensure`] has put it in place.
///
/// # Errors
///
/// It is not there.
pub(super) fn program() -> Result<PathBuf> {
    found(TOOL, &project::wasm_bindgen_version()?)?.with_context(|| format!("{TOOL} is not there"))
}

/// A program of this very version, on `PATH` or in trunk's cache: the order in which trunk looks.
fn found(program: &str, version: &str) -> Result<Option<PathBuf>> {
    let cached = folder(version)?.join(process::executable(program));
    let places = process::find(program).into_iter().chain(process::is_executable(&cached).then_some(cached));
    Ok(places.into_iter().find(|program| version_of(program).is_ok_and(|found| found == version)))
}

/// Puts both programs where trunk would have put its download.
fn obtain(version: &str) -> Result<()> {
    let to = folder(version)?;
    if let Err(error) = fetch(version, &to) {
        announce(&format!("building {TOOL} with cargo, about a minute on two cores ({error:#})"));
        let scratch = install::scratch(TOOL)?;
        // Not `--locked`: the crate's own lock file may name versions that are no longer there. No
        // TLS: the runner talks to nothing but the driver on this machine.
        install::cargo_install("wasm-bindgen-cli", version, &["--no-default-features"], &HOT, &scratch)?;
        install::place(&programs(), &scratch.join("bin"), &to)?;
    }
    Ok(())
}

/// Downloads the released programs.
fn fetch(version: &str, to: &Path) -> Result<()> {
    let target = download::target().context("there is no release for this kind of machine")?;
    if !download::is_reachable() {
        bail!("GitHub cannot be reached, so its release cannot be downloaded");
    }
    let scratch = install::scratch("wasm-bindgen-release")?;
    let name = format!("{TOOL}-{version}-{target}");
    let url = format!("https://github.com/wasm-bindgen/wasm-bindgen/releases/download/{version}/{name}.tar.gz");
    download::unpack(&url, &scratch)?;
    let from = scratch.join(name);
    version_of(&from.join(TOOL))?;
    install::place(&programs(), &from, to)
}

fn programs() -> [&'static str; 2] {
    if cfg!(windows) { ["wasm-bindgen.exe", "wasm-bindgen-test-runner.exe"] } else { [TOOL, RUNNER] }
}

/// The folder that trunk takes this version from.
fn folder(version: &str) -> Result<PathBuf> {
    Ok(project::trunk_cache()?.join(format!("{TOOL}-{version}")))
}

/// The second word of `wasm-bindgen 0.2.130 (commit)`.
fn version_of(program: &Path) -> Result<String> {
    let printed = process::output(Command::new(program).arg("--version"))?;
    Ok(printed.split(' ').nth(1).unwrap_or_default().to_owned())
}
