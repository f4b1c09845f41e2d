//! How fast the WebSocket echo is, beside other servers: the same client against each, in turn, in the same
//! run. `cargo xtask bench echo_throughput` builds and installs what it needs and runs it.
//!
//! How to read it:
//!
//! - The peers are the smallest echo servers that one would write with a library, each in a process of its
//!   own: bare tokio-tungstenite and fastwebsockets on tokio's runtime with as many threads as ours, `ws`
//!   on Node, `websockets` on Python. None does what ours does besides (evidence, meter, limits).
//! - Each round measures every server for the same time, one after the other, on fresh connections; who
//!   begins changes with the round. A figure is the median of the rounds' figures, before their least and
//!   greatest. Ratios are taken round by round, so that what slows a machine down for a while counts
//!   for both.
//! - *Throughput*: each connection keeps a number of messages under way. `CPU` is the server's own processor
//!   time for a message, on Linux; it depends little on what else the machine does. `client` is the share
//!   of one processor that the client took: near 100 % it, and not the server, sets the limit, and the
//!   ratio of the throughputs says too little.
//! - *Round trips*: one message under way on one connection. Ratios below 1 say that ours is quicker.
//! - Every byte of every reply is compared with what was sent.
//!
//! A goal that is not met is told, and is no error; a server that gives back something else is one.

mod bare;
mod client;
mod figures;
mod peers;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use client::{Load, Measured};
use figures::{Spread, load};
use peers::{Bare, Peer};

/// Measures the WebSocket echo beside other servers.
#[derive(Parser)]
struct Options {
    /// How often each server is measured in each case.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// How long each is measured in each round, in ms, after a fifth of that to warm up.
    #[arg(long, default_value_t = 700, value_parser = clap::value_parser!(u64).range(50..=10_000))]
    time: u64,
    /// Only servers whose name contains one of these; ours is always there.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// Only cases whose name contains one of these, as in "16 KiB".
    #[arg(long, value_delimiter = ',')]
    cases: Vec<String>,
    /// What cargo says when it runs benchmarks, and does not say when it runs tests.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be one of the bare servers.
    #[arg(long, hide = true)]
    serve: Option<Bare>,
}

/// The cases. The last one has one message under way and is told as round trips.
const CASES: [Load; 4] = [
    Load { connections: 100, payload: 64, under_way: 32 },
    Load { connections: 10, payload: 16 << 10, under_way: 16 },
    Load { connections: 4, payload: 1 << 20, under_way: 4 },
    Load { connections: 1, payload: 64, under_way: 1 },
];

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(bare) = options.serve {
        return bare::serve(bare);
    }
    if !options.bench {
        println!("a benchmark: run it with `cargo xtask bench echo_throughput`");
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    println!("{}", load());
    let peers = peers::start(&options.peers)?;
    println!("{} rounds of {} ms for each server in each case\n", options.rounds, options.time);
    for case in CASES {
        let name = case.to_string();
        if options.cases.is_empty() || options.cases.iter().any(|wanted| name.contains(wanted.as_str())) {
            let rounds = rounds(case, &peers, options).await.with_context(|| name.clone())?;
            println!("{name}");
            match case.under_way {
                1 => tell_round_trips(&peers, &rounds),
                _ => tell_throughput(case, &peers, &rounds),
            }
            println!();
        }
    }
    println!("{}", load());
    Ok(())
}

/// Measures a case; gives for each round what each server did.
async fn rounds(case: Load, peers: &[Peer], options: &Options) -> Result<Vec<Vec<Measured>>> {
    let time = Duration::from_millis(options.time);
    let mut rounds = Vec::new();
    for round in 0..options.rounds as usize {
        let mut of_round = vec![Measured::default(); peers.len()];
        for place in 0..peers.len() {
            let index = (place + round) % peers.len();
            let peer = &peers[index];
            let measured = client::measure(case, peer, time).await;
            of_round[index] = measured.with_context(|| format!("{} failed", peer.name()))?;
        }
        rounds.push(of_round);
    }
    Ok(rounds)
}

fn tell_throughput(case: Load, peers: &[Peer], rounds: &[Vec<Measured>]) {
    println!(
        "  {:24}{:>12}{:>10}  {:22}{:>12}{:>8}  {:20}",
        "", "messages/s", "MB/s", "ours / theirs", "CPU µs/msg", "client", "CPU: ours / theirs"
    );
    for (index, peer) in peers.iter().enumerate() {
        let of = |pick: fn(&Measured) -> f64| Spread::of(rounds.iter().map(|round| pick(&round[index])));
        // Against the first, which is ours as it is started without further options.
        let against =
            |pick: fn(&Measured) -> f64| Spread::of(rounds.iter().map(|round| pick(&round[0]) / pick(&round[index])));
        let rate = of(Measured::rate).median;
        let ratio = against(Measured::rate);
        println!(
            "  {:24}{rate:>12.0}{:>10.0}  {:22}{:>12.2}{:>7.0} %  {:20}{}",
            peer.name(),
            rate * case.payload as f64 / 1e6,
            if index == 0 { String::new() } else { ratio.to_string() },
            of(Measured::server_cpu).median,
            100.0 * of(Measured::client_share).median,
            if index == 0 { String::new() } else { against(Measured::server_cpu).to_string() },
            if index == 0 || peer.is_ours() { "" } else { verdict(ratio.median >= 1.0) },
        );
    }
}

fn tell_round_trips(peers: &[Peer], rounds: &[Vec<Measured>]) {
    println!("  {:24}{:>10}{:>10}  {:22}{:22}", "", "median µs", "p99 µs", "ours / theirs", "p99: ours / theirs");
    for (index, peer) in peers.iter().enumerate() {
        let of = |share: f64| Spread::of(rounds.iter().map(|round| round[index].quantile(share)));
        let against =
            |share: f64| Spread::of(rounds.iter().map(|round| round[0].quantile(share) / round[index].quantile(share)));
        let [ratio, worst] =
            [0.5, 0.99].map(|share| if index == 0 { String::new() } else { against(share).to_string() });
        println!("  {:24}{:>10.1}{:>10.1}  {ratio:22}{worst:22}", peer.name(), of(0.5).median, of(0.99).median);
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "at least as fast" } else { "SLOWER" }
}
