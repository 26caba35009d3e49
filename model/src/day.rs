//! Days and months, in UTC: what costs are added up by.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A day, in UTC. Written as `2026-11-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// A text that names no day, or no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct DayError(&'static str);

impl Day {
    /// The day of this time.
    pub fn of(time: Timestamp) -> Self {
        let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
        Self(time.to_zoned(TimeZone::UTC).date())
    }

    /// The first day of a month that is written as `2026-11`.
    pub fn of_month(text: &str) -> Result<Self, DayError> {
        let error = DayError("a month, such as 2026-11");
        if text.len() != "2026-11".len() {
            return Err(error);
        }
        format!("{text}-01").parse().map_err(|_| error)
    }

    /// When it begins.
    pub fn begins(self) -> Timestamp {
        let zoned = self.0.to_zoned(TimeZone::UTC);
        let millis = zoned.map(|zoned| zoned.timestamp().as_millisecond());
        Timestamp::from_millis(millis.unwrap_or_default())
    }

    /// The day after it; at the end of the calendar, itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }

    /// The first day of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// The last day of its month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// How many days there are from it to another one, which is none if that is earlier.
    pub fn days_until(self, later: Self) -> u32 {
        let days = self.0.until(later.0).map(|span| span.get_days());
        u32::try_from(days.unwrap_or_default()).unwrap_or(0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let error = DayError("a day, such as 2026-11-28");
        // The calendar's own reader takes other forms too.
        if text.len() != "2026-11-28".len() {
            return Err(error);
        }
        text.parse().map(Self).map_err(|_| error)
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let leap = day("2028-02-28");
        assert_eq!(leap.begins().to_string(), "2028-02-28T00:00:00.000Z");
        assert_eq!(leap.next().to_string(), "2028-02-29");
        let last = Timestamp::from_millis(leap.next().begins().millis() - 1);
        assert_eq!(Day::of(last), leap);
        assert_eq!(leap.first_of_month(), Day::of_month("2028-02").unwrap());
        assert_eq!(leap.last_of_month(), day("2028-02-29"));
        assert_eq!(leap.days_until(day("2029-02-28")), 366);
        assert_eq!(leap.days_until(day("2028-02-01")), 0);
        for wrong in [
            "",
            "2026-11",
            "2026-13-01",
            "20261128",
            "28-11-2026",
            "2026-11-28T",
        ] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
        for wrong in ["", "2026", "2026-13", "2026-1", "11-2026"] {
            assert!(Day::of_month(wrong).is_err(), "{wrong}");
        }
    }
}
