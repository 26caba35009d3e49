//! The preview's route through the proxy.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{Access, DnsName, ShortId, SpecId, Ttl, Wakefulness};

use super::LocalOptions;
use super::ports::port_of;
use super::proxy::{Backend, HostLabel, PathPrefix, PreviewKey, Revision, Route, Routes};
use crate::{Ctx, Progress, Resource, Step, StepError};

/// How long requests that went by the old route may take at most, once there is a new one.
const DRAIN: Duration = Duration::from_secs(5);

/// How soon a preview that is put to sleep while somebody uses it is seen to be wanted awake.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Sets the route.
pub(super) struct RouteStep {
    pub(super) routes: Arc<Routes>,
    pub(super) options: Arc<LocalOptions>,
}

/// Which route.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RoutePlan {
    /// The preview's name: its host is `{name}.localhost`.
    pub(super) name: DnsName,
    /// The preview's short id: its path is `/preview-{short}/`.
    pub(super) short: ShortId,
    /// The specification that says who may see it; none if everybody may. What protects it stays
    /// in that specification, and out of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access: Option<SpecId>,
    /// Set if and only if the preview sleeps, to how long it was not used before: a request by this
    /// route wakes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asleep: Option<Ttl>,
    /// The services that are reached from outside.
    pub(super) services: Vec<RoutedService>,
}

/// A service that is reached from outside.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RoutedService {
    /// Its path prefix.
    pub(super) path: String,
    /// The item its port is reserved for.
    pub(super) port_item: String,
}

/// The key of a preview's route.
pub(super) fn key(ctx: &dyn Ctx) -> PreviewKey {
    PreviewKey::new(ctx.identity().id.to_string())
}

#[async_trait]
impl Step for RouteStep {
    type Planned = RoutePlan;
    type Output = ();

    const KIND: &'static str = "route";

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn resource(&self, planned: &RoutePlan) -> Option<Resource> {
        let name = planned.name.to_string();
        Some(Resource {
            kind: "route".to_owned(),
            name,
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RoutePlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let mut backends = Vec::new();
        for service in &planned.services {
            backends.push(Backend {
                path: PathPrefix::parse(&service.path).map_err(|error| unroutable(&error))?,
                port: port_of(ctx, &self.options, &service.port_item).await?,
            });
        }
        let access = match planned.access {
            Some(spec) => ctx.spec(spec).await?.access.clone(),
            None => Access::Open,
        };
        let preview = key(ctx);
        let wakefulness = match planned.asleep {
            Some(_) => Wakefulness::Asleep,
            None => Wakefulness::Awake,
        };
        let (_, retired) = self.routes.replace(Route {
            preview: preview.clone(),
            host: HostLabel::parse(planned.name.as_str()).map_err(|error| unroutable(&error))?,
            short: super::proxy::ShortId::parse(&planned.short.to_string())
                .map_err(|error| unroutable(&error))?,
            access,
            wakefulness,
            backends: backends.clone(),
            revision: Revision(ctx.generation().0),
        });
        // Every request is either counted by now, or comes by this route and wakes it.
        if let Some(idle) = planned.asleep
            && self.routes.used_within(&preview, idle.duration())
        {
            ctx.rouse().await?;
            // Turned to what is wanted now, the saga sets the old route again.
            return Ok(Progress::wait(LOOK_AGAIN, "somebody uses it"));
        }
        // What comes next may end the old processes: whom they are answering is heard out first.
        if let Some(retired) = retired.filter(|retired| retired.backends != backends) {
            retired.drained(self.options.grace.min(DRAIN)).await;
        }
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        _planned: &RoutePlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        self.routes.remove(&key(ctx));
        Ok(Progress::Done(()))
    }
}

fn unroutable(error: &super::proxy::NameError) -> StepError {
    StepError::rejected(error.to_string())
}
