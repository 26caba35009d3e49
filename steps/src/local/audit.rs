//! What really exists: processes by lock file and by their environment, routes, alarms, databases.

use std::collections::BTreeSet;

use tempus_model::{Check, InstallationId, PreviewId};

use super::LocalOptions;
use super::platform::resource_name;
use super::process::{Found, Seen, Status, Supervisor};
use super::proxy::{PreviewKey, Routes};
use super::route;
use crate::postgres::{self, Databases};
use crate::{Audit, Ctx, Progress, Resource, StepError, Stray};

/// Looks for everything of one preview, in every way there is.
pub(super) async fn audit(
    ctx: &dyn Ctx,
    supervisor: &Supervisor,
    routes: &Routes,
    databases: &Databases,
    expected: &BTreeSet<Resource>,
) -> Result<Audit, StepError> {
    let preview = ctx.identity().id;
    // What has lost its tags is still told by its name.
    let prefix = format!("tempus-{}-{}-", ctx.installation(), preview.short());
    let is_ours = |found: &Found| match found.preview {
        Some(tagged) => tagged == preview,
        None => found.resource.as_str().starts_with(&prefix),
    };
    let listed: Vec<_> = supervisor
        .list()
        .await?
        .into_iter()
        .filter(is_ours)
        .collect();
    let by = |way: fn(&Seen) -> bool| -> BTreeSet<Resource> {
        let seen = listed.iter().filter(|found| way(&found.seen));
        seen.map(process)
            .filter(|resource| !expected.contains(resource))
            .collect()
    };
    let by_lock = by(|seen| matches!(seen, Seen::ByName(_)));
    let by_tag = by(|seen| matches!(seen, Seen::ByTag { .. }));
    let route = routes.get(&route::key(ctx)).map(|route| Resource {
        kind: "route".to_owned(),
        name: route.host.as_str().to_owned(),
        revision: None,
    });
    let fronted: BTreeSet<_> = route
        .into_iter()
        .filter(|r| !expected.contains(r))
        .collect();
    let timers = ctx.timers().await?.into_iter().map(|name| Resource {
        kind: "timer".to_owned(),
        name,
        revision: None,
    });
    let timers: BTreeSet<_> = timers.filter(|timer| !expected.contains(timer)).collect();

    let check = |kind: &str, by: &str, found: &BTreeSet<Resource>| Check {
        kind: kind.to_owned(),
        by: by.to_owned(),
        found: found.iter().map(|resource| resource.name.clone()).collect(),
    };
    let mut checks = vec![
        check("process", "lock file", &by_lock),
        check("process", "environment of every process", &by_tag),
        check("route", "proxy table", &fronted),
        check("timer", "alarms of the preview", &timers),
    ];
    let strays: BTreeSet<_> = [by_lock, by_tag, fronted, timers]
        .into_iter()
        .flatten()
        .collect();
    let stray = |resource| Stray {
        resource,
        preview: Some(preview),
        since: None,
    };
    let mut strays: Vec<_> = strays.into_iter().map(stray).collect();
    if let Some((check, found)) = postgres::audit(databases, ctx, expected).await? {
        checks.push(check);
        strays.extend(found);
    }
    Ok(Audit {
        checks,
        strays,
        missing: Vec::new(),
    })
}

/// Removes what an audit found.
pub(super) async fn remove(
    ctx: &dyn Ctx,
    supervisor: &Supervisor,
    routes: &Routes,
    options: &LocalOptions,
    stray: &Stray,
) -> Result<Progress<()>, StepError> {
    match stray.resource.kind.as_str() {
        "process" => {
            supervisor
                .stop(&resource_name(&stray.resource.name)?, options.grace)
                .await?;
        }
        "route" => {
            routes.remove(&route::key(ctx));
        }
        "timer" => ctx.clear_timer(&stray.resource.name).await?,
        postgres::KIND | postgres::ROLE_KIND => {
            return postgres::remove(&options.databases, ctx, stray).await;
        }
        other => return Err(StepError::rejected(format!("this platform has no {other}"))),
    }
    Ok(Progress::Done(()))
}

/// Everything of this installation.
pub(super) async fn inventory(
    supervisor: &Supervisor,
    routes: &Routes,
    databases: &Databases,
    installation: InstallationId,
) -> Result<Vec<Stray>, StepError> {
    let prefix = format!("tempus-{installation}-");
    let listed = supervisor.list().await?;
    let processes = listed
        .iter()
        .filter(|found| found.resource.as_str().starts_with(&prefix));
    let mut strays: Vec<Stray> = Vec::new();
    for found in processes {
        let mut resource = process(found);
        // A folder that nobody looks after is not what a row expects: its shim was killed.
        if found.seen == Seen::ByName(Status::Down) {
            resource.revision = Some("down".to_owned());
        }
        // Seen by its lock and by its environment, it is one process; the environment knows whose.
        match strays
            .iter_mut()
            .find(|stray| stray.resource.name == resource.name)
        {
            Some(stray) => stray.preview = stray.preview.or(found.preview),
            None => strays.push(Stray {
                resource,
                preview: found.preview,
                since: None,
            }),
        }
    }
    for route in routes.list() {
        strays.push(Stray {
            resource: Resource {
                kind: "route".to_owned(),
                name: route.host.as_str().to_owned(),
                revision: None,
            },
            preview: preview_of(&route.preview),
            since: None,
        });
    }
    strays.extend(postgres::inventory(databases, installation).await?);
    Ok(strays)
}

fn preview_of(key: &PreviewKey) -> Option<PreviewId> {
    key.as_str().parse().ok()
}

fn process(found: &Found) -> Resource {
    Resource {
        kind: "process".to_owned(),
        name: found.resource.as_str().to_owned(),
        revision: None,
    }
}
