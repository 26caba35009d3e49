//! `tempus link`

use clap::Args;
use tempus_api::shape::LinkQuery;
use tempus_engine::{Clock, SystemClock};
use tempus_model::Ttl;

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::Format;
use crate::output::time::{lifetime, relative};

/// Make a link that opens a protected preview
///
/// Whoever has the link gets in, until it ends.
#[derive(Debug, Clone, Args)]
pub struct Link {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// How long the link opens it, such as 1h; as long as it lives unless given
    #[arg(long, value_name = "TIME")]
    ttl: Option<Ttl>,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Link {
    /// Asks and shows the link, alone on a line for scripts.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let query = LinkQuery {
            ttl: self.ttl.map(|ttl| lifetime(ttl.duration())),
        };
        let answer = session.client.link(preview, &query).await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let link = &answer.value;
        session.screen.line(&link.url)?;
        let ends = relative(SystemClock.now(), link.expires_at);
        Ok(session.screen.note(format_args!("it ends {ends}"))?)
    }
}
