//! A service's process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, Service, Spec, SpecId, Template};

use super::LocalOptions;
use super::checkout::Checkouts;
use super::launch::{launch, service_of};
use super::plan::item;
use super::platform::resource_name;
use super::ports::port_of;
use super::process::{Launch, Supervisor};
use crate::postgres;
use crate::{Ctx, Progress, Resource, Step, StepError};

/// The variable that tells a process its port.
const PORT: &str = "PORT";

/// Starts the process.
pub(super) struct Process {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) options: Arc<LocalOptions>,
    pub(super) checkouts: Arc<Checkouts>,
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
        let mut launch = launch(
            &self.options,
            &self.checkouts,
            ctx,
            &planned.name,
            spec,
            service,
        )?;
        let (version, replica) = (&planned.version, planned.replica);
        let told = of_ports(ctx, &self.options, version, spec, service, replica).await?;
        // What the specification says of a sibling is stronger; PORT is nobody's but this process's.
        for (name, value) in told {
            if name == PORT {
                launch.env.insert(name, value);
            } else {
                launch.env.entry(name).or_insert(value);
            }
        }
        if spec.is_of(Template::ApiDatabase) {
            // Known to this process and to the service alone, as every secret is.
            let server = self.options.databases.server()?;
            let url = server.url(ctx.installation(), ctx.identity().id).await?;
            launch.env.insert(postgres::VARIABLE.to_owned(), url);
        }
        Ok(launch)
    }
}

/// What a service is told of ports: its own, and where its siblings listen.
pub(super) async fn of_ports(
    ctx: &dyn Ctx,
    options: &LocalOptions,
    version: &str,
    spec: &Spec,
    service: &Service,
    replica: Option<u32>,
) -> Result<BTreeMap<String, String>, StepError> {
    let mut told = BTreeMap::new();
    for sibling in &spec.services {
        // Siblings reach the first of several.
        let port = port_of(ctx, options, &item(sibling, version, None)).await?;
        let url = format!("http://127.0.0.1:{port}");
        told.insert(format!("{}_URL", sibling.name.env_prefix()), url);
    }
    let port = port_of(ctx, options, &item(service, version, replica)).await?;
    told.insert(PORT.to_owned(), port.to_string());
    Ok(told)
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
