//! Points in time and lifetimes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// `later - self`, or zero when `later` is the earlier one.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The end of the year 9999: what can still be written as a date, and be read again.
    const LATEST: i64 = 253_402_207_200_000;

    /// This time and `duration` more, rounded up to a whole millisecond: a delay computed from it
    /// never ends early. At most the end of the calendar.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_add(i64::try_from(millis).unwrap_or(i64::MAX))
                .min(Self::LATEST.max(self.0)),
        )
    }

    /// This time less `duration`, rounded down to a whole millisecond.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    /// Reads RFC 3339.
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let time: jiff::Timestamp = text.parse()?;
        Ok(Self::from_millis(time.as_millisecond()))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        // The calendar's own last instant is one that cannot be written again.
        Ok(Self(time.as_millisecond().min(Self::LATEST)))
    }
}

/// How long a preview lives. Positive, and at most a hundred years so that sums cannot overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(Duration);

/// Why a text or a number is not a lifetime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// Not of the form that [`Ttl::from_str`] reads.
    #[error("must be a number and a unit (s, m, h or d), such as \"90m\", \"2h\" or \"7d\"")]
    Form,
    /// Zero, negative, not a number, or beyond any calendar.
    #[error("must be more than zero and at most 100 years")]
    Range,
}

impl Ttl {
    const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);

    /// A lifetime of this length.
    pub fn new(duration: Duration) -> Result<Self, TtlError> {
        if duration.is_zero() || duration > Self::LONGEST {
            return Err(TtlError::Range);
        }
        Ok(Self(duration))
    }

    /// A lifetime in hours, which may be fractional.
    pub fn from_hours(hours: f64) -> Result<Self, TtlError> {
        if !hours.is_finite() || hours <= 0.0 {
            return Err(TtlError::Range);
        }
        Duration::try_from_secs_f64(hours * 3600.0)
            .map_err(|_| TtlError::Range)
            .and_then(Self::new)
    }

    /// Its length.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Ttl {
    type Err = TtlError;

    /// Reads `30s`, `90m`, `2h`, `7d`, `1.5h`, and sums such as `1h30m`.
    fn from_str(text: &str) -> Result<Self, TtlError> {
        let mut rest = text;
        let mut seconds = 0.0;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .ok_or(TtlError::Form)?;
            let amount: f64 = rest[..digits].parse().map_err(|_| TtlError::Form)?;
            let unit = match rest.as_bytes()[digits] {
                b's' => 1.0,
                b'm' => 60.0,
                b'h' => 3600.0,
                b'd' => 86_400.0,
                _ => return Err(TtlError::Form),
            };
            seconds += amount * unit;
            rest = &rest[digits + 1..];
        }
        if text.is_empty() {
            return Err(TtlError::Form);
        }
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| TtlError::Range)
            .and_then(Self::new)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut seconds = self.0.as_secs();
        if seconds == 0 {
            return write!(f, "{:?}", self.0);
        }
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
            if seconds >= length {
                write!(f, "{}{unit}", seconds / length)?;
                seconds %= length;
            }
        }
        Ok(())
    }
}

impl Serialize for Ttl {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30s", 30),
            ("90m", 5400),
            ("2h", 7200),
            ("7d", 604_800),
            ("1h30m", 5400),
            ("1.5h", 5400),
        ] {
            let ttl: Ttl = text.parse().unwrap();
            assert_eq!(ttl.duration().as_secs(), seconds, "{text}");
            assert_eq!(ttl.to_string().parse::<Ttl>().unwrap(), ttl);
        }
        for wrong in [
            "",
            "2",
            "h",
            "-2h",
            "2 h",
            "2w",
            "0h",
            "1e9d",
            "99999999999999999999d",
            "NaNh",
            "..h",
            "é",
        ] {
            assert!(wrong.parse::<Ttl>().is_err(), "{wrong}");
        }
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(Ttl::from_hours(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_timestamp_survives_being_written_and_a_delay_never_ends_early() {
        let time = Timestamp::from_millis(1_763_679_600_123);
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(text, "\"2025-11-20T23:00:00.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), time);
        assert_eq!(
            time.after(Duration::from_nanos(1)).millis(),
            time.millis() + 1
        );
        assert_eq!(
            time.after(Duration::from_secs(1)).until(time),
            Duration::ZERO
        );
        let end: Timestamp = serde_json::from_str("\"9999-12-30T22:00:00.999Z\"").unwrap();
        for last in [time.after(Duration::MAX), end] {
            let text = serde_json::to_string(&last).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), last);
        }
    }
}
