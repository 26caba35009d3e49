//! What was scraped, by series and time.

use std::collections::BTreeMap;
use std::ops::Range;

/// A series' name, as `__name__`, and its labels.
pub(super) type Labels = BTreeMap<String, String>;

/// How far back an instant looks, in seconds: Prometheus's default.
const LOOK_BACK: f64 = 300.0;

/// All series. Times are seconds of virtual time.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<Labels, Vec<(f64, Seen)>>);

/// What a scrape saw of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    Value(f64),
    /// Nothing, where there was something before: it has ended for now.
    Nothing,
}

impl History {
    /// Takes in all that `owner` has at a time: a target's page, or a rule's result. Series that it
    /// had before and has no more have ended.
    pub(super) fn take(
        &mut self,
        at: f64,
        owner: impl Fn(&Labels) -> bool,
        samples: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        for (labels, value) in samples {
            let series = self.0.entry(labels).or_default();
            series.push((at, Seen::Value(value)));
        }
        for (labels, series) in &mut self.0 {
            let last = series.last();
            if owner(labels)
                && last.is_some_and(|(seen, what)| *seen < at && *what != Seen::Nothing)
            {
                series.push((at, Seen::Nothing));
            }
        }
    }

    /// The latest value of each series that `picks`, if it is not too old.
    pub(super) fn at(&self, now: f64, picks: impl Fn(&Labels) -> bool) -> Vec<(Labels, f64)> {
        let latest = |series: &Vec<(f64, Seen)>| {
            let last = series.iter().rev().find(|(at, _)| *at <= now)?;
            match last {
                (at, Seen::Value(value)) if *at > now - LOOK_BACK => Some(*value),
                _ => None,
            }
        };
        let picked = self.0.iter().filter(|(labels, _)| picks(labels));
        picked
            .filter_map(|(labels, series)| Some((labels.clone(), latest(series)?)))
            .collect()
    }

    /// Every value of each series that `picks` within a span of time, whose beginning is not part of
    /// it and whose end is.
    pub(super) fn within(
        &self,
        span: &Range<f64>,
        picks: impl Fn(&Labels) -> bool,
    ) -> Vec<(Labels, Vec<(f64, f64)>)> {
        let values = |series: &Vec<(f64, Seen)>| {
            let inside = series
                .iter()
                .filter(|(at, _)| *at > span.start && *at <= span.end);
            let values = inside.filter_map(|(at, seen)| match seen {
                Seen::Value(value) => Some((*at, *value)),
                Seen::Nothing => None,
            });
            values.collect::<Vec<_>>()
        };
        let picked = self.0.iter().filter(|(labels, _)| picks(labels));
        picked
            .map(|(labels, series)| (labels.clone(), values(series)))
            .filter(|(_, values)| !values.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_any_more_has_ended_at_once() {
        let named = |name: &str| Labels::from([("__name__".to_owned(), name.to_owned())]);
        let mut history = History::default();
        history.take(10.0, |_| true, [(named("a"), 1.0), (named("b"), 2.0)]);
        history.take(20.0, |_| true, [(named("a"), 3.0)]);
        let all = |_: &Labels| true;
        assert_eq!(history.at(15.0, all).len(), 2);
        assert_eq!(history.at(20.0, all), [(named("a"), 3.0)]);
        assert!(history.at(320.0, all).is_empty(), "too old");
        let within = history.within(&(10.0..20.0), all);
        assert_eq!(within, [(named("a"), vec![(20.0, 3.0)])]);
    }
}
