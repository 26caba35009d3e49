//! Metrics for `CloudWatch` without a collector: now and then a line in its Embedded Metric Format on
//! standard output. The driver of a task's log takes it to `CloudWatch` Logs, which makes metrics
//! of it.
//!
//! Each series costs money every month, so these are few, and each has one dimension.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::exposition::{Family, Histogram, Labels, Series};

/// The objective: how many seconds from the acceptance of a create to ready.
const READY_WITHIN: f64 = 120.0;
/// The objective: how many seconds after its expiry a preview is gone.
const GONE_WITHIN: f64 = 300.0;

/// Writes the lines of one process.
pub(super) struct Emf {
    installation: String,
    /// What counters stood at when they were last written.
    last: BTreeMap<&'static str, f64>,
}

/// How a series is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    /// As it stands. Left out where it is not known: another process tells it.
    Level,
    /// What was added since it was last written.
    Increase,
}

/// One series.
struct Told {
    name: &'static str,
    unit: &'static str,
    how: As,
    value: fn(&Seen<'_>) -> Option<f64>,
}

/// Every series, in the order in which `docs/telemetry.md` has them.
#[rustfmt::skip] // a table reads better with one series a line
const TOLD: &[Told] = &[
    Told { name: "QueueOldestAge", unit: "Seconds", how: As::Level, value: |seen| seen.level("tempus_queue_oldest_age_seconds", &[]) },
    Told { name: "DeadLetters", unit: "Count", how: As::Level, value: |seen| seen.level("tempus_dead_letters", &[("kind", &["message"])]) },
    Told { name: "Orphans", unit: "Count", how: As::Level, value: |seen| seen.level("tempus_dead_letters", &[("kind", &["orphan"])]) },
    Told { name: "PreviewsParked", unit: "Count", how: As::Level, value: |seen| seen.level("tempus_previews_parked", &[]) },
    Told { name: "PreviewsActive", unit: "Count", how: As::Level, value: |seen| seen.level("tempus_previews", &[]) },
    Told { name: "CostPerHour", unit: "None", how: As::Level, value: |seen| seen.level("tempus_cost_dollars_per_hour", &[]) },
    Told { name: "BudgetsWarned", unit: "Count", how: As::Level, value: |seen| seen.level("tempus_budgets", &[("standing", &["warned", "spent"])]) },
    Told { name: "RefusedByQuota", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_refused_total", &[("reason", &["quota", "no-listener"])]) },
    Told { name: "Throttled", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_throttled_total", &[]) },
    Told { name: "GithubFailed", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_github_requests_total", &[("outcome", &["unavailable", "unreadable", "refused"])]) },
    Told { name: "JobsFailed", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_jobs_total", &[("outcome", &["failed", "overdue"])]) },
    Told { name: "LeasesLost", unit: "Count", how: As::Increase, value: |seen| seen.leases() },
    Told { name: "SweepsDone", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_sweeps_total", &[("outcome", &["done"])]) },
    Told { name: "SweepFindings", unit: "Count", how: As::Increase, value: |seen| seen.count("tempus_sweep_findings_total", &[]) },
    Told { name: "ReadyTotal", unit: "Count", how: As::Increase, value: |seen| seen.ready(|of| of.count) },
    Told { name: "ReadyLate", unit: "Count", how: As::Increase, value: |seen| seen.ready(|of| of.above(READY_WITHIN)) },
    Told { name: "ExpiryTotal", unit: "Count", how: As::Increase, value: |seen| seen.sizes("tempus_expiry_late_seconds", |of| of.count) },
    Told { name: "ExpiryLate", unit: "Count", how: As::Increase, value: |seen| seen.sizes("tempus_expiry_late_seconds", |of| of.above(GONE_WITHIN)) },
];

impl Emf {
    pub(super) fn new(installation: &str) -> Self {
        Self {
            installation: installation.to_owned(),
            last: BTreeMap::new(),
        }
    }

    /// Writes a line. Whoever reads standard output may be gone, which is no concern of anybody.
    pub(super) fn write(&mut self, families: &[Family]) {
        let passed = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = passed.map_or(0, |passed| passed.as_millis());
        if let Some(line) = self.line(families, u64::try_from(millis).unwrap_or(0)) {
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    /// The line of this moment; nothing where there is nothing to tell.
    fn line(&mut self, families: &[Family], millis: u64) -> Option<Value> {
        let seen = Seen(families);
        let (mut metrics, mut values) = (Vec::new(), Map::new());
        for told in TOLD {
            let Some(mut value) = (told.value)(&seen) else {
                continue;
            };
            if told.how == As::Increase {
                let before = self.last.insert(told.name, value).unwrap_or(0.0);
                value = (value - before).max(0.0);
            }
            metrics.push(json!({"Name": told.name, "Unit": told.unit}));
            values.insert(told.name.to_owned(), json!(value));
        }
        if metrics.is_empty() {
            return None;
        }
        let about = json!({
            "Timestamp": millis,
            "CloudWatchMetrics": [{
                "Namespace": "Tempus",
                "Dimensions": [["Installation"]],
                "Metrics": metrics,
            }],
        });
        values.insert("_aws".to_owned(), about);
        values.insert("Installation".to_owned(), json!(self.installation));
        Some(Value::Object(values))
    }
}

/// What was measured.
struct Seen<'a>(&'a [Family]);

impl Seen<'_> {
    fn of(&self, name: &str) -> Option<&Series> {
        let family = self.0.iter().find(|family| family.name == name)?;
        Some(&family.series)
    }

    /// The sum of a gauge's series whose labels have one of these values.
    fn level(&self, name: &str, only: &[(&str, &[&str])]) -> Option<f64> {
        match self.of(name)? {
            Series::Gauge(series) => Some(sum_of(series, only)),
            _ => None,
        }
    }

    /// The same of a counter's.
    fn count(&self, name: &str, only: &[(&str, &[&str])]) -> Option<f64> {
        match self.of(name)? {
            Series::Counter(series) => Some(sum_of(series, only)),
            _ => None,
        }
    }

    fn leases(&self) -> Option<f64> {
        let lost = self.count("tempus_leases_lost_total", &[])?;
        Some(lost + self.count("tempus_leases_expired_total", &[])?)
    }

    /// The sum of something over a histogram's series.
    fn sizes(&self, name: &str, of: fn(&Histogram) -> f64) -> Option<f64> {
        match self.of(name)? {
            Series::Histogram(series) => Some(series.values().map(of).sum()),
            _ => None,
        }
    }

    /// The sum of something over creates that became ready, and all that never did in time.
    fn ready(&self, of: fn(&Histogram) -> f64) -> Option<f64> {
        let overdue: &[(&str, &[&str])] = &[("kind", &["create"]), ("outcome", &["overdue"])];
        let overdue = self.count("tempus_jobs_total", overdue)?;
        let ready = match self.of("tempus_ready_seconds") {
            Some(Series::Histogram(series)) => series
                .iter()
                .filter(|(labels, _)| labels.get("kind").is_some_and(|kind| kind == "create"))
                .map(|(_, histogram)| of(histogram))
                .sum(),
            _ => 0.0,
        };
        Some(overdue + ready)
    }
}

fn sum_of(series: &BTreeMap<Labels, f64>, only: &[(&str, &[&str])]) -> f64 {
    let is_meant = |labels: &Labels| {
        only.iter().all(|(label, values)| {
            labels
                .get(*label)
                .is_some_and(|value| values.contains(&value.as_str()))
        })
    };
    let meant = series.iter().filter(|(labels, _)| is_meant(labels));
    meant.map(|(_, value)| *value).sum()
}

#[cfg(test)]
mod tests {
    use super::super::exposition;
    use super::*;

    #[test]
    fn a_line_tells_levels_as_they_stand_and_counts_as_they_grew() {
        let at = |jobs: u32, ready: u32| {
            exposition::read(&format!(
                "# TYPE tempus_dead_letters gauge\n\
                 tempus_dead_letters{{kind=\"message\"}} 1\n\
                 tempus_dead_letters{{kind=\"orphan\"}} 2\n\
                 # TYPE tempus_jobs_total counter\n\
                 tempus_jobs_total{{kind=\"create\",outcome=\"failed\"}} {jobs}\n\
                 tempus_jobs_total{{kind=\"create\",outcome=\"overdue\"}} 1\n\
                 tempus_jobs_total{{kind=\"create\",outcome=\"succeeded\"}} 70\n\
                 # TYPE tempus_ready_seconds histogram\n\
                 tempus_ready_seconds_bucket{{kind=\"create\",le=\"120\"}} 2\n\
                 tempus_ready_seconds_bucket{{kind=\"create\",le=\"+Inf\"}} {ready}\n\
                 tempus_ready_seconds_sum{{kind=\"create\"}} 500\n\
                 tempus_ready_seconds_count{{kind=\"create\"}} {ready}\n\
                 tempus_ready_seconds_count{{kind=\"update\"}} 900\n"
            ))
        };
        let mut emf = Emf::new("tempus-dev");
        let line = emf.line(&at(5, 3), 1_700_000_000_000).unwrap();
        let expected = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Tempus",
                    "Dimensions": [["Installation"]],
                    "Metrics": [
                        {"Name": "DeadLetters", "Unit": "Count"},
                        {"Name": "Orphans", "Unit": "Count"},
                        {"Name": "JobsFailed", "Unit": "Count"},
                        {"Name": "ReadyTotal", "Unit": "Count"},
                        {"Name": "ReadyLate", "Unit": "Count"},
                    ],
                }],
            },
            "Installation": "tempus-dev",
            "DeadLetters": 1.0,
            "Orphans": 2.0,
            "JobsFailed": 6.0,
            "ReadyTotal": 4.0,
            "ReadyLate": 2.0,
        });
        assert_eq!(line, expected);
        let line = emf.line(&at(7, 4), 1_700_000_060_000).unwrap();
        assert_eq!(line["Orphans"], 2.0);
        assert_eq!(line["JobsFailed"], 2.0);
        assert_eq!(
            (&line["ReadyTotal"], &line["ReadyLate"]),
            (&json!(1.0), &json!(1.0))
        );
    }

    #[test]
    fn nothing_is_said_where_there_is_nothing_to_say() {
        assert_eq!(Emf::new("tempus").line(&[], 0), None);
    }
}
