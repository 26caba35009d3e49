//! Every metric of this program: what its crates measure, and what only the program itself knows.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use tempus_model::{Metric, MetricKind, MetricUnit};

pub(super) const BUILD: &str = "tempus_build_info";
pub(super) const CORES: &str = "tempus_preview_cpu_cores";
pub(super) const MEMORY: &str = "tempus_preview_memory_bytes";

/// What is measured of this process and of the previews' processes. Those that begin with
/// `process_` are named by convention, and measured by `metrics-process`.
#[rustfmt::skip] // a table reads better with one metric a line
const OWN: &[Metric] = {
    use MetricUnit::{Bytes, Cores, Count, Seconds};
    &[
        Metric::gauge(BUILD, Count, &["version", "commit", "role"], "What runs; always 1."),
        Metric::gauge(CORES, Cores, &["preview"], "Cores that a local preview's processes kept busy of late."),
        Metric::gauge(MEMORY, Bytes, &["preview"], "Memory that a local preview's processes have."),
        Metric::counter("process_cpu_seconds_total", Seconds, &[], "CPU time that this process has taken."),
        Metric::gauge("process_resident_memory_bytes", Bytes, &[], "Memory that this process has."),
        Metric::gauge("process_virtual_memory_bytes", Bytes, &[], "Addresses that this process has."),
        Metric::gauge("process_virtual_memory_max_bytes", Bytes, &[], "Addresses that this process may have."),
        Metric::gauge("process_open_fds", Count, &[], "Files that this process has open."),
        Metric::gauge("process_max_fds", Count, &[], "Files that this process may have open."),
        Metric::gauge("process_threads", Count, &[], "Threads of this process."),
        Metric::gauge("process_start_time_seconds", Seconds, &[], "When this process started, in seconds since 1970."),
    ]
};

/// Every metric, once.
pub fn all() -> Vec<Metric> {
    let lists = [
        tempus_worker::METRICS,
        tempus_api::METRICS,
        tempus_engine::aws::METRICS,
        tempus_steps::aws::METRICS,
        OWN,
    ];
    let mut all: Vec<Metric> = Vec::new();
    for metric in lists.into_iter().flatten() {
        if !all.contains(metric) {
            all.push(*metric);
        }
    }
    all
}

/// Tells the recorder what each is.
pub(super) fn describe() {
    for metric in all() {
        let unit = match metric.unit {
            MetricUnit::Count
            | MetricUnit::Cores
            | MetricUnit::Dollars
            | MetricUnit::DollarsPerHour => Unit::Count,
            MetricUnit::Seconds => Unit::Seconds,
            MetricUnit::Bytes => Unit::Bytes,
        };
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.about),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.about),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.about),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_crates_mean_different_things_by_one_name() {
        let all = all();
        let names: BTreeSet<_> = all.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), all.len());
        for metric in all {
            let name = metric.name;
            let counts = name.ends_with("_total");
            assert_eq!(counts, metric.kind == MetricKind::Counter, "{name}");
            let own = name.starts_with("tempus_") || name.starts_with("process_");
            assert!(own, "{name}");
        }
    }
}
