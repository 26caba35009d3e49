//! What ELB is asked for.

use std::collections::BTreeSet;

use super::request::{action, conditions, strip_prefix};
use super::{Condition, Rule, RuleOutput, RulePlan};
use crate::aws::client::Action;
use crate::aws::listing::{self, ListedRule};
use crate::aws::steps::Tools;
use crate::aws::tagged::Tagged;
use crate::aws::tags::NAME;
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
        let alike = |rule: &ListedRule| self.is_alike(ctx, planned, rule);
        let found = listing::rules(&self.0, &planned.listener, alike).await?;
        let mut found = listing::with_tags(&self.0, found, &Tagged::default()).await?;
        // Tags may come later than what they are on: where it leads tells as well.
        found.retain(|rule| match rule.tags.preview() {
            Some(tagged) => tagged == preview,
            None => rule.leads_to(&planned.target_group),
        });
        // The rule of this address with another access has another name.
        found.retain(|rule| rule.tags.get(NAME).is_none_or(|name| name == planned.name));
        Ok(found)
    }

    /// What the rule asks of a request.
    pub(super) fn condition(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
    ) -> Result<Condition, StepError> {
        let Some(version) = planned.access else {
            return Ok(planned.condition.clone());
        };
        let keys = self.0.options.gate.as_ref().ok_or_else(|| {
            StepError::rejected(
                "the preview is protected, and this worker has no key to make its rule with: set \
                 TEMPUS_GATE_KEY or previews.gate_key_file",
            )
        })?;
        let preview = ctx.identity().id.to_string();
        Ok(planned
            .condition
            .demanding(&keys.capability(&preview, version)))
    }

    /// Whether a rule asks what is planned, under one of the keys. Without a key, its name must
    /// tell.
    fn is_alike(&self, ctx: &dyn Ctx, planned: &RulePlan, rule: &ListedRule) -> bool {
        if !rule.condition.is_beside(&planned.condition) {
            return false;
        }
        let Some(version) = planned.access else {
            return rule.condition.cookies.is_empty();
        };
        let Some(keys) = &self.0.options.gate else {
            return !rule.condition.cookies.is_empty();
        };
        let preview = ctx.identity().id.to_string();
        let mut demanded = keys.capabilities(&preview, version).into_iter();
        demanded.any(|one| planned.condition.demanding(&one) == rule.condition)
    }

    pub(super) async fn create(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
        target_group: &str,
    ) -> Result<RuleOutput, StepError> {
        let condition = self.condition(ctx, planned)?;
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
                .set_conditions(Some(conditions(&condition)))
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

    /// Changes a rule that exists: where it leads, and what it demands.
    pub(super) async fn lead(
        &self,
        rule: &str,
        target_group: &str,
        condition: &Condition,
    ) -> Result<(), StepError> {
        let request = self.0.client.elb.modify_rule().rule_arn(rule);
        let request = request
            .set_conditions(Some(conditions(condition)))
            .actions(action(target_group));
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
