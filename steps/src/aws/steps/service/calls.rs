//! What ECS is asked for, and what its refusals mean.

use std::time::Duration;

use tempus_model::{SpecId, Wakefulness};
use tokio::time::Instant;

use super::request::{self, Attached, Change};
use super::{Service, ServiceOutput, ServicePlan};
use crate::aws::client::{Action, Failed, Life, Seen};
use crate::aws::steps::{LOOK_AGAIN, Tools};
use crate::{Ctx, Progress, StepError, Trust};

/// The port that a target group was told which was told none.
const UNTOLD: u16 = 0;

impl Service {
    async fn attached(&self, planned: &ServicePlan, trust: Trust) -> Result<Attached, StepError> {
        let target_group = match &planned.target_group {
            Some(name) => {
                let arn = self.0.target_group_arn(name, trust).await?;
                let missing =
                    || StepError::transient(format!("the target group {name} is not there yet"));
                Some(arn.ok_or_else(missing)?)
            }
            None => None,
        };
        let security_group = match &planned.mesh {
            Some(mesh) => {
                let id = self
                    .0
                    .security_group_id(&mesh.security_group, trust)
                    .await?;
                let missing =
                    || StepError::transient("the preview's security group is not there yet");
                Some(id.ok_or_else(missing)?)
            }
            None => None,
        };
        Ok(Attached {
            target_group,
            security_group,
        })
    }

