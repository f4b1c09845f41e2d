//! What the benchmark of the drawing has in the browser: the built page, beside it our drawing as WebAssembly of its own
//! with functions to call, and the packages that it is measured beside. All of it lies in cargo's folder for what it
//! builds; the page itself has nothing of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{announce, install, wasm_bindgen, wasm_opt};
use crate::{process, project};

/// What is measured beside, of npm, and the files of each that a document loads.
const PEERS: [(&str, &str, &[&str]); 2] =
    [("mermaid", "12.3.0", &["mermaid.min.js"]), ("uplot", "1.6.32", &["uPlot.iife.min.js", "uPlot.min.css"])];
/// The document, and what it does.
const OWN: [&str; 2] = ["index.html", "harness.js"];
/// Our drawing.
const NAME: &str = "drawing_bench";

/// Puts everything into one folder, to be served by the echo server, and gives that folder. The page has to be built.
///
/// # Errors
///
/// A package cannot be had, the drawing cannot be built, or a file cannot be written.
pub(crate) fn drawing_bench(page: &Path) -> Result<PathBuf> {
    let folder = project::target()?.join(NAME);
    let modules = peers(&folder.join("npm"))?;
    let (whole, bench) = (folder.join("page"), folder.join("page/bench"));
    if whole.exists() {
        fs::remove_dir_all(&whole).with_context(|| format!("{} cannot be removed", whole.display()))?;
    }
    fs::create_dir_all(&bench).with_context(|| format!("{} cannot be made", bench.display()))?;
    for file in fs::read_dir(page).with_context(|| format!("{} cannot be read", page.display()))? {
        let file = file?.path();
        // The folders in it are beside the page: nothing of it needs them.
        if file.is_file() {
            copy(&file, &whole)?;
        }
    }
    for (name, _, files) in PEERS {
        files.iter().try_for_each(|file| copy(&modules.join(name).join("dist").join(file), &bench))?;
    }
    let sources = project::root()?.join("tests/bench/drawing");
    OWN.iter().try_for_each(|file| copy(&sources.join(file), &bench))?;
    drawing(&bench)?;
    Ok(whole)
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::copy(file, folder.join(name)).with_context(|| format!("{} cannot be copied", file.display()))?;
    Ok(())
}

/// Installs the packages where they are missing, and gives the folder that has them.
fn peers(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let is_there = |(name, version, _): &(&str, &str, &[&str])| {
        let told = fs::read_to_string(modules.join(name).join("package.json")).unwrap_or_default();
        told.contains(&format!("\"version\": \"{version}\""))
    };
    if PEERS.iter().all(is_there) {
        return Ok(modules);
    }
    let npm =
        process::find("npm").context("the drawing is measured beside packages of npm: install Node.js with npm")?;
    let packages: Vec<String> = PEERS.iter().map(|(name, version, _)| format!("{name}@{version}")).collect();
    announce(&format!(
        "the drawing is measured beside {}: npm puts them into {}",
        packages.join(" and "),
        folder.display()
    ));
    install::from_npm(&npm, folder, &packages.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(modules)
}

/// Builds our drawing as the page is built: the same profile, the same tools.
fn drawing(folder: &Path) -> Result<()> {
    let mut build = process::cargo();
    build.args(["build", "--target", "wasm32-unknown-unknown", "--profile", "page"]);
    process::run(build.args(["--features", "bench", "--bin", NAME]))?;
    let built = project::target()?.join("wasm32-unknown-unknown/page").join(NAME).with_extension("wasm");
    let mut bind = Command::new(wasm_bindgen::program()?);
    bind.args(["--target", "no-modules", "--no-typescript", "--out-dir"]).arg(folder).arg(&built);
    process::run(&mut bind)?;
    let bound = folder.join(format!("{NAME}_bg.wasm"));
    process::run(Command::new(wasm_opt::program()?).arg("-Oz").arg("-o").arg(&bound).arg(&bound))
}
