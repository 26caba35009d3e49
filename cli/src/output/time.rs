//! Times as people say them.

use std::time::Duration;

use tempus_model::{Timestamp, Ttl};

pub use tempus_api::shape::{exact, rough};

/// A point in time as seen from `now`: `in 5m`, `3s ago`, `now`.
pub fn relative(now: Timestamp, at: Timestamp) -> String {
    if at.until(now) < Duration::from_secs(1) && now.until(at) < Duration::from_secs(1) {
        return "now".to_owned();
    }
    if at > now {
        return format!("in {}", rough(now.until(at)));
    }
    format!("{} ago", rough(at.until(now)))
}

/// A lifetime as it is written in requests and files, to the last fraction of a second.
pub fn lifetime(length: Duration) -> String {
    match Ttl::new(length) {
        Ok(whole) if length.subsec_nanos() == 0 => whole.to_string(),
        _ => format!("{}s", length.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let now = Timestamp::from_millis(10_000_000);
        let at = |seconds: i64| relative(now, Timestamp::from_millis(10_000_000 + seconds * 1000));
        assert_eq!(at(0), "now");
        assert_eq!(at(45), "in 45s");
        assert_eq!(at(125), "in 2m5s");
        assert_eq!(at(-5400), "1h30m ago");
        assert_eq!(at(-7200), "2h ago");
        assert_eq!(at(7 * 86_400), "in 7d");
        assert_eq!(at(3599), "in 1h");
        assert_eq!(at(3 * 86_400 - 1), "in 3d");
        assert_eq!(at(599), "in 9m59s");
        assert_eq!(lifetime(Duration::from_millis(1500)), "1.5s");
        assert_eq!(lifetime(Duration::from_mins(90)), "1h30m");
        assert_eq!(exact(Duration::from_millis(42)), "0.04s");
        assert_eq!(exact(Duration::from_millis(1234)), "1.2s");
        assert_eq!(exact(Duration::from_secs(125)), "2m5s");
    }
}
