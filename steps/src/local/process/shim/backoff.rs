//! How long to wait before a command is started again.

use std::time::Duration;

use crate::local::process::Policy;

/// Counts what the wait depends on.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// Failures since the command was last healthy.
    failures: u32,
}

impl Backoff {
    /// The wait after a command that lived for `lived`: exponential, half of it at random, so that
    /// the services of one machine do not come back in step.
    pub(super) fn after(&mut self, lived: Duration, policy: &Policy) -> Duration {
        if lived >= policy.steady_after {
            self.failures = 0;
        }
        let doubled = policy
            .first_restart
            .saturating_mul(1 << self.failures.min(30));
        self.failures = self.failures.saturating_add(1);
        let whole = doubled.min(policy.longest_restart);
        whole.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_start_over_after_a_healthy_run() {
        let policy = Policy::default();
        let mut backoff = Backoff::default();
        for whole in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff.after(Duration::ZERO, &policy).as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&wait), "{wait} of {whole}");
        }
        assert!(backoff.after(policy.steady_after, &policy) <= policy.first_restart);
    }
}
