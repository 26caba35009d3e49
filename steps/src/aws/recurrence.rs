//! A schedule as EventBridge Scheduler takes it.

use std::time::Duration;

use tempus_model::{Cron, Days, Timetable};

/// The last of each field: minute, hour, day of the month, month, day of the week.
const LAST: [(u8, u8); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

/// The expression; otherwise what it cannot say.
///
/// It counts days of the week from 1, which is Sunday, and wants a `?` in one of the two fields about
/// days: there is no way to say that a day is to fit both, or either.
pub(super) fn expression(timetable: &Timetable) -> Result<String, &'static str> {
    match timetable {
        Timetable::Every(period) => Ok(rate(*period)),
        Timetable::Cron(cron) => six_fields(cron),
    }
}

/// The largest unit of which it is a whole number; its name has an `s` only if that is not one.
fn rate(period: Duration) -> String {
    let minutes = period.as_secs() / 60;
    let units = [("day", 24 * 60), ("hour", 60), ("minute", 1)];
    let whole = units
        .into_iter()
        .find(|(_, of)| minutes.is_multiple_of(*of));
    let (unit, of) = whole.unwrap_or(("minute", 1));
    match minutes / of {
        1 => format!("rate(1 {unit})"),
        number => format!("rate({number} {unit}s)"),
    }
}

fn six_fields(cron: &Cron) -> Result<String, &'static str> {
    let [minutes, hours, of_month, months, of_week] = cron.numbers();
    let of_week: Vec<_> = of_week.iter().map(|day| day + 1).collect();
    let (of_month, of_week) = match cron.days() {
        Days::Every => ("*".to_owned(), "?".to_owned()),
        Days::OfMonth => (field(&of_month, LAST[2]), "?".to_owned()),
        Days::OfWeek => ("?".to_owned(), field(&of_week, (1, 7))),
        Days::Either | Days::Both => {
            return Err(
                "names days of the month and days of the week, which AWS cannot schedule together: \
                 one of the two must be *",
            );
        }
    };
    Ok(format!(
        "cron({} {} {of_month} {} {of_week} *)",
        field(&minutes, LAST[0]),
        field(&hours, LAST[1]),
        field(&months, LAST[3]),
    ))
}

/// Numbers as a list, in which what follows each other is a range.
fn field(numbers: &[u8], (least, most): (u8, u8)) -> String {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    if ranges == [(least, most)] {
        return "*".to_owned();
    }
    let items = ranges.into_iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        _ => format!("{from}-{to}"),
    });
    items.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use tempus_model::Schedule;

    use super::*;

    fn of(text: &str) -> Result<String, &'static str> {
        expression(&text.parse::<Schedule>().unwrap().timetable().unwrap())
    }

    #[test]
    fn five_fields_become_six() {
        for (text, expected) in [
            ("rate(1 minute)", "rate(1 minute)"),
            ("rate(5 minute)", "rate(5 minutes)"),
            ("rate(60 minutes)", "rate(1 hour)"),
            ("rate(48 hours)", "rate(2 days)"),
            ("rate(90 minutes)", "rate(90 minutes)"),
            ("* * * * *", "cron(* * * * ? *)"),
            ("*/15 * * * *", "cron(0,15,30,45 * * * ? *)"),
            ("0 3 * * 1-5", "cron(0 3 ? * 2-6 *)"),
            ("0 0 * * 0", "cron(0 0 ? * 1 *)"),
            ("0 0 * * 6-7", "cron(0 0 ? * 1,7 *)"),
            ("30 22-2 1,15 */3 *", "cron(30 0-2,22-23 1,15 1,4,7,10 ? *)"),
            // Every day, whichever field says so.
            ("0 0 1-31 * 1", "cron(0 0 * * ? *)"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(expected), "{text}");
        }
        for either_or_both in ["0 0 1 * 1", "0 0 */2 * 1"] {
            assert!(of(either_or_both).is_err(), "{either_or_both}");
        }
        // The longest is within what AWS takes.
        let odd = |to: u8| {
            (1..to)
                .step_by(2)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        let longest = format!("{} {} {} {} *", odd(60), odd(24), odd(32), odd(13));
        assert!(of(&longest).unwrap().len() <= 256);
    }
}
