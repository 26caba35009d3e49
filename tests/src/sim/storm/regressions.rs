//! Seeds that once showed something. They are run in every test.
//!
//! A seed means what it meant only as long as the world draws the same numbers: when the world
//! itself changes, the seed stays as one more seed, and the rule has a test of its own by then.

/// Each seed, and what it showed.
pub const REGRESSIONS: &[(u64, &str)] = &[
    (
        2,
        "a rule that a frozen worker's call had made late kept its target group from its end for good",
    ),
    (
        36,
        "what was being removed and was wanted again was made a second time, and the first forgotten",
    ),
    (20, "the same, and it was left at rest"),
    (
        68,
        "a step whose waits give the lease back never came to its deadline",
    ),
    (
        2258,
        "an expiry was not noticed while the lease was held through it and the alarm was lost",
    ),
    (
        2324,
        "a name's third preview waited for the second, and not for the first, which was still there",
    ),
    (2687, "the same"),
    (2861, "the same"),
    (
        2936,
        "what was being removed and was wanted again counted as done",
    ),
    (
        2016,
        "a row that was doubted while it was held had no hint for its verify",
    ),
    (
        1114,
        "a process that stood still in a renewal began a call although the renewal left no time for it",
    ),
    (3666, "the same"),
    (
        3008,
        "of several hints that the queue lost in a row, the harness reckoned with the last only",
    ),
    (
        4455,
        "the harness did not reckon with a reminder that the queue made late",
    ),
    (
        4507,
        "a frozen worker's late update undid a step that was done; the update parked, and no replay looked at that step again",
    ),
    (
        3461,
        "the harness did not reckon with a look that whoever used the preview had moved: no hint goes ahead of it",
    ),
];
