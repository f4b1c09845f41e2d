//! trunk, which builds the page.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{announce, download, install};
use crate::{process, project};

/// The release that is installed where there is none. A later one is taken as it is.
const VERSION: &str = "0.21.14";

/// An installed trunk.
pub(crate) struct Trunk {
    program: PathBuf,
}

impl Trunk {
    /// Finds trunk, on `PATH` or where cargo puts programs, and installs it if it is missing or too
    /// old.
    ///
    /// # Errors
    ///
    /// It could not be installed.
    pub(super) fn ensure() -> Result<Self> {
        let home = project::cargo_home()?;
        let installed = home.join("bin").join(process::executable("trunk"));
        let found = process::find("trunk").or_else(|| process::is_executable(&installed).then(|| installed.clone()));
        let why = match found.as_deref().map(version) {
            None => "it is not installed".to_owned(),
            Some(Ok(version)) if is_recent_enough(&version) => {
                return Ok(Self { program: found.context("a version was read from it")? });
            }
            Some(Ok(version)) => format!("version {version} is too old"),
            Some(Err(error)) => format!("the one there does not work: {error:#}"),
        };
        announce(&format!("trunk {VERSION} builds the page, and {why}"));
        if let Err(error) = fetch(&home.join("bin")) {
            announce(&format!("building trunk with cargo, about three minutes on two cores ({error:#})"));
            // Without `update_check`: nothing here asks the network unasked.
            let arguments = ["--locked", "--no-default-features", "--features", "rustls"];
            install::cargo_install("trunk", VERSION, &arguments, &[], &home)?;
        }
        let program = process::find("trunk").filter(|program| version(program).is_ok_and(|it| is_recent_enough(&it)));
        Ok(Self { program: program.unwrap_or(installed) })
    }

    /// A command that runs it.
    pub(crate) fn command(&self) -> Command {
        command(&self.program)
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    // By its convention any value of NO_COLOR counts; trunk takes only `true` and `false`.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        command.env("NO_COLOR", "true");
    } else {
        command.env_remove("NO_COLOR");
    }
    command
}

/// Downloads the released program.
fn fetch(bin: &Path) -> Result<()> {
    let target = download::target().context("there is no release for this kind of machine")?;
    if !download::is_reachable() {
        bail!("GitHub cannot be reached, so its release cannot be downloaded");
    }
    let scratch = install::scratch("trunk")?;
    let url = format!("https://github.com/trunk-rs/trunk/releases/download/v{VERSION}/trunk-{target}.tar.gz");
    download::unpack(&url, &scratch)?;
    version(&scratch.join("trunk"))?;
    install::place(&["trunk"], &scratch, bin)
}

fn version(program: &Path) -> Result<String> {
    let printed = process::output(command(program).arg("--version"))?;
    Ok(printed.rsplit(' ').next().unwrap_or_default().to_owned())
}

/// Compares the numbers of a version with those of [`VERSION`].
fn is_recent_enough(version: &str) -> bool {
    let numbers = |version: &str| {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        release.split('.').map(str::parse::<u32>).collect::<Result<Vec<_>, _>>()
    };
    match (numbers(version), numbers(VERSION)) {
        (Ok(found), Ok(wanted)) => found >= wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_release_will_do_and_an_older_one_will_not() {
        for version in [VERSION, "0.21.15", "0.22.1", "1.0.0"] {
            assert!(is_recent_enough(version), "{version}");
        }
        for version in ["0.21.13", "0.9.99", "", "unknown"] {
            assert!(!is_recent_enough(version), "{version}");
        }
    }
}
