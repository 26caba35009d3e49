//! A service's process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, Service, Spec, SpecId};

use super::LocalOptions;
use super::platform::resource_name;
use super::ports::port_of;
use super::process::{Launch, Revision, Supervisor};
use crate::{Ctx, Progress, Resource, Step, StepError};

/// Starts the process.
pub(super) struct Process {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) options: Arc<LocalOptions>,
}

/// Which process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProcessPlan {
    /// The resource's name; carries the version, so another version is another process.
    pub(super) name: String,
    /// The service.
    pub(super) service: DnsName,
    /// The specification that it runs.
    pub(super) spec: SpecId,
    /// The part of the id of what it runs that port items and names carry.
    pub(super) version: String,
}

impl Process {
    /// The values of the secrets that a service refers to. They were there when it was accepted, so
    /// what is missing now was taken away, and waiting does not bring it back.
    fn secrets(&self, service: &Service) -> Result<BTreeMap<String, String>, StepError> {
        if service.secrets.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Some(file) = &self.options.secrets else {
            return Err(StepError::rejected(
                "this server has no file of secrets any more",
            ));
        };
        file.look_up(&service.secrets)
            .map_err(|error| StepError::rejected(error.to_string()))
    }

    async fn launch(
        &self,
        ctx: &dyn Ctx,
        planned: &ProcessPlan,
        spec: &Spec,
        service: &Service,
    ) -> Result<Launch, StepError> {
        let command = service.command.clone();
        let command = command
            .ok_or_else(|| StepError::rejected(format!("{} has no command", service.name)))?;
        let mut env = BTreeMap::new();
        let mut own_port = 0;
        for sibling in &spec.services {
            let item = format!("{}.{}", sibling.name, planned.version);
            let port = port_of(ctx, &self.options, &item).await?;
            let url = format!("http://127.0.0.1:{port}");
            env.insert(format!("{}_URL", sibling.name.env_prefix()), url);
            if sibling.name == service.name {
                own_port = port;
            }
        }
        let program = self.options.program.to_string_lossy().into_owned();
        env.insert("PREVIEW_URL".to_owned(), ctx.identity().route.url.clone());
        env.insert("TEMPUS_EXE".to_owned(), program);
        env.extend(service.env.clone());
        env.extend(self.secrets(service)?);
        env.insert("PORT".to_owned(), own_port.to_string());
        Ok(Launch {
            resource: resource_name(&planned.name)?,
            preview: ctx.identity().id,
            service: service.name.clone(),
            revision: Revision(spec.program().to_string()),
            command,
            dir: service
                .dir
                .as_ref()
                .map_or_else(|| self.options.work_dir.clone(), PathBuf::from),
            env,
        })
    }
}

#[async_trait]
impl Step for Process {
    type Planned = ProcessPlan;
    type Output = ();

    const KIND: &'static str = "process";

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn resource(&self, planned: &ProcessPlan) -> Option<Resource> {
        Some(Resource {
            kind: "process".to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &ProcessPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let spec = ctx.spec(planned.spec).await?;
        let service = spec.service(planned.service.as_str()).ok_or_else(|| {
            StepError::rejected(format!(
                "the specification has no service {}",
                planned.service
            ))
        })?;
        let launch = self.launch(ctx, planned, &spec, service).await?;
        self.supervisor.ensure(&launch).await?;
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &ProcessPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let name = resource_name(&planned.name)?;
        self.supervisor.stop(&name, self.options.grace).await?;
        Ok(Progress::Done(()))
    }
}
