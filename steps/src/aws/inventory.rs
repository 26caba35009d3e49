//! Everything of the installation that really exists.
//!
//! Found by name and by tag. Names are listed completely, so that what the tagging API does not
//! have yet is not missed; it is asked because it knows the tags of a hundred things in one call,
//! where the load balancers' own call takes twenty.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::TaskDefinitionStatus;
use tempus_model::InstallationId;

use super::client::Which;
use super::listing;
use super::names::{Names, family_of, parameters, preview_of};
use super::steps::Tools;
use super::stray::{self, stray};
use super::tagged::Tagged;
use crate::postgres;
use crate::{StepError, Stray};

/// Everything of this installation.
pub(super) async fn inventory(
    tools: &Tools,
    installation: InstallationId,
) -> Result<Vec<Stray>, StepError> {
    let prefix = Names::of_installation(installation);
    let tagged = Tagged::of_installation(tools, installation).await?;

    let mut names = listing::service_names(tools, &prefix).await?;
    names.extend(tagged.services(&tools.options.cluster));
    let services = listing::services(tools, names).await?;
    let mut all: Vec<Stray> = services.iter().filter_map(stray::service).collect();

    // Families could be asked for by prefix, but only this tells that one has two revisions. A set,
    // since pages that shift while they are read show one twice.
    let active = listing::definitions(tools, None, &TaskDefinitionStatus::Active).await?;
    let mut families = BTreeSet::new();
    for arn in BTreeSet::from_iter(active) {
        let family = family_of(&arn).to_owned();
        if family.starts_with(&prefix) {
            let preview = preview_of(&family);
            let again = !families.insert(family.clone());
            let revision = again.then_some(arn);
            all.push(stray("task-definition", &family, revision, preview, None));
        }
    }

    let groups = listing::target_groups(tools, &prefix, &tagged).await?;
    all.extend(groups.iter().map(stray::group));

    let mut rules = Vec::new();
    for listener in tools.options.listener_arns() {
        let listed = listing::rules(tools, &listener, |rule| {
            tagged.tags(&rule.arn).is_some() || rule.leads_to(&prefix)
        });
        rules.extend(listed.await?);
    }
    let rules = listing::with_tags(tools, rules, &tagged).await?;
    all.extend(stray::rules(rules, |_| false));

    if tools.options.service_connect_namespace.is_some() {
        let groups = tools
            .client
            .security_groups(&tools.options.vpc_id, None)
            .await?;
        let ours = groups
            .iter()
            .filter(|group| group.name.starts_with(&prefix));
        all.extend(ours.map(|group| stray::security_group(&group.name)));
    }
    if tools.options.databases.are_offered() {
        let prefix = parameters(installation);
        let names = tools.client.parameters(Which::Beginning(&prefix)).await?;
        all.extend(names.iter().map(|name| stray::parameter(name)));
        all.extend(postgres::inventory(&tools.options.databases, installation).await?);
    }
    let groups = listing::log_groups(tools, &names_below(tools, &prefix)).await?;
    all.extend(groups.iter().map(|name| stray::log_group(name)));
    let scaled = listing::scaled(tools, None, &prefix).await?;
    all.extend(scaled.iter().map(|name| stray::scaling(name)));

    if let Some(schedules) = &tools.options.schedules {
        let names = listing::schedules(tools, &schedules.group, &prefix).await?;
        all.extend(names.iter().map(|name| stray::schedule(name)));
    }
    Ok(all)
}

/// What the names of previews' own log groups begin with.
fn names_below(tools: &Tools, prefix: &str) -> String {
    format!("{}/{prefix}", tools.options.log_group)
}
