//! A copy of a store that is kept in one file.

use std::fs::File;

use crate::StoreError;

/// A copy of everything that is stored, as it was at one moment. The file has no name: it is gone
/// with the handle, however the process ends.
///
/// It holds what previews were given as environment, so it is as secret as they are.
#[derive(Debug)]
pub struct Backup {
    /// The copy, to be read from its beginning.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The engine keeps nothing in a file: its store has backups of its own.
    #[error(
        "this engine's store is a DynamoDB table, which is restored to a point in time by AWS; see \
         runbooks/restore-a-backup.md"
    )]
    NoFile,
    /// The store could not be read, or its copy not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
