//! Lists what exists, page by page to the end: an incomplete listing is an error, never an answer.

mod families;

pub(super) use families::{Families, families};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::{DesiredStatus, TaskDefinitionStatus};
use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, Rule, Tag, TargetGroup};
use futures::future::try_join_all;

use super::client::{Action, Client, Seen};
use super::names::{family_of, last_part, preview_of, target_group_of};
use super::steps::{Condition, Tools, scalable};
use super::tagged::Tagged;
use super::tags::Tags;
use crate::StepError;

/// How many resources one `DescribeTags` takes.
const TAGS_MOST: usize = 20;
/// How many services one `DescribeServices` takes.
const SERVICES_MOST: usize = 10;
/// How many target groups or rules a page holds at most.
const PAGE: i32 = 400;

/// A rule that exists.
#[derive(Debug, Clone)]
pub(super) struct ListedRule {
    pub(super) arn: String,
    pub(super) condition: Condition,
    /// Where it leads.
    pub(super) target_groups: BTreeSet<String>,
    pub(super) tags: Tags,
}

impl ListedRule {
    /// Whether it leads to a target group whose name begins so.
    pub(super) fn leads_to(&self, prefix: &str) -> bool {
        let mut names = self
            .target_groups
            .iter()
            .filter_map(|arn| target_group_of(arn));
        names.any(|name| name.starts_with(prefix))
    }
}

/// A target group that exists.
#[derive(Debug, Clone)]
pub(super) struct ListedGroup {
    pub(super) name: String,
    pub(super) tags: Tags,
}

/// The names of the cluster's services that begin so.
pub(super) async fn service_names(
    tools: &Tools,
    prefix: &str,
) -> Result<BTreeSet<String>, StepError> {
    let (mut names, mut next) = (BTreeSet::new(), None);
    loop {
        let request = tools.client.ecs.list_services();
        let request = request
            .cluster(&tools.options.cluster)
            .max_results(100)
            .set_next_token(next);
        let page = tools
            .client
            .call(Action::ListServices, request.send())
            .await?;
        let arns = page.service_arns.unwrap_or_default();
        let listed = arns.iter().map(|arn| last_part(arn).to_owned());
        names.extend(listed.filter(|name| name.starts_with(prefix)));
        next = page.next_token;
        if next.is_none() {
            return Ok(names);
        }
    }
}

/// Those of these services that AWS shows: running, on their way out, or gone a moment ago.
pub(super) async fn services(
    tools: &Tools,
    names: BTreeSet<String>,
) -> Result<Vec<Seen>, StepError> {
    let names: Vec<_> = names.into_iter().collect();
    let batches = names.chunks(SERVICES_MOST);
    let looks = batches.map(|batch| tools.services.describe(batch.to_vec()));
    let seen = try_join_all(looks).await?;
    Ok(seen.into_iter().flatten().collect())
}

