//! Metrics by OTLP: the same numbers as `/metrics` shows, in OpenTelemetry's words.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use prost::Message;
use tempus_model::{Metric, MetricUnit};

use super::collector::Collector;
use super::exposition::{Family, Histogram, Labels, Series};
use super::list;
use super::machine::VERSION;
use super::resource::{Resource, attribute};

/// Sends metrics.
pub(super) struct Push {
    collector: Collector,
    resource: ProtoResource,
    known: BTreeMap<&'static str, Metric>,
    /// When this process began to count, in nanoseconds since 1970.
    began: u64,
}

impl Push {
    pub(super) fn new(collector: Collector, resource: &Resource) -> Self {
        let all = list::all().into_iter();
        Self {
            collector,
            resource: resource.of_metrics(),
            known: all.map(|metric| (metric.name, metric)).collect(),
            began: now(),
        }
    }

    /// Sends what was measured so far; what cannot be sent is dropped, and is in the next one.
    pub(super) async fn send(&self, families: &[Family]) {
        let body = self.request(families).encode_to_vec();
        self.collector.send_metrics(body).await;
    }

    fn request(&self, families: &[Family]) -> ExportMetricsServiceRequest {
        let time = Times {
            began: self.began,
            now: now(),
        };
        let metrics = families.iter().map(|family| self.metric(family, time));
        let scope = InstrumentationScope {
            name: "tempus".to_owned(),
            version: VERSION.to_owned(),
            ..InstrumentationScope::default()
        };
        ExportMetricsServiceRequest {
            resource_metrics: vec![otlp::ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![otlp::ScopeMetrics {
                    scope: Some(scope),
                    metrics: metrics.collect(),
                    ..otlp::ScopeMetrics::default()
                }],
                ..otlp::ResourceMetrics::default()
            }],
        }
    }

    fn metric(&self, family: &Family, time: Times) -> otlp::Metric {
        let known = self.known.get(&*family.name);
        let unit = known.map_or("1", |metric| match metric.unit {
            MetricUnit::Count => "1",
            MetricUnit::Seconds => "s",
            MetricUnit::Bytes => "By",
            MetricUnit::Cores => "{core}",
            MetricUnit::Dollars => "{USD}",
            MetricUnit::DollarsPerHour => "{USD}/h",
        });
        let cumulative = i32::from(otlp::AggregationTemporality::Cumulative);
        let data = match &family.series {
            Series::Counter(series) => Data::Sum(otlp::Sum {
                data_points: time.numbers(series),
                aggregation_temporality: cumulative,
                is_monotonic: true,
            }),
            Series::Gauge(series) => Data::Gauge(otlp::Gauge {
                data_points: time.numbers(series),
            }),
            Series::Histogram(series) => Data::Histogram(otlp::Histogram {
                data_points: series
                    .iter()
                    .map(|(labels, histogram)| time.histogram(labels, histogram))
                    .collect(),
                aggregation_temporality: cumulative,
            }),
        };
        otlp::Metric {
            name: family.name.clone(),
            description: known.map_or("", |metric| metric.about).to_owned(),
            unit: unit.to_owned(),
            data: Some(data),
            ..otlp::Metric::default()
        }
    }
}

/// From when to when something was counted.
#[derive(Debug, Clone, Copy)]
struct Times {
    began: u64,
    now: u64,
}

impl Times {
    fn numbers(self, series: &BTreeMap<Labels, f64>) -> Vec<otlp::NumberDataPoint> {
        let points = series.iter().map(|(labels, value)| otlp::NumberDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: self.began,
            time_unix_nano: self.now,
            value: Some(Value::AsDouble(*value)),
            ..otlp::NumberDataPoint::default()
        });
        points.collect()
    }

    fn histogram(self, labels: &Labels, histogram: &Histogram) -> otlp::HistogramDataPoint {
        let (mut counts, mut before) = (Vec::with_capacity(histogram.upto.len() + 1), 0.0);
        // Each bound says how many were no larger; a bucket holds those above the bound before.
        for upto in histogram.upto.iter().map(|(_, upto)| *upto) {
            counts.push(whole(upto - before));
            before = upto;
        }
        counts.push(whole(histogram.count - before));
        otlp::HistogramDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: self.began,
            time_unix_nano: self.now,
            count: whole(histogram.count),
            sum: Some(histogram.sum),
            bucket_counts: counts,
            explicit_bounds: histogram.upto.iter().map(|(bound, _)| *bound).collect(),
            ..otlp::HistogramDataPoint::default()
        }
    }
}

fn attributes(labels: &Labels) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let pairs = labels.iter();
    pairs.map(|(name, value)| attribute(name, value)).collect()
}

/// Counts are whole numbers, far below 2^53.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "see above; what is below zero becomes zero"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

fn now() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH);
    passed.map_or(0, |passed| u64::try_from(passed.as_nanos()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_lies_between_two_bounds() {
        let time = Times { began: 1, now: 2 };
        let point = time.histogram(
            &Labels::new(),
            &Histogram {
                upto: vec![(1.0, 1.0), (5.0, 3.0)],
                count: 4.0,
                sum: 15.5,
            },
        );
        assert_eq!(point.explicit_bounds, [1.0, 5.0]);
        assert_eq!(point.bucket_counts, [1, 2, 1]);
        assert_eq!((point.count, point.sum), (4, Some(15.5)));
    }
}
