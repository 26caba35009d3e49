//! What a preview's services wrote, read from CloudWatch Logs.
//!
//! The `awslogs` driver names a stream `{prefix}/{container}/{task}`; the prefix is the preview's
//! id. It does not tell stdout from stderr.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures::{StreamExt, stream};
use serde::Deserialize;
use tempus_model::{DnsName, Identity, Ledger, PreviewId, Spec, Timestamp};

use super::client::Action;
use super::names::Names;
use super::options::AwsOptions;
use super::steps::{LogGroup, Service, TaskRuns, Tools};
use crate::{Ctx, LogLine, LogQuery, LogStream, Step, StepError};

/// How far back the newest lines are looked for, window by window, before all of the preview's
/// life is read: CloudWatch gives the oldest first.
const WINDOWS: [Duration; 3] = [
    Duration::from_mins(5),
    Duration::from_hours(1),
    Duration::from_hours(24),
];
/// Between two looks for more.
const FOLLOW: Duration = Duration::from_secs(2);
/// How late a line may arrive behind newer ones.
const LATE: Duration = Duration::from_secs(30);
/// How long after a task stopped its last lines are looked for.
const TASK: Duration = Duration::from_hours(2);

/// What the names of a preview's log streams begin with.
pub(super) fn stream_prefix(preview: PreviewId) -> String {
    preview.to_string()
}

/// What a plan says of something that writes.
#[derive(Deserialize)]
struct Writer {
    service: DnsName,
}

/// Where a preview of this specification logs.
pub(super) fn log_group(options: &AwsOptions, ctx: &dyn Ctx, spec: &Spec) -> String {
    let names = Names {
        installation: ctx.installation(),
        preview: ctx.identity().id,
    };
    match spec.log_retention_days {
        Some(_) => names.log_group(&options.log_group),
        None => options.log_group.clone(),
    }
}

/// Where it logs, by what it owns.
fn group_of(options: &AwsOptions, ledger: &Ledger) -> String {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let mut entries = ledger.entries().iter();
    let own = entries.find(|entry| entry.step.kind() == LogGroup::KIND);
    let own = own.and_then(|entry| serde_json::from_str(entry.planned.get()).ok());
    own.map_or_else(|| options.log_group.clone(), |Named { name }| name)
}

/// The lines, oldest first; with `follow`, more as they come.
pub(super) async fn logs(
    tools: &Arc<Tools>,
    of: &Identity,
    ledger: &Ledger,
    query: &LogQuery,
) -> Result<LogStream, StepError> {
    let entries = ledger.entries().iter();
    let services: BTreeSet<_> = entries
        .filter(|entry| [Service::KIND, TaskRuns::KIND].contains(&entry.step.kind()))
        .filter_map(|entry| serde_json::from_str::<Writer>(entry.planned.get()).ok())
        .map(|writer| writer.service.to_string())
        .collect();
    let mut prefix = format!("{}/", stream_prefix(of.id));
    if let Some(wanted) = &query.service {
        if !services.contains(wanted) {
            return Err(StepError::rejected(format!(
                "the preview runs no service \"{wanted}\""
            )));
        }
        prefix = format!("{prefix}{wanted}/");
    }
    let reader = Reader {
        tools: Arc::clone(tools),
        group: group_of(&tools.options, ledger),
        prefix,
        from: of.created_at,
        seen: BTreeSet::new(),
    };
    let now = now();
    let newest = reader.newest(now, query.tail).await?;
    if !query.follow {
        return Ok(Box::pin(stream::iter(
            newest.into_iter().map(|line| Ok(line.line)),
        )));
    }
    Ok(reader.follow(newest, now))
}

/// The last lines of one task, without their times.
pub(super) async fn last_of_task(
    tools: &Tools,
    group: &str,
    preview: PreviewId,
    service: &str,
    task: &str,
    most: usize,
) -> Result<Vec<String>, StepError> {
    let prefix = format!("{}/{service}/{task}", stream_prefix(preview));
    let now = now();
    let from = Timestamp::from_millis(now.millis() - millis(TASK));
    let lines = read(tools, group, &prefix, from, now, most).await?;
    Ok(lines.into_iter().map(|line| line.line.text).collect())
}

/// A line, and what CloudWatch calls it.
struct Numbered {
    id: String,
    line: LogLine,
}

