//! What many idle WebSockets cost the server, how it serves others beside them, and beside clients that mean ill.
//! `cargo xtask bench idle_load` runs it; it takes some minutes, so it only runs when it is named. It needs Linux.
//!
//! How to read it:
//!
//! - *Idle*: so many WebSockets are opened and say nothing, then each sends one message. The figure is what the
//!   server's proportional set size (`Pss` of `/proc/<pid>/smaps_rollup`, proc_pid_smaps(5)) grew by, divided by
//!   their number; a few connections are made before, so that what is needed once does not count. What the
//!   kernel keeps for a socket is not in it. A run id in the URL has the server keep books on the connection.
//! - *Load*: beside the idle ones, connections over HTTP with keep-alive and WebSockets send a message and wait for
//!   its echo, over and over. Every byte is compared. Server and client share the machine and the client has one
//!   thread, so the times contain the wait for a processor; the load of the machine is told.
//! - *Attackers*: the same load beside clients that send a head or a body byte by byte, and clients that ask for
//!   answers of 1 MiB and read none. First with limits under which they stay, then with
//!   short ones: when each was let go is told, counted from its beginning.
//! - At the end every idle connection has to answer a ping.
//!
//! A goal that is not met is told, and is no error; a lost or wrong message is one, and so is a lost connection.

mod attack;
mod client;
mod idle;
mod load;
mod server;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use attack::{Attackers, Kind};
use clap::Parser;
use idle::Idle;
use load::Figures;
use server::Server;

/// What an idle connection may take with the tap off, in KiB.
const GOAL: f64 = 16.0;

/// Measures idle connections, and a load beside them and beside attackers.
#[derive(Parser)]
struct Options {
    /// How many idle WebSockets there are.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    idle: u32,
    /// How long each load lasts, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How many connections of each protocol the load has.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// What cargo says when it runs benchmarks, and does not say when it runs tests.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.bench {
        println!("a benchmark: run it with `cargo xtask bench idle_load`");
        return Ok(());
    }
    let needed = u64::from(options.idle + 2 * options.connections) + Attackers::COUNT as u64 + 200;
    server::allow_descriptors(needed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    println!("{} idle WebSockets: the server's memory for each, in KiB", options.idle);
    println!("  {:24}{:>8}{:>22}", "", "idle", "after one message");
    for (tap, arguments) in [("tap off", &["--tap", "0"][..]), ("tap on", &[])] {
        for with_run in [false, true] {
            let name = format!("{tap}, {}", if with_run { "with a run id" } else { "without a run id" });
            tell_memory(options, &name, arguments, with_run).await.with_context(|| name.clone())?;
        }
    }
    let seconds = options.seconds;
    for (tap, arguments) in [("tap off", &["--tap", "0"][..]), ("tap on", &[])] {
        println!("\n{seconds} s of load beside {} idle WebSockets, {tap}", options.idle);
        beside_idle(options, arguments, false).await.with_context(|| format!("the load with the {tap}"))?;
    }
    println!("\n{seconds} s of load beside {} idle WebSockets and {}", options.idle, Attackers::description());
    beside_idle(options, &[], true).await.context("the load beside attackers")?;
    println!("\nthe same attackers under limits of {LIMIT} s, beside the load alone");
    let_go(options).await.context("the attackers under short limits")
}

async fn tell_memory(options: &Options, name: &str, arguments: &[&str], with_run: bool) -> Result<()> {
    let server = Server::start(arguments)?;
    let warm = Idle::open(server.address(), 20, with_run).await?;
    let before = server.memory()?;
    let mut idle = Idle::open(server.address(), options.idle, with_run).await?;
    let each = |now: u64| (now.saturating_sub(before)) as f64 / f64::from(options.idle);
    let silent = each(server.memory()?);
    idle.say_one_thing().await?;
    let spoken = each(server.memory()?);
    let verdict = match name.contains("off") {
        true if silent <= GOAL => "met (goal: 16 or less)",
        true => "NOT MET (goal: 16 or less)",
        false => "",
    };
    println!("  {name:24}{silent:>8.1}{spoken:>22.1}  {verdict}");
    drop((warm, idle));
    Ok(())
}

async fn beside_idle(options: &Options, arguments: &[&str], attacked: bool) -> Result<()> {
    // As long as the load lasts, nobody is let go.
    let patient = ["--head-time", "7200", "--body-time", "7200"];
    let server = Server::start(&[arguments, &patient].concat())?;
    let mut idle = Idle::open(server.address(), options.idle, false).await?;
    let attackers = if attacked { Some(Attackers::begin(server.address()).await?) } else { None };
    println!("  {}", server::machine());
    let time = Duration::from_secs(options.seconds);
    let figures = load::run(server.address(), options.connections, time).await?;
    println!("  {}, server {} MiB", server::machine(), server.memory()? / 1024);
    tell(&figures, options);
    if let Some(attackers) = attackers {
        println!("  {} of {} attackers were still there", attackers.still_there(), Attackers::COUNT);
    }
    idle.ping().await.context("an idle connection")?;
    println!("  all {} idle ones answer a ping", options.idle);
    Ok(())
}

/// The limits under which attackers are let go, in seconds.
const LIMIT: u64 = 5;
/// How late that may be, in seconds: attackers look once a second, and the machine is busy.
const SLACK: u64 = 5;

async fn let_go(options: &Options) -> Result<()> {
    let limit = LIMIT.to_string();
    let server = Server::start(&["--head-time", &limit, "--body-time", &limit, "--idle-time", &limit])?;
    let attackers = Attackers::begin(server.address()).await?;
    println!("  {}", server::machine());
    let figures = load::run(server.address(), options.connections, Duration::from_secs(LIMIT + SLACK + 2)).await?;
    println!("  {}", server::machine());
    tell(&figures, options);
    let ended = attackers.ended();
    for kind in Kind::ALL {
        let times: Vec<f64> = ended.iter().filter(|end| end.kind == kind).map(|end| end.after.as_secs_f64()).collect();
        let (least, most) = times.iter().fold((f64::MAX, 0.0), |(least, most), &at| (at.min(least), at.max(most)));
        println!("  {:24}{} of {} let go, after {least:.1} to {most:.1} s", kind.name(), times.len(), kind.count());
        ensure!(times.len() == kind.count(), "some of the {} were not let go", kind.name());
        ensure!(least > LIMIT as f64 - 1.0, "some of the {} were let go too early", kind.name());
    }
    Ok(())
}

fn tell(figures: &[Figures], options: &Options) {
    println!("  {:24}{:>12}{:>12}{:>10}{:>10}{:>10}", "", "messages", "messages/s", "p50 ms", "p99 ms", "max ms");
    for figures in figures {
        let name = format!("{} × {}", options.connections, figures.protocol);
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| f64::from(figures.quantile(share)) / 1000.0);
        println!("  {name:24}{:>12}{:>12.0}{p50:>10.2}{p99:>10.2}{max:>10.1}", figures.count(), figures.rate());
    }
}
