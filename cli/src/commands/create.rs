//! `tempus create`

use clap::Args;
use tempus_api::shape::{Accepted, CreateRequest};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{DnsName, Ttl, slug};

use super::costs;
use super::service::What;
use super::wait::Wait;
use super::{Remote, Session};
use crate::client::Answer;
use crate::failure::Failure;
use crate::output::time::{lifetime, relative};
use crate::output::{Format, Table};
use crate::repository_file::Asked;

/// Make a preview.
///
/// Without anything it runs a small built-in application. A name that you already have a preview
/// by makes this an update of it.
#[derive(Debug, Clone, Args)]
pub struct Create {
    #[command(flatten)]
    what: What,
    /// Its name, part of its URL; the folder's name if there is one, else the server's choice
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long it lives, such as 90m, 2h or 7d; what the folder says, else 7d for a folder
    #[arg(long, value_name = "TIME")]
    ttl: Option<Ttl>,
    /// Whose it is
    #[arg(long, value_name = "LOGIN")]
    owner: Option<String>,
    /// The repository's full name, such as octo/shop
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// The pull request
    #[arg(long, value_name = "NUMBER")]
    pr: Option<u64>,
    /// The branch, where there is no pull request
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Create {
    /// Asks, shows the answer, waits if that is wanted.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let asked = self.asks()?;
        session.notes(&asked.notes)?;
        let answer = session.client.create(&asked.request).await?;
        accepted(session, &answer)?;
        self.wait.job(session, answer.value.job_id).await
    }

    fn asks(&self) -> Result<Asked, Failure> {
        let mut asked = self.what.asks()?;
        let name = match (&self.name, &self.what.dir) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(dir)) => name_of(dir),
            (None, None) => None,
        };
        let ttl = self.ttl.map(|ttl| lifetime(ttl.duration()));
        asked.request = CreateRequest {
            name,
            ttl: ttl.or(asked.request.ttl),
            owner: self.owner.clone(),
            repository: self.repository.clone(),
            pr_number: self.pr,
            branch: self.branch.clone(),
            ..asked.request
        };
        if self.what.dir.is_some() {
            asked.complete();
        }
        Ok(asked)
    }
}

/// The name of a folder as a preview's name, so that the same folder is the same preview.
pub fn name_of(dir: &std::path::Path) -> Option<String> {
    let folder = dir.canonicalize().ok()?;
    Some(slug(folder.file_name()?.to_str()?, DnsName::LONGEST))
}

/// Shows that a change was accepted.
pub(super) fn accepted(session: &mut Session, answer: &Answer<Accepted>) -> Result<(), Failure> {
    if session.screen.format() == Format::Json {
        return Ok(session.screen.json(&answer.raw)?);
    }
    let accepted = &answer.value;
    let mut table = Table::list();
    if let Some(url) = &accepted.preview_url {
        table.item("url", url);
    }
    table.item("preview", accepted.preview_id.to_string());
    table.item("job", accepted.job_id.to_string());
    let now = SystemClock.now();
    table.item("expires", relative(now, accepted.expires_at));
    if let Some(estimate) = &accepted.estimate {
        let left = now.until(accepted.expires_at);
        table.item("costs", costs::estimate(estimate, left));
    }
    session.screen.write(table)?;
    for budget in &accepted.budgets {
        session.screen.note(budget)?;
    }
    Ok(())
}
