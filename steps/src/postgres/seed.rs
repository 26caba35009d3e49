//! Fills a database that is not whole yet.

use std::path::Path;

use tokio_postgres::Error;
use tokio_postgres::error::ErrorPosition;

use super::dump::{Dump, DumpError, Part, line_of};
use super::error::said;
use super::folder::{Folder, dump_file};
use super::keys::Derived;
use super::names::Name;
use super::options::Server;
use super::session::{Patience, Session};
use crate::StepError;

/// Where what a database begins with comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// A copy of this database.
    Database(String),
    /// The dump at this path in this folder.
    Dump {
        folder: Option<Folder>,
        path: String,
    },
}

/// Gives what a copied database holds to its new owner: a copy belongs to whom the original belongs to.
/// `REASSIGN OWNED` would do it in a word, and to the original database as well.
const HAND_OVER: &str = include_str!("hand_over.sql");

impl Server {
    /// Fills it. A dump is loaded as the preview itself: whatever stands there can do nothing that the
    /// preview could not.
    pub(super) async fn seed(
        &self,
        name: &Name,
        derived: &Derived,
        source: &Source,
    ) -> Result<(), StepError> {
        let database = name.unfinished();
        match source {
            Source::Database(_) => {
                let session = self.administer_in(&database, Patience::Long).await?;
                let handed = hand_over(&session, name).await;
                session.end().await;
                handed
            }
            Source::Dump { folder, path } => {
                let unfit = |problem| StepError::rejected(format!("seed: {problem}"));
                let file = dump_file(folder.as_ref(), path).map_err(unfit)?;
                let session = self.as_preview(name, &derived.password, &database).await?;
                let loaded = load(&session, &file, path).await;
                session.end().await;
                loaded
            }
        }
    }
}

async fn hand_over(session: &Session<'_>, name: &Name) -> Result<(), StepError> {
    session
        .rows(
            "SELECT set_config('tempus.owner', $1, false)",
            &[&name.as_str()],
        )
        .await?;
    session.change(HAND_OVER).await
}

async fn load(session: &Session<'_>, path: &Path, called: &str) -> Result<(), StepError> {
    let unfit = |error: DumpError| StepError::rejected(format!("seed: {called}: {error}"));
    let mut dump = Dump::open(path).map_err(unfit)?;
    while let Some(part) = dump.next().map_err(unfit)? {
        let (answer, line, text) = match part {
            Part::Sql { line, text } => (session.try_change(&text).await?, line, text),
            Part::Copy { line, statement } => {
                let data = || dump.data(line).map_err(unfit);
                (session.copy(&statement, data).await?, line, statement)
            }
        };
        answer.map_err(|error| refused(called, line, &text, &error))?;
    }
    Ok(())
}

/// What the server said of a dump, with the line that it is about.
fn refused(called: &str, line: usize, text: &str, error: &Error) -> StepError {
    let Some(refused) = error.as_db_error() else {
        // Begun anew from an empty database, so nothing is in doubt.
        return StepError::transient(format!("seed: {called}: {error}"));
    };
    let place = match refused.position() {
        Some(ErrorPosition::Original(at)) => format!("line {}", line_of(line, text, *at)),
        _ => format!("in what begins at line {line}"),
    };
    let advice = if refused.message().contains("role") || refused.message().contains("owner") {
        "; make it with pg_dump --no-owner --no-privileges"
    } else {
        ""
    };
    StepError::rejected(format!(
        "seed: {called}: {place}: {}{advice}",
        said(refused)
    ))
}
