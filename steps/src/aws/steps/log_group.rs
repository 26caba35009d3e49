//! A log group of its own, of a preview that says how long its log lines are kept: how long is a
//! group's, and all others share one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, Tools};
use crate::aws::client::Action;
use crate::{Ctx, Progress, Resource, Step, StepError};

/// Makes the group.
pub(in crate::aws) struct LogGroup(pub(in crate::aws) Arc<Tools>);

/// Which group.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct LogGroupPlan {
    /// Its name.
    pub(in crate::aws) name: String,
    /// For how many days a line is kept.
    pub(in crate::aws) days: u16,
}

#[async_trait]
impl Step for LogGroup {
    type Planned = LogGroupPlan;
    type Output = ();

    const KIND: &'static str = "log-group";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &LogGroupPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &LogGroupPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let (tools, name) = (&self.0, &planned.name);
        let tags = tools.tags(ctx, name, None);
        let tags = tags
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let request = tools.client.logs.create_log_group();
        let request = request.log_group_name(name).set_tags(Some(tags.collect()));
        let sent = request.send();
        match tools.client.call(Action::CreateLogGroup, sent).await {
            Ok(_) => {}
            // Ours, of an earlier attempt or of the version before.
            Err(failed) if failed.is("ResourceAlreadyExistsException") => {}
            Err(failed) => return Err(failed.into()),
        }
        let request = tools.client.logs.put_retention_policy();
        let request = request
            .log_group_name(name)
            .retention_in_days(i32::from(planned.days));
        let sent = request.send();
        tools.client.call(Action::PutRetentionPolicy, sent).await?;
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &LogGroupPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        delete_log_group(&self.0, &planned.name).await?;
        Ok(Progress::Done(()))
    }
}

/// Deletes it with its lines, or finds that it is gone.
pub(in crate::aws) async fn delete_log_group(tools: &Tools, name: &str) -> Result<(), StepError> {
    let request = tools.client.logs.delete_log_group().log_group_name(name);
    let sent = request.send();
    match tools.client.call(Action::DeleteLogGroup, sent).await {
        Ok(_) => Ok(()),
        Err(failed) if failed.is("ResourceNotFoundException") => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}
