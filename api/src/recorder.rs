//! The one recorder of a process. Everything in it measures through the `metrics` facade, whichever
//! crate it is in and whether or not the process answers requests; what is measured can be read
//! here at any time, as Prometheus text.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds of a request: from a read of one row to a slow start of a store.
const REQUEST: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Seconds of everything else: from a process on this machine to a service that pulls a large image.
/// The objectives' limits are among them.
const WORK: [f64; 15] = [
    0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1800.0,
];

/// How often what was measured is folded up.
const FOLDED: Duration = Duration::from_secs(5);

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
            let request = Matcher::Full(crate::metrics::DURATION.to_owned());
            let work = Matcher::Suffix("_seconds".to_owned());
            PrometheusBuilder::new()
                .set_buckets_for_metric(request, &REQUEST)
                .and_then(|builder| builder.set_buckets_for_metric(work, &WORK))
                .and_then(PrometheusBuilder::install_recorder)
                .map_err(|error| error.to_string())
        });
        handle.clone().map(Self).map_err(MetricsError)
    }

    /// Folds up what was measured, now and then, for as long as it is polled. Until then every single
    /// duration is kept: without this a server that nobody looks at would grow with what it does.
    pub async fn tend(self) {
        loop {
            tokio::time::sleep(FOLDED).await;
            self.0.run_upkeep();
        }
    }

    /// Everything measured so far, as Prometheus text.
    pub fn render(&self) -> String {
        // Without a listener of its own the exporter is folded up whenever it is looked at.
        self.0.run_upkeep();
        self.0.render()
    }
}
