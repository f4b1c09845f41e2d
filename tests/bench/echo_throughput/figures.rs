//! Figures of several rounds, and how busy the machine and its processes are.

use std::fmt;
use std::time::Duration;

/// The median of some figures, with the least and the greatest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    least: f64,
    greatest: f64,
}

impl Spread {
    /// NaN for no figures.
    pub(crate) fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let last = figures.len().saturating_sub(1);
        Self { median: at(last / 2), least: at(0), greatest: at(last) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2} [{:.2}–{:.2}]", self.median, self.least, self.greatest);
        out.pad(&text)
    }
}

/// How busy the machine is, where it tells.
pub(crate) fn load() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let Some(minute) = load.split(' ').next().and_then(|minute| minute.parse::<f64>().ok()) else {
        return format!("{processors} processors");
    };
    format!("load {minute} on {processors} processors")
}

/// The processor time that a process has taken, all its threads together; `None` where the system does
/// not tell. Linux counts it in hundredths of a second (proc_pid_stat(5), `utime` and `stime`).
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the name in parentheses, which may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