/// The task definitions of this status, as ARNs: of one family, or all of the account's.
pub(super) async fn definitions(
    tools: &Tools,
    family: Option<&str>,
    status: &TaskDefinitionStatus,
) -> Result<Vec<String>, StepError> {
    let (mut arns, mut next) = (Vec::new(), None);
    loop {
        let request = tools.client.ecs.list_task_definitions();
        let request = request
            .set_family_prefix(family.map(str::to_owned))
            .status(status.clone())
            .max_results(100)
            .set_next_token(next);
        let sent = request.send();
        let page = tools.client.call(Action::ListTaskDefinitions, sent).await?;
        arns.extend(page.task_definition_arns.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    arns.retain(|arn| family.is_none_or(|family| family_of(arn) == family));
    Ok(arns)
}

/// The tasks of a family that are to be in this state, as ARNs; stopped ones are shown for an hour.
pub(super) async fn tasks(
    tools: &Tools,
    family: &str,
    status: &DesiredStatus,
) -> Result<Vec<String>, StepError> {
    let (mut arns, mut next) = (Vec::new(), None);
    loop {
        let request = tools.client.ecs.list_tasks();
        let request = request
            .cluster(&tools.options.cluster)
            .family(family)
            .desired_status(status.clone())
            .max_results(100)
            .set_next_token(next);
        let page = tools.client.call(Action::ListTasks, request.send()).await?;
        arns.extend(page.task_arns.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(arns);
        }
    }
}

/// The log groups whose name begins so.
pub(super) async fn log_groups(tools: &Tools, prefix: &str) -> Result<BTreeSet<String>, StepError> {
    let (mut names, mut next) = (BTreeSet::new(), None);
    loop {
        let request = tools.client.logs.describe_log_groups();
        let request = request.log_group_name_prefix(prefix).set_next_token(next);
        let sent = request.send();
        let page = tools.client.call(Action::DescribeLogGroups, sent).await?;
        let listed = page.log_groups.unwrap_or_default().into_iter();
        let listed = listed.filter_map(|group| group.log_group_name);
        names.extend(listed.filter(|name| name.starts_with(prefix)));
        next = page.next_token;
        if next.is_none() {
            return Ok(names);
        }
    }
}

/// The services whose count moves by itself: of these names, or of all that begin so.
pub(super) async fn scaled(
    tools: &Tools,
    names: Option<&BTreeSet<String>>,
    prefix: &str,
) -> Result<BTreeSet<String>, StepError> {
    let resources = names.map(|names| {
        let resources = names.iter();
        resources
            .map(|name| scalable(&tools.options.cluster, name))
            .collect::<Vec<_>>()
    });
    let found = match tools.client.scaled(resources.as_deref()).await {
        Ok(found) => found,
        // AWS has this API, an emulator need not: then nothing of the kind can be there.
        Err(failed) if tools.options.endpoint.is_some() && failed.is_unsupported() => Vec::new(),
        Err(failed) => return Err(failed.into()),
    };
    let of_cluster = scalable(&tools.options.cluster, "");
    let names = found.iter().filter_map(|id| id.strip_prefix(&of_cluster));
    let ours = names.filter(|name| name.starts_with(prefix));
    Ok(ours.map(str::to_owned).collect())
}

/// The names of a group's schedules that begin so and say whose they are: an engine's alarms, should
/// they be in the same group, do not.
pub(super) async fn schedules(
    tools: &Tools,
    group: &str,
    prefix: &str,
) -> Result<BTreeSet<String>, StepError> {
    let (mut names, mut next) = (BTreeSet::new(), None);
    loop {
        let request = tools.client.scheduler.list_schedules();
        let request = request
            .group_name(group)
            .name_prefix(prefix)
            .max_results(100)
            .set_next_token(next);
        let sent = request.send();
        let page = tools.client.call(Action::ListSchedules, sent).await?;
        let listed = page.schedules.into_iter().filter_map(|of| of.name);
        names.extend(listed.filter(|name| name.starts_with(prefix) && preview_of(name).is_some()));
        next = page.next_token;
        if next.is_none() {
            return Ok(names);
        }
    }
}

/// The account's target groups.
pub(super) async fn all_target_groups(client: &Client) -> Result<Vec<TargetGroup>, StepError> {
    let (mut groups, mut next) = (Vec::new(), None);
    loop {
        let request = client.elb.describe_target_groups();
        let request = request.page_size(PAGE).set_marker(next);
        let sent = request.send();
        let page = client.call(Action::DescribeTargetGroups, sent).await?;
        groups.extend(page.target_groups.unwrap_or_default());
        next = page.next_marker;
        if next.is_none() {
            return Ok(groups);
        }
    }
}

/// The target groups whose name begins so, with their tags.
pub(super) async fn target_groups(
    tools: &Tools,
    prefix: &str,
    tagged: &Tagged,
) -> Result<Vec<ListedGroup>, StepError> {
    let mut groups = all_target_groups(&tools.client).await?;
    let is_ours = |group: &TargetGroup| {
        group
            .target_group_name()
            .is_some_and(|name| name.starts_with(prefix))
    };
    groups.retain(is_ours);
    let arns: Vec<_> = groups
        .iter()
        .filter_map(TargetGroup::target_group_arn)
        .collect();
    let mut tags = tags_of(tools, &arns, tagged).await?;
    let listed = groups.iter().filter_map(|group| {
        Some(ListedGroup {
            tags: tags.remove(group.target_group_arn()?).unwrap_or_default(),
            name: group.target_group_name()?.to_owned(),
        })
    });
    Ok(listed.collect())
}

/// The rules of a listener that are wanted, without their tags.
pub(super) async fn rules(
    tools: &Tools,
    listener: &str,
    wanted: impl Fn(&ListedRule) -> bool,
) -> Result<Vec<ListedRule>, StepError> {
    let client = Arc::clone(&tools.client);
    let answers = async move |asked: Vec<String>| {
        let mut listed = BTreeMap::new();
        for listener in &asked {
            if !listed.contains_key(listener) {
                let rules = rules_of(&client, listener).await;
                listed.insert(listener.clone(), rules.map(Arc::new));
            }
        }
        asked
            .iter()
            .map(|listener| listed[listener].clone())
            .collect()
    };
    let rules = tools.rules.ask(listener.to_owned(), answers).await?;
    Ok(rules.iter().filter(|rule| wanted(rule)).cloned().collect())
}

/// All rules of a listener.
async fn rules_of(client: &Client, listener: &str) -> Result<Vec<ListedRule>, StepError> {
    let (mut rules, mut next) = (Vec::new(), None);
    loop {
        let request = client.elb.describe_rules().listener_arn(listener);
        let request = request.page_size(PAGE).set_marker(next);
        let page = client.call(Action::DescribeRules, request.send()).await?;
        rules.extend(page.rules.unwrap_or_default().iter().filter_map(rule));
        next = page.next_marker;
        if next.is_none() {
            return Ok(rules);
        }
    }
}

/// Rules, with their tags.
pub(super) async fn with_tags(
    tools: &Tools,
    mut rules: Vec<ListedRule>,
    tagged: &Tagged,
) -> Result<Vec<ListedRule>, StepError> {
    let arns: Vec<_> = rules.iter().map(|rule| rule.arn.as_str()).collect();
    let mut tags = tags_of(tools, &arns, tagged).await?;
    for rule in &mut rules {
        rule.tags = tags.remove(&rule.arn).unwrap_or_default();
    }
    Ok(rules)
}

/// The listener's own default rule is nobody's.
fn rule(of: &Rule) -> Option<ListedRule> {
    if of.is_default() == Some(true) {
        return None;
    }
    let actions = of.actions().iter();
    Some(ListedRule {
        arn: of.rule_arn()?.to_owned(),
        condition: Condition::of(of),
        target_groups: actions
            .flat_map(|action| {
                let forward = action
                    .forward_config()
                    .map(ForwardActionConfig::target_groups);
                let weighted = forward.unwrap_or_default().iter();
                let weighted = weighted.filter_map(|group| group.target_group_arn());
                action.target_group_arn().into_iter().chain(weighted)
            })
            .map(str::to_owned)
            .collect(),
        tags: Tags::default(),
    })
}

/// The tags of these, as far as they are known already; the load balancers are asked for the rest.
async fn tags_of(
    tools: &Tools,
    arns: &[&str],
    tagged: &Tagged,
) -> Result<BTreeMap<String, Tags>, StepError> {
    let known = |arn: &&str| Some(((*arn).to_owned(), tagged.tags(arn)?.clone()));
    let mut all: BTreeMap<_, _> = arns.iter().filter_map(known).collect();
    let unknown = arns.iter().copied();
    let unknown: Vec<_> = unknown.filter(|arn| !all.contains_key(*arn)).collect();
    for batch in unknown.chunks(TAGS_MOST) {
        let batch = batch.iter().map(|arn| (*arn).to_owned()).collect();
        let request = tools
            .client
            .elb
            .describe_tags()
            .set_resource_arns(Some(batch));
        match tools
            .client
            .call(Action::DescribeTags, request.send())
            .await
        {
            Ok(answer) => {
                for of in answer.tag_descriptions() {
                    let pairs = of.tags().iter().map(|tag| (tag.key(), tag.value()));
                    let arn = of.resource_arn().unwrap_or_default().to_owned();
                    all.insert(arn, Tags::read(pairs));
                }
            }
            // One of them went in between: the whole listing is old, and made again.
            Err(failed) if failed.is("TargetGroupNotFound") || failed.is("RuleNotFound") => {
                return Err(StepError::transient(
                    "something went while it was being listed",
                ));
            }
            Err(failed) => return Err(failed.into()),
        }
    }
    Ok(all)
}

/// Tags as the load balancer takes them.
pub(super) fn elb_tags(tags: &Tags) -> Vec<Tag> {
    let tags = tags.iter();
    tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}
