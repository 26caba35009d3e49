//! How many days log lines may be kept: what CloudWatch Logs takes.

pub(crate) const RETENTION: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(crate) fn is_retention(days: u16) -> bool {
    RETENTION.contains(&days)
}

/// What is said of another number.
pub(crate) fn retention_accepted() -> String {
    let days = RETENTION.map(|days| days.to_string());
    format!("must be a number of days, one of {}", days.join(", "))
}
