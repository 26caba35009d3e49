//! What the kernel says about a process.

use std::time::Duration;

use anyhow::Context;

/// A process's memory, in MiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// What it has in memory now.
    pub resident: f64,
    /// The most that it has ever had, or since [`forget_peak`].
    pub peak: f64,
}

/// The memory of this process.
pub fn memory() -> anyhow::Result<Memory> {
    memory_of("self")
}

/// The memory of a process by its number.
pub fn memory_of(process: &str) -> anyhow::Result<Memory> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).context(path)?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
        Some(kib / 1024.0)
    };
    let missing = |name: &'static str| field(name).context(name);
    Ok(Memory {
        resident: missing("VmRSS:")?,
        peak: missing("VmHWM:")?,
    })
}

/// Begins this process's peak anew.
pub fn forget_peak() -> anyhow::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("/proc/self/clear_refs")
}

/// The CPU time that this process has used, by all of its threads.
pub fn cpu() -> anyhow::Result<Duration> {
    cpu_of("self")
}

/// The same of a process by its number.
pub fn cpu_of(process: &str) -> anyhow::Result<Duration> {
    // In nanoseconds, where `stat` counts in hundredths of a second.
    let tasks = format!("/proc/{process}/task");
    let mut all = Duration::ZERO;
    for task in std::fs::read_dir(&tasks).context(tasks)? {
        // A thread that has ended meanwhile used nothing that matters to an idle process.
        let Ok(stat) = std::fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let ran = stat.split_ascii_whitespace().next();
        let ran = ran.and_then(|ran| ran.parse().ok()).context("schedstat")?;
        all += Duration::from_nanos(ran);
    }
    Ok(all)
}
