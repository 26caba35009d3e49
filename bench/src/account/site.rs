//! An installation in the account: the real engine, the real steps, one worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tempus_engine::aws::{
    Access, AwsEngine, AwsNames, AwsOptions, Bootstrap, Credentials, bootstrap,
};
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_engine::testing::wire::Wire;
use tempus_engine::{Listener, NewPreview, Outgoing, Queue, Store, SystemClock};
use tempus_model::{Hint, PreviewId, Row, State};
use tempus_steps::aws as ecs;
use tempus_worker::{Budgets, Parts, Worker, WorkerConfig};
use uuid::Uuid;

use super::calls::{Calls, between};
use super::made::Account;
use super::manners::Manners;
use crate::bell::Bell;
use crate::rig::{Env, new_preview};

/// How many listeners there are, and how many previews each takes: as many rules as a load balancer may have.
const LISTENERS: u32 = 5;
const SLOTS: u32 = 100;
/// How often a row is looked at, past the wire, by who measures.
const LOOK: Duration = Duration::from_millis(20);

/// An installation, and what it is measured by.
pub struct Site {
    pub manners: Manners,
    engine: AwsEngine,
    bell: Arc<Bell>,
    worker: Worker,
    /// The same store, not through the wire.
    plain: Arc<dyn Store>,
    dns: String,
    _wire: Wire,
    _emulator: Emulator,
}

/// How the account behaves, and how much the worker does at once.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// How long each call takes.
    pub latency: Duration,
    /// How long a service takes to start.
    pub start: Duration,
    /// Whether the account's request rates are kept.
    pub rates: bool,
    /// How long after an unwind the verify comes.
    pub verify_delay: Duration,
    /// How many sagas are carried out at once.
    pub in_flight: usize,
}

impl Site {
    /// Starts an emulator, makes an account in it and a worker.
    pub async fn start(conditions: Conditions) -> anyhow::Result<Self> {
        let emulator = tokio::task::spawn_blocking(|| Emulator::start(Kind::Ministack)).await?;
        let account = Account::new(emulator.endpoint(), "bench").await;
        let calls = Calls::to(emulator.endpoint());
        let Conditions {
            latency,
            start,
            rates,
            ..
        } = conditions;
        let manners = Manners::new(calls.clone(), latency, start, rates);
        let wire = Wire::to(emulator.endpoint(), manners.clone()).await?;
        let wanted = Bootstrap {
            // One would come within a run, and is the installation's, however many previews there are.
            sweep_every: Duration::from_hours(24),
            ..Bootstrap::new(access(emulator.endpoint()), "bench")
        };
        let made = bootstrap(&wanted).await?;
        manners.tells(made.names.queue_url.clone());
        let plain = AwsEngine::open(AwsOptions::new(
            access(emulator.endpoint()),
            made.names.clone(),
        ));
        let plain = plain.await?.store();
        let names = through(&wire, &emulator, made.names);
        let engine = AwsEngine::open(AwsOptions {
            visibility: WorkerConfig::default().visibility(),
            ..AwsOptions::new(access(wire.endpoint()), names)
        });
        let engine = engine.await?;
        let listeners = listeners(&account, &calls).await;
        let platform = platform(&account, listeners, wire.endpoint(), conditions);
        let platform = ecs::AwsPlatform::new(platform).await?;
        let bell = Arc::new(Bell::before(engine.queue()));
        let parts = Parts {
            store: engine.store(),
            queue: Arc::clone(&bell) as Arc<dyn Queue>,
            timer: engine.timer(),
            clock: Arc::new(SystemClock),
            platform: Arc::new(platform),
            github: None,
            notify: None,
        };
        let config = WorkerConfig {
            budgets: Budgets {
                builds: conditions.in_flight,
                destroys: conditions.in_flight,
                ..Budgets::default()
            },
            sweep_every: None,
            verify_delay: Some(conditions.verify_delay),
            ..WorkerConfig::default()
        };
        // What the platform asks once, before any preview.
        let worker = Worker::start(parts, config);
        tokio::time::sleep(Duration::from_secs(3)).await;
        manners.take();
        Ok(Self {
            manners,
            engine,
            bell,
            worker,
            plain,
            dns: account.dns.clone(),
            _wire: wire,
            _emulator: emulator,
        })
    }

