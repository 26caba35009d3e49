//! `tempus receipt`

use std::time::Duration;

use clap::Args;
use tempus_api::shape::{ProblemKind, ReceiptView};
use tempus_model::PreviewId;

use super::wait::Wait;
use super::{Remote, Session};
use crate::client::{Answer, Client, ClientError};
use crate::failure::Failure;
use crate::output::{Cell, Exit, Format, Table};

/// Show the proof that everything a preview owned is gone (exit status 10 if it has findings)
#[derive(Debug, Clone, Args)]
pub struct Receipt {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Receipt {
    /// Asks, waiting for it if that is wanted, and shows it.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let answer = if self.wait.is_wanted() {
            let proved = until_proved(&session.client, preview);
            self.wait
                .within(proved, "the check for the receipt")
                .await??
        } else {
            session.client.receipt(preview).await?
        };
        match session.screen.format() {
            Format::Json => session.screen.json(&answer.raw)?,
            Format::Human => session.screen.write(text(&answer.value))?,
        }
        if has_findings(&answer.value) {
            return Err(Failure::new(Exit::NotProved, "the receipt has findings"));
        }
        Ok(())
    }
}

/// Asks until there is a receipt. A preview that is still wanted has none to wait for.
pub async fn until_proved(
    client: &Client,
    preview: PreviewId,
) -> Result<Answer<ReceiptView>, ClientError> {
    loop {
        match client.receipt(preview).await {
            Err(error) if error.is(ProblemKind::ReceiptPending) => {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            answer => return answer,
        }
    }
}

/// Whether the last look found anything that the preview's own steps had not removed.
pub fn has_findings(receipt: &ReceiptView) -> bool {
    let is_clean = receipt.checks.iter().all(|check| check.found.is_empty());
    !is_clean || !receipt.found_late.is_empty()
}

/// The receipt as people read it.
pub fn text(receipt: &ReceiptView) -> String {
    let mut facts = Table::list();
    facts.item("preview", receipt.preview_id.to_string());
    facts.item("installation", receipt.installation.to_string());
    facts.item("destroyed at", receipt.destroyed_at.to_string());
    facts.item("verified at", receipt.verified_at.to_string());

    let mut removed = Table::new(["REMOVED", "RESOURCE", "AT"]);
    for item in &receipt.removed {
        let at = item.at.to_string();
        removed.row([
            Cell::plain(&item.step),
            Cell::plain(&item.resource),
            Cell::plain(at),
        ]);
    }
    for item in &receipt.found_late {
        let step = format!("{} (found late)", item.step);
        let at = item.at.to_string();
        removed.row([
            Cell::plain(step),
            Cell::plain(&item.resource),
            Cell::plain(at),
        ]);
    }

    let mut checks = Table::new(["LOOKED FOR", "BY", "FOUND"]);
    for check in &receipt.checks {
        let found = if check.found.is_empty() {
            Cell::coloured("nothing", anstyle::AnsiColor::Green)
        } else {
            Cell::coloured(check.found.join(", "), anstyle::AnsiColor::Red)
        };
        checks.row([Cell::plain(&check.kind), Cell::plain(&check.by), found]);
    }

    let mut text = facts.to_string();
    for table in [removed, checks] {
        if !table.is_empty() {
            text.push('\n');
            text.push_str(&table.to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_receipt_reads_as_a_proof() {
        let mut receipt: ReceiptView = serde_json::from_value(json!({
            "preview_id": "1f2e3d4c-0000-4000-8000-000000000000",
            "installation": "0a1b2c3d", "generation": 2,
            "destroyed_at": "2026-01-01T02:00:01.000Z",
            "verified_at": "2026-01-01T02:00:03.000Z",
            "checks": [
                {"kind": "process", "by": "lock file", "found": []},
                {"kind": "process", "by": "tag in /proc", "found": []},
            ],
            "removed": [{
                "step": "process:web", "resource": "tempus-0a1b2c3d-1f2e3d4c-web",
                "at": "2026-01-01T02:00:00.500Z",
            }],
        }))
        .unwrap();
        assert!(!has_findings(&receipt));
        let seen = anstream::adapter::strip_str(&text(&receipt)).to_string();
        insta::assert_snapshot!(seen);
        receipt.checks[1].found.push("pid 4711".to_owned());
        assert!(has_findings(&receipt));
    }
}
