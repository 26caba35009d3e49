//! `tempus logs`

use clap::Args;
use tempus_api::shape::{LogLine, LogsQuery};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Audience, Format, clean};

/// Show what a preview's services wrote
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// Go on with lines as they come
    #[arg(short, long)]
    follow: bool,
    /// How many of the newest lines to begin with
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    tail: usize,
    /// Of this service only
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// With the time of each line
    #[arg(long)]
    timestamps: bool,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Logs {
    /// Asks and writes line by line.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let preview = session.client.resolve(&self.preview).await?;
        let query = LogsQuery {
            tail: Some(self.tail),
            service: self.service.clone(),
            follow: self.follow.then_some(true),
        };
        let mut lines = session.client.logs(preview, &query).await?;
        while let Some((line, raw)) = lines.next::<LogLine>().await? {
            let text = match session.screen.format() {
                Format::Json => raw,
                Format::Human => self.text(&line, session.screen.reader()),
            };
            session.screen.verbatim(&text)?;
        }
        Ok(())
    }

    fn text(&self, line: &LogLine, reader: Audience) -> String {
        // A file gets what the application wrote; a terminal, what is safe to show.
        let text = match reader {
            Audience::Terminal => clean(&line.text),
            Audience::Pipe => line.text.as_str().into(),
        };
        let time = if self.timestamps {
            format!("{} ", line.at)
        } else {
            String::new()
        };
        format!("{time}{} | {text}", clean(&line.service))
    }
}
