//! Released programs, as their projects put them on GitHub: the quick way where the network allows
//! it. Every failure here means only that the tool is made in another way.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result};

use super::announce;
use crate::process;

/// Seconds that connecting may take: a network that lets nothing out may not answer at all.
const CONNECT_LIMIT: &str = "3";

/// Whether GitHub answers. Asked once.
pub(super) fn is_reachable() -> bool {
    static REACHABLE: OnceLock<bool> = OnceLock::new();
    *REACHABLE.get_or_init(|| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--head", "--connect-timeout", CONNECT_LIMIT, "--max-time", "10"]);
        curl.arg("https://github.com").stdout(Stdio::null()).stderr(Stdio::null());
        curl.status().is_ok_and(|status| status.success())
    })
}

/// Downloads a `.tar.gz` and unpacks it into a folder that exists.
///
/// # Errors
///
/// It is not there, or `curl` or `tar` are not.
pub(super) fn unpack(url: &str, into: &Path) -> Result<()> {
    announce(&format!("downloading {url}"));
    let archive = into.join("download.tar.gz");
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location", "--connect-timeout", CONNECT_LIMIT]);
    process::run(curl.arg("--output").arg(&archive).arg(url))?;
    process::run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(into))
        .with_context(|| format!("{url} is no archive"))
}

/// The name that releases give to this kind of machine, if they are made for it.
pub(super) const fn target() -> Option<&'static str> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        Some("x86_64-unknown-linux-musl")
    } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
        Some("aarch64-unknown-linux-musl")
    } else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
        Some("x86_64-apple-darwin")
    } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        Some("aarch64-apple-darwin")
    } else {
        None
    }
}
