//! How busy the machine is that benchmarks run on.

/// How busy the machine is, where it tells.
pub(crate) fn load() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let Some(minute) = load.split(' ').next().and_then(|minute| minute.parse::<f64>().ok()) else {
        return format!("{processors} processors");
    };
    let busy = if minute > processors as f64 { ": busy, so the figures say little" } else { "" };
    format!("load {minute} on {processors} processors{busy}")
}
