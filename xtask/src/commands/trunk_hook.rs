//! What trunk calls before each build (see `Trunk.toml`): sees to it that a page served by
//! `trunk serve` has an echo server to talk to, without the internet and without a second terminal.
//!
//! The server that it starts ends with the trunk that it was started for; its output is in
//! `target/echo-server.log`. It is not restarted when its sources change: that takes a new
//! `trunk serve`. A build without a page that is served, and a release build, get no server.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::echo_server::{self, DEFAULT_ADDRESS, Occupant};
use crate::{process, project};

/// How long a server whose trunk is gone may take to notice. It looks once a second.
const LEAVE_LIMIT: Duration = Duration::from_secs(8);

/// Starts an echo server beside a `trunk serve` that has none.
///
/// # Errors
///
/// The server could not be built. That it could not be started is told and no more: the page is
/// built all the same, and can speak to other servers.
pub(crate) fn trunk_hook() -> Result<()> {
    let Some(trunk) = serving_trunk() else { return Ok(()) };
    let owner_file = project::target()?.join("echo-server.owner");
    match echo_server::occupant(DEFAULT_ADDRESS) {
        Occupant::EchoServer if is_about_to_end(&owner_file, trunk) => {
            echo_server::wait_until(DEFAULT_ADDRESS, Occupant::Nobody, LEAVE_LIMIT, || None)?;
        }
        Occupant::EchoServer => return Ok(()),
        Occupant::Somebody => {
            eprintln!("xtask: no echo server beside this page, because another program listens on {DEFAULT_ADDRESS}");
            return Ok(());
        }
        Occupant::Nobody => {}
    }
    // With `--examples`, of which there are none, the server shares what the tests have compiled.
    process::run(process::cargo().args(["build", "--bin", "duplex", "--examples"]))?;
    let (program, log) = (project::built("debug", "duplex")?, project::target()?.join("echo-server.log"));
    fs::write(&owner_file, trunk.to_string()).with_context(|| format!("{} cannot be written", owner_file.display()))?;
    match echo_server::start_beside(trunk, &program, &log) {
        Ok(()) => eprintln!("xtask: an echo server listens on http://{DEFAULT_ADDRESS} until trunk ends"),
        Err(error) => eprintln!("xtask: no echo server beside this page: {error:#}"),
    }
    Ok(())
}

/// The trunk that calls, if it serves a debug build.
fn serving_trunk() -> Option<u32> {
    if env::var_os("TRUNK_PROFILE").is_none_or(|profile| profile != "debug") {
        return None;
    }
    // On unix, rustup and `cargo run` each become the program that they run, so trunk is the parent.
    let parent = parent_id()?;
    words_of(parent)?.iter().any(|word| word == "serve").then_some(parent)
}

#[cfg(unix)]
fn parent_id() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

/// Without a process that the server could end with, none is started: an orphan would stay.
#[cfg(not(unix))]
fn parent_id() -> Option<u32> {
    None
}

/// The words that a process was started with.
fn words_of(process: u32) -> Option<Vec<String>> {
    if let Ok(words) = fs::read(format!("/proc/{process}/cmdline")) {
        return Some(words.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect());
    }
    let id = process.to_string();
    let line = process::output(Command::new("ps").args(["-o", "args=", "-p", &id])).ok()?;
    Some(line.split_whitespace().map(str::to_owned).collect())
}

/// Whether the server that answers was started for a trunk that is gone.
fn is_about_to_end(owner_file: &Path, trunk: u32) -> bool {
    let owner = fs::read_to_string(owner_file).ok().and_then(|text| text.trim().parse::<u32>().ok());
    owner.is_some_and(|owner| owner != trunk && !is_alive(owner))
}

/// Whether a process runs.
fn is_alive(process: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-0", &process.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    Path::new("/proc").join(process.to_string()).exists() || kill.status().is_ok_and(|status| status.success())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn reads_the_words_of_a_process() {
        let words = words_of(std::process::id()).expect("this process runs");
        let program = env::args().next().expect("this process has a name");
        assert!(words.contains(&program), "{words:?}");
    }

    #[test]
    fn tells_a_process_that_runs_from_one_that_ended() {
        assert!(is_alive(std::process::id()));
        let mut ended = Command::new("true").spawn().expect("every unix has it");
        let id = ended.id();
        ended.wait().expect("it ends by itself");
        assert!(!is_alive(id));
    }
}
