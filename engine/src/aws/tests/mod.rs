//! The conformance suite on this engine, against an emulator, and what only this engine promises.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::{InstallationId, PreviewId, resource_name};
use uuid::Uuid;

use super::{Access, AwsEngine, AwsOptions, Bootstrap, Credentials, actions, bootstrap};
use crate::conformance::{Harness, Ports};
use crate::testing::emulator::Emulator;
use crate::{Alarm, SystemClock, Timer, TimerError};

mod billing;
mod bootstrapping;
mod costs;
mod dead;
mod lost;
mod moto;
mod schedules;

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
        timer: Arc::new(Named::of(&engine)),
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

/// Gives the suite's alarms, whose names are one word, the names that a plan would give them: a
/// preview's alarms are listed by what their names begin with.
struct Named {
    timer: Arc<dyn Timer>,
    installation: InstallationId,
    whose: Mutex<HashMap<String, PreviewId>>,
}

impl Named {
    fn of(engine: &AwsEngine) -> Self {
        Self {
            timer: engine.timer(),
            installation: engine.installation(),
            whose: Mutex::default(),
        }
    }

    fn full(&self, preview: PreviewId, name: &str) -> String {
        resource_name(self.installation, preview, name, 64)
    }
}

#[async_trait]
impl Timer for Named {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        let (name, preview) = (alarm.name.clone(), alarm.preview);
        self.whose.lock().unwrap().insert(name, preview);
        let name = self.full(preview, &alarm.name);
        let alarm = Alarm {
            name,
            ..alarm.clone()
        };
        self.timer.set(&alarm).await
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        let whose = self.whose.lock().unwrap().get(name).copied();
        let preview = whose.unwrap_or_else(|| PreviewId::new(Uuid::new_v4()));
        self.timer.clear(&self.full(preview, name)).await
    }

    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        let prefix = self.full(preview, "");
        let listed = self.timer.list(preview).await?;
        let own = listed
            .iter()
            .map(|name| name.strip_prefix(&prefix).unwrap());
        Ok(own.map(str::to_owned).collect())
    }
}
