//! Set-up: every tool that the project needs, installed when it is missing and only then.
//!
//! What trunk calls goes into trunk's own cache of tools, where trunk looks for it before it
//! downloads anything: so plain `trunk serve` works too, versions lie side by side, and every clone
//! of the project shares them. trunk itself goes where cargo puts programs. A tool is downloaded as
//! its project releases it where the network allows that, and built with `cargo install` (or taken
//! from npm) where it does not.

mod browser;
mod download;
mod drawing_bench;
mod echo_servers;
mod install;
mod trunk;
mod wasm_bindgen;
mod wasm_opt;
mod wasm_target;

use anyhow::Result;

pub(crate) use browser::{Browser, firefox};
pub(crate) use drawing_bench::drawing_bench;
pub(crate) use echo_servers::echo_servers;
pub(crate) use trunk::Trunk;
pub(crate) use wasm_bindgen::TestRunner;

/// Puts in place what building the page takes.
///
/// # Errors
///
/// A tool is missing and could not be installed; the error says what to do.
pub(crate) fn for_the_page() -> Result<Trunk> {
    wasm_target::ensure()?;
    let trunk = Trunk::ensure()?;
    wasm_bindgen::ensure()?;
    wasm_opt::ensure()?;
    // Only here, where all that is ever built has been built: tools share what they compile.
    install::clean_up()?;
    Ok(trunk)
}

/// Puts in place what tests that are compiled to WebAssembly take, but for the browser.
///
/// # Errors
///
/// As [`for_the_page`].
pub(crate) fn for_browser_tests() -> Result<TestRunner> {
    wasm_target::ensure()?;
    TestRunner::ensure()
}

/// Puts in place what checking the sources takes.
///
/// # Errors
///
/// As [`for_the_page`].
pub(crate) fn for_lints() -> Result<()> {
    wasm_target::ensure()?;
    wasm_target::ensure_component("rustfmt", "fmt")?;
    wasm_target::ensure_component("clippy", "clippy")
}

/// Says that something is being installed, and why.
fn announce(what: &str) {
    eprintln!("set-up: {what}");
}
