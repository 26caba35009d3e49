//! What really exists of one preview.
//!
//! Everything is looked up by the names that the preview's specs give its resources, and by its tag
//! for whatever has a name that nobody remembers; nothing is listed that grows with the number of
//! previews. (A listener holds no more rules than its slots.) What was found by tag is described
//! before it counts.
//!
//! The names come from the specs and not from the ledger alone: what a late call of a dead worker
//! makes is in no ledger any more, and tags may be visible later than what bears them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::DesiredStatus;
use futures::future::try_join_all;
use serde::Deserialize;
use tempus_model::{Check, Identity, Ledger, LedgerEntry, Spec};

use super::client::Which;
use super::listing::{self, ListedRule};
use super::names::{Names, last_part, service_of, target_group_of};
use super::plan::version;
use super::steps::Tools;
use super::stray::{self, stray};
use super::tagged::Tagged;
use super::tags::NAME;
use crate::postgres;
use crate::{Audit, Ctx, Resource, StepError, Stray};

/// What a ledger stands for.
pub(super) struct Expected {
    resources: BTreeSet<Resource>,
    /// Names, by ARN, of what is known to have been made.
    made: BTreeMap<String, String>,
}

impl Expected {
    /// `resource` tells what an entry stands for.
    pub(super) fn of(ledger: &Ledger, resource: impl Fn(&LedgerEntry) -> Option<Resource>) -> Self {
        #[derive(Deserialize)]
        struct Output {
            arn: String,
        }
        let (mut resources, mut made) = (BTreeSet::new(), BTreeMap::new());
        for entry in ledger.entries() {
            let Some(resource) = resource(entry) else {
                continue;
            };
            let output = entry.output.as_ref();
            let output = output.and_then(|output| serde_json::from_str(output.get()).ok());
            if let Some(Output { arn }) = output {
                made.insert(arn, resource.name.clone());
            }
            resources.insert(resource);
        }
        Self { resources, made }
    }
}

/// Looks for everything of one preview, in every way there is.
pub(super) async fn audit(
    ctx: &dyn Ctx,
    tools: &Tools,
    expected: &Expected,
) -> Result<Audit, StepError> {
    let names = Names {
        installation: ctx.installation(),
        preview: ctx.identity().id,
    };
    let look = Look {
        tools,
        names,
        known: Known::of(names, ctx.identity(), &ctx.specs().await?),
        tagged: Tagged::of_preview(tools, ctx.installation(), ctx.identity().id).await?,
        expected,
    };
    let prefix = look.names.prefix();
    let families = listing::families(tools, &prefix).await?;
    // In the order in which they are removed. Of what it has never had, nothing is asked for, nor said.
    let mut found = Vec::new();
    if !look.known.scaled.is_empty() {
        found.push(("scaling", look.scaled().await?));
    }
    found.extend([
        ("service", look.services(&families).await?),
        ("task-definition", look.definitions(&families).await?),
    ]);

    // A group is in use while its rule is there.
    let mut rules = Vec::new();
    for listener in listeners(ctx, tools) {
        rules.extend(look.rules(&listener).await?);
    }
    let leads_to: BTreeSet<_> = rules
        .iter()
        .flat_map(|rule| &rule.target_groups)
        .filter_map(|arn| target_group_of(arn).map(str::to_owned))
        .collect();
    let rules = stray::rules(rules, |arn| expected.made.contains_key(arn));
    found.push(("rule", rules));
    found.push(("target-group", look.target_groups(leads_to).await?));
    found.push(("security-group", look.security_groups().await?));
    let databases = postgres::audit(&tools.options.databases, ctx, &expected.resources).await?;
    if databases.is_some() {
        found.push(("database-url", look.parameters().await?));
    }
    if look.known.logs_apart {
        found.push(("log-group", look.log_groups().await?));
    }
    if !look.known.tasks.is_empty() {
        found.push(("task-schedule", look.schedules().await?));
        found.push(("task", look.tasks().await?));
    }
    let timers = ctx.timers().await?.into_iter();
    let timers = timers.map(|name| stray("timer", &name, None, None, None));
    found.push(("timer", timers.collect()));

    let mut audit = Audit::default();
    for (kind, mut strays) in found {
        strays.retain(|stray| !expected.resources.contains(&stray.resource));
        for stray in &mut strays {
            // Whatever was found under this preview's names is its own, tagged or not.
            stray.preview = Some(look.names.preview);
        }
        audit.checks.push(Check {
            kind: kind.to_owned(),
            by: by(kind).to_owned(),
            found: strays
                .iter()
                .map(|stray| stray.resource.name.clone())
                .collect(),
        });
        audit.strays.extend(strays);
    }
    if let Some((check, strays)) = databases {
        audit.checks.push(check);
        audit.strays.extend(strays);
    }
    Ok(audit)
}

