//! The wait for a service to be ready, and the reason when it never is.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, SpecId};
use tokio::time::Instant;

use super::Tools;
use super::ready::{Verdict, judge};
use super::reason::Hope;
use crate::aws::client::Seen;
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod asked;

use asked::Targets;

/// How long an answer that knows nothing of our own change is taken for an older one.
const STALE: Duration = Duration::from_secs(30);
/// How soon a service that is not seen yet is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How far AWS's clock may be from this one.
const SKEW: Duration = Duration::from_secs(5);
/// How much later than the step's own refusal its deadline is.
const SLACK: Duration = Duration::from_mins(1);

/// Waits.
pub(in crate::aws) struct Healthy(pub(in crate::aws) Arc<Tools>);

/// For whom.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct HealthyPlan {
    /// The service's name.
    pub(in crate::aws) name: String,
    /// What the preview calls it.
    pub(in crate::aws) service: DnsName,
    /// The family of the task definition that it must run.
    pub(in crate::aws) family: String,
    /// The specification that it is part of.
    pub(in crate::aws) spec: SpecId,
    /// Its target group's name, if it is reached from outside.
    pub(in crate::aws) target_group: Option<String>,
}

#[async_trait]
impl Step for Healthy {
    type Planned = HealthyPlan;
    type Output = ();

    const KIND: &'static str = "healthy";

    fn deadline(&self) -> Duration {
        self.0.options.ready_within + SLACK
    }

    fn resource(&self, _planned: &HealthyPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let (heard, preview) = (&self.0.heard, ctx.identity().id);
        if ctx.trust() == Trust::Trusted
            && let Some(left) = heard.too_early(preview, &planned.name, Instant::now())
        {
            let left = left.min(self.0.options.ready_within);
            return Ok(Progress::wait_to_be_told(left, "the task is starting"));
        }
        let found = self.0.services.look(&planned.name).await?;
        let waited = ctx.since().until(ctx.now());
        let verdict = judge(found.as_ref(), &planned.family);
        let (seen, waits_for) = match (verdict, found) {
            (Verdict::Running { completed }, Some(seen)) => {
                let targets = match &planned.target_group {
                    // ECS has held this very deployment against its load balancer.
                    Some(_) if completed.is_some_and(|at| at > ctx.since().after(SKEW)) => {
                        Targets::Healthy
                    }
                    Some(name) => {
                        self.targets(ctx, name, completed.is_some(), running(&seen))
                            .await?
                    }
                    None => Targets::Healthy,
                };
                match targets {
                    Targets::Healthy => return Ok(Progress::Done(())),
                    Targets::Not(why) => (seen, why),
                }
            }
            (Verdict::Starting(why), Some(seen)) => {
                // Something failed already: what will fail every time need not be waited for.
                let troubled = seen
                    .deployments
                    .iter()
                    .any(|of| of.primary && of.failed > 0)
                    || diagnose_events(&seen).is_some();
                if troubled
                    && let (evidence, Some((reason, Hope::None))) =
                        self.diagnose(ctx, planned, &seen).await?
                {
                    let detail = evidence.lines;
                    return Err(StepError::Rejected { reason, detail });
                }
                (seen, why)
            }
            (Verdict::GaveUp | Verdict::RolledBack, Some(seen)) => {
                let fallback = "ECS gave up: its tasks failed to start three times".to_owned();
                return Err(self
                    .refuse(ctx, planned, &seen, StepError::rejected, fallback)
                    .await);
            }
            (Verdict::Elsewhere(family), Some(seen)) => {
                if waited >= STALE {
                    let fallback = format!("somebody moved the service to {family}");
                    return Err(self
                        .refuse(ctx, planned, &seen, StepError::rejected, fallback)
                        .await);
                }
                (seen, "its new deployment is not seen yet".to_owned())
            }
            _ if waited >= STALE => {
                let reason = "somebody removed the service while it was starting";
                return Err(StepError::rejected(reason));
            }
            _ => return Ok(Progress::wait(LOOK_AGAIN, "the service is not seen yet")),
        };
        if waited >= self.0.options.ready_within {
            let within = self.0.options.ready_within.as_secs();
            let fallback = format!("not ready within {within} s: {waits_for}");
            return Err(self
                .refuse(ctx, planned, &seen, StepError::overdue, fallback)
                .await);
        }
        let next = heard.next_look(preview, waited, Instant::now());
        Ok(Progress::wait(next, waits_for))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        _planned: &HealthyPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }
}

/// How many tasks of the wanted version run.
fn running(seen: &Seen) -> i32 {
    let primary = seen.deployments.iter().find(|of| of.primary);
    primary.map_or(1, |primary| primary.running)
}

/// Whether the newest event by itself speaks of trouble, so that the rest is worth asking for.
fn diagnose_events(seen: &Seen) -> Option<&String> {
    seen.events
        .first()
        .filter(|event| event.contains("unable to"))
}

#[cfg(test)]
mod tests;
