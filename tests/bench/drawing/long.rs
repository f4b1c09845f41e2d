//! A long run that the built page opens, pans and zooms.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::input::{DispatchMouseEventParams, DispatchMouseEventType};
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};

use crate::tab::Tab;
use crate::{peers, recorded, spread, verdict};

const WATCH: &str = include_str!("opening.js");
/// The recorded run's file.
const FILE: &str = "long.json";
/// How long opening may take, and how long a frame may, in ms.
const GOALS: (f64, f64) = (1_000.0, 32.0);
/// The wheel's events for each way to move, one a frame of 60 Hz.
const EVENTS: u32 = 120;
const EVERY: Duration = Duration::from_micros(16_667);
/// Ctrl, in the browser's numbers.
const CTRL: i64 = 2;

/// Times in ms.
#[derive(Debug, Deserialize)]
struct Opening {
    /// From the choice of the file until its bytes were there.
    read: f64,
    /// Until the frame with both diagrams was painted.
    drawn: f64,
    /// The longest task of the main thread.
    longest: f64,
}

#[derive(Debug, Deserialize)]
struct Frames {
    gaps: Vec<f64>,
    /// Where the window is, and how high what it shows.
    top: f64,
    height: f64,
}

pub(crate) async fn measure(tab: &Tab, folder: &Path, messages: u32, rounds: u32) -> Result<()> {
    let file = folder.join(FILE);
    let trace = recorded::of_messages(messages);
    let bytes = recorded::save(&trace, &file)?;
    println!(
        "\nA recorded run of {} messages, {:.1} MB of JSON, in the page",
        trace.messages.len(),
        bytes as f64 / 1e6
    );
    let mut all = Vec::new();
    for _ in 0..rounds {
        all.push(open(tab, &file).await?);
    }
    let line = |what: &str, pick: fn(&Opening) -> f64| {
        let (middle, words) = spread(all.iter().map(pick).collect(), 0);
        print!("  {what:52}{words:24}");
        middle
    };
    line("file chosen to its bytes read, ms", |one| one.read);
    println!();
    line("longest task, ms", |one| one.longest);
    println!();
    let drawn = line("file chosen to both diagrams painted, ms", |one| one.drawn);
    println!("{} (goal: under {} ms)", verdict(drawn < GOALS.0), GOALS.0);
    println!("  frames while the wheel turns, {EVENTS} events each (goal: none over {} ms)", GOALS.1);
    moves(tab, "folded").await?;
    let unfolded = unfold(tab).await?;
    println!("    {:50}{unfolded:.0} ms", "all unfolded");
    moves(tab, "unfolded").await?;
    stages(tab).await
}

/// Opens the file by the page's own input.
async fn open(tab: &Tab, file: &Path) -> Result<Opening> {
    tab.go("/?lab=exchange").await?;
    tab.ask::<bool>(&format!("({WATCH})()"), Duration::from_secs(30)).await?;
    let input = EvaluateParams::new("document.querySelector('.take-away input[type=file]')");
    let input = tab.page.execute(input).await?.result.result.object_id.clone();
    let input = input.context("the page has an input for files")?;
    let file = file.to_str().context("the file's name is in Unicode")?;
    let choice = SetFileInputFilesParams::builder().files([file]).object_id(input).build();
    let choice = choice.map_err(anyhow::Error::msg)?;
    tab.page.execute(choice).await?;
    tab.ask("window.opening.drawn", Duration::from_secs(120)).await
}

/// Has everything unfolded; gives how long that takes, in ms.
async fn unfold(tab: &Tab) -> Result<f64> {
    tab.ask("window.opening.timed(() => document.querySelector('.tools .folding').click())", Duration::from_secs(60))
        .await
}

/// Pans, zooms in, pans there, and zooms out.
async fn moves(tab: &Tab, state: &str) -> Result<()> {
    for (what, ctrl, delta) in [
        ("panning", false, 60.0),
        ("zooming in", true, -12.0),
        ("panning there", false, 60.0),
        ("zooming out", true, 24.0),
        ("panning from afar", false, 60.0),
    ] {
        let (before, after) = wheel(tab, ctrl, delta).await?;
        let over = after.gaps.iter().filter(|gap| **gap > GOALS.1).count();
        let (_, words) = spread(after.gaps.clone(), 0);
        let moved = if ctrl {
            format!("to {:.0} px from {:.0}", after.height, before.height)
        } else {
            format!("by {:.0} px of {:.0}", after.top - before.top, after.height)
        };
        println!(
            "    {:52}{words:16}{over:>3} of {:<5}{:8}{moved}",
            format!("{state}, {what}: gaps in ms; over {} ms", GOALS.1),
            after.gaps.len(),
            verdict(over == 0)
        );
    }
    Ok(())
}

/// Turns the wheel over the first diagram; gives what was there before, and the frames meanwhile.
async fn wheel(tab: &Tab, ctrl: bool, delta: f64) -> Result<(Frames, Frames)> {
    let patience = Duration::from_secs(60);
    let at: (f64, f64) = tab.ask("window.opening.middle()", patience).await?;
    let before: Frames = tab.ask("window.opening.begin()", patience).await?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for _ in 0..EVENTS {
        ticks.tick().await;
        let event = DispatchMouseEventParams::builder()
            .r#type(DispatchMouseEventType::MouseWheel)
            .x(at.0)
            .y(at.1)
            .delta_x(0.0)
            .delta_y(delta)
            .modifiers(if ctrl { CTRL } else { 0 });
        tab.page.execute(event.build().map_err(anyhow::Error::msg)?).await?;
    }
    let after: Frames = tab.ask("window.opening.end()", patience).await?;
    ensure!(!after.gaps.is_empty(), "there were no frames");
    Ok((before, after))
}

/// The steps on the way, by the page's code outside of the page.
async fn stages(tab: &Tab) -> Result<()> {
    peers::open(tab).await?;
    let stages: Vec<f64> = tab.ask(&format!("window.bench.stages('{FILE}')"), Duration::from_secs(120)).await?;
    println!("  the same code outside of the page, in ms");
    let names = [
        "JSON to a record",
        "times brought together",
        "two plans, folded",
        "two plans, open",
        "four scenes",
        "chart of exchanges",
        "distribution",
        "bytes",
        "rows of the waterfall",
    ];
    for (name, took) in names.iter().zip(stages) {
        println!("    {name:50}{took:.0}");
    }
    Ok(())
}
