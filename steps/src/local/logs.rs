//! What a preview's services wrote, and its build before them.

use futures::{StreamExt, stream};
use tempus_model::{LedgerEntry, Snapshot};

use super::checkout::{BUILD, CheckOut, CheckoutPlan};
use super::platform::resource_name;
use super::process::{self, LogSource, ResourceName, Supervisor};
use super::service::{Process, ProcessPlan};
use super::task::{Task, TaskPlan};
use crate::{LogLine, LogQuery, LogStream, Run, Step, StepError};

/// What writes lines, of what the ledger has.
struct Writer {
    /// Under which name its lines are shown.
    service: String,
    /// The resource's name.
    name: String,
}

fn writers(of: &Snapshot) -> impl Iterator<Item = Writer> {
    of.row.ledger.entries().iter().filter_map(writer)
}

/// The last runs of its tasks, newest first.
pub(super) fn runs(supervisor: &Supervisor, of: &Snapshot) -> Result<Vec<Run>, StepError> {
    let mut runs = Vec::new();
    let entries = of.row.ledger.entries().iter();
    for task in entries.filter(|entry| entry.step.kind() == Task::KIND) {
        let task = writer(task).map(|task| resource_name(&task.name));
        if let Some(name) = task.transpose()? {
            runs.extend(supervisor.runs(&name)?);
        }
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
    for Writer { service, name } in writers(of) {
        if query
            .service
            .as_ref()
            .is_none_or(|wanted| *wanted == service)
        {
            services.push((service, resource_name(&name)?));
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

fn writer(entry: &LedgerEntry) -> Option<Writer> {
    let planned = entry.planned.get();
    let (service, name) = match entry.step.kind() {
        Process::KIND => {
            let plan: ProcessPlan = serde_json::from_str(planned).ok()?;
            (plan.service.to_string(), plan.name)
        }
        Task::KIND => {
            let plan: TaskPlan = serde_json::from_str(planned).ok()?;
            (plan.service.to_string(), plan.name)
        }
        CheckOut::KIND => {
            let plan: CheckoutPlan = serde_json::from_str(planned).ok()?;
            (BUILD.to_owned(), plan.name)
        }
        _ => return None,
    };
    Some(Writer { service, name })
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
