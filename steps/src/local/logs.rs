//! What a preview's services wrote.

use futures::{StreamExt, stream};
use tempus_model::Snapshot;

use super::platform::resource_name;
use super::process::{self, LogSource, ResourceName, Supervisor};
use super::service::{Process, ProcessPlan};
use crate::{LogLine, LogQuery, LogStream, Step, StepError};

/// The lines, oldest first; with `follow`, more as they come.
pub(super) async fn logs(
    supervisor: &Supervisor,
    of: &Snapshot,
    query: &LogQuery,
) -> Result<LogStream, StepError> {
    let mut services = Vec::new();
    for entry in of.row.ledger.entries() {
        if entry.step.kind() != Process::KIND {
            continue;
        }
        let Ok(plan) = serde_json::from_str::<ProcessPlan>(entry.planned.get()) else {
            continue;
        };
        let service = plan.service.to_string();
        if query
            .service
            .as_ref()
            .is_none_or(|wanted| *wanted == service)
        {
            services.push((service, resource_name(&plan.name)?));
        }
    }
    if let (Some(wanted), true) = (&query.service, services.is_empty()) {
        return Err(StepError::rejected(format!(
            "the preview runs no service \"{wanted}\""
        )));
    }
    if query.follow {
        let streams = services.into_iter().map(|(service, name)| {
            let lines = Box::pin(supervisor.logs(&name).follow(query.tail));
            lines.map(move |found| Ok(line(&service, found)))
        });
        return Ok(Box::pin(stream::select_all(streams)));
    }
    let mut lines = Vec::new();
    for (service, name) in services {
        lines.extend(tail(supervisor, &service, &name, query.tail).await?);
    }
    lines.sort_by_key(|line| line.at);
    let newest = lines.split_off(lines.len().saturating_sub(query.tail));
    Ok(Box::pin(stream::iter(newest.into_iter().map(Ok))))
}

async fn tail(
    supervisor: &Supervisor,
    service: &str,
    name: &ResourceName,
    most: usize,
) -> Result<Vec<LogLine>, StepError> {
    let lines = supervisor.logs(name).tail(most).await;
    let lines = lines.map_err(|error| StepError::transient(error.to_string()))?;
    Ok(lines
        .into_iter()
        .map(|found| line(service, found))
        .collect())
}

fn line(service: &str, found: process::LogLine) -> LogLine {
    let stream = match found.source {
        LogSource::Stdout => "stdout",
        LogSource::Stderr => "stderr",
        LogSource::Shim => "tempus",
    };
    LogLine {
        at: found.at,
        service: service.to_owned(),
        stream: stream.to_owned(),
        text: found.text,
    }
}
