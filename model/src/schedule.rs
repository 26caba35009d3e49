//! When a scheduled worker's task is run.

use std::fmt;
use std::str::FromStr;

/// `rate(15 minutes)`, or cron's five fields in UTC: minute, hour, day of the month, month, day of
/// the week (0 and 7 are Sunday). A field is `*` or a list of numbers and ranges, each with an
/// optional `/step`; a range whose end comes first goes round, as `22-2` does for hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(String);

/// What is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a rate such as \"rate(15 minutes)\", or the five fields of cron, in UTC, such as \
     \"0 3 * * 1-5\""
)]
pub struct ScheduleError;

/// What each field of cron counts, from and to.
const FIELDS: [(u8, u8); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];

/// The same as regular expressions.
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
        if is_rate(text) || is_cron(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ScheduleError)
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_rate(text: &str) -> bool {
    let inner = text
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'));
    let Some((number, unit)) = inner.and_then(|inner| inner.split_once(' ')) else {
        return false;
    };
    is_count(number, 5)
        && matches!(
            unit.strip_suffix('s').unwrap_or(unit),
            "minute" | "hour" | "day"
        )
}

fn is_cron(text: &str) -> bool {
    if text.starts_with(' ') || text.ends_with(' ') {
        return false;
    }
    let fields: Vec<_> = text.split(' ').filter(|field| !field.is_empty()).collect();
    fields.len() == FIELDS.len()
        && fields
            .iter()
            .zip(FIELDS)
            .all(|(field, range)| field.split(',').all(|item| is_item(item, range)))
}

fn is_item(item: &str, range: (u8, u8)) -> bool {
    let (of, step) = match item.split_once('/') {
        Some((of, step)) => (of, Some(step)),
        None => (item, None),
    };
    let counts = match of.split_once('-') {
        _ if of == "*" => true,
        Some((from, to)) => is_number(from, range) && is_number(to, range),
        None => is_number(of, range),
    };
    counts && step.is_none_or(|step| is_count(step, 2))
}

fn is_number(text: &str, (least, most): (u8, u8)) -> bool {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits && text.parse().is_ok_and(|n: u8| (least..=most).contains(&n))
}

/// A whole number from 1, of so many digits at most.
fn is_count(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

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
