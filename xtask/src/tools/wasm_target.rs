//! The parts of the Rust toolchain that the project takes. `rust-toolchain.toml` names them, but
//! rustup installs them by itself only where its automatic installation is on.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::announce;
use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";

/// Installs the standard library of the page's target, if it is missing.
///
/// # Errors
///
/// It is missing and rustup could not add it.
pub(super) fn ensure() -> Result<()> {
    let folder = process::output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(&folder).is_dir() {
        return Ok(());
    }
    announce(&format!("the page is compiled for {TARGET}, and its standard library is not installed"));
    process::run(Command::new("rustup").args(["target", "add", TARGET]))
        .with_context(|| format!("the target {TARGET} is missing: add it to the Rust toolchain in use"))
}

/// Installs a component of the toolchain, if the command of cargo that it brings does not work.
///
/// # Errors
///
/// It is missing and rustup could not add it.
pub(super) fn ensure_component(component: &str, command: &str) -> Result<()> {
    if process::output(process::cargo().args([command, "--version"])).is_ok() {
        return Ok(());
    }
    announce(&format!("`cargo {command}` checks the sources, and it is not installed"));
    process::run(Command::new("rustup").args(["component", "add", component]))
        .with_context(|| format!("{component} is missing: add it to the Rust toolchain in use"))
}
