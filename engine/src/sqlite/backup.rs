//! Copies of the file: made while it is written to, looked into, and put in its place again.
//!
//! A copy is made in one read transaction, so it is the store as it was at one moment, and nobody
//! waits for it: not the writer, which goes on in the log, and not the readers. It is marked as a copy.
//! The first start of a restored one finds the mark, and makes everything due for a verify that is not
//! proved gone: what has happened since the copy was made, only the platform knows.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup as Copying, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempus_model::{InstallationId, Timestamp};

use super::error::sql;
use super::folder::Folder;
use super::{OpenError, schema, watermark};
use crate::{Backup, StoreError};

/// What files of copies that are being made are called. One that a dead process left is removed by
/// the next start.
const PREFIX: &str = "backup-";
/// Marks a copy, with the time at which it was made.
const COPIED: &str = "copied_at";
/// Marks a copy that has been put in place and has not been started yet.
pub(super) const RESTORED: &str = "restored_at";

/// What a copy says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Whose store it is.
    pub installation: InstallationId,
    /// When it was made; `None` if it is no copy but a store's own file.
    pub copied_at: Option<Timestamp>,
    /// How many previews it knows that are not gone.
    pub live: u64,
}

/// Why a copy was not put in place. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a store already. Move it away first; nothing here overwrites one.
    #[error(
        "{} is there already, and is not overwritten; move tempus.db and its companions away first",
        .0.display()
    )]
    Occupied(PathBuf),
    /// It is no store of Tempus.
    #[error("{} is no backup of tempus: {detail}", file.display())]
    NoBackup {
        /// The file.
        file: PathBuf,
        /// What is missing.
        detail: String,
    },
    /// The folder is in use, the copy is damaged or too new, or a file cannot be written.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Copies what is committed into a file of this folder that has no name any more.
pub(super) fn copy(from: &Connection, folder: &Path, now: Timestamp) -> Result<Backup, StoreError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Full(format!("the copy: {error}"))
        }
        _ => StoreError::Unavailable(format!("the copy: {error}")),
    };
    let named = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder);
    let (file, path) = named.map_err(failed)?.into_parts();
    let copy = copy_into(from, &path).map_err(sql)?;
    mark(&copy, COPIED, now).map_err(sql)?;
    // The copy has every page as it was found. A damaged one is worth nothing, and the day to
    // learn of it is today.
    if let Some(damage) = schema::damage(&copy).map_err(sql)? {
        return Err(StoreError::Unreadable(damage));
    }
    copy.close().map_err(|(_, error)| sql(error))?;
    let bytes = file.metadata().map_err(failed)?.len();
    Ok(Backup { file, bytes })
}

/// Removes what a process left that died while it made a copy.
pub(super) fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Looks into a copy, all of it.
pub fn inspect(file: &Path) -> Result<Contents, RestoreError> {
    look(file).map(|(_, contents)| contents)
}

/// Puts a copy into a folder that has no store yet. Nothing is started; the next start verifies
/// whatever the copy does not prove to be gone.
pub fn restore(file: &Path, folder: &Path, now: Timestamp) -> Result<Contents, RestoreError> {
    let (from, contents) = look(file)?;
    let folder = Folder::lock(folder)?;
    let place = folder.database();
    for name in [
        place.clone(),
        beside(&place, "-wal"),
        beside(&place, "-journal"),
    ] {
        if fs::metadata(&name).is_ok_and(|there| there.len() > 0) {
            return Err(RestoreError::Occupied(name));
        }
    }
    let failed = |error: io::Error| OpenError::io(&place, error);
    let named = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(folder.path());
    let (written, path) = named.map_err(failed)?.into_parts();
    let put = copy_into(&from, &path).and_then(|copy| {
        mark(&copy, RESTORED, now)?;
        copy.close().map_err(|(_, error)| error)
    });
    put.map_err(|error| OpenError::of(&place, &sql(error)))?;
    written.sync_all().map_err(failed)?;
    watermark::forget(&place)?;
    // Under its name it is whole and on the disk, or not there.
    path.persist(&place).map_err(|error| failed(error.error))?;
    File::open(folder.path())
        .and_then(|folder| folder.sync_all())
        .map_err(failed)?;
    Ok(contents)
}

fn look(file: &Path) -> Result<(Connection, Contents), RestoreError> {
    let failed = |error: rusqlite::Error| OpenError::of(file, &sql(error));
    // SQLite's own words for a missing file do not say that it is missing.
    File::open(file).map_err(|error| OpenError::io(file, error))?;
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let no_backup = |detail: &str| RestoreError::NoBackup {
        file: file.to_owned(),
        detail: detail.to_owned(),
    };
    let version = schema::version(&db).map_err(failed)?;
    schema::must_be_known(version, file)?;
    if version == 0 {
        return Err(no_backup("it has no tables"));
    }
    let damage: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if damage != "ok" {
        return Err(OpenError::damaged(file, damage).into());
    }
    let meta = |name| meta(&db, name).map_err(failed);
    let installation = meta("installation")?.and_then(|id| id.parse().ok());
    let live = db.query_row(
        "SELECT count(*) FROM previews WHERE phase NOT IN ('destroyed', 'failed')",
        [],
        |row| row.get::<_, i64>(0),
    );
    let contents = Contents {
        installation: installation.ok_or_else(|| no_backup("it has no installation id"))?,
        copied_at: meta(COPIED)?
            .and_then(|at| at.parse().ok())
            .map(Timestamp::from_millis),
        live: u64::try_from(live.map_err(failed)?).unwrap_or(0),
    };
    Ok((db, contents))
}

/// Copies every page into a new file, which has no companions: it is one file, to be moved about.
fn copy_into(from: &Connection, path: &Path) -> rusqlite::Result<Connection> {
    let mut to = Connection::open(path)?;
    // All pages in one step are one read transaction; in several, a busy writer could make the
    // copy begin anew for ever.
    let done = Copying::new(from, &mut to)?.step(-1)?;
    if done != StepResult::Done {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    to.pragma_update(None, "journal_mode", "DELETE")?;
    to.pragma_update(None, "synchronous", "FULL")?;
    Ok(to)
}

/// Marks it, and takes away what the original's next start is to find: a copy that was made while
/// the store was open did not stop cleanly.
fn mark(copy: &Connection, name: &str, now: Timestamp) -> rusqlite::Result<()> {
    copy.execute("DELETE FROM meta WHERE name = 'clean_stop'", [])?;
    copy.execute(
        "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
        [name.to_owned(), now.millis().to_string()],
    )?;
    Ok(())
}

pub(super) fn meta(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let found = db.query_row("SELECT value FROM meta WHERE name = ?", [name], |row| {
        row.get(0)
    });
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        found => found.map(Some),
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
