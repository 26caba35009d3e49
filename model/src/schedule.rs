//! When a scheduled worker's task is run.

mod cron;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
pub use cron::{Cron, Days};

/// `rate(15 minutes)`, or cron's five fields in UTC: minute, hour, day of the month, month, day of
/// the week (0 and 7 are Sunday). A field is `*` or a list of numbers and ranges, each with an
/// optional `/step`; a range whose end comes first goes round, as `22-2` does for hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule(String);

/// A schedule that can be reckoned with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timetable {
    /// At once, and then after each of these.
    Every(Duration),
    /// When the clock says so.
    Cron(Cron),
}

impl Timetable {
    /// The first time after this one. `None` if none comes, as on the 30th of February.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(period) => Some(after.after(*period)),
            Self::Cron(cron) => cron.next(after),
        }
    }

    /// When a task runs first that was last due at this time, if ever: what it missed since is made up
    /// for by one run, now. A task that is new runs now, unless the clock says when.
    pub fn first(&self, last: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match (last, self) {
            // A clock that was set back makes nothing wait for what it showed before.
            (Some(last), _) => self.next(last.min(now)).map(|due| due.max(now)),
            (None, Self::Every(_)) => Some(now),
            (None, Self::Cron(_)) => self.next(now),
        }
    }

    /// When a task runs next whose run was due at one time and ended at another, and how many times
    /// that passed meanwhile: those are skipped.
    pub fn after_run(&self, due: Timestamp, ended: Timestamp) -> (Option<Timestamp>, u64) {
        let (mut next, mut skipped) = (self.next(due), 0);
        while let Some(passed) = next.filter(|next| *next <= ended) {
            skipped += 1;
            next = self.next(passed);
        }
        (next, skipped)
    }
}

/// What is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a rate such as \"rate(15 minutes)\", or the five fields of cron, in UTC, such as \
     \"0 3 * * 1-5\""
)]
pub struct ScheduleError;

/// What each field of cron counts, as regular expressions.
const NUMBERS: [&str; 5] = [
    "[0-5]?[0-9]",
    "(?:[01]?[0-9]|2[0-3])",
    "(?:0?[1-9]|[12][0-9]|3[01])",
    "(?:0?[1-9]|1[0-2])",
    "0?[0-7]",
];

impl Schedule {
    /// The schedule as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to be reckoned with.
    pub fn timetable(&self) -> Result<Timetable, ScheduleError> {
        read(&self.0).ok_or(ScheduleError)
    }

    /// A regular expression of exactly what is read, in the dialect of JSON Schema.
    pub fn pattern() -> String {
        let fields = NUMBERS.map(|number| {
            let item = format!(r"(?:\*|{number}(?:-{number})?)(?:/[1-9][0-9]?)?");
            format!("{item}(?:,{item})*")
        });
        let rate = r"rate\([1-9][0-9]{0,4} (?:minute|hour|day)s?\)";
        format!("^(?:{rate}|{})$", fields.join(" +"))
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        match read(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(ScheduleError),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Schedule {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.0
    }
}

fn read(text: &str) -> Option<Timetable> {
    let every = rate(text).map(Timetable::Every);
    every.or_else(|| Cron::read(text).map(Timetable::Cron))
}

fn rate(text: &str) -> Option<Duration> {
    let inner = text.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = inner.split_once(' ')?;
    let number = u64::from(count(number, 5)?);
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => Duration::from_mins(number),
        "hour" => Duration::from_hours(number),
        "day" => Duration::from_hours(24 * number),
        _ => return None,
    })
}

/// A whole number from 1, of so many digits at most.
fn count(text: &str, digits: usize) -> Option<u32> {
    let plain = (1..=digits).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn what_was_missed_is_made_up_for_once_and_what_passed_meanwhile_is_skipped() {
        let every = "rate(1 minute)".parse::<Schedule>().unwrap();
        let every = every.timetable().unwrap();
        let hourly = "0 * * * *".parse::<Schedule>().unwrap();
        let hourly = hourly.timetable().unwrap();
        assert_eq!(every.first(None, at(5)), Some(at(5)));
        assert_eq!(hourly.first(None, at(5)), Some(at(3600)));
        for table in [&every, &hourly] {
            // Down for days.
            assert_eq!(table.first(Some(at(0)), at(900_005)), Some(at(900_005)));
            // A clock that was set back by days.
            assert!(table.first(Some(at(900_000)), at(7200)) <= Some(at(10_800)));
        }
        assert_eq!(every.first(Some(at(60)), at(70)), Some(at(120)));
        assert_eq!(every.after_run(at(60), at(70)), (Some(at(120)), 0));
        assert_eq!(every.after_run(at(60), at(250)), (Some(at(300)), 3));
        assert_eq!(hourly.after_run(at(3600), at(7200)), (Some(at(10_800)), 1));
    }

    #[test]
    fn rates_and_cron_are_read_and_nothing_else() {
        for good in [
            "rate(1 minute)",
            "rate(15 minutes)",
            "rate(7 days)",
            "* * * * *",
            "0 3 * * 1-5",
            "*/15 22-2 1,15 01 0,7",
            "0  3 * * *",
        ] {
            assert_eq!(
                good.parse::<Schedule>().map(|s| s.to_string()),
                Ok(good.to_owned())
            );
        }
        for wrong in [
            "",
            "rate(0 minutes)",
            "rate(5 weeks)",
            "rate(5)",
            "rate(100000 days)",
            "* * * *",
            "* * * * * *",
            " * * * * *",
            "60 * * * *",
            "0 24 * * *",
            "0 0 0 * *",
            "0 0 * 13 *",
            "0 0 * * 8",
            "*/0 * * * *",
            "+5 * * * *",
            "1- * * * *",
            "0 0 * * MON",
            "cron(0 3 * * ? *)",
        ] {
            assert_eq!(wrong.parse::<Schedule>(), Err(ScheduleError), "{wrong}");
        }
    }
}
