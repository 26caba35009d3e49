//! The folder: who may read it, and that one process at a time has it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{OpenError, backup};

/// A folder that this process has to itself, until it is dropped or the process ends: the
/// operating system lets go of the lock of a process that died.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder, and makes the database's file if there is none.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let folder = Self::lock(path)?;
        backup::tidy(path);
        // Made here and not by SQLite, so that nobody else can read it for a moment; SQLite gives
        // its companion files the same permissions.
        private(&folder.database()).map_err(|error| OpenError::io(&folder.database(), error))?;
        Ok(folder)
    }

    /// Keeps others out. A folder that is made here is its owner's alone; one that was there keeps
    /// its permissions, and the files in it are private all the same.
    pub(super) fn lock(path: &Path) -> Result<Self, OpenError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| OpenError::io(path, error))?;
        let file = path.join("lock");
        let mut lock = private(&file).map_err(|error| OpenError::io(&file, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = lock.read_to_string(&mut pid);
                return Err(OpenError::InUse {
                    folder: path.to_owned(),
                    pid: pid.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&file, error)),
        }
        say_who(&mut lock).map_err(|error| OpenError::io(&file, error))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The database's path.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join("tempus.db")
    }
}

/// Opens a file that only its owner may read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn say_who(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}
