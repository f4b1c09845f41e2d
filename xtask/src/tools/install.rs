//! Tools built with `cargo install`, quickly: what they do for this project takes them moments, so
//! their own release profiles (fat link-time optimisation, one codegen unit) would cost minutes for
//! nothing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, project};

/// Overrides of the installed program's release profile, as cargo reads them from the environment.
const QUICK_TO_BUILD: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "true"),
];

/// Installs programs of a crate into the folder `bin` of `root`. `arguments` go to `cargo install`
/// as they are; `hot` are the crates in which the program spends its time: they are optimised.
///
/// # Errors
///
/// The crate cannot be had or built; cargo has said why.
pub(super) fn cargo_install(package: &str, version: &str, arguments: &[&str], hot: &[&str], root: &Path) -> Result<()> {
    let mut command = process::cargo();
    command.args(["install", package, "--version", version, "--force", "--root"]).arg(root).args(arguments);
    for name in hot {
        command.arg("--config").arg(format!("profile.release.package.{name}.opt-level=1"));
    }
    // One folder for all tools: what they have in common is compiled once.
    command.envs(QUICK_TO_BUILD).env("CARGO_TARGET_DIR", build_folder()?);
    // A flag or target that is meant for the project is not meant for its tools.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
    process::run(&mut command)
}

/// Has npm put packages into the folder `node_modules` of a folder.
///
/// # Errors
///
/// npm cannot have them; it has said why.
pub(super) fn from_npm(npm: &Path, folder: &Path, packages: &[&str]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut install = Command::new(npm);
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(folder).args(packages);
    process::run(&mut install)
}

/// Removes what building tools left behind.
///
/// # Errors
///
/// The folder is there and cannot be removed.
pub(super) fn clean_up() -> Result<()> {
    let folder = build_folder()?;
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Moves programs from one folder into another, each complete or not at all.
///
/// # Errors
///
/// A program is not in `from`, or `to` cannot be written.
pub(super) fn place(programs: &[&str], from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    for program in programs {
        let (source, target) = (from.join(program), to.join(program));
        let unfinished = to.join(format!(".{program}.{}", std::process::id()));
        // Copied first, because a move from another file system is no single step.
        fs::copy(&source, &unfinished)
            .and_then(|_| fs::rename(&unfinished, &target))
            .with_context(|| format!("{} cannot be put at {}", source.display(), target.display()))?;
    }
    Ok(())
}

/// A fresh folder for things on their way to their place, beside that place.
///
/// # Errors
///
/// It cannot be made.
pub(super) fn scratch(name: &str) -> Result<PathBuf> {
    let folder = build_folder()?.join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

fn build_folder() -> Result<PathBuf> {
    Ok(project::target()?.join("tools"))
}
