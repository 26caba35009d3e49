//! How many of a service run.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{FieldError, Service};

/// How many of a service may run.
const COUNTS: RangeInclusive<u32> = 1..=100;
/// The average use of CPU that may be aimed at, in percent.
const AIMS: RangeInclusive<u32> = 10..=95;

/// How many of a service run, by load: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Autoscale {
    /// Never more than this.
    pub max: u32,
    /// The average use of CPU that is aimed at, in percent.
    pub cpu: u32,
}

impl Autoscale {
    /// What is aimed at unless anybody says otherwise, in percent.
    pub const CPU: u32 = 70;
}

impl Service {
    /// How many of it run at most: what limits, quotas and estimates reckon with.
    pub fn count(&self) -> u32 {
        let most = self.autoscale.map(|by_load| by_load.max);
        most.unwrap_or(self.replicas()).max(1)
    }

    /// How many of it are started.
    pub fn replicas(&self) -> u32 {
        self.replicas.unwrap_or(1).max(1)
    }

    /// Asks for so many of it. One is what is so anyway, and says nothing.
    pub fn set_replicas(&mut self, count: u32) {
        self.replicas = (count != 1).then_some(count);
        self.autoscale = None;
    }

    pub(crate) fn check_count(&self, field: &dyn Fn(&str) -> String, errors: &mut Vec<FieldError>) {
        let mut refuse = |name: &str, problem: String| {
            errors.push(FieldError::new(field(name), problem));
        };
        let within = |range: RangeInclusive<u32>| {
            format!(
                "must be a whole number from {} to {}",
                range.start(),
                range.end()
            )
        };
        if self.replicas.is_some_and(|count| !COUNTS.contains(&count)) {
            refuse("replicas", within(COUNTS));
        }
        let Some(Autoscale { max, cpu }) = self.autoscale else {
            return;
        };
        if self.replicas.is_some() {
            refuse(
                "autoscale",
                "cannot stand beside replicas; keep one".to_owned(),
            );
        }
        if !COUNTS.contains(&max) {
            refuse("autoscale.max", within(COUNTS));
        }
        if !AIMS.contains(&cpu) {
            refuse("autoscale.cpu", within(AIMS));
        }
    }
}
