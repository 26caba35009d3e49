//! Lengths of time as people read them, wherever they are shown.

use std::time::Duration;

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
