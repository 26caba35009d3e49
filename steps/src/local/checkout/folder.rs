//! The folders of all checkouts, and one of them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tempus_model::{Checkout, InstallationId, PreviewId, resource_name};
use tokio::task::spawn_blocking;

use super::unpack::{self, Limits};
use super::{Archive, Archives};
use crate::StepError;
use crate::local::process::{ResourceName, Turns, private_folder, read, write};

/// What the name of a checkout ends in. A process's ends in hex digits.
const ENDING: &str = "-checkout";
/// The longest name that a folder is given.
const LONGEST_NAME: usize = 63;
/// The largest archive, in bytes.
const LARGEST: u64 = 512 << 20;

/// The checkouts of this machine.
pub struct Checkouts {
    folder: PathBuf,
    archives: Option<Arc<dyn Archives>>,
    turns: Turns,
}

/// One that exists, whole or not.
#[derive(Debug)]
pub(in crate::local) struct Listed {
    pub(in crate::local) name: String,
    /// Whose it is; `None` if it does not say.
    pub(in crate::local) preview: Option<PreviewId>,
    pub(in crate::local) built: Built,
}

/// Whether a checkout can be run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::local) enum Built {
    Yes,
    No,
}

#[derive(Serialize, Deserialize)]
struct Whose {
    preview: PreviewId,
}

/// The content of the file that says that all of it is there.
#[derive(Serialize, Deserialize)]
struct Mark {
    sha: String,
}

/// The name of the checkout of a version of a preview.
pub(in crate::local) fn name(
    installation: InstallationId,
    preview: PreviewId,
    version: &str,
) -> String {
    let part = format!("{version}{ENDING}");
    resource_name(installation, preview, &part, LONGEST_NAME)
}

/// Whether this is what a checkout is called, and not a process.
pub(in crate::local) fn is_checkout(name: &str) -> bool {
    name.ends_with(ENDING)
}

impl Checkouts {
    /// Makes the folder, private to this user. Without `archives` nothing can be checked out.
    pub fn open(folder: &Path, archives: Option<Arc<dyn Archives>>) -> Result<Self, StepError> {
        private_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            archives,
            turns: Turns::default(),
        })
    }

    /// What is held by whoever changes the checkout of this name.
    pub(super) fn turn(&self, name: &ResourceName) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.of(name)
    }

    /// Where the files of a checkout are, and what runs on them.
    pub(in crate::local) fn source(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("source")
    }

    /// Whether all of it is there, and its build has ended well.
    pub(super) fn built(&self, name: &str) -> Result<Built, StepError> {
        let mark: Option<Mark> = read(&self.mark(name))?;
        Ok(match mark {
            Some(_) if self.source(name).is_dir() => Built::Yes,
            _ => Built::No,
        })
    }

    /// Fetches and unpacks the files of a commit. There is nothing of that name.
    pub(super) async fn fetch(
        &self,
        name: &str,
        preview: PreviewId,
        checkout: &Checkout,
    ) -> Result<(), StepError> {
        let archives = self.archives.as_ref().ok_or_else(|| {
            StepError::rejected("this server has no GitHub App any more: set github.app_id")
        })?;
        let pieces = archives.archive(checkout).await?;
        let folder = self.folder.join(name);
        private_folder(&folder)?;
        write(&folder.join("whose.json"), &Whose { preview })?;
        let archive = folder.join("archive.tar.gz");
        keep(pieces, &archive).await?;
        let (unpacking, source) = (folder.join("unpacking"), self.source(name));
        let sha = checkout.sha.clone();
        blocking(move || {
            private_folder(&unpacking)?;
            unpack::unpack(&archive, &unpacking, &sha, &Limits::default())?;
            fs::rename(&unpacking, &source).map_err(failed("rename", &unpacking))?;
            fs::remove_file(&archive).map_err(failed("remove", &archive))
        })
        .await
    }

    /// Notes that all of it is there, once the disk has all of it: after a power cut, what has the
    /// mark is whole.
    pub(super) async fn finish(&self, name: &str, checkout: &Checkout) -> Result<(), StepError> {
        let (mark, source) = (self.mark(name), self.source(name));
        let content = Mark {
            sha: checkout.sha.clone(),
        };
        blocking(move || {
            sync(&source)?;
            Ok(write(&mark, &content)?)
        })
        .await
    }

    /// Removes the files. What is not there is removed.
    pub(super) async fn remove(&self, name: &str) -> Result<(), StepError> {
        let (mark, folder) = (self.mark(name), self.folder.join(name));
        blocking(move || {
            // First of all what says that it can be run in.
            gone(fs::remove_file(&mark)).map_err(failed("remove", &mark))?;
            if gone(fs::remove_dir_all(&folder)).is_err() {
                // Builds leave folders that may not be written to, such as caches of modules.
                open_up(&folder);
                gone(fs::remove_dir_all(&folder)).map_err(failed("remove", &folder))?;
            }
            Ok(())
        })
        .await
    }

    /// All that there are. What has not a checkout's name is not ours.
    pub(in crate::local) fn list(&self) -> Result<Vec<Listed>, StepError> {
        let failed = || failed("list", &self.folder);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if !is_checkout(&name) || name.parse::<ResourceName>().is_err() {
                continue;
            }
            if !entry.path().is_dir() {
                continue;
            }
            let whose: Option<Whose> = read(&entry.path().join("whose.json"))?;
            found.push(Listed {
                preview: whose.map(|whose| whose.preview),
                built: self.built(&name)?,
                name,
            });
        }
        Ok(found)
    }

    fn mark(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("built.json")
    }
}

/// Writes an archive to a file as it comes.
async fn keep(mut pieces: Archive, path: &Path) -> Result<(), StepError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed("create", path))?;
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        size += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if size > LARGEST {
            let most = LARGEST >> 20;
            return Err(StepError::rejected(format!(
                "the commit's archive is larger than {most} MiB"
            )));
        }
        // Small pieces, which the system takes at once.
        file.write_all(&piece).map_err(failed("write", path))?;
    }
    Ok(())
}

/// Has everything that was written to the file system of this folder reach the disk.
fn sync(folder: &Path) -> Result<(), StepError> {
    let file = File::open(folder).map_err(failed("open", folder))?;
    #[cfg(target_os = "linux")]
    let synced = rustix::fs::syncfs(&file).map_err(io::Error::from);
    #[cfg(not(target_os = "linux"))]
    let synced = file.sync_all();
    synced.map_err(failed("sync", folder))
}

/// Lets what is below a folder be removed. What fails here fails there again, and is said there.
fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// For `map_err` on a file's operation: it may work the next time.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StepError {
    move |error| StepError::transient(format!("cannot {doing} {}: {error}", path.display()))
}

/// Carries out what waits for the disk where that holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StepError::transient(error.to_string())))
}
