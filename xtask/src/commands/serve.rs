//! `cargo xtask serve`: the page and the echo endpoints, from one process. That process takes this
//! one's place, so that signals and the exit code are its own and nothing can be left behind.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::echo_server::{self, DEFAULT_ADDRESS, Occupant};
use crate::{page, process, project, tools};

/// How long the server that a browser is opened on may take to begin.
const OPEN_LIMIT: Duration = Duration::from_secs(15);

/// Builds page and server, and hands over to the server.
///
/// # Errors
///
/// A tool is missing, or something could not be built or started.
pub(crate) fn serve(open: bool, server_arguments: &[String]) -> Result<()> {
    let dist = page::build(&tools::for_the_page()?, &[])?;
    process::run(process::cargo().args(["build", "--release", "--bin", "duplex"]))?;
    let mut server = Command::new(project::built("release", "duplex")?);
    server.args(server_arguments);
    if option(server_arguments, "--page").is_none() && !server_arguments.iter().any(|word| word == "--no-page") {
        server.arg("--page").arg(&dist);
    }
    if open
        && has_display()
        && let Some(address) = address_to_open(option(server_arguments, "--listen").unwrap_or(DEFAULT_ADDRESS))
    {
        open_later(&address)?;
    }
    process::hand_over_to(&mut server)
}

/// Waits for the server at an address, and opens a browser on it.
///
/// # Errors
///
/// The server did not begin in time, or there is no program that opens a browser.
pub(crate) fn open_when_ready(address: &str) -> Result<()> {
    // The process that started this one becomes the server: when that is gone, another is the parent.
    let server = parent_id();
    echo_server::wait_until(address, Occupant::EchoServer, OPEN_LIMIT, || {
        (parent_id() != server).then(|| "the server ended".to_owned())
    })?;
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    process::run(Command::new(opener).arg(format!("http://{address}/")))
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

/// Starts [`open_when_ready`] in a process of its own. A browser is a courtesy: what goes wrong with
/// it is not told.
fn open_later(address: &str) -> Result<()> {
    let own = env::current_exe().context("this program does not know where it lies")?;
    let mut command = Command::new(own);
    command.args(["open-when-ready", address]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).context("the process that opens a browser could not be started")
}

/// Whether there is a screen for a browser.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// The value of an option, written `--name value` or `--name=value`.
fn option<'words>(words: &'words [String], name: &str) -> Option<&'words str> {
    words.iter().enumerate().find_map(|(place, word)| match word.strip_prefix(name)? {
        "" => words.get(place + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

/// Where a browser on this machine reaches a server that listens on an address; `None` where the
/// port is not known beforehand.
fn address_to_open(listen: &str) -> Option<String> {
    let (host, port) = listen.rsplit_once(':')?;
    let host = match host {
        "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    (port != "0").then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_in_both_spellings() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(option(&words("--page x --listen 127.0.0.1:1"), "--listen"), Some("127.0.0.1:1"));
        assert_eq!(option(&words("--listen=127.0.0.1:2"), "--listen"), Some("127.0.0.1:2"));
        assert_eq!(option(&words("--listening 127.0.0.1:3"), "--listen"), None);
        assert_eq!(option(&words("--listen"), "--listen"), None);
    }

    #[test]
    fn a_browser_is_opened_where_it_reaches_the_server() {
        assert_eq!(address_to_open("127.0.0.1:9000").as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(address_to_open("0.0.0.0:80").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(address_to_open("[::]:80").as_deref(), Some("[::1]:80"));
        assert_eq!(address_to_open("127.0.0.1:0"), None);
    }
}
