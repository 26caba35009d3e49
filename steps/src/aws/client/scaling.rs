//! The calls of Application Auto Scaling that a service's count by load needs, signed and sent here:
//! four calls of a few fields each.

use serde_json::{Value, json};

use super::{Action, Client, Failed};
use crate::StepError;

/// What the service calls itself in its protocol.
const TARGET: &str = "AnyScaleFrontendService";
/// What is scaled, of all that can be.
const DIMENSION: &str = "ecs:service:DesiredCount";
/// The one policy of a service.
const POLICY: &str = "cpu";
/// How many targets one call describes.
const PAGE: usize = 50;

impl Client {
    /// Lets the service's count move between one and `most`, and aim at this use of CPU. Repeated, it
    /// changes what is there.
    pub(in crate::aws) async fn scale(
        &self,
        resource: &str,
        most: u32,
        percent: u32,
        tags: &Value,
    ) -> Result<(), Failed> {
        let register = json!({
            "ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": DIMENSION,
            "MinCapacity": 1, "MaxCapacity": most, "Tags": tags,
        });
        self.scaling(Action::RegisterScalableTarget, &register)
            .await?;
        let metric = json!({ "PredefinedMetricType": "ECSServiceAverageCPUUtilization" });
        let policy = json!({
            "ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": DIMENSION,
            "PolicyName": POLICY, "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": percent, "PredefinedMetricSpecification": metric,
            },
        });
        self.scaling(Action::PutScalingPolicy, &policy).await?;
        Ok(())
    }

    /// Lets the count be; with it goes the policy. One that moves by itself no more is done.
    pub(in crate::aws) async fn unscale(&self, resource: &str) -> Result<(), Failed> {
        let target = json!({
            "ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": DIMENSION,
        });
        match self
            .scaling(Action::DeregisterScalableTarget, &target)
            .await
        {
            Err(failed) if failed.is("ObjectNotFoundException") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Those of ECS whose count moves by itself: of these, or all of the account's.
    pub(in crate::aws) async fn scaled(
        &self,
        resources: Option<&[String]>,
    ) -> Result<Vec<String>, Failed> {
        let mut found = Vec::new();
        let asked = match resources {
            Some(some) => some.chunks(PAGE).map(|some| json!(some)).collect(),
            None => vec![Value::Null],
        };
        for ids in asked {
            let mut next = Value::Null;
            loop {
                let mut input = json!({
                    "ServiceNamespace": "ecs", "ScalableDimension": DIMENSION, "MaxResults": PAGE,
                });
                for (key, value) in [("ResourceIds", &ids), ("NextToken", &next)] {
                    if !value.is_null() {
                        input[key] = value.clone();
                    }
                }
                let answer = self
                    .scaling(Action::DescribeScalableTargets, &input)
                    .await?;
                let unreadable = || {
                    let reason = "DescribeScalableTargets: an answer that cannot be read";
                    Failed::from(StepError::transient(reason))
                };
                let answer: Value = serde_json::from_str(&answer).map_err(|_| unreadable())?;
                let targets = answer["ScalableTargets"]
                    .as_array()
                    .ok_or_else(unreadable)?;
                let ids = targets.iter().filter_map(|of| of["ResourceId"].as_str());
                found.extend(ids.map(str::to_owned));
                next = answer["NextToken"].clone();
                if next.is_null() {
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn scaling(&self, action: Action, input: &Value) -> Result<String, Failed> {
        self.lines.enter(action).await?;
        self.scaling.json(action, TARGET, input).await
    }
}
