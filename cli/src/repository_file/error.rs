//! Why a folder cannot be previewed.

use std::io;
use std::path::{Path, PathBuf};

use tempus_model::repository_file::Mistakes;

/// Why a folder cannot be previewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryFileError {
    /// The file or its folder cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder's name is not Unicode, so it cannot be sent: rename it.
    #[error("{}: the folder's name is not Unicode", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
    },
    /// What the file says is not accepted.
    #[error(transparent)]
    Content(#[from] Mistakes),
}

impl RepositoryFileError {
    /// This path cannot be read.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}
