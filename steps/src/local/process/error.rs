//! How supervising a process can fail.

use std::io;
use std::path::{Path, PathBuf};

use super::ResourceName;

/// Why a call on the supervisor did not succeed. Every call may simply be made again.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// A file of the resource could not be read or written: the disk is full, the folder is not
    /// ours. Nothing is known about the process; try again once that is mended.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    File {
        /// What was being done, such as "write".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The shim could not be started or went away at once. A later attempt finds whatever it left.
    #[error("{resource} did not come under supervision: {reason}")]
    NotStarted {
        /// The resource.
        resource: ResourceName,
        /// What the shim said, or that it said nothing.
        reason: String,
    },
    /// Processes are still there after a SIGKILL, most likely stuck in the kernel (a hung network
    /// file system). The tombstone stands, so nothing new starts; try again.
    #[error("{resource} is not gone: {left} after SIGKILL")]
    Survives {
        /// The resource.
        resource: ResourceName,
        /// Who is left, in words.
        left: String,
    },
    /// The processes of this machine could not be listed, so nothing is known about what exists.
    #[error("cannot list the processes of this machine: {0}")]
    Listing(#[source] io::Error),
}

impl ProcessError {
    /// For `map_err` on a file's operation.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}
