//! How the account behaves: the judge on its wire.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::{Value, json};
use tempus_engine::testing::wire::{Answer, Fate, Judge, Refusal, Request};

use super::calls::Calls;
use super::ledger::Ledger;
use super::rates::Tokens;

/// How the account behaves. A clone is the same account.
#[derive(Clone)]
pub struct Manners(Arc<Shared>);

struct Shared {
    /// How long each call takes.
    latency: Duration,
    /// How long a service takes to start.
    start: Duration,
    calls: Calls,
    /// Where ECS's events are sent.
    events: OnceLock<String>,
    state: Mutex<State>,
}

struct State {
    /// What is left to be asked, where rates are kept.
    tokens: Option<Tokens>,
    ledger: Ledger,
    under_way: BTreeMap<u64, Instant>,
    /// When each service began to start, by its name.
    starting: BTreeMap<String, Instant>,
}

impl Manners {
    pub(super) fn new(calls: Calls, latency: Duration, start: Duration, rates: bool) -> Self {
        Self(Arc::new(Shared {
            latency,
            start,
            calls,
            events: OnceLock::new(),
            state: Mutex::new(State {
                tokens: rates.then(Tokens::default),
                ledger: Ledger::default(),
                under_way: BTreeMap::new(),
                starting: BTreeMap::new(),
            }),
        }))
    }

    /// Where ECS's events go, as a rule of EventBridge would send them.
    pub(super) fn tells(&self, queue: String) {
        // Said once, when the site is made.
        let _ = self.0.events.set(queue);
    }

    /// What was asked since the last time.
    pub fn take(&self) -> Ledger {
        std::mem::take(&mut self.state().ledger)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }

    /// Counts it. False if there were too many.
    fn begins(&self, request: &Request) -> bool {
        let (mut state, now) = (self.state(), Instant::now());
        *state.ledger.calls.entry(request.call.clone()).or_default() += 1;
        let granted = state
            .tokens
            .as_mut()
            .is_none_or(|tokens| tokens.take(&request.call, now));
        state.ledger.throttled += u64::from(!granted);
        // Nobody waits for a poll that finds nothing.
        if request.call != "sqs.ReceiveMessage" {
            state.under_way.insert(request.number, now);
        }
        granted
    }

    fn ends(&self, request: &Request) {
        let mut state = self.state();
        if let Some(began) = state.under_way.remove(&request.number) {
            state.ledger.busy.push((began, Instant::now()));
        }
    }

    /// A service begins to start. When it has, ECS says so, in as many events as the rules of
    /// `terraform/modules/events` let through.
    fn starts(&self, request: &Request) {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(name) = asked["serviceName"].as_str().map(str::to_owned) else {
            return;
        };
        let (now, start) = (Instant::now(), self.0.start);
        {
            let mut state = self.state();
            state.starting.insert(name.clone(), now);
            state.ledger.busy.push((now, now + start));
        }
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(start).await;
            shared.tell_of_task(&name).await;
            shared.tell_of_deployment(&name).await;
        });
    }

    /// How long ago a service began to start, and whether it has.
    fn began(&self, name: &str) -> Option<(Duration, bool)> {
        let began = self.state().starting.get(name)?.elapsed();
        Some((began, began >= self.0.start))
    }

    /// What ECS says of services: some are still starting, and those that are not became so when they did.
    async fn described(&self, request: &Request) -> Option<String> {
        let asked: Value = serde_json::from_slice(&request.body).ok()?;
        let names = asked["services"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str);
        if !names.into_iter().any(|name| self.began(name).is_some()) {
            return None;
        }
        let mut said = self.0.calls.ecs("DescribeServices", &asked).await;
        for service in said["services"].as_array_mut()? {
            let name = service["serviceName"].as_str().unwrap_or_default();
            let Some((began, is_up)) = self.began(name) else {
                continue;
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let completed_at = (now.unwrap_or_default() + self.0.start).saturating_sub(began);
            for deployment in service["deployments"].as_array_mut().into_iter().flatten() {
                if is_up {
                    deployment["updatedAt"] = json!(completed_at.as_secs_f64());
                } else {
                    deployment["runningCount"] = json!(0);
                    deployment["rolloutState"] = json!("IN_PROGRESS");
                }
            }
            if !is_up {
                service["runningCount"] = json!(0);
            }
        }
        Some(said.to_string())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell_of_task(&self, service: &str) {
        self.tell(&json!({
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "resources": ["arn:aws:ecs:us-east-1:000000000000:task/bench/1"],
            "detail": {"group": format!("service:{service}"), "lastStatus": "RUNNING"},
        }))
        .await;
    }

    async fn tell_of_deployment(&self, service: &str) {
        self.tell(&json!({
            "source": "aws.ecs",
            "detail-type": "ECS Deployment State Change",
            "resources": [format!("arn:aws:ecs:us-east-1:000000000000:service/bench/{service}")],
            "detail": {"eventType": "INFO", "eventName": "SERVICE_DEPLOYMENT_COMPLETED"},
        }))
        .await;
    }

    /// Puts an event on the queue, past the wire, as EventBridge does: SQS bills it like any request.
    async fn tell(&self, event: &Value) {
        let Some(queue) = self.events.get() else {
            return;
        };
        let message = json!({"QueueUrl": queue, "MessageBody": event.to_string()});
        self.state().ledger.told += 1;
        self.calls.sqs("SendMessage", &message).await;
    }
}

#[async_trait]
impl Judge for Manners {
    async fn before(&self, request: &Request) -> Fate {
        if !self.begins(request) {
            self.ends(request);
            return Fate::IsRefused(Refusal::Throttled);
        }
        if request.call != "sqs.ReceiveMessage" {
            tokio::time::sleep(self.0.latency).await;
        }
        if request.call == "ecs.DescribeServices"
            && let Some(body) = self.described(request).await
        {
            self.ends(request);
            return Fate::IsAnswered { status: 200, body };
        }
        Fate::Passes
    }

    async fn after(&self, request: &Request) -> Answer {
        self.ends(request);
        if request.call == "ecs.CreateService" {
            self.starts(request);
        }
        Answer::Passes
    }
}
