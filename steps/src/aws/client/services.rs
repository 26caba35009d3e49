//! Looks at services. What is asked within a moment, across previews, shares one call:
//! `DescribeServices` takes ten services, and its rate is the account's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_ecs::types::{
    Deployment as EcsDeployment, DeploymentRolloutState, Service, ServiceField,
};
use futures::future::join_all;
use tempus_model::{Timestamp, Wakefulness};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::{Action, Client};
use crate::StepError;
use crate::aws::names::family_of;
use crate::aws::tags::Tags;

/// How long a look waits for others to join it.
const JOIN: Duration = Duration::from_millis(50);
/// How many services one call takes.
const MOST: usize = 10;

/// A service's life, as AWS has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Life {
    Active,
    /// Deleted; its tasks are being stopped. Its name cannot be used again yet.
    Draining,
    /// Gone. AWS goes on showing it for a while.
    Inactive,
}

/// How far a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Rollout {
    Completed,
    Failed,
    /// Under way, or not said.
    InProgress,
}

/// A service's tasks of one task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Deployment {
    /// The one that is wanted now.
    pub(in crate::aws) primary: bool,
    /// Its task definition's family.
    pub(in crate::aws) family: String,
    pub(in crate::aws) desired: i32,
    pub(in crate::aws) running: i32,
    /// How many of its tasks could not be started.
    pub(in crate::aws) failed: i32,
    pub(in crate::aws) rollout: Rollout,
    pub(in crate::aws) reason: String,
}

/// A service as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Seen {
    pub(in crate::aws) arn: String,
    pub(in crate::aws) name: String,
    pub(in crate::aws) life: Life,
    /// The family of the task definition that it stands at.
    pub(in crate::aws) family: String,
    /// Whether any task of it is wanted.
    pub(in crate::aws) wakefulness: Wakefulness,
    pub(in crate::aws) created_at: Option<Timestamp>,
    pub(in crate::aws) deployments: Vec<Deployment>,
    /// What AWS told about it, newest first.
    pub(in crate::aws) events: Vec<String>,
    pub(in crate::aws) tags: Tags,
}

type Answer = Result<Option<Seen>, StepError>;
type Asked = BTreeMap<String, Vec<oneshot::Sender<Answer>>>;

/// Looks at the services of one cluster.
#[derive(Debug)]
pub(in crate::aws) struct Services {
    client: Arc<Client>,
    cluster: String,
    waiting: Mutex<Asked>,
}

impl Services {
    pub(in crate::aws) fn new(client: Arc<Client>, cluster: String) -> Arc<Self> {
        Arc::new(Self {
            client,
            cluster,
            waiting: Mutex::default(),
        })
    }

    /// The service of this name; `None` if there is none. One that was deleted is still seen for
    /// a while.
    pub(in crate::aws) async fn look(self: &Arc<Self>, name: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = waiting.is_empty();
            waiting.entry(name.to_owned()).or_default().push(answer);
            is_first
        };
        if is_first {
            let this = Arc::clone(self);
            let answered = async move {
                tokio::time::sleep(JOIN).await;
                this.answer_all().await;
            };
            // A part of the trace of whoever asked first; the others share its call.
            tokio::spawn(answered.in_current_span());
        }
        answered.await.unwrap_or_else(|_| {
            Err(StepError::transient(
                "the look at the service was cut short",
            ))
        })
    }

    async fn answer_all(&self) {
        let asked = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        let asked: Vec<_> = asked.into_iter().collect();
        let mut asked = asked.into_iter().peekable();
        let mut calls = Vec::new();
        while asked.peek().is_some() {
            let batch: Vec<_> = asked.by_ref().take(MOST).collect();
            calls.push(self.answer(batch));
        }
        join_all(calls).await;
    }

    async fn answer(&self, batch: Vec<(String, Vec<oneshot::Sender<Answer>>)>) {
        let names: Vec<_> = batch.iter().map(|(name, _)| name.clone()).collect();
        let seen = self.describe(names).await;
        for (name, senders) in batch {
            let answer = match &seen {
                Ok(seen) => Ok(seen.iter().find(|seen| seen.name == name).cloned()),
                Err(error) => Err(error.clone()),
            };
            for sender in senders {
                // Whoever asked may have gone.
                drop(sender.send(answer.clone()));
            }
        }
    }

    /// Those of at most ten services that AWS still shows.
    pub(in crate::aws) async fn describe(
        &self,
        names: Vec<String>,
    ) -> Result<Vec<Seen>, StepError> {
        let request = self.client.ecs.describe_services();
        let request = request
            .cluster(&self.cluster)
            .set_services(Some(names))
            .include(ServiceField::Tags);
        let answer = self
            .client
            .call(Action::DescribeServices, request.send())
            .await?;
        // "MISSING" is an answer; anything else says nothing about whether it exists.
        let unclear = answer
            .failures()
            .iter()
            .find(|f| f.reason() != Some("MISSING"));
        if let Some(failure) = unclear {
            return Err(StepError::transient(format!(
                "DescribeServices: {} {}",
                failure.arn().unwrap_or_default(),
                failure.reason().unwrap_or_default()
            )));
        }
        Ok(answer.services().iter().map(seen).collect())
    }
}

/// What of a service matters here.
pub(in crate::aws) fn seen(service: &Service) -> Seen {
    let events = service.events().iter();
    Seen {
        arn: service.service_arn().unwrap_or_default().to_owned(),
        name: service.service_name().unwrap_or_default().to_owned(),
        life: match service.status() {
            Some("DRAINING") => Life::Draining,
            Some("INACTIVE") => Life::Inactive,
            _ => Life::Active,
        },
        family: family_of(service.task_definition().unwrap_or_default()).to_owned(),
        wakefulness: match service.desired_count() {
            0 => Wakefulness::Asleep,
            _ => Wakefulness::Awake,
        },
        created_at: service
            .created_at()
            .and_then(|at| at.to_millis().ok())
            .map(Timestamp::from_millis),
        deployments: service.deployments().iter().map(deployment).collect(),
        events: events
            .filter_map(|event| event.message().map(str::to_owned))
            .collect(),
        tags: Tags::read(service.tags().iter().map(|tag| (tag.key(), tag.value()))),
    }
}

fn deployment(of: &EcsDeployment) -> Deployment {
    Deployment {
        primary: of.status() == Some("PRIMARY"),
        family: family_of(of.task_definition().unwrap_or_default()).to_owned(),
        desired: of.desired_count(),
        running: of.running_count(),
        failed: of.failed_tasks(),
        rollout: match of.rollout_state() {
            Some(DeploymentRolloutState::Completed) => Rollout::Completed,
            Some(DeploymentRolloutState::Failed) => Rollout::Failed,
            _ => Rollout::InProgress,
        },
        reason: of.rollout_state_reason().unwrap_or_default().to_owned(),
    }
}
