//! Looks at services. What is asked within a moment, across previews, shares one call:
//! `DescribeServices` takes ten services, and its rate is the account's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::{
    Deployment as EcsDeployment, DeploymentRolloutState, Service, ServiceField,
};
use aws_smithy_types::DateTime;
use futures::future::join_all;
use tempus_model::{Timestamp, Wakefulness};

use super::{Action, Client, Gathered, HURRIED, UNHURRIED};
use crate::StepError;
use crate::aws::names::family_of;
use crate::aws::tags::Tags;

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
    /// When AWS last changed anything about it: once it is completed, when that was.
    pub(in crate::aws) updated_at: Option<Timestamp>,
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

/// Looks at the services of one cluster.
#[derive(Debug)]
pub(in crate::aws) struct Services {
    client: Arc<Client>,
    cluster: String,
    asked: Arc<Gathered<String, Option<Seen>>>,
    asked_at_leisure: Arc<Gathered<String, Option<Seen>>>,
}

impl Services {
    pub(in crate::aws) fn new(client: Arc<Client>, cluster: String) -> Arc<Self> {
        Arc::new(Self {
            client,
            cluster,
            asked: Gathered::new(HURRIED),
            asked_at_leisure: Gathered::new(UNHURRIED),
        })
    }

    /// The service of this name; `None` if there is none. One that was deleted is still seen for
    /// a while.
    pub(in crate::aws) async fn look(self: &Arc<Self>, name: &str) -> Answer {
        self.ask(&self.asked, name).await
    }

    /// The same for a verify.
    pub(in crate::aws) async fn look_at_leisure(self: &Arc<Self>, name: &str) -> Answer {
        self.ask(&self.asked_at_leisure, name).await
    }

    async fn ask(self: &Arc<Self>, of: &Arc<Gathered<String, Option<Seen>>>, name: &str) -> Answer {
        let this = Arc::clone(self);
        let answers = async move |asked: Vec<String>| this.answers(asked).await;
        of.ask(name.to_owned(), answers).await
    }

    async fn answers(&self, asked: Vec<String>) -> Vec<Answer> {
        let names: BTreeSet<_> = asked.iter().cloned().collect();
        let names: Vec<_> = names.into_iter().collect();
        let calls = names.chunks(MOST).map(|names| async {
            let seen = self.describe(names.to_vec()).await;
            let of = |name: &String| match &seen {
                Ok(seen) => Ok(seen.iter().find(|seen| seen.name == *name).cloned()),
                Err(error) => Err(error.clone()),
            };
            names.iter().map(of).collect::<Vec<_>>()
        });
        let answers = join_all(calls).await.into_iter().flatten();
        let by_name: BTreeMap<_, _> = names.iter().zip(answers).collect();
        asked.iter().map(|name| by_name[name].clone()).collect()
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
        created_at: service.created_at().and_then(timestamp),
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
        updated_at: of.updated_at().and_then(timestamp),
        reason: of.rollout_state_reason().unwrap_or_default().to_owned(),
    }
}

fn timestamp(at: &DateTime) -> Option<Timestamp> {
    at.to_millis().ok().map(Timestamp::from_millis)
}
