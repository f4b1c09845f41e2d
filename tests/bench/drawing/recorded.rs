//! Recorded runs, always the same ones: made on the simulated network, their times stretched by numbers that only look
//! like chance, so that no two exchanges take equally long.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use duplex::format;
use duplex::lab::exchange::Parameters;
use duplex::network::sim::Conditions;
use duplex::trace::{Moment, ServerTime, Span, Time, Trace};

use crate::simulated;

/// A run whose HTTP conversation has so many messages, the warm-up's included.
pub(crate) fn of_http_messages(messages: u32) -> Trace {
    of_turns(messages / 2)
}

/// A run with so many messages over both protocols, and the handshake.
pub(crate) fn of_messages(messages: u32) -> Trace {
    of_turns(messages / 4)
}

/// A run in which each protocol has so many exchanges, the warm-up included.
pub(crate) fn of_turns(turns: u32) -> Trace {
    let parameters = Parameters { messages: turns - 1, ..Parameters::default() };
    let conditions = Conditions { server_clock_ahead: Span(0), ..Conditions::default() };
    stretched(simulated::run_lab(parameters, conditions))
}

/// Writes a run into a file; gives its size in bytes.
pub(crate) fn save(trace: &Trace, file: &Path) -> Result<usize> {
    let text = format::write(trace)?;
    fs::write(file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(text.len())
}

/// Each millisecond of a run lasts from half as long to four times as long.
fn stretched(mut trace: Trace) -> Trace {
    let clock = Stretched::new();
    for message in &mut trace.messages {
        message.sent = clock.moment(message.sent);
        message.received = clock.moment(message.received);
        message.head = message.head.map(|at| clock.time(at));
        message.pieces.iter_mut().for_each(|(at, _)| *at = clock.time(*at));
    }
    for connection in &mut trace.connections {
        for moment in [&mut connection.asked, &mut connection.accepted, &mut connection.opened] {
            *moment = clock.moment(*moment);
        }
        if let Some(closed) = &mut connection.closed {
            closed.at = clock.moment(closed.at);
        }
    }
    trace.parts.iter_mut().for_each(|part| part.from = clock.time(part.from));
    for mark in &mut trace.marks {
        (mark.from, mark.until) = (clock.time(mark.from), clock.time(mark.until));
    }
    trace
}

/// A clock that runs unevenly, and never backward.
struct Stretched {
    /// Where each millisecond of the even clock begins, in µs.
    begins: Vec<i64>,
}

impl Stretched {
    /// More than the longest run of the benchmark lasts, in ms.
    const LONGEST: usize = 600_000;

    fn new() -> Self {
        let (mut at, mut state) = (0, 1u32);
        let begins = (0..=Self::LONGEST).map(|_| {
            let begins = at;
            // Numerical Recipes' generator: its upper bits are even enough for this.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let chance = f64::from(state >> 8) / f64::from(1 << 24);
            at += (500.0 + 3_500.0 * chance.powi(4)) as i64;
            begins
        });
        Self { begins: begins.collect() }
    }

    fn stretch(&self, at: i64) -> i64 {
        let place = usize::try_from(at / 1_000).expect("a simulated run begins at 0");
        let (begins, ends) = (self.begins[place], self.begins[place + 1]);
        begins + (ends - begins) * (at % 1_000) / 1_000
    }

    fn time(&self, at: Time) -> Time {
        Time(self.stretch(at.0))
    }

    fn moment(&self, at: Moment) -> Moment {
        match at {
            Moment::Page(at) => Moment::Page(self.time(at)),
            Moment::Server(at) => Moment::Server(ServerTime(self.stretch(at.0))),
            Moment::Unknown => Moment::Unknown,
        }
    }
}
