//! Holding whatever is given against what must be true of it: so many cases, or, with
//! `TEMPUS_TEST_FUZZ` set, other ones each time for that many seconds.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

/// Tries so many cases of what the strategy makes, or as many as there is time for.
pub fn hold<S: Strategy>(
    cases: u32,
    anything: &S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let seconds = std::env::var("TEMPUS_TEST_FUZZ").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut tried = 0_u64;
    loop {
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(cases)
        };
        let ended = TestRunner::new(config).run(anything, &holds);
        ended.unwrap_or_else(|error| panic!("{error}"));
        tried += u64::from(cases);
        if end.is_none_or(|end| Instant::now() >= end) {
            println!("{tried} cases");
            return;
        }
    }
}
