//! The command `duplex`: its options, and what it prints.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use tracing_subscriber::filter::LevelFilter;

use super::{Config, Server};
use crate::wire::DEFAULT_ADDRESS;

/// The echo server of Duplex. It serves the page that makes HTTP and WebSocket visible, and gives
/// back whatever is sent to it over either, so that there is real traffic to look at.
///
/// Start it, then open the address that it prints in a browser. Press Ctrl-C to end it.
#[derive(Debug, Parser)]
#[command(name = "duplex", version)]
struct Options {
    /// Where to listen. With 127.0.0.1 only this machine can use it; with 0.0.0.0 every machine that
    /// reaches this one can. Port 0 takes any free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = DEFAULT_ADDRESS, value_parser = address)]
    listen: SocketAddr,

    /// The folder with the built page; `cargo xtask dist` makes it.
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    page: PathBuf,

    /// Serve the echo endpoints alone, without the page.
    #[arg(long, conflicts_with = "page")]
    no_page: bool,

    /// The largest request body, in bytes or with a unit (KiB, MiB); a larger one gets a 413.
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    max_body: u64,

    /// The largest WebSocket message, in bytes or with a unit; a larger one gets a close 1009.
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    max_message: u64,

    /// How much to tell on standard error: off, error, warn, info, debug or trace. What is sent and
    /// echoed is never told.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,

    /// End when the process with this id has ended, on Unix (for build tools).
    #[arg(long, value_name = "PID", value_parser = process)]
    exit_with: Option<Process>,
}

/// The id of a process that can be watched.
#[cfg(unix)]
type Process = rustix::process::Pid;
#[cfg(not(unix))]
type Process = std::convert::Infallible;

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("give an IP address and a port, such as {DEFAULT_ADDRESS} or [::1]:9000"))
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: Option<u64> = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        "g" | "gib" => Some(1 << 30),
        _ => None,
    };
    let count = digits.trim().parse().ok().zip(unit).and_then(|(count, unit): (u64, _)| count.checked_mul(unit));
    count.ok_or_else(|| "give a number of bytes, such as 65536, 64KiB or 16MiB".to_owned())
}

#[cfg(unix)]
fn process(text: &str) -> Result<rustix::process::Pid, String> {
    let id = text.parse().ok().filter(|&id| id > 0).and_then(rustix::process::Pid::from_raw);
    id.ok_or_else(|| "give the id of a process, a positive number".to_owned())
}

/// Runs the command to its end. Prints on standard output, when it is ready, one line with its
/// address: `Duplex is at http://127.0.0.1:9000/`.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt().with_max_level(options.log).with_writer(std::io::stderr).init();
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("duplex: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(options: Options) -> anyhow::Result<()> {
    let page = (!options.no_page).then_some(options.page);
    let (max_body, max_message) = (options.max_body, options.max_message);
    let server = Server::bind(Config { page, max_body, max_message, ..Config::new(options.listen) }).await?;
    // Watched from here on: the line below tells others that the server may be ended by a signal.
    let interrupted = interrupted()?;
    let mut out = std::io::stdout();
    writeln!(out, "Duplex is at http://{}/", server.address())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")?;
    let until = async {
        tokio::select! {
            () = interrupted => {}
            () = process_ended(options.exit_with) => {}
        }
    };
    server.run(until).await;
    Ok(())
}

/// Resolves on Ctrl-C and on a `SIGTERM`.
#[cfg(unix)]
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let watch = |kind| signal(kind).context("cannot watch for signals");
    let (mut interrupt, mut terminate) = (watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on Ctrl-C.
#[cfg(not(unix))]
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("cannot watch for Ctrl-C")?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Resolves within a second or so after a process has ended; never without one.
#[cfg(unix)]
async fn process_ended(process: Option<Process>) {
    let Some(process) = process else {
        return std::future::pending().await;
    };
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        // A process of another user cannot be signalled, but is there.
        if rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH) {
            return;
        }
    }
}

#[cfg(not(unix))]
async fn process_ended(_: Option<Process>) {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!(size("65536"), Ok(65536));
        assert_eq!(size("16MiB"), Ok(16 << 20));
        assert_eq!(size("2 k"), Ok(2048));
        for wrong in ["", "MiB", "-1", "16MB", "1.5m", "99999999999g"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
