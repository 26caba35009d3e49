//! What is asked besides the service: its targets, and why its tasks stopped.

use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;

use super::{Healthy, HealthyPlan};
use crate::aws::client::{Action, Seen};
use crate::aws::logs::log_group;
use crate::aws::steps::reason::{Evidence, Hope, Wanted, diagnose, gather};
use crate::{Ctx, StepError};

/// What the targets say.
pub(super) enum Targets {
    Healthy,
    Not(String),
}

impl Healthy {
    pub(super) async fn targets(
        &self,
        ctx: &dyn Ctx,
        name: &str,
        completed: bool,
        running: i32,
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
        if healthy < running.max(1) && !completed {
            let missing = "not every task is registered as a target yet".to_owned();
            return Ok(Targets::Not(missing));
        }
        Ok(Targets::Healthy)
    }

    /// The refusal, with what AWS says about the tasks that stopped. Where that is not
    /// the application's doing, it ends as `end` says.
    pub(super) async fn refuse(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        seen: &Seen,
        end: fn(String) -> StepError,
        fallback: String,
    ) -> StepError {
        match self.diagnose(ctx, planned, seen).await {
            Ok((evidence, found)) => {
                let error = match found {
                    Some((reason, Hope::None | Hope::Some)) => StepError::rejected(reason),
                    Some((reason, Hope::Later)) => end(reason),
                    None => end(fallback),
                };
                error.detailed(evidence.lines)
            }
            // Asked again, it may be told.
            Err(error) => error,
        }
    }

    pub(super) async fn diagnose(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        seen: &Seen,
    ) -> Result<(Evidence, Option<(String, Hope)>), StepError> {
        let (preview, service) = (ctx.identity().id, planned.service.as_str());
        let spec = ctx.spec(planned.spec).await?;
        let group = log_group(&self.0.options, ctx, &spec);
        let family = &planned.family;
        let evidence = gather(&self.0, &group, preview, service, seen, family).await?;
        let found = Wanted::of(&spec, service).and_then(|wanted| diagnose(&evidence, &wanted));
        Ok((evidence, found))
    }
}
