//! The one door to AWS: every call waits its turn, has its time-outs, and comes back either with
//! its answer or with an error that says what to do.

mod action;
mod arns;
mod ecr;
mod failed;
mod gathered;
mod metrics;
mod query;
mod rate;
mod scaling;
mod security_groups;
mod services;
mod signed;
mod ssm;
mod watch;

use std::error::Error;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_ecs::operation::RequestId;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;

pub(super) use action::Action;
pub use action::{ActionInfo, actions};
pub(super) use arns::Arns;
pub(super) use failed::Failed;
pub(super) use gathered::{AT_LEISURE, Gathered, HURRIED, UNHURRIED};
pub(super) use metrics::{Asked, Points};
pub(super) use services::{Deployment, Life, Rollout, Seen, Services};
pub(super) use ssm::{Put, Which};
pub use watch::METRICS;

use super::options::{AwsOptions, Credentials};
use crate::StepError;
use query::Query;
use rate::Lines;
use signed::Signed;
use tracing::Instrument;
use watch::Watch;

/// The SDK's clients, behind the account's request rates.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) ecs: aws_sdk_ecs::Client,
    pub(super) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    pub(super) scheduler: aws_sdk_scheduler::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
    ec2: Query,
    cloudwatch: Query,
    ssm: Signed,
    scaling: Signed,
    ecr: Signed,
    lines: Lines,
}

impl Client {
    /// Clients with the credentials that the environment has: variables, profile, container or
    /// instance role.
    pub(super) async fn connect(options: &AwsOptions) -> Result<Self, StepError> {
        watch::begin();
        let tls = || Provider::Rustls(CryptoMode::Ring);
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls())
            .build_https();
        let call = options.call_timeout;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(call / 4)
            .operation_attempt_timeout(call)
            .operation_timeout(call)
            .build();
        let mut config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .region(Region::new(options.region.clone()))
            .timeout_config(timeouts)
            // The saga repeats, with its own back-off and under the lease: a second layer would
            // make a call last longer than anybody reckons with.
            .retry_config(RetryConfig::disabled());
        if let Some(endpoint) = &options.endpoint {
            config = config.endpoint_url(endpoint);
        }
        if options.credentials == Credentials::Emulator {
            config = config.credentials_provider(aws_credential_types::Credentials::new(
                "test", "test", None, None, "emulator",
            ));
        }
        let config = config.load().await;
        let credentials = config.credentials_provider();
        let credentials = credentials
            .ok_or_else(|| StepError::rejected("there are no credentials to call AWS with"))?;
        let region = &options.region;
        // The SDK's own clients also heed `AWS_ENDPOINT_URL`, which the loader has read.
        let endpoint = config.endpoint_url().map(str::to_owned);
        let signed = |service: &'static str, host: &str| Signed {
            connector: Connector::builder().tls_provider(tls()).build(),
            credentials: credentials.clone(),
            region: region.clone(),
            service,
            endpoint: endpoint
                .clone()
                .unwrap_or_else(|| format!("https://{host}.{region}.amazonaws.com/")),
            timeout: call,
        };
        Ok(Self {
            ec2: Query {
                signed: signed("ec2", "ec2"),
                version: "2016-11-15",
            },
            cloudwatch: Query {
                signed: signed("monitoring", "monitoring"),
                version: "2010-08-01",
            },
            ssm: signed("ssm", "ssm"),
            scaling: signed("application-autoscaling", "application-autoscaling"),
            // Where images are pulled from is another host.
            ecr: signed("ecr", "api.ecr"),
            ecs: aws_sdk_ecs::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
            lines: Lines::new(&options.rates),
        })
    }

    /// Makes a call when its turn has come. `sent` must do nothing before it is polled, as the
    /// SDK's futures do.
    pub(super) async fn call<T, E>(
        &self,
        action: Action,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failed>
    where
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.lines.enter(action).await?;
        let watch = Watch::over(action);
        let answer = sent.instrument(watch.span.clone()).await;
        watch.answered(&answer);
        let outcome = answer.map_err(|error| {
            let failed = Failed::new(action, &error);
            tracing::debug!(call = action.operation(), error = ?failed, "a call to AWS failed");
            failed
        });
        watch.ended(&outcome);
        outcome
    }
}

#[cfg(test)]
mod tests;
