//! The server as a process of its own, and what the system says of it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

/// A running server; ended when dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it with these options and waits until it is ready. It takes as many connections as the system
    /// lets it, and sends no ping during a measurement unless told otherwise.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duplex"));
        command.args(["--listen", "127.0.0.1:0", "--no-page", "--no-links", "--log", "error"]);
        command.args(["--max-connections", "100000", "--max-per-address", "100000"]);
        command.args(["--exit-with", &std::process::id().to_string()]).args(arguments);
        if !arguments.contains(&"--idle-time") {
            command.args(["--idle-time", "3600"]);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().context("the server cannot be started")?;
        let stdout = process.stdout.take().context("its output is piped")?;
        let mut server = Self { process, address: ([127, 0, 0, 1], 0).into() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let (_, address) = line.split_once("://").with_context(|| format!("the server said “{}”", line.trim()))?;
        server.address = address.trim().trim_end_matches('/').parse()?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its proportional set size, in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.process.id());
        let text = std::fs::read_to_string(&path).with_context(|| format!("{path} is needed, which Linux has"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("there is no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Raises this process's limit of open files; the server raises its own.
pub(crate) fn allow_descriptors(needed: u64) -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let allowed = limit.maximum.unwrap_or(u64::MAX);
    ensure!(allowed >= needed, "{needed} open files are needed and {allowed} allowed: see `ulimit -Hn`, or use --idle");
    setrlimit(Resource::Nofile, limit).context("the limit of open files cannot be raised")
}

/// How busy the machine is.
pub(crate) fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load {} on {processors} processors", load.split(' ').next().unwrap_or("unknown"))
}
