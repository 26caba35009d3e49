//! Times as people say them.

use std::time::Duration;

use tempus_model::{Timestamp, Ttl};

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

/// A length of time in its one or two largest units, to the nearest of the smaller: `1h30m`, `45s`, `6d`.
pub fn rough(length: Duration) -> String {
    let seconds = length.as_secs();
    let unit = match seconds {
        0..600 => 1,
        600..86_400 => 60,
        86_400..864_000 => 3600,
        _ => 86_400,
    };
    let seconds = (seconds + unit / 2) / unit * unit;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..600 => pair(minutes, "m", seconds % 60, "s"),
        600..3600 => format!("{minutes}m"),
        3600..86_400 => pair(hours, "h", minutes % 60, "m"),
        86_400..864_000 => pair(days, "d", hours % 24, "h"),
        _ => format!("{days}d"),
    }
}

fn pair(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    if small == 0 {
        return format!("{large}{unit}");
    }
    format!("{large}{unit}{small}{smaller}")
}

/// A step's time, to a tenth of a second while that matters: `0.04s`, `1.2s`, `2m5s`.
pub fn exact(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    if seconds < 0.1 {
        return format!("{seconds:.2}s");
    }
    if seconds < 60.0 {
        return format!("{seconds:.1}s");
    }
    rough(length)
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
