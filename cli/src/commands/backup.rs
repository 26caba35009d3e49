//! `tempus backup`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tempus_engine::sqlite::backup::{self, Contents};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Exit, Format};

/// Copy the server's store into a file, while it runs (engine "sqlite")
///
/// The file holds the environment variables of every preview: keep it as you keep those.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The file; refused if there is one
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Backup {
    /// Fetches it. The file is there once it is whole, on the disk, and has been looked through.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let file = &self.file;
        if file.exists() {
            return Err(exists(file));
        }
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        // Nobody else may read it, from the first byte on.
        let named = tempfile::Builder::new()
            .prefix(".tempus-backup-")
            .tempfile_in(folder);
        let mut partial = named.map_err(|error| cannot(file, &error))?;
        session
            .client
            .backup(|bytes| partial.write_all(bytes))
            .await?;
        let contents = backup::inspect(partial.path())
            .map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
        let synced = partial.as_file().sync_all();
        synced.map_err(|error| cannot(file, &error))?;
        let bytes = partial.as_file().metadata()?.len();
        partial
            .persist_noclobber(file)
            .map_err(|error| match error.error.kind() {
                std::io::ErrorKind::AlreadyExists => exists(file),
                _ => cannot(file, &error.error),
            })?;
        match session.screen.format() {
            Format::Json => Ok(session.screen.json(&shown(file, &contents))?),
            Format::Human => Ok(session.screen.note(format_args!(
                "{}: {bytes} bytes, {}",
                file.display(),
                told(&contents)
            ))?),
        }
    }
}

/// For scripts.
pub(super) fn shown(file: &Path, contents: &Contents) -> serde_json::Value {
    json!({
        "file": file,
        "installation": contents.installation.to_string(),
        "copied_at": contents.copied_at.map(|at| at.to_string()),
        "previews": contents.live,
    })
}

/// For people.
pub(super) fn told(contents: &Contents) -> String {
    let Contents {
        installation,
        copied_at,
        live,
    } = contents;
    let copied = copied_at.map_or_else(String::new, |at| format!(" as it was at {at}"));
    format!("installation {installation} with {live} previews{copied}")
}

fn exists(file: &Path) -> Failure {
    Failure::usage(format!(
        "{} is there already; choose another name",
        file.display()
    ))
}

fn cannot(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Internal,
        format!("{} cannot be written: {error}", file.display()),
    )
}
