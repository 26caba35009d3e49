//! How many tasks of a service run, by load: target tracking on CPU, between one and a most.
//!
//! Comes after the service is healthy, so that what a start takes makes no more tasks; is removed
//! before it. What has this step, the service's own leaves the count of alone.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DEADLINE, Tools};
use crate::aws::names::last_part;
use crate::{Ctx, Progress, Resource, Step, StepError};

/// Registers the service to be scaled.
pub(in crate::aws) struct Scaling(pub(in crate::aws) Arc<Tools>);

/// Which service, and how.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct ScalingPlan {
    /// The service's name.
    pub(in crate::aws) name: String,
    /// Never more tasks than this.
    pub(in crate::aws) max: u32,
    /// The average use of CPU that is aimed at, in percent.
    pub(in crate::aws) cpu: u32,
}

/// What Application Auto Scaling calls a service.
pub(in crate::aws) fn scalable(cluster: &str, service: &str) -> String {
    format!("service/{}/{service}", last_part(cluster))
}

#[async_trait]
impl Step for Scaling {
    type Planned = ScalingPlan;
    type Output = ();

    const KIND: &'static str = "scaling";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &ScalingPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &ScalingPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let tags = self.0.tags(ctx, &planned.name, None);
        let tags: Value = tags.iter().collect();
        let resource = scalable(&self.0.options.cluster, &planned.name);
        let client = &self.0.client;
        client
            .scale(&resource, planned.max, planned.cpu, &tags)
            .await?;
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &ScalingPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        unscale(&self.0, &planned.name).await?;
        Ok(Progress::Done(()))
    }
}

/// Lets the service's count be.
pub(in crate::aws) async fn unscale(tools: &Tools, service: &str) -> Result<(), StepError> {
    let resource = scalable(&tools.options.cluster, service);
    Ok(tools.client.unscale(&resource).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::testing::{Answer, Script, TestCtx};

    fn planned() -> ScalingPlan {
        ScalingPlan {
            name: "name".into(),
            max: 4,
            cpu: 60,
        }
    }

    #[tokio::test]
    async fn a_service_is_scaled_between_one_and_its_most_and_then_let_be() {
        let gone = Answer::Error(400, "ObjectNotFoundException", "no such target");
        let script = Script::new()
            .await
            .on("RegisterScalableTarget", Answer::Json(json!({})))
            .on(
                "PutScalingPolicy",
                Answer::Json(json!({ "PolicyARN": "arn" })),
            )
            .on("DeregisterScalableTarget", Answer::Json(json!({})))
            .on("DeregisterScalableTarget", gone);
        let (step, ctx) = (Scaling(Arc::clone(&script.tools)), TestCtx::new());
        for _ in 0..2 {
            let done = step.execute(&ctx, &planned(), None).await;
            assert_eq!(done, Ok(Progress::Done(())));
        }
        let body = |operation: &str| -> Value {
            serde_json::from_str(&script.bodies(operation)[0]).unwrap()
        };
        let target = body("RegisterScalableTarget");
        assert_eq!(target["ResourceId"], "service/previews/name");
        assert_eq!(
            (&target["MinCapacity"], &target["MaxCapacity"]),
            (&json!(1), &json!(4))
        );
        let id = ctx.identity.id.to_string();
        assert_eq!(target["Tags"]["tempus:preview"], json!(id));
        let policy = body("PutScalingPolicy");
        let aims = &policy["TargetTrackingScalingPolicyConfiguration"];
        assert_eq!(aims["TargetValue"], 60);
        for _ in 0..2 {
            let done = step.compensate(&ctx, &planned(), None).await;
            assert_eq!(done, Ok(Progress::Done(())));
        }
    }

    #[tokio::test]
    async fn a_refusal_says_what_to_do() {
        let denied = Answer::Error(400, "AccessDeniedException", "not you");
        let script = Script::new().await.on("RegisterScalableTarget", denied);
        let step = Scaling(Arc::clone(&script.tools));
        let refused = step.execute(&TestCtx::new(), &planned(), None).await;
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains("application-autoscaling:RegisterScalableTarget"),
            "{said}"
        );
    }
}
