//! What really exists: of one preview, and of the whole installation.
//!
//! Everything is listed by name; target groups and rules, whose names are cut or not known to AWS,
//! also by tag.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{TaskDefinitionFamilyStatus, TaskDefinitionStatus};
use serde::Deserialize;
use tempus_model::{Check, InstallationId, Ledger, PreviewId, Timestamp};

use super::client::{Life, Seen};
use super::listing::{self, ListedGroup, ListedRule};
use super::names::{Names, family_of, last_part, preview_of};
use super::steps::{
    Tools, delete_revisions, delete_rule, delete_security_group, delete_service,
    delete_target_group, revisions,
};
use super::tags::{NAME, Tags};
use crate::{Audit, Ctx, Progress, Resource, StepError, Stray, Trust};

/// Looks for everything of one preview, in every way there is.
pub(super) async fn audit(
    ctx: &dyn Ctx,
    tools: &Tools,
    ledger: &Ledger,
    expected: &BTreeSet<Resource>,
) -> Result<Audit, StepError> {
    let (installation, preview) = (ctx.installation(), ctx.identity().id);
    let names = Names {
        installation,
        preview,
    };
    let (prefix, kept) = (names.prefix(), outputs(ledger));
    let mut found = Vec::new();

    let services = listing::services(tools, &prefix).await?;
    found.push((
        "service",
        "name",
        services.iter().filter_map(service).collect(),
    ));

    let mut definitions = Vec::new();
    let (active, inactive) = (
        TaskDefinitionFamilyStatus::Active,
        TaskDefinitionFamilyStatus::Inactive,
    );
    let mut families = listing::families(tools, &prefix, &active).await?;
    families.extend(listing::families(tools, &prefix, &inactive).await?);
    for family in families {
        let revisions = revisions(tools, &family).await?;
        // One family holds one version: of several revisions all but one are nobody's.
        let keep = revisions
            .iter()
            .find(|arn| kept.contains(*arn))
            .or(revisions.first());
        for arn in &revisions {
            let number = (Some(arn) != keep).then(|| arn.clone());
            definitions.push(stray(
                "task-definition",
                &family,
                number,
                Some(preview),
                None,
            ));
        }
    }
    found.push(("task-definition", "name", definitions));

    // In the order in which they are removed: a group is in use while its rule is there.
    let mut rules = Vec::new();
    for listener in listeners(ctx, tools) {
        let all = listing::rules(tools, &listener, |_| true).await?;
        rules.extend(
            all.into_iter()
                .filter(|rule| rule.tags.preview() == Some(preview)),
        );
    }
    found.push(("rule", "tag", rules_once(rules, &kept)));

    let groups = listing::target_groups(tools, &Names::of_installation(installation)).await?;
    let groups = groups.iter().filter(|group| match group.tags.preview() {
        Some(tagged) => tagged == preview,
        // What has lost its tags is still told by its name.
        None => group.name.starts_with(&prefix),
    });
    found.push(("target-group", "name and tag", groups.map(group).collect()));

    let groups = security_groups(tools, &prefix).await?;
    found.push(("security-group", "name", groups));

    let timers = ctx.timers().await?.into_iter();
    let timers = timers.map(|name| stray("timer", &name, None, Some(preview), None));
    found.push(("timer", "alarms of the preview", timers.collect()));

    let mut audit = Audit::default();
    for (kind, by, mut strays) in found {
        strays.retain(|stray| !expected.contains(&stray.resource));
        audit.checks.push(Check {
            kind: kind.to_owned(),
            by: by.to_owned(),
            found: strays
                .iter()
                .map(|stray| stray.resource.name.clone())
                .collect(),
        });
        audit.strays.extend(strays);
    }
    Ok(audit)
}

/// Removes what an audit or an inventory found.
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
        "timer" => ctx.clear_timer(name).await?,
        other => return Err(StepError::rejected(format!("this platform has no {other}"))),
    }
    Ok(Progress::Done(()))
}

