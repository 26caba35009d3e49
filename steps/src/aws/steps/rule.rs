//! The listener rule that leads to a public service.
//!
//! A rule has no name and `CreateRule` no token: it is told by its condition, which only this
//! preview can have, and by its tags. What changes a condition makes another rule.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{AccessVersion, DnsName};

use super::{DEADLINE, Tools};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod calls;
mod request;

pub(in crate::aws) use calls::delete_rule;
pub(in crate::aws) use request::Condition;

/// Makes the rule.
pub(in crate::aws) struct Rule(pub(in crate::aws) Arc<Tools>);

/// Which rule.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct RulePlan {
    /// Its name, as a tag.
    pub(in crate::aws) name: String,
    /// The service that it leads to.
    pub(in crate::aws) service: DnsName,
    /// The listener's ARN.
    pub(in crate::aws) listener: String,
    /// The target group's name.
    pub(in crate::aws) target_group: String,
    /// What requests it takes; of a protected preview, those of its visitors.
    pub(in crate::aws) condition: Condition,
    /// The version of the preview's access, if it is protected. What the rule demands is made from
    /// it and the installation's key when the rule is, so that no row holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::aws) access: Option<AccessVersion>,
    /// The pool that its priority comes from.
    pub(in crate::aws) pool: String,
    /// The first and the last priority that it may have: a longer path comes before a shorter one.
    pub(in crate::aws) priorities: (u32, u32),
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct RuleOutput {
    /// Its ARN.
    pub(in crate::aws) arn: String,
}

#[async_trait]
impl Step for Rule {
    type Planned = RulePlan;
    type Output = RuleOutput;

    const KIND: &'static str = "rule";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &RulePlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
        current: Option<&RuleOutput>,
    ) -> Result<Progress<RuleOutput>, StepError> {
        if let (Some(current), Trust::Trusted) = (current, ctx.trust()) {
            return Ok(Progress::Done(current.clone()));
        }
        let name = &planned.target_group;
        let target_group = self.0.target_group_arn(name, ctx.trust()).await?;
        let target_group = target_group.ok_or_else(|| {
            StepError::transient(format!("the target group {name} is not there yet"))
        })?;
        if ctx.trust() == Trust::Suspect {
            let mut found = self.find(ctx, planned).await?;
            // What the ledger knows is kept; an audit removes the other.
            found.sort_by_key(|rule| current.is_none_or(|current| current.arn != rule.arn));
            if let Some(rule) = found.into_iter().next() {
                // It may demand what the key before a rotation made.
                let wanted = self.condition(ctx, planned)?;
                if !rule.target_groups.contains(&target_group) || rule.condition != wanted {
                    self.lead(&rule.arn, &target_group, &wanted).await?;
                }
                return Ok(Progress::Done(RuleOutput { arn: rule.arn }));
            }
        }
        self.create(ctx, planned, &target_group)
            .await
            .map(Progress::Done)
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
        output: Option<&RuleOutput>,
    ) -> Result<Progress<()>, StepError> {
        let mut arns: BTreeSet<_> = output
            .map(|output| output.arn.clone())
            .into_iter()
            .collect();
        if output.is_none() || ctx.trust() == Trust::Suspect {
            let found = self.find(ctx, planned).await?;
            arns.extend(found.into_iter().map(|rule| rule.arn));
        }
        for arn in arns {
            delete_rule(&self.0, &arn).await?;
        }
        Ok(Progress::Done(()))
    }
}

#[cfg(test)]
mod tests;
