//! `tempus overview`

use std::time::Duration;

use anstyle::AnsiColor;
use clap::Args;
use tempus_api::shape::{OverviewView, PreviewName};
use tempus_engine::{Clock, SystemClock};
use tempus_model::Timestamp;

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::{relative, rough};
use crate::output::{Cell, Format, Table};

/// How many previews are named in one cell.
const NAMED: usize = 6;

/// Show how the installation stands: its queue, workers, quota, listeners, and what sweeps found
#[derive(Debug, Clone, Args)]
pub struct Overview {
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Overview {
    /// Asks and shows.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let answer = session.client.overview().await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let seen = &answer.value;
        session.screen.write(whole(seen))?;
        for (title, table) in [
            ("workers", workers(seen, SystemClock.now())),
            ("slots", owners(seen)),
            ("listeners", listeners(seen)),
            ("found by sweeps", orphans(seen, SystemClock.now())),
        ] {
            if !table.is_empty() {
                session.screen.write(format_args!("\n{title}\n{table}"))?;
            }
        }
        Ok(())
    }
}

fn whole(seen: &OverviewView) -> Table {
    let mut table = Table::list();
    table.item("installation", &seen.installation);
    let queue = seen.queue.map_or("does not answer".to_owned(), |queue| {
        let oldest = Duration::from_millis(queue.oldest_ms);
        format!(
            "{} waiting, {} in flight, {} delayed; the oldest work waits {}",
            queue.waiting,
            queue.in_flight,
            queue.delayed,
            rough(oldest)
        )
    });
    table.item("queue", queue);
    let phases = seen.phases.iter().filter(|of| of.previews > 0);
    let phases: Vec<_> = phases
        .map(|of| format!("{} {}", of.previews, of.phase))
        .collect();
    if !phases.is_empty() {
        table.item("previews", phases.join(", "));
    }
    let (taken, total) = (seen.quota.taken, seen.quota.total);
    let per_owner = seen.quota.per_owner;
    table.item(
        "slots",
        format!("{taken} of {total} taken, {per_owner} for each owner"),
    );
    let findings = &seen.findings;
    let (parked, unreadable) = (findings.parked, findings.unreadable);
    table.item(
        "dead letters",
        format!("{parked} parked, {unreadable} unreadable"),
    );
    if !findings.suspect.is_empty() {
        table.item("looked at again", names(&findings.suspect));
    }
    table
}

fn workers(seen: &OverviewView, now: Timestamp) -> Table {
    let mut table = Table::new(["WORKER", "PREVIEW", "PLAN", "LEASE ENDS"]);
    for worker in &seen.workers {
        for lease in &worker.leases {
            let ends = relative(now, lease.until);
            table.row([
                Cell::plain(&worker.worker),
                Cell::plain(&lease.of.name),
                Cell::plain(lease.plan.as_deref().unwrap_or("-")),
                if lease.until > now {
                    Cell::plain(ends)
                } else {
                    Cell::coloured(ends, AnsiColor::Yellow)
                },
            ]);
        }
    }
    table
}

fn owners(seen: &OverviewView) -> Table {
    let mut table = Table::new(["OWNER", "TAKEN", "BY"]);
    for owner in &seen.quota.owners {
        let taken = format!("{}/{}", owner.previews.len(), seen.quota.per_owner);
        table.row([
            Cell::plain(&owner.login),
            Cell::plain(taken),
            Cell::plain(names(&owner.previews)),
        ]);
    }
    table
}

fn listeners(seen: &OverviewView) -> Table {
    let mut table = Table::new(["LISTENER", "TAKEN", "LEFT", "URLS"]);
    for listener in &seen.listeners {
        let left = listener.slots.map_or("any number".to_owned(), |slots| {
            usize::try_from(slots)
                .unwrap_or(usize::MAX)
                .saturating_sub(listener.taken)
                .to_string()
        });
        table.row([
            Cell::plain(&listener.name),
            Cell::plain(listener.taken.to_string()),
            Cell::plain(left),
            Cell::plain(&listener.url),
        ]);
    }
    table
}

fn orphans(seen: &OverviewView, now: Timestamp) -> Table {
    let mut table = Table::new(["ID", "SINCE", "FOUND"]);
    for orphan in &seen.findings.orphans {
        table.row([
            Cell::plain(&orphan.id),
            Cell::plain(relative(now, orphan.since)),
            Cell::plain(&orphan.reason),
        ]);
    }
    table
}

/// The first few names.
fn names(previews: &[PreviewName]) -> String {
    let first = previews.iter().take(NAMED).map(|of| of.name.as_str());
    let text = first.collect::<Vec<_>>().join(", ");
    match previews.len().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_overview_reads_at_a_glance() {
        let of = |name: &str| json!({"preview_id": "1f2e3d4c-0000-4000-8000-000000000000", "name": name});
        let lease = json!({
            "preview_id": "1f2e3d4c-0000-4000-8000-000000000000", "name": "shop",
            "plan": "create@1", "until": "2026-01-01T00:00:45.000Z",
        });
        let seen: OverviewView = serde_json::from_value(json!({
            "installation": "445276f4", "at": "2026-01-01T00:00:00.000Z",
            "queue": {"waiting": 2, "in_flight": 1, "delayed": 3, "oldest_ms": 4500},
            "phases": [{"phase": "provisioning", "previews": 1}, {"phase": "ready", "previews": 0}],
            "workers": [{"worker": "w-1", "leases": [lease]}],
            "quota": {"total": 10, "per_owner": 3, "taken": 1, "owners": [
                {"id": "ada", "login": "ada", "previews": [of("shop")]},
            ]},
            "listeners": [
                {"name": "local", "url": "http://{name}.localhost:8081/", "taken": 1},
                {"name": "a1", "url": "https://{name}.a1.example.com/", "slots": 40, "taken": 3},
            ],
            "findings": {"parked": 1, "unreadable": 0, "suspect": [of("shop")], "orphans": [
                {"id": "orphan-1", "reason": "a service", "since": "2026-01-01T00:00:00.000Z"},
            ]},
        }))
        .unwrap();
        let now = Timestamp::from_millis(1_767_225_600_000);
        let all = format!(
            "{}\n{}\n{}\n{}\n{}",
            whole(&seen),
            workers(&seen, now),
            owners(&seen),
            listeners(&seen),
            orphans(&seen, now)
        );
        insta::assert_snapshot!(anstream::adapter::strip_str(&all).to_string());
    }
}
