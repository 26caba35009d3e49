//! The secret by which the containers are told of their database: a parameter of Systems Manager, which ECS
//! reads when a task starts. So the URL is in no task definition.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DEADLINE, Tools};
use crate::aws::client::Put;
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

/// Makes the parameter.
pub(in crate::aws) struct DatabaseUrl(pub(in crate::aws) Arc<Tools>);

/// Which parameter.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct DatabaseUrlPlan {
    /// Its name.
    pub(in crate::aws) name: String,
}

/// What the parameter holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::aws) struct DatabaseUrlOutput {
    /// A hash of its value, which is 256 random bits and more: it tells one from another and nothing else.
    version: String,
}

#[async_trait]
impl Step for DatabaseUrl {
    type Planned = DatabaseUrlPlan;
    type Output = DatabaseUrlOutput;

    const KIND: &'static str = "database-url";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &DatabaseUrlPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &DatabaseUrlPlan,
        current: Option<&DatabaseUrlOutput>,
    ) -> Result<Progress<DatabaseUrlOutput>, StepError> {
        let (tools, name) = (&self.0, planned.name.as_str());
        let server = tools.options.databases.server()?;
        let url = server.url(ctx.installation(), ctx.identity().id).await?;
        let made = DatabaseUrlOutput {
            version: hex::encode(&Sha256::digest(&url)[..8]),
        };
        if current == Some(&made) && ctx.trust() == Trust::Trusted {
            return Ok(Progress::Done(made));
        }
        let tags = tools.tags(ctx, name, None);
        let put = tools.client.make_parameter(name, &url, &tags).await?;
        // Of an earlier attempt, which wrote this very value, or of before the password changed.
        if put == Put::Exists && current != Some(&made) {
            tools.client.change_parameter(name, &url).await?;
        }
        Ok(Progress::Done(made))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &DatabaseUrlPlan,
        _output: Option<&DatabaseUrlOutput>,
    ) -> Result<Progress<()>, StepError> {
        self.0.client.delete_parameter(&planned.name).await?;
        Ok(Progress::Done(()))
    }
}
