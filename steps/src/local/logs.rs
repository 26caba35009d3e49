//! What a preview's services wrote.

use futures::{StreamExt, stream};
use serde::Deserialize;
use tempus_model::{DnsName, Snapshot};

use super::platform::resource_name;
use super::process::{self, LogSource, ResourceName, Supervisor};
use super::service::Process;
use super::task::Task;
use crate::{LogLine, LogQuery, LogStream, Run, Step, StepError};

/// What a plan says of something that writes.
#[derive(Deserialize)]
struct Writer {
    name: String,
    service: DnsName,
}

/// What the ledger has of these kinds.
fn writers(of: &Snapshot, kinds: &[&str]) -> Vec<Writer> {
    let entries = of.row.ledger.entries().iter();
    let entries = entries.filter(|entry| kinds.contains(&entry.step.kind()));
    entries
        .filter_map(|entry| serde_json::from_str(entry.planned.get()).ok())
        .collect()
}

/// The last runs of its tasks, newest first.
pub(super) fn runs(supervisor: &Supervisor, of: &Snapshot) -> Result<Vec<Run>, StepError> {
    let mut runs = Vec::new();
    for task in writers(of, &[Task::KIND]) {
        runs.extend(supervisor.runs(&resource_name(&task.name)?)?);
    }
    Ok(runs)
}

/// The lines, oldest first; with `follow`, more as they come.
pub(super) async fn logs(
    supervisor: &Supervisor,
    of: &Snapshot,
    query: &LogQuery,
) -> Result<LogStream, StepError> {
    let mut services = Vec::new();
    for writer in writers(of, &[Process::KIND, Task::KIND]) {
        let service = writer.service.to_string();
        if query
            .service
            .as_ref()
            .is_none_or(|wanted| *wanted == service)
        {
            services.push((service, resource_name(&writer.name)?));
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
