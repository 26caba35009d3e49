//! Cron's five fields, as the sets that they stand for.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::count;
use crate::Timestamp;

/// What each field counts, from and to: minute, hour, day of the month, month, day of the week.
const FIELDS: [(u8, u8); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];

/// How many days are looked through: the 29th of February that is a Monday comes every 28 years,
/// and once a century later.
const DAYS: usize = 41 * 366;

/// Cron's five fields. The hours are those of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cron {
    /// In the order of the fields, as bits; Sunday is 0.
    fields: [u64; 5],
    /// How the two fields about days go together.
    days: Days,
}

/// How the day of the month and the day of the week go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// Every day.
    Every,
    /// Days of the month, whatever day of the week.
    OfMonth,
    /// Days of the week, whatever day of the month.
    OfWeek,
    /// Days that either field names, as cron has it where both name some.
    Either,
    /// Days that both fields name, as cron has it where one of them begins with `*`.
    Both,
}

impl Cron {
    /// `None` for what is not five fields.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.starts_with(' ') || text.ends_with(' ') {
            return None;
        }
        let texts: Vec<_> = text.split(' ').filter(|field| !field.is_empty()).collect();
        let texts: [&str; 5] = texts.try_into().ok()?;
        let mut fields = [0; 5];
        for ((bits, text), range) in fields.iter_mut().zip(texts).zip(FIELDS) {
            for item in text.split(',') {
                *bits |= item_of(item, range)?;
            }
        }
        let [_, _, of_month, _, of_week] = &mut fields;
        // 7 is Sunday too.
        *of_week = (*of_week | (*of_week >> 7)) & 0x7f;
        let (any_month, any_week) = (*of_month == 0xffff_fffe, *of_week == 0x7f);
        let starred = texts[2].starts_with('*') || texts[4].starts_with('*');
        let days = match (any_month, any_week) {
            (true, false) if starred => Days::OfWeek,
            (false, true) if starred => Days::OfMonth,
            (false, false) if starred => Days::Both,
            (false, false) => Days::Either,
            // Both are any, or one is by its whole range.
            (true, _) | (_, true) => Days::Every,
        };
        Some(Self { fields, days })
    }

    /// How the two fields about days go together.
    pub const fn days(&self) -> Days {
        self.days
    }

    /// The numbers of each field, ascending: minutes, hours, days of the month, months, days of the
    /// week from Sunday, which is 0.
    pub fn numbers(&self) -> [Vec<u8>; 5] {
        let mut numbers = [const { Vec::new() }; 5];
        for (numbers, bits) in numbers.iter_mut().zip(self.fields) {
            numbers.extend((0..64).filter(|n| bits >> n & 1 == 1));
        }
        numbers
    }

    /// The first time after this one.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.millis()).ok()?;
        let after = TimeZone::UTC.to_datetime(after);
        let [minutes, hours, ..] = self.numbers();
        let mut date = after.date();
        for _ in 0..DAYS {
            if self.is_on(date) {
                let times = hours
                    .iter()
                    .flat_map(|hour| minutes.iter().map(move |minute| (*hour, *minute)));
                let mut times = times.filter_map(|(hour, minute)| {
                    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
                    Some(date.at(hour, minute, 0, 0))
                });
                if let Some(time) = times.find(|time| *time > after) {
                    let time = TimeZone::UTC.to_timestamp(time).ok()?;
                    return Some(Timestamp::from_millis(time.as_millisecond()));
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn is_on(&self, date: Date) -> bool {
        let [.., of_month, months, of_week] = self.fields;
        let has = |bits: u64, number: i8| bits >> number & 1 == 1;
        let of_month = has(of_month, date.day());
        let of_week = has(of_week, date.weekday().to_sunday_zero_offset());
        has(months, date.month())
            && match self.days {
                Days::Every => true,
                Days::OfMonth => of_month,
                Days::OfWeek => of_week,
                Days::Either => of_month || of_week,
                Days::Both => of_month && of_week,
            }
    }
}

/// The numbers of one item, as bits: `*`, a number or a range, each with an optional step.
fn item_of(item: &str, (least, most): (u8, u8)) -> Option<u64> {
    let number = |text: &str| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse::<u8>().ok().filter(|_| digits)?;
        (least..=most).contains(&number).then_some(number)
    };
    let (of, step) = match item.split_once('/') {
        Some((of, step)) => (of, Some(count(step, 2)?)),
        None => (item, None),
    };
    let (from, to) = match of.split_once('-') {
        _ if of == "*" => (least, most),
        Some((from, to)) => (number(from)?, number(to)?),
        // From there on, by the step.
        None if step.is_some() => (number(of)?, most),
        None => (number(of)?, number(of)?),
    };
    // A range whose end comes first goes round. The week has seven days, of which Sunday has two numbers.
    let last = most.min(if most == 7 { 6 } else { most });
    let numbers: Vec<u8> = if from <= to {
        (from..=to).collect()
    } else {
        (from..=last).chain(least..=to).collect()
    };
    let step = usize::try_from(step.unwrap_or(1)).ok()?;
    Some(
        numbers
            .into_iter()
            .step_by(step)
            .fold(0, |bits, number| bits | 1 << number),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(text: &str) -> Cron {
        Cron::read(text).unwrap()
    }

    fn next(text: &str, after: &str) -> Option<String> {
        let after: jiff::Timestamp = after.parse().unwrap();
        let next = cron(text).next(Timestamp::from_millis(after.as_millisecond()))?;
        Some(next.to_string().replace(":00.000Z", ""))
    }

    #[test]
    fn the_next_time_is_the_first_that_all_fields_name() {
        let after = "2026-11-27T23:59:30Z"; // a Friday
        for (text, expected) in [
            ("* * * * *", "2026-11-28T00:00"),
            ("*/15 * * * *", "2026-11-28T00:00"),
            ("30 3 * * *", "2026-11-28T03:30"),
            ("0 3 * * 1-5", "2026-11-30T03:00"),
            ("0 0 1 * *", "2026-12-01T00:00"),
            ("0 0 * * 0", "2026-11-29T00:00"),
            ("0 0 * * 7", "2026-11-29T00:00"),
            ("0 0 * * 5-1", "2026-11-28T00:00"),
            ("0 22-2 * * *", "2026-11-28T00:00"),
            ("7/20 4 * 1 *", "2027-01-01T04:07"),
            ("0 0 29 2 *", "2028-02-29T00:00"),
            // Either of them, as cron has it; both, where one begins with a star.
            ("0 0 13 * 5", "2026-12-04T00:00"),
            ("0 0 */13 * 0", "2026-12-27T00:00"),
        ] {
            assert_eq!(next(text, after).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(next("0 0 30 2 *", after), None, "a day that never comes");
        // Not the minute itself again.
        let minute = next("* * * * *", "2026-11-28T00:00:00Z");
        assert_eq!(minute.as_deref(), Some("2026-11-28T00:01"));
    }

    #[test]
    fn days_go_together_as_crons_do() {
        for (text, days) in [
            ("0 0 * * *", Days::Every),
            ("0 0 1-31 * 1", Days::Every),
            ("0 0 * * 1", Days::OfWeek),
            ("0 0 1 * *", Days::OfMonth),
            ("0 0 1 * 0-6", Days::Every),
            ("0 0 1 * 1", Days::Either),
            ("0 0 */2 * 1", Days::Both),
        ] {
            assert_eq!(cron(text).days(), days, "{text}");
        }
    }
}