/// How things of this kind are looked for.
fn by(kind: &str) -> &'static str {
    match kind {
        "timer" => "alarms of the preview",
        "task-definition" | "security-group" | "database-url" | "task-schedule" | "log-group"
        | "scaling" => "name",
        "task" => "the name of its definition",
        _ => "name and tag",
    }
}

/// Names that the preview's resources have, whichever of them exist.
struct Known {
    services: BTreeSet<String>,
    target_groups: BTreeSet<String>,
    /// The families of tasks that a schedule ran.
    tasks: BTreeSet<String>,
    /// The services whose count was to move by itself.
    scaled: BTreeSet<String>,
    /// Whether it was to have a log group of its own.
    logs_apart: bool,
}

impl Known {
    fn of(names: Names, identity: &Identity, specs: &[Arc<Spec>]) -> Self {
        let scheduled = specs.iter().filter(|spec| spec.schedule.is_some());
        let tasks = scheduled.flat_map(|spec| {
            let versions = spec.services.iter();
            versions.map(|of| names.family(&of.name, version(identity, spec, of)))
        });
        let services = || specs.iter().flat_map(|spec| &spec.services);
        let public = services().filter(|service| service.path.is_some());
        Self {
            services: services().map(|of| names.service(&of.name)).collect(),
            tasks: tasks.collect(),
            scaled: services()
                .filter(|service| service.autoscale.is_some())
                .map(|of| names.service(&of.name))
                .collect(),
            logs_apart: specs.iter().any(|spec| spec.log_retention_days.is_some()),
            target_groups: public.map(|of| names.target_group(&of.name)).collect(),
        }
    }
}

struct Look<'a> {
    tools: &'a Tools,
    names: Names,
    known: Known,
    tagged: Tagged,
    expected: &'a Expected,
}

