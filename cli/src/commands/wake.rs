//! `tempus wake`

use std::time::Duration;

use clap::Args;
use tempus_model::{Phase, PreviewId};

use super::wait::Wait;
use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Exit, Format};

/// How often it is looked whether the preview runs.
const POLL: Duration = Duration::from_millis(500);

/// Wake a preview that sleeps, or keep one awake
#[derive(Debug, Clone, Args)]
pub struct Wake {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Wake {
    /// Asks, shows the answer, waits if that is wanted.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let answer = session.client.wake(preview).await?;
        match (session.screen.format(), answer.value.phase) {
            (Format::Json, _) => session.screen.json(&answer.raw)?,
            (Format::Human, Phase::Asleep) => session.screen.line("waking up")?,
            (Format::Human, phase) => session.screen.line(format_args!("it is {phase}"))?,
        }
        if !self.wait.is_wanted() {
            return Ok(());
        }
        let what = format!("waking {}", self.preview);
        self.wait.within(until_up(session, preview), &what).await?
    }
}

/// Waits until it runs, or never will by itself.
async fn until_up(session: &Session, preview: PreviewId) -> Result<(), Failure> {
    loop {
        let view = session.client.preview(preview).await?.value;
        let name = &view.name;
        match view.phase {
            _ if view.parked => {
                let message = format!("{name} cannot be started and needs a person");
                return Err(Failure::new(Exit::Parked, message));
            }
            Phase::Ready => return Ok(()),
            Phase::Destroying | Phase::Destroyed | Phase::Failed => {
                let message = format!("{name} is {}", view.phase);
                return Err(Failure::new(Exit::Failed, message));
            }
            Phase::Pending | Phase::Provisioning | Phase::Asleep | Phase::Updating => {
                tokio::time::sleep(POLL).await;
            }
        }
    }
}