    pub(super) async fn create(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        predecessor: Option<&Seen>,
    ) -> Result<Progress<ServiceOutput>, StepError> {
        for sibling in planned.mesh.iter().flat_map(|mesh| &mesh.after) {
            let seen = self.0.services.look(sibling).await?;
            if seen.is_none_or(|seen| seen.life != Life::Active) {
                let reason = "its private siblings are made first";
                return Ok(Progress::wait(Duration::from_millis(300), reason));
            }
        }
        let mut attached = self.attached(planned, ctx.trust()).await?;
        if !planned.wakefulness.is_awake() {
            // ECS takes a target group only with its rule. It is told of it when the preview wakes.
            attached.target_group = None;
        }
        let request = request::create(&self.0, ctx, planned, &attached).client_token(token(
            ctx,
            planned,
            predecessor,
        ));
        match self
            .0
            .client
            .call(Action::CreateService, request.send())
            .await
        {
            Ok(made) => {
                let arn = made.service.and_then(|service| service.service_arn);
                let arn =
                    arn.ok_or_else(|| StepError::lost("CreateService answered without an ARN"))?;
                let port = match attached.target_group {
                    None if planned.target_group.is_some() => UNTOLD,
                    _ => planned.port,
                };
                self.0.heard.begins(&planned.name, Instant::now());
                Ok(Progress::Done(ServiceOutput {
                    port,
                    ..planned.made(arn)
                }))
            }
            Err(failed) if is_taken(&failed) => match self.0.services.look(&planned.name).await? {
                Some(seen) if seen.life == Life::Active => self.adopt(ctx, planned, &seen).await,
                _ => Ok(Progress::wait(
                    LOOK_AGAIN,
                    "a service of this name is still draining",
                )),
            },
            Err(failed)
                if failed.is("TargetGroupNotFoundException")
                    || failed.says("target group") && failed.says("not exist") =>
            {
                planned
                    .target_group
                    .iter()
                    .for_each(|name| self.0.arns.forget(name));
                Err(StepError::transient(
                    "ECS does not see the target group yet",
                ))
            }
            // A role or a target group made a moment ago is not seen everywhere at once.
            Err(failed) if failed.says("does not have an associated load balancer") => Err(
                StepError::transient("ECS does not see the listener's rule yet"),
            ),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Takes the one that exists, and moves it if it stands at something else.
    async fn adopt(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        seen: &Seen,
    ) -> Result<Progress<ServiceOutput>, StepError> {
        let stands = seen.family == planned.family;
        if stands && seen.wakefulness == planned.wakefulness {
            return Ok(Progress::Done(planned.made(seen.arn.clone())));
        }
        let moved = self.update(ctx, planned, None, seen.wakefulness).await?;
        let going = || Progress::wait(LOOK_AGAIN, "the service is going");
        Ok(moved.map_or_else(going, Progress::Done))
    }

    /// Moves it to what is planned; `None` if it is not there any more.
    pub(super) async fn update(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        current: Option<&ServiceOutput>,
        was: Wakefulness,
    ) -> Result<Option<ServiceOutput>, StepError> {
        let attached = self.attached(planned, ctx.trust()).await?;
        let change = Change {
            moved: current.is_none_or(|current| current.port != planned.port),
            wakes: !was.is_awake() && planned.wakefulness.is_awake(),
        };
        let request = request::update(&self.0, planned, &attached, change);
        match self
            .0
            .client
            .call(Action::UpdateService, request.send())
            .await
        {
            Ok(made) => {
                let arn = made.service.and_then(|service| service.service_arn);
                let arn = arn.or_else(|| current.map(|current| current.arn.clone()));
                let arn =
                    arn.ok_or_else(|| StepError::lost("UpdateService answered without an ARN"))?;
                Ok(Some(planned.made(arn)))
            }
            Err(failed) if is_gone(&failed) => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Looks what is there, and makes of it what is planned.
    pub(super) async fn make(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
    ) -> Result<Progress<ServiceOutput>, StepError> {
        let seen = self.0.services.look(&planned.name).await?;
        match seen.as_ref().map(|seen| (seen.life, seen)) {
            Some((Life::Active, seen)) => self.adopt(ctx, planned, seen).await,
            Some((Life::Draining, _)) => Ok(Progress::wait(
                LOOK_AGAIN,
                "a service of this name is still draining",
            )),
            Some((Life::Inactive, _)) | None => self.create(ctx, planned, seen.as_ref()).await,
        }
    }
}

/// Deletes it, and waits until its tasks have stopped: their network interfaces hold the security
/// group, and they may still answer.
pub(in crate::aws) async fn delete_service(
    tools: &Tools,
    name: &str,
) -> Result<Progress<()>, StepError> {
    match tools.services.look(name).await?.map(|seen| seen.life) {
        None | Some(Life::Inactive) => return Ok(Progress::Done(())),
        Some(Life::Draining) => return Ok(draining()),
        Some(Life::Active) => {}
    }
    drain_service(tools, name).await
}

/// Has it deleted, without a look at what there is.
pub(super) async fn drain_service(tools: &Tools, name: &str) -> Result<Progress<()>, StepError> {
    // Forced: it need not be scaled down first.
    let request = tools.client.ecs.delete_service();
    let request = request
        .cluster(&tools.options.cluster)
        .service(name)
        .force(true);
    match tools
        .client
        .call(Action::DeleteService, request.send())
        .await
    {
        Ok(answer) => {
            let status = answer.service.and_then(|service| service.status);
            match status.as_deref() {
                Some("INACTIVE") => Ok(Progress::Done(())),
                _ => Ok(draining()),
            }
        }
        Err(failed) if is_gone(&failed) => Ok(draining()),
        // A deployment or a dependency that is on its way out: AWS asks to come back.
        Err(failed)
            if failed.says("deployments are active") || failed.says("DependencyViolation") =>
        {
            Ok(Progress::wait(
                LOOK_AGAIN,
                "ECS is still busy with a deployment of it",
            ))
        }
        Err(failed) => Err(failed.into()),
    }
}

fn draining() -> Progress<()> {
    Progress::wait(LOOK_AGAIN, "its tasks are being stopped")
}

fn is_gone(failed: &Failed) -> bool {
    failed.is("ServiceNotFoundException") || failed.is("ServiceNotActiveException")
}

/// The name is taken: by our own earlier call, or by one of the name that is still draining.
/// There is no code of its own for either.
fn is_taken(failed: &Failed) -> bool {
    failed.says("not idempotent") || failed.says("still draining") || failed.says("already exists")
}

/// The token that makes a repeated create one create. A service that was deleted behind our back
/// used up its token: the one made anew gets another, told from when that one was made.
pub(super) fn token(ctx: &dyn Ctx, planned: &ServicePlan, predecessor: Option<&Seen>) -> String {
    let since = predecessor
        .and_then(|seen| seen.created_at)
        .map_or(0, tempus_model::Timestamp::millis);
    let (preview, generation) = (ctx.identity().id, ctx.generation());
    let whole = format!("{preview}/{}/{generation}/{since}", planned.name);
    format!("{}-{}", preview.short(), SpecId::of(whole.as_bytes()))
}
