//! WebSocket libraries of other languages, whose echo servers ours is measured beside: the package `ws` on
//! Node and the package `websockets` on Python. They are installed for the benchmark alone, into
//! cargo's folder for what it builds, and nothing else of the machine is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{announce, install};
use crate::{process, project};

/// The package `ws` for Node.
const WS: &str = "ws@8";
/// The package `websockets` for Python.
const WEBSOCKETS: &str = "websockets>=15,<18";

/// Installs what is missing, and gives the variables in which the benchmark finds it. What cannot be had is said,
/// and is left out of the benchmark.
///
/// # Errors
///
/// Cargo's folder is not known.
pub(crate) fn echo_servers() -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = project::target()?.join("echo-servers");
    let all = [("BENCH_NODE_MODULES", node(&folder.join("node"))), ("BENCH_PYTHON", python(&folder.join("python")))];
    let mut variables = Vec::new();
    for (variable, place) in all {
        match place {
            Ok(place) => variables.push((variable, place)),
            Err(error) => announce(&format!("{error:#}; the benchmark goes on without it")),
        }
    }
    Ok(variables)
}

/// Gives the folder with Node's packages.
fn node(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    if modules.join("ws/package.json").exists() {
        return Ok(modules);
    }
    let missing = "Node's `ws` cannot be measured: install Node.js with npm";
    process::find("node").context(missing)?;
    let npm = process::find("npm").context(missing)?;
    announce(&format!(
        "the echo server is measured beside that of Node's package {WS}: npm puts it into {}",
        folder.display()
    ));
    install::from_npm(&npm, folder, &[WS])?;
    Ok(modules)
}

/// Gives the Python that has the package.
fn python(folder: &Path) -> Result<PathBuf> {
    let (bin, name) = if cfg!(windows) { ("Scripts", "python") } else { ("bin", "python3") };
    let python = folder.join(bin).join(process::executable(name));
    let has_package = || process::output(Command::new(&python).args(["-c", "import websockets.asyncio.server"]));
    if process::is_executable(&python) && has_package().is_ok() {
        return Ok(python);
    }
    let base = process::find("python3").or_else(|| process::find("python"));
    let base = base.context("Python's `websockets` cannot be measured: install Python 3")?;
    announce(&format!(
        "the echo server is measured beside that of Python's package {WEBSOCKETS}: pip puts it into {}",
        folder.display()
    ));
    process::run(Command::new(base).args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", WEBSOCKETS]);
    process::run(&mut install)?;
    has_package()?;
    Ok(python)
}