    /// Asks for a preview as the API does.
    pub async fn create(&self, number: u64, life: Duration) -> anyhow::Result<PreviewId> {
        let id = PreviewId::new(Uuid::new_v4());
        let new = new_preview(id, number, "bench", &Env::new())?;
        let new = NewPreview {
            expires_at: new.job.now.after(life),
            listeners: (1..=LISTENERS)
                .map(|number| Listener {
                    name: format!("a{number}"),
                    slots: Some(SLOTS),
                    url: format!("http://{}/preview-{}/", self.dns, id.short()),
                })
                .collect(),
            ..new
        };
        self.engine.store().create(new).await?;
        let hint = Outgoing::now(&Hint::look(id));
        self.engine.queue().post(hint).await?;
        Ok(id)
    }

    /// Waits until a preview's row is as it should be.
    pub async fn until(
        &self,
        preview: PreviewId,
        patience: Duration,
        is: impl Fn(&Row) -> bool,
    ) -> anyhow::Result<Instant> {
        let began = Instant::now();
        loop {
            let found = self.plain.get(preview).await?;
            let row = found.context("a preview that was accepted has a row")?.row;
            if is(&row) {
                return Ok(Instant::now());
            }
            let failed = matches!(row.settled.state, State::Gone(_)) && row.receipt_at.is_some();
            ensure!(
                !failed && row.parked.is_none(),
                "it ended otherwise: {row:?}"
            );
            ensure!(
                began.elapsed() < patience,
                "not within {patience:?}: {row:?}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the engine says that its writes took.
    pub fn write_units(&self) -> f64 {
        self.engine.usage().write_units
    }

    /// How many polls of the worker brought something.
    pub fn brought(&self) -> u64 {
        self.bell.brought()
    }

    /// Stops the worker.
    pub async fn stop(self) {
        self.worker.stop().await;
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

/// A queue's address is where it is called.
fn through(wire: &Wire, emulator: &Emulator, mut names: AwsNames) -> AwsNames {
    for url in [&mut names.queue_url, &mut names.dead_letter_url] {
        *url = url.replace(emulator.endpoint(), wire.endpoint());
    }
    names
}

/// The account's listener, and further ones.
async fn listeners(account: &Account, calls: &Calls) -> Vec<ecs::ListenerOption> {
    let mut listeners = Vec::new();
    for number in 1..=LISTENERS {
        let arn = if number == 1 {
            account.listener.clone()
        } else {
            let port = (80 + number).to_string();
            let action = "DefaultActions.member.1";
            let fields = [
                ("LoadBalancerArn", account.balancer.as_str()),
                ("Protocol", "HTTP"),
                ("Port", &port),
                (&format!("{action}.Type"), "fixed-response"),
                (&format!("{action}.FixedResponseConfig.StatusCode"), "404"),
            ];
            between(&calls.elb("CreateListener", &fields).await, "ListenerArn")
        };
        listeners.push(ecs::ListenerOption {
            name: format!("a{number}"),
            listener_arn: arn,
            load_balancer: ecs::ListenerTarget {
                arn: account.balancer.clone(),
                dns_name: account.dns.clone(),
            },
            mode: ecs::ListenerMode::Path,
            slots: SLOTS,
        });
    }
    listeners
}

fn platform(
    account: &Account,
    listeners: Vec<ecs::ListenerOption>,
    endpoint: &str,
    conditions: Conditions,
) -> ecs::AwsOptions {
    ecs::AwsOptions {
        endpoint: Some(endpoint.to_owned()),
        credentials: ecs::Credentials::Emulator,
        vpc_id: account.vpc.clone(),
        subnets: account.subnets.to_vec(),
        security_groups: vec![account.group.clone()],
        execution_role_arn: "arn:aws:iam::000000000000:role/execution".to_owned(),
        listeners,
        verify_delay: conditions.verify_delay,
        ..ecs::AwsOptions::new("us-east-1", account.name.clone())
    }
}
