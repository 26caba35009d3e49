//! What was asked of the account.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Requests, and when they were under way.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// How often each call was made.
    pub calls: BTreeMap<String, u64>,
    /// How many messages AWS itself put on the queue.
    pub told: u64,
    /// How often one was refused because there were too many.
    pub throttled: u64,
    /// When something was under way that a saga waits for.
    pub busy: Vec<(Instant, Instant)>,
}

impl Ledger {
    /// How many calls of a service there were.
    pub fn of(&self, service: &str) -> u64 {
        let own = |call: &&String| call.split('.').next() == Some(service);
        let calls = self.calls.iter().filter(|(call, _)| own(call));
        calls.map(|(_, times)| times).sum()
    }

    /// The calls of both.
    pub fn and(mut self, other: Self) -> Self {
        for (call, times) in other.calls {
            *self.calls.entry(call).or_default() += times;
        }
        self.told += other.told;
        self.throttled += other.throttled;
        self.busy.extend(other.busy);
        self
    }

    /// How many calls there were in all.
    pub fn all(&self) -> u64 {
        self.calls.values().sum()
    }

    /// For how long anything was under way between two moments: what no worker could have done without.
    pub fn critical(&self, from: Instant, to: Instant) -> Duration {
        let mut busy = self.busy.clone();
        busy.sort_unstable();
        let (mut all, mut reached) = (Duration::ZERO, from);
        for (begin, end) in busy {
            let (begin, end) = (begin.max(reached), end.min(to));
            if end > begin {
                all += end - begin;
                reached = end;
            }
        }
        all
    }
}
