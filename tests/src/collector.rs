//! A collector of telemetry: takes OTLP over HTTP, decodes it, and remembers what it was told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span as ProtoSpan, status::StatusCode as SpanStatus};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A collector that listens. Ends when it is dropped.
pub struct Collector {
    addr: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Heard {
    spans: Vec<Span>,
    /// What each process said last, by its instance id.
    metrics: BTreeMap<String, Numbers>,
    headers: Vec<HeaderMap>,
}

/// Numbers as Prometheus would name them: `name{label="value"}`, labels sorted.
pub type Numbers = BTreeMap<String, f64>;

/// A span as it was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The name of the service that told of it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Which way it looks.
    pub kind: SpanKind,
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// Its parent's id; empty for the first of a trace.
    pub parent: String,
    /// What it links to: trace and id.
    pub links: Vec<(String, String)>,
    /// What it says of itself.
    pub attributes: BTreeMap<String, String>,
    /// Whether it ended badly.
    pub failed: bool,
}

impl Collector {
    /// A collector on a port of this machine.
    pub async fn start() -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(Arc::clone(&heard));
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let addr = listener.local_addr().expect("its own address");
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            addr,
            heard,
            serving: serving.abort_handle(),
        }
    }

    /// A collector that takes connections and never answers.
    pub async fn deaf() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let addr = listener.local_addr().expect("its own address");
        let serving = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                kept.push(connection);
            }
        });
        Self {
            addr,
            heard: Arc::default(),
            serving: serving.abort_handle(),
        }
    }

    /// What to configure as `telemetry.otlp_endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Every span so far.
    pub fn spans(&self) -> Spans {
        Spans(self.heard().spans.clone())
    }

    /// What the processes said last, one after the other.
    pub fn metrics(&self) -> Vec<Numbers> {
        self.heard().metrics.values().cloned().collect()
    }

    /// Whether every request came with this header.
    pub fn was_always_told(&self, name: &str, value: &str) -> bool {
        let heard = self.heard();
        let with = |headers: &HeaderMap| headers.get(name).is_some_and(|found| found == value);
        !heard.headers.is_empty() && heard.headers.iter().all(with)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Spans, and how they hang together.
#[derive(Debug, Clone)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// Those of a trace.
    pub fn of<'a>(&'a self, trace: &str) -> impl Iterator<Item = &'a Span> + use<'a> {
        let trace = trace.to_owned();
        self.0.iter().filter(move |span| span.trace == trace)
    }

    /// The only span of this name in a trace.
    pub fn only<'a>(&'a self, trace: &str, name: &str) -> &'a Span {
        let named: Vec<_> = self.of(trace).filter(|span| span.name == name).collect();
        assert_eq!(named.len(), 1, "{name}, once: {:#?}", self.names(trace));
        named[0]
    }

    /// A span and what it is a part of, up to the first that was told of.
    pub fn up<'a>(&'a self, span: &'a Span) -> Vec<&'a Span> {
        let mut path = vec![span];
        while let Some(above) = self
            .of(&span.trace)
            .find(|s| s.id == path[path.len() - 1].parent)
        {
            path.push(above);
        }
        path
    }

    /// The names of a trace's spans, for messages.
    pub fn names(&self, trace: &str) -> Vec<&str> {
        self.of(trace).map(|span| span.name.as_str()).collect()
    }
}

type Shared = State<Arc<Mutex<Heard>>>;

async fn traces(State(heard): Shared, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.headers.push(headers);
    for told in request.resource_spans {
        let resource = told.resource.unwrap_or_default();
        let about = texts(&resource.attributes);
        let service = about.get("service.name").cloned().unwrap_or_default();
        let spans = told.scope_spans.into_iter().flat_map(|scope| scope.spans);
        heard.spans.extend(spans.map(|of| span(&service, &of)));
    }
    StatusCode::OK
}

fn span(service: &str, told: &ProtoSpan) -> Span {
    let link = |link: &Link| (hex(&link.trace_id), hex(&link.span_id));
    let status = told
        .status
        .as_ref()
        .map(opentelemetry_proto::tonic::trace::v1::Status::code);
    Span {
        service: service.to_owned(),
        name: told.name.clone(),
        kind: told.kind(),
        trace: hex(&told.trace_id),
        id: hex(&told.span_id),
        parent: hex(&told.parent_span_id),
        links: told.links.iter().map(link).collect(),
        attributes: texts(&told.attributes),
        failed: status == Some(SpanStatus::Error),
    }
}

async fn metrics(State(heard): Shared, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(request) = ExportMetricsServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.headers.push(headers);
    for told in request.resource_metrics {
        let resource = told.resource.unwrap_or_default();
        let about = texts(&resource.attributes);
        let instance = about
            .get("service.instance.id")
            .cloned()
            .unwrap_or_default();
        let mut numbers = Numbers::new();
        for metric in told
            .scope_metrics
            .into_iter()
            .flat_map(|scope| scope.metrics)
        {
            match metric.data {
                Some(Data::Sum(sum)) => {
                    assert!(sum.is_monotonic);
                    number(&mut numbers, &metric.name, sum.data_points);
                }
                Some(Data::Gauge(gauge)) => number(&mut numbers, &metric.name, gauge.data_points),
                Some(Data::Histogram(histogram)) => {
                    sizes(&mut numbers, &metric.name, histogram.data_points);
                }
                _ => return StatusCode::BAD_REQUEST,
            }
        }
        heard.metrics.insert(instance, numbers);
    }
    StatusCode::OK
}

fn number(
    numbers: &mut Numbers,
    name: &str,
    points: Vec<opentelemetry_proto::tonic::metrics::v1::NumberDataPoint>,
) {
    for point in points {
        let Some(Value::AsDouble(value)) = point.value else {
            panic!("{name}: {point:?}");
        };
        numbers.insert(series(name, &texts(&point.attributes)), value);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a test's counts are small")]
fn sizes(
    numbers: &mut Numbers,
    name: &str,
    points: Vec<opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint>,
) {
    for point in points {
        let labels = texts(&point.attributes);
        let of = |part: &str| series(&format!("{name}_{part}"), &labels);
        numbers.insert(of("count"), point.count as f64);
        numbers.insert(of("sum"), point.sum.unwrap_or_default());
        let mut upto = 0;
        let bounds = point.explicit_bounds.iter().map(ToString::to_string);
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&point.bucket_counts) {
            upto += count;
            let mut labels = labels.clone();
            labels.insert("le".to_owned(), bound);
            numbers.insert(series(&format!("{name}_bucket"), &labels), upto as f64);
        }
    }
}

/// What `/metrics` shows, as numbers.
pub fn numbers(text: &str) -> Numbers {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let number = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let labels = labels.strip_suffix('}')?.split("\",");
        let labels = labels.filter_map(|label| {
            let (label, value) = label.split_once("=\"")?;
            Some((label.to_owned(), value.trim_end_matches('"').to_owned()))
        });
        Some((series(name, &labels.collect()), value.parse().ok()?))
    };
    lines.filter_map(number).collect()
}

fn series(name: &str, labels: &BTreeMap<String, String>) -> String {
    let labels = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"));
    format!("{name}{{{}}}", labels.collect::<Vec<_>>().join(","))
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| {
        let value = match attribute.value.clone()?.value? {
            any_value::Value::StringValue(text) => text,
            any_value::Value::IntValue(number) => number.to_string(),
            any_value::Value::DoubleValue(number) => number.to_string(),
            any_value::Value::BoolValue(truth) => truth.to_string(),
            _ => return None,
        };
        Some((attribute.key.clone(), value))
    };
    attributes.iter().filter_map(text).collect()
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}
