//! `cargo xtask`: the one place that knows the project's tools.
//!
//! A command comes in as words ([`arguments`]), the tools it needs are put in place ([`tools`]),
//! and other programs do the work ([`process`]): cargo, trunk, and the echo server itself. The
//! exit code is 0 when all went well, 1 when something failed, and 2 when the words were no command.

mod arguments;
mod commands;
mod counts;
mod echo_server;
mod page;
mod process;
mod project;
mod tools;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context;

use arguments::{Command, HELP};

fn main() -> ExitCode {
    let words = env::args_os().skip(1).map(OsString::into_string).collect();
    let words: Vec<String> = match words {
        Ok(words) => words,
        Err(word) => return misuse(&format!("“{}” is not Unicode text", word.display())),
    };
    let command = match Command::parse(&words) {
        Ok(command) => command,
        Err(error) => return misuse(&error.to_string()),
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what was wrong with the words of a command.
fn misuse(what: &str) -> ExitCode {
    eprintln!("xtask: {what}; `cargo xtask --help` lists the commands");
    ExitCode::from(2)
}

/// Does what was asked for, in the project's folder.
fn run(command: Command) -> anyhow::Result<ExitCode> {
    let root = project::root()?;
    env::set_current_dir(&root).with_context(|| format!("{} cannot be entered", root.display()))?;
    match command {
        Command::Help => {
            print!("{HELP}");
        }
        Command::Setup => commands::setup()?,
        Command::Serve { open, server } => commands::serve(open, &server)?,
        Command::Dev { trunk } => commands::dev(&trunk)?,
        Command::Test { layers } => {
            let all_passed = commands::test(&layers);
            return Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Bench { bench } => commands::bench(&bench)?,
        Command::Dist { servers } => commands::dist(&servers)?,
        Command::Record => commands::record()?,
        Command::Binary => commands::binary()?,
        Command::TrunkHook => commands::trunk_hook()?,
        Command::OpenWhenReady { address } => commands::open_when_ready(&address)?,
    }
    Ok(ExitCode::SUCCESS)
}
