//! The command `duplex`: its options, what it prints, and when it ends.

mod announce;
mod options;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

use super::Server;
use options::{LogFormat, Options};

/// The id of a process that can be watched.
#[cfg(unix)]
type Process = rustix::process::Pid;
#[cfg(not(unix))]
type Process = std::convert::Infallible;

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
    let log = tracing_subscriber::fmt().with_max_level(options.log).with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
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
    let exit_with = options.exit_with;
    allow_many_descriptors();
    let server = Server::bind(options.config()).await?;
    // Watched from here on: the line below tells others that the server may be ended by a signal.
    let interrupted = interrupted()?;
    let mut out = std::io::stdout();
    write!(out, "{}", announce::lines(&server))
        .and_then(|()| out.flush())
        .context("cannot write to standard output")?;
    let until = async {
        tokio::select! {
            () = interrupted => {}
            () = process_ended(exit_with) => {}
        }
    };
    server.run(until).await;
    Ok(())
}

/// Raises the limit of open files, each connection being one, as far as the system lets it.
#[cfg(unix)]
fn allow_many_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
}

#[cfg(not(unix))]
fn allow_many_descriptors() {}

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
