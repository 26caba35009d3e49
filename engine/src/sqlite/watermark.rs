//! How far the store had come, kept beside it.
//!
//! SQLite takes a log that is lost, cut or overwritten for one that was never written: it opens the
//! file as it stood at its last checkpoint, and says nothing. So every commit counts itself in the
//! database and, once it is on the disk, the count is written into a file of its own. A store that is
//! opened behind that count has lost what was acknowledged, and is refused.
//!
//! The count is written *after* the commit, so it is never ahead, and a store that has lost nothing is
//! never refused. It is synced once a second at most, which spares every commit a second sync: after
//! a power cut it may be behind by what was committed since, and a loss of no more than that is not
//! seen.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempus_model::InstallationId;

use super::error::sql;
use super::folder::private;
use super::{OpenError, backup};
use crate::StoreError;

/// The count's name in the database.
const COUNT: &str = "commits";
/// How often the file is synced at most.
const SYNCED: Duration = Duration::from_secs(1);

/// The file, written to as the store goes on.
#[derive(Debug)]
pub(super) struct Watermark {
    file: File,
    installation: InstallationId,
    commits: u64,
    synced: Instant,
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    installation: InstallationId,
    commits: u64,
}

impl Mark {
    /// What is beside this database. What cannot be read says nothing.
    pub(super) fn beside(database: &Path) -> Result<Option<Self>, OpenError> {
        let file = file(database);
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if [ErrorKind::NotFound, ErrorKind::InvalidData].contains(&error.kind()) => {
                Ok(None)
            }
            Err(error) => Err(OpenError::io(&file, error)),
        }
    }

    /// Refuses a database that has not come as far as it says.
    pub(super) fn hold(self, db: &Connection, database: &Path) -> Result<(), OpenError> {
        let failed = |error| OpenError::of(database, &error);
        let lost = |what: String| OpenError::Lost {
            file: database.to_owned(),
            what,
        };
        let Some(installation) = meta(db, "installation").map_err(failed)? else {
            return Err(lost("all that was in it".to_owned()));
        };
        if installation != self.installation.to_string() {
            tracing::warn!(
                file = %database.display(),
                "another store was here before: what that one started, this one does not know"
            );
            return Ok(());
        }
        let commits = counted(db).map_err(failed)?;
        if commits >= self.commits {
            return Ok(());
        }
        let behind = self.commits - commits;
        Err(lost(format!(
            "its newest {behind} commits, which were acknowledged"
        )))
    }

    /// The count twice, so that one that is half written is none.
    fn text(self) -> String {
        let Self {
            installation,
            commits,
        } = self;
        format!("{installation} {commits:020} {commits:020}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let installation = words.next()?.parse().ok()?;
        let [commits, again] = [words.next()?, words.next()?];
        let commits = commits.parse().ok().filter(|_| commits == again)?;
        Some(Self {
            installation,
            commits,
        })
    }
}

impl Watermark {
    /// Goes on from what is in a database that was found to be sound.
    pub(super) fn of(
        db: &Connection,
        database: &Path,
        installation: InstallationId,
    ) -> Result<Self, OpenError> {
        let commits = counted(db).map_err(|error| OpenError::of(database, &error))?;
        let path = file(database);
        let failed = |error| OpenError::io(&path, error);
        let watermark = Self {
            file: private(&path).map_err(failed)?,
            installation,
            commits,
            synced: Instant::now(),
        };
        watermark.write(commits).map_err(failed)?;
        watermark.file.sync_all().map_err(failed)?;
        Ok(watermark)
    }

    /// Counts the commit that is about to be made, within it.
    pub(super) fn count(&self, db: &Connection) -> Result<u64, StoreError> {
        let next = self.commits + 1;
        let mut count = db
            .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?, ?)")
            .map_err(sql)?;
        count.execute((COUNT, next.to_string())).map_err(sql)?;
        Ok(next)
    }

    /// That commit is on the disk. What cannot be written is written with the next one.
    pub(super) fn reached(&mut self, commits: u64) {
        self.commits = commits;
        let mut written = self.write(commits);
        if written.is_ok() && self.synced.elapsed() >= SYNCED {
            self.synced = Instant::now();
            written = self.file.sync_data();
        }
        if let Err(error) = written {
            tracing::warn!(%error, "how far the store has come could not be written beside it");
        }
    }

    fn write(&self, commits: u64) -> io::Result<()> {
        let mark = Mark {
            installation: self.installation,
            commits,
        };
        self.file.write_all_at(mark.text().as_bytes(), 0)
    }
}

/// Takes the mark of what was here before away: what comes in its place has a count of its own.
pub(super) fn forget(database: &Path) -> Result<(), OpenError> {
    let file = file(database);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(OpenError::io(&file, error)),
        _ => Ok(()),
    }
}

fn file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-commits");
    name.into()
}

fn counted(db: &Connection) -> Result<u64, StoreError> {
    let count = meta(db, COUNT)?;
    Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
}

/// `None` as well if there are no tables.
fn meta(db: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    if !db.table_exists(None, "meta").map_err(sql)? {
        return Ok(None);
    }
    backup::meta(db, name).map_err(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_written_says_nothing() {
        let mark = Mark {
            installation: InstallationId::new(7),
            commits: 1999,
        };
        assert_eq!(Mark::parse(&mark.text()), Some(mark));
        for half in [
            "",
            "00000007",
            "00000007 00000000000000001999",
            "00000007 00000000000000001999 00000000000000001000",
            "7 1 1",
        ] {
            assert_eq!(Mark::parse(half), None, "{half}");
        }
    }
}