/// Everything of this installation.
pub(super) async fn inventory(
    tools: &Tools,
    installation: InstallationId,
) -> Result<Vec<Stray>, StepError> {
    let prefix = Names::of_installation(installation);
    let services = listing::services(tools, &prefix).await?;
    let mut all: Vec<Stray> = services.iter().filter_map(service).collect();
    // Families could be asked for by prefix, but only this tells that one has two revisions.
    let active = listing::definitions(tools, None, &TaskDefinitionStatus::Active).await?;
    let mut families = BTreeSet::new();
    for arn in active {
        let family = family_of(&arn).to_owned();
        if family.starts_with(&prefix) {
            let preview = preview_of(&family);
            let again = !families.insert(family.clone());
            let revision = again.then_some(arn);
            all.push(stray("task-definition", &family, revision, preview, None));
        }
    }
    let groups = listing::target_groups(tools, &prefix).await?;
    all.extend(groups.iter().map(group));
    let mut rules = Vec::new();
    for listener in all_listeners(tools) {
        let listed = listing::rules(tools, &listener, |_| true).await?;
        rules.extend(
            listed
                .into_iter()
                .filter(|rule| rule.tags.is_of(installation)),
        );
    }
    all.extend(rules_once(rules, &BTreeSet::new()));
    all.extend(security_groups(tools, &prefix).await?);
    Ok(all)
}

/// Rules, of which two of one name are one too many.
fn rules_once(mut rules: Vec<ListedRule>, kept: &BTreeSet<String>) -> Vec<Stray> {
    rules.sort_by_key(|rule| !kept.contains(&rule.arn));
    let mut names = BTreeSet::new();
    rules
        .iter()
        .map(|rule| {
            let name = rule.tags.get(NAME).unwrap_or(last_part(&rule.arn));
            let again = !names.insert(name.to_owned());
            let (preview, since) = whose(&rule.tags);
            stray(
                "rule",
                name,
                again.then(|| rule.arn.clone()),
                preview,
                since,
            )
        })
        .collect()
}

async fn rules_named(tools: &Tools, name: &str) -> Result<Vec<String>, StepError> {
    let mut arns = Vec::new();
    for listener in all_listeners(tools) {
        let rules = listing::rules(tools, &listener, |_| true).await?;
        let named = rules
            .into_iter()
            .filter(|rule| rule.tags.get(NAME).unwrap_or(last_part(&rule.arn)) == name);
        arns.extend(named.map(|rule| rule.arn));
    }
    Ok(arns)
}

/// Only a preview of several services has a group; the name of one without such says so by itself.
async fn security_groups(tools: &Tools, prefix: &str) -> Result<Vec<Stray>, StepError> {
    if tools.options.service_connect_namespace.is_none() {
        return Ok(Vec::new());
    }
    let vpc = &tools.options.vpc_id;
    let groups = tools.client.security_groups(vpc, None).await?;
    let ours = groups
        .into_iter()
        .filter(|group| group.name.starts_with(prefix));
    Ok(ours
        .map(|group| {
            stray(
                "security-group",
                &group.name,
                None,
                preview_of(&group.name),
                None,
            )
        })
        .collect())
}

/// The listener that the preview is on; all of them for one without a row.
fn listeners(ctx: &dyn Ctx, tools: &Tools) -> Vec<String> {
    match tools.options.listener(&ctx.identity().route.listener) {
        Some(listener) => vec![listener.listener_arn.clone()],
        None => all_listeners(tools),
    }
}

fn all_listeners(tools: &Tools) -> Vec<String> {
    let arns = tools
        .options
        .listeners
        .iter()
        .map(|of| of.listener_arn.clone());
    arns.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A service; one that is gone and only still shown is nothing.
fn service(seen: &Seen) -> Option<Stray> {
    if seen.life == Life::Inactive {
        return None;
    }
    let preview = preview_of(&seen.name).or_else(|| seen.tags.preview());
    let family = Some(seen.family.clone());
    Some(stray(
        "service",
        &seen.name,
        family,
        preview,
        seen.created_at,
    ))
}

fn group(group: &ListedGroup) -> Stray {
    let (preview, since) = whose(&group.tags);
    stray("target-group", &group.name, None, preview, since)
}

fn whose(tags: &Tags) -> (Option<PreviewId>, Option<Timestamp>) {
    (tags.preview(), tags.since())
}

fn stray(
    kind: &str,
    name: &str,
    revision: Option<String>,
    preview: Option<PreviewId>,
    since: Option<Timestamp>,
) -> Stray {
    Stray {
        resource: Resource {
            kind: kind.to_owned(),
            name: name.to_owned(),
            revision,
        },
        preview,
        since,
    }
}

/// The ARNs that the ledger knows.
fn outputs(ledger: &Ledger) -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct Output {
        arn: String,
    }
    let outputs = ledger
        .entries()
        .iter()
        .filter_map(|entry| entry.output.as_ref());
    outputs
        .filter_map(|output| serde_json::from_str::<Output>(output.get()).ok())
        .map(|output| output.arn)
        .collect()
}
