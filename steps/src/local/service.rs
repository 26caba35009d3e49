//! A service's process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, Service, Spec, SpecId, Template};

use super::LocalOptions;
use super::launch::{launch, service_of};
use super::plan::item;
use super::platform::resource_name;
use super::ports::port_of;
use super::process::{Launch, Supervisor};
use crate::postgres;
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
    /// Which of the service's processes it is; the first has no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replica: Option<u32>,
}

impl Process {
    async fn launch(
        &self,
        ctx: &dyn Ctx,
        planned: &ProcessPlan,
        spec: &Spec,
        service: &Service,
    ) -> Result<Launch, StepError> {
        let mut launch = launch(&self.options, ctx, &planned.name, spec, service)?;
        for sibling in &spec.services {
            // Siblings reach the first of several.
            let item = item(sibling, &planned.version, None);
            let port = port_of(ctx, &self.options, &item).await?;
            let variable = format!("{}_URL", sibling.name.env_prefix());
            let url = format!("http://127.0.0.1:{port}");
            launch.env.entry(variable).or_insert(url);
        }
        if spec.is_of(Template::ApiDatabase) {
            // Known to this process and to the service alone, as every secret is.
            let server = self.options.databases.server()?;
            let url = server.url(ctx.installation(), ctx.identity().id).await?;
            launch.env.insert(postgres::VARIABLE.to_owned(), url);
        }
        let own = item(service, &planned.version, planned.replica);
        let own_port = port_of(ctx, &self.options, &own).await?;
        launch.env.insert("PORT".to_owned(), own_port.to_string());
        Ok(launch)
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
        let service = service_of(&spec, &planned.service)?;
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
