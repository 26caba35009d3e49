//! Unpacking what somebody else has packed.
//!
//! # What holds
//! - **Nothing is written outside of the folder.** A path has plain parts only. Every folder that a path
//!   goes through is seen to be one, and not a link. Links are made when everything else is there.
//! - **Nothing that is read through a link is outside.** A link's target goes up first, no higher than
//!   the folder, and then down. A link lies in real folders, so going up is what it seems to be; and
//!   what it meets on its way down is a file, a folder, or another such link.
//! - **It ends.** So many entries, so many bytes, names so long; each counted before it is kept.
//!
//! Whatever is not a file, a folder or a symbolic link is refused, and so is what comes twice. The tar
//! crate is asked for raw entries, since it reads long names of any length into memory by itself.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use tar::{Entry, PaxExtensions};

use super::folder::failed;
use crate::StepError;

/// How much is unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Files, folders and links.
    pub(super) entries: usize,
    /// Bytes in all, the archive's own headers included.
    pub(super) bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 200_000,
            bytes: 4 << 30,
        }
    }
}

/// The longest path, target or list of extensions, in bytes.
const LONGEST: u64 = 64 << 10;

/// Unpacks a gzipped tar into a folder that is empty, without the folder that everything in it is in.
/// `sha` is the commit that the archive must say it is of, if it says so.
pub(super) fn unpack(
    archive: &Path,
    into: &Path,
    sha: &str,
    limits: &Limits,
) -> Result<(), StepError> {
    let file = File::open(archive).map_err(failed("open", archive))?;
    let bounded = Bounded {
        inner: GzDecoder::new(file),
        left: limits.bytes,
    };
    let mut unpacking = Unpacking {
        root: into,
        links: Vec::new(),
        extended: Extended::default(),
        left: limits.entries,
    };
    let mut archive = tar::Archive::new(bounded);
    for entry in archive.entries().map_err(unreadable)?.raw(true) {
        unpacking.entry(entry.map_err(unreadable)?, sha)?;
    }
    unpacking.make_links()
}

struct Unpacking<'a> {
    root: &'a Path,
    /// The links to be made: where, and to what.
    links: Vec<(PathBuf, PathBuf)>,
    /// What was said about the entry that comes next.
    extended: Extended,
    left: usize,
}

#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

impl Unpacking<'_> {
    fn entry(&mut self, mut entry: Entry<'_, impl Read>, sha: &str) -> Result<(), StepError> {
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            // `git archive` notes the commit here.
            let said = text(&mut entry)?;
            let commit = extension(&said, b"comment")?;
            if commit.is_some_and(|commit| commit != sha.as_bytes()) {
                return Err(refused("it is another commit's"));
            }
            return Ok(());
        }
        if kind.is_pax_local_extensions() {
            let said = text(&mut entry)?;
            if extension(&said, b"size")?.is_some() {
                return Err(refused("a file in it is too large"));
            }
            self.extended.path = extension(&said, b"path")?.or(self.extended.path.take());
            self.extended.target = extension(&said, b"linkpath")?.or(self.extended.target.take());
            return Ok(());
        }
        if kind.is_gnu_longname() {
            self.extended.path = Some(name(text(&mut entry)?));
            return Ok(());
        }
        if kind.is_gnu_longlink() {
            self.extended.target = Some(name(text(&mut entry)?));
            return Ok(());
        }
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| refused("it holds too many files"))?;
        let extended = std::mem::take(&mut self.extended);
        let path = extended
            .path
            .unwrap_or_else(|| entry.header().path_bytes().into_owned());
        let Some(path) = inside(&path)? else {
            return Ok(());
        };
        let mode = entry.header().mode().map_err(unreadable)? & 0o777;
        if kind.is_file() {
            self.file(&path, mode, &mut entry)
        } else if kind.is_dir() {
            self.folder(&path, mode)
        } else if kind.is_symlink() {
            let target = extended.target.or_else(|| {
                let header = entry.header().link_name_bytes();
                header.map(std::borrow::Cow::into_owned)
            });
            self.link(path, target.unwrap_or_default())
        } else {
            Err(refused(format!(
                "{} is neither a file, a folder nor a symbolic link",
                path.display()
            )))
        }
    }

    fn file(&self, path: &Path, mode: u32, content: &mut impl Read) -> Result<(), StepError> {
        self.parents(path)?;
        let place = self.root.join(path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&place)
            .map_err(|error| once(path, "create", &place, error))?;
        io::copy(content, &mut file).map_err(|error| of_archive(error, "write", &place))?;
        // Whoever builds must be able to change what is there.
        file.set_permissions(Permissions::from_mode(mode | 0o600))
            .map_err(failed("change", &place))
    }

    fn folder(&self, path: &Path, mode: u32) -> Result<(), StepError> {
        self.parents(path)?;
        self.real_folder(path)?;
        let place = self.root.join(path);
        fs::set_permissions(&place, Permissions::from_mode(mode | 0o700))
            .map_err(failed("change", &place))
    }

    fn link(&mut self, path: PathBuf, target: Vec<u8>) -> Result<(), StepError> {
        let target = PathBuf::from(std::ffi::OsString::from_vec(target));
        let mut above = path.components().count().saturating_sub(1);
        let mut goes_down = false;
        for part in target.components() {
            match part {
                Component::Normal(_) => goes_down = true,
                Component::CurDir => {}
                Component::ParentDir if above > 0 && !goes_down => above -= 1,
                _ => {
                    return Err(refused(format!(
                        "{} links to what may be outside of the repository",
                        path.display()
                    )));
                }
            }
        }
        if target.as_os_str().is_empty() {
            return Err(refused(format!("{} links to nothing", path.display())));
        }
        self.links.push((path, target));
        Ok(())
    }

    fn make_links(&mut self) -> Result<(), StepError> {
        for (path, target) in std::mem::take(&mut self.links) {
            self.parents(&path)?;
            let place = self.root.join(&path);
            symlink(&target, &place).map_err(|error| once(&path, "link", &place, error))?;
        }
        Ok(())
    }

    /// Sees to it that everything above a path is a folder, and no link to one.
    fn parents(&self, path: &Path) -> Result<(), StepError> {
        let mut above = PathBuf::new();
        for part in path.parent().into_iter().flat_map(Path::components) {
            above.push(part);
            self.real_folder(&above)?;
        }
        Ok(())
    }

    fn real_folder(&self, path: &Path) -> Result<(), StepError> {
        let place = self.root.join(path);
        match fs::symlink_metadata(&place) {
            Ok(there) if there.is_dir() => Ok(()),
            Ok(_) => Err(refused(format!("{} comes twice", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => DirBuilder::new()
                .mode(0o755)
                .create(&place)
                .map_err(failed("create", &place)),
            Err(error) => Err(failed("look at", &place)(error)),
        }
    }
}

/// A path below the folder that everything is in; `None` for that folder itself.
fn inside(path: &[u8]) -> Result<Option<PathBuf>, StepError> {
    let path = PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()));
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    let mut plain = PathBuf::new();
    let is_plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let first = parts.next();
    if !first.as_ref().is_none_or(is_plain) {
        return Err(outside(&path));
    }
    for part in parts {
        if !is_plain(&part) {
            return Err(outside(&path));
        }
        plain.push(part);
    }
    Ok((!plain.as_os_str().is_empty()).then_some(plain))
}

