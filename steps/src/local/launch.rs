//! What is started for a service, whenever it is started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tempus_model::{DnsName, Service, Spec};

use super::LocalOptions;
use super::checkout::Checkouts;
use super::files::checked_out;
use super::platform::resource_name;
use super::process::{AtEnd, Launch, Revision};
use crate::common::preview_url;
use crate::{Ctx, StepError};

/// The service of this name.
pub(super) fn service_of<'s>(spec: &'s Spec, name: &DnsName) -> Result<&'s Service, StepError> {
    let service = spec.service(name.as_str());
    service.ok_or_else(|| StepError::rejected(format!("the specification has no service {name}")))
}

/// What is started under this name: the service's command, with all of its environment but for what
/// it is told of ports; in its own folder, or in that of the preview's checkout.
pub(super) fn launch(
    options: &LocalOptions,
    checkouts: &Checkouts,
    ctx: &dyn Ctx,
    name: &str,
    spec: &Spec,
    service: &Service,
) -> Result<Launch, StepError> {
    let command = service.command.clone();
    let command =
        command.ok_or_else(|| StepError::rejected(format!("{} has no command", service.name)))?;
    let program = spec.program().to_string();
    let mut env = environment(options, ctx, service);
    env.extend(secrets(options, service)?);
    let dir = match &service.dir {
        Some(dir) => PathBuf::from(dir),
        None => checked_out(checkouts, ctx, spec).unwrap_or_else(|| options.work_dir.clone()),
    };
    Ok(Launch {
        resource: resource_name(name)?,
        preview: ctx.identity().id,
        service: service.name.clone(),
        revision: Revision(program),
        command,
        dir,
        env,
        at_end: AtEnd::StartAgain,
        keeps: spec
            .log_retention_days
            .map(|days| Duration::from_hours(24 * u64::from(days))),
    })
}

/// The variables of a service, without its secrets and what it is told of ports.
pub(super) fn environment(
    options: &LocalOptions,
    ctx: &dyn Ctx,
    service: &Service,
) -> BTreeMap<String, String> {
    let program = options.program.to_string_lossy().into_owned();
    let mut env = BTreeMap::from([("TEMPUS_EXE".to_owned(), program)]);
    env.extend(preview_url(ctx));
    env.extend(service.env.clone());
    env
}

/// The values of the secrets that a service refers to. They were there when it was accepted, so
/// what is missing now was taken away, and waiting does not bring it back.
fn secrets(
    options: &LocalOptions,
    service: &Service,
) -> Result<BTreeMap<String, String>, StepError> {
    if service.secrets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let Some(file) = &options.secrets else {
        return Err(StepError::rejected(
            "this server has no file of secrets any more",
        ));
    };
    file.look_up(&service.secrets)
        .map_err(|error| StepError::rejected(error.to_string()))
}
