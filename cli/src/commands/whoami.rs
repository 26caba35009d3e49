//! `tempus whoami`

use clap::Args;
use tempus_engine::{Clock, SystemClock};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::relative;
use crate::output::{Format, Table};

/// Say who the server takes you for, and what you may do
#[derive(Debug, Clone, Args)]
pub struct Whoami {
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Whoami {
    /// Asks.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let answer = session.client.whoami().await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let me = &answer.value;
        let mut table = Table::list();
        table.item("caller", &me.name);
        table.item("scope", me.scope.as_str());
        table.item("owner", &me.owner.login);
        if let Some(end) = me.expires_at {
            table.item("expires", relative(SystemClock.now(), end));
        }
        Ok(session.screen.write(table)?)
    }
}
