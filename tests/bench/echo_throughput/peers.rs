//! The servers that are measured, each in a process of its own.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;

/// Our server as it is measured: a name, options, and a query. To measure another way of running it, add a
/// line. The first is the one that the peers are compared with.
const OURS: &[(&str, &[&str], &str)] = &[
    // Without a run in the URL nothing is recorded.
    ("duplex", &[], ""),
    // Recorded until 16 MiB of a connection or 256 MiB in all are full, then counted.
    ("duplex, tapped", &["--tap", "256MiB", "--tap-per-connection", "16MiB"], "?run=0123456789abcdef0123456789abcdef"),
];

/// A bare server on a Rust library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bare {
    Tungstenite,
    Fastwebsockets,
}

/// A server in another language: what it is called, the variable in which `cargo xtask bench` says where its
/// library is, and how it is started.
struct Foreign {
    name: &'static str,
    variable: &'static str,
    command: fn(PathBuf) -> Command,
}

const FOREIGN: [Foreign; 2] = [
    Foreign {
        name: "Node ws",
        variable: "BENCH_NODE_MODULES",
        command: |modules| {
            let mut command = Command::new("node");
            command.args(["--eval", include_str!("node_ws.js")]).env("NODE_PATH", modules);
            command
        },
    },
    Foreign {
        name: "Python websockets",
        variable: "BENCH_PYTHON",
        command: |python| {
            let mut command = Command::new(python);
            command.args(["-c", include_str!("python_websockets.py")]);
            command
        },
    },
];

/// A running server; ended when dropped. Each ends by itself when its standard input does, so none is
/// left behind when this process is ended from outside; ours is told to watch this process.
pub(crate) struct Peer {
    name: String,
    is_ours: bool,
    query: &'static str,
    process: Child,
    address: SocketAddr,
}

impl Peer {
    /// Starts it and waits until it says its address in a line with `http://` or `ws://`.
    fn start(name: &str, is_ours: bool, query: &'static str, mut command: Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let stdout = process.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let mut peer = Self { name: name.to_owned(), is_ours, query, process, address: ([127, 0, 0, 1], 0).into() };
        read?;
        let (_, address) = line.split_once("://").with_context(|| format!("{name} ended or said “{}”", line.trim()))?;
        peer.address = address.trim().trim_end_matches('/').parse().with_context(|| format!("{name} said “{line}”"))?;
        Ok(peer)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is our server, in some way of running it.
    pub(crate) fn is_ours(&self) -> bool {
        self.is_ours
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The query of the WebSocket's URL.
    pub(crate) fn query(&self) -> &'static str {
        self.query
    }

    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Starts our server, and all the peers that there are and that were asked for (all if none was named).
pub(crate) fn start(wanted: &[String]) -> Result<Vec<Peer>> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let mut peers = Vec::new();
    for (index, (name, options, query)) in OURS.iter().enumerate() {
        if index == 0 || is_wanted(name) {
            let mut command = Command::new(env!("CARGO_BIN_EXE_duplex"));
            command.args(["--listen", "127.0.0.1:0", "--no-page", "--log", "off"]);
            command.args(["--exit-with", &std::process::id().to_string()]).args(*options);
            peers.push(Peer::start(name, true, query, command)?);
        }
    }
    for bare in Bare::value_variants() {
        let word = bare.to_possible_value().context("each has a word")?;
        let name = format!("bare {}", word.get_name());
        if is_wanted(&name) {
            let mut command = Command::new(env::current_exe()?);
            command.args(["--serve", word.get_name()]);
            peers.push(Peer::start(&name, false, "", command)?);
        }
    }
    for Foreign { name, variable, command } in FOREIGN.iter().filter(|foreign| is_wanted(foreign.name)) {
        match env::var_os(variable) {
            Some(place) => peers.push(Peer::start(name, false, "", command(place.into()))?),
            None => {
                println!(
                    "{name} is left out: it is not installed (`cargo xtask bench` does, and says so if it cannot)"
                );
            }
        }
    }
    ensure!(peers.len() > 1 || !wanted.is_empty(), "there is nobody to compare with");
    Ok(peers)
}
