//! The request rates that AWS grants an account by default, as token buckets on AWS's side of the wire.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many calls of a family there may be.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// The family's name.
    pub family: &'static str,
    /// How many at once, after a quiet while.
    pub burst: f64,
    /// How many a second after that.
    pub per_second: f64,
}

impl Bucket {
    /// The least time that so many calls take.
    pub fn least(self, calls: f64) -> Duration {
        Duration::from_secs_f64(((calls - self.burst) / self.per_second).max(0.0))
    }
}

/// Registering and deregistering task definitions.
pub const DEFINITIONS: Bucket = bucket("task definitions", 20.0, 1.0);
/// Creating, updating and deleting services.
pub const SERVICES: Bucket = bucket("services", 50.0, 5.0);
/// Changing target groups and rules.
pub const BALANCERS: Bucket = bucket("load balancers", 20.0, 3.0);
/// Reading services, tasks and task definitions.
const ECS_READS: Bucket = bucket("reads of ECS", 100.0, 20.0);
/// Deleting task definitions.
const DELETES: Bucket = bucket("deletes of task definitions", 5.0, 1.0);
/// Reading target groups and rules.
const ELB_READS: Bucket = bucket("reads of load balancers", 40.0, 10.0);

const fn bucket(family: &'static str, burst: f64, per_second: f64) -> Bucket {
    Bucket {
        family,
        burst,
        per_second,
    }
}

fn of(call: &str) -> Option<Bucket> {
    let (service, operation) = call.split_once('.')?;
    let reads = operation.starts_with("Describe") || operation.starts_with("List");
    Some(match (service, operation) {
        ("ecs", "RegisterTaskDefinition" | "DeregisterTaskDefinition") => DEFINITIONS,
        ("ecs", "DeleteTaskDefinitions") => DELETES,
        ("ecs", _) if reads => ECS_READS,
        ("ecs", _) => SERVICES,
        ("elb", _) if reads => ELB_READS,
        ("elb", _) => BALANCERS,
        _ => return None,
    })
}

/// What is left of each family's tokens.
#[derive(Debug, Default)]
pub struct Tokens(BTreeMap<&'static str, (f64, Instant)>);

impl Tokens {
    /// Whether there is one for this call, which then is taken.
    pub fn take(&mut self, call: &str, now: Instant) -> bool {
        let Some(bucket) = of(call) else {
            return true;
        };
        let (left, since) = self.0.entry(bucket.family).or_insert((bucket.burst, now));
        let gained = now.duration_since(*since).as_secs_f64() * bucket.per_second;
        *left = (*left + gained).min(bucket.burst);
        *since = now;
        let granted = *left >= 1.0;
        if granted {
            *left -= 1.0;
        }
        granted
    }
}
