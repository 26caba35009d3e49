//! The SDK's clients: one HTTP client under all of them, and every time-out and retry set here.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials as StaticCredentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::error::AwsError;
use super::meter::{Counting, Meter};
use super::options::{Access, Credentials, Timeouts};
use super::watch::{self, Watching};

/// How often the SDK makes a call that can be repeated without harm.
const ATTEMPTS: u32 = 3;

/// One client of each service.
#[derive(Clone)]
pub(super) struct Clients {
    /// For reads and for changes of the table itself: repeated by the SDK.
    pub(super) reads: aws_sdk_dynamodb::Client,
    /// For writes of items. Never repeated by the SDK: a conditional write that is made twice
    /// fails on itself, and only the store can tell that from having been beaten.
    pub(super) writes: aws_sdk_dynamodb::Client,
    /// Every call to the queue can be repeated: a hint too many costs nothing.
    pub(super) queue: aws_sdk_sqs::Client,
    /// Every call to the scheduler can be repeated: names and tokens are fixed.
    pub(super) scheduler: aws_sdk_scheduler::Client,
    pub(super) timeouts: Timeouts,
    pub(super) meter: Arc<Meter>,
}

impl Clients {
    /// Connects nothing yet; fails only where no region can be found.
    pub(super) async fn of(access: &Access) -> Result<Self, AwsError> {
        let shared = shared(access).await;
        if shared.region().is_none() {
            return Err(AwsError::NoRegion);
        }
        let meter = Arc::new(Meter::default());
        let repeated = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        watch::begin();
        let counting = || Counting(Arc::clone(&meter));
        let dynamo = aws_sdk_dynamodb::config::Builder::from(&shared)
            .interceptor(counting())
            .interceptor(Watching);
        let queue = aws_sdk_sqs::config::Builder::from(&shared)
            .interceptor(counting())
            .interceptor(Watching);
        let scheduler = aws_sdk_scheduler::config::Builder::from(&shared)
            .interceptor(counting())
            .interceptor(Watching);
        Ok(Self {
            reads: aws_sdk_dynamodb::Client::from_conf(
                dynamo.clone().retry_config(repeated.clone()).build(),
            ),
            writes: aws_sdk_dynamodb::Client::from_conf(
                dynamo.retry_config(RetryConfig::disabled()).build(),
            ),
            queue: aws_sdk_sqs::Client::from_conf(queue.retry_config(repeated.clone()).build()),
            scheduler: aws_sdk_scheduler::Client::from_conf(
                scheduler.retry_config(repeated).build(),
            ),
            timeouts: access.timeouts,
            meter,
        })
    }
}

async fn shared(access: &Access) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts(access.timeouts));
    if let Some(region) = &access.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &access.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if access.credentials == Credentials::Emulator {
        let nobody = StaticCredentials::new("test", "test", None, None, "emulator");
        loader = loader.credentials_provider(nobody);
    }
    loader.load().await
}

fn timeouts(timeouts: Timeouts) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .operation_attempt_timeout(timeouts.attempt)
        .operation_timeout(timeouts.operation)
        .build()
}
