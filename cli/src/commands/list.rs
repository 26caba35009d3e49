//! `tempus list`

use anstyle::AnsiColor;
use clap::Args;
use serde_json::{Value, json};
use tempus_api::shape::{PreviewView, PreviewsQuery, Usd};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{Phase, Timestamp};

use super::{Remote, Session};
use crate::client::LIVE;
use crate::failure::Failure;
use crate::output::time::relative;
use crate::output::{Cell, Format, Table};

/// List previews, newest first; those that are gone only with --all
#[derive(Debug, Clone, Args)]
pub struct List {
    /// Of this owner
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Of this repository
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Of this pull request
    #[arg(long, value_name = "NUMBER")]
    pr: Option<u64>,
    /// In one of these phases, separated by commas
    #[arg(long, value_name = "PHASE", value_delimiter = ',', value_parser = phase)]
    phase: Vec<Phase>,
    /// With this in the name, the repository, the branch or the owner's name, or at the beginning of the id
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Those that need a person
    #[arg(long)]
    parked: bool,
    /// Those that are gone too
    #[arg(long, conflicts_with = "phase")]
    all: bool,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

/// How many characters of a pin's reason a list shows.
const REASON: usize = 24;

/// The largest page that the server gives.
const PAGE: usize = 200;

impl List {
    /// Asks page by page and shows what there is.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let (mut previews, mut raws) = (Vec::new(), Vec::new());
        let mut query = self.query();
        let more = loop {
            query.limit = Some(PAGE.min(self.limit - previews.len()));
            let page = session.client.previews(&query).await?;
            previews.extend(page.value.previews);
            raws.extend(page.raw["previews"].as_array().cloned().unwrap_or_default());
            match page.value.next_cursor {
                Some(cursor) if previews.len() < self.limit => query.cursor = Some(cursor),
                next => break next.is_some(),
            }
        };
        match session.screen.format() {
            Format::Json => session
                .screen
                .json(&json!({"previews": Value::Array(raws)}))?,
            Format::Human if previews.is_empty() => session.screen.note("no previews")?,
            Format::Human => session.screen.write(table(&previews, SystemClock.now()))?,
        }
        if more {
            session.screen.note(format_args!(
                "there are more than {}; see --limit",
                self.limit
            ))?;
        }
        Ok(())
    }

    fn query(&self) -> PreviewsQuery {
        let phases: Vec<_> = self.phase.iter().map(ToString::to_string).collect();
        PreviewsQuery {
            owner: self.owner.clone(),
            repository: self.repository.clone(),
            pr: self.pr,
            phase: match (phases.is_empty(), self.all) {
                (false, _) => Some(phases.join(",")),
                (true, true) => None,
                (true, false) => Some(LIVE.to_owned()),
            },
            search: self.search.clone(),
            parked: self.parked.then_some(true),
            ..PreviewsQuery::default()
        }
    }
}

fn phase(text: &str) -> Result<Phase, String> {
    Phase::ALL
        .into_iter()
        .find(|phase| phase.as_str() == text)
        .ok_or_else(|| {
            format!(
                "must be one of {}",
                Phase::ALL.map(Phase::as_str).join(", ")
            )
        })
}

fn table(previews: &[PreviewView], now: Timestamp) -> Table {
    // Where nothing has a price, there is nothing to say.
    let have_costs = previews.iter().any(|preview| preview.cost.is_some());
    let mut titles = vec!["NAME", "ID", "PHASE", "EXPIRES", "AGE", "OWNER"];
    titles.extend(have_costs.then_some("COST"));
    titles.push("URL");
    let mut table = Table::new(titles);
    for preview in previews {
        let expires = match preview.phase {
            Phase::Destroyed | Phase::Failed => Cell::dim("-"),
            _ => {
                let left = relative(now, preview.expires_at);
                match &preview.pin {
                    Some(pin) => Cell::plain(format!("{left}, pinned: {}", cut(&pin.reason))),
                    None => Cell::plain(left),
                }
            }
        };
        let mut cells = vec![
            Cell::plain(&preview.name),
            Cell::plain(preview.preview_id.short().to_string()),
            phase_cell(preview),
            expires,
            Cell::plain(crate::output::time::rough(preview.created_at.until(now))),
            Cell::plain(&preview.owner.login),
        ];
        if have_costs {
            let cost = preview.cost.as_ref();
            cells.push(cost.map_or(Cell::dim("-"), |cost| {
                Cell::plain(Usd(cost.so_far_usd).to_string())
            }));
        }
        cells.push(preview.url.as_ref().map_or(Cell::dim("-"), Cell::plain));
        table.row(cells);
    }
    table
}

/// As much of a reason as fits into a list.
fn cut(reason: &str) -> String {
    let mut short: String = reason.chars().take(REASON).collect();
    if reason.chars().count() > REASON {
        short.pop();
        short.push('…');
    }
    short
}

/// A preview's phase in its colour, and that it is parked, which matters more.
pub(super) fn phase_cell(preview: &PreviewView) -> Cell {
    if preview.parked {
        return Cell::coloured(format!("{}, parked", preview.phase), AnsiColor::Red);
    }
    let text = preview.phase.as_str();
    match preview.phase {
        Phase::Ready => Cell::coloured(text, AnsiColor::Green),
        Phase::Failed => Cell::coloured(text, AnsiColor::Red),
        Phase::Pending | Phase::Provisioning | Phase::Updating => {
            Cell::coloured(text, AnsiColor::Cyan)
        }
        Phase::Destroying => Cell::coloured(text, AnsiColor::Yellow),
        Phase::Asleep | Phase::Destroyed => Cell::dim(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn preview(name: &str, phase: &str, parked: bool) -> PreviewView {
        serde_json::from_value(json!({
            "preview_id": "1f2e3d4c-0000-4000-8000-000000000000",
            "name": name, "url": format!("http://{name}.localhost:8081/"),
            "phase": phase, "parked": parked, "generation": 1,
            "created_at": "2026-01-01T00:00:00.000Z", "expires_at": "2026-01-01T02:00:00.000Z",
            "template": "app", "owner": {"id": "local", "login": "local"},
            "services": [], "resources": {}, "open_jobs": [],
            "last_job": {"job_id": "550e8400-e29b-41d4-a716-446655440000", "kind": "create"},
        }))
        .unwrap()
    }

    #[test]
    fn a_list_reads_at_a_glance() {
        let now = Timestamp::from_millis(1_767_225_600_000 + 300_000);
        let mut pinned = preview("demo", "ready", false);
        pinned.pin = serde_json::from_value(json!({
            "until": "2026-01-01T02:00:00.000Z", "otherwise": "2026-01-01T01:00:00.000Z",
            "reason": "the demo on Friday, and the week after it",
        }))
        .unwrap();
        let previews = [
            preview("hello", "ready", false),
            pinned,
            preview("stuck-one", "destroying", true),
            preview("old", "destroyed", false),
        ];
        let seen = anstream::adapter::strip_str(&table(&previews, now).to_string()).to_string();
        insta::assert_snapshot!(seen);
    }
}
