//! Removes what an audit or an inventory found.

use std::collections::BTreeSet;

use super::listing;
use super::names::last_part;
use super::steps::{
    Tools, delete_log_group, delete_revisions, delete_rule, delete_schedule, delete_security_group,
    delete_service, delete_target_group, revisions, stop_task, unscale,
};
use super::tagged::Tagged;
use super::tags::NAME;
use crate::postgres;
use crate::{Ctx, Progress, StepError, Stray, Trust};

/// Removes it, or finds that it is gone.
pub(super) async fn remove(
    ctx: &dyn Ctx,
    tools: &Tools,
    stray: &Stray,
) -> Result<Progress<()>, StepError> {
    let (name, revision) = (&stray.resource.name, &stray.resource.revision);
    match stray.resource.kind.as_str() {
        "service" => return delete_service(tools, name).await,
        "task-definition" => {
            let arns = match revision {
                Some(arn) => BTreeSet::from([arn.clone()]),
                None => revisions(tools, name).await?,
            };
            delete_revisions(tools, arns).await?;
        }
        "target-group" => {
            if let Some(arn) = tools.target_group_arn(name, Trust::Suspect).await? {
                tools.arns.forget(name);
                return delete_target_group(tools, &arn).await;
            }
        }
        "rule" => {
            let arns = match revision {
                Some(arn) => vec![arn.clone()],
                None => rules_named(tools, name).await?,
            };
            for arn in arns {
                delete_rule(tools, &arn).await?;
            }
        }
        "security-group" => {
            if let Some(id) = tools.security_group_id(name, Trust::Suspect).await? {
                tools.arns.forget(name);
                return delete_security_group(tools, &id).await;
            }
        }
        "database-url" => tools.client.delete_parameter(name).await?,
        postgres::KIND | postgres::ROLE_KIND => {
            return postgres::remove(&tools.options.databases, ctx, stray).await;
        }
        "task-schedule" => {
            // Without a group none was ever found.
            if let Some(schedules) = &tools.options.schedules {
                delete_schedule(tools, &schedules.group, name).await?;
            }
        }
        "log-group" => delete_log_group(tools, name).await?,
        "scaling" => unscale(tools, name).await?,
        "task" => stop_task(tools, name).await?,
        "timer" => ctx.clear_timer(name).await?,
        other => return Err(StepError::rejected(format!("this platform has no {other}"))),
    }
    Ok(Progress::Done(()))
}

async fn rules_named(tools: &Tools, name: &str) -> Result<Vec<String>, StepError> {
    let mut arns = Vec::new();
    for listener in tools.options.listener_arns() {
        let rules = listing::rules(tools, &listener, |_| true).await?;
        let rules = listing::with_tags(tools, rules, &Tagged::default()).await?;
        let named = rules
            .into_iter()
            .filter(|rule| rule.tags.get(NAME).unwrap_or(last_part(&rule.arn)) == name);
        arns.extend(named.map(|rule| rule.arn));
    }
    Ok(arns)
}
