//! `tempus show`

use clap::Args;
use tempus_api::shape::{Ending, PreviewView, ServiceView};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{AccessMode, Timestamp};

use super::costs;
use super::list::phase_cell;
use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::{relative, rough};
use crate::output::{Cell, Format, Table};
use crate::progress;

/// Show a preview: where it stands, what it runs, what it owns, its jobs
#[derive(Debug, Clone, Args)]
pub struct Show {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Show {
    /// Asks and shows.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let answer = session.client.preview(preview).await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let (preview, now) = (&answer.value, SystemClock.now());
        session.screen.write(facts(preview, now))?;
        for (title, table) in [
            ("services", services(&preview.services)),
            ("runs", runs(preview, now)),
            ("owns", resources(preview)),
            ("jobs", jobs(preview, now)),
        ] {
            if !table.is_empty() {
                session.screen.write(format_args!("\n{title}\n{table}"))?;
            }
        }
        if let Some(error) = &preview.error {
            session
                .screen
                .line(format_args!("\n{}", progress::failure(error)))?;
        }
        Ok(())
    }
}

fn facts(preview: &PreviewView, now: Timestamp) -> Table {
    let mut table = Table::list();
    table.item("name", &preview.name);
    if let Some(url) = &preview.url {
        table.item("url", url);
    }
    table.row([Cell::dim("phase"), phase_cell(preview)]);
    if preview.access != AccessMode::Open {
        table.item("opens by", preview.access.as_str());
    }
    if let Some(sleep) = preview.sleep {
        table.item("sleeps", format!("after {sleep} without a request"));
    }
    table.item("id", preview.preview_id.to_string());
    if let Some(days) = preview.log_retention_days {
        table.item("logs kept", format!("{days} days"));
    }
    if let Some(schedule) = &preview.schedule {
        table.item("runs by", format!("{schedule} (UTC)"));
    }
    let at = |time: Timestamp| format!("{} ({time})", relative(now, time));
    table.item("created", at(preview.created_at));
    if !preview.phase.is_gone() {
        table.item("expires", at(preview.expires_at));
    }
    if let Some(pin) = &preview.pin {
        table.item("pinned", format!("until {}: {}", at(pin.until), pin.reason));
    }
    if let Some(ending) = preview.ending {
        table.item(
            "ends because",
            match ending {
                Ending::Asked => "somebody said so",
                Ending::Expired => "its time was over",
                Ending::Failed => "it could not be made",
            },
        );
    }
    if let Some(since) = preview.parked_since {
        table.item("parked", at(since));
    }
    if let Some(verified_at) = preview.verified_at {
        table.item("proved gone", at(verified_at));
    }
    if let Some(cost) = &preview.cost {
        table.item("costs", costs::cost(cost));
    }
    table.item("owner", &preview.owner.login);
    for (name, value) in [
        ("repository", preview.repository.clone()),
        ("pull request", preview.pr_number.map(|pr| pr.to_string())),
        ("branch", preview.branch.clone()),
        ("commit", preview.commit_sha.clone()),
    ] {
        if let Some(value) = value {
            table.item(name, value);
        }
    }
    table
}

fn services(services: &[ServiceView]) -> Table {
    let mut table = Table::new(["NAME", "RUNS", "COUNT", "HEALTH", "URL"]);
    for service in services {
        let runs = service.command.as_ref().or(service.image.as_ref());
        let count = match service.autoscale {
            Some(by_load) => format!("1-{}", by_load.max),
            None => service.replicas.to_string(),
        };
        let url = service
            .url
            .as_ref()
            .map_or(Cell::dim("private"), Cell::plain);
        table.row([
            Cell::plain(&service.name),
            Cell::plain(runs.map_or("", String::as_str)),
            Cell::plain(count),
            Cell::plain(&service.health_path),
            url,
        ]);
    }
    table
}

fn runs(preview: &PreviewView, now: Timestamp) -> Table {
    let mut table = Table::new(["BEGAN", "TOOK", "ENDED WITH"]);
    for run in preview.runs.iter().flatten() {
        let took = run.began_at.until(run.ended_at.unwrap_or(now));
        table.row([
            Cell::plain(relative(now, run.began_at)),
            Cell::plain(rough(took)),
            run.exit
                .as_ref()
                .map_or(Cell::dim("still running"), Cell::plain),
        ]);
    }
    table
}

fn resources(preview: &PreviewView) -> Table {
    let mut table = Table::list();
    for (name, value) in &preview.resources {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        table.row([Cell::dim(name), Cell::plain(text)]);
    }
    table
}

fn jobs(preview: &PreviewView, now: Timestamp) -> Table {
    let mut table = Table::new(["JOB", "KIND", "STATUS", "ACCEPTED"]);
    for job in preview.jobs.iter().flatten() {
        table.row([
            Cell::plain(job.job_id.to_string()),
            Cell::plain(job.kind.to_string()),
            Cell::plain(job.status.to_string()),
            Cell::plain(relative(now, job.created_at)),
        ]);
    }
    table
}
