//! What something takes of a machine, and what it has taken in a time: sizes, and no prices.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Spec;

/// CPU units of a core, MiB of a gigabyte.
const PER_WHOLE: f64 = 1024.0;

/// What something takes while it runs. Stored as `[cpu, memory, tasks]`: it is in rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "(u32, u32, u32)", into = "(u32, u32, u32)")]
pub struct Footprint {
    /// CPU units, 1024 to a core.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Tasks, or processes.
    pub tasks: u32,
}

impl From<(u32, u32, u32)> for Footprint {
    fn from((cpu, memory, tasks): (u32, u32, u32)) -> Self {
        Self { cpu, memory, tasks }
    }
}

impl From<Footprint> for (u32, u32, u32) {
    fn from(of: Footprint) -> Self {
        (of.cpu, of.memory, of.tasks)
    }
}

impl Spec {
    /// What its services take together while they run; a service that runs several times counts as
    /// often. What a schedule runs is not always there, and takes nothing that could be told here.
    pub fn footprint(&self) -> Footprint {
        let mut sum = Footprint::default();
        if self.schedule.is_some() {
            return sum;
        }
        for service in &self.services {
            let count = service.count();
            sum.cpu = sum.cpu.saturating_add(service.cpu.saturating_mul(count));
            sum.memory = sum
                .memory
                .saturating_add(service.memory.saturating_mul(count));
            sum.tasks = sum.tasks.saturating_add(count);
        }
        sum
    }
}

/// What was taken in a time: what prices are applied to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// Cores, times hours.
    pub core_hours: f64,
    /// Gigabytes of memory, times hours.
    pub gigabyte_hours: f64,
    /// Tasks, times hours.
    pub task_hours: f64,
}

impl Used {
    /// What this took that long.
    pub fn by(footprint: Footprint, time: Duration) -> Self {
        let hours = time.as_secs_f64() / 3600.0;
        Self {
            core_hours: f64::from(footprint.cpu) / PER_WHOLE * hours,
            gigabyte_hours: f64::from(footprint.memory) / PER_WHOLE * hours,
            task_hours: f64::from(footprint.tasks) * hours,
        }
    }

    /// A part of it, or a multiple.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            core_hours: self.core_hours * factor,
            gigabyte_hours: self.gigabyte_hours * factor,
            task_hours: self.task_hours * factor,
        }
    }
}

impl AddAssign for Used {
    fn add_assign(&mut self, more: Self) {
        self.core_hours += more.core_hours;
        self.gigabyte_hours += more.gigabyte_hours;
        self.task_hours += more.task_hours;
    }
}
