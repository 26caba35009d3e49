//! Where the files of a preview are: in the folder that its services name, or in its checkout.

use std::path::PathBuf;
use std::sync::Arc;

use tempus_model::Spec;
use tempus_model::github::short_sha;

use super::checkout::{self, Checkouts};
use crate::Ctx;
use crate::postgres::{Folder, Folders};

/// The folder of a specification's checkout, where it has one.
pub(super) fn checked_out(checkouts: &Checkouts, ctx: &dyn Ctx, spec: &Spec) -> Option<PathBuf> {
    spec.checkout.as_ref()?;
    let program = spec.program().to_string();
    let name = checkout::name(ctx.installation(), ctx.identity().id, &program[..8]);
    Some(checkouts.source(&name))
}

/// Where dumps are looked for.
pub(super) struct Files(pub(super) Arc<Checkouts>);

impl Folders for Files {
    fn folder(&self, ctx: &dyn Ctx, spec: &Spec) -> Option<Folder> {
        let Some(checkout) = &spec.checkout else {
            return Folder::named(spec);
        };
        let (repository, commit) = (&checkout.repository, short_sha(&checkout.sha));
        Some(Folder {
            path: checked_out(&self.0, ctx, spec)?,
            // Where it is on this machine is no concern of whoever reads a pull request.
            called: format!("{repository} at the commit {commit}"),
        })
    }
}
