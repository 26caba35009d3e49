//! The conformance suite on this engine, against an emulator, and what only this engine promises.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Access, AwsEngine, AwsOptions, Bootstrap, Credentials, actions, bootstrap};
use crate::SystemClock;
use crate::conformance::{Harness, Ports};
use crate::testing::emulator::Emulator;

mod billing;
mod bootstrapping;
mod costs;
mod dead;
mod forgetting;
mod lost;
mod moto;
mod schedules;
mod stale;

mod ministack {
    //! Over HTTP, in real time.
    crate::conformance! { { #[tokio::test] } super::super::Ministack }
}

/// A table and two queues of its own for every test, in one ministack.
struct Ministack;

#[async_trait]
impl Harness for Ministack {
    async fn fresh(&self) -> Ports {
        ports(fresh(Emulator::shared().endpoint()).await)
    }

    // ministack looks for schedules every ten seconds.
    fn timer_bound(&self) -> Duration {
        Duration::from_secs(12)
    }

    // SQS counts in seconds.
    fn tick(&self) -> Duration {
        Duration::from_secs(1)
    }
}

fn ports(engine: AwsEngine) -> Ports {
    Ports {
        store: engine.store(),
        queue: engine.queue(),
        timer: engine.timer(),
        clock: Arc::new(SystemClock),
        keep: Box::new(Listed(engine)),
    }
}

/// An engine all of whose calls are in the list that policies are written from.
struct Listed(AwsEngine);

impl Drop for Listed {
    fn drop(&mut self) {
        let usage = self.0.usage();
        let listed = |call: &String| actions().iter().any(|action| action.operation == *call);
        let missing: Vec<_> = usage.requests.keys().filter(|call| !listed(call)).collect();
        assert!(
            missing.is_empty() || std::thread::panicking(),
            "not in the list of actions: {missing:?}"
        );
    }
}

fn access(endpoint: &str) -> Access {
    Access {
        region: Some("us-east-1".to_owned()),
        endpoint: Some(endpoint.to_owned()),
        credentials: Credentials::Emulator,
        ..Access::default()
    }
}

/// What nobody else uses.
fn wanted(endpoint: &str) -> Bootstrap {
    let unique = Uuid::new_v4().simple().to_string();
    Bootstrap::new(access(endpoint), format!("t-{}", &unique[..12]))
}

async fn fresh(endpoint: &str) -> AwsEngine {
    let made = bootstrap(&wanted(endpoint)).await.unwrap();
    let options = AwsOptions::new(access(endpoint), made.names);
    AwsEngine::open(options).await.unwrap()
}
