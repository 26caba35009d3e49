//! What a preview ran, and from when to when: what it has cost follows from this and a list of prices,
//! whenever somebody asks.
//!
//! A span begins when a step that runs something is seen done, and ends when all of them are seen
//! compensated; the times are those of the steps themselves. Spans are a part of the row, so that
//! they are written with what they follow from, and cost no write of their own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Footprint, Timestamp, Used};

/// As many spans are kept one by one: a row is paid for by the kilobyte with every write.
const KEPT: usize = 8;

/// A time in which the same was run. Stored as `[from, to, footprint]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Span {
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it runs. Never before `from`.
    pub to: Option<Timestamp>,
    /// What it takes.
    pub footprint: Footprint,
}

type Stored = (Timestamp, Option<Timestamp>, Footprint);

impl From<Stored> for Span {
    fn from((from, to, footprint): Stored) -> Self {
        Self {
            from,
            to,
            footprint,
        }
    }
}

impl From<Span> for Stored {
    fn from(span: Span) -> Self {
        (span.from, span.to, span.footprint)
    }
}

impl Span {
    /// What of it lies between two times.
    fn used(&self, from: Timestamp, to: Timestamp) -> Used {
        let to = self.to.map_or(to, |end| end.min(to));
        Used::by(self.footprint, self.from.max(from).until(to))
    }
}

/// Spans that are no longer kept one by one: what they took together. Stored as an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Sum", into = "Sum")]
struct Earlier {
    /// When the first of them began.
    from: Timestamp,
    /// When the last of them ended.
    to: Timestamp,
    /// CPU units, MiB and tasks, each times milliseconds.
    taken: [u64; 3],
}

type Sum = (Timestamp, Timestamp, [u64; 3]);

impl From<Sum> for Earlier {
    fn from((from, to, taken): Sum) -> Self {
        Self { from, to, taken }
    }
}

impl From<Earlier> for Sum {
    fn from(earlier: Earlier) -> Self {
        (earlier.from, earlier.to, earlier.taken)
    }
}

impl Earlier {
    fn of(from: Timestamp) -> Self {
        Self {
            from,
            to: from,
            taken: [0; 3],
        }
    }

    fn add(&mut self, span: Span) {
        let to = span.to.unwrap_or(span.from);
        let millis = u64::try_from(span.from.until(to).as_millis()).unwrap_or(u64::MAX);
        let Footprint { cpu, memory, tasks } = span.footprint;
        for (sum, size) in self.taken.iter_mut().zip([cpu, memory, tasks]) {
            *sum = sum.saturating_add(u64::from(size).saturating_mul(millis));
        }
        self.to = self.to.max(to);
    }

    /// What of it lies between two times, as if it had been spread evenly.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an estimate; 2^53 milliseconds of a core are 280 years of a thousand cores"
    )]
    fn used(&self, from: Timestamp, to: Timestamp) -> Used {
        let whole = self.from.until(self.to).as_secs_f64();
        let part = self.from.max(from).until(self.to.min(to)).as_secs_f64();
        if whole <= 0.0 {
            return Used::default();
        }
        let one = Footprint {
            cpu: 1,
            memory: 1,
            tasks: 1,
        };
        let unit = Used::by(one, Duration::from_millis(1));
        let [cpu, memory, tasks] = self.taken.map(|sum| sum as f64);
        let all = Used {
            core_hours: cpu * unit.core_hours,
            gigabyte_hours: memory * unit.gigabyte_hours,
            task_hours: tasks * unit.task_hours,
        };
        all.times(part / whole)
    }
}

/// Everything that a preview ran: spans in their order, of which the last may be open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans {
    /// What is no longer kept span by span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<Earlier>,
    /// The latest; none overlaps another, and only the last may be open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    latest: Vec<Span>,
}

impl Spans {
    /// Whether nothing has run yet.
    pub fn is_empty(&self) -> bool {
        self.earlier.is_none() && self.latest.is_empty()
    }

    /// When anything ran for the first time.
    pub fn began(&self) -> Option<Timestamp> {
        let earlier = self.earlier.map(|earlier| earlier.from);
        earlier.or_else(|| self.latest.first().map(|span| span.from))
    }

    /// What runs now.
    pub fn running(&self) -> Option<Footprint> {
        let last = self.latest.last().filter(|span| span.to.is_none());
        last.map(|span| span.footprint)
    }

    /// This runs since then. What ran before it ends there, unless it is the same.
    pub fn open(&mut self, footprint: Footprint, at: Timestamp) {
        if self.running() == Some(footprint) {
            return;
        }
        self.close(at);
        if let Some(last) = self.latest.last_mut()
            && last.to.is_some_and(|to| to >= at)
            && last.footprint == footprint
        {
            last.to = None;
            return;
        }
        let from = match self.latest.last() {
            // Two workers' clocks may differ; the same time is not counted twice.
            Some(Span { to: Some(to), .. }) => at.max(*to),
            _ => at,
        };
        self.latest.push(Span {
            from,
            to: None,
            footprint,
        });
        while self.latest.len() > KEPT {
            let oldest = self.latest.remove(0);
            let earlier = self.earlier.get_or_insert(Earlier::of(oldest.from));
            earlier.add(oldest);
        }
    }

