//! The wait for a service to be ready, and the reason when it never is.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, SpecId};

use super::Tools;
use super::ready::{Verdict, judge};
use super::reason::{Evidence, Hope, Wanted, diagnose, gather};
use crate::aws::client::{Action, Seen};
use crate::{Ctx, Progress, Resource, Step, StepError};

/// How long an answer that knows nothing of our own change is taken for an older one.
const STALE: Duration = Duration::from_secs(30);
/// Between two looks, at least and at most; events wake it earlier.
const LOOKS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));
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

/// What the targets say.
enum Targets {
    Healthy,
    Not(String),
}

impl Healthy {
    async fn targets(
        &self,
        ctx: &dyn Ctx,
        name: &str,
        completed: bool,
    ) -> Result<Targets, StepError> {
        let Some(arn) = self.0.target_group_arn(name, ctx.trust()).await? else {
            return Ok(Targets::Not("its target group is not there".to_owned()));
        };
        let request = self
            .0
            .client
            .elb
            .describe_target_health()
            .target_group_arn(arn);
        let sent = request.send();
        let answer = match self.0.client.call(Action::DescribeTargetHealth, sent).await {
            Ok(answer) => answer,
            Err(failed) if failed.is("TargetGroupNotFound") => {
                self.0.arns.forget(name);
                return Ok(Targets::Not("its target group is not there".to_owned()));
            }
            Err(failed) => return Err(failed.into()),
        };
        let mut healthy = 0;
        for target in answer.target_health_descriptions() {
            let Some(health) = target.target_health() else {
                continue;
            };
            match health.state() {
                Some(TargetHealthStateEnum::Healthy) => healthy += 1,
                // A task of the version before, on its way out.
                Some(TargetHealthStateEnum::Draining) => {}
                state => {
                    let state = state.map_or("unknown", TargetHealthStateEnum::as_str);
                    let why = health.description().unwrap_or_default();
                    return Ok(Targets::Not(format!("its target is {state}: {why}")));
                }
            }
        }
        // ECS completes a deployment only after its targets were healthy.
        if healthy == 0 && !completed {
            return Ok(Targets::Not("its target is not registered yet".to_owned()));
        }
        Ok(Targets::Healthy)
    }

    /// The refusal, with what AWS says about the tasks that stopped.
    async fn refuse(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        seen: &Seen,
        fallback: String,
    ) -> StepError {
        match self.diagnose(ctx, planned, seen).await {
            Ok((evidence, Some((reason, _)))) => StepError::Rejected {
                reason,
                detail: evidence.lines,
            },
            Ok((evidence, None)) => StepError::Rejected {
                reason: fallback,
                detail: evidence.lines,
            },
            // Asked again, it may be told.
            Err(error) => error,
        }
    }

    async fn diagnose(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        seen: &Seen,
    ) -> Result<(Evidence, Option<(String, Hope)>), StepError> {
        let (preview, service) = (ctx.identity().id, planned.service.as_str());
        let evidence = gather(&self.0, preview, service, seen, &planned.family).await?;
        let spec = ctx.spec(planned.spec).await?;
        let found = Wanted::of(&spec, service).and_then(|wanted| diagnose(&evidence, &wanted));
        Ok((evidence, found))
    }
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
        let found = self.0.services.look(&planned.name).await?;
        let waited = ctx.since().until(ctx.now());
        let verdict = judge(found.as_ref(), &planned.family);
        let (seen, waits_for) = match (verdict, found) {
            (Verdict::Running { completed }, Some(seen)) => {
                let targets = match &planned.target_group {
                    Some(name) => self.targets(ctx, name, completed).await?,
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
                return Err(self.refuse(ctx, planned, &seen, fallback).await);
            }
            (Verdict::Elsewhere(family), Some(seen)) => {
                if waited >= STALE {
                    let fallback = format!("somebody moved the service to {family}");
                    return Err(self.refuse(ctx, planned, &seen, fallback).await);
                }
                (seen, "its new deployment is not seen yet".to_owned())
            }
            _ if waited >= STALE => {
                let reason = "somebody removed the service while it was starting";
                return Err(StepError::rejected(reason));
            }
            _ => return Ok(Progress::wait(LOOKS.0, "the service is not seen yet")),
        };
        if waited >= self.0.options.ready_within {
            let within = self.0.options.ready_within.as_secs();
            let fallback = format!("not ready within {within} s: {waits_for}");
            return Err(self.refuse(ctx, planned, &seen, fallback).await);
        }
        Ok(Progress::wait(
            (waited / 2).clamp(LOOKS.0, LOOKS.1),
            waits_for,
        ))
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

/// Whether the newest event by itself speaks of trouble, so that the rest is worth asking for.
fn diagnose_events(seen: &Seen) -> Option<&String> {
    seen.events
        .first()
        .filter(|event| event.contains("unable to"))
}

#[cfg(test)]
mod tests;
