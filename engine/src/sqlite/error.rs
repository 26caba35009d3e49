//! What can go wrong with the file, in the words of the port.

use std::ffi::c_int;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};

use crate::StoreError;

/// Why an engine was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it. Stop that one, or choose another folder.
    #[error("{} is in use by {}; stop that one, or choose another folder", folder.display(), holder(*pid))]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that has it, if it said so.
        pid: Option<u32>,
    },
    /// A newer version of Tempus wrote it. Use that version, or another folder.
    #[error(
        "{} has schema {found}, but this version of tempus knows {known} at most; use the newer \
         version that wrote it, or choose another folder",
        file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file is damaged, or is no database. Restore it from a backup, or move it away: the
    /// installation id goes with it, so what still runs must then be removed by hand.
    #[error(
        "{} is damaged: {detail}; restore it from a backup (runbooks/restore-a-backup.md)",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The file is sound, and older than what was acknowledged: its log is gone, or was cut or
    /// overwritten. Put the log back, or restore.
    #[error(
        "{} has lost {what}: its log, {}-wal, is gone, cut or overwritten, or an older file was put \
         in its place; put the log back as it was, or restore (runbooks/restore-a-backup.md)",
        file.display(), file.display()
    )]
    Lost {
        /// The file.
        file: PathBuf,
        /// What was in it.
        what: String,
    },
    /// The folder or a file in it could not be made, opened or locked.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database could not be read or written, for another reason.
    #[error("{}: {detail}", file.display())]
    Database {
        /// The file.
        file: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Queue and timer live on a tokio runtime; there is none here.
    #[error("the sqlite engine must be opened on a tokio runtime")]
    NoRuntime,
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn damaged(file: &Path, detail: String) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            detail,
        }
    }

    pub(super) fn of(file: &Path, error: &StoreError) -> Self {
        let file = file.to_owned();
        match error {
            StoreError::Unreadable(detail) => Self::Damaged {
                file,
                detail: detail.clone(),
            },
            other => Self::Database {
                file,
                detail: other.to_string(),
            },
        }
    }
}

/// What an SQLite error means to a caller: nothing was done by the statement that met it.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` passes")]
pub(super) fn sql(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Unreadable(error.to_string())
        }
        // The log's index has to grow too.
        _ if is_full(&error) || is(&error, SQLITE_IOERR_SHMSIZE) => {
            StoreError::Full(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Whether a write to a file failed: the disk is full, or a quota or a limit on files is reached, which
/// SQLite calls an I/O error.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull) || is(error, SQLITE_IOERR_WRITE)
}

/// Whether this is what SQLite says, to the letter.
fn is(error: &rusqlite::Error, extended: c_int) -> bool {
    let said = error.sqlite_error();
    said.is_some_and(|said| said.extended_code == extended)
}

/// A stored body that this version cannot read.
pub(super) fn unreadable(error: impl Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
