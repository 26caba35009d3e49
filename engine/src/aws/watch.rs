//! What is seen of each call from outside: a span around it, and the answers that asked for fewer.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use metrics::counter;
use serde::Deserialize;
use tempus_model::{Metric, MetricUnit};
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::error::is_throttle;

const THROTTLED: &str = "tempus_throttled_total";

/// Every metric that the engine has.
pub const METRICS: &[Metric] = &[Metric::counter(
    THROTTLED,
    MetricUnit::Count,
    &["service"],
    "Answers of AWS that asked for fewer calls.",
)];

/// The services that the engine calls, as metrics call them.
const SERVICES: [&str; 3] = ["dynamodb", "sqs", "scheduler"];

/// Shows what has not happened yet as zero.
pub(super) fn begin() {
    for service in SERVICES {
        counter!(THROTTLED, "service" => service).increment(0);
    }
}

/// Watches every call of a client.
#[derive(Debug)]
pub(super) struct Watching;

/// The span of a call, repetitions included.
#[derive(Debug)]
struct Call(Span);

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Watching {
    fn name(&self) -> &'static str {
        "Watching"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // What nobody asked for, as a long poll, would be a trace of its own each time.
        if Span::current().is_none() {
            return Ok(());
        }
        let Some(operation) = config.load::<Metadata>() else {
            return Ok(());
        };
        let span = info_span!(
            "call",
            otel.kind = "client",
            otel.name = format!("{}/{}", operation.service(), operation.name()),
            rpc.system = "aws-api",
            rpc.service = operation.service(),
            rpc.method = operation.name(),
            http.response.status_code = Empty,
            aws.request_id = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        );
        config.interceptor_state().store_put(Call(span));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let code = context.response().and_then(error_code);
        if code.is_some_and(|code| is_throttle(&code))
            && let Some(operation) = config.load::<Metadata>()
        {
            let service = operation.service().to_ascii_lowercase();
            counter!(THROTTLED, "service" => service).increment(1);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Call(span)) = config.load::<Call>() else {
            return Ok(());
        };
        let response = context.response();
        if let Some(response) = response {
            let status = i64::from(response.status().as_u16());
            span.record("http.response.status_code", status);
            let id = response.headers().get("x-amzn-requestid");
            span.record("aws.request_id", id);
        }
        if let Some(Err(_)) = context.output_or_error() {
            let code = response.and_then(error_code);
            span.record("error.type", code.as_deref().unwrap_or("no answer"));
            span.record("otel.status_code", "ERROR");
        }
        Ok(())
    }
}

/// What an answer is about, in both of the ways in which these services say it.
fn error_code(response: &HttpResponse) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "__type")]
        kind: String,
    }

    if response.status().is_success() {
        return None;
    }
    let said = match response.headers().get("x-amzn-errortype") {
        Some(said) => said.to_owned(),
        None => {
            serde_json::from_slice::<Body>(response.body().bytes()?)
                .ok()?
                .kind
        }
    };
    // With a namespace before it, or an address behind it.
    let code = said.split_once('#').map_or(&*said, |(_, code)| code);
    Some(code.split(':').next().unwrap_or(code).to_owned())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn an_answer_says_its_error_in_its_header_or_in_its_body() {
        let answer = |status: u16, body: &'static str| {
            let status = StatusCode::try_from(status).unwrap();
            HttpResponse::new(status, SdkBody::from(body))
        };
        let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","x":1}"#;
        let code = error_code(&answer(400, body));
        assert_eq!(code.as_deref(), Some("ThrottlingException"));
        assert!(is_throttle("ThrottlingException") && !is_throttle("ConflictException"));
        let mut by_header = answer(429, "");
        let said = "TooManyRequestsException:http://internal.amazon.com/";
        by_header.headers_mut().insert("x-amzn-errortype", said);
        let code = error_code(&by_header);
        assert_eq!(code.as_deref(), Some("TooManyRequestsException"));
        assert_eq!(error_code(&answer(200, body)), None);
        assert_eq!(error_code(&answer(503, "<html>")), None);
    }
}
