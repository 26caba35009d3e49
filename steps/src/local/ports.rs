//! The ports of all services, reserved before any of them starts: siblings are told each other's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::LocalOptions;
use crate::{Ctx, Progress, Resource, Step, StepError};

/// The pool that ports are reserved from.
const POOL: &str = "port";

/// Reserves the ports.
pub(super) struct Ports(pub(super) Arc<LocalOptions>);

/// For whom.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PortsPlan {
    /// One item per service.
    pub(super) items: Vec<String>,
}

/// The port of an item, which the ports step has settled.
pub(super) async fn port_of(
    ctx: &dyn Ctx,
    options: &LocalOptions,
    item: &str,
) -> Result<u16, StepError> {
    reserve(ctx, &options.ports, item, &BTreeSet::new()).await
}

async fn reserve(
    ctx: &dyn Ctx,
    ports: &RangeInclusive<u16>,
    item: &str,
    avoid: &BTreeSet<u32>,
) -> Result<u16, StepError> {
    let range = u32::from(*ports.start())..=u32::from(*ports.end());
    let port = ctx.reserve(POOL, item, range, avoid).await?;
    u16::try_from(port).map_err(|_| StepError::rejected(format!("{port} is no port")))
}

/// Whether nobody listens on the port. Only a look: what takes it between here and the start of
/// the process makes that process fail, and say so.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[async_trait]
impl Step for Ports {
    type Planned = PortsPlan;
    type Output = BTreeMap<String, u16>;

    const KIND: &'static str = "ports";

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn resource(&self, _planned: &PortsPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &PortsPlan,
        current: Option<&BTreeMap<String, u16>>,
    ) -> Result<Progress<BTreeMap<String, u16>>, StepError> {
        let mut ports = BTreeMap::new();
        for item in &planned.items {
            let mut avoid = BTreeSet::new();
            let port = loop {
                let port = reserve(ctx, &self.0.ports, item, &avoid).await?;
                // One that was settled before is in use by our own process, and stays.
                let settled = current.is_some_and(|current| current.get(item) == Some(&port));
                if settled || is_free(port) {
                    break port;
                }
                avoid.insert(u32::from(port));
            };
            ports.insert(item.clone(), port);
        }
        Ok(Progress::Done(ports))
    }

    /// The receipt frees them: until then something may still listen.
    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        _planned: &PortsPlan,
        _output: Option<&BTreeMap<String, u16>>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }
}