impl Look<'_> {
    fn expected(&self, kind: &str) -> impl Iterator<Item = String> {
        let of_kind = self
            .expected
            .resources
            .iter()
            .filter(move |of| of.kind == kind);
        of_kind.map(|of| of.name.clone())
    }

    /// A service that lost its row has its tag, and mostly a family of its name.
    async fn services(&self, families: &listing::Families) -> Result<Vec<Stray>, StepError> {
        let mut names = self.known.services.clone();
        names.extend(self.expected("service"));
        names.extend(self.tagged.services(&self.tools.options.cluster));
        names.extend(families.keys().filter_map(|family| service_of(family)));
        let services = &self.tools.services;
        let looks = names.iter().map(|name| services.look_at_leisure(name));
        let seen = try_join_all(looks).await?;
        let seen = seen.iter().flatten();
        Ok(seen.filter_map(stray::service).collect())
    }

    async fn definitions(&self, families: &listing::Families) -> Result<Vec<Stray>, StepError> {
        let mut definitions = Vec::new();
        for (family, statuses) in families {
            let mut revisions = BTreeSet::new();
            for status in statuses {
                let listed = listing::definitions(self.tools, Some(family), status).await?;
                revisions.extend(listed);
            }
            // One family holds one version: of several revisions all but one are nobody's.
            let keep = revisions
                .iter()
                .find(|arn| self.expected.made.contains_key(*arn))
                .or(revisions.first());
            let found = revisions.iter().map(|arn| {
                let number = (Some(arn) != keep).then(|| arn.clone());
                stray("task-definition", family, number, None, None)
            });
            definitions.extend(found);
        }
        Ok(definitions)
    }

    /// A rule is the preview's if it has its tag, or leads to its target group: tags may come late.
    /// What the ledger knows by its ARN has its name from there.
    async fn rules(&self, listener: &str) -> Result<Vec<ListedRule>, StepError> {
        let prefix = self.names.prefix();
        let is_ours = |rule: &ListedRule| {
            self.expected.made.contains_key(&rule.arn)
                || self.tagged.tags(&rule.arn).is_some()
                || rule.leads_to(&prefix)
        };
        let rules = listing::rules(self.tools, listener, is_ours).await?;
        let (mut known, rest): (Vec<_>, Vec<_>) = rules
            .into_iter()
            .partition(|rule| self.expected.made.contains_key(&rule.arn));
        for rule in &mut known {
            let name = self.expected.made[&rule.arn].clone();
            rule.tags.0.insert(NAME.to_owned(), name);
        }
        known.extend(listing::with_tags(self.tools, rest, &self.tagged).await?);
        Ok(known)
    }

    async fn target_groups(&self, leads_to: BTreeSet<String>) -> Result<Vec<Stray>, StepError> {
        let prefix = self.names.prefix();
        let mut names = leads_to;
        names.retain(|name| name.starts_with(&prefix));
        names.extend(self.known.target_groups.iter().cloned());
        names.extend(self.expected("target-group"));
        names.extend(self.tagged.target_groups());
        let looks = names.iter().map(|name| async move {
            let found = self.tools.find_target_group(name).await?;
            let stray = found.map(|_| stray("target-group", name, None, None, None));
            Ok::<_, StepError>(stray)
        });
        let found: Vec<_> = try_join_all(looks).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A preview without a database has no parameter either.
    async fn parameters(&self) -> Result<Vec<Stray>, StepError> {
        let name = self.names.database_url();
        let names = self.tools.client.parameters(Which::Named(&name)).await?;
        Ok(names.iter().map(|name| stray::parameter(name)).collect())
    }

    /// A preview has one schedule, of a name that no specification changes.
    async fn schedules(&self) -> Result<Vec<Stray>, StepError> {
        let Some(schedules) = &self.tools.options.schedules else {
            return Ok(Vec::new());
        };
        let name = self.names.schedule();
        let found = listing::schedules(self.tools, &schedules.group, &name).await?;
        Ok(found.iter().map(|name| stray::schedule(name)).collect())
    }

    async fn scaled(&self) -> Result<Vec<Stray>, StepError> {
        let names = Some(&self.known.scaled);
        let found = listing::scaled(self.tools, names, &self.names.prefix()).await?;
        Ok(found.iter().map(|name| stray::scaling(name)).collect())
    }

    async fn log_groups(&self) -> Result<Vec<Stray>, StepError> {
        let name = self.names.log_group(&self.tools.options.log_group);
        let found = listing::log_groups(self.tools, &name).await?;
        Ok(found.iter().map(|name| stray::log_group(name)).collect())
    }

    /// Tasks that run, of versions that are not to run any more.
    async fn tasks(&self) -> Result<Vec<Stray>, StepError> {
        let kept: BTreeSet<_> = self.expected("task-definition").collect();
        let mut found = Vec::new();
        for family in self.known.tasks.difference(&kept) {
            let running = listing::tasks(self.tools, family, &DesiredStatus::Running).await?;
            let running = running.iter().map(|arn| last_part(arn));
            found.extend(running.map(|id| stray("task", id, None, None, None)));
        }
        Ok(found)
    }

    /// Only a preview of several services has a group; the name of one without such says so by
    /// itself.
    async fn security_groups(&self) -> Result<Vec<Stray>, StepError> {
        let options = &self.tools.options;
        if options.service_connect_namespace.is_none() {
            return Ok(Vec::new());
        }
        let name = self.names.security_group();
        let groups = self
            .tools
            .client
            .security_groups(&options.vpc_id, Some(&name));
        let groups = groups.await?;
        let found = groups
            .iter()
            .map(|group| stray::security_group(&group.name));
        Ok(found.collect())
    }
}

/// The listener that the preview is on; all of them for one without a row.
fn listeners(ctx: &dyn Ctx, tools: &Tools) -> BTreeSet<String> {
    let route = ctx.identity().route.as_ref();
    match route.and_then(|route| tools.options.listener(&route.listener)) {
        Some(listener) => BTreeSet::from([listener.listener_arn.clone()]),
        None => tools.options.listener_arns(),
    }
}
