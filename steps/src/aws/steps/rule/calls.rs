//! What ELB is asked for.

use std::collections::BTreeSet;

use super::request::{action, conditions, strip_prefix};
use super::{Rule, RuleOutput, RulePlan};
use crate::aws::client::Action;
use crate::aws::listing::{self, ListedRule};
use crate::aws::steps::Tools;
use crate::aws::tagged::Tagged;
use crate::{Ctx, StepError};

/// How many priorities are tried that turn out to be somebody else's.
const TRIES: usize = 5;

impl Rule {
    /// This preview's rules of this condition; there is more than one only if an answer was lost.
    pub(super) async fn find(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
    ) -> Result<Vec<ListedRule>, StepError> {
        let preview = ctx.identity().id;
        let alike = |rule: &ListedRule| rule.condition == planned.condition;
        let found = listing::rules(&self.0, &planned.listener, alike).await?;
        let mut found = listing::with_tags(&self.0, found, &Tagged::default()).await?;
        // Tags may come later than what they are on: where it leads tells as well.
        found.retain(|rule| match rule.tags.preview() {
            Some(tagged) => tagged == preview,
            None => rule.leads_to(&planned.target_group),
        });
        Ok(found)
    }

    pub(super) async fn create(
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

    /// Leads a rule that exists to another target group.
    pub(super) async fn lead(&self, rule: &str, target_group: &str) -> Result<(), StepError> {
        let request = self.0.client.elb.modify_rule().rule_arn(rule);
        let request = request.actions(action(target_group));
        let sent = request.send();
        self.0.client.call(Action::ModifyRule, sent).await?;
        Ok(())
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
