//! `tempus restore`

use std::path::PathBuf;

use clap::Args;
use tempus_engine::sqlite::backup::{self, RestoreError};
use tempus_engine::{Clock, SystemClock};

use super::backup::{shown, told};
use super::config::Settings;
use crate::failure::Failure;
use crate::output::{Exit, Format, Screen};

/// Put a backup into a data folder that has no store (engine "sqlite"); no server may run there
///
/// The next start verifies every preview that the backup does not prove to be gone. What exists and is
/// not in the backup is reported, and never removed unasked.
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// What `tempus backup` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    /// Puts it there.
    pub fn run(&self) -> Result<(), Failure> {
        let data = self.settings.load()?.config.data;
        let contents = backup::restore(&self.file, &data, SystemClock.now())?;
        if self.json {
            let shown = shown(&self.file, &contents);
            return Ok(Screen::of_process(Format::Json).json(&shown)?);
        }
        Ok(Screen::of_process(Format::Human).note(format_args!(
            "{}: {}; start the server, which verifies all of them",
            data.display(),
            told(&contents)
        ))?)
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self::new(Exit::Internal, error.to_string())
    }
}
