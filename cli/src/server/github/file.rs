//! The repository's file as what a pull request calls for.

use tempus_api::repository::asks;
use tempus_api::shape::{AccessRequest, CreateRequest};
use tempus_model::AccessMode;
use tempus_model::github::{Drafts, Rules};
use tempus_model::repository_file::RepositoryFile;
use tempus_worker::github::{FileText, NoFile};

/// What a repository's file asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// When a pull request has a preview.
    pub rules: Rules,
    /// The preview; without a name, a source or a commit, and still to be completed.
    pub request: CreateRequest,
    /// What makes a checkout ready to run.
    pub build: Option<String>,
}

/// Reads it. A repository without one asks for nothing in particular.
pub(super) fn read(file: Option<&FileText>) -> Result<Asked, NoFile> {
    let file = match file {
        Some(FileText { path, text }) => {
            RepositoryFile::read(path, text).map_err(|mistakes| NoFile(mistakes.to_string()))?
        }
        None => RepositoryFile::default(),
    };
    let rules = Rules {
        labels: file.labels.clone(),
        drafts: match file.drafts {
            Some(true) => Drafts::Previewed,
            _ => Drafts::Skipped,
        },
    };
    let access = match file.access {
        None => None,
        Some(AccessMode::Open) => Some(AccessRequest::Open),
        Some(AccessMode::Link) => Some(AccessRequest::Link),
        Some(AccessMode::Password) => {
            return Err(NoFile(
                "access: must be open or link: nobody is there to give a password".to_owned(),
            ));
        }
    };
    let build = file.build.clone();
    let mut request = asks(file, None);
    request.access = access;
    Ok(Asked {
        rules,
        request,
        build,
    })
}