    /// Nothing runs since then.
    pub fn close(&mut self, at: Timestamp) {
        if let Some(last) = self.latest.last_mut()
            && last.to.is_none()
        {
            last.to = Some(at.max(last.from));
        }
    }

    /// What was taken between two times. What runs still is taken to run until `to`, which should
    /// not be later than now.
    pub fn used(&self, from: Timestamp, to: Timestamp) -> Used {
        let earlier = self.earlier.map(|earlier| earlier.used(from, to));
        let latest = self.latest.iter().map(|span| span.used(from, to));
        let mut sum = Used::default();
        for used in earlier.into_iter().chain(latest) {
            sum += used;
        }
        sum
    }

    /// What was taken until this time, from the first on.
    pub fn used_until(&self, to: Timestamp) -> Used {
        self.began()
            .map(|from| self.used(from, to))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + minutes * 60_000)
    }

    fn cores(cores: u32) -> Footprint {
        Footprint {
            cpu: cores * 1024,
            memory: 2048 * cores,
            tasks: 1,
        }
    }

    /// In words, since no two sums of such numbers are quite the same.
    fn core_minutes(spans: &Spans, from: i64, to: i64) -> String {
        minutes(spans.used(at(from), at(to)).core_hours)
    }

    fn minutes(hours: f64) -> String {
        format!("{:.2}", hours * 60.0)
    }

    #[test]
    fn what_ran_is_counted_from_when_it_ran_to_when_it_ended() {
        let mut spans = Spans::default();
        assert!(spans.is_empty() && spans.running().is_none());
        spans.open(cores(1), at(10));
        spans.open(cores(1), at(15));
        assert_eq!(spans.running(), Some(cores(1)));
        assert_eq!(core_minutes(&spans, 0, 30), "20.00", "it runs still");
        assert_eq!(core_minutes(&spans, 20, 25), "5.00");
        // Another size: from then on that.
        spans.open(cores(2), at(30));
        spans.close(at(40));
        spans.close(at(50));
        assert_eq!(core_minutes(&spans, 0, 99), "40.00");
        assert_eq!(core_minutes(&spans, 35, 99), "10.00");
        assert_eq!(core_minutes(&spans, 40, 99), "0.00");
        // It sleeps, and wakes.
        spans.open(cores(2), at(60));
        assert_eq!(core_minutes(&spans, 0, 61), "42.00");
        assert_eq!(spans.began(), Some(at(10)));
        let used = spans.used_until(at(61));
        assert_eq!(minutes(used.gigabyte_hours), "84.00");
        assert_eq!(minutes(used.task_hours), "31.00");
    }

    #[test]
    fn clocks_that_differ_count_nothing_twice() {
        let mut spans = Spans::default();
        spans.open(cores(1), at(10));
        spans.close(at(5));
        assert_eq!(core_minutes(&spans, 0, 99), "0.00");
        spans.open(cores(2), at(8));
        spans.close(at(20));
        spans.open(cores(2), at(15));
        spans.close(at(30));
        assert_eq!(core_minutes(&spans, 0, 99), "40.00");
    }

    #[test]
    fn many_spans_become_a_sum_and_lose_nothing() {
        let (mut spans, mut expected) = (Spans::default(), 0.0);
        for day in 0..100_i64 {
            let size = u32::try_from(day % 3 + 1).unwrap();
            spans.open(cores(size), at(day * 100));
            spans.close(at(day * 100 + 60));
            expected += f64::from(size) * 60.0;
        }
        assert_eq!(core_minutes(&spans, 0, 20_000), format!("{expected:.2}"));
        assert_eq!(spans.began(), Some(at(0)));
        let stored = serde_json::to_string(&spans).unwrap();
        assert!(stored.len() < 700, "{}: {stored}", stored.len());
        assert_eq!(serde_json::from_str::<Spans>(&stored).unwrap(), spans);
        // The latest are as exact as ever; what is a sum is spread over its time.
        assert_eq!(core_minutes(&spans, 9900, 9930), "30.00");
        let half = spans.used(at(0), at(4600)).core_hours * 60.0;
        assert!((half - expected * 0.46).abs() < expected * 0.02, "{half}");
    }

    #[test]
    fn it_is_short_as_it_is_stored() {
        let mut spans = Spans::default();
        spans.open(cores(1), at(0));
        assert_eq!(
            serde_json::to_string(&spans).unwrap(),
            r#"{"latest":[["2027-01-15T08:00:00.000Z",null,[1024,2048,1]]]}"#
        );
    }
}
