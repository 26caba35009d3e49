//! `tempus extend`

use clap::Args;
use tempus_api::shape::ExtendRequest;
use tempus_model::Ttl;

use super::pin::new_expiry;
use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::lifetime;

/// Give a preview another expiry
#[derive(Debug, Clone, Args)]
#[group(id = "time", required = true, multiple = false, args = ["by", "ttl"])]
pub struct Extend {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// How much later than now set, such as 30m
    #[arg(long, value_name = "TIME")]
    by: Option<Ttl>,
    /// The time left, from now; may shorten what is left
    #[arg(long, value_name = "TIME")]
    ttl: Option<Ttl>,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Extend {
    /// Asks and shows the new expiry.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let request = ExtendRequest {
            ttl_hours: None,
            ttl: self.ttl.map(|ttl| lifetime(ttl.duration())),
            by: self.by.map(|by| lifetime(by.duration())),
        };
        let answer = session.client.extend(preview, &request).await?;
        new_expiry(session, &answer)
    }
}
