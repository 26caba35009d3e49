//! What really exists of databases and roles, in the words that all platforms share.
//!
//! Everything is found by its name. A role whose database is there is no thing of its own: one that is
//! left alone is.

use std::collections::BTreeSet;

use tempus_model::{Check, InstallationId, PreviewId, Template};

use super::Databases;
use super::list::Things;
use super::names::{Name, Stage};
use crate::{Ctx, Progress, Resource, StepError, Stray};

/// The kind of a database, whole or not.
pub(crate) const KIND: &str = "database";
/// The kind of a role that has no database.
pub(crate) const ROLE_KIND: &str = "database-role";

/// A preview's database, as it is expected and listed.
pub(super) fn resource(name: &str) -> Resource {
    of_kind(KIND, name)
}

fn of_kind(kind: &str, name: &str) -> Resource {
    Resource {
        kind: kind.to_owned(),
        name: name.to_owned(),
        revision: None,
    }
}

/// Looks for everything of one preview's that the ledger does not know. `None` if it never was to have a
/// database: a server that does not answer holds up only those that were.
pub(crate) async fn audit(
    databases: &Databases,
    ctx: &dyn Ctx,
    expected: &BTreeSet<Resource>,
) -> Result<Option<(Check, Vec<Stray>)>, StepError> {
    let specs = ctx.specs().await?;
    let was_to_have = specs.iter().any(|spec| spec.is_of(Template::ApiDatabase));
    if !was_to_have && !expected.iter().any(|of| of.kind == KIND) {
        return Ok(None);
    }
    let preview = ctx.identity().id;
    let name = Name::of(ctx.installation(), preview);
    let server = databases.server()?;
    // What a dead worker's connection was about to do has been done once the lock is free.
    let Some(locked) = server.lock(&name).await? else {
        return Err(StepError::transient(
            "another connection is at work on the preview's database",
        ));
    };
    let listed = server.list(name.as_str(), ctx.installation()).await;
    locked.free().await;
    let things = listed?.remove(&name).unwrap_or_default();
    let mut strays = strays(&name, things, preview);
    strays.retain(|stray| !expected.contains(&stray.resource));
    if expected.contains(&resource(name.as_str())) {
        // Of a database that was lost behind our back the role is left: the step makes both good.
        strays.retain(|stray| stray.resource.kind != ROLE_KIND);
    }
    let check = Check {
        kind: KIND.to_owned(),
        by: "name on the databases' server".to_owned(),
        found: strays
            .iter()
            .map(|stray| stray.resource.name.clone())
            .collect(),
    };
    Ok(Some((check, strays)))
}

/// Everything of this installation's.
pub(crate) async fn inventory(
    databases: &Databases,
    installation: InstallationId,
) -> Result<Vec<Stray>, StepError> {
    let Databases::On(server) = databases else {
        return Ok(Vec::new());
    };
    let listed = server
        .list(&super::names::of_installation(installation), installation)
        .await?;
    let of_each = listed.iter().filter_map(|(name, things)| {
        let preview = name.preview()?;
        Some(strays(name, *things, preview))
    });
    Ok(of_each.flatten().collect())
}

/// Removes what an audit or an inventory found.
pub(crate) async fn remove(
    databases: &Databases,
    ctx: &dyn Ctx,
    stray: &Stray,
) -> Result<Progress<()>, StepError> {
    let found = &stray.resource.name;
    match Name::read(ctx.installation(), found) {
        Some((name, Stage::Whole)) => databases.server()?.remove(&name).await,
        Some((name, Stage::Unfinished)) => databases.server()?.remove_unfinished(&name).await,
        None => Err(StepError::rejected(format!(
            "{found} is no database of this installation's"
        ))),
    }
}

fn strays(name: &Name, things: Things, preview: PreviewId) -> Vec<Stray> {
    let whole = name.as_str();
    let found = [
        (things.unfinished, resource(&name.unfinished())),
        (things.database, resource(whole)),
        (things.role && !things.database, of_kind(ROLE_KIND, whole)),
    ];
    let found = found.into_iter().filter(|(is_there, _)| *is_there);
    found
        .map(|(_, resource)| Stray {
            resource,
            preview: Some(preview),
            since: None,
        })
        .collect()
}
