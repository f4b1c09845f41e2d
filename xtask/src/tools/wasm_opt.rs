//! wasm-opt (of Binaryen), which makes the page's WebAssembly smaller. trunk downloads it by itself;
//! where the network does not let it, the npm package has it as a program for Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{announce, download, install};
use crate::{process, project};

/// Makes sure that trunk will find the release that `Trunk.toml` asks for.
///
/// # Errors
///
/// It is missing, trunk cannot download it, and npm does not have it either.
pub(super) fn ensure() -> Result<()> {
    let version = project::wasm_opt_version()?;
    let to = project::trunk_cache()?.join(format!("wasm-opt-{version}")).join("bin");
    let cached = process::is_executable(&to.join(process::executable("wasm-opt")));
    let on_path = process::find("wasm-opt").is_some_and(|program| is_of_version(&program, &version));
    if cached || on_path || download::is_reachable() {
        return Ok(());
    }
    announce(&format!("wasm-opt ({version}) shrinks the page, and it is not installed: taking it from npm"));
    let Some(npm) = process::find("npm") else {
        bail!("wasm-opt is missing, GitHub cannot be reached, and there is no npm: install Node.js with npm");
    };
    let scratch = install::scratch("binaryen")?;
    let package = format!("binaryen@{}.0.0", version.trim_start_matches("version_"));
    install::from_npm(&npm, &scratch, &[&package])?;
    // package.json tells Node that the program, which has no extension, is a CommonJS module.
    install::place(&["package.json", "wasm-opt"], &scratch.join("node_modules/binaryen/bin"), &to)
}

/// The program that trunk calls: there once the page has been built.
///
/// # Errors
///
/// It is not there.
pub(super) fn program() -> Result<PathBuf> {
    let version = project::wasm_opt_version()?;
    let folder = project::trunk_cache()?.join(format!("wasm-opt-{version}")).join("bin");
    let cached = Some(folder.join(process::executable("wasm-opt"))).filter(|path| process::is_executable(path));
    let on_path = || process::find("wasm-opt").filter(|program| is_of_version(program, &version));
    cached.or_else(on_path).context("wasm-opt is not there")
}

/// Whether a wasm-opt prints `wasm-opt version 132 (version_132)` or the same without parentheses.
fn is_of_version(program: &Path, version: &str) -> bool {
    let number = version.trim_start_matches("version_");
    process::output(Command::new(program).arg("--version"))
        .is_ok_and(|printed| printed.split(' ').nth(2) == Some(number))
}
