//! Application Auto Scaling, which the emulator does not have: what may be scaled is a service that
//! exists, and a policy is one of something that is scaled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Refused, page};

/// What is scaled: its bounds, and the names of its policies.
#[derive(Default)]
pub(super) struct Scaled(BTreeMap<String, (Value, BTreeSet<String>)>);

impl Scaled {
    /// The answer, if it is one of this service's operations. `exists` knows the cluster's services.
    pub(super) fn answer(
        &mut self,
        operation: &str,
        input: &Value,
        exists: impl Fn(&str) -> bool,
    ) -> Result<Option<Value>, Refused> {
        let id = input["ResourceId"].as_str().unwrap_or_default();
        let missing = || {
            Err((
                "ObjectNotFoundException",
                format!("no scalable target {id}"),
            ))
        };
        match operation {
            "RegisterScalableTarget" => {
                let name = id.rsplit('/').next().unwrap();
                if !exists(name) {
                    let message = "ECS service doesn't exist".to_owned();
                    return Err(("ValidationException", message));
                }
                let bounds = json!([input["MinCapacity"], input["MaxCapacity"]]);
                self.0.entry(id.to_owned()).or_default().0 = bounds;
            }
            "PutScalingPolicy" => match self.0.get_mut(id) {
                Some((_, policies)) => {
                    policies.insert(input["PolicyName"].as_str().unwrap().to_owned());
                }
                None => return missing(),
            },
            "DeregisterScalableTarget" => {
                if self.0.remove(id).is_none() {
                    return missing();
                }
            }
            "DescribeScalableTargets" => {
                let asked = input["ResourceIds"].as_array();
                let is_asked = |id: &&String| asked.is_none_or(|asked| asked.contains(&json!(id)));
                let all: Vec<_> = self.0.keys().filter(is_asked).collect();
                let (page, next) = page(&all, input["NextToken"].as_str(), 0);
                let targets: Vec<_> = page.iter().map(|id| json!({ "ResourceId": id })).collect();
                let answer = json!({ "ScalableTargets": targets, "NextToken": next });
                return Ok(Some(answer));
            }
            _ => return Ok(None),
        }
        Ok(Some(json!({})))
    }

    /// The bounds of what has a policy, by service.
    pub(super) fn bounds(&self) -> BTreeMap<String, Value> {
        let moved = self
            .0
            .iter()
            .filter(|(_, (_, policies))| !policies.is_empty());
        let named = moved.map(|(id, (bounds, _))| (id.rsplit('-').next().unwrap(), bounds));
        named
            .map(|(name, bounds)| (name.to_owned(), bounds.clone()))
            .collect()
    }
}
