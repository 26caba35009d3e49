//! What is seen of each call from outside: a span around it, and the calls that AWS asks to have
//! fewer of.

use aws_sdk_ecs::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use metrics::counter;
use tempus_model::{Metric, MetricUnit};
use tracing::field::{Empty, display};
use tracing::{Span, info_span};

use super::action::Action;
use super::failed::Failed;

const THROTTLED: &str = "tempus_throttled_total";

/// Every metric that the platform has.
pub const METRICS: &[Metric] = &[Metric::counter(
    THROTTLED,
    MetricUnit::Count,
    &["service"],
    "Answers of AWS that asked for fewer calls.",
)];

/// The prefixes of the services' IAM actions: what metrics call them.
const SERVICES: [&str; 10] = [
    "ecs",
    "elasticloadbalancing",
    "ec2",
    "logs",
    "tag",
    "cloudwatch",
    "scheduler",
    "application-autoscaling",
    "ssm",
    "ecr",
];

/// Shows what has not happened yet as zero.
pub(super) fn begin() {
    for service in SERVICES {
        counter!(THROTTLED, "service" => service).increment(0);
    }
}

/// A call that is being made.
#[derive(Debug)]
pub(super) struct Watch {
    action: Action,
    pub(super) span: Span,
}

impl Watch {
    pub(super) fn over(action: Action) -> Self {
        let (service, method) = (service(action), action.operation());
        let span = info_span!(
            "call",
            otel.kind = "client",
            otel.name = format!("{service}/{method}"),
            rpc.system = "aws-api",
            rpc.service = service,
            rpc.method = method,
            http.response.status_code = Empty,
            aws.request_id = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        );
        Self { action, span }
    }

    /// Notes how AWS answered through the SDK.
    pub(super) fn answered<T: RequestId, E>(&self, answer: &Result<T, SdkError<E, HttpResponse>>) {
        match answer {
            // The SDK takes no other status for a success.
            Ok(answer) => self.answer(Some(200), answer.request_id()),
            Err(error) => {
                let status = error.raw_response().map(|raw| raw.status().as_u16());
                self.answer(status, error.request_id());
            }
        }
    }

    /// Notes an answer.
    pub(super) fn answer(&self, status: Option<u16>, request_id: Option<&str>) {
        if let Some(status) = status {
            self.span
                .record("http.response.status_code", i64::from(status));
        }
        if let Some(id) = request_id {
            self.span.record("aws.request_id", id);
        }
    }

    /// Notes what came of it.
    pub(super) fn ended<T>(&self, outcome: &Result<T, Failed>) {
        let Err(failed) = outcome else { return };
        self.span.record("error.type", display(failed.word()));
        self.span.record("otel.status_code", "ERROR");
        if failed.is_throttled() {
            let service = self.action.iam_service();
            counter!(THROTTLED, "service" => service).increment(1);
        }
    }
}

/// The service's name, as the SDKs have it.
fn service(action: Action) -> &'static str {
    match action.iam_service() {
        "ecs" => "ECS",
        "elasticloadbalancing" => "Elastic Load Balancing v2",
        "ec2" => "EC2",
        "logs" => "CloudWatch Logs",
        "cloudwatch" => "CloudWatch",
        "ssm" => "SSM",
        "ecr" => "ECR",
        "tag" => "Resource Groups Tagging API",
        "scheduler" => "Scheduler",
        "application-autoscaling" => "Application Auto Scaling",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_one_of_a_service_that_is_known() {
        for action in crate::aws::client::actions() {
            let (service, _) = action.iam[0].split_once(':').unwrap();
            assert!(SERVICES.contains(&service), "{service}");
        }
        assert_eq!(service(Action::CreateService), "ECS");
        assert_eq!(service(Action::GetResources), "Resource Groups Tagging API");
    }
}