struct Reader {
    tools: Arc<Tools>,
    group: String,
    prefix: String,
    from: Timestamp,
    /// Of lines that may be read again: their ids, by time.
    seen: BTreeSet<(Timestamp, String)>,
}

impl Reader {
    async fn newest(&self, now: Timestamp, most: usize) -> Result<Vec<Numbered>, StepError> {
        for window in WINDOWS {
            let from = Timestamp::from_millis(now.millis() - millis(window));
            if from <= self.from {
                break;
            }
            let lines = read(&self.tools, &self.group, &self.prefix, from, now, most).await?;
            if lines.len() >= most {
                return Ok(lines);
            }
        }
        read(&self.tools, &self.group, &self.prefix, self.from, now, most).await
    }

    fn follow(mut self, first: Vec<Numbered>, now: Timestamp) -> LogStream {
        self.from = now;
        self.note(&first);
        let first = first.into_iter().map(|line| Ok(line.line));
        let more = stream::unfold(self, |mut reader| async move {
            tokio::time::sleep(FOLLOW).await;
            let lines = reader.more().await;
            let lines = match lines {
                Ok(lines) => lines.into_iter().map(|line| Ok(line.line)).collect(),
                // CloudWatch is asked again; the reader of the stream has missed nothing.
                Err(StepError::Transient { .. } | StepError::Throttled(_)) => Vec::new(),
                Err(error) => vec![Err(error)],
            };
            Some((stream::iter(lines), reader))
        });
        Box::pin(stream::iter(first).chain(more.flatten()))
    }

    /// What came since, late lines included.
    async fn more(&mut self) -> Result<Vec<Numbered>, StepError> {
        let now = now();
        let from = Timestamp::from_millis(self.from.millis() - millis(LATE));
        let mut lines = read(
            &self.tools,
            &self.group,
            &self.prefix,
            from,
            now,
            usize::MAX,
        )
        .await?;
        lines.retain(|line| !self.seen.contains(&(line.line.at, line.id.clone())));
        self.note(&lines);
        self.from = now;
        let oldest = Timestamp::from_millis(from.millis() - millis(LATE));
        self.seen.retain(|(at, _)| *at >= oldest);
        Ok(lines)
    }

    fn note(&mut self, lines: &[Numbered]) {
        let seen = lines.iter().map(|line| (line.line.at, line.id.clone()));
        self.seen.extend(seen);
    }
}

/// The newest `most` lines of a span, oldest first.
async fn read(
    tools: &Tools,
    group: &str,
    prefix: &str,
    from: Timestamp,
    until: Timestamp,
    most: usize,
) -> Result<Vec<Numbered>, StepError> {
    let (mut lines, mut next) = (VecDeque::new(), None);
    loop {
        let request = tools.client.logs.filter_log_events();
        let request = request
            .log_group_name(group)
            .log_stream_name_prefix(prefix)
            .start_time(from.millis())
            // Exclusive, and a line may be stamped with this very millisecond.
            .end_time(until.millis() + 1)
            .set_next_token(next);
        let page = match tools
            .client
            .call(Action::FilterLogEvents, request.send())
            .await
        {
            Ok(page) => page,
            // Nothing was written yet.
            Err(failed) if failed.is("ResourceNotFoundException") => return Ok(Vec::new()),
            Err(failed) => return Err(failed.into()),
        };
        // An endpoint that does not know the prefix answers with everybody's lines.
        let is_wanted = |event: &&FilteredLogEvent| {
            let stream = event.log_stream_name();
            stream.is_some_and(|stream| stream.starts_with(prefix))
        };
        for event in page.events().iter().filter(is_wanted) {
            lines.push_back(numbered(event));
            if lines.len() > most {
                lines.pop_front();
            }
        }
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    let mut lines: Vec<_> = lines.into();
    lines.sort_by_key(|line| line.line.at);
    Ok(lines)
}

fn numbered(event: &FilteredLogEvent) -> Numbered {
    let stream = event.log_stream_name().unwrap_or_default();
    Numbered {
        id: event.event_id().unwrap_or_default().to_owned(),
        line: LogLine {
            at: Timestamp::from_millis(event.timestamp().unwrap_or_default()),
            service: stream.split('/').nth(1).unwrap_or_default().to_owned(),
            stream: "stdout".to_owned(),
            text: event.message().unwrap_or_default().trim_end().to_owned(),
        },
    }
}

/// Log lines are stamped by AWS's clock, which no test turns.
fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
