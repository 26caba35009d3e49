//! The listener rule that leads to a public service.
//!
//! A rule has no name and `CreateRule` no token: it is told by its condition, which only this
//! preview can have, and by its tags. What changes a condition makes another rule.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::DnsName;

use super::{DEADLINE, Tools};
use crate::aws::client::Action;
use crate::aws::listing::{self, ListedRule};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod request;

pub(in crate::aws) use request::Condition;
use request::{action, conditions, strip_prefix};

/// How many priorities are tried that turn out to be somebody else's.
const TRIES: usize = 5;

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
    /// What requests it takes.
    pub(in crate::aws) condition: Condition,
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

impl Rule {
    /// This preview's rules of this condition; there is more than one only if an answer was lost.
    async fn find(&self, ctx: &dyn Ctx, planned: &RulePlan) -> Result<Vec<ListedRule>, StepError> {
        let preview = ctx.identity().id;
        let alike = |rule: &ListedRule| rule.condition == planned.condition;
        let mut found = listing::rules(&self.0, &planned.listener, alike).await?;
        found.retain(|rule| rule.tags.preview() == Some(preview));
        Ok(found)
    }

    async fn create(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
        target_group: &str,
    ) -> Result<RuleOutput, StepError> {
        let (first, last) = planned.priorities;
        let (mut avoid, tools) = (BTreeSet::new(), &self.0);
        for _ in 0..TRIES {
            let priority = ctx
                .reserve(&planned.pool, &planned.name, first..=last, &avoid)
                .await?;
            let tags = tools.tags(ctx, &planned.name, Some(planned.service.as_str()));
            let request = tools.client.elb.create_rule();
            let request = request
                .listener_arn(&planned.listener)
                .priority(i32::try_from(priority).unwrap_or(i32::MAX))
                .set_conditions(Some(conditions(&planned.condition)))
                .actions(action(target_group))
                .set_transforms(strip_prefix(&planned.condition).map(|strip| vec![strip]))
                .set_tags(Some(listing::elb_tags(&tags)));
            match tools.client.call(Action::CreateRule, request.send()).await {
                Ok(made) => {
                    let arn = made.rules().first().and_then(|rule| rule.rule_arn.clone());
                    let lost = || StepError::lost("CreateRule answered without an ARN");
                    return Ok(RuleOutput {
                        arn: arn.ok_or_else(lost)?,
                    });
                }
                // By an earlier attempt of ours whose answer was lost, or by somebody else.
                Err(failed) if failed.is("PriorityInUse") => {
                    if let Some(rule) = self.find(ctx, planned).await?.into_iter().next() {
                        return Ok(RuleOutput { arn: rule.arn });
                    }
                    avoid.insert(priority);
                }
                // The memo was wrong: somebody made it anew.
                Err(failed) if failed.is("TargetGroupNotFound") => {
                    tools.arns.forget(&planned.target_group);
                    return Err(StepError::transient("the target group is not found yet"));
                }
                Err(failed) => return Err(failed.into()),
            }
        }
        let reason = "the reserved priorities of the listener are used by others";
        Err(StepError::transient(reason))
    }
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
                if !rule.target_groups.contains(&target_group) {
                    let request = self.0.client.elb.modify_rule().rule_arn(&rule.arn);
                    let request = request.actions(action(&target_group));
                    self.0
                        .client
                        .call(Action::ModifyRule, request.send())
                        .await?;
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

/// Deletes it.
pub(in crate::aws) async fn delete_rule(tools: &Tools, arn: &str) -> Result<(), StepError> {
    let request = tools.client.elb.delete_rule().rule_arn(arn);
    match tools.client.call(Action::DeleteRule, request.send()).await {
        Ok(_) => Ok(()),
        Err(failed) if failed.is("RuleNotFound") => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}

#[cfg(test)]
mod tests;
