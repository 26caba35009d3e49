//! Pauses between attempts: exponential, with full jitter, so that many workers that failed at
//! one moment do not come back at one moment.

use std::time::Duration;

use tempus_engine::chance;

/// The pause before the attempt after `failures` failed ones.
pub(crate) fn pause(first: Duration, most: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(1_u32 << failures.saturating_sub(1).min(20));
    let ceiling = doubled.min(most);
    // Never quite zero: a pause lets the other side breathe.
    ceiling.mul_f64(chance::within(0.1..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_ceiling_and_differ() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        let longest = |failures| {
            (0..200)
                .map(|_| pause(first, most, failures))
                .max()
                .unwrap()
        };
        assert!(longest(1) <= first);
        assert!(longest(4) > first);
        assert!(longest(30) <= most && longest(30) > most / 2);
        assert!(longest(u32::MAX) <= most);
    }
}