/// The content of an entry that only says something.
fn text(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, StepError> {
    if entry.size() > LONGEST {
        return Err(refused("a name in it is too long"));
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// What a list of extensions says about something.
fn extension(said: &[u8], key: &[u8]) -> Result<Option<Vec<u8>>, StepError> {
    let mut found = None;
    for extension in PaxExtensions::new(said) {
        let extension = extension.map_err(|_| refused("a name in it cannot be read"))?;
        if extension.key_bytes() == key {
            found = Some(extension.value_bytes().to_vec());
        }
    }
    Ok(found)
}

/// A name without the zero bytes behind it.
fn name(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().position(|byte| *byte == 0);
    text.truncate(end.unwrap_or(text.len()));
    text
}

/// Reads so many bytes at most, and then fails: an archive may be much larger than it looks.
struct Bounded<R> {
    inner: R,
    left: u64,
}

/// Why [`Bounded`] fails.
const TOO_LARGE: &str = "it holds too much";

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let size = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(size)
            .ok_or_else(|| io::Error::new(ErrorKind::QuotaExceeded, TOO_LARGE))?;
        Ok(read)
    }
}

fn outside(path: &Path) -> StepError {
    refused(format!("{} leads out of it", path.display()))
}

/// It stays as it is, however often it is fetched.
fn refused(why: impl Into<String>) -> StepError {
    StepError::rejected(format!("the commit's archive is refused: {}", why.into()))
}

/// It is cut short, or not what it should be: the next one may be whole.
fn unreadable(error: impl Into<io::Error>) -> StepError {
    let error = error.into();
    match error.kind() {
        ErrorKind::QuotaExceeded => refused(TOO_LARGE),
        _ => StepError::transient(format!("the commit's archive cannot be read: {error}")),
    }
}

/// The error of reading from the archive, or of writing to a file.
fn of_archive(error: io::Error, doing: &'static str, place: &Path) -> StepError {
    match error.kind() {
        ErrorKind::QuotaExceeded if error.raw_os_error().is_none() => refused(TOO_LARGE),
        _ => failed(doing, place)(error),
    }
}

fn once(path: &Path, doing: &'static str, place: &Path, error: io::Error) -> StepError {
    match error.kind() {
        ErrorKind::AlreadyExists => refused(format!("{} comes twice", path.display())),
        _ => failed(doing, place)(error),
    }
}

#[cfg(test)]
mod tests;
