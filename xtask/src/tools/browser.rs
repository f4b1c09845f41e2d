//! Chromium (or Chrome) with its driver, and Firefox, for the tests. Those that are there are used; only
//! where there is none, and only with the rights to do so, Debian's packages are installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::announce;
use crate::process;

/// Names of the browser on `PATH`.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Where the browser is on macOS.
const MAC_APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Debian's packages of browser and driver.
const CHROMIUM: Packages = Packages {
    names: "chromium chromium-driver",
    what: "Chromium and its driver",
    variables: "CHROME and CHROMEDRIVER",
};

/// Debian's package of Firefox.
const FIREFOX: Packages = Packages { names: "firefox-esr", what: "Firefox", variables: "FIREFOX" };

/// Names of Firefox on `PATH`.
const FIREFOX_NAMES: [&str; 2] = ["firefox", "firefox-esr"];

/// Where Firefox is on macOS.
const MAC_FIREFOX: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";

/// What the tests need of Debian's packages.
struct Packages {
    names: &'static str,
    what: &'static str,
    /// The environment variables that name what is there already.
    variables: &'static str,
}

/// An installed browser with a driver of the same version.
pub(crate) struct Browser {
    /// The browser.
    pub(crate) chrome: PathBuf,
    /// Its driver, which speaks WebDriver.
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// Finds browser and driver (by the environment variables `CHROME` and `CHROMEDRIVER`, on
    /// `PATH`, among macOS's applications), and installs them if they are missing.
    ///
    /// # Errors
    ///
    /// One is missing and could not be installed, or they do not belong together; the error says
    /// what to do.
    pub(crate) fn ensure() -> Result<Self> {
        if find_chrome()?.is_none() || find_driver()?.is_none() {
            CHROMIUM.install()?;
        }
        let chrome = find_chrome()?
            .context("there is no Chrome or Chromium: install one, or name it in the environment variable CHROME")?;
        let driver = find_driver()?.with_context(|| {
            let major = major_version(&chrome).unwrap_or_else(|_| "the same version".into());
            format!(
                "there is no chromedriver: install the one for {} ({major}), or name it in the environment \
                 variable CHROMEDRIVER",
                chrome.display()
            )
        })?;
        let (browser, drives) = (major_version(&chrome)?, major_version(&driver)?);
        if browser != drives {
            bail!(
                "{} drives version {drives} of the browser, but {} is version {browser}: install the driver of \
                 version {browser}, or name another browser or driver in the environment variables CHROME and \
                 CHROMEDRIVER",
                driver.display(),
                chrome.display()
            );
        }
        Ok(Self { chrome, driver })
    }
}

/// Finds Firefox (by the environment variable `FIREFOX`, on `PATH`, among macOS's applications), and
/// installs it if it is missing.
///
/// # Errors
///
/// It is missing and could not be installed; the error says what to do.
pub(crate) fn firefox() -> Result<PathBuf> {
    if find_firefox()?.is_none() {
        FIREFOX.install()?;
    }
    find_firefox()?.context("there is no Firefox: install it, or name it in the environment variable FIREFOX")
}

fn find_firefox() -> Result<Option<PathBuf>> {
    if let Some(named) = named_by("FIREFOX")? {
        return Ok(Some(named));
    }
    let application = || Some(PathBuf::from(MAC_FIREFOX)).filter(|path| process::is_executable(path));
    Ok(FIREFOX_NAMES.into_iter().find_map(process::find).or_else(application))
}

fn find_chrome() -> Result<Option<PathBuf>> {
    if let Some(named) = named_by("CHROME")? {
        return Ok(Some(named));
    }
    let application = || MAC_APPLICATIONS.iter().map(PathBuf::from).find(|path| process::is_executable(path));
    Ok(NAMES.into_iter().find_map(process::find).or_else(application))
}

fn find_driver() -> Result<Option<PathBuf>> {
    if let Some(named) = named_by("CHROMEDRIVER")? {
        return Ok(Some(named));
    }
    Ok(process::find("chromedriver"))
}

/// The program that an environment variable names.
fn named_by(variable: &str) -> Result<Option<PathBuf>> {
    let Some(value) = env::var_os(variable).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(value);
    let found = if path.components().count() > 1 { Some(path.clone()) } else { process::find(&path.to_string_lossy()) };
    match found.filter(|path| process::is_executable(path)) {
        Some(program) => Ok(Some(program)),
        None => bail!("the environment variable {variable} names “{}”, which is no program", path.display()),
    }
}

impl Packages {
    /// Installs them, as root.
    fn install(&self) -> Result<()> {
        let Self { names, what, variables } = self;
        let install = format!("apt-get install --yes --no-install-recommends {names}");
        let is_root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
        if process::find("apt-get").is_none() {
            bail!("the browser tests need {what}: install it, or name what is there in {variables}");
        }
        if !is_root {
            bail!("the browser tests need {what}: run `sudo {install}` and try again");
        }
        announce(&format!("the browser tests need {what}, and it is not installed: taking it from apt"));
        let apt = |arguments: &str| {
            let mut words = arguments.split(' ');
            let mut command = Command::new(words.next().unwrap_or_default());
            process::run(command.args(words).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        apt("apt-get update --quiet=2")?;
        apt(&install)
    }
}

/// The first number that `--version` prints.
fn major_version(program: &Path) -> Result<String> {
    let printed = process::output(Command::new(program).arg("--version"))?;
    let major = first_number(&printed);
    major.map(str::to_owned).with_context(|| format!("`{} --version` prints no version", program.display()))
}

/// The digits before the first dot of `Chromium 156.0.8078.73 built on Debian`.
fn first_number(printed: &str) -> Option<&str> {
    printed.split_whitespace().find_map(|word| {
        let (major, _) = word.split_once('.')?;
        major.bytes().all(|byte| byte.is_ascii_digit()).then_some(major).filter(|major| !major.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_browser_and_driver() {
        let printed = [
            "Chromium 156.0.8078.73 built on Debian GNU/Linux 12 (bookworm)",
            "Google Chrome 156.0.8078.73 ",
            "ChromeDriver 156.0.8078.73 (5bc1a1e0-refs/branch-heads/8078@{#1})",
        ];
        for line in printed {
            assert_eq!(first_number(line), Some("156"), "{line}");
        }
        assert_eq!(first_number("no such option"), None);
    }
}
