//! Finds the repository file of a folder. What may stand in it is `tempus_model::repository_file`'s.

mod error;

use std::io;
use std::path::{Path, PathBuf};

use tempus_api::repository::{asks, complete, settle};
use tempus_api::shape::CreateRequest;
use tempus_model::repository_file::{PLACES, RepositoryFile};

pub use error::RepositoryFileError;

use crate::commands::access::AccessWord;

/// A folder, and what it says of its previews.
#[derive(Debug)]
pub struct Repository {
    /// The folder, absolute and without links: a link may point elsewhere later.
    folder: PathBuf,
    /// What it says.
    said: RepositoryFile,
    /// What whoever asks should know about it.
    notes: Vec<String>,
}

/// What a folder asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// The request, to be completed when everything else is in it.
    pub request: CreateRequest,
    /// Who may see it, if the file says so. It may need a password.
    pub access: Option<AccessWord>,
    /// What whoever asks should know about it.
    pub notes: Vec<String>,
}

impl Repository {
    /// Looks into a folder. One without a file says nothing, which is fine.
    pub fn of_folder(folder: &Path) -> Result<Self, RepositoryFileError> {
        let folder = folder
            .canonicalize()
            .map_err(|error| RepositoryFileError::io(folder, &error))?;
        let mut found = Vec::new();
        for place in PLACES {
            let path = folder.join(place);
            match std::fs::read_to_string(&path) {
                Ok(text) => found.push((place, path, text)),
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(RepositoryFileError::io(&path, &error)),
            }
        }
        let mut found = found.into_iter();
        let Some((file, path, text)) = found.next() else {
            let shown = folder.display();
            let note = format!(
                "{shown}: no {} there, so its defaults hold; `tempus init {shown}` writes one",
                PLACES[0]
            );
            return Ok(Self {
                folder,
                said: RepositoryFile::default(),
                notes: vec![note],
            });
        };
        let said = RepositoryFile::read(&path.display().to_string(), &text)?;
        let notes = found
            .map(|(other, ..)| format!("{other} is not read, since {file} is there"))
            .collect();
        Ok(Self {
            folder,
            said,
            notes,
        })
    }

    /// What the folder's file says.
    pub const fn said(&self) -> &RepositoryFile {
        &self.said
    }

    /// The request that it stands for.
    pub fn asks(self) -> Result<Asked, RepositoryFileError> {
        let access = self.said.access.map(AccessWord::from);
        let Some(dir) = self.folder.to_str() else {
            return Err(RepositoryFileError::Folder {
                folder: self.folder,
            });
        };
        Ok(Asked {
            request: asks(self.said, Some(dir)),
            access,
            notes: self.notes,
        })
    }
}

impl Asked {
    /// Fits the request together for a preview that is to be made.
    pub fn complete(&mut self) {
        complete(&mut self.request);
        let request = &self.request;
        if request.command.is_none() && request.image.is_none() && request.services.is_none() {
            self.notes.push(
                "neither a command nor an image is named: the server's default application runs"
                    .to_owned(),
            );
        }
    }

    /// Fits the request together for a preview that is there.
    pub fn settle(&mut self) {
        settle(&mut self.request);
    }
}

/// Whether there is no such file: its folder may be missing, or be a file itself.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests;
