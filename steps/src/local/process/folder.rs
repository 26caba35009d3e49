//! One resource's folder: its lock and its small files.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ProcessError;
use super::launch::Order;
use super::log::LogFiles;
use super::runs::Runs;
use super::state::State;

/// The folder of one resource. Making this value touches nothing.
#[derive(Debug, Clone)]
pub(super) struct ResourceFolder {
    path: PathBuf,
}

/// An exclusive lock, and with it the right to start and to end what carries the resource's name.
#[derive(Debug)]
pub(super) struct Held {
    file: File,
    path: PathBuf,
}

/// What became of an attempt to take the lock.
#[derive(Debug)]
pub(super) enum Take {
    Taken(Held),
    /// Somebody else has it.
    Busy,
    /// There is no lock file, so nobody can hold the resource.
    NoFile,
}

/// What a look at the lock showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    NoFolder,
    Free,
    Held,
}

/// Nothing may start for this resource; what runs ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    /// How long the command has between SIGTERM and SIGKILL.
    pub(super) grace: Duration,
}

impl ResourceFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn logs(&self) -> LogFiles {
        LogFiles::new(&self.path)
    }

    /// Where a shim's own errors go.
    pub(super) fn complaints(&self) -> PathBuf {
        self.path.join("shim.err")
    }

    fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn order_file(&self) -> PathBuf {
        self.path.join("launch.json")
    }

    fn state_file(&self) -> PathBuf {
        self.path.join("state.json")
    }

    fn runs_file(&self) -> PathBuf {
        self.path.join("runs.json")
    }

    fn tombstone_file(&self) -> PathBuf {
        self.path.join("tombstone")
    }

    /// Makes the folder and the lock file if they are missing, writes the order, and only then
    /// takes a tombstone away: until its own order stands, nothing may start.
    pub(super) fn arm(&self, order: &Order) -> Result<(), ProcessError> {
        private_folder(&self.path)?;
        let lock = self.lock();
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&lock)
            .map_err(ProcessError::file("create", &lock))?;
        write(&self.order_file(), order)?;
        remove_if_there(&self.tombstone_file())
    }

    pub(super) fn order(&self) -> Result<Option<Order>, ProcessError> {
        read(&self.order_file())
    }

    pub(super) fn state(&self) -> Result<Option<State>, ProcessError> {
        read(&self.state_file())
    }

    pub(super) fn write_state(&self, state: &State) -> Result<(), ProcessError> {
        write(&self.state_file(), state)
    }

    /// None were made where there is no such file.
    pub(super) fn runs(&self) -> Result<Runs, ProcessError> {
        Ok(read(&self.runs_file())?.unwrap_or_default())
    }

    pub(super) fn write_runs(&self, runs: &Runs) -> Result<(), ProcessError> {
        write(&self.runs_file(), runs)
    }

    pub(super) fn tombstone(&self) -> Result<Option<Tombstone>, ProcessError> {
        read(&self.tombstone_file())
    }

    pub(super) fn write_tombstone(&self, tombstone: Tombstone) -> Result<(), ProcessError> {
        write(&self.tombstone_file(), &tombstone)
    }

    /// Looks whether the lock is held without standing in the way of another look. It may stand in
    /// the way of somebody who takes the lock in that very instant, which is why shims try again.
    pub(super) fn glance(&self) -> Result<Glance, ProcessError> {
        let path = self.lock();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(if self.path.is_dir() {
                    Glance::Free
                } else {
                    Glance::NoFolder
                });
            }
            Err(error) => return Err(ProcessError::file("open", &path)(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => {
                unlock(&file);
                Ok(Glance::Free)
            }
            Err(TryLockError::WouldBlock) => Ok(Glance::Held),
            Err(TryLockError::Error(error)) => Err(ProcessError::file("lock", &path)(error)),
        }
    }

    /// Takes the lock if it is free. Never makes the file.
    pub(super) fn take(&self) -> Result<Take, ProcessError> {
        let path = self.lock();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Take::NoFile),
            Err(error) => return Err(ProcessError::file("open", &path)(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Take::Taken(Held { file, path })),
            Err(TryLockError::WouldBlock) => Ok(Take::Busy),
            Err(TryLockError::Error(error)) => Err(ProcessError::file("lock", &path)(error)),
        }
    }

    /// Removes the folder, first of all what could be started from it. The caller holds the lock,
    /// so whoever waits for it finds another file at its path, or none.
    pub(super) fn remove(&self) -> Result<(), ProcessError> {
        remove_if_there(&self.order_file())?;
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(ProcessError::file("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Held {
    /// Whether the locked file is still the one at its path. If it is not, the resource was removed
    /// while we waited, and this lock protects nothing.
    pub(super) fn is_current(&self) -> bool {
        let identity = |meta: fs::Metadata| (meta.dev(), meta.ino());
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(locked), Ok(named)) => identity(locked) == identity(named),
            _ => false,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        unlock(&self.file);
    }
}

/// Unlocks in so many words. Closing is not enough: a process that another thread is forking has
/// the descriptor too until it execs, and the lock would last as long.
fn unlock(file: &File) {
    // Fails only for a descriptor that is not open.
    let _ = file.unlock();
}

/// Makes a folder that only this user can enter, and those above it.
pub(in crate::local) fn private_folder(path: &Path) -> Result<(), ProcessError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(ProcessError::file("create", path))
}

/// Replaces a file in one step, so that a reader sees the old or the new content. Only this user
/// can read it. Not synced: what it describes does not survive a power cut either.
pub(in crate::local) fn write(path: &Path, content: &impl Serialize) -> Result<(), ProcessError> {
    let replace = || -> io::Result<()> {
        let draft = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&serde_json::to_vec(content)?)?;
        fs::rename(&draft, path)
    };
    replace().map_err(ProcessError::file("write", path))
}

/// Reads what [`write`] wrote. A file that cannot be parsed counts as missing: it was cut short by
/// a power cut, or another version wrote it, and either way it describes nothing that we run.
pub(in crate::local) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ProcessError> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProcessError::file("read", path)(error)),
    }
}

fn remove_if_there(path: &Path) -> Result<(), ProcessError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(ProcessError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
