//! What is measured, as Prometheus text.
//!
//! Everything in the process measures through the `metrics` facade; the one recorder behind it is
//! installed here, and `/metrics` renders it.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::census::Count;

/// Seconds. From a read of one row to a slow start of a store.
const BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The media type of what is rendered.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process's recorder. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
#[error("the recorder of metrics cannot be installed: {0}")]
pub struct MetricsError(String);

impl Metrics {
    /// The process's recorder, installed by the first call.
    pub fn install() -> Result<Self, MetricsError> {
        static INSTALLED: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
        let handle = INSTALLED.get_or_init(|| {
            let all = Matcher::Suffix("_seconds".to_owned());
            let handle = PrometheusBuilder::new()
                .set_buckets_for_metric(all, &BUCKETS)
                .and_then(PrometheusBuilder::install_recorder)
                .map_err(|error| error.to_string())?;
            describe();
            Ok(handle)
        });
        handle.clone().map(Self).map_err(MetricsError)
    }

    /// Everything measured so far.
    pub(crate) fn render(&self) -> String {
        // Without a listener of its own the exporter is folded up whenever it is looked at.
        self.0.run_upkeep();
        self.0.render()
    }
}

fn describe() {
    describe_counter!(REQUESTS, "HTTP requests, by method, route and status.");
    describe_histogram!(DURATION, "Time to the head of the answer, in seconds.");
    describe_counter!(
        HINTS_LOST,
        "Hints that could not be sent; the reminder finds their rows."
    );
    describe_gauge!(PREVIEWS, "Previews that are not gone, by phase.");
    describe_gauge!(PARKED, "Previews that wait for a person.");
    describe_gauge!(QUEUED, "Messages on the queue, by state.");
    describe_gauge!(
        OLDEST,
        "How long the work has waited that is due longest and that nobody has taken up."
    );
}

const REQUESTS: &str = "tempus_http_requests_total";
const DURATION: &str = "tempus_http_request_duration_seconds";
const HINTS_LOST: &str = "tempus_api_hints_lost_total";
const PREVIEWS: &str = "tempus_previews";
const PARKED: &str = "tempus_previews_parked";
const QUEUED: &str = "tempus_queue_messages";
const OLDEST: &str = "tempus_queue_oldest_age_seconds";

/// Counts a request.
pub(crate) fn request(method: &Method, route: &str, status: StatusCode, took: Duration) {
    // A client can invent methods, and each would be a metric of its own.
    let method = match *method {
        Method::GET | Method::HEAD | Method::POST | Method::DELETE => method.as_str(),
        _ => "other",
    };
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    counter!(REQUESTS, &labels).increment(1);
    histogram!(DURATION, &labels[..2]).record(took);
}

/// Counts a hint that could not be sent.
pub(crate) fn hint_lost() {
    counter!(HINTS_LOST).increment(1);
}

/// Shows a count of the previews.
pub(crate) fn previews(count: &Count) {
    for (phase, previews) in &count.phases {
        gauge!(PREVIEWS, "phase" => phase.as_str()).set(*previews);
    }
    gauge!(PARKED).set(count.parked);
}

/// Shows how much is on the queue.
pub(crate) fn queue(depth: &tempus_engine::Depth) {
    for (state, messages) in [
        ("visible", depth.visible),
        ("in_flight", depth.in_flight),
        ("delayed", depth.delayed),
    ] {
        // A queue of more than 2^53 messages would be shown a little wrong.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        gauge!(QUEUED, "state" => state).set(messages as f64);
    }
    gauge!(OLDEST).set(depth.oldest.as_secs_f64());
}
