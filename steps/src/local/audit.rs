//! What really exists: processes by lock file and by their environment, checkouts, routes, alarms,
//! databases.

use std::collections::BTreeSet;

use tempus_model::{Check, InstallationId, PreviewId};

use super::checkout::{self, Built, CheckOut, Checkouts};
use super::platform::resource_name;
use super::process::{Found, Seen, Status, Supervisor};
use super::proxy::{PreviewKey, Routes};
use super::route;
use crate::postgres::{self, Databases};
use crate::{Audit, Ctx, Progress, Resource, Step, StepError, Stray};

/// Where it is looked for.
#[derive(Clone, Copy)]
pub(super) struct Exists<'a> {
    pub(super) supervisor: &'a Supervisor,
    pub(super) routes: &'a Routes,
    pub(super) checkouts: &'a Checkouts,
    pub(super) databases: &'a Databases,
}

impl Exists<'_> {
    /// Looks for everything of one preview, in every way there is.
    pub(super) async fn audit(
        self,
        ctx: &dyn Ctx,
        expected: &BTreeSet<Resource>,
    ) -> Result<Audit, StepError> {
        let preview = ctx.identity().id;
        // What has lost its tags is still told by its name.
        let prefix = format!("tempus-{}-{}-", ctx.installation(), preview.short());
        let is_ours = |tagged: Option<PreviewId>, name: &str| match tagged {
            Some(tagged) => tagged == preview,
            None => name.starts_with(&prefix),
        };
        let listed: Vec<_> = self.supervisor.list().await?;
        let by = |way: fn(&Seen) -> bool| -> BTreeSet<Resource> {
            let ours = |found: &&Found| is_ours(found.preview, found.resource.as_str());
            let seen = listed.iter().filter(ours).filter(|found| way(&found.seen));
            seen.map(|found| resource(found.resource.as_str()))
                .filter(|resource| !expected.contains(resource))
                .collect()
        };
        let by_lock = by(|seen| matches!(seen, Seen::ByName(_)));
        let by_tag = by(|seen| matches!(seen, Seen::ByTag { .. }));
        let checkouts = self.checkouts.list()?;
        let checkouts: BTreeSet<_> = checkouts
            .iter()
            .filter(|found| is_ours(found.preview, &found.name))
            .map(|found| resource(&found.name))
            .filter(|checkout| !expected.contains(checkout))
            .collect();
        let route = self.routes.get(&route::key(ctx)).map(|route| Resource {
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
            check("checkout", "folder", &checkouts),
            check("route", "proxy table", &fronted),
            check("timer", "alarms of the preview", &timers),
        ];
        let strays: BTreeSet<_> = [by_lock, by_tag, checkouts, fronted, timers]
            .into_iter()
            .flatten()
            .collect();
        let stray = |resource| Stray {
            resource,
            preview: Some(preview),
            since: None,
        };
        let mut strays: Vec<_> = strays.into_iter().map(stray).collect();
        if let Some((check, found)) = postgres::audit(self.databases, ctx, expected).await? {
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
        self,
        ctx: &dyn Ctx,
        check_out: &CheckOut,
        stray: &Stray,
    ) -> Result<Progress<()>, StepError> {
        match stray.resource.kind.as_str() {
            "process" => {
                let (name, grace) = (&stray.resource.name, check_out.options.grace);
                self.supervisor.stop(&resource_name(name)?, grace).await?;
            }
            CheckOut::KIND => {
                let name = resource_name(&stray.resource.name)?;
                check_out.discard(&name).await?;
            }
            "route" => {
                self.routes.remove(&route::key(ctx));
            }
            "timer" => ctx.clear_timer(&stray.resource.name).await?,
            postgres::KIND | postgres::ROLE_KIND => {
                return postgres::remove(self.databases, ctx, stray).await;
            }
            other => return Err(StepError::rejected(format!("this platform has no {other}"))),
        }
        Ok(Progress::Done(()))
    }

    /// Everything of this installation.
    pub(super) async fn inventory(
        self,
        installation: InstallationId,
    ) -> Result<Vec<Stray>, StepError> {
        let prefix = format!("tempus-{installation}-");
        let mut strays: Vec<Stray> = Vec::new();
        let checkouts = self.checkouts.list()?.into_iter();
        for found in checkouts.filter(|found| found.name.starts_with(&prefix)) {
            let mut resource = resource(&found.name);
            // Not what a row expects of a preview that is at rest.
            if found.built == Built::No {
                resource.revision = Some("unfinished".to_owned());
            }
            strays.push(Stray {
                resource,
                preview: found.preview,
                since: None,
            });
        }
        let listed = self.supervisor.list().await?;
        let processes = listed
            .iter()
            .filter(|found| found.resource.as_str().starts_with(&prefix));
        for found in processes {
            let mut resource = resource(found.resource.as_str());
            // A folder that nobody looks after is not what a row expects: its shim was killed.
            if found.seen == Seen::ByName(Status::Down) {
                resource.revision = Some("down".to_owned());
            }
            // Seen by its lock and by its environment, it is one process; the environment knows
            // whose. A build is its checkout's.
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
        for route in self.routes.list() {
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
        strays.extend(postgres::inventory(self.databases, installation).await?);
        Ok(strays)
    }
}

fn preview_of(key: &PreviewKey) -> Option<PreviewId> {
    key.as_str().parse().ok()
}

/// What bears this name: a process, or a checkout with the build that bears its name.
fn resource(name: &str) -> Resource {
    let kind = if checkout::is_checkout(name) {
        CheckOut::KIND
    } else {
        "process"
    };
    Resource {
        kind: kind.to_owned(),
        name: name.to_owned(),
        revision: None,
    }
}
