//! `tempus pin` and `tempus unpin`

use clap::Args;
use tempus_api::shape::{Extended, PinRequest};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{PinReason, Timestamp, Ttl};

use super::{Remote, Session};
use crate::client::Answer;
use crate::failure::Failure;
use crate::output::Format;
use crate::output::time::{lifetime, relative};

/// Keep a preview beyond its time, for a reason; its end is real all the same
#[derive(Debug, Clone, Args)]
#[group(id = "time", required = true, multiple = false, args = ["length", "until"])]
pub struct Pin {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// Why, in 1 to 200 characters; shown wherever the preview is
    #[arg(long, value_name = "TEXT")]
    reason: PinReason,
    /// How long from now, such as 14d
    #[arg(long = "for", value_name = "TIME")]
    length: Option<Ttl>,
    /// Until when, such as 2027-01-31T18:00:00Z
    #[arg(long, value_name = "WHEN")]
    until: Option<Timestamp>,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

/// Let a preview live no longer than others again
#[derive(Debug, Clone, Args)]
pub struct Unpin {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Pin {
    /// Asks and shows the new expiry.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let request = PinRequest {
            reason: self.reason.to_string(),
            length: self.length.map(|length| lifetime(length.duration())),
            until: self.until.map(|until| until.to_string()),
        };
        let answer = session.client.pin(preview, &request).await?;
        new_expiry(session, &answer)
    }
}

impl Unpin {
    /// Asks and shows the new expiry.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let answer = session.client.unpin(preview).await?;
        new_expiry(session, &answer)
    }
}

/// Shows a preview's new expiry.
pub(super) fn new_expiry(session: &mut Session, answer: &Answer<Extended>) -> Result<(), Failure> {
    if session.screen.format() == Format::Json {
        return Ok(session.screen.json(&answer.raw)?);
    }
    let expires_at = answer.value.expires_at;
    let left = relative(SystemClock.now(), expires_at);
    Ok(session
        .screen
        .line(format_args!("expires {left} ({expires_at})"))?)
}
