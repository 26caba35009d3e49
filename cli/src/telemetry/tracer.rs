//! Spans: followed from the first log line on, sent from when it is known where to and by whom.
//!
//! The layer is always there, because where a request is in its trace is what its log lines are
//! found by. Until [`export`], and for good where nothing is configured, it gives ids and keeps
//! nothing.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, Tracer, TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span,
};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use super::collector::Collector;
use super::resource::Resource;
use crate::config::Share;

/// What spans are the program's: other crates' are of no concern to anybody else.
const OURS: &str = "tempus";
/// Spans that wait to be sent at most; further ones are dropped.
const QUEUE: usize = 4096;
/// How long a span waits for others to be sent with.
const GATHER: Duration = Duration::from_secs(2);

/// What spans are sent by; one in a process, as there is one subscriber.
static SENDER: OnceLock<SdkTracer> = OnceLock::new();

/// Follows spans.
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let quiet = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
        .build();
    let tracer = Following {
        quiet: quiet.tracer(OURS),
    };
    OpenTelemetryLayer::new(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(OURS, LevelFilter::INFO))
}

/// Begins to send spans.
pub(super) fn export(
    collector: &Collector,
    resource: &Resource,
    sample: Share,
) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(collector.clone())
        .with_endpoint(collector.traces())
        .with_timeout(Collector::PATIENCE)
        .build()
        .context("spans cannot be sent: correct the OTEL_EXPORTER_OTLP_ variables")?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_scheduled_delay(GATHER)
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build();
    let share = Sampler::TraceIdRatioBased(sample.ratio());
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(share)))
        .with_resource(resource.of_traces())
        .with_span_processor(processor)
        .build();
    // Only a second server in one process would find one there already; its spans go with the
    // first one's.
    let _ = SENDER.set(provider.tracer(OURS));
    Ok(provider)
}

/// Gives spans to whoever sends them by now.
#[derive(Debug)]
struct Following {
    quiet: SdkTracer,
}

impl Tracer for Following {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
        let tracer = SENDER.get().unwrap_or(&self.quiet);
        tracer.build_with_context(builder, parent)
    }
}
