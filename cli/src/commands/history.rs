//! `tempus history`

use anstyle::AnsiColor;
use clap::Args;
use tempus_api::shape::{EventName, EventView, HistoryQuery};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Cell, Format, Table};

/// Show who did what to a preview and when, newest first
#[derive(Debug, Clone, Args)]
pub struct History {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// How many of the newest events, 1 to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl History {
    /// Asks and shows.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let query = HistoryQuery {
            limit: Some(self.limit),
        };
        let answer = session.client.history(preview, &query).await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        session.screen.write(table(&answer.value.events))?;
        if answer.value.more {
            session.screen.note(format_args!(
                "there are more than {}; see --limit",
                self.limit
            ))?;
        }
        Ok(())
    }
}

fn table(events: &[EventView]) -> Table {
    let mut table = Table::new(["AT", "WHAT", "BY", "DETAIL"]);
    for event in events {
        let by = event.by.as_ref().map_or("not noted", |by| by.name.as_str());
        table.row([
            Cell::plain(event.at.to_string()),
            name_cell(event.event),
            Cell::plain(by),
            Cell::plain(detail(event)),
        ]);
    }
    table
}

fn name_cell(name: EventName) -> Cell {
    match name {
        EventName::Failed | EventName::RolledBack => Cell::coloured(name.as_str(), AnsiColor::Red),
        EventName::Warned | EventName::Expired => Cell::coloured(name.as_str(), AnsiColor::Yellow),
        _ => Cell::plain(name.as_str()),
    }
}

fn detail(event: &EventView) -> String {
    let end = event.expires_at.map(|end| match event.event {
        EventName::Warned => format!("ends at {end}"),
        _ => format!("until {end}"),
    });
    let status = event.status.map(|status| status.to_string());
    let parts: Vec<_> = [end, status, event.reason.clone()]
        .into_iter()
        .flatten()
        .collect();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_history_reads_as_who_did_what() {
        let event = |at: &str, event: &str, by: &str, more: serde_json::Value| {
            let mut json = json!({
                "at": format!("2026-11-28T{at}:00.000Z"), "event": event,
                "by": {"kind": "caller", "name": by},
            });
            let more = more.as_object().unwrap().clone();
            json.as_object_mut().unwrap().extend(more);
            serde_json::from_value::<EventView>(json).unwrap()
        };
        let end = "2026-12-12T10:00:00.000Z";
        let mut events = vec![
            event("12:00", "expired", "its end", json!({"status": "running"})),
            event(
                "11:00",
                "pinned",
                "acme/shop (token 00112233aabbccdd)",
                json!({"expires_at": end, "reason": "the demo on Friday"}),
            ),
            event(
                "10:30",
                "rolled_back",
                "a worker",
                json!({"reason": "no such image"}),
            ),
            event("10:20", "warned", "a worker", json!({"expires_at": end})),
            event(
                "10:10",
                "updated",
                "ann on GitHub (pushed)",
                json!({"status": "failed"}),
            ),
            event("10:00", "created", "", json!({"status": "succeeded"})),
        ];
        events[5].by = None;
        let seen = anstream::adapter::strip_str(&table(&events).to_string()).to_string();
        insta::assert_snapshot!(seen);
    }
}
