//! `cargo xtask dist`: the folder for a static host; `cargo xtask binary`: the server with the page in
//! it, as one file.

use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::{page, process, project, tools};

/// Builds the page. Its URLs are relative, so it works under any path. `servers` are the echo servers that it asks.
///
/// # Errors
///
/// A tool is missing, or the page could not be built.
pub(crate) fn dist(servers: &[String]) -> Result<()> {
    let dist = page::build(&tools::for_the_page()?, servers)?;
    println!("The page is in {}: a static host can serve it under any path.", dist.display());
    if servers.is_empty() {
        println!("It names no echo server, and shows recorded runs: name one with --server, or in its duplex.json.");
    }
    Ok(())
}

/// Builds the page, then the server with the page in it, as one file.
///
/// # Errors
///
/// A tool is missing and cannot be installed, or a build fails.
pub(crate) fn binary() -> Result<()> {
    page::build(&tools::for_the_page()?, &[])?;
    process::run(process::cargo().args(["build", "--release", "--bin", "duplex", "--features", "embed-page"]))?;
    let built = project::built("release", "duplex")?;
    let file = built.with_file_name(format!("duplex-with-page{}", env::consts::EXE_SUFFIX));
    // The plain build has the same name, and would take its place.
    fs::copy(&built, &file).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("The server with the page in it is {}: copy it anywhere and start it.", file.display());
    Ok(())
}
