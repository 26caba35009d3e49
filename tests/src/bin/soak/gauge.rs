//! What a process takes of the machine, early and late.

use std::fs;
use std::time::{Duration, Instant};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How much more the last quarter may have than the second.
pub const MOST: f64 = 1.10;

/// Looks at one process again and again.
pub struct Gauge {
    began: Instant,
    lasts: Duration,
    next: Instant,
    ended: bool,
    memory: Windows,
    descriptors: Windows,
}

/// What was seen in the second quarter, and in the last.
#[derive(Debug, Default)]
pub struct Windows {
    early: Mean,
    late: Mean,
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Gauge {
    /// Over so long a time.
    pub fn new(lasts: Duration) -> Self {
        let began = Instant::now();
        Self {
            began,
            lasts,
            next: began,
            ended: false,
            memory: Windows::default(),
            descriptors: Windows::default(),
        }
    }

    /// Looks at it, if it is time to, and there is one.
    pub fn look(&mut self, process: Option<u32>) {
        let now = Instant::now();
        let Some(process) = process.filter(|_| !self.ended && now >= self.next) else {
            return;
        };
        self.next = now + EVERY;
        let part = self.began.elapsed().as_secs_f64() / self.lasts.as_secs_f64();
        let (Some(memory), Some(descriptors)) = (resident(process), open(process)) else {
            return;
        };
        self.memory.add(part, memory);
        self.descriptors.add(part, descriptors);
    }

    /// What comes now is not looked at.
    pub fn is_over(&mut self) {
        self.ended = true;
    }

    /// Resident memory, in mebibytes.
    pub fn memory(&self) -> &Windows {
        &self.memory
    }

    /// Open descriptors.
    pub fn descriptors(&self) -> &Windows {
        &self.descriptors
    }
}

impl Windows {
    fn add(&mut self, part: f64, value: f64) {
        let mean = match part {
            0.25..0.5 => &mut self.early,
            0.75.. => &mut self.late,
            _ => return,
        };
        mean.sum += value;
        mean.count += 1;
    }

    /// The mean of the second quarter.
    pub fn early(&self) -> f64 {
        self.early.value()
    }

    /// The mean of the last one.
    pub fn late(&self) -> f64 {
        self.late.value()
    }

    /// The last in terms of the second; not a number if one of them saw nothing.
    pub fn ratio(&self) -> f64 {
        self.late() / self.early()
    }

    /// Whether it has held.
    pub fn holds(&self) -> bool {
        self.ratio() <= MOST
    }
}

impl Mean {
    fn value(&self) -> f64 {
        self.sum / f64::from(self.count)
    }
}

fn resident(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

fn open(process: u32) -> Option<f64> {
    let open = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
    u32::try_from(open).ok().map(f64::from)
}
